/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adapter.h: the store's half of the adapter (adapter_store.c), for its table of functions.
 */
#ifndef XB_ADAPTER_H
#define XB_ADAPTER_H

#include <xb/store.h>

char *adapter_read(u32 txn, const char *path, unsigned int *len);
char **adapter_directory(u32 txn, const char *path, unsigned int *num);
int adapter_write(u32 txn, const char *path, const char *value);
int adapter_mkdir(u32 txn, const char *path);
int adapter_rm(u32 txn, const char *path);
int adapter_transaction_start(u32 *txn);
int adapter_transaction_end(u32 txn, bool abort);
int adapter_watch(struct xb_watch *w);
void adapter_unwatch(struct xb_watch *w);

#endif

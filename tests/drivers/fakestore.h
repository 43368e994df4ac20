/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fakestore.h: a XenStore in memory, for host tests: it speaks the wire protocol over the byte rings
 * of a shared page, as the daemon does, with transactions, conflicts, watches, quotas and refusals.
 *
 * It serves one client, which is domain 7: relative paths are below /local/domain/7. It works only
 * while fakestore_serve runs, so that a test decides what happens between two steps.
 */
#ifndef FAKESTORE_H
#define FAKESTORE_H

#include "xenbus/wire.h"

struct fakestore;

/* Limits, which a test may lower. */
struct fakestore_quota {
	unsigned int nodes, watches, transactions, value;
};

struct fakestore *fakestore_new(struct xb_wire_page *page);
void fakestore_free(struct fakestore *fs);
struct fakestore_quota *fakestore_quota(struct fakestore *fs);

/* Takes requests and gives replies until neither is possible any more. */
void fakestore_serve(struct fakestore *fs);
/* Takes requests only, keeping the replies; the next serve gives them, last one first when asked to. */
void fakestore_hold(struct fakestore *fs);
void fakestore_reverse(struct fakestore *fs);

/* What the toolstack or a peer does: no limits, fires watches. */
void fakestore_put(struct fakestore *fs, const char *path, const char *value);
void fakestore_del(struct fakestore *fs, const char *path);
/* NULL when there is no such node. */
const char *fakestore_get(struct fakestore *fs, const char *path);
/* The client may neither read nor write PATH and what is below. */
void fakestore_deny(struct fakestore *fs, const char *path);

unsigned int fakestore_watches(const struct fakestore *fs);
unsigned int fakestore_transactions(const struct fakestore *fs);

#endif

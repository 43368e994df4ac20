/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of closed integer ranges [s, e]: the I/O ports, frames and IRQs that a
 * domain may use. Ranges are kept sorted, disjoint and merged. Each set has its
 * own lock (level LOCK_LEAF); all functions may be called anywhere.
 */
#ifndef LIB_RANGESET_H
#define LIB_RANGESET_H

#include "lib/types.h"

struct rangeset;

struct rangeset *rangeset_new(const char *name);
void rangeset_free(struct rangeset *r);
/* 0, -EINVAL for s > e, -ENOMEM. */
int __must_check rangeset_add(struct rangeset *r, u64 s, u64 e);
int __must_check rangeset_remove(struct rangeset *r, u64 s, u64 e);
bool rangeset_contains(struct rangeset *r, u64 s, u64 e);
bool rangeset_overlaps(struct rangeset *r, u64 s, u64 e);
bool rangeset_is_empty(struct rangeset *r);
void rangeset_print(struct rangeset *r);

#endif

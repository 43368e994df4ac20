/* SPDX-License-Identifier: GPL-2.0-only */
/* What mm/heap.c offers to mm/domain_pages.c only: allocation that knows claims. */
#ifndef MM_HEAP_PRIV_H
#define MM_HEAP_PRIV_H

#include "mm/heap.h"

/* heap_alloc() for d, which may use what it has claimed (NULL: for ourselves). */
struct page *heap_alloc_for(const struct domain *d, unsigned order, unsigned bits);
/* d got n frames: so much less of its claim is open. */
void heap_claim_used(struct domain *d, u64 n);

#endif

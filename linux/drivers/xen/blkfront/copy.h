/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy.h: a request's data between its own pages and granted ones.
 *
 * Invariant: the chain has room for blk_rq_bytes(rq) bytes; its pages are filled one after the
 * other, each from its start. Lock: none; request and chain are the caller's alone.
 */
#ifndef XEN_BLKFRONT_COPY_H
#define XEN_BLKFRONT_COPY_H

#include <linux/blk-mq.h>
#include <linux/highmem.h>

#include "blkfront.h"

/* Whole pages have a faster way on many machines. */
static inline void bf_copy(void *to, const void *from, u32 len)
{
	if (likely(len == XB_PAGE_SIZE && PAGE_SIZE == XB_PAGE_SIZE))
		copy_page(to, (void *)from);
	else
		memcpy(to, from, len);
}

/* IN (a constant of the caller): from the granted pages into the request's, else the other way. */
static __always_inline void bf_copy_request(struct request *rq, const struct bf_chain *data,
					    const bool in)
{
	const struct bf_grant *g = data->head;
	struct req_iterator iter;
	struct bio_vec bv;
	u32 off = 0;

	rq_for_each_segment(bv, rq, iter) {
		u8 *own = bvec_kmap_local(&bv);
		u32 len = bv.bv_len, done = 0, n;

		while (done < len) {
			n = min(len - done, XB_PAGE_SIZE - off);
			if (in)
				bf_copy(own + done, g->va + off, n);
			else
				bf_copy(g->va + off, own + done, n);
			done += n;
			off += n;
			if (off == XB_PAGE_SIZE) {
				off = 0;
				g = g->next;
			}
		}
		if (in)
			flush_dcache_page(bv.bv_page);
		kunmap_local(own);
	}
}

#endif

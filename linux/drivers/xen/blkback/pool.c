/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.c: pages that a ring keeps ready: places to map grants at, and pages of its own for copies.
 *
 * INVARIANTS: a page in the pool is mapped by nobody and referred to by nobody but the pool; what
 * an earlier request left in a page of our own is never sent to a frontend (only what the disk has
 * just written into it is copied out). LOCK: none; a pool belongs to its ring's thread.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "internal.h"

#define REFILL	16u	/* pages asked for at once: each request for them takes a global lock */

int bb_pool_init(struct bb_pool *p)
{
	p->nr_map = 0;
	p->nr_own = 0;
	p->max_map = clamp(READ_ONCE(bb_max_buffer_pages), (int)REFILL, 1 << 20);
	p->map = kvmalloc_array(p->max_map, sizeof(*p->map), GFP_KERNEL);
	return p->map ? 0 : -ENOMEM;
}

void bb_pool_exit(struct bb_pool *p)
{
	if (!p->map)
		return;
	bb_pool_shrink(p, 0);
	kvfree(p->map);
	p->map = NULL;
}

struct page *bb_pool_get_map(struct bb_pool *p)
{
	struct page *page;

	if (likely(p->nr_map))
		return p->map[--p->nr_map];
	if (!gnttab_alloc_pages(REFILL, p->map)) {
		p->nr_map = REFILL - 1;
		return p->map[REFILL - 1];
	}
	return gnttab_alloc_pages(1, &page) ? NULL : page;
}

void bb_pool_put_map(struct bb_pool *p, struct page *page)
{
	if (p->nr_map < p->max_map)
		p->map[p->nr_map++] = page;
	else
		gnttab_free_pages(1, &page);
}

struct page *bb_pool_get_own(struct bb_pool *p)
{
	if (likely(p->nr_own))
		return p->own[--p->nr_own];
	return alloc_page(GFP_NOIO | __GFP_NOWARN);
}

void bb_pool_put_own(struct bb_pool *p, struct page *page)
{
	/* Somebody below still reads it, say a network card: it is theirs to free. */
	if (p->nr_own < BB_OWN_PAGES && page_count(page) == 1)
		p->own[p->nr_own++] = page;
	else
		put_page(page);
}

/* Gives all but KEEP pages of each kind back to the kernel. */
void bb_pool_shrink(struct bb_pool *p, u32 keep)
{
	while (p->nr_map > keep) {
		u32 n = min(p->nr_map - keep, REFILL);

		p->nr_map -= n;
		gnttab_free_pages(n, &p->map[p->nr_map]);
	}
	while (p->nr_own > keep)
		put_page(p->own[--p->nr_own]);
}

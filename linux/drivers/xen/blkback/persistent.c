/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * persistent.c: grants that stay mapped from one request to the next.
 *
 * A frontend that offers persistent grants uses the same few pages again and again; each is mapped
 * once, writable, and found by its reference in two loads.
 * INVARIANTS:
 *  - A place of pg[] below top is either in use (page set, and its leaf entry points to it) or
 *    free.
 *  - A grant with users is neither unmapped nor moved.
 *  - There are at most max of them, whatever references the frontend invents.
 * What goes when there is no place is chosen by a clock: a hand passes over all grants, takes the
 * mark of recent use from those that have it and removes those that have not. LOCK: none; belongs
 * to the ring's thread.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "internal.h"

int bb_persistent_init(struct bb_persistent *p)
{
	memset(p, 0, sizeof(*p));
	p->max = clamp(READ_ONCE(bb_max_pgrants), 0, BB_MAX_PGRANTS);
	if (!p->max)
		return 0;
	p->pg = kvcalloc(p->max, sizeof(*p->pg), GFP_KERNEL);
	if (!p->pg)
		return -ENOMEM;
	p->leaf = kcalloc(BB_LEAVES, sizeof(*p->leaf), GFP_KERNEL);
	if (!p->leaf) {
		kvfree(p->pg);
		p->pg = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* All grants are unmapped before. */
void bb_persistent_exit(struct bb_persistent *p)
{
	u32 i;

	if (p->leaf)
		for (i = 0; i < BB_LEAVES; i++)
			free_page((unsigned long)p->leaf[i]);
	kfree(p->leaf);
	kvfree(p->pg);
	p->leaf = NULL;
	p->pg = NULL;
}

/*
 * Keeps what was just mapped, with one user: its index. False: there is no place, no memory, or the
 * reference is there already; then the page belongs to one request.
 */
bool bb_persistent_add(struct bb_persistent *p, u32 gref, struct page *page, grant_handle_t handle,
		       u32 *index)
{
	u32 l = gref / BB_LEAF, i;
	struct bb_pgrant *pg;

	if (l >= BB_LEAVES)
		return false;
	if (p->nr == p->max) {
		p->overflow = true;
		return false;
	}
	if (!p->leaf[l]) {
		p->leaf[l] = (u16 *)__get_free_page(GFP_NOIO | __GFP_NOWARN | __GFP_ZERO);
		if (!p->leaf[l])
			return false;
	}
	if (p->leaf[l][gref % BB_LEAF])
		return false;

	if (p->free) {
		i = p->free - 1;
		p->free = p->pg[i].handle;
	} else {
		i = p->top++;
	}
	pg = &p->pg[i];
	pg->page = page;
	pg->gref = gref;
	pg->handle = handle;
	pg->users = 1;
	pg->recent = true;
	pg->used = jiffies;
	p->leaf[l][gref % BB_LEAF] = i + 1;
	p->nr++;
	*index = i;
	return true;
}

static void evict(struct bb_ring *ring, u32 i)
{
	struct bb_persistent *p = &ring->persistent;
	struct bb_pgrant *pg = &p->pg[i];

	p->leaf[pg->gref / BB_LEAF][pg->gref % BB_LEAF] = 0;
	bb_unmap_later(ring, pg->page, pg->handle);
	pg->page = NULL;
	pg->handle = p->free;
	p->free = i + 1;
	p->nr--;
	ring->n.pg_evict++;
}

static bool may_go(const struct bb_pgrant *pg)
{
	/* A page that somebody below still refers to (a packet being resent) is not unmapped. */
	return pg->page && !pg->users && page_count(pg->page) == 1;
}

/* Every second or so: what was not used for long goes; and 5 in 100 when there was no place. */
void bb_persistent_sweep(struct bb_ring *ring)
{
	struct bb_persistent *p = &ring->persistent;
	unsigned long timeout = READ_ONCE(bb_pgrant_timeout) * HZ;
	u32 i, want;

	if (!p->leaf || !p->nr)
		return;
	if (timeout) {
		for (i = 0; i < p->top; i++)
			if (may_go(&p->pg[i]) && time_after(jiffies, p->pg[i].used + timeout))
				evict(ring, i);
	}
	if (p->overflow) {
		want = p->max / 20 + 1;
		for (i = 0; i < 2 * p->top && want && p->nr; i++) {
			struct bb_pgrant *pg;

			p->hand = p->hand + 1 < p->top ? p->hand + 1 : 0;
			pg = &p->pg[p->hand];
			if (!may_go(pg))
				continue;
			if (pg->recent) {
				pg->recent = false;
				continue;
			}
			evict(ring, p->hand);
			want--;
		}
		p->overflow = false;
	}
	bb_flush_unmaps(ring);
}

/* The ring ends and no request is left: all of them are unmapped, however long that takes. */
void bb_persistent_drop(struct bb_ring *ring)
{
	struct bb_persistent *p = &ring->persistent;
	u32 i;

	if (!p->leaf)
		return;
	for (i = 0; i < p->top; i++) {
		struct bb_pgrant *pg = &p->pg[i];

		if (!pg->page)
			continue;
		while (page_count(pg->page) > 1)
			msleep(20);
		evict(ring, i);
	}
	bb_flush_unmaps(ring);
}

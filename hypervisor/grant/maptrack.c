/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: what a domain has mapped of others. The array of pages grows up to
 * its limit and never shrinks before the domain dies, so that an entry, once
 * there, stays valid memory. Free ones are linked through ref; the list is last
 * in, first out, so that a busy backend stays within a few cache lines.
 *
 * Lock: maptrack_lock guards the list and the growth. The contents of an entry
 * in use are written by its owner before flags is, and given up under the
 * granter's table lock.
 */
#include "grant/private.h"
#include "mm/heap.h"

int maptrack_init(struct grant_table *gt, unsigned max_pages)
{
	spin_lock_init(&gt->maptrack_lock, LOCK_MAPTRACK);
	gt->max_pages = max_pages;
	gt->free_handle = HANDLE_NONE;
	gt->maptrack = knew_array(struct maptrack *, max_pages ? max_pages : 1);
	return gt->maptrack ? 0 : -ENOMEM;
}

void maptrack_free(struct grant_table *gt)
{
	unsigned i;

	for (i = 0; i < gt->nr_pages; i++)
		free_page(gt->maptrack[i]);
	kfree(gt->maptrack);
}

struct maptrack *maptrack_entry(const struct grant_table *gt, u32 handle)
{
	u32 page = handle / HANDLES_PER_PAGE;

	if (page >= __atomic_load_n(&gt->nr_pages, __ATOMIC_ACQUIRE))
		return NULL;
	return &gt->maptrack[page][handle % HANDLES_PER_PAGE];
}

/* Under the lock: chain a fresh page's entries in order in front of the list. */
static void add_page(struct grant_table *gt, struct maptrack *mt)
{
	u32 first = gt->nr_pages * HANDLES_PER_PAGE, i;

	for (i = 0; i < HANDLES_PER_PAGE; i++)
		mt[i].ref = first + i + 1;
	mt[HANDLES_PER_PAGE - 1].ref = gt->free_handle;
	gt->maptrack[gt->nr_pages] = mt;
	__atomic_store_n(&gt->nr_pages, gt->nr_pages + 1, __ATOMIC_RELEASE);
	gt->free_handle = first;
}

static u32 pop_handle(struct grant_table *gt)
{
	u32 handle = gt->free_handle;

	if (handle != HANDLE_NONE) {
		gt->free_handle = maptrack_entry(gt, handle)->ref;
		gt->used_handles++;
	}
	return handle;
}

u32 maptrack_get(struct grant_table *gt)
{
	struct maptrack *mt = NULL;
	u32 handle;

	spin_lock(&gt->maptrack_lock);
	handle = pop_handle(gt);
	spin_unlock(&gt->maptrack_lock);
	if (likely(handle != HANDLE_NONE))
		return handle;
	if (READ_ONCE(gt->nr_pages) >= gt->max_pages)
		return HANDLE_NONE;
	mt = alloc_page();
	if (!mt)
		return HANDLE_NONE;
	spin_lock(&gt->maptrack_lock);
	/* Another vCPU may have been first. */
	if (gt->nr_pages < gt->max_pages) {
		add_page(gt, mt);
		mt = NULL;
	}
	handle = pop_handle(gt);
	spin_unlock(&gt->maptrack_lock);
	if (mt)
		free_page(mt);
	return handle;
}

void maptrack_put(struct grant_table *gt, u32 handle)
{
	struct maptrack *mt = maptrack_entry(gt, handle);

	spin_lock(&gt->maptrack_lock);
	mt->ref = gt->free_handle;
	gt->free_handle = handle;
	gt->used_handles--;
	spin_unlock(&gt->maptrack_lock);
}

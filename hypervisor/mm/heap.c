/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame allocator: binary buddies. A free block is 2^order frames, naturally
 * aligned; its first frame has PGC_free and info = order + 1 and is linked on the
 * list of its zone and order; its other frames have PGC_free and info = 0.
 *
 * Zone z holds the frames [2^z, 2^(z+1)), so a block lies wholly in one zone and
 * "below n bits" is a limit on the zone. Unlimited requests take the highest zone
 * that can serve them: low memory, which 32-bit devices need, is spent last.
 *
 * Scrubbing and TLBs: heap_free() only marks frames PGC_dirty and stamps them
 * with the TLB clock. heap_alloc() flushes the processors that have not flushed
 * since the stamp and then zeroes the dirty frames, outside the lock; so what it
 * returns is clean and nobody can reach it any more.
 *
 * Lock: heap_lock, for the lists, the counters, the claims, and count, info, next
 * and prev of free frames.
 */
#include "core/domain.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/heap_priv.h"
#include "mm/tlb.h"

#define ZONES 40
#define LIST_END 0xffffffffu

static spinlock_t heap_lock = SPINLOCK_INIT(LOCK_HEAP);
static u32 free_list[ZONES][MAX_ORDER + 1];
static u64 zone_free[ZONES];
static u64 free_count, total_count, claimed_count;

static unsigned zone_of(u64 mfn)
{
	return fls64(mfn);
}

static struct page *page_at(u32 n)
{
	return mfn_to_page(_mfn(n));
}

static void link_block(struct page *pg, unsigned order)
{
	u32 n = (u32)mfn_x(page_to_mfn(pg));
	u32 *head = &free_list[zone_of(n)][order];

	pg->info = (u16)(order + 1);
	pg->prev = LIST_END;
	pg->next = *head;
	if (*head != LIST_END)
		page_at(*head)->prev = n;
	*head = n;
}

static void unlink_block(struct page *pg, unsigned order)
{
	u32 *head = &free_list[zone_of(mfn_x(page_to_mfn(pg)))][order];

	if (pg->prev != LIST_END)
		page_at(pg->prev)->next = pg->next;
	else
		*head = pg->next;
	if (pg->next != LIST_END)
		page_at(pg->next)->prev = pg->prev;
	pg->info = 0;
}

void heap_init(void)
{
	for (unsigned z = 0; z < ZONES; z++)
		for (unsigned o = 0; o <= MAX_ORDER; o++)
			free_list[z][o] = LIST_END;
	memset(zone_free, 0, sizeof(zone_free));
	free_count = total_count = claimed_count = 0;
}

static bool is_free_block(u64 mfn, unsigned order)
{
	struct page *pg;

	if (!mfn_valid(_mfn(mfn)))
		return false;
	pg = mfn_to_page(_mfn(mfn));
	return pg->count & PGC_free && pg->info == order + 1;
}

/* Put a block on the lists, joined with its buddies as far as they are free. */
static void free_block(u64 mfn, unsigned order)
{
	u64 n = 1ull << order;

	zone_free[zone_of(mfn)] += n;
	free_count += n;
	for (; order < MAX_ORDER; order++) {
		u64 buddy = mfn ^ (1ull << order);

		/* Zones are aligned to their own size: only the block at 0 would span several. */
		if (!is_free_block(buddy, order) || (mfn & buddy) == 0)
			break;
		unlink_block(mfn_to_page(_mfn(buddy)), order);
		mfn &= buddy;
	}
	link_block(mfn_to_page(_mfn(mfn)), order);
}

/* Take a block of exactly this order out of a zone, splitting a bigger one; the upper half is used first. */
static struct page *take_block(unsigned zone, unsigned order)
{
	for (unsigned o = order; o <= MAX_ORDER; o++) {
		struct page *pg;

		if (free_list[zone][o] == LIST_END)
			continue;
		pg = page_at(free_list[zone][o]);
		unlink_block(pg, o);
		while (o-- > order) {
			link_block(pg, o);
			pg += 1ul << o;
		}
		zone_free[zone] -= 1ull << order;
		free_count -= 1ull << order;
		return pg;
	}
	return NULL;
}

/* Make the frames of a block fit for anybody: flush who might still see them, zero them. */
static void clean_frames(struct page *pg, u64 n)
{
	cpumask_t stale = 0;

	for (u64 i = 0; i < n; i++)
		if (pg[i].count & PGC_dirty)
			stale |= tlb_stale_cpus(cpu_online_map, pg[i].stamp);
	if (stale)
		tlb_flush_mask(stale);
	for (u64 i = 0; i < n; i++) {
		if (pg[i].count & PGC_dirty)
			memset(page_to_virt(&pg[i]), 0, PAGE_SIZE);
		pg[i].count = 0;
	}
}

struct page *heap_alloc_for(const struct domain *d, unsigned order, unsigned bits)
{
	u64 n = 1ull << order, set_aside;
	struct page *pg = NULL;
	unsigned top;

	if (order > MAX_ORDER || (bits && bits <= PAGE_SHIFT + 8))
		return NULL;		/* nothing of ours lies below 1 MiB */
	top = bits && bits - PAGE_SHIFT < ZONES ? bits - PAGE_SHIFT : ZONES;
	spin_lock(&heap_lock);
	set_aside = claimed_count - (d ? d->claimed_pages : 0);
	if (free_count >= n && free_count - n >= set_aside)
		for (unsigned z = top; z-- && !pg;)
			if (zone_free[z] >= n)
				pg = take_block(z, order);
	for (u64 i = 0; pg && i < n; i++)
		pg[i].count &= ~PGC_free;
	spin_unlock(&heap_lock);
	if (pg)
		clean_frames(pg, n);
	return pg;
}

struct page *heap_alloc(unsigned order, unsigned bits)
{
	return heap_alloc_for(NULL, order, bits);
}

void heap_free(struct page *pg, unsigned order)
{
	u64 n = 1ull << order;
	u32 stamp = tlb_clock();

	BUG_ON(order > MAX_ORDER || mfn_x(page_to_mfn(pg)) & (n - 1));
	spin_lock(&heap_lock);
	for (u64 i = 0; i < n; i++) {
		BUG_ON(pg[i].count);
		pg[i].owner = DOMID_INVALID;
		pg[i].type = 0;
		pg[i].info = 0;
		pg[i].stamp = stamp;
		pg[i].count = PGC_free | PGC_dirty;
	}
	free_block(mfn_x(page_to_mfn(pg)), order);
	spin_unlock(&heap_lock);
}

void heap_free_exact(struct page *pg, u64 frames)
{
	u64 mfn = mfn_x(page_to_mfn(pg)), end = mfn + frames;

	while (mfn < end) {
		unsigned order = mfn ? ffs64(mfn) : 0;

		if (order > MAX_ORDER)
			order = MAX_ORDER;
		while (mfn + (1ull << order) > end)
			order--;
		heap_free(mfn_to_page(_mfn(mfn)), order);
		mfn += 1ull << order;
	}
}

struct page *heap_alloc_exact(u64 frames)
{
	unsigned order = order_for(frames);
	struct page *pg = heap_alloc(order, 0);

	if (pg && frames < 1ull << order)
		heap_free_exact(pg + frames, (1ull << order) - frames);
	return pg;
}

void heap_add_range(paddr_t s, paddr_t e)
{
	u64 mfn = ROUND_UP(s, PAGE_SIZE) >> PAGE_SHIFT, end = e >> PAGE_SHIFT;

	if (mfn >= end)
		return;
	heap_free_exact(mfn_to_page(_mfn(mfn)), end - mfn);
	spin_lock(&heap_lock);
	total_count += end - mfn;
	spin_unlock(&heap_lock);
}

u64 heap_free_pages(void)
{
	return READ_ONCE(free_count);
}

u64 heap_total_pages(void)
{
	return READ_ONCE(total_count);
}

u64 heap_claimed_pages(void)
{
	return READ_ONCE(claimed_count);
}

u64 heap_free_pages_below(unsigned bits)
{
	u64 n = 0;

	for (unsigned z = 0; z < ZONES && (!bits || z + PAGE_SHIFT < bits); z++)
		n += READ_ONCE(zone_free[z]);
	return n;
}

/*
 * XENMEM_claim_pages: @pages is what the domain is to have in all; 0 ends the
 * claim. Under d->page_lock, so that its total does not move.
 */
int heap_claim(struct domain *d, u64 pages)
{
	int rc = 0;

	spin_lock(&d->page_lock);
	spin_lock(&heap_lock);
	if (!pages) {
		claimed_count -= d->claimed_pages;
		d->claimed_pages = 0;
	} else if (d->is_dying || d->claimed_pages || pages <= d->tot_pages || pages > d->max_pages) {
		rc = -EINVAL;
	} else if (free_count < claimed_count || pages - d->tot_pages > free_count - claimed_count) {
		rc = -ENOMEM;
	} else {
		d->claimed_pages = pages - d->tot_pages;
		claimed_count += d->claimed_pages;
	}
	spin_unlock(&heap_lock);
	spin_unlock(&d->page_lock);
	return rc;
}

void heap_claim_used(struct domain *d, u64 n)
{
	spin_lock(&heap_lock);
	n = min(n, d->claimed_pages);
	d->claimed_pages -= n;
	claimed_count -= n;
	spin_unlock(&heap_lock);
}

void *alloc_pages(unsigned order)
{
	struct page *pg = heap_alloc(order, 0);

	return pg ? page_to_virt(pg) : NULL;
}

void free_pages(void *p, unsigned order)
{
	if (p)
		heap_free(virt_to_page(p), order);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Growing and shrinking a domain: increase_reservation, decrease_reservation,
 * populate_physmap.
 *
 * The answer is always the number of extents done, whatever stopped us; a caller
 * compares it with what it asked for. A preempted call carries on at the extent
 * in the command's upper bits, which a guest may also set itself: it is only
 * ever used as an index below nr_extents. Locks: those of mm/.
 */
#include "memory/memory.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "lib/printk.h"
#include "mm/heap.h"

#define ORDER_GUEST 9
#define ORDER_DEVICES 12
#define ORDER_CONTROL 18

unsigned memory_max_order(const struct domain *d)
{
	if (d->is_privileged)
		return ORDER_CONTROL;
	return d->is_hardware || d->needs_device_rights ? ORDER_DEVICES : ORDER_GUEST;
}

static void release_extent(struct page *pg, unsigned order)
{
	u64 i;

	for (i = 0; i < 1ull << order; i++)
		page_release(pg + i);
}

/* populate: the guest's frame number is the extent's; increase: it has none. */
static bool grow_one(struct domain *d, const struct xen_memory_reservation *r, u64 i, bool populate)
{
	struct page *pg;
	xen_pfn_t gpfn, mfn;
	u64 j;

	if (populate && get_guest_index(&gpfn, r->extent_start, i))
		return false;
	pg = alloc_domain_pages(d, r->extent_order, XENMEMF_get_address_bits(r->mem_flags));
	if (!pg)
		return false;
	mfn = mfn_x(page_to_mfn(pg));
	if (r->extent_start.p && put_guest_index(r->extent_start, i, &mfn)) {
		/* Nobody would know of these frames. */
		release_extent(pg, r->extent_order);
		return false;
	}
	for (j = 0; populate && j < 1ull << r->extent_order; j++)
		m2p_set(_mfn(mfn + j), gpfn + j);
	return true;
}

/* Frames that others still use, or that are pinned, are freed when the last user is done. */
static bool shrink_one(struct domain *d, const struct xen_memory_reservation *r, u64 i)
{
	xen_pfn_t mfn;
	u64 j;

	if (get_guest_index(&mfn, r->extent_start, i))
		return false;
	for (j = 0; j < 1ull << r->extent_order; j++) {
		struct page *pg = mfn_get(_mfn(mfn + j), d);

		if (!pg)
			return false;
		if (pg->count & PGC_xen_heap) {
			page_put(pg);
			return false;
		}
		page_release(pg);
		page_put(pg);
	}
	return true;
}

static bool do_one(struct domain *d, const struct xen_memory_reservation *r, unsigned op, u64 i)
{
	if (op == XENMEM_decrease_reservation)
		return shrink_one(d, r, i);
	return grow_one(d, r, i, op == XENMEM_populate_physmap);
}

static bool request_ok(const struct xen_memory_reservation *r, unsigned op)
{
	unsigned bits = XENMEMF_get_address_bits(r->mem_flags);

	if (r->nr_extents > ~0ull >> MEMOP_SHIFT)
		return false;
	if (r->extent_order > memory_max_order(current_domain()))
		return false;
	if (op == XENMEM_decrease_reservation)
		return true;
	/* No memory below the first page, and none on demand. */
	return (!bits || bits > PAGE_SHIFT) && !(r->mem_flags & XENMEMF_populate_on_demand);
}

long memory_reservation(struct hc_args *a)
{
	unsigned op = MEMOP_CMD(a->arg[0]);
	u64 start = MEMOP_START(a->arg[0]), i = start;
	struct xen_memory_reservation r;
	bool preempted = false;
	struct domain *d;

	if (copy_from_guest(&r, (void __guest *)a->arg[1], sizeof(r)))
		return (long)start;
	if (start >= r.nr_extents || !request_ok(&r, op))
		return (long)start;
	d = domain_get_any(r.domid);
	if (!d)
		return (long)start;
	if (rights_target(d) == 0) {
		for (; i < r.nr_extents; i++) {
			if (i != start && hypercall_preempt_check()) {
				preempted = true;
				break;
			}
			if (!do_one(d, &r, op, i))
				break;
		}
	}
	domain_put(d);
	if (!preempted)
		return (long)i;
	a->arg[0] = MEMOP_CONT(op, i);
	return -ERESTART;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory-reservation: giving frames back and getting frames.
 *
 * What: decrease_reservation, populate_physmap, increase_reservation; the figures; frames in use;
 * bad extents.
 * Why: ballooning, and the way a domain is built. New frames must be empty (XSA-100, 372).
 * Expected: the result is the number of extents done, never an error; current_reservation follows;
 * a frame given back is no longer ours once nothing refers to it; new frames are zero, in the M2P,
 * and ours; too many stop at the maximum.
 */
#include "mm.h"
#include "trap.h"

#include <xen/memory.h>

const char test_name[] = "memory-reservation";

static struct window w;

static long reservation(unsigned int cmd, const u64 *frames, u64 n, u32 order, domid_t dom)
{
	struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order, .domid = dom };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)frames);
	return hc_memory_op(cmd, &r);
}

static long figure(unsigned int cmd)
{
	domid_t self = DOMID_SELF;

	return hc_memory_op(cmd, &self);
}

static void figures(void)
{
	expect(figure(XENMEM_current_reservation), start_info->nr_pages);
	check(figure(XENMEM_maximum_reservation) >= (long)start_info->nr_pages);
	check(hc_memory_op(XENMEM_maximum_ram_page, NULL) > (long)start_info->nr_pages);
}

/* A page beyond the initial region: nothing of ours maps it. */
static u64 spare_pfn(unsigned int n)
{
	return start_info->nr_pages - 1 - n;
}

static void give_and_get(void)
{
	u64 mfns[4], pfns[4], before = figure(XENMEM_current_reservation);

	for (int i = 0; i < 4; i++) {
		pfns[i] = spare_pfn(i);
		mfns[i] = pfn_mfn(pfns[i]);
	}
	/* Leave a trace that the next owner must not find. */
	must(table_set(w.l1, 0, mfns[0] << PAGE_SHIFT | LEAF_RW));
	memset((void *)WINDOW_VA, 0xdb, PAGE_SIZE);
	must(hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL));

	expect(reservation(XENMEM_decrease_reservation, mfns, 4, 0, DOMID_SELF), 4);
	expect(figure(XENMEM_current_reservation), before - 4);
	check(table_set(w.l1, 0, mfns[0] << PAGE_SHIFT | LEAF_RO) < 0);
	/* Again: they are no longer ours. */
	expect(reservation(XENMEM_decrease_reservation, mfns, 4, 0, DOMID_SELF), 0);

	expect(reservation(XENMEM_populate_physmap, pfns, 4, 0, DOMID_SELF), 4);
	expect(figure(XENMEM_current_reservation), before);
	/* The list now holds machine frames. */
	for (int i = 0; i < 4; i++) {
		u64 sum = 0;

		expect(mfn_pfn(pfns[i]), spare_pfn(i));
		expect(table_set(w.l1, 0, pfns[i] << PAGE_SHIFT | LEAF_RW), 0);
		must(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
		for (int k = 0; k < 512; k++)
			sum |= ((volatile u64 *)WINDOW_VA)[k];
		expect(sum, 0);
		((u64 *)start_info->mfn_list)[spare_pfn(i)] = pfns[i];
	}
	must(hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL));
}

static void in_use(void)
{
	u64 *page = page_alloc(), mfn = va_mfn(page), before = figure(XENMEM_current_reservation);

	/* Still mapped: reported as done, but the frame lives until the mapping goes. */
	page[0] = 0x4711;
	expect(reservation(XENMEM_decrease_reservation, &mfn, 1, 0, DOMID_SELF), 1);
	expect(figure(XENMEM_current_reservation), before);
	expect(*(volatile u64 *)page, 0x4711);
	/* Once more changes nothing. */
	expect(reservation(XENMEM_decrease_reservation, &mfn, 1, 0, DOMID_SELF), 1);
	expect(*(volatile u64 *)page, 0x4711);
	must(page_unmap(page));
	expect(figure(XENMEM_current_reservation), before - 1);
	check(hc_update_va_mapping((u64)page, mfn << PAGE_SHIFT | LEAF_RW, UVMF_INVL) < 0);

	/* A pinned table is not unpinned by giving it away (XSA-252). */
	page = page_alloc();
	mfn = va_mfn(page);
	must(page_ro(page));
	must(pin(1, page));
	expect(reservation(XENMEM_decrease_reservation, &mfn, 1, 0, DOMID_SELF), 1);
	expect(page_rw(page), -XEN_EBUSY);
	expect(unpin(page), 0);
}

static void orders(void)
{
	u64 pfn = spare_pfn(100), mfn, frames[8];

	/* Make room, then ask for eight frames in one piece. */
	for (int i = 0; i < 8; i++)
		frames[i] = pfn_mfn(spare_pfn(10 + i));
	expect(reservation(XENMEM_decrease_reservation, frames, 8, 0, DOMID_SELF), 8);
	mfn = pfn;
	expect(reservation(XENMEM_populate_physmap, &mfn, 1, 3, DOMID_SELF), 1);
	expect(mfn & 7, 0);
	for (int i = 0; i < 8; i++)
		expect(mfn_pfn(mfn + i), pfn + i);
	expect(reservation(XENMEM_decrease_reservation, &mfn, 1, 3, DOMID_SELF), 1);
	/* Increase gives frames without a place in the map. */
	expect(reservation(XENMEM_increase_reservation, frames, 8, 0, DOMID_SELF), 8);
	expect(table_set(w.l1, 0, frames[7] << PAGE_SHIFT | LEAF_RW), 0);
	must(hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL));
	expect(reservation(XENMEM_decrease_reservation, frames, 8, 0, DOMID_SELF), 8);
	/* No list: still done. */
	expect(reservation(XENMEM_increase_reservation, NULL, 1, 0, DOMID_SELF), 1);
}

static void refusals(void)
{
	static const unsigned int cmds[] = {
		XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap,
	};
	u64 bad[] = { 0xfffffffff, ~0UL, 0xe0000 }, before = figure(XENMEM_current_reservation),
	    pfn = 7;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		expect(reservation(XENMEM_decrease_reservation, &bad[i], 1, 0, DOMID_SELF), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
		u64 f = pfn;
		bool ok = expect(reservation(cmds[i], &f, 1, 30, DOMID_SELF), 0);

		ok &= expect(reservation(cmds[i], &f, 1, 64, DOMID_SELF), 0);
		ok &= expect(reservation(cmds[i], &f, 1, ~0U, DOMID_SELF), 0);
		ok &= expect(reservation(cmds[i], &f, 1, 0, 0x1234), 0);
		ok &= expect(reservation(cmds[i], (u64 *)HYPERVISOR_VIRT_START, 1, 0, DOMID_SELF),
			     0);
		ok &= expect(reservation(cmds[i], (u64 *)0x8000000000000000, 1, 0, DOMID_SELF), 0);
		ok &= expect(reservation(cmds[i], &f, 1UL << 60, 0, DOMID_SELF), 0);
		ok &= expect(reservation(cmds[i], &f, 0, 0, DOMID_SELF), 0);
		if (!ok)
			printf("  operation %u\n", cmds[i]);
	}
	expect(reservation(XENMEM_decrease_reservation, (u64 *)0x1000, 1, 0, DOMID_SELF), 0);
	expect(reservation(XENMEM_populate_physmap, (u64 *)0x1000, 1, 0, DOMID_SELF), 0);
	expect(figure(XENMEM_current_reservation), before);
	expect(hc_memory_op(XENMEM_decrease_reservation, (void *)0x1000), 0);
}

/* The reservation has an end. */
static void maximum(void)
{
	static u64 frames[4096];
	long room = figure(XENMEM_maximum_reservation) - figure(XENMEM_current_reservation), got,
	     total = 0;

	if (room > 20000) {
		printf("  no maximum to reach\n");
		return;
	}
	do {
		got = reservation(XENMEM_increase_reservation, frames, ARRAY_SIZE(frames), 0,
				  DOMID_SELF);
		total += got;
	} while (got == ARRAY_SIZE(frames));
	expect(total, room);
	expect(reservation(XENMEM_increase_reservation, frames, 1, 0, DOMID_SELF), 0);
}

void test_main(void)
{
	window_open(&w);
	figures();
	give_and_get();
	in_use();
	orders();
	refusals();
	maximum();
	expect_no_trap();
}

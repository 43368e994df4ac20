/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-update: the mmu_update hypercall doing what it is asked.
 *
 * What: normal and PRESERVE_AD updates of tables of all levels, plain stores to ordinary frames,
 * MACHPHYS_UPDATE, batches, the done count.
 * Why: this is how a kernel changes its page tables; privcmd relies on the count after an error.
 * Expected: result 0 (never the count); *done = requests completed, written on success and on
 * error; entries become visible at once, with US set (and bit 52 for a kernel page, G for a user
 * page); PRESERVE_AD ORs the present A and D in; MACHPHYS_UPDATE changes the M2P entry of a frame
 * of one's own.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "mmu-update";

static struct window w;

static void leaves(void)
{
	u64 *data = page_alloc();
	volatile u64 *seen = (u64 *)WINDOW_VA;

	data[0] = 0x1234;
	expect(table_set(w.l1, 0, leaf(data, LEAF_RW)), 0);
	expect(seen[0], 0x1234);
	seen[1] = 0x5678;
	expect(data[1], 0x5678);
	expect(w.l1[0] & PTE_ADDR, va_mfn(data) << PAGE_SHIFT);
	expect(w.l1[0] & (PTE_P | PTE_RW | PTE_US), PTE_P | PTE_RW | PTE_US);

	/* Without US: a kernel page. The entry comes back with US set. */
	expect(table_set(w.l1, 1, leaf(data, LEAF_RW & ~PTE_US)), 0);
	expect(w.l1[1] & PTE_US, PTE_US);
	expect(*(volatile u64 *)(WINDOW_VA + PAGE_SIZE), 0x1234);

	/* Software bits belong to the guest. */
	expect(table_set(w.l1, 2, leaf(data, LEAF_RO | PTE_AVAIL | PTE_NX)), 0);
	expect(w.l1[2] & (PTE_AVAIL | PTE_NX), PTE_AVAIL | PTE_NX);

	/* A not-present entry may hold anything. */
	expect(table_set(w.l1, 3, 0xfffffffffffffffe), 0);
	expect(w.l1[3], 0xfffffffffffffffe);
	for (int i = 0; i < 4; i++)
		expect(table_set(w.l1, i, 0), 0);
	must(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
	trap_reset();
	asm volatile (GUARDED("movq (%0), %%rax") :: "r" (WINDOW_VA) : "rax", "memory");
	expect_trap(PF, 0);
}

static void upper_levels(void)
{
	u64 *l1 = page_alloc(), *l2 = page_alloc(), *l3 = page_alloc(), *data = page_alloc();
	u64 va = WINDOW_VA + (1UL << 39);

	l1[0] = leaf(data, LEAF_RW);
	l2[0] = leaf(l1, TABLE);
	l3[0] = leaf(l2, TABLE);
	data[0] = 77;
	must(page_ro(l1));
	must(page_ro(l2));
	must(page_ro(l3));
	/*
	 * In one batch: the new slot of the root, then a second way to the same tables at each
	 * level.
	 */
	struct mmu_update req[3] = {
		{ .ptr = va_maddr(&root_table[table_index(va, 4)]), .val = leaf(l3, TABLE) },
		{ .ptr = va_maddr(&l3[5]), .val = leaf(l2, TABLE) },
		{ .ptr = va_maddr(&l2[5]), .val = leaf(l1, TABLE) },
	};
	unsigned int done = 99;

	expect(hc_mmu_update(req, 3, &done, DOMID_SELF), 0);
	expect(done, 3);
	expect(*(volatile u64 *)va, 77);
	expect(*(volatile u64 *)(va + (5UL << 30) + (5UL << 21)), 77);
	for (int i = 0; i < 3; i++)
		req[i].val = 0;
	expect(hc_mmu_update(req, 3, &done, DOMID_SELF), 0);
	/* Nothing but these entries kept the tables: they may become data again. */
	expect(page_rw(l3), 0);
	expect(page_rw(l2), 0);
	expect(page_rw(l1), 0);
}

static void preserve_ad(void)
{
	u64 *data = page_alloc();
	u64 at = va_maddr(&w.l1[8]), va = WINDOW_VA + 8 * PAGE_SIZE;

	must(mmu_set(at, leaf(data, PTE_P | PTE_RW | PTE_US)));
	*(volatile u64 *)va = 1;
	expect(w.l1[8] & (PTE_A | PTE_D), PTE_A | PTE_D);
	expect(mmu_set(at | MMU_PT_UPDATE_PRESERVE_AD, leaf(data, PTE_P | PTE_US)), 0);
	expect(w.l1[8] & (PTE_A | PTE_D | PTE_RW), PTE_A | PTE_D);
	expect(mmu_set(at, leaf(data, PTE_P | PTE_US)), 0);
	expect(w.l1[8] & (PTE_A | PTE_D), 0);
	must(mmu_set(at, 0));
}

static void plain_frames(void)
{
	u64 *data = page_alloc();

	/* The target is no page table: a store. */
	expect(mmu_set(va_maddr(&data[3]), 0xabcdef0123456789), 0);
	expect(data[3], 0xabcdef0123456789);
	expect(data[2] | data[4], 0);
}

static void machphys(void)
{
	u64 *data = page_alloc();
	u64 mfn = va_mfn(data), pfn = va_pfn(data);

	expect(mmu_set(mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0x123456), 0);
	expect(mfn_pfn(mfn), 0x123456);
	/* The offset in the page does not matter. */
	expect(mmu_set(mfn << PAGE_SHIFT | 0x7f0 | MMU_MACHPHYS_UPDATE, pfn), 0);
	expect(mfn_pfn(mfn), pfn);
}

static void done_count(void)
{
	u64 *data = page_alloc();
	struct mmu_update req[4];
	unsigned int done;

	for (int i = 0; i < 4; i++) {
		req[i].ptr = va_maddr(&data[i]);
		req[i].val = i + 1;
	}
	done = 99;
	expect(hc_mmu_update(req, 4, &done, DOMID_SELF), 0);
	expect(done, 4);
	expect(hc_mmu_update(req, 4, NULL, DOMID_SELF), 0);
	done = 99;
	expect(hc_mmu_update(req, 0, &done, DOMID_SELF), 0);
	expect(done, 0);

	/* The third fails: two are done, the fourth is not looked at. */
	req[2].ptr = 0xfffffffff000;
	req[3].val = 44;
	done = 99;
	check(hc_mmu_update(req, 4, &done, DOMID_SELF) < 0);
	expect(done, 2);
	expect(data[3], 4);
	/* Also when nothing can be done for want of the domain. */
	done = 99;
	expect(hc_mmu_update(req, 4, &done, 0x1234), -XEN_ESRCH);
	expect(done, 0);
}

void test_main(void)
{
	window_open(&w);
	leaves();
	upper_levels();
	preserve_ad();
	plain_frames();
	machphys();
	done_count();
}

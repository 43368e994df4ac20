/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-types: a frame has one use at a time.
 *
 * What: every pair of uses of one frame: writable mapping, page table, descriptor table; and what
 * the hypervisor shares with the domain.
 * Why: the one invariant that keeps a PV guest inside: no writable mapping of a frame that the
 * processor walks.
 * Expected: the second use is refused while the first lasts: a writable mapping with -EBUSY, any
 * other use with -EINVAL (a table is refused with the error of its first bad entry); read-only
 * mappings are always possible; as soon as the first use ends the frame is free for the other.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "mmu-types";

static struct window w;

/* A second writable mapping, by each way there is. */
static void no_writable_use(const void *page)
{
	u64 rw = leaf(page, LEAF_RW);

	expect(hc_update_va_mapping(WINDOW_VA, rw, UVMF_INVL), -XEN_EBUSY);
	expect(table_set(w.l1, 0, rw), -XEN_EBUSY);
	expect(mmuext_mfn(MMUEXT_CLEAR_PAGE, va_mfn(page)), -XEN_EINVAL);
	expect(mmuext(MMUEXT_COPY_PAGE, va_mfn(page), va_mfn(w.l3)), -XEN_EINVAL);
	expect(w.l1[0], 0);
	/* Read-only, then the bit alone (XSA-182). */
	expect(table_set(w.l1, 0, leaf(page, LEAF_RO)), 0);
	expect(table_set(w.l1, 0, rw), -XEN_EBUSY);
	expect(table_set(w.l1, 0, leaf(page, LEAF_RO | PTE_RW)), -XEN_EBUSY);
	expect(w.l1[0] & PTE_RW, 0);
	expect(table_set(w.l1, 0, 0), 0);
}

static void tables(void)
{
	u64 *t = page_alloc();

	for (int level = 1; level <= 4; level++) {
		must(page_ro(t));
		must(pin(level, t));
		no_writable_use(t);
		must(unpin(t));
		must(page_rw(t));
		memset(t, 0, PAGE_SIZE);
	}
}

static void descriptors(void)
{
	u64 *gdt = page_alloc();
	unsigned long frame = va_mfn(gdt);

	expect(hc_set_gdt(&frame, 512), -XEN_EINVAL);	/* writable */
	must(page_ro(gdt));
	expect(hc_set_gdt(&frame, 512), 0);
	no_writable_use(gdt);
	expect(pin(1, gdt), -XEN_EINVAL);
	expect(table_set(w.l2, 1, leaf(gdt, TABLE)), -XEN_EINVAL);
	/* A page table cannot be a descriptor table either. */
	frame = va_mfn(w.l1);
	expect(hc_set_gdt(&frame, 512), -XEN_EINVAL);
	expect(hc_set_gdt(NULL, 0), 0);
	expect(page_rw(gdt), 0);
}

static void writable_twice(void)
{
	u64 *data = page_alloc(), *t = page_alloc();

	/* Any number of writable mappings; a table only when the last is gone. */
	for (int i = 0; i < 8; i++)
		must(table_set(w.l1, i, leaf(data, LEAF_RW)));
	must(page_ro(data));
	for (int i = 0; i < 8; i++) {
		expect(pin(1, data), -XEN_EINVAL);
		must(table_set(w.l1, i, i & 1 ? 0 : leaf(data, LEAF_RO)));
	}
	expect(pin(1, data), 0);
	expect(unpin(data), 0);
	for (int i = 0; i < 8; i++)
		must(table_set(w.l1, i, 0));

	/* A writable mapping in a table that is itself not in use counts for nothing... */
	t[0] = leaf(data, LEAF_RW);
	must(page_ro(t));
	expect(pin(1, data), 0);
	/* ...until the table comes into use. */
	expect(pin(1, t), -XEN_EBUSY);
	expect(unpin(data), 0);
	expect(pin(1, t), 0);
	expect(pin(1, data), -XEN_EINVAL);
	expect(unpin(t), 0);
	expect(pin(1, data), 0);
	expect(unpin(data), 0);
}

static void stale_tlb(void)
{
	u64 *t = page_alloc();
	volatile u64 *alias = (u64 *)(WINDOW_VA + 9 * PAGE_SIZE);

	/*
	 * Touch the page writable, then take the right away without a flush. When the frame becomes
	 * a table, the old translation must be gone, or this store would go through.
	 */
	must(table_set(w.l1, 9, leaf(t, LEAF_RW)));
	alias[0] = 0;
	must(page_ro(t));
	must(table_set(w.l1, 9, leaf(t, LEAF_RO)));
	must(pin(1, t));
	trap_reset();
	asm volatile (GUARDED("movq %0, (%1)") :: "r" (PTE_ADDR | LEAF_RW), "r" (alias) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(t[0], 0);
	must(unpin(t));
	must(table_set(w.l1, 9, 0));
	trap_reset();
}

static void hypervisor_pages(void)
{
	u64 m2p_mfn;

	/* shared_info is ours to map and to write, but not to walk. */
	expect(hc_update_va_mapping(WINDOW_VA, start_info->shared_info | LEAF_RW, UVMF_INVL), 0);
	expect(hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL), 0);
	expect(table_set(w.l2, 1, start_info->shared_info | TABLE), -XEN_EINVAL);
	/* The table behind the first entry of slot 256 is the hypervisor's. */
	m2p_mfn = (root_table[256] & PTE_ADDR) >> PAGE_SHIFT;
	check(hc_update_va_mapping(WINDOW_VA, m2p_mfn << PAGE_SHIFT | LEAF_RW, UVMF_INVL) < 0);
	check(hc_update_va_mapping(WINDOW_VA, m2p_mfn << PAGE_SHIFT | LEAF_RO, UVMF_INVL) < 0);
	expect(table_set(root_table, 2, m2p_mfn << PAGE_SHIFT | TABLE), -XEN_EINVAL);
	expect(w.l1[0], 0);
}

void test_main(void)
{
	window_open(&w);
	tables();
	descriptors();
	writable_twice();
	stale_tlb();
	hypervisor_pages();
	expect_no_trap();
}

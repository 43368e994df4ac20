/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-va-mapping: update_va_mapping and its variant for another domain.
 *
 * What: mapping, changing, removing by virtual address, all flush flags, and what is refused.
 * Why: the commonest way to change one kernel mapping; Linux BUGs on most failures.
 * Expected: 0 and the flush that was asked for; -EINVAL where no leaf table is, in the
 * hypervisor's range and for non-canonical addresses; bad entries are refused as in mmu_update;
 * -EFAULT for a bad vCPU bitmap, after the change was made (the flush comes last).
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "mmu-va-mapping";

static struct window w;

static void flushes(void)
{
	static const u64 flags[] = {
		UVMF_NONE | UVMF_LOCAL, UVMF_TLB_FLUSH | UVMF_LOCAL, UVMF_INVLPG | UVMF_LOCAL,
		UVMF_TLB_FLUSH | UVMF_ALL, UVMF_INVLPG | UVMF_ALL,
	};
	u64 *a = page_alloc(), *b = page_alloc(), vcpus = 1;
	volatile u64 *va = (u64 *)WINDOW_VA;

	a[0] = 1;
	b[0] = 2;
	expect(hc_update_va_mapping((u64)va, leaf(a, LEAF_RW), UVMF_NONE), 0);
	for (unsigned int i = 1; i < ARRAY_SIZE(flags); i++) {
		expect(va[0], 1);
		expect(hc_update_va_mapping((u64)va, leaf(b, LEAF_RW), flags[i]), 0);
		expect(va[0], 2);
		expect(hc_update_va_mapping((u64)va, leaf(a, LEAF_RW), flags[i]), 0);
	}
	expect(hc_update_va_mapping((u64)va, leaf(b, LEAF_RW), (u64)&vcpus | UVMF_INVLPG), 0);
	expect(va[0], 2);
	expect(hc_update_va_mapping((u64)va, leaf(a, LEAF_RW), (u64)&vcpus | UVMF_TLB_FLUSH), 0);
	expect(va[0], 1);
	/* The low bits of the address are no matter. */
	expect(hc_update_va_mapping((u64)va + 0xabc, leaf(b, LEAF_RW), UVMF_INVL), 0);
	expect(va[0], 2);
	expect(hc_update_va_mapping((u64)va, 0, UVMF_INVL), 0);
	trap_reset();
	asm volatile (GUARDED("movq (%0), %%rax") :: "r" (va) : "rax", "memory");
	expect_trap(PF, 0);
	trap_reset();
}

static void refusals(void)
{
	static const u64 no_table[] = {
		0,
		0x1000,
		WINDOW_VA + (1UL << 21),
		WINDOW_VA + (1UL << 30),
		WINDOW_VA + (1UL << 39),
		HYPERVISOR_VIRT_START,
		HYPERVISOR_VIRT_END - PAGE_SIZE,
		0xffff830000000000,
		HYPERVISOR_VIRT_END,
		0xffff7fffffffffff,
		0x0000800000000000,
		0x8000000000000000,
	};
	u64 *data = page_alloc();
	u64 ok = leaf(data, LEAF_RW);

	for (unsigned int i = 0; i < ARRAY_SIZE(no_table); i++) {
		if (!expect(hc_update_va_mapping(no_table[i], ok, 0), -XEN_EINVAL))
			printf("  address %#lx\n", no_table[i]);
	}
	expect(hc_update_va_mapping(WINDOW_VA, PTE_ADDR | LEAF_RO, 0), -XEN_EINVAL);
	expect(w.l1[0], 0);
	expect(hc_update_va_mapping(WINDOW_VA, leaf(w.l1, LEAF_RW), 0), -XEN_EBUSY);
	expect(w.l1[0], 0);
	expect(hc_update_va_mapping(WINDOW_VA, ok, 0x1000 | UVMF_INVLPG), -XEN_EFAULT);
	expect(w.l1[0] & PTE_ADDR, ok & PTE_ADDR);
	expect(hc_update_va_mapping(WINDOW_VA, 0, HYPERVISOR_VIRT_START | UVMF_TLB_FLUSH),
	       -XEN_EFAULT);
	expect(w.l1[0], 0);
}

static void other_domain(void)
{
	u64 *data = page_alloc();

	expect(hc_update_va_mapping_otherdomain(WINDOW_VA, leaf(data, LEAF_RW), UVMF_INVL,
						DOMID_SELF),
	       0);
	expect(w.l1[0] & PTE_ADDR, va_mfn(data) << PAGE_SHIFT);
	expect(hc_update_va_mapping_otherdomain(WINDOW_VA, 0, UVMF_INVL, DOMID_SELF), 0);
	expect(hc_update_va_mapping_otherdomain(WINDOW_VA, leaf(data, LEAF_RW), 0, 0x1234),
	       -XEN_ESRCH);
	/* One's own frame is not a frame of DOMID_IO. */
	check(hc_update_va_mapping_otherdomain(WINDOW_VA, leaf(data, LEAF_RW), 0, DOMID_IO) < 0);
	expect(w.l1[0], 0);
}

void test_main(void)
{
	window_open(&w);
	flushes();
	refusals();
	other_domain();
	expect_no_trap();
}

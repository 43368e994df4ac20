/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io-memory: device memory in the initial domain's page tables.
 *
 * What: the low megabyte, the VGA hole, the interrupt controllers, frames that are not RAM, cache
 * attribute bits, the hypervisor's RAM, with DOMID_SELF and DOMID_IO.
 * Why: ACPI tables, BARs and BIOS data are reached so; the same rule keeps the guest away from
 * everything else.
 * Expected: frames that no RAM has are mapped 1:1 for the initial domain, but for the local APIC
 * (-EPERM) and the I/O APIC (the same, or read-only); a domain without device rights gets -EPERM
 * or -EINVAL; RAM that is not the domain's never; a device frame cannot be a page table.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "io-memory";

static struct window w;

static long map(u64 mfn, u64 flags, unsigned int dom)
{
	long rc = hc_update_va_mapping_otherdomain(WINDOW_VA, mfn << PAGE_SHIFT | flags, UVMF_INVL,
						   dom);

	return rc;
}

static void devices(void)
{
	/* The BIOS at the end of the first megabyte starts with a jump. */
	expect(map(0xff, LEAF_RO, DOMID_SELF), 0);
	expect(*(volatile u8 *)(WINDOW_VA + 0xff0), 0xea);
	expect(map(0xff, LEAF_RO, DOMID_IO), 0);
	expect(*(volatile u8 *)(WINDOW_VA + 0xff0), 0xea);
	expect(map(0xb8, LEAF_RW, DOMID_IO), 0);
	expect(map(0xb8, LEAF_RW | PTE_PCD | PTE_PWT, DOMID_IO), 0);
	/* BIOS data area: RAM of the machine, but nobody's. */
	expect(map(0, LEAF_RO, DOMID_IO), 0);
	expect(map(0, LEAF_RO, DOMID_SELF), 0);
	expect(map(0xe0000, LEAF_RW, DOMID_IO), 0);
	expect(map(0xe0000, LEAF_RW, DOMID_SELF), 0);
	expect(w.l1[0] & PTE_ADDR, 0xe0000UL << PAGE_SHIFT);
}

static void forbidden(void)
{
	long rc;

	must(map(0xff, LEAF_RO, DOMID_IO));
	expect(map(0xfee00, LEAF_RW, DOMID_IO), -XEN_EPERM);
	expect(map(0xfee00, LEAF_RO, DOMID_SELF), -XEN_EPERM);
	/* A failure leaves what was there. */
	expect(w.l1[0] & PTE_ADDR, 0xff000);
	/* The I/O APIC: not at all, or with the writable bit taken off. */
	rc = map(0xfec00, LEAF_RW, DOMID_IO);
	check(rc == -XEN_EPERM || (!rc && !(w.l1[0] & PTE_RW)));
	must(hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL));
}

/* Look for RAM that is not ours: neither readable nor writable, whatever it is named. */
static void other_ram(void)
{
	unsigned int tried = 0, got = 0;

	for (u64 mfn = 0x100; mfn < 0x18000; mfn += 97) {
		u64 pfn = mfn_pfn(mfn);

		if (pfn < start_info->nr_pages && pfn_mfn(pfn) == mfn)
			continue;
		tried++;
		got += map(mfn, LEAF_RW, DOMID_SELF) == 0;
		got += map(mfn, LEAF_RO, DOMID_SELF) == 0;
		got += map(mfn, LEAF_RO, DOMID_IO) == 0;
	}
	printf("  %u frames of others tried\n", tried);
	check(tried > 10);
	expect(got, 0);
}

static void not_a_table(void)
{
	expect(mmuext_mfn(MMUEXT_PIN_L1_TABLE, 0xff), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_PIN_L4_TABLE, 0), -XEN_EINVAL);
	expect(table_set(w.l2, 1, 0xffUL << PAGE_SHIFT | TABLE), -XEN_EINVAL);
	expect(mmu_set(0xff000, 1), -XEN_EINVAL);
	expect(mmu_set_foreign(0xe0000000UL, 1, DOMID_IO), -XEN_EINVAL);
}

static void without_rights(void)
{
	check(map(0xff, LEAF_RO, DOMID_SELF) < 0);
	check(map(0xe0000, LEAF_RO, DOMID_SELF) < 0);
	check(map(0xfee00, LEAF_RO, DOMID_SELF) < 0);
	check(map(0xff, LEAF_RO, DOMID_IO) < 0);
	expect(hc_update_va_mapping(WINDOW_VA, leaf(w.l2, LEAF_RO | PTE_PCD), 0), -XEN_EINVAL);
}

void test_main(void)
{
	window_open(&w);
	if (is_dom0()) {
		devices();
		forbidden();
	} else {
		without_rights();
	}
	other_ram();
	not_a_table();
	expect_no_trap();
}

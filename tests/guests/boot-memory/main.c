/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot-memory: the initial region, the p2m list, the M2P table and the first page tables.
 *
 * What: walks every page of the initial region and every entry of the p2m list.
 * Why: Linux reads the M2P before it has any handler, copies the first page tables, and takes each
 * of these properties for granted.
 * Expected: the region from VIRT_BASE to a 4 MiB boundary is mapped in 4 KiB pages with pfn = (va
 * - base) >> 12, at least 512 KiB of it behind the boot stack; page tables are read-only,
 * everything else is writable; every entry is marked accessed and user; p2m and M2P agree for all
 * nr_pages; no frame is given twice; .bss is zero; the first root has the hypervisor's slots
 * 256-271 and nothing else of ours.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "boot-memory";

static u64 region_end;

static void bss_is_zero(void)
{
	const u64 *page = page_alloc();
	u64 sum = 0;

	for (unsigned int i = 0; i < 512; i++)
		sum |= page[i];
	expect(sum, 0);
}

static bool is_table(u64 va)
{
	return va >= start_info->pt_base &&
	       va < start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE;
}

static void region(void)
{
	unsigned int bad_frame = 0, bad_flags = 0;
	u64 va, want, entry;

	for (va = VIRT_BASE; ; va += PAGE_SIZE) {
		u64 *pte = pte_of(va, 1);

		if (!pte || !(*pte & PTE_P))
			break;
		entry = *pte;
		want = PTE_P | PTE_US | PTE_A | (is_table(va) ? 0 : PTE_RW);
		if (va == (u64)shared_info)
			continue;
		bad_frame += (entry & PTE_ADDR) >> PAGE_SHIFT != va_mfn((void *)va);
		bad_flags += (entry & (PTE_P | PTE_US | PTE_A | PTE_RW)) != want;
	}
	region_end = va;
	expect(bad_frame, 0);
	expect(bad_flags, 0);
	expect(region_end & 0x3fffff, 0);
	check(region_end >= boot_regs.rsp + 512 * 1024);
	check(region_end < boot_regs.rsp + (8 << 20));
}

static void upper_levels(void)
{
	const u64 want = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;

	for (int level = 2; level <= 4; level++) {
		const u64 *entry = pte_of(VIRT_BASE, level);

		expect(*entry & (want | PTE_PSE | PTE_NX), want);
	}
	for (int i = 0; i < 512; i++) {
		if (i >= 256 && i <= 271)
			continue;
		check(!root_table[i] == (i != 511));
	}
	check(root_table[256] & PTE_P);
}

static void p2m_and_m2p(void)
{
	static u8 seen[1 << 16];
	unsigned int differ = 0, twice = 0, large = 0;

	for (u64 pfn = 0; pfn < start_info->nr_pages; pfn++) {
		u64 mfn = pfn_mfn(pfn);

		if (mfn >= 8 * sizeof(seen)) {
			large++;
			continue;
		}
		differ += mfn_pfn(mfn) != pfn;
		twice += seen[mfn / 8] >> (mfn % 8) & 1;
		seen[mfn / 8] |= 1 << (mfn % 8);
	}
	expect(differ, 0);
	expect(twice, 0);
	/* The bitmap is good for 2 GiB of machine; more than that is no mistake. */
	if (large)
		printf("  %u frames above 2 GiB not checked\n", large);
}

static void tables_are_readonly(void)
{
	volatile u64 *entry = pte_of(VIRT_BASE, 2);

	trap_reset();
	asm volatile (GUARDED("movq %1, %0") : "+m" (*entry) : "r" (*entry) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(trap.cr2, entry);
}

static void m2p_is_readonly(void)
{
	volatile u64 *entry = &machine_to_phys_mapping[pfn_mfn(0)];

	trap_reset();
	asm volatile (GUARDED("movq %1, %0") : "+m" (*entry) : "r" (0UL) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(mfn_pfn(pfn_mfn(0)), 0);
}

static void behind_the_region(void)
{
	u64 value;

	trap_reset();
	asm volatile (GUARDED("movq (%1), %0") : "=r" (value) : "r" (region_end) : "memory");
	expect_trap(PF, 0);
	expect(trap.cr2, region_end);
}

void test_main(void)
{
	bss_is_zero();
	region();
	upper_levels();
	p2m_and_m2p();
	tables_are_readonly();
	m2p_is_readonly();
	behind_the_region();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-update-refuse: what mmu_update must not accept.
 *
 * What: frames that do not exist or are not the caller's, reserved and superpage bits at every
 * level, the hypervisor's slots of a root table, targets that may not be written, request kinds
 * that do not exist, bad batches.
 * Why: each accepted one of these was, at some time, a way out of the guest (XSA-148, 182, 22,
 * 109).
 * Expected: an error, and the old entry still there. -EINVAL for bits, invalid frames, slots and
 * targets; -ENOSYS for request kinds 4-7; -EFAULT for unreadable requests; -ESRCH for nobody's
 * domain. Which error a frame beyond RAM gives depends on the rights to device memory: any will do
 * there.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "mmu-update-refuse";

#define NO_MFN	0xfffffffffUL

static struct window w;
static u64 *data;

static void refused(u64 *table, unsigned int index, u64 val, long want, const char *what)
{
	u64 before = table[index];
	long rc = table_set(table, index, val);

	if (!expect(rc, want) || !expect(table[index], before))
		printf("  the case: %s\n", what);
}

static void leaf_bits(void)
{
	u64 ok = leaf(data, LEAF_RW);

	must(table_set(w.l1, 0, ok));
	/* In L1, bit 7 is PAT: a question of device rights. Superpages are for levels 2 and 3. */
	refused(w.l2, 0, leaf(w.l1, TABLE | PTE_PSE), -XEN_EINVAL,
		"PSE with the table's own frame");
	refused(w.l2, 1, leaf(data, TABLE | PTE_PSE), -XEN_EINVAL, "PSE in an empty L2 entry");
	refused(w.l2, 1, leaf(data, LEAF_RO | PTE_PSE), -XEN_EINVAL, "read-only PSE");
	refused(w.l3, 1, leaf(data, TABLE | PTE_PSE), -XEN_EINVAL, "PSE in L3");
	refused(w.l3, 0, leaf(w.l2, TABLE | PTE_PSE), -XEN_EINVAL, "PSE with the same frame in L3");
	refused(root_table, 2, leaf(w.l3, TABLE | PTE_PSE), -XEN_EINVAL, "bit 7 in L4");
	refused(w.l2, 1, leaf(w.l1, TABLE | PTE_G), -XEN_EINVAL, "G in L2");
	refused(w.l2, 1, leaf(w.l1, TABLE | PTE_PCD), -XEN_EINVAL, "PCD in L2");
	refused(root_table, 2, leaf(w.l3, TABLE | PTE_PWT), -XEN_EINVAL, "PWT in L4");
	must(table_set(w.l1, 0, 0));
}

static void frames(void)
{
	long rc;

	refused(w.l1, 0, PTE_ADDR | LEAF_RO, -XEN_EINVAL, "all-ones frame, read-only");
	refused(w.l1, 0, PTE_ADDR | LEAF_RW, -XEN_EINVAL, "all-ones frame, writable");
	refused(w.l2, 1, PTE_ADDR | TABLE, -XEN_EINVAL, "all-ones frame as a table");
	refused(w.l3, 1, PTE_ADDR | TABLE, -XEN_EINVAL, "all-ones frame as a table");
	refused(root_table, 2, PTE_ADDR | TABLE, -XEN_EINVAL, "all-ones frame as a table");
	refused(w.l2, 1, 0xe0000UL << PAGE_SHIFT | TABLE, -XEN_EINVAL, "no RAM, as a table");
	/* Bits above the width of physical addresses. */
	rc = table_set(w.l1, 0, 1UL << 51 | leaf(data, LEAF_RW));
	check(rc == -XEN_EINVAL || rc == -XEN_EPERM);
	expect(w.l1[0], 0);
}

static void levels(void)
{
	u64 *l1 = page_alloc(), *l2 = page_alloc();

	refused(w.l2, 1, leaf(w.l3, TABLE), -XEN_EINVAL, "an L3 table as L1");
	refused(w.l3, 1, leaf(w.l1, TABLE), -XEN_EINVAL, "an L1 table as L2");
	refused(root_table, 2, leaf(w.l1, TABLE), -XEN_EINVAL, "an L1 table as L3");
	refused(root_table, 2, leaf(w.l2, TABLE), -XEN_EINVAL, "an L2 table as L3");
	/* Still mapped writable: cannot become a table. */
	refused(w.l2, 1, leaf(l1, TABLE), -XEN_EINVAL, "a writable page as L1");
	refused(w.l3, 1, leaf(l2, TABLE), -XEN_EINVAL, "a writable page as L2");
	/* A bad entry inside fails the whole table. */
	l1[511] = PTE_ADDR | LEAF_RO;
	must(page_ro(l1));
	refused(w.l2, 1, leaf(l1, TABLE), -XEN_EINVAL, "an L1 table with a bad last entry");
	expect(page_rw(l1), 0);
	l1[511] = 0;
	must(page_ro(l1));
	expect(table_set(w.l2, 1, leaf(l1, TABLE)), 0);
	expect(table_set(w.l2, 1, 0), 0);
}

static void root_slots(void)
{
	for (int i = 256; i <= 271; i++) {
		u64 before = root_table[i];

		expect(table_set(root_table, i, leaf(w.l3, TABLE)), -XEN_EINVAL);
		expect(table_set(root_table, i, 0), -XEN_EINVAL);
		expect(table_set(root_table, i, before), -XEN_EINVAL);
		expect(root_table[i], before);
	}
	expect(table_set(root_table, 255, leaf(w.l3, TABLE)), 0);
	expect(table_set(root_table, 272, leaf(w.l3, TABLE)), 0);
	expect(table_set(root_table, 255, 0), 0);
	expect(table_set(root_table, 272, 0), 0);
}

static void targets(void)
{
	u64 *ro_twice = page_alloc();

	expect(mmu_set(NO_MFN << PAGE_SHIFT, 1), -XEN_EINVAL);
	expect(mmu_set(0xe0000000, 1), -XEN_EINVAL);
	expect(mmu_set(~7UL, 1), -XEN_EINVAL);
	for (u64 kind = 4; kind < 8; kind++) {
		if (!expect(mmu_set(va_maddr(ro_twice) | kind, 1), -XEN_ENOSYS))
			printf("  kind %lu\n", kind);
	}
	/* M2P updates: frames that are not there, and the hypervisor's share. */
	expect(mmu_set(NO_MFN << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL);
	expect(mmu_set(0xe0000000 | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL);
	expect(ro_twice[0], 0);
}

static void batches(void)
{
	static struct mmu_update req;
	unsigned int done = 99;

	req.ptr = va_maddr(data);
	req.val = 9;
	expect(hc_mmu_update((void *)0x1000, 1, &done, DOMID_SELF), -XEN_EFAULT);
	expect(done, 0);
	expect(hc_mmu_update((void *)HYPERVISOR_VIRT_START, 1, NULL, DOMID_SELF), -XEN_EFAULT);
	expect(hc_mmu_update(&req, 1, NULL, 0x7ffe), -XEN_ESRCH);
	expect(hc_mmu_update(&req, 1, NULL, 1 << 16 | DOMID_SELF), is_dom0() ? 0 : -XEN_EPERM);
	expect(hc_mmu_update(&req, 1, NULL, 0x7f00 << 16 | DOMID_SELF), -XEN_ESRCH);
	expect(hc_mmu_update(&req, 1, NULL, DOMID_INVALID), -XEN_ESRCH);
}

void test_main(void)
{
	window_open(&w);
	data = page_alloc();
	leaf_bits();
	frames();
	levels();
	root_slots();
	targets();
	batches();
	expect_no_trap();
}

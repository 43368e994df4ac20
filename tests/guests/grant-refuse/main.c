/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-refuse: grants that must not be mapped, and unmaps that must not happen.
 *
 * What: bad references, domains, flags, addresses, frames; entries of other types and for other
 * domains; wrong handles; set-up of tables with bad sizes.
 * Why: XSA-218, 224, 227, 228, 230, 234, 236.
 * Expected: the status below in each operation, 0 from the hypercall itself, and no trace left: no
 * entry, no in-use bit.
 */
#include "grant.h"
#include "trap.h"

const char test_name[] = "grant-refuse";

static struct window w;
static u64 *shared;

#define HOST GNTMAP_host_map

static void map_refused(u64 host, u32 ref, domid_t dom, u32 flags, long want)
{
	struct gnttab_map_grant_ref map;
	long got = grant_map(host, ref, dom, flags, &map);

	if (!(want ? expect(got, want) : check(got < 0 && got > -1000)))
		printf("  address %#lx, reference %u, domain %u, flags %#x\n", host, ref, dom,
		       flags);
	if (ref < 512)
		expect(grants[ref].flags & (GTF_reading | GTF_writing), 0);
	expect(w.l1[0], 0);
}

static void references(void)
{
	map_refused(WINDOW_VA, 50, own_domid, HOST, 0);			/* never granted */
	map_refused(WINDOW_VA, 512, own_domid, HOST, GNTST_bad_gntref);	/* beyond the first frame */
	map_refused(WINDOW_VA, 1 << 20, own_domid, HOST, GNTST_bad_gntref);
	map_refused(WINDOW_VA, ~0U, own_domid, HOST, GNTST_bad_gntref);
	map_refused(WINDOW_VA, 8, 0x1234, HOST, GNTST_bad_domain);
	map_refused(WINDOW_VA, 8, DOMID_IO, HOST, GNTST_bad_domain);
	map_refused(WINDOW_VA, 8, DOMID_INVALID, HOST, GNTST_bad_domain);
	map_refused(WINDOW_VA, 8, own_domid, 0, GNTST_bad_gntref);
	map_refused(WINDOW_VA, 8, own_domid, GNTMAP_readonly, GNTST_bad_gntref);

	grant_access(11, shared, own_domid + 1, 0);			/* for somebody else */
	map_refused(WINDOW_VA, 11, own_domid, HOST, 0);
	grants[12] = (struct grant_entry_v1){ GTF_accept_transfer, own_domid, va_mfn(shared) };
	map_refused(WINDOW_VA, 12, own_domid, HOST, 0);
	grants[13] = (struct grant_entry_v1){ GTF_permit_access, own_domid, 0xe0000 };
	map_refused(WINDOW_VA, 13, own_domid, HOST, 0);			/* no RAM */
	grants[14] = (struct grant_entry_v1){ GTF_permit_access, own_domid, ~0U };
	map_refused(WINDOW_VA, 14, own_domid, HOST, 0);
	/* A page table may be granted for reading, not for writing. */
	grant_access(15, w.l2, own_domid, 0);
	map_refused(WINDOW_VA, 15, own_domid, HOST, 0);
}

static void addresses(void)
{
	const u32 pte = HOST | GNTMAP_contains_pte;

	map_refused(WINDOW_VA + (1UL << 30), 8, own_domid, HOST, 0);
	map_refused(0x8000000000000000, 8, own_domid, HOST, 0);
	map_refused(HYPERVISOR_VIRT_START, 8, own_domid, HOST, 0);
	map_refused(0xffff830000000000, 8, own_domid, HOST, 0);
	map_refused(va_maddr(&w.l1[0]) + 4, 8, own_domid, pte, 0);	/* misaligned: XSA-227 */
	map_refused(va_maddr(&w.l2[1]), 8, own_domid, pte, 0);		/* not a leaf table */
	map_refused(va_maddr(shared), 8, own_domid, pte, 0);		/* not a table */
	map_refused(0xfffffffff000, 8, own_domid, pte, 0);
	expect(w.l2[1], 0);
}

static void handles(void)
{
	static const u32 bad[] = { 999, 0x7fffffff, 0xffffffff, 1 << 20 };
	struct gnttab_map_grant_ref map;
	u64 *other = page_alloc();

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		expect(grant_unmap(WINDOW_VA, 0, bad[i]), GNTST_bad_handle);
	expect(grant_map(WINDOW_VA, 8, own_domid, HOST, &map), GNTST_okay);
	/* The right handle, the wrong place. */
	check(grant_unmap(WINDOW_VA + PAGE_SIZE, 0, map.handle) < 0);
	check(grant_unmap(0x8000000000000000, 0, map.handle) < 0);
	check(grant_unmap((u64)other, 0, map.handle) < 0);
	check(w.l1[0] & PTE_P);
	expect(grants[8].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
	/*
	 * While mapped, the entry is fixed: a change of its domain does not let another in (status
	 * stays as it was).
	 */
	expect(grant_unmap(WINDOW_VA, 0, map.handle), GNTST_okay);
	expect(grant_unmap(WINDOW_VA, 0, map.handle), GNTST_bad_handle);
	expect(w.l1[0], 0);
}

/*
 * Without being unmapped, the guest replaces the entry. The grant stays in use, and a later unmap
 * sees the difference.
 */
static void replaced_entry(void)
{
	struct gnttab_map_grant_ref map;
	u64 *other = page_alloc(), entry;

	expect(grant_map(WINDOW_VA, 8, own_domid, HOST, &map), GNTST_okay);
	entry = w.l1[0];
	expect(table_set(w.l1, 0, leaf(other, LEAF_RW)), 0);
	check(grants[8].flags & GTF_reading);
	check(grant_unmap(WINDOW_VA, 0, map.handle) < 0);
	expect(w.l1[0] & PTE_ADDR, va_maddr(other));
	/*
	 * Put back by the guest as an ordinary mapping of its own frame: the same entry again, so
	 * it may go.
	 */
	expect(table_set(w.l1, 0, entry & ~PTE_AVAIL), 0);
	expect(grant_unmap(WINDOW_VA, 0, map.handle), GNTST_okay);
	expect(grants[8].flags & (GTF_reading | GTF_writing), 0);
}

static void tables(void)
{
	static xen_pfn_t frames[256];
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 100000 };
	struct gnttab_query_size qs = { .dom = 0x1234 };
	struct gnttab_set_version sv = { .version = 3 };

	set_xen_guest_handle(op.frame_list, frames);
	expect(hc_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
	expect(op.status, GNTST_general_error);
	op.dom = 0x1234;
	op.nr_frames = 1;
	expect(hc_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
	expect(op.status, GNTST_bad_domain);
	expect(hc_grant_table_op(GNTTABOP_setup_table, &op, 2), -XEN_EINVAL);
	op.dom = DOMID_SELF;
	op.nr_frames = 2;
	expect(hc_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
	expect(op.status, GNTST_okay);
	check(frames[0] && frames[1] && frames[0] != frames[1]);
	/* Asking for less does not shrink it. */
	op.nr_frames = 0;
	expect(hc_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
	expect(op.status, GNTST_okay);
	set_xen_guest_handle(op.frame_list, (xen_pfn_t *)0x1000);
	op.nr_frames = 1;
	op.status = 1;
	/* A status in Xen; an error of the call would say the same. */
	check(hc_grant_table_op(GNTTABOP_setup_table, &op, 1) == -XEN_EFAULT || op.status < 0);
	expect(hc_grant_table_op(GNTTABOP_query_size, &qs, 1), 0);
	expect(qs.status, GNTST_bad_domain);
	expect(hc_grant_table_op(GNTTABOP_query_size, &qs, 2), -XEN_EINVAL);
	expect(hc_grant_table_op(GNTTABOP_set_version, &sv, 1), -XEN_EINVAL);
}

static void commands(void)
{
	static struct gnttab_map_grant_ref map;

	expect(hc_grant_table_op(13, &map, 1), -XEN_ENOSYS);
	expect(hc_grant_table_op(63, &map, 1), -XEN_ENOSYS);
	expect(hc_grant_table_op(GNTTABOP_map_grant_ref, (void *)0x1000, 1), -XEN_EFAULT);
	expect(hc_grant_table_op(GNTTABOP_unmap_grant_ref, (void *)0x1000, 1), -XEN_EFAULT);
	expect(hc_grant_table_op(GNTTABOP_query_size, (void *)0x1000, 1), -XEN_EFAULT);
	/* A count of more than 31 bits, and an array that would run into the hypervisor. */
	expect(hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 0x80000000), -XEN_EINVAL);
	check(hc_grant_table_op(GNTTABOP_map_grant_ref, (void *)(HYPERVISOR_VIRT_START - 4096),
				1000) < 0);
}

void test_main(void)
{
	window_open(&w);
	grant_init();
	shared = page_alloc();
	grant_access(8, shared, own_domid, 0);
	references();
	addresses();
	handles();
	replaced_entry();
	tables();
	commands();
	expect_no_trap();
}

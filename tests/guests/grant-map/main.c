/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-map: mapping and unmapping grants, the domain being both sides.
 *
 * What: host maps by address and by page-table entry, read-only and writable, twice, device maps;
 * the bits in the shared entry; sizes and versions.
 * Why: blkback, xenstored, xenconsoled, QEMU.
 * Expected: status 0, a handle, dev_bus_addr = the frame's machine address; GTF_reading (and
 * GTF_writing for writable maps) set while a map lasts and cleared with the last; the entry points
 * to the granted frame; unmapping takes it away.
 */
#include "grant.h"
#include "trap.h"

const char test_name[] = "grant-map";

static struct window w;
static u64 *shared;

#define IN_USE (GTF_reading | GTF_writing)

static void sizes(void)
{
	struct gnttab_query_size qs = { .dom = DOMID_SELF };
	struct gnttab_get_version gv = { .dom = DOMID_SELF };

	expect(hc_grant_table_op(GNTTABOP_query_size, &qs, 1), 0);
	expect(qs.status, GNTST_okay);
	check(qs.nr_frames >= 1 && qs.nr_frames <= qs.max_nr_frames);
	check(qs.max_nr_frames >= 4);
	expect(hc_grant_table_op(GNTTABOP_get_version, &gv, 1), 0);
	expect(gv.version, 1);
}

static void writable(void)
{
	struct gnttab_map_grant_ref map;
	volatile u64 *va = (u64 *)WINDOW_VA;

	grant_access(8, shared, own_domid, 0);
	shared[0] = 0x1001;
	expect(grant_map(WINDOW_VA, 8, own_domid, GNTMAP_host_map, &map), GNTST_okay);
	expect(map.dev_bus_addr, va_maddr(shared));
	expect(grants[8].flags & IN_USE, IN_USE);
	expect(w.l1[0] & PTE_ADDR, va_maddr(shared));
	expect(va[0], 0x1001);
	va[1] = 0x1002;
	expect(shared[1], 0x1002);
	/* Held: no table can be made of it. */
	must(page_ro(shared));
	expect(pin(1, shared), -XEN_EINVAL);
	must(page_rw(shared));
	expect(grant_unmap(WINDOW_VA, 0, map.handle), GNTST_okay);
	expect(grants[8].flags & IN_USE, 0);
	expect(w.l1[0], 0);
	trap_reset();
	asm volatile (GUARDED("movq (%0), %%rax") :: "r" (va) : "rax", "memory");
	expect_trap(PF, 0);
}

static void read_only(void)
{
	struct gnttab_map_grant_ref map;
	volatile u64 *va = (u64 *)WINDOW_VA;

	grant_access(9, shared, own_domid, GTF_readonly);
	expect(grant_map(WINDOW_VA, 9, own_domid, GNTMAP_host_map, &map), GNTST_general_error);
	expect(w.l1[0], 0);
	expect(grant_map(WINDOW_VA, 9, own_domid, GNTMAP_host_map | GNTMAP_readonly, &map),
	       GNTST_okay);
	expect(grants[9].flags & IN_USE, GTF_reading);
	expect(va[0], shared[0]);
	trap_reset();
	asm volatile (GUARDED("movq %%rax, (%0)") :: "r" (va) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(grant_unmap(WINDOW_VA, 0, map.handle), GNTST_okay);
	expect(grants[9].flags & IN_USE, 0);
}

static void by_entry(void)
{
	struct gnttab_map_grant_ref map;
	u64 at = va_maddr(&w.l1[3]);

	grant_access(8, shared, own_domid, 0);
	expect(grant_map(at, 8, own_domid,
			 GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_application_map |
				 1 << _GNTMAP_guest_avail0,
			 &map),
	       GNTST_okay);
	expect(w.l1[3] & (PTE_ADDR | PTE_P | PTE_RW | PTE_US),
	       va_maddr(shared) | PTE_P | PTE_RW | PTE_US);
	/* The guest's own bit is bit 9 of the entry. */
	expect(w.l1[3] & PTE_AVAIL, 0x200);
	expect(*(volatile u64 *)(WINDOW_VA + 3 * PAGE_SIZE), shared[0]);
	expect(grant_unmap(at, 0, map.handle), GNTST_okay);
	expect(w.l1[3], 0);
}

static void twice(void)
{
	struct gnttab_map_grant_ref a, b;

	grant_access(8, shared, own_domid, 0);
	expect(grant_map(WINDOW_VA, 8, own_domid, GNTMAP_host_map, &a), GNTST_okay);
	expect(grant_map(WINDOW_VA + PAGE_SIZE, 8, own_domid, GNTMAP_host_map | GNTMAP_readonly,
			 &b),
	       GNTST_okay);
	check(a.handle != b.handle);
	expect(grants[8].flags & IN_USE, IN_USE);
	expect(grant_unmap(WINDOW_VA, 0, a.handle), GNTST_okay);
	/* Only the reader is left. */
	expect(grants[8].flags & IN_USE, GTF_reading);
	expect(*(volatile u64 *)(WINDOW_VA + PAGE_SIZE), shared[0]);
	expect(grant_unmap(WINDOW_VA + PAGE_SIZE, 0, b.handle), GNTST_okay);
	expect(grants[8].flags & IN_USE, 0);
}

static void device(void)
{
	struct gnttab_map_grant_ref map;

	grant_access(8, shared, own_domid, 0);
	expect(grant_map(0, 8, own_domid, GNTMAP_device_map, &map), GNTST_okay);
	expect(map.dev_bus_addr, va_maddr(shared));
	expect(grants[8].flags & IN_USE, IN_USE);
	expect(grant_unmap(0, map.dev_bus_addr, map.handle), GNTST_okay);
	expect(grants[8].flags & IN_USE, 0);
	/* Both at once, taken away one after the other. */
	expect(grant_map(WINDOW_VA, 8, own_domid, GNTMAP_device_map | GNTMAP_host_map, &map),
	       GNTST_okay);
	expect(grant_unmap(WINDOW_VA, 0, map.handle), GNTST_okay);
	expect(w.l1[0], 0);
	expect(grants[8].flags & IN_USE, IN_USE);
	expect(grant_unmap(0, map.dev_bus_addr, map.handle), GNTST_okay);
	expect(grants[8].flags & IN_USE, 0);
	expect(grant_unmap(0, map.dev_bus_addr, map.handle), GNTST_bad_handle);
}

static void batch(void)
{
	static struct gnttab_map_grant_ref maps[32];
	static struct gnttab_unmap_grant_ref unmaps[32];

	for (int i = 0; i < 32; i++) {
		grant_access(100 + i, shared, own_domid, 0);
		maps[i].host_addr = WINDOW_VA + (i + 8) * PAGE_SIZE;
		maps[i].flags = GNTMAP_host_map;
		maps[i].ref = i == 17 ? 99 : 100 + i;
		maps[i].dom = own_domid;
	}
	/* One bad one in the middle: the others are done. */
	expect(hc_grant_table_op(GNTTABOP_map_grant_ref, maps, 32), 0);
	for (int i = 0; i < 32; i++) {
		check(!maps[i].status == (i != 17));
		unmaps[i].host_addr = maps[i].host_addr;
		unmaps[i].handle = maps[i].handle;
	}
	expect(hc_grant_table_op(GNTTABOP_unmap_grant_ref, unmaps, 17), 0);
	expect(hc_grant_table_op(GNTTABOP_unmap_grant_ref, unmaps + 18, 14), 0);
	for (int i = 0; i < 32; i++) {
		expect(unmaps[i].status, 0);
		expect(w.l1[i + 8], 0);
		expect(grants[100 + i].flags & IN_USE, 0);
	}
	expect(hc_grant_table_op(GNTTABOP_map_grant_ref, maps, 0), 0);
}

void test_main(void)
{
	window_open(&w);
	grant_init();
	shared = page_alloc();
	sizes();
	writable();
	read_only();
	by_entry();
	twice();
	device();
	batch();
}

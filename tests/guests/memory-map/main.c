/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory-map: the memory maps and other questions of memory_op.
 *
 * What: memory_map, machine_memory_map, machphys_mapping, machphys_mfn_list, add_to_physmap for a
 * PV guest, unknown operations.
 * Why: Linux lays out its pseudo-physical space by the machine's map; the tools map the M2P by the
 * list.
 * Expected: the machine's map for the privileged only, sorted, no overlap, an answer of -EINVAL
 * when the buffer is too small; M2P at 0xffff800000000000; unknown -ENOSYS.
 */
#include "mm.h"
#include "trap.h"

#include <xen/memory.h>

const char test_name[] = "memory-map";

struct e820 {
	u64 addr, size;
	u32 type;
} __attribute__((packed));

static struct e820 map[128];

static void machine_map(void)
{
	struct xen_memory_map mm = { .nr_entries = ARRAY_SIZE(map) };
	u64 ram = 0;
	unsigned int n;

	set_xen_guest_handle(mm.buffer, (void *)map);
	if (!is_dom0()) {
		expect(hc_memory_op(XENMEM_machine_memory_map, &mm), -XEN_EPERM);
		return;
	}
	expect(hc_memory_op(XENMEM_machine_memory_map, &mm), 0);
	n = mm.nr_entries;
	check(n >= 3 && n < ARRAY_SIZE(map));
	for (unsigned int i = 0; i < n; i++) {
		if (map[i].type == 1)
			ram += map[i].size;
		check(map[i].size && map[i].addr + map[i].size > map[i].addr);
		if (i)
			check(map[i].addr >= map[i - 1].addr + map[i - 1].size);
	}
	check(ram >= start_info->nr_pages << PAGE_SHIFT);
	expect(map[0].addr, 0);
	expect(map[0].type, 1);
	/* The local interrupt controllers are nobody's. */
	for (unsigned int i = 0; i < n; i++)
		check(map[i].type != 1 || map[i].addr > 0xfee00000 ||
		      map[i].addr + map[i].size <= 0xfee00000);

	mm.nr_entries = 1;
	expect(hc_memory_op(XENMEM_machine_memory_map, &mm), -XEN_EINVAL);
	mm.nr_entries = ARRAY_SIZE(map);
	set_xen_guest_handle(mm.buffer, (void *)0x1000);
	expect(hc_memory_op(XENMEM_machine_memory_map, &mm), -XEN_EFAULT);
	/* No buffer: how many? */
	set_xen_guest_handle(mm.buffer, NULL);
	mm.nr_entries = 0;
	expect(hc_memory_op(XENMEM_machine_memory_map, &mm), 0);
	check(mm.nr_entries >= n);
}

static void own_map(void)
{
	struct xen_memory_map mm = { .nr_entries = ARRAY_SIZE(map) };
	long rc;

	set_xen_guest_handle(mm.buffer, (void *)map);
	rc = hc_memory_op(XENMEM_memory_map, &mm);
	if (is_dom0()) {
		expect(rc, -XEN_ENOSYS);
		return;
	}
	check(!rc || rc == -XEN_ENOSYS);
	if (!rc)
		check(mm.nr_entries >= 1);
}

static void m2p(void)
{
	struct xen_machphys_mapping mp;
	struct xen_machphys_mfn_list list = { .max_extents = 4 };
	static xen_pfn_t frames[4];
	long rc;

	expect(hc_memory_op(XENMEM_machphys_mapping, &mp), 0);
	expect(mp.v_start, MACH2PHYS_VIRT_START);
	check(mp.v_end > mp.v_start && mp.v_end <= MACH2PHYS_VIRT_END);
	check(mp.max_mfn >= pfn_mfn(0));
	expect(hc_memory_op(XENMEM_machphys_mapping, (void *)0x1000), -XEN_EFAULT);
	/* All of it can be read, holes and all. */
	trap_reset();
	for (u64 mfn = 0; mfn <= mp.max_mfn && mfn < 1 << 20; mfn += 256)
		asm volatile (GUARDED("movq (%0), %%rax") :: "r" (&machine_to_phys_mapping[mfn])
			     : "rax", "memory");
	expect_no_trap();

	set_xen_guest_handle(list.extent_start, frames);
	rc = hc_memory_op(XENMEM_machphys_mfn_list, &list);
	if (is_dom0()) {
		expect(rc, 0);
		check(list.nr_extents >= 1 && list.nr_extents <= 4);
		check(frames[0]);
	}
	list.max_extents = 1;
	set_xen_guest_handle(list.extent_start, (xen_pfn_t *)0x1000);
	check(hc_memory_op(XENMEM_machphys_mfn_list, &list) < 0);
}

static void not_for_pv(void)
{
	struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info };
	struct xen_remove_from_physmap rm = { .domid = DOMID_SELF, .gpfn = 5 };

	add.space = 99;
	add.gpfn = 5;
	check(hc_memory_op(XENMEM_add_to_physmap, &add) < 0);
	check(hc_memory_op(XENMEM_remove_from_physmap, &rm) < 0);
	expect(hc_memory_op(XENMEM_add_to_physmap, (void *)0x1000), -XEN_EFAULT);
	expect(hc_memory_op(XENMEM_remove_from_physmap, (void *)0x1000), -XEN_EFAULT);
}

static void unknown(void)
{
	expect(hc_memory_op(8, map), -XEN_ENOSYS);
	expect(hc_memory_op(40, map), -XEN_ENOSYS);
	expect(hc_memory_op(63, map), -XEN_ENOSYS);
	expect(hc_memory_op(XENMEM_current_reservation, (void *)0x1000), -XEN_EFAULT);
	expect(hc_memory_op(XENMEM_maximum_reservation, (void *)0x1000), -XEN_EFAULT);
}

void test_main(void)
{
	machine_map();
	own_map();
	m2p();
	not_for_pv();
	unknown();
	expect_no_trap();
}

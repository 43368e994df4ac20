/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile-pointers: every hypercall with every kind of bad pointer.
 *
 * What: each hypercall and sub-operation that takes a pointer, given NULL, unmapped,
 * non-canonical, hypervisor, read-only and page-crossing addresses.
 * Why: checklist row 50: the commonest mistake in a hypervisor.
 * Expected: no crash, no trap, no success where the argument had to be read: an error, mostly
 * -EFAULT (memory_op's reservation calls give 0 extents). Some operations look at rights or at
 * other arguments first, so any error will do here; the particular tests check which.
 */
#include "mm.h"
#include "trap.h"

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

const char test_name[] = "hostile-pointers";

static u64 bad[12];
static unsigned int nr_bad;

static void collect(void)
{
	u8 *page = page_alloc(), *gone = page_alloc();

	must(page_unmap(gone));
	bad[nr_bad++] = 0;
	bad[nr_bad++] = 0x1000;
	bad[nr_bad++] = 0x00007fffffffffff;
	bad[nr_bad++] = 0x0000800000000000;
	bad[nr_bad++] = 0x8000000000000000;
	bad[nr_bad++] = HYPERVISOR_VIRT_START;
	bad[nr_bad++] = 0xffff82d040200000;	/* where Xen itself lives */
	bad[nr_bad++] = 0xffff830000000000;
	bad[nr_bad++] = HYPERVISOR_VIRT_END - 1;
	bad[nr_bad++] = 0xffffffffffffffff;
	bad[nr_bad++] = (u64)gone;
	bad[nr_bad++] = (u64)page + PAGE_SIZE - 1;	/* crosses into the unmapped page */
}

struct call {
	const char *name;
	u8 nr, ptr;		/* number; which argument is the pointer */
	bool zero_is_fine;	/* 0 is an answer, or NULL asks for a size */
	u64 args[5];
};

#define N(call) __HYPERVISOR_##call

static const struct call calls[] = {
	{ "set_trap_table", N(set_trap_table), 0, true, { 0 } },
	{ "mmu_update", N(mmu_update), 0, false, { 0, 1, 0, DOMID_SELF } },
	{ "set_gdt", N(set_gdt), 0, false, { 0, 512 } },
	{ "multicall", N(multicall), 0, false, { 0, 1 } },
	{ "mmuext_op", N(mmuext_op), 0, false, { 0, 1, 0, DOMID_SELF } },
	{ "console_io write", N(console_io), 2, false, { CONSOLEIO_write, 16 } },
	{ "platform_op", N(platform_op), 0, false, { 0 } },
	{ "domctl", N(domctl), 0, false, { 0 } },
	{ "sysctl", N(sysctl), 0, false, { 0 } },
	{ "xsm_op", N(xsm_op), 0, false, { 0 } },
	{ "version extraversion", N(xen_version), 1, false, { XENVER_extraversion } },
	{ "version compile_info", N(xen_version), 1, false, { XENVER_compile_info } },
	{ "version capabilities", N(xen_version), 1, false, { XENVER_capabilities } },
	{ "version changeset", N(xen_version), 1, false, { XENVER_changeset } },
	{ "version platform", N(xen_version), 1, false, { XENVER_platform_parameters } },
	{ "version features", N(xen_version), 1, false, { XENVER_get_features } },
	{ "version handle", N(xen_version), 1, false, { XENVER_guest_handle } },
	{ "version commandline", N(xen_version), 1, false, { XENVER_commandline } },
	{ "version build_id", N(xen_version), 1, true, { XENVER_build_id } },
	{ "vcpu initialise", N(vcpu_op), 2, false, { VCPUOP_initialise, 1 } },
	{ "vcpu runstate", N(vcpu_op), 2, false, { VCPUOP_get_runstate_info, 0 } },
	{ "vcpu runstate area", N(vcpu_op), 2, false, { VCPUOP_register_runstate_memory_area, 0 } },
	{ "vcpu periodic", N(vcpu_op), 2, false, { VCPUOP_set_periodic_timer, 0 } },
	{ "vcpu singleshot", N(vcpu_op), 2, false, { VCPUOP_set_singleshot_timer, 0 } },
	{ "vcpu info", N(vcpu_op), 2, false, { VCPUOP_register_vcpu_info, 0 } },
	{ "vcpu time area", N(vcpu_op), 2, false, { VCPUOP_register_vcpu_time_memory_area, 0 } },
	{ "vcpu physid", N(vcpu_op), 2, false, { VCPUOP_get_physid, 0 } },
	{ "sched shutdown", N(sched_op), 1, false, { SCHEDOP_shutdown } },
	{ "sched poll", N(sched_op), 1, false, { SCHEDOP_poll } },
	{ "sched remote shutdown", N(sched_op), 1, false, { SCHEDOP_remote_shutdown } },
	{ "sched shutdown code", N(sched_op), 1, false, { SCHEDOP_shutdown_code } },
	{ "sched watchdog", N(sched_op), 1, false, { SCHEDOP_watchdog } },
	{ "sched pin override", N(sched_op), 1, false, { SCHEDOP_pin_override } },
	{ "callback register", N(callback_op), 1, false, { 0 } },
	{ "callback unregister", N(callback_op), 1, false, { 1 } },
	{ "nmi register", N(nmi_op), 1, false, { XENNMI_register_callback } },
	{ "update_va_mapping", N(update_va_mapping), 2, true, { 0x1000 } },
	{ "old sched_op", N(sched_op_compat), 1, true, { 99 } },
	{ "old event_channel_op", N(event_channel_op_compat), 0, false, { 0 } },
	{ "old physdev_op", N(physdev_op_compat), 0, false, { 0 } },
	{ "hvm_op", N(hvm_op), 1, false, { 0 } },
	{ "kexec_op", N(kexec_op), 1, false, { 0 } },
	{ "xenpmu_op", N(xenpmu_op), 1, false, { 0 } },
	{ "mca", N(arch_0), 0, false, { 0 } },
	{ "dm_op", N(dm_op), 2, false, { 0, 1 } },
	{ "argo_op", N(argo_op), 1, false, { 0 } },
	{ "hypfs_op", N(hypfs_op), 1, true, { 0 } },
	{ "tmem_op", N(tmem_op), 0, false, { 0 } },
	{ "xenoprof_op", N(xenoprof_op), 1, false, { 0 } },
};

static void one(const char *name, unsigned int sub, u64 nr, unsigned int ptr, bool zero_fine,
		const u64 *args)
{
	for (unsigned int i = 0; i < nr_bad; i++) {
		u64 a[5];
		long rc;

		memcpy(a, args, sizeof(a));
		a[ptr] = bad[i];
		trap_reset();
		rc = hc(nr, a[0], a[1], a[2], a[3], a[4]);
		if (rc < 0 && rc > -4096 && trap.frame.vector == NO_TRAP)
			continue;
		if (zero_fine && (rc == 0 || (!bad[i] && rc > 0)))
			continue;
		failure("%s %u with pointer %#lx gives %ld", name, sub, bad[i], rc);
	}
}

/* The families in which every operation takes one pointer in the same place. */
static void families(void)
{
	for (u64 cmd = 0; cmd < 16; cmd++)
		one("event_channel_op", cmd, N(event_channel_op), 1, false, (u64[5]){ cmd });
	for (u64 cmd = 0; cmd < 14; cmd++) {
		/* Transfers and copies read one entry; dump_table is for debugging. */
		one("grant_table_op", cmd, N(grant_table_op), 1, false, (u64[5]){ cmd, 0, 1 });
	}
	for (u64 cmd = 0; cmd < 40; cmd++) {
		/* 0, 1, 6: the count of extents done; 2, 18, 19: no pointer at all. */
		if (cmd != 2 && cmd != 18 && cmd != 19)
			one("memory_op", cmd, N(memory_op), 1, cmd <= 1 || cmd == 6,
			    (u64[5]){ cmd });
	}
	for (u64 cmd = 0; cmd < 34; cmd++) {
		/* 4: the old irq_unmask_notify takes no argument. */
		if (cmd != 4)
			one("physdev_op", cmd, N(physdev_op), 1, false, (u64[5]){ cmd });
	}
}

/* A good structure with a bad pointer inside. */
static void inner(void)
{
	struct mmuext_op ext = { .cmd = MMUEXT_TLB_FLUSH_MULTI };
	struct physdev_set_iobitmap iob = { .nr_ports = 65536 };
	struct mmu_update req = { .ptr = va_maddr(&bad), .val = 0 };

	for (unsigned int i = 0; i < nr_bad; i++) {
		set_xen_guest_handle(ext.arg2.vcpumask, (void *)bad[i]);
		/* The last one has a readable byte, which is enough for eight vCPUs. */
		check(hc_mmuext_op(&ext, 1, NULL, DOMID_SELF) < (i == nr_bad - 1));
		/* The bitmap is only read when a port is touched. */
		set_xen_guest_handle(iob.bitmap, (uint8_t *)bad[i]);
		hc_physdev_op(PHYSDEVOP_set_iobitmap, &iob);
		trap_reset();
		asm volatile (GUARDED("inb $0x80, %%al") ::: "rax", "memory");
		expect_trap(GP, 0);
		if (!bad[i])
			continue;
		/* The done count cannot be written: an error, though the batch was done. */
		req.val = bad[0];
		check(hc_mmu_update(&req, 0, (void *)bad[i], DOMID_SELF) <= 0);
	}
	iob.nr_ports = 0;
	hc_physdev_op(PHYSDEVOP_set_iobitmap, &iob);
}

static void read_only_results(void)
{
	u8 *ro = page_alloc();

	must(page_ro(ro));
	expect(hc_xen_version(XENVER_capabilities, ro), -XEN_EFAULT);
	expect(hc_xen_version(XENVER_get_features, ro), -XEN_EFAULT);
	expect(hc_vcpu_op(VCPUOP_get_runstate_info, 0, ro), -XEN_EFAULT);
	expect(ro[0], 0);
	/* A page table as the place for a result: the hypervisor must not write there. */
	expect(hc_xen_version(XENVER_capabilities, root_table), -XEN_EFAULT);
	expect(hc_vcpu_op(VCPUOP_get_runstate_info, 0, root_table), -XEN_EFAULT);
	expect(root_table[0], 0);
	/* The M2P, which the guest sees read-only. */
	expect(hc_xen_version(XENVER_capabilities, machine_to_phys_mapping), -XEN_EFAULT);
}

void test_main(void)
{
	collect();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *c = &calls[i];

		one(c->name, 0, c->nr, c->ptr, c->zero_is_fine, c->args);
	}
	families();
	/* set_trap_table(NULL) above emptied the table: it must still be settable. */
	trap_init();
	inner();
	read_only_results();
}

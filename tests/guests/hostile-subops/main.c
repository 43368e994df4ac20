/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile-subops: sub-operation numbers that do not exist, and arguments at the ends of their
 * ranges.
 *
 * What: every multiplexed hypercall with numbers above its last, with the top bits set, and with
 * arguments of all ones.
 * Why: these numbers index tables and are cut to 32 bits on the way (checklist rows 40, 50).
 * Expected: an error (-ENOSYS as a rule); the domain lives and its page tables, traps and events
 * still work.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

#include <xen/grant_table.h>
#include <xen/memory.h>

const char test_name[] = "hostile-subops";

#define N(call) __HYPERVISOR_##call

static void unknown_numbers(void)
{
	static const struct { const char *name; u8 nr; u8 arg; u32 above; } calls[] = {
		{ "xen_version", N(xen_version), 0, 11 },
		{ "console_io", N(console_io), 0, 2 },
		{ "grant_table_op", N(grant_table_op), 0, 13 },
		{ "vm_assist", N(vm_assist), 0, 2 },
		{ "vcpu_op", N(vcpu_op), 0, 14 },
		{ "nmi_op", N(nmi_op), 0, 2 },
		{ "sched_op", N(sched_op), 0, 8 },
		{ "callback_op", N(callback_op), 0, 2 },
		{ "event_channel_op", N(event_channel_op), 0, 15 },
		{ "physdev_op", N(physdev_op), 0, 34 },
		{ "hvm_op", N(hvm_op), 0, 30 },
	};
	static u8 buffer[256];

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		u64 n = calls[i].above;
		const u64 numbers[] = { n, n + 1, 63, 0x3f, 0x7fffffff, 0x80000000, 0xffffffff };

		for (unsigned int k = 0; k < ARRAY_SIZE(numbers); k++) {
			long rc = hc(calls[i].nr, numbers[k], 0, (u64)buffer, 0, 0);

			if (rc >= 0 || rc < -4095)
				failure("%s %#lx gives %ld", calls[i].name, numbers[k], rc);
		}
	}
}

static void all_ones(void)
{
	/* Not here: iret (it returns elsewhere), sched_op (it may sleep for good). */
	static const u8 numbers[] = {
		N(set_trap_table),
		N(mmu_update),
		N(set_gdt),
		N(platform_op),
		N(set_debugreg),
		N(get_debugreg),
		N(update_descriptor),
		N(memory_op),
		N(multicall),
		N(update_va_mapping),
		N(xen_version),
		N(console_io),
		N(grant_table_op),
		N(vm_assist),
		N(update_va_mapping_otherdomain),
		N(vcpu_op),
		N(mmuext_op),
		N(xsm_op),
		N(nmi_op),
		N(callback_op),
		N(xenoprof_op),
		N(event_channel_op),
		N(physdev_op),
		N(hvm_op),
		N(sysctl),
		N(domctl),
		N(kexec_op),
		N(tmem_op),
		N(argo_op),
		N(xenpmu_op),
		N(dm_op),
		N(hypfs_op),
		N(arch_0),
	};
	static const u64 patterns[] = { ~0UL, 1UL << 63, 0x7fffffffffffffff,
					0xffffffff, 0x80000000, 0x7fffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (unsigned int k = 0; k < ARRAY_SIZE(patterns); k++) {
			u64 p = patterns[k];
			long rc = hc(numbers[i], p, p, p, p, p);

			/*
			 * Acts on nothing may succeed. memory_op takes the upper bits for work done
			 * before; others drop them.
			 */
			if (rc > 0 && numbers[i] != N(memory_op) && (u32)p)
				failure("hypercall %u with %#lx gives %ld", numbers[i], p, rc);
		}
	}
}

/* The count of a batch, with one good entry at the end of a page and nothing behind. */
static void counts(void)
{
	static struct mmuext_op ext = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	static struct mmu_update mu;
	u64 *data = page_alloc();
	u8 *end = page_alloc();
	struct multicall_entry *mc = (void *)(end - sizeof(*mc));

	must(page_unmap(end));
	mu.ptr = va_maddr(data);
	mc->op = N(xen_version);
	check(hc_multicall(mc, 0x7fffffff) < 0);
	check(hc_grant_table_op(GNTTABOP_map_grant_ref, end - sizeof(struct gnttab_map_grant_ref),
				0x7fffffff) < 0);
	/* The top bit is the continuation's own, and stands for no work done here. */
	check(hc_mmu_update(&mu, 0x80000000, NULL, DOMID_SELF) <= 0);
	check(hc_mmuext_op(&ext, 0x80000000, NULL, DOMID_SELF) <= 0);
	/* A memory_op that claims to be a continuation beyond its own end. */
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, data);
	check(hc_memory_op(XENMEM_populate_physmap | 5 << 6, &r) <= 5);
	check(hc_memory_op(XENMEM_decrease_reservation | 0x3ffffff << 6, &r) >= 0);
}

static void still_alive(void)
{
	long port;
	u64 *page = page_alloc();

	trap_init();
	trap_reset();
	asm volatile (GUARDED("ud2") ::: "memory");
	expect_trap(UD, 0);
	must(page_ro(page));
	expect(pin(1, page), 0);
	expect(unpin(page), 0);
	expect(page_rw(page), 0);
	upcalls_on();
	port = evtchn_bind_ipi(0);
	check(port > 0);
	expect(evtchn_send(port), 0);
	expect(event_count[port], 1);
	upcalls_off();
}

void test_main(void)
{
	trap_reset();
	unknown_numbers();
	all_ones();
	expect_no_trap();
	counts();
	still_alive();
}

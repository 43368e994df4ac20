/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All hypercalls, by number: the one place that names them. A number without an
 * entry answers -ENOSYS: among them the old forms of sched_op, event_channel_op
 * and physdev_op (6, 16, 19), and what we do not offer: xsm_op, xenoprof_op,
 * hvm_op, kexec_op, tmem_op, argo_op, dm_op and hypfs_op.
 *
 * nargs is how many arguments the call takes: what multicall copies and what a
 * restarted call may change.
 */
#include "core/hypercall.h"

#define CALL(name, n) [__HYPERVISOR_##name] = { hc_##name, n }

const struct hypercall hypercall_table[NR_HYPERCALLS] = {
	CALL(set_trap_table, 1),
	CALL(mmu_update, 4),
	CALL(set_gdt, 2),
	CALL(stack_switch, 2),
	CALL(set_callbacks, 3),
	CALL(fpu_taskswitch, 1),
	CALL(platform_op, 1),
	CALL(set_debugreg, 2),
	CALL(get_debugreg, 1),
	CALL(update_descriptor, 2),
	CALL(memory_op, 2),
	CALL(multicall, 2),
	CALL(update_va_mapping, 3),
	CALL(set_timer_op, 1),
	CALL(xen_version, 2),
	CALL(console_io, 3),
	CALL(grant_table_op, 3),
	CALL(vm_assist, 2),
	CALL(update_va_mapping_otherdomain, 4),
	CALL(iret, 0),
	CALL(vcpu_op, 3),
	CALL(set_segment_base, 2),
	CALL(mmuext_op, 4),
	CALL(nmi_op, 2),
	CALL(sched_op, 2),
	CALL(callback_op, 2),
	CALL(event_channel_op, 2),
	CALL(physdev_op, 2),
	CALL(sysctl, 1),
	CALL(domctl, 1),
	CALL(xenpmu_op, 2),
	[__HYPERVISOR_arch_0] = { hc_mca, 1 },
};

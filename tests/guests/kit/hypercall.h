/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall.h: one inline function a hypercall, by a direct `syscall`.
 *
 * RAX is the number and the result; RDI, RSI, RDX, R10, R8 are the arguments; RCX and R11 are lost.
 * hc() takes raw numbers, so that a test can pass whatever it likes; the rest is typed.
 */
#ifndef KIT_HYPERCALL_H
#define KIT_HYPERCALL_H

#include "types.h"

static inline long hc(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	register u64 r10 asm ("r10") = d;
	register u64 r8 asm ("r8") = e;
	long rc = nr;

	asm volatile ("syscall"
		      : "+a" (rc), "+D" (a), "+S" (b), "+d" (c), "+r" (r10), "+r" (r8)
		      :: "rcx", "r11", "memory");
	return rc;
}

static inline long hc_set_trap_table(const struct trap_info *table)
{
	return hc(__HYPERVISOR_set_trap_table, (u64)table, 0, 0, 0, 0);
}

static inline long hc_mmu_update(const struct mmu_update *req, unsigned int count,
				 unsigned int *done, unsigned int dom)
{
	return hc(__HYPERVISOR_mmu_update, (u64)req, count, (u64)done, dom, 0);
}

static inline long hc_set_gdt(const unsigned long *frames, unsigned int entries)
{
	return hc(__HYPERVISOR_set_gdt, (u64)frames, entries, 0, 0, 0);
}

static inline long hc_stack_switch(unsigned long ss, unsigned long sp)
{
	return hc(__HYPERVISOR_stack_switch, ss, sp, 0, 0, 0);
}

static inline long hc_fpu_taskswitch(int set)
{
	return hc(__HYPERVISOR_fpu_taskswitch, set, 0, 0, 0, 0);
}

static inline long hc_set_debugreg(int reg, u64 value)
{
	return hc(__HYPERVISOR_set_debugreg, reg, value, 0, 0, 0);
}

static inline long hc_get_debugreg(int reg)
{
	return hc(__HYPERVISOR_get_debugreg, reg, 0, 0, 0, 0);
}

static inline long hc_update_descriptor(u64 maddr, u64 desc)
{
	return hc(__HYPERVISOR_update_descriptor, maddr, desc, 0, 0, 0);
}

static inline long hc_memory_op(unsigned int cmd, void *arg)
{
	return hc(__HYPERVISOR_memory_op, cmd, (u64)arg, 0, 0, 0);
}

static inline long hc_multicall(struct multicall_entry *calls, unsigned int count)
{
	return hc(__HYPERVISOR_multicall, (u64)calls, count, 0, 0, 0);
}

static inline long hc_update_va_mapping(u64 va, u64 pte, u64 flags)
{
	return hc(__HYPERVISOR_update_va_mapping, va, pte, flags, 0, 0);
}

static inline long hc_update_va_mapping_otherdomain(u64 va, u64 pte, u64 flags, domid_t dom)
{
	return hc(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, dom, 0);
}

static inline long hc_set_timer_op(u64 timeout)
{
	return hc(__HYPERVISOR_set_timer_op, timeout, 0, 0, 0, 0);
}

static inline long hc_xen_version(unsigned int cmd, void *arg)
{
	return hc(__HYPERVISOR_xen_version, cmd, (u64)arg, 0, 0, 0);
}

static inline long hc_console_io(unsigned int cmd, unsigned int count, const char *text)
{
	return hc(__HYPERVISOR_console_io, cmd, count, (u64)text, 0, 0);
}

static inline long hc_grant_table_op(unsigned int cmd, void *ops, unsigned int count)
{
	return hc(__HYPERVISOR_grant_table_op, cmd, (u64)ops, count, 0, 0);
}

static inline long hc_vm_assist(unsigned int cmd, unsigned int type)
{
	return hc(__HYPERVISOR_vm_assist, cmd, type, 0, 0, 0);
}

static inline long hc_vcpu_op(int cmd, unsigned int vcpu, void *arg)
{
	return hc(__HYPERVISOR_vcpu_op, cmd, vcpu, (u64)arg, 0, 0);
}

static inline long hc_set_segment_base(unsigned int which, u64 base)
{
	return hc(__HYPERVISOR_set_segment_base, which, base, 0, 0, 0);
}

static inline long hc_mmuext_op(const struct mmuext_op *ops, unsigned int count,
				unsigned int *done, unsigned int dom)
{
	return hc(__HYPERVISOR_mmuext_op, (u64)ops, count, (u64)done, dom, 0);
}

static inline long hc_sched_op(unsigned int cmd, void *arg)
{
	return hc(__HYPERVISOR_sched_op, cmd, (u64)arg, 0, 0, 0);
}

static inline long hc_callback_op(unsigned int cmd, void *arg)
{
	return hc(__HYPERVISOR_callback_op, cmd, (u64)arg, 0, 0, 0);
}

static inline long hc_event_channel_op(unsigned int cmd, void *arg)
{
	return hc(__HYPERVISOR_event_channel_op, cmd, (u64)arg, 0, 0, 0);
}

static inline long hc_physdev_op(unsigned int cmd, void *arg)
{
	return hc(__HYPERVISOR_physdev_op, cmd, (u64)arg, 0, 0, 0);
}

#endif

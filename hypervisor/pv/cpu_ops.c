/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small hypercalls that stand for single instructions: the kernel stack pointer
 * of the TSS, CR0.TS and the debug registers.
 *
 * Breakpoints may only lie in the guest's part of the address space, and the
 * general-detect bit stays off: so no debug exception can come out of the
 * hypervisor's own accesses that the guest could steer.
 */
#include "cpu/cpu.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "pv/debugreg.h"
#include "pv/pv.h"

/* Budget: 8 instructions. */
long hc_stack_switch(struct hc_args *a)
{
	struct pv_vcpu *pv = current->pv;

	pv->kernel_ss = (a->arg[0] & 0xffff) | 3;
	pv->kernel_sp = a->arg[1];
	return 0;
}

long hc_fpu_taskswitch(struct hc_args *a)
{
	struct pv_vcpu *pv = current->pv;

	pv->ctrl0_ts = a->arg[0] ? X86_CR0_TS : 0;
	write_cr0((read_cr0() & ~(u64)X86_CR0_TS) | pv->ctrl0_ts);
	return 0;
}

#define DR7_ENABLE_MASK 0xffu
#define DR6_FIXED 0xffff0ff0u
#define DR7_FIXED 0x400u
#define DR7_ZERO 0xdc00u	/* reserved bits; GD (bit 13) is refused */

static void load_dr7(u64 v) { __asm__ __volatile__("mov %0, %%dr7" :: "r"(v)); }

void pv_load_debugregs(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;

	__asm__ __volatile__("mov %0, %%dr0" :: "r"(pv->dr[0]));
	__asm__ __volatile__("mov %0, %%dr1" :: "r"(pv->dr[1]));
	__asm__ __volatile__("mov %0, %%dr2" :: "r"(pv->dr[2]));
	__asm__ __volatile__("mov %0, %%dr3" :: "r"(pv->dr[3]));
	load_dr7(pv->dr7 | DR7_FIXED);
}

void pv_unload_debugregs(void)
{
	load_dr7(DR7_FIXED);
}

/* An enabled I/O breakpoint (R/W field 2) needs CR4.DE. */
static bool has_io_breakpoint(u64 dr7)
{
	for (unsigned i = 0; i < 4; i++)
		if ((dr7 >> (i * 2) & 3) && (dr7 >> (16 + i * 4) & 3) == 2)
			return true;
	return false;
}

int pv_set_debugreg(struct vcpu *v, unsigned reg, u64 val)
{
	struct pv_vcpu *pv = v->pv;

	if (reg == 4 || reg == 5) {
		if (pv->cr4 & X86_CR4_DE)
			return -ENODEV;
		reg += 2;
	}
	switch (reg) {
	case 0 ... 3:
		if (!canonical_guest_address(val))
			return -EPERM;
		pv->dr[reg] = val;
		break;
	case 6:
		if (val >> 32)
			return -EINVAL;
		pv->dr6 = val & 0xe00f;
		return 0;
	case 7:
		if (val >> 32)
			return -EINVAL;
		val &= ~(u64)DR7_ZERO;
		if (val & 1u << 13)
			return -EPERM;
		if (has_io_breakpoint(val))
			return -EPERM;
		pv->dr7 = val | DR7_FIXED;
		break;
	default:
		return -ENODEV;
	}
	if (v == current) {
		if (pv->dr7 & DR7_ENABLE_MASK)
			pv_load_debugregs(v);
		else
			pv_unload_debugregs();
	}
	return 0;
}

int pv_get_debugreg(struct vcpu *v, unsigned reg, u64 *val)
{
	struct pv_vcpu *pv = v->pv;

	if (reg == 4 || reg == 5) {
		if (pv->cr4 & X86_CR4_DE)
			return -ENODEV;
		reg += 2;
	}
	if (reg < 4)
		*val = pv->dr[reg];
	else if (reg == 6)
		*val = pv->dr6 | DR6_FIXED;
	else if (reg == 7)
		*val = pv->dr7 | DR7_FIXED;
	else
		return -ENODEV;
	return 0;
}

long hc_set_debugreg(struct hc_args *a)
{
	return a->arg[0] > 7 ? -ENODEV : pv_set_debugreg(current, (unsigned)a->arg[0], a->arg[1]);
}

long hc_get_debugreg(struct hc_args *a)
{
	u64 val;
	int rc = a->arg[0] > 7 ? -ENODEV : pv_get_debugreg(current, (unsigned)a->arg[0], &val);

	return rc ? rc : (long)val;
}

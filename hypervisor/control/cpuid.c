/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PV guest gets from the emulated CPUID instruction: its domain's policy,
 * with the parts that depend on the vCPU's present state, and the hypervisor's
 * own leaves from 0x40000000 on. Reads only; no lock.
 */
#include "control/policy.h"
#include "cpu/features.h"
#include "krypton.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "pv/pv.h"
#include "time/time.h"
#include <xen/arch-x86/cpufeatureset.h>
#include <xen/arch-x86/cpuid.h>

#define CPUID1_ECX_OSXSAVE (1u << 27)
#define CPUID1_EDX_REPEATED 0x0183f3ffu

/* 0x40000003: how the guest's TSC relates to time. */
static void tsc_leaf(const struct domain *d, u32 sub, xen_cpuid_leaf_t *l)
{
	s8 shift;

	switch (sub) {
	case 0:
		l->a = (cpu_features.invariant_tsc ? 2 : 0) | (cpu_features.rdtscp ? 4 : 0);
		l->b = d->tsc_mode;
		l->c = tsc_khz;
		l->d = d->tsc_incarnation;
		break;
	case 1:
		time_get_scale(&l->c, &shift);
		l->d = (u32)(s32)shift;
		break;
	case 2:
		l->a = tsc_khz;
		break;
	}
}

static void hypervisor_leaf(const struct domain *d, u32 leaf, u32 sub, xen_cpuid_leaf_t *l)
{
	const struct cpu_policy *p = d->cpu_policy;
	const xen_cpuid_leaf_t *first = policy_find(p, XEN_CPUID_FIRST_LEAF, 0);
	u32 last = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES);

	/* The toolstack may lower the limit, not raise it. */
	if (first && first->a >= XEN_CPUID_LEAF(2) && first->a < last)
		last = first->a;
	if (leaf > last)
		return;
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		l->a = last;
		l->b = XEN_CPUID_SIGNATURE_EBX;
		l->c = XEN_CPUID_SIGNATURE_ECX;
		l->d = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		l->a = XEN_ABI_MAJOR << 16 | XEN_ABI_MINOR;
		break;
	case 2:
		l->a = 1;		/* pages of hypercall entry points */
		l->b = 0x40000000;	/* the MSR that fills one */
		l->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case 3:
		tsc_leaf(d, sub, l);
		break;
	case 5:
		if (sub == 0)
			l->b = cpu_features.paddr_bits & XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK;
		break;
	}
}

static void dynamic_leaf(struct vcpu *v, u32 leaf, u32 sub, xen_cpuid_leaf_t *l)
{
	const struct cpu_policy *p = v->domain->cpu_policy;

	switch (leaf) {
	case 1:
		l->b &= 0x00ffffff;
		/* Linux drops XSAVE unless it finds this set before it sets CR4.OSXSAVE: the bit is ours. */
		if (l->c & 1u << (XEN_X86_FEATURE_XSAVE % 32))
			l->c |= CPUID1_ECX_OSXSAVE;
		break;
	case 0x80000001:
		/* AMD repeats features of leaf 1 here. */
		if (cpu_features.amd)
			l->d |= policy_find(p, 1, 0)->d & CPUID1_EDX_REPEATED;
		break;
	case 0xd:
		/* EBX: the size for what is switched on now. */
		if (sub <= 1 && policy_has(v->domain, XEN_X86_FEATURE_XSAVE))
			l->b = sub == 0 || l->a & 2 ? policy_xstate_size(p, v->xcr0) : 0;
		break;
	}
}

void guest_cpuid(struct vcpu *v, u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	xen_cpuid_leaf_t l = { 0 };
	const struct cpu_policy *p = v->domain->cpu_policy;
	const xen_cpuid_leaf_t *found;

	if (leaf >> 8 == XEN_CPUID_FIRST_LEAF >> 8) {
		hypervisor_leaf(v->domain, leaf, sub, &l);
	} else {
		const xen_cpuid_leaf_t *first = policy_find(p, leaf & 0x80000000, 0);

		found = policy_find(p, leaf, sub);
		if (found && first && leaf <= first->a && leaf >> 28 != 4) {
			l = *found;
			dynamic_leaf(v, leaf, sub, &l);
		}
	}
	*a = l.a;
	*b = l.b;
	*c = l.c;
	*d = l.d;
}

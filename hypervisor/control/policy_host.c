/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's policy, read by CPUID at boot, and the two that PV guests are
 * measured by: the most that a toolstack may give (pv_max) and what it gives when
 * it says nothing (pv_default). Written once, on the boot CPU, before any domain.
 *
 * A feature that is not in pv_features does not exist for guests: what a later
 * processor brings stays hidden until somebody decides that it is safe.
 */
#include "control/policy.h"
#include "cpu/cpu.h"
#include "cpu/features.h"
#include <xen/arch-x86/cpufeatureset.h>

struct cpu_policy policy_host, policy_pv_max, policy_pv_default;

#define XCR0_AVX 4u
#define XCR0_AVX512 0xe0u
#define BIT(name) (1u << (XEN_X86_FEATURE_##name % 32))

/*
 * Those that the ABI's feature header marks as for all guests, without the ones
 * that need an MSR which we do not offer (speculation control, ARCH_CAPS, TSX).
 * So missing are, by word:
 *   0 VME PSE PGE PSE36 MTRR and performance monitoring: the hypervisor's
 *   1 MONITOR VMX SMX PCID X2APIC TSC_DEADLINE; OSXSAVE is worked out per call
 *   2 PAGE1GB    3 SVM EXTAPIC OSVW IBS SKINIT WDT LWP NODEID_MSR TOPOEXT
 *   4 XSAVES     5 TSC_ADJUST SMEP SMAP INVPCID HLE RTM MPX    6 UMIP PKU CET_SS
 */
static const u32 pv_features[POLICY_FEATURE_WORDS] __initconst = {
	0x1fc9cbf5, 0xf6d83203, 0xea500800, 0x042109e3, 0x00000007, 0xfdaf0329, 0x1a405f43,
	BIT(ITSC), 0x24000005, 0x0000441c, 0x00001c30, 0x60000064, 0, 0x00000020, 0, 0, 0, 0,
	0x00000006,
};

/*
 * In pv_max, but only for those who ask. FSGSBASE: with it Linux reads
 * KERNEL_GS_BASE, a trap, on every context switch; without it, it does not.
 */
static const u32 pv_opt_in[POLICY_FEATURE_WORDS] __initconst = {
	[5] = BIT(FSGSBASE), [6] = BIT(MOVDIRI) | BIT(MOVDIR64B), [7] = BIT(ITSC),
};

static void __init read_leaf(struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	xen_cpuid_leaf_t l = { .leaf = leaf, .subleaf = subleaf };

	cpuid_count(leaf, subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : subleaf, &l.a, &l.b, &l.c, &l.d);
	policy_set_leaf(p, &l);
}

static void __init read_basic(struct cpu_policy *p, u32 last)
{
	for (u32 leaf = 0; leaf <= last; leaf++) {
		u32 subs = leaf == 4 ? 6 : leaf == 7 ? 3 : leaf == 0xb ? 2 : leaf == 0xd ? 2 : 0;

		if (!subs)
			read_leaf(p, leaf, XEN_CPUID_NO_SUBLEAF);
		for (u32 sub = 0; sub < subs; sub++)
			read_leaf(p, leaf, sub);
	}
	for (u32 sub = 2; last >= 0xd && sub < 63; sub++)
		if (cpu_features.xcr0_mask >> sub & 1)
			read_leaf(p, 0xd, sub);
}

static void __init read_host(struct cpu_policy *p)
{
	u32 max_leaf, b, c, d;

	p->nr = 0;
	cpuid_count(0, 0, &max_leaf, &b, &c, &d);
	max_leaf = min(max_leaf, 0xdu);
	read_basic(p, max_leaf);
	p->leaf[0].a = max_leaf;
	if (max_leaf >= 7) {
		xen_cpuid_leaf_t *l = (xen_cpuid_leaf_t *)policy_find(p, 7, 0);

		l->a = min(l->a, 2u);		/* subleaves that the ABI knows */
	}
	policy_set_leaf(p, &(xen_cpuid_leaf_t){ .leaf = 0x40000000, .subleaf = XEN_CPUID_NO_SUBLEAF });
	policy_set_leaf(p, &(xen_cpuid_leaf_t){ .leaf = 0x40000100, .subleaf = XEN_CPUID_NO_SUBLEAF });
	cpuid_count(0x80000000, 0, &max_leaf, &b, &c, &d);
	max_leaf = max(max_leaf, 0x80000008u);	/* every 64-bit processor has these */
	max_leaf = min(max_leaf, 0x80000021u);
	for (u32 leaf = 0x80000000; leaf <= max_leaf; leaf++)
		read_leaf(p, leaf, XEN_CPUID_NO_SUBLEAF);
	((xen_cpuid_leaf_t *)policy_find(p, 0x80000000, 0))->a = max_leaf;
}

static void __init mask_leaf(struct cpu_policy *p, u32 leaf, u32 a, u32 b, u32 c, u32 d)
{
	for (unsigned i = 0; i < p->nr; i++) {
		xen_cpuid_leaf_t *l = &p->leaf[i];

		if (l->leaf != leaf)
			continue;
		l->a &= a;
		l->b &= b;
		l->c &= c;
		l->d &= d;
	}
}

/* What describes the machine and not the guest, apart from the features. */
static void __init hide_machine(struct cpu_policy *p)
{
	static const u32 hidden[] = {
		3, 5, 6, 8, 9, 0xa, 0xb, 0xc,	/* serial number, MONITOR, power, DCA, PMU, topology */
		0x80000009, 0x8000000a,		/* reserved, SVM */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++)
		mask_leaf(p, hidden[i], 0, 0, 0, 0);
	mask_leaf(p, 1, 0x0fff0fff, 0x00ffffff, ~0u, ~0u);	/* no processor type, APIC id 0 */
	mask_leaf(p, 0x80000007, 0, 0, 0, ~0u);			/* RAS */
	if (cpu_features.amd) {
		mask_leaf(p, 2, 0, 0, 0, 0);
		mask_leaf(p, 4, 0, 0, 0, 0);
		mask_leaf(p, 0x80000008, 0xffff, ~0u, 0x0003f0ff, 0);
		for (u32 leaf = 0x8000000b; leaf <= 0x80000018; leaf++)
			mask_leaf(p, leaf, 0, 0, 0, 0);
		for (u32 leaf = 0x8000001b; leaf <= 0x80000020; leaf++)
			mask_leaf(p, leaf, 0, 0, 0, 0);		/* IBS, LWP, caches by TOPOEXT, SEV, QoS */
		mask_leaf(p, 0x80000021, ~0u, 0, ~0u, 0);
	} else {
		mask_leaf(p, 0x80000008, 0xffff, ~0u, 0, 0);
		mask_leaf(p, 0x80000005, 0, 0, 0, 0);
	}
}

/* PV page tables have four levels, whatever the processor could do. */
static void __init limit_address_bits(struct cpu_policy *p)
{
	xen_cpuid_leaf_t *l = (xen_cpuid_leaf_t *)policy_find(p, 0x80000008, 0);

	if (l && (l->a >> 8 & 0xff) > 48)
		l->a = (l->a & ~0xff00u) | 48 << 8;
}

static void __init build_pv_max(void)
{
	policy_pv_max = policy_host;
	hide_machine(&policy_pv_max);
	limit_address_bits(&policy_pv_max);
	policy_mask_features(&policy_pv_max, pv_features);
	/* State that we do not switch must not be used. */
	if (!cpu_features.xsave)
		mask_leaf(&policy_pv_max, 1, ~0u, ~0u, ~BIT(XSAVE), ~0u);
	if (!(cpu_features.xcr0_mask & XCR0_AVX))
		mask_leaf(&policy_pv_max, 1, ~0u, ~0u, ~BIT(AVX), ~0u);
	if (!(cpu_features.xcr0_mask & XCR0_AVX512))
		mask_leaf(&policy_pv_max, 7, ~0u, ~BIT(AVX512F), ~0u, ~0u);
	/* Its own maximum: what is left to do is what follows from the missing features. */
	policy_clamp(&policy_pv_max, &policy_pv_max);
	((xen_cpuid_leaf_t *)policy_find(&policy_pv_max, 1, 0))->c |= BIT(HYPERVISOR);
	((xen_cpuid_leaf_t *)policy_find(&policy_pv_max, 0x80000001, 0))->d |=
		BIT(SYSCALL) | BIT(LM) | (cpu_features.nx ? BIT(NX) : 0);
	((xen_cpuid_leaf_t *)policy_find(&policy_pv_max, 0x40000000, 0))->a = 0x40000005;
	policy_pv_max.platform_info = 0;
	policy_pv_max.arch_caps = 0;
}

void __init policy_init(void)
{
	u32 keep[POLICY_FEATURE_WORDS];

	read_host(&policy_host);
	build_pv_max();
	policy_pv_default = policy_pv_max;
	for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++)
		keep[w] = ~pv_opt_in[w];
	policy_mask_features(&policy_pv_default, keep);
}

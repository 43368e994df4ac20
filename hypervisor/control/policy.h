/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID and MSR policy: host, the maximum and the default for PV guests, and
 * each domain's own. A policy is an array of leaves as XEN_DOMCTL_get_cpu_policy
 * gives them: the toolstack accepts no other leaf than those that policy_leaf_ok()
 * accepts, and at most POLICY_MAX_LEAVES.
 */
#ifndef CONTROL_POLICY_H
#define CONTROL_POLICY_H

#include "core/domain.h"

#define POLICY_MAX_LEAVES 120
#define POLICY_MSRS 2
#define POLICY_FEATURE_WORDS 19		/* of <xen/arch-x86/cpufeatureset.h> */

#define MSR_PLATFORM_INFO 0xceu
#define MSR_ARCH_CAPABILITIES 0x10au

struct cpu_policy {
	unsigned nr;
	xen_cpuid_leaf_t leaf[POLICY_MAX_LEAVES];
	u64 platform_info;		/* MSR 0xCE */
	u64 arch_caps;			/* MSR 0x10A */
};

extern struct cpu_policy policy_host, policy_pv_max, policy_pv_default;

void policy_init(void);
int policy_domain_init(struct domain *d);	/* a copy of pv_default; dom0: with the invariant TSC */
void policy_domain_free(struct domain *d);
const xen_cpuid_leaf_t *policy_find(const struct cpu_policy *p, u32 leaf, u32 subleaf);
bool policy_has(const struct domain *d, unsigned feature);	/* XEN_X86_FEATURE number: word*32+bit */

void policy_featureset(const struct cpu_policy *p, u32 fs[POLICY_FEATURE_WORDS]);
void policy_mask_features(struct cpu_policy *p, const u32 mask[POLICY_FEATURE_WORDS]);
bool policy_leaf_ok(u32 leaf, u32 subleaf);
/* Change or add a leaf; false when the array is full. */
bool policy_set_leaf(struct cpu_policy *p, const xen_cpuid_leaf_t *l);
/* Take away what max does not have, recompute what follows from the rest. */
void policy_clamp(struct cpu_policy *p, const struct cpu_policy *max);
/* 0, or -EINVAL with the leaf or MSR (else ~0) that goes beyond max. */
int policy_check(const struct cpu_policy *p, const struct cpu_policy *max, u32 *leaf, u32 *subleaf,
		 u32 *msr);
/* XSAVE area bytes, standard format, for these XCR0 bits. */
u32 policy_xstate_size(const struct cpu_policy *p, u64 xcr0);

/* Guest arrays, for sysctl and domctl: NULL handles ask for the number. 0, -EFAULT, -ENOBUFS. */
int policy_put_leaves(const struct cpu_policy *p, void __guest *leaves, u32 *nr);
int policy_put_msrs(const struct cpu_policy *p, void __guest *msrs, u32 *nr);

#endif

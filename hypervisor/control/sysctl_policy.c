/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID policies on their way to and from the toolstack: sysctl's featuresets and
 * system policies, and the arrays of both. A NULL array asks how large it can be;
 * the same answer for every policy, so that one buffer serves all.
 */
#include "control/control.h"
#include "control/policy.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"

int policy_put_leaves(const struct cpu_policy *p, void __guest *leaves, u32 *nr)
{
	u32 room = *nr;

	*nr = leaves ? p->nr : POLICY_MAX_LEAVES;
	if (!leaves)
		return 0;
	if (room < p->nr)
		return -ENOBUFS;
	return copy_to_guest(leaves, p->leaf, p->nr * sizeof(p->leaf[0]));
}

int policy_put_msrs(const struct cpu_policy *p, void __guest *msrs, u32 *nr)
{
	const xen_msr_entry_t out[POLICY_MSRS] = {
		{ .idx = MSR_PLATFORM_INFO, .val = p->platform_info },
		{ .idx = MSR_ARCH_CAPABILITIES, .val = p->arch_caps },
	};
	u32 room = *nr;

	*nr = POLICY_MSRS;
	if (!msrs)
		return 0;
	if (room < POLICY_MSRS)
		return -ENOBUFS;
	return copy_to_guest(msrs, out, sizeof(out));
}

/* CPUID can be neither masked nor made to fault for PV guests. */
int sysctl_levelling_caps(struct xen_sysctl *s)
{
	s->u.cpu_levelling_caps.caps = 0;
	return 0;
}

int sysctl_featureset(struct xen_sysctl *s)
{
	static const struct cpu_policy *const sets[] = {
		[XEN_SYSCTL_cpu_featureset_raw] = &policy_host,
		[XEN_SYSCTL_cpu_featureset_host] = &policy_host,
		[XEN_SYSCTL_cpu_featureset_pv] = &policy_pv_default,
		[XEN_SYSCTL_cpu_featureset_pv_max] = &policy_pv_max,
		[XEN_SYSCTL_cpu_featureset_hvm_max] = NULL,
	};
	struct xen_sysctl_cpu_featureset *op = &s->u.cpu_featureset;
	u32 fs[POLICY_FEATURE_WORDS], n = min(op->nr_features, (u32)POLICY_FEATURE_WORDS);

	if (!op->features.p) {
		op->nr_features = POLICY_FEATURE_WORDS;
		return 0;
	}
	if (op->index >= ARRAY_SIZE(sets))
		return -EINVAL;
	if (!sets[op->index])
		return -EOPNOTSUPP;
	policy_featureset(sets[op->index], fs);
	if (copy_to_guest(op->features.p, fs, n * sizeof(fs[0])))
		return -EFAULT;
	op->nr_features = n;
	return n < POLICY_FEATURE_WORDS ? -ENOBUFS : 0;
}

int sysctl_cpu_policy(struct xen_sysctl *s)
{
	static const struct cpu_policy *const policies[] = {
		[XEN_SYSCTL_cpu_policy_raw] = &policy_host,
		[XEN_SYSCTL_cpu_policy_host] = &policy_host,
		[XEN_SYSCTL_cpu_policy_pv_max] = &policy_pv_max,
		[XEN_SYSCTL_cpu_policy_pv_default] = &policy_pv_default,
		[XEN_SYSCTL_cpu_policy_hvm_default] = NULL,
	};
	struct xen_sysctl_cpu_policy *op = &s->u.cpu_policy;
	int rc;

	if (op->_rsvd || op->index >= ARRAY_SIZE(policies))
		return -EINVAL;
	if (!policies[op->index])
		return -EOPNOTSUPP;
	rc = policy_put_leaves(policies[op->index], op->leaves.p, &op->nr_leaves);
	return rc ? rc : policy_put_msrs(policies[op->index], op->msrs.p, &op->nr_msrs);
}

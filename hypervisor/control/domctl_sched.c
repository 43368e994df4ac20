/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domctl operations on scheduling: affinity to processors and nodes, and the
 * scheduler's own parameters. Under the domctl lock; sched/ locks what it changes.
 */
#include "control/control.h"
#include "control/domctl.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"
#include "sched/sched.h"

#define AFFINITY_KNOWN (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE)
#define AFFINITY_SETS (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)

int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	bool hard = a->flags & XEN_VCPUAFFINITY_HARD, soft = a->flags & XEN_VCPUAFFINITY_SOFT;
	cpumask_t h = 0, s = 0, online = READ_ONCE(cpu_online_map);
	int rc = 0;

	if (a->flags & ~AFFINITY_KNOWN || !(a->flags & AFFINITY_SETS) || a->vcpu >= d->max_vcpus)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	/* All is read and checked before anything is set: both or none. */
	if (hard)
		rc = bitmap_get_cpumask(&h, &a->cpumap_hard);
	if (!rc && soft)
		rc = bitmap_get_cpumask(&s, &a->cpumap_soft);
	if (rc)
		return rc;
	if ((hard && !(h & online)) || (soft && !s))
		return -EINVAL;
	if (a->flags & XEN_VCPUAFFINITY_FORCE)
		(void)vcpu_pin_override(v, -1);
	rc = vcpu_set_affinity(v, hard ? &h : NULL, soft ? &s : NULL);
	if (!rc && hard)
		rc = bitmap_put_cpumask(&a->cpumap_hard, v->hard_affinity & online);
	if (!rc && soft)
		rc = bitmap_put_cpumask(&a->cpumap_soft, v->soft_affinity & v->hard_affinity & online);
	return rc;
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	int rc = 0;

	if (!(a->flags & AFFINITY_SETS) || a->vcpu >= d->max_vcpus)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = bitmap_put_cpumask(&a->cpumap_hard, v->hard_affinity);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
		rc = bitmap_put_cpumask(&a->cpumap_soft, v->soft_affinity);
	return rc;
}

/* There is one node: every set that has it means the same. */
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	cpumask_t nodes;
	int rc = bitmap_get_cpumask(&nodes, &op->u.nodeaffinity.nodemap);

	if (rc)
		return rc;
	return nodes & 1 ? 0 : -EINVAL;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	return bitmap_put_cpumask(&op->u.nodeaffinity.nodemap, 1);
}

int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->sched_id != scheduler->id || s->cmd > XEN_DOMCTL_SCHEDOP_getvcpuinfo)
		return -EINVAL;
	return scheduler->adjust ? scheduler->adjust(d, s) : -EOPNOTSUPP;
}

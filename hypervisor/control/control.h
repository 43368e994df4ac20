/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of control/ share: bitmaps of the ABI, topology, a domain's description. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "core/domain.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* Bits beyond the guest's nr_bits are 0; beyond ours: ignored (in) or 0 (out). 0 or -EFAULT. */
int bitmap_get_cpumask(cpumask_t *mask, const struct xenctl_bitmap *b);
int bitmap_put_cpumask(const struct xenctl_bitmap *b, cpumask_t mask);

struct cpu_topology {
	u32 thread, core, socket;
	u32 threads_per_core, cores_per_socket;
};
void topology_of(unsigned cpu, struct cpu_topology *t);

/* control/domctl_domain.c */
void domain_describe(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* control/sysctl_cpu.c, sysctl_policy.c: sub-operations of sysctl by theme. */
int sysctl_physinfo(struct xen_sysctl *op);
int sysctl_getcpuinfo(struct xen_sysctl *op);
int sysctl_cputopoinfo(struct xen_sysctl *op);
int sysctl_numainfo(struct xen_sysctl *op);
int sysctl_pcitopoinfo(struct xen_sysctl *op);
int sysctl_cpupool(struct xen_sysctl *op);
int sysctl_levelling_caps(struct xen_sysctl *op);
int sysctl_featureset(struct xen_sysctl *op);
int sysctl_cpu_policy(struct xen_sysctl *op);

#endif

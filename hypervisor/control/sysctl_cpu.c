/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sysctl operations on processors, memory and devices: what `xl info`, the
 * placement of new domains and `xl cpupool-list` are made of. There is one NUMA
 * node and one pool of processors, Pool-0, which always has all of them.
 */
#include "control/control.h"
#include "control/policy.h"
#include "core/hypercall.h"
#include "cpu/uaccess.h"
#include "dev/pci.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/sched.h"
#include "time/time.h"
#include <xen/physdev.h>

#define LOCAL_DISTANCE 10u		/* ACPI's unit for a node's distance to itself */

int sysctl_physinfo(struct xen_sysctl *s)
{
	struct xen_sysctl_physinfo *p = &s->u.physinfo;
	u32 fs[POLICY_FEATURE_WORDS];
	struct cpu_topology t;

	topology_of(0, &t);
	policy_featureset(&policy_host, fs);
	memset(p, 0, sizeof(*p));
	p->threads_per_core = t.threads_per_core;
	p->cores_per_socket = t.cores_per_socket;
	p->nr_cpus = hweight64(READ_ONCE(cpu_online_map));
	p->max_cpu_id = nr_cpus - 1;
	p->nr_nodes = 1;
	p->max_node_id = 0;
	p->cpu_khz = tsc_khz;
	p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	p->total_pages = heap_total_pages();
	p->free_pages = heap_free_pages();
	p->outstanding_pages = heap_claimed_pages();
	p->max_mfn = max_page - 1;
	memcpy(p->hw_cap, fs, sizeof(p->hw_cap));
	return 0;
}

int sysctl_getcpuinfo(struct xen_sysctl *s)
{
	struct xen_sysctl_getcpuinfo *op = &s->u.getcpuinfo;
	u32 n = min(op->max_cpus, nr_cpus);

	for (u32 i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo info = {
			.idletime = cpu_online(i) ? sched_cpu_idle_time(i) : 0,
		};

		if (put_guest_index(op->info, i, &info))
			return -EFAULT;
	}
	op->nr_cpus = n;
	return 0;
}

int sysctl_cputopoinfo(struct xen_sysctl *s)
{
	struct xen_sysctl_cputopoinfo *op = &s->u.cputopoinfo;
	u32 n = op->cputopo.p ? min(op->num_cpus, nr_cpus) : 0;

	for (u32 i = 0; i < n; i++) {
		struct xen_sysctl_cputopo out = {
			XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID, XEN_INVALID_NODE_ID,
		};
		struct cpu_topology t;

		if (cpu_online(i)) {
			topology_of(i, &t);
			out = (struct xen_sysctl_cputopo){ t.core, t.socket, 0 };
		}
		if (put_guest_index(op->cputopo, i, &out))
			return -EFAULT;
	}
	op->num_cpus = nr_cpus;
	return 0;
}

int sysctl_numainfo(struct xen_sysctl *s)
{
	struct xen_sysctl_numainfo *op = &s->u.numainfo;
	struct xen_sysctl_meminfo mem = {
		.memsize = heap_total_pages() << PAGE_SHIFT, .memfree = heap_free_pages() << PAGE_SHIFT,
	};
	u32 distance = LOCAL_DISTANCE;

	if (op->num_nodes) {
		if (op->meminfo.p && put_guest(op->meminfo, &mem))
			return -EFAULT;
		if (op->distance.p && put_guest(op->distance, &distance))
			return -EFAULT;
	}
	op->num_nodes = 1;
	return 0;
}

/* The node of each device: 0 for those that dom0 reported, "no such device" for the others. */
int sysctl_pcitopoinfo(struct xen_sysctl *s)
{
	struct xen_sysctl_pcitopoinfo *op = &s->u.pcitopoinfo;
	u32 i = 0;

	if (!op->devs.p || !op->nodes.p)
		return -EINVAL;
	while (i < op->num_devs) {
		struct physdev_pci_device dev;
		u32 node;

		if (get_guest_index(&dev, op->devs, i))
			return -EFAULT;
		node = pci_device_known(dev.seg, dev.bus, dev.devfn) ? 0 : XEN_INVALID_DEV;
		if (put_guest_index(op->nodes, i, &node))
			return -EFAULT;
		/* The caller goes on after what was done. */
		if (!(++i & 31) && hypercall_preempt_check())
			break;
	}
	op->num_devs = i;
	return 0;
}

static u32 count_domains(void)
{
	u32 n = 0, id = 0;

	while (id < DOMID_FIRST_RESERVED) {
		struct domain *d = domain_get_from((domid_t)id);

		if (!d)
			break;
		id = d->domain_id + 1u;
		n++;
		domain_put(d);
	}
	return n;
}

static int cpupool_info(struct xen_sysctl_cpupool_op *op)
{
	/* Asks for the first pool with this id or a higher one. */
	if (op->cpupool_id != 0)
		return -ENOENT;
	op->sched_id = scheduler->id;
	op->n_dom = count_domains();
	return bitmap_put_cpumask(&op->cpumap, READ_ONCE(cpu_online_map));
}

static int cpupool_change_cpu(const struct xen_sysctl_cpupool_op *op)
{
	if (op->cpupool_id != 0)
		return -ENOENT;
	if (op->cpu != XEN_SYSCTL_CPUPOOL_PAR_ANY && !cpu_online(op->cpu))
		return -EINVAL;
	/* No processor is free to be added; taking one out would leave it without a pool. */
	return op->op == XEN_SYSCTL_CPUPOOL_OP_ADDCPU ? -ENODEV : -EBUSY;
}

static int cpupool_move(const struct xen_sysctl_cpupool_op *op)
{
	struct domain *d = op->domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)op->domid) : NULL;

	if (!d)
		return -EINVAL;
	domain_put(d);
	return op->cpupool_id == 0 ? 0 : -ENOENT;
}

int sysctl_cpupool(struct xen_sysctl *s)
{
	struct xen_sysctl_cpupool_op *op = &s->u.cpupool_op;

	switch (op->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return op->cpupool_id == 0 ? -EEXIST : -EOPNOTSUPP;
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		return op->cpupool_id == 0 ? -EBUSY : -ENOENT;
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return cpupool_info(op);
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return cpupool_change_cpu(op);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return cpupool_move(op);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return bitmap_put_cpumask(&op->cpumap, 0);
	}
	return -ENOSYS;
}

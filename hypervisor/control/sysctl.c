/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall sysctl: the tools' questions about the machine as a whole. One table,
 * one function per operation. The request is copied in once and back when it
 * worked (or came too short: -ENOBUFS tells how much there is). For privileged
 * domains only. No state and no lock of its own.
 */
#include "control/control.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "dev/console.h"
#include "dev/keys.h"
#include "mm/heap.h"
#include "sched/sched.h"

static int sysctl_readconsole(struct xen_sysctl *s)
{
	struct xen_sysctl_readconsole *op = &s->u.readconsole;
	u32 index = op->index, done = 0;
	bool incremental = op->incremental;
	char buf[256];

	while (done < op->count) {
		size_t n = console_ring_read(&index, buf, min(sizeof(buf), (size_t)(op->count - done)),
					     incremental);

		if (!n)
			break;
		if (copy_to_guest(op->buffer.p + done, buf, n))
			return -EFAULT;
		done += n;
		/* From here on where we are, and not from the oldest. */
		incremental = true;
		if (done >= console_ring_size())
			break;
	}
	if (op->clear)
		console_ring_clear();
	op->index = index;
	op->count = done;
	return 0;
}

static int sysctl_sched_id(struct xen_sysctl *s)
{
	s->u.sched_id.sched_id = scheduler->id;
	return 0;
}

static int sysctl_domaininfolist(struct xen_sysctl *s)
{
	struct xen_sysctl_getdomaininfolist *op = &s->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	u32 n = 0, id = op->first_domain;

	while (n < op->max_domains && id < DOMID_FIRST_RESERVED) {
		struct domain *d = domain_get_from((domid_t)id);

		if (!d)
			break;
		domain_describe(d, &info);
		id = d->domain_id + 1u;
		domain_put(d);
		if (put_guest_index(op->buffer, n, &info))
			return -EFAULT;
		n++;
	}
	op->num_domains = n;
	return 0;
}

static int sysctl_debug_keys(struct xen_sysctl *s)
{
	struct xen_sysctl_debug_keys *op = &s->u.debug_keys;
	u32 n = min(op->nr_keys, 64u);
	char key;

	for (u32 i = 0; i < n; i++) {
		if (copy_from_guest(&key, op->keys.p + i, 1))
			return -EFAULT;
		key_press(key);
	}
	return 0;
}

static int sysctl_availheap(struct xen_sysctl *s)
{
	struct xen_sysctl_availheap *op = &s->u.availheap;
	u64 pages, low = 0;

	if (op->node > 0)
		return -EINVAL;
	if (op->min_bitwidth)
		low = heap_free_pages_below(min(op->min_bitwidth, 64u));
	pages = heap_free_pages_below(min(op->max_bitwidth, 64u));
	op->avail_bytes = (pages - min(pages, low)) << PAGE_SHIFT;
	return 0;
}

static int sysctl_scheduler(struct xen_sysctl *s)
{
	struct xen_sysctl_scheduler_op *op = &s->u.scheduler_op;

	if (op->cpupool_id != 0)
		return -ESRCH;
	if (op->sched_id != scheduler->id ||
	    (op->cmd != XEN_SYSCTL_SCHEDOP_putinfo && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo))
		return -EINVAL;
	return scheduler->adjust_global ? scheduler->adjust_global(op) : -EOPNOTSUPP;
}

static int refuse_nosys(struct xen_sysctl *s) { return -ENOSYS; }
static int refuse_nodev(struct xen_sysctl *s) { return -ENODEV; }
static int refuse_notsupp(struct xen_sysctl *s) { return -EOPNOTSUPP; }

static int (*const rows[])(struct xen_sysctl *op) = {
	[XEN_SYSCTL_readconsole] = sysctl_readconsole,
	[XEN_SYSCTL_tbuf_op] = refuse_nosys,
	[XEN_SYSCTL_physinfo] = sysctl_physinfo,
	[XEN_SYSCTL_sched_id] = sysctl_sched_id,
	[XEN_SYSCTL_perfc_op] = refuse_nosys,
	[XEN_SYSCTL_getdomaininfolist] = sysctl_domaininfolist,
	[XEN_SYSCTL_debug_keys] = sysctl_debug_keys,
	[XEN_SYSCTL_getcpuinfo] = sysctl_getcpuinfo,
	[XEN_SYSCTL_availheap] = sysctl_availheap,
	[XEN_SYSCTL_get_pmstat] = refuse_nodev,
	[XEN_SYSCTL_cpu_hotplug] = refuse_notsupp,
	[XEN_SYSCTL_pm_op] = refuse_nodev,
	[XEN_SYSCTL_page_offline_op] = refuse_notsupp,
	[XEN_SYSCTL_lockprof_op] = refuse_nosys,
	[XEN_SYSCTL_cputopoinfo] = sysctl_cputopoinfo,
	[XEN_SYSCTL_numainfo] = sysctl_numainfo,
	[XEN_SYSCTL_cpupool_op] = sysctl_cpupool,
	[XEN_SYSCTL_scheduler_op] = sysctl_scheduler,
	[XEN_SYSCTL_coverage_op] = refuse_notsupp,
	[XEN_SYSCTL_psr_cmt_op] = refuse_nodev,
	[XEN_SYSCTL_pcitopoinfo] = sysctl_pcitopoinfo,
	[XEN_SYSCTL_psr_alloc] = refuse_nodev,
	[XEN_SYSCTL_get_cpu_levelling_caps] = sysctl_levelling_caps,
	[XEN_SYSCTL_get_cpu_featureset] = sysctl_featureset,
	[XEN_SYSCTL_livepatch_op] = refuse_nosys,
	[XEN_SYSCTL_get_cpu_policy] = sysctl_cpu_policy,
};

long hc_sysctl(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[0];
	struct xen_sysctl op;
	int rc;

	if (rights_control())
		return -EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd])
		return -ENOSYS;
	rc = rows[op.cmd](&op);
	if ((!rc || rc == -ENOBUFS) && copy_to_guest(arg, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}

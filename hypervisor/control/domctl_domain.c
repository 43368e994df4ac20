/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domctl operations on a domain as a whole: its making, its end, pauses, what
 * `xl list` shows, its memory limit and the making of its vCPUs.
 * All run under the domctl lock; next_domid belongs to this file.
 */
#include "control/control.h"
#include "control/domctl.h"
#include "core/rights.h"
#include "cpu/features.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/sched.h"

#define GRANT_VERSION_MAX 1
#define CDF_KNOWN (XEN_DOMCTL_CDF_MAX * 2 - 1)
#define CDF_HVM_ONLY (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_nested_virt)

static domid_t next_domid = 1;

/* A free id, going round: an id that has just gone is not used again at once. 0: none is free. */
static domid_t choose_domid(void)
{
	for (u32 tries = 0; tries < DOMID_FIRST_RESERVED; tries++) {
		domid_t id = next_domid;
		struct domain *d = domain_get(id);

		next_domid = id + 1u < DOMID_FIRST_RESERVED ? (domid_t)(id + 1) : 1;
		if (!d)
			return id;
		domain_put(d);
	}
	return 0;
}

static int check_config(const struct xen_domctl_createdomain *c)
{
	if (c->flags & ~CDF_KNOWN || c->iommu_opts || c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask ||
	    c->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX || c->vmtrace_size)
		return -EINVAL;
	if (c->flags & CDF_HVM_ONLY)
		return -EOPNOTSUPP;
	/* No IOMMU and no performance counters to give. */
	if (c->flags & (XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_vpmu))
		return -EINVAL;
	if (c->max_vcpus < 1 || c->max_vcpus > MAX_VCPUS || c->max_evtchn_port < 1)
		return -EINVAL;
	if (XEN_DOMCTL_GRANT_version(c->grant_opts) < 1 ||
	    XEN_DOMCTL_GRANT_version(c->grant_opts) > GRANT_VERSION_MAX)
		return -EINVAL;
	if (c->arch.emulation_flags & ~XEN_X86_EMU_PIT)
		return c->arch.emulation_flags & ~XEN_X86_EMU_ALL ? -EINVAL : -EOPNOTSUPP;
	return c->cpupool_id == 0 ? 0 : -ENOENT;
}

int domctl_createdomain(struct domain *unused, struct xen_domctl *op)
{
	domid_t id = op->domain;
	struct domain *d;
	int rc = check_config(&op->u.createdomain);

	if (rc)
		return rc;
	if (id == 0 || id >= DOMID_FIRST_RESERVED) {
		id = choose_domid();
		if (!id)
			return -ENOMEM;
	} else {
		d = domain_get(id);
		if (d) {
			domain_put(d);
			return -EEXIST;
		}
	}
	d = domain_create(id, &op->u.createdomain, false, &rc);
	if (!d)
		return rc ? rc : -ENOMEM;
	/* It starts when the toolstack has built it and says so. */
	if (!d->controller_pause_count)
		(void)domain_pause_by_controller(d);
	op->domain = id;
	return 0;
}

int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
	return d == current_domain() || d->is_hardware ? -EINVAL : domain_kill(d);
}

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
	return d == current_domain() ? -EINVAL : domain_pause_by_controller(d);
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
	/* Without vCPUs there is nothing that could start. */
	if (!domain_vcpu(d, 0))
		return -EINVAL;
	return domain_unpause_by_controller(d);
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
	if (d == current_domain())
		return -EINVAL;
	domain_resume(d);
	return 0;
}

static void describe_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags = XEN_DOMINF_blocked;		/* as long as no vCPU is found that is not */
	struct vcpu *v;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for_each_vcpu(d, v) {
		unsigned pf = READ_ONCE(v->pause_flags);

		info->cpu_time += vcpu_cpu_time(v);
		info->max_vcpu_id = v->id;
		if (pf & VPF_down)
			continue;
		if (!(pf & VPF_blocked))
			flags &= ~XEN_DOMINF_blocked;
		if (READ_ONCE(v->is_running))
			flags |= XEN_DOMINF_running;
		info->nr_online_vcpus++;
	}
	info->flags |= flags;
}

void domain_describe(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	const struct shared_info *shared = READ_ONCE(d->shared_info);

	memset(info, 0, sizeof(*info));
	info->domain = d->domain_id;
	describe_vcpus(d, info);
	if (d->is_dying == DOMDYING_dead)
		info->flags |= XEN_DOMINF_dying;
	if (READ_ONCE(d->is_shut_down))
		info->flags |= XEN_DOMINF_shutdown |
			(d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
	if (READ_ONCE(d->controller_pause_count) > 0)
		info->flags |= XEN_DOMINF_paused;
	if (d->debugger_attached)
		info->flags |= XEN_DOMINF_debugged;
	if (d->create_flags & XEN_DOMCTL_CDF_xs_domain)
		info->flags |= XEN_DOMINF_xs_domain;
	info->ssidref = d->ssidref;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->tot_pages = d->tot_pages;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->claimed_pages;
	info->shared_info_frame = shared ? mfn_x(virt_to_mfn(shared)) : ~0ull;
	info->gpaddr_bits = cpu_features.paddr_bits;
}

/* Of the domain with this id, or else of the next one: that is how the tools walk the list. */
int domctl_getdomaininfo(struct domain *unused, struct xen_domctl *op)
{
	struct domain *d;

	if (op->domain >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	d = domain_get_from(op->domain);
	if (!d)
		return -ESRCH;
	domain_describe(d, &op->u.getdomaininfo);
	op->domain = d->domain_id;
	domain_put(d);
	return 0;
}

/* A limit below what the domain has only stops it from growing. */
int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	u64 pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	spin_lock(&d->page_lock);
	d->max_pages = min(pages, 0xffffffffull);
	spin_unlock(&d->page_lock);
	return 0;
}

int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	u32 n = op->u.max_vcpus.max;

	if (d == current_domain() || n != d->max_vcpus || d->is_dying)
		return -EINVAL;
	for (u32 i = 0; i < n; i++)
		if (!domain_vcpu(d, i) && !vcpu_create(d, i))
			return -ENOMEM;
	return 0;
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domctl operations without a theme of their own: clocks, address size, the page
 * of hypercall stubs, what a frame is used as, and the CPU policy.
 * Under the domctl lock, which is what guards d->cpu_policy until the domain runs.
 */
#include "control/domctl.h"
#include "control/policy.h"
#include "core/hypercall.h"
#include "cpu/uaccess.h"
#include "evtchn/evtchn.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "time/time.h"

#define TSC_MODE_DEFAULT 0u
#define TSC_MODE_ALWAYS_EMULATE 1u
#define TSC_MODE_NEVER_EMULATE 2u
#define FRAMES_PER_CALL 1024u

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
	d->time_offset = op->u.settimeoffset.time_offset_seconds;
	time_update_wallclock(d);
	return 0;
}

int domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
	op->u.tsc_info = (struct xen_domctl_tsc_info){
		.tsc_mode = d->tsc_mode, .gtsc_khz = tsc_khz,
		.incarnation = d->tsc_incarnation, .elapsed_nsec = now_ns(),
	};
	return 0;
}

/* The guest reads the machine's TSC; a request to emulate it cannot be met. */
int domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (d == current_domain())
		return -EINVAL;
	if (t->tsc_mode == TSC_MODE_ALWAYS_EMULATE)
		return -EOPNOTSUPP;
	if (t->tsc_mode != TSC_MODE_DEFAULT && t->tsc_mode != TSC_MODE_NEVER_EMULATE)
		return -EINVAL;
	d->tsc_mode = t->tsc_mode;
	d->tsc_incarnation = t->incarnation;
	return 0;
}

int domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
	struct page *pg = mfn_get(_mfn(op->u.hypercall_init.gmfn), d);

	if (!pg)
		return -EACCES;
	if (!page_get_type_writable(pg)) {
		page_put(pg);
		return -EACCES;
	}
	pv_fill_hypercall_page(page_to_virt(pg));
	page_put_writable(pg);
	return 0;
}

/* PV guests of 64 bits, that is all there is. */
int domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	return op->u.address_size.size == 64 ? 0 : op->u.address_size.size == 32 ? -EOPNOTSUPP : -EINVAL;
}

int domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
	op->u.address_size.size = 64;
	return 0;
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return evtchn_set_virq_handler(d, op->u.set_virq_handler.virq);
}

int domctl_subscribe(struct domain *d, struct xen_domctl *op)
{
	d->suspend_port = op->u.subscribe.port;
	return 0;
}

/* Nothing has to be kept apart for a guest whose page tables are its own. */
int domctl_get_paging_mempool(struct domain *d, struct xen_domctl *op)
{
	op->u.paging_mempool.size = 0;
	return 0;
}

int domctl_set_paging_mempool(struct domain *d, struct xen_domctl *op)
{
	return op->u.paging_mempool.size ? -EOPNOTSUPP : 0;
}

static u64 frame_use(struct domain *d, u64 mfn)
{
	struct page *pg = mfn_get(_mfn(mfn), d);
	u64 type, use;

	if (!pg)
		return XEN_DOMCTL_PFINFO_XTAB;
	type = READ_ONCE(pg->type);
	switch (type & PGT_type_mask) {
	case PGT_l1_page_table:
		use = XEN_DOMCTL_PFINFO_L1TAB;
		break;
	case PGT_l2_page_table:
		use = XEN_DOMCTL_PFINFO_L2TAB;
		break;
	case PGT_l3_page_table:
		use = XEN_DOMCTL_PFINFO_L3TAB;
		break;
	case PGT_l4_page_table:
		use = XEN_DOMCTL_PFINFO_L4TAB;
		break;
	default:
		use = XEN_DOMCTL_PFINFO_NOTAB;
	}
	if (use != XEN_DOMCTL_PFINFO_NOTAB && type & PGT_pinned)
		use |= XEN_DOMCTL_PFINFO_LPINTAB;
	page_put(pg);
	return use;
}

/* Each frame number in the caller's array is replaced by what the frame is used as. */
int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getpageframeinfo3 *g = &op->u.getpageframeinfo3;

	if (g->num > FRAMES_PER_CALL)
		return -E2BIG;
	for (u64 i = 0; i < g->num; i++) {
		u64 mfn, use;

		if (get_guest_index(&mfn, g->array, i))
			return -EFAULT;
		use = frame_use(d, mfn);
		if (copy_to_guest(g->array.p + i, &use, sizeof(use)))
			return -EFAULT;
	}
	return 0;
}

int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;
	int rc = policy_put_leaves(d->cpu_policy, c->leaves.p, &c->nr_leaves);

	return rc ? rc : policy_put_msrs(d->cpu_policy, c->msrs.p, &c->nr_msrs);
}

static int read_leaves(struct cpu_policy *p, struct xen_domctl_cpu_policy *c)
{
	for (u32 i = 0; i < c->nr_leaves; i++) {
		xen_cpuid_leaf_t l;

		if (get_guest_index(&l, c->leaves, i))
			return -EFAULT;
		/* A full array means a leaf that is neither the machine's nor the toolstack's own. */
		if (!policy_leaf_ok(l.leaf, l.subleaf) || !policy_set_leaf(p, &l)) {
			c->err_leaf = l.leaf;
			c->err_subleaf = l.subleaf;
			return -ERANGE;
		}
	}
	return 0;
}

static int read_msrs(struct cpu_policy *p, struct xen_domctl_cpu_policy *c)
{
	for (u32 i = 0; i < c->nr_msrs; i++) {
		xen_msr_entry_t m;

		if (get_guest_index(&m, c->msrs, i))
			return -EFAULT;
		c->err_msr = m.idx;
		if (m.flags)
			return -EINVAL;
		if (m.idx == MSR_PLATFORM_INFO)
			p->platform_info = m.val;
		else if (m.idx == MSR_ARCH_CAPABILITIES)
			p->arch_caps = m.val;
		else
			return -ERANGE;
	}
	c->err_msr = ~0u;
	return 0;
}

/*
 * What the toolstack gives is laid over the domain's policy as it is, checked, and
 * cut down to the maximum: it may ask for a feature that the machine does not have
 * and gets what there is, as with the ABI's first speaker.
 */
int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;
	struct cpu_policy *p;
	int rc;

	if (d == current_domain())
		return -EINVAL;
	if (d->creation_finished)
		return -EEXIST;
	if (c->nr_leaves > POLICY_MAX_LEAVES || c->nr_msrs > POLICY_MSRS)
		return -E2BIG;
	p = knew(struct cpu_policy);
	if (!p)
		return -ENOMEM;
	*p = *(struct cpu_policy *)d->cpu_policy;
	c->err_leaf = c->err_subleaf = c->err_msr = ~0u;
	rc = read_leaves(p, c);
	if (!rc)
		rc = read_msrs(p, c);
	if (!rc)
		rc = policy_check(p, &policy_pv_max, &c->err_leaf, &c->err_subleaf, &c->err_msr);
	if (!rc) {
		policy_clamp(p, &policy_pv_max);
		*(struct cpu_policy *)d->cpu_policy = *p;
	}
	kfree(p);
	return rc;
}

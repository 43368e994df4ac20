/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_acquire_resource: pages of a domain that are neither its memory nor the
 * caller's, by index, for a toolstack to map. The one kind there is for PV
 * domains are the frames of the grant table. Owns nothing.
 */
#include "memory/memory.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "grant/grant.h"

static unsigned resource_frames(struct domain *d, const struct xen_mem_acquire_resource *r)
{
	if (r->type == XENMEM_resource_grant_table &&
	    r->id == XENMEM_resource_grant_table_id_shared)
		return grant_table_max_frames(d);
	return 0;
}

/* Frames start.. into the list: 0, -errno, or -ERESTART with *start where to go on. */
static int fill_frames(struct domain *d, const struct xen_mem_acquire_resource *r, u64 *start)
{
	u64 i = *start;
	int rc = 0;

	for (; i < r->nr_frames; i++) {
		xen_pfn_t frame;
		mfn_t mfn;

		if (i != *start && hypercall_preempt_check()) {
			rc = -ERESTART;
			break;
		}
		rc = grant_table_get_frame(d, (unsigned)(r->frame + i), &mfn);
		if (rc)
			break;
		frame = mfn_x(mfn);
		if (put_guest_index(r->frame_list, i, &frame)) {
			rc = -EFAULT;
			break;
		}
	}
	*start = i;
	return rc;
}

static int acquire(struct domain *d, struct xen_mem_acquire_resource *r, void __guest *arg,
		   u64 *start)
{
	unsigned frames = resource_frames(d, r);

	if (!frames)
		return -EINVAL;
	if (!r->frame_list.p) {
		if (r->nr_frames)
			return -EINVAL;
		r->nr_frames = frames;
		return copy_to_guest(arg, r, sizeof(*r));
	}
	if (r->frame > frames || r->nr_frames > frames - r->frame)
		return -EINVAL;
	return fill_frames(d, r, start);
}

long memory_resource(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[1];
	u64 start = MEMOP_START(a->arg[0]);
	struct xen_mem_acquire_resource r;
	struct domain *d;
	int rc;

	if (copy_from_guest(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.pad)
		return -EINVAL;
	/* By its real number only: a domain has no business with its own resources here. */
	d = domain_get(r.domid);
	if (!d)
		return -ESRCH;
	rc = d == current_domain() ? -EPERM : rights_target(d);
	if (!rc)
		rc = acquire(d, &r, arg, &start);
	domain_put(d);
	if (rc == -ERESTART)
		a->arg[0] = MEMOP_CONT(a->arg[0], start);
	return rc;
}

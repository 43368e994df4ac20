/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's grant table: birth, growth, questions about it, death.
 *
 * The shared frames are pages of ours that the guest may map and write. They are
 * given back when the domain dies; the active entries stay until its struct goes,
 * because others may still have its frames mapped and must be able to unmap them.
 *
 * Lock: gt->lock. Memory is allocated before it is taken.
 */
#include "grant/private.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"

#define DEFAULT_FRAMES 64
#define DEFAULT_MAPTRACK 1024

/* The next frame of the table; under its lock, or before anybody knows it. */
static void add_frame(struct domain *d, struct grant_table *gt, void *page, struct active *act)
{
	share_page_with_guest(page, d, true);
	gt->shared[gt->nr_frames] = page;
	gt->active[gt->nr_frames] = act;
	WRITE_ONCE(gt->nr_frames, gt->nr_frames + 1);
}

/* False if nothing was missing any more. */
static bool install_frame(struct domain *d, unsigned want, void *page, struct active *act)
{
	struct grant_table *gt = d->grant;
	bool used = false;

	spin_lock(&gt->lock);
	if (gt->nr_frames < want && !gt->dead) {
		add_frame(d, gt, page, act);
		used = true;
	}
	spin_unlock(&gt->lock);
	return used;
}

int grant_table_grow(struct domain *d, unsigned frames)
{
	struct grant_table *gt = d->grant;
	struct active *act;
	void *page;

	if (frames > gt->max_frames || gt->dead)
		return -EINVAL;
	while (READ_ONCE(gt->nr_frames) < frames) {
		page = alloc_page();
		act = knew_array(struct active, GRANTS_PER_FRAME);
		if (!page || !act || !install_frame(d, frames, page, act)) {
			bool failed = !page || !act;

			if (page)
				free_page(page);
			kfree(act);
			if (failed)
				return -ENOMEM;
			break;
		}
	}
	return gt->dead ? -EINVAL : 0;
}

/* A complete table with its first frame, or nothing: the domain can be found already. */
static int table_new(struct domain *d, unsigned max_frames, unsigned max_maptrack)
{
	struct grant_table *gt = knew(struct grant_table);
	struct active *act = knew_array(struct active, GRANTS_PER_FRAME);
	void *page = alloc_page();

	if (!gt || !act || !page)
		goto fail;
	spin_lock_init(&gt->lock, LOCK_GRANT);
	gt->max_frames = max_frames;
	gt->shared = knew_array(grant_entry_v1_t *, max_frames);
	gt->active = knew_array(struct active *, max_frames);
	if (!gt->shared || !gt->active || maptrack_init(gt, max_maptrack))
		goto fail;
	add_frame(d, gt, page, act);
	__atomic_store_n(&d->grant, gt, __ATOMIC_RELEASE);
	return 0;

fail:
	if (gt) {
		kfree(gt->shared);
		kfree(gt->active);
	}
	if (page)
		free_page(page);
	kfree(act);
	kfree(gt);
	return -ENOMEM;
}

int grant_table_init(struct domain *d, unsigned max_frames, unsigned max_maptrack, unsigned version)
{
	unsigned frames_limit = opts.gnttab_max_frames ? opts.gnttab_max_frames : DEFAULT_FRAMES;
	unsigned maptrack_limit = opts.gnttab_max_maptrack_frames ?
				  opts.gnttab_max_maptrack_frames : DEFAULT_MAPTRACK;

	/* Negative: what the administrator set for all. */
	if ((int)max_frames < 0)
		max_frames = frames_limit;
	if ((int)max_maptrack < 0)
		max_maptrack = maptrack_limit;
	if (version != 1 || !max_frames || max_frames > frames_limit ||
	    max_maptrack > maptrack_limit)
		return -EINVAL;
	return table_new(d, max_frames, max_maptrack);
}

void grant_table_destroy(struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned i;

	if (!gt)
		return;
	spin_lock(&gt->lock);
	gt->dead = true;
	spin_unlock(&gt->lock);
	/* Nobody looks at the frames of a dead table, nor adds any. */
	for (i = 0; gt->shared && i < gt->nr_frames; i++) {
		if (gt->shared[i])
			unshare_and_free_page(gt->shared[i]);
		gt->shared[i] = NULL;
	}
}

void grant_table_free(struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned i;

	if (!gt)
		return;
	d->grant = NULL;
	for (i = 0; i < gt->nr_frames; i++)
		kfree(gt->active[i]);
	if (gt->maptrack)
		maptrack_free(gt);
	kfree(gt->active);
	kfree(gt->shared);
	kfree(gt);
}

unsigned grant_table_max_frames(struct domain *d) { return d->grant ? d->grant->max_frames : 0; }

unsigned grant_table_nr_frames(struct domain *d)
{
	return d->grant ? READ_ONCE(d->grant->nr_frames) : 0;
}

int grant_table_get_frame(struct domain *d, unsigned idx, mfn_t *mfn)
{
	struct grant_table *gt = d->grant;
	int rc;

	if (!gt || idx >= gt->max_frames)
		return -EINVAL;
	rc = grant_table_grow(d, idx + 1);
	if (rc)
		return rc;
	spin_lock(&gt->lock);
	if (gt->dead)
		rc = -EINVAL;
	else
		*mfn = virt_to_mfn(gt->shared[idx]);
	spin_unlock(&gt->lock);
	return rc;
}

/* The domain that an operation names, if the caller may ask about it; status in *status. */
static struct domain *target(domid_t domid, s16 *status)
{
	struct domain *d = domain_get_any(domid);

	*status = GNTST_okay;
	if (!d || !d->grant)
		*status = GNTST_bad_domain;
	else if (rights_target(d))
		*status = GNTST_permission_denied;
	if (*status && d) {
		domain_put(d);
		d = NULL;
	}
	return d;
}

long grant_setup_table(void __guest *arg)
{
	struct gnttab_setup_table op;
	struct domain *d;
	unsigned i;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = target(op.dom, &op.status);
	if (d) {
		if (grant_table_grow(d, op.nr_frames))
			op.status = GNTST_general_error;
		for (i = 0; !op.status && i < op.nr_frames; i++) {
			xen_pfn_t frame;
			mfn_t mfn;

			if (grant_table_get_frame(d, i, &mfn)) {
				op.status = GNTST_general_error;
				break;
			}
			frame = mfn_x(mfn);
			if (put_guest_index(op.frame_list, i, &frame))
				op.status = GNTST_bad_virt_addr;
		}
		domain_put(d);
	}
	return copy_to_guest(arg, &op, sizeof(op));
}

long grant_query_size(void __guest *arg)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = target(op.dom, &op.status);
	if (d) {
		op.nr_frames = grant_table_nr_frames(d);
		op.max_nr_frames = grant_table_max_frames(d);
		domain_put(d);
	}
	return copy_to_guest(arg, &op, sizeof(op));
}

long grant_set_version(void __guest *arg)
{
	struct gnttab_set_version op;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.version == 2)
		return -ENOSYS;
	if (op.version != 1)
		return -EINVAL;
	return copy_to_guest(arg, &op, sizeof(op));
}

long grant_get_version(void __guest *arg)
{
	struct gnttab_get_version op;
	s16 status;
	struct domain *d;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = target(op.dom, &status);
	if (!d)
		return status == GNTST_permission_denied ? -EPERM : -ESRCH;
	domain_put(d);
	op.version = 1;
	return copy_to_guest(arg, &op, sizeof(op));
}

/* Version 1 has none. */
long grant_get_status_frames(void __guest *arg)
{
	struct gnttab_get_status_frames op;
	struct domain *d;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = target(op.dom, &op.status);
	if (d) {
		op.status = GNTST_general_error;
		domain_put(d);
	}
	return copy_to_guest(arg, &op, sizeof(op));
}

static int swap_refs(struct grant_table *gt, u32 a, u32 b)
{
	grant_entry_v1_t tmp;

	if (!grant_ref_ok(gt, a) || !grant_ref_ok(gt, b))
		return GNTST_bad_gntref;
	if (a == b)
		return GNTST_okay;
	if (active_pins(active_entry(gt, a)) || active_pins(active_entry(gt, b)))
		return GNTST_eagain;
	tmp = *shared_entry(gt, a);
	*shared_entry(gt, a) = *shared_entry(gt, b);
	*shared_entry(gt, b) = tmp;
	return GNTST_okay;
}

void grant_swap_batch(struct gnttab_swap_grant_ref *op, unsigned n)
{
	struct grant_table *gt = current_domain()->grant;
	unsigned i;

	for (i = 0; i < n; i++) {
		spin_lock(&gt->lock);
		op[i].status = (s16)swap_refs(gt, op[i].ref_a, op[i].ref_b);
		spin_unlock(&gt->lock);
	}
}

void grant_table_dump(struct domain *d)
{
	struct grant_table *gt = d->grant;
	u32 ref;

	if (!gt)
		return;
	printk(LOG_INFO, "d%u: %u of %u grant frames, %u handles in use\n", d->domain_id,
	       gt->nr_frames, gt->max_frames, gt->used_handles);
	for (ref = 0; ref < gt->nr_frames * GRANTS_PER_FRAME; ref++) {
		struct active *act = active_entry(gt, ref);

		if (active_pins(act))
			printk(LOG_INFO, "  [0x%03x] mfn %lx by d%u: host r%u w%u, device r%u w%u\n",
			       ref, mfn_x(act->mfn), act->domid, act->host_r, act->host_w,
			       act->dev_r, act->dev_w);
	}
}

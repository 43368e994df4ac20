/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_copy: the hypervisor copies between a granted frame and one of the
 * caller's own, or two granted ones. Network traffic lives on this.
 *
 * Each end is resolved to a frame with references, and kept for the following
 * operations of the same call: a packet is many copies from one page, or into
 * one. An end that is a grant is pinned for as long as it is kept, so the frame
 * in the active entry is the frame that we copy to, whatever the guest writes
 * into its table meanwhile. No lock is held while copying.
 */
#include "grant/private.h"
#include "lib/string.h"

static void end_release(struct copy_end *e)
{
	if (e->pg) {
		if (e->gref) {
			spin_lock(&e->d->grant->lock);
			grant_unpin(e->d->grant, (u32)e->id, PIN_HOST, !e->write);
			spin_unlock(&e->d->grant->lock);
		}
		grant_drop_refs(e->pg, PIN_HOST, !e->write);
		e->pg = NULL;
	}
	if (e->d) {
		domain_put(e->d);
		e->d = NULL;
	}
}

static int pin_end(struct copy_end *e)
{
	int rc;

	spin_lock(&e->d->grant->lock);
	rc = grant_pin(e->d, current_domain()->domain_id, (u32)e->id, PIN_HOST, !e->write, false,
		       &e->pg);
	spin_unlock(&e->d->grant->lock);
	if (rc)
		e->pg = NULL;
	return rc;
}

static int own_frame(struct copy_end *e)
{
	e->pg = mfn_get(_mfn(e->id), e->d);
	if (!e->pg)
		return GNTST_bad_page;
	if (!e->write || page_get_type_writable(e->pg))
		return GNTST_okay;
	page_put(e->pg);
	e->pg = NULL;
	return GNTST_general_error;
}

static int end_resolve(struct copy_end *e, const struct gnttab_copy_ptr *ptr, bool gref, bool write)
{
	int rc;

	end_release(e);
	/* By frame number only one's own. */
	if (!gref && ptr->domid != DOMID_SELF)
		return GNTST_permission_denied;
	e->d = domain_get_any(ptr->domid);
	if (!e->d)
		return GNTST_bad_domain;
	if (!e->d->grant || (gref && e->d->is_dying)) {
		end_release(e);
		return GNTST_bad_domain;
	}
	e->domid = ptr->domid;
	e->gref = gref;
	e->write = write;
	e->id = gref ? ptr->u.ref : ptr->u.gmfn;
	rc = gref ? pin_end(e) : own_frame(e);
	if (rc)
		end_release(e);
	else
		e->virt = page_to_virt(e->pg);
	return rc;
}

static inline bool end_is(const struct copy_end *e, const struct gnttab_copy_ptr *ptr, bool gref)
{
	return e->pg && e->domid == ptr->domid && e->gref == gref &&
	       e->id == (gref ? ptr->u.ref : ptr->u.gmfn);
}

/*
 * Hot. Budget besides the bytes: 40 instructions with both ends kept, 150 and 8
 * locked operations for each end that must be resolved and released.
 */
static int copy_one(struct copy_state *c, const struct gnttab_copy *op)
{
	bool sref = op->flags & GNTCOPY_source_gref, dref = op->flags & GNTCOPY_dest_gref;
	int rc;

	if (unlikely(op->source.offset + op->len > (int)PAGE_SIZE ||
		     op->dest.offset + op->len > (int)PAGE_SIZE))
		return GNTST_bad_copy_arg;
	if (!end_is(&c->src, &op->source, sref)) {
		rc = end_resolve(&c->src, &op->source, sref, false);
		if (rc)
			return rc;
	}
	if (!end_is(&c->dst, &op->dest, dref)) {
		rc = end_resolve(&c->dst, &op->dest, dref, true);
		if (rc)
			return rc;
	}
	/* Both may be one frame. */
	memmove(c->dst.virt + op->dest.offset, c->src.virt + op->source.offset, op->len);
	return GNTST_okay;
}

void grant_copy_batch(struct copy_state *c, struct gnttab_copy *op, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		op[i].status = (s16)copy_one(c, &op[i]);
}

void grant_copy_done(struct copy_state *c)
{
	end_release(&c->src);
	end_release(&c->dst);
}

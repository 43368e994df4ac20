/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grants.c: how the pages of a request get here and go away: persistent, mapped, or copied by Xen.
 *
 * Operations are gathered over all requests of a batch and issued by one hypercall of a kind:
 * bb_attach queues what a request needs, bb_flush_in issues; bb_detach and bb_flush_out likewise
 * when requests have ended. INVARIANTS:
 *  - A queued operation names a request that is in the batch, or among the finished that are not
 *    answered yet, so that its failure becomes the answer of that request and of no other.
 *  - The status of every operation is looked at. A page that Xen did not unmap is not used again.
 *  - Requests whose status is an error are neither submitted nor copied out.
 * LOCK: none; belongs to the ring's thread.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "internal.h"

static unsigned long page_va(struct page *page)
{
	return (unsigned long)page_address(page);
}

int bb_grants_init(struct bb_ring *ring)
{
	int err;

	ring->ops = kvzalloc(sizeof(*ring->ops), GFP_KERNEL);
	if (!ring->ops)
		return -ENOMEM;
	err = bb_pool_init(&ring->pool);
	if (!err && ring->vbd->persistent)
		err = bb_persistent_init(&ring->persistent);
	return err;
}

void bb_grants_exit(struct bb_ring *ring)
{
	bb_persistent_exit(&ring->persistent);
	bb_pool_exit(&ring->pool);
	kvfree(ring->ops);
	ring->ops = NULL;
}

/* ---- in */
static void flush_maps(struct bb_ring *ring)
{
	struct bb_ops *o = ring->ops;
	u32 i, n = o->nr_map;

	if (!n)
		return;
	o->nr_map = 0;
	ring->n.map_calls++;
	/* What it returns says less than the statuses, which start as "failed". */
	gnttab_map_refs(o->map, NULL, o->map_page, n);
	for (i = 0; i < n; i++) {
		struct bb_seg *seg = o->map_seg[i];
		struct page *page = o->map_page[i];

		if (unlikely(o->map[i].status != GNTST_okay)) {
			bb_pool_put_map(&ring->pool, page);
			o->map_io[i]->status = BB_RSP_ERROR;
			continue;
		}
		seg->page = page;
		seg->ref = o->map[i].handle;
		seg->how = BB_SEG_MAPPED;
		ring->n.maps++;
		if (ring->persistent.leaf &&
		    bb_persistent_add(&ring->persistent, seg->gref, page, seg->ref, &seg->ref))
			seg->how = BB_SEG_PERSISTENT;
		else
			o->map_io[i]->mapped = true;
	}
}

static void flush_copies(struct bb_ring *ring)
{
	struct bb_ops *o = ring->ops;
	u32 i, n = o->nr_copy;

	if (!n)
		return;
	o->nr_copy = 0;
	ring->n.copy_calls++;
	ring->n.copies += n;
	gnttab_batch_copy(o->copy, n);
	for (i = 0; i < n; i++)
		if (unlikely(o->copy[i].status != GNTST_okay))
			o->copy_io[i]->status = BB_RSP_ERROR;
}

static struct gnttab_copy *next_copy(struct bb_ring *ring, struct bb_io *io)
{
	struct bb_ops *o = ring->ops;
	struct gnttab_copy *c;

	if (o->nr_copy == BB_OPS)
		flush_copies(ring);
	c = &o->copy[o->nr_copy];
	o->copy_io[o->nr_copy++] = io;
	memset(c, 0, sizeof(*c));
	c->status = GNTST_general_error;
	return c;
}

/* TO is within one page of the kernel's own memory. */
static void copy_in(struct bb_ring *ring, struct bb_io *io, u32 gref, void *to, u32 offset, u32 len)
{
	struct gnttab_copy *c = next_copy(ring, io);

	c->source.u.ref = gref;
	c->source.domid = ring->vbd->dev->otherend_id;
	c->source.offset = offset;
	c->dest.u.gmfn = virt_to_gfn(to);
	c->dest.domid = DOMID_SELF;
	c->dest.offset = offset_in_page(to);
	c->len = len;
	c->flags = GNTCOPY_source_gref;
}

static void copy_out(struct bb_ring *ring, struct bb_io *io, const struct bb_seg *seg)
{
	struct gnttab_copy *c = next_copy(ring, io);

	c->source.u.gmfn = xen_page_to_gfn(seg->page);
	c->source.domid = DOMID_SELF;
	c->source.offset = seg->first << SECTOR_SHIFT;
	c->dest.u.ref = seg->gref;
	c->dest.domid = ring->vbd->dev->otherend_id;
	c->dest.offset = c->source.offset;
	c->len = (seg->last - seg->first + 1) << SECTOR_SHIFT;
	c->flags = GNTCOPY_dest_gref;
}

static int queue_map(struct bb_ring *ring, struct bb_io *io, struct bb_seg *seg)
{
	struct bb_ops *o = ring->ops;
	u32 flags = GNTMAP_host_map;
	struct page *page;

	if (o->nr_map == BB_OPS)
		flush_maps(ring);
	page = bb_pool_get_map(&ring->pool);
	if (!page)
		return -ENOMEM;
	if (!ring->persistent.leaf && io->kind != BB_READ)
		flags |= GNTMAP_readonly;
	gnttab_set_map_op(&o->map[o->nr_map], page_va(page), flags, seg->gref,
			  ring->vbd->dev->otherend_id);
	o->map_page[o->nr_map] = page;
	o->map_seg[o->nr_map] = seg;
	o->map_io[o->nr_map++] = io;
	return 0;
}

/*
 * The page of segments of an indirect request: found, mapped to stay where grants are persistent,
 * or else copied by Xen, which is less than a map and an unmap. bb_fetched has it after
 * bb_flush_in.
 */
int bb_fetch(struct bb_ring *ring, struct bb_io *io)
{
	struct bb_persistent *p = &ring->persistent;
	struct bb_seg *seg = &io->big->page;
	struct bb_pgrant *pg;

	seg->gref = io->gref;
	seg->how = BB_SEG_NONE;
	if (p->leaf) {
		pg = bb_persistent_find(p, io->gref);
		if (likely(pg)) {
			pg->users++;
			seg->page = pg->page;
			seg->ref = pg - p->pg;
			seg->how = BB_SEG_PERSISTENT;
			return 0;
		}
		if (p->nr < p->max)
			return queue_map(ring, io, seg);
		p->overflow = true;
	}
	copy_in(ring, io, io->gref, io->big->raw, 0, io->nr_segs * sizeof(u64));
	return 0;
}

static void detach_seg(struct bb_ring *ring, struct bb_seg *seg)
{
	struct bb_pgrant *pg;

	if (seg->how == BB_SEG_PERSISTENT) {
		pg = &ring->persistent.pg[seg->ref];
		pg->users--;
		pg->recent = true;
		pg->used = jiffies;
	} else if (seg->how == BB_SEG_MAPPED) {
		bb_unmap_later(ring, seg->page, seg->ref);
	}
}

/* The private copy of the segments is complete; the page is not needed any more. */
void bb_fetched(struct bb_ring *ring, struct bb_io *io)
{
	struct bb_seg *seg = &io->big->page;

	if (seg->how == BB_SEG_NONE)
		return;
	bb_segs_read(io->big->raw, page_address(seg->page), io->nr_segs);
	detach_seg(ring, seg);
}

static bool by_copy(const struct bb_io *io)
{
	return io->nr_sectors <= READ_ONCE(bb_copy_kib) * 2;
}

/* Gets or orders the pages of IO; what is ordered is there after bb_flush_in. */
int bb_attach(struct bb_ring *ring, struct bb_io *io)
{
	struct bb_persistent *p = &ring->persistent;
	bool copy = by_copy(io), full = !p->leaf || p->nr == p->max;
	u32 i;

	for (i = 0; i < io->nr_segs; i++) {
		struct bb_seg *seg = &io->seg[i];
		struct bb_pgrant *pg;

		if (p->leaf) {
			pg = bb_persistent_find(p, seg->gref);
			if (likely(pg)) {
				pg->users++;
				seg->page = pg->page;
				seg->ref = pg - p->pg;
				seg->how = BB_SEG_PERSISTENT;
				ring->n.pg_hit++;
				continue;
			}
			ring->n.pg_miss++;
			if (full)
				p->overflow = true;
		}
		if (copy && full) {
			seg->page = bb_pool_get_own(&ring->pool);
			if (!seg->page)
				return -ENOMEM;
			seg->how = BB_SEG_OWN;
			io->own = true;
			if (io->kind != BB_READ)
				copy_in(ring, io, seg->gref, page_address(seg->page) +
					(seg->first << SECTOR_SHIFT), seg->first << SECTOR_SHIFT,
					(seg->last - seg->first + 1) << SECTOR_SHIFT);
		} else if (queue_map(ring, io, seg)) {
			return -ENOMEM;
		}
	}
	return 0;
}

void bb_flush_in(struct bb_ring *ring)
{
	flush_maps(ring);
	flush_copies(ring);
}

/* ---- out */
/*
 * Is a page that would be unmapped still in use by somebody below us, although the request has
 * ended?
 */
bool bb_busy(const struct bb_io *io)
{
	u32 i;

	for (i = 0; io->mapped && i < io->nr_segs; i++)
		if (io->seg[i].how == BB_SEG_MAPPED && page_count(io->seg[i].page) > 1)
			return true;
	return false;
}

void bb_flush_unmaps(struct bb_ring *ring)
{
	struct bb_ops *o = ring->ops;
	u32 i, n = o->nr_unmap;

	if (!n)
		return;
	o->nr_unmap = 0;
	ring->n.unmap_calls++;
	ring->n.unmaps += n;
	gnttab_unmap_refs(o->unmap, NULL, o->unmap_page, n);
	for (i = 0; i < n; i++) {
		if (likely(o->unmap[i].status == GNTST_okay)) {
			bb_pool_put_map(&ring->pool, o->unmap_page[i]);
			continue;
		}
		ring->n.leaked++;
		pr_warn_once("xen-blkback: a page was not unmapped (%d) and is given up\n",
			     o->unmap[i].status);
	}
}

void bb_unmap_later(struct bb_ring *ring, struct page *page, grant_handle_t handle)
{
	struct bb_ops *o = ring->ops;

	if (o->nr_unmap == BB_OPS)
		bb_flush_unmaps(ring);
	gnttab_set_unmap_op(&o->unmap[o->nr_unmap], page_va(page), GNTMAP_host_map, handle);
	o->unmap[o->nr_unmap].status = GNTST_general_error;
	o->unmap_page[o->nr_unmap++] = page;
}

/* IO has ended: its pages go, after what was read is copied out of those that are ours. */
void bb_detach(struct bb_ring *ring, struct bb_io *io)
{
	u32 i;

	for (i = 0; i < io->nr_segs; i++) {
		struct bb_seg *seg = &io->seg[i];

		if (seg->how != BB_SEG_OWN)
			detach_seg(ring, seg);
		else if (io->kind == BB_READ && io->status == BB_RSP_OKAY)
			copy_out(ring, io, seg);
	}
}

/* After bb_flush_out: the pages of ours that IO had. */
void bb_put_own(struct bb_ring *ring, struct bb_io *io)
{
	u32 i;

	for (i = 0; i < io->nr_segs; i++)
		if (io->seg[i].how == BB_SEG_OWN)
			bb_pool_put_own(&ring->pool, io->seg[i].page);
	io->own = false;
}

void bb_flush_out(struct bb_ring *ring)
{
	flush_copies(ring);
	bb_flush_unmaps(ring);
}

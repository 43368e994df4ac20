/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request.c: from a request of the block layer to an entry of the ring.
 *
 * With bounce (pages that stay granted) the bytes of a request lie packed in as few pages as they
 * need, whatever the memory looks like that they came from, and the entry is nearly constant.
 * Without, the peer is shown the request's own pages, each granted for as long as the request
 * lasts.
 *
 * Invariants: see blkfront.h; data is copied outside of the lock, and a slot is not touched here
 * any more once it is pending.
 * Lock: the queue's lock.
 */
#include <linux/highmem.h>
#include <xen/page.h>
#include "blkfront.h"
#include "copy.h"
#include "trace.h"

static struct bf_slot *slot_of(const struct bf_hctx *h, const struct request *rq)
{
	return &h->slots[rq->tag];
}

static struct bf_wire_req *next_entry(struct bf_queue *q)
{
	return &q->ring->entry[q->prod & q->mask].req;
}

/* The entry is written: from here on it may be answered. */
static void commit_entry(struct bf_queue *q, struct bf_slot *slot, struct request *rq, u8 op,
			 bool last)
{
	slot->rq = rq;
	slot->op = op;
	/* Last: who sees it pending sees all of the slot (pairs with the acquire of a response). */
	smp_store_release(&slot->pending, true);
	q->prod++;
	if (last)
		bf_publish(q);
}

/* ---- reads and writes */

/* Where the descriptors of an entry go: into itself, or into pages of an indirect one. */
struct seg_writer {
	u64 *at;
	const struct bf_grant *ind;
	u32 room;
};

static void seg_write(struct seg_writer *w, u64 seg)
{
	if (unlikely(!w->room)) {
		w->ind = w->ind->next;
		w->at = w->ind->va;
		w->room = BF_SEGS_PER_PAGE;
	}
	xb_write_once(*w->at, seg);
	w->at++;
	w->room--;
}

static void write_packed(struct seg_writer *w, const struct bf_chain *data, u32 bytes)
{
	const struct bf_grant *g;

	for (g = data->head; g->next; g = g->next)
		seg_write(w, bf_wire_seg(g->ref, 0, 7));
	seg_write(w, bf_wire_seg(g->ref, 0, bf_last_sect(bytes)));
}

static void write_granted(struct bf_queue *q, struct seg_writer *w, struct request *rq,
			  const struct bf_chain *data, bool readonly)
{
	const struct bf_grant *g = data->head;
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		gnttab_grant_foreign_access_ref(g->ref, q->dev->xb->otherend_id,
						xen_page_to_gfn(bv.bv_page), readonly);
		seg_write(w, bf_wire_seg(g->ref, bv.bv_offset >> 9,
					 (bv.bv_offset + bv.bv_len - 1) >> 9));
		g = g->next;
	}
	q->submit.grants += data->nr;
}

static void write_entry(struct bf_hctx *h, struct bf_slot *slot, struct request *rq, u8 op)
{
	struct bf_queue *q = h->queue;
	struct bf_dev *dev = q->dev;
	struct bf_wire_req *req = next_entry(q);
	u64 id = bf_id(h->index, rq->tag);
	u64 sector = blk_rq_pos(rq);
	struct seg_writer w = { .at = req->u.seg, .room = BF_DIRECT_SEGS };
	const struct bf_grant *g;
	u32 i = 0;

	trace_bf_request(q, id, op, sector, slot->data.nr);
	if (slot->ind.nr) {
		bf_wire_indirect(req, op, slot->data.nr, dev->handle, id, sector);
		for (g = slot->ind.head; g; g = g->next)
			xb_write_once(req->u.ind.gref[i++], g->ref);
		w.ind = slot->ind.head;
		w.at = w.ind->va;
		w.room = BF_SEGS_PER_PAGE;
		q->submit.indirect++;
	} else {
		bf_wire_rw(req, op, slot->data.nr, dev->handle, id, sector);
	}
	if (dev->limits.bounce)
		write_packed(&w, &slot->data, blk_rq_bytes(rq));
	else
		write_granted(q, &w, rq, &slot->data, op != BF_OP_READ);
}

static u32 segs_needed(const struct bf_dev *dev, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;
	u32 n = 0;

	if (dev->limits.bounce)
		return bf_segs_of(blk_rq_bytes(rq));
	rq_for_each_segment(bv, rq, iter)
		n++;
	return n;
}

/* Grants and room for a request; with RESOURCE it comes again when another one has ended. */
static blk_status_t take(struct bf_queue *q, struct bf_slot *slot, u32 segs)
{
	struct bf_dev *dev = q->dev;
	u32 ind = bf_ind_pages(segs);

	if (unlikely(q->state == BF_Q_DEAD))
		return BLK_STS_IOERR;
	if (unlikely(q->state != BF_Q_UP || bf_in_flight(q) >= q->size))
		goto stall;
	slot->ind = (struct bf_chain){};
	if (!bf_pool_take(dev, dev->limits.bounce ? &q->pool : &q->refs, segs, &slot->data))
		goto stall;
	if (likely(!ind))
		return BLK_STS_OK;
	if (bf_pool_take(dev, &q->pool, ind, &slot->ind))
		return BLK_STS_OK;
	bf_pool_give(dev->limits.bounce ? &q->pool : &q->refs, &slot->data);
stall:
	q->submit.stalls++;
	q->waiting = true;
	bf_publish(q);
	return BLK_STS_RESOURCE;
}

static void give_back(struct bf_queue *q, struct bf_slot *slot)
{
	bf_pool_give(q->dev->limits.bounce ? &q->pool : &q->refs, &slot->data);
	bf_pool_give(&q->pool, &slot->ind);
}

/*
 * A new peer takes smaller requests than this one was made for: its bios go back to the block
 * layer, which splits them. What belongs to a flush can not be taken apart.
 */
static blk_status_t split_again(struct bf_dev *dev, struct request *rq)
{
	struct bio_list bios = BIO_EMPTY_LIST;

	if (rq->rq_flags & RQF_FLUSH_SEQ)
		return BLK_STS_IOERR;
	blk_steal_bios(&bios, rq);
	spin_lock_bh(&dev->resubmit_lock);
	bio_list_merge(&dev->resubmit, &bios);
	spin_unlock_bh(&dev->resubmit_lock);
	queue_work(bf_wq, &dev->resubmit_work);
	blk_mq_end_request(rq, BLK_STS_OK);
	return BLK_STS_OK;
}

static blk_status_t submit_rw(struct bf_hctx *h, struct request *rq, bool write, bool last)
{
	struct bf_queue *q = h->queue;
	struct bf_dev *dev = q->dev;
	struct bf_slot *slot = slot_of(h, rq);
	u32 segs = segs_needed(dev, rq);
	u8 op = BF_OP_READ;
	blk_status_t sts;

	if (unlikely(segs > dev->limits.segs))
		return split_again(dev, rq);
	if (write)
		op = rq->cmd_flags & REQ_FUA && dev->limits.barrier ? BF_OP_BARRIER : BF_OP_WRITE;
	spin_lock_bh(&q->lock);
	sts = take(q, slot, segs);
	if (unlikely(sts))
		goto out;
	if (write && dev->limits.bounce) {
		spin_unlock_bh(&q->lock);
		bf_copy_request(rq, &slot->data, false);
		spin_lock_bh(&q->lock);
		if (unlikely(q->state != BF_Q_UP || bf_in_flight(q) >= q->size)) {
			give_back(q, slot);
			q->waiting = true;
			sts = q->state == BF_Q_DEAD ? BLK_STS_IOERR : BLK_STS_RESOURCE;
			goto out;
		}
		q->submit.copied += blk_rq_bytes(rq);
	}
	if (write) {
		q->submit.writes++;
		q->submit.sectors_written += blk_rq_sectors(rq);
	} else {
		q->submit.reads++;
		q->submit.sectors_read += blk_rq_sectors(rq);
	}
	write_entry(h, slot, rq, op);
	commit_entry(q, slot, rq, op, last);
out:
	spin_unlock_bh(&q->lock);
	return sts;
}

/* ---- without data */

static blk_status_t submit_other(struct bf_hctx *h, struct request *rq, u8 op, u8 flag, bool last)
{
	struct bf_queue *q = h->queue;
	struct bf_slot *slot = slot_of(h, rq);
	u64 id = bf_id(h->index, rq->tag);
	blk_status_t sts;

	spin_lock_bh(&q->lock);
	sts = BLK_STS_IOERR;
	if (unlikely(q->state == BF_Q_DEAD))
		goto out;
	sts = BLK_STS_RESOURCE;
	if (unlikely(q->state != BF_Q_UP || bf_in_flight(q) >= q->size)) {
		q->submit.stalls++;
		q->waiting = true;
		bf_publish(q);
		goto out;
	}
	sts = BLK_STS_OK;
	slot->data = (struct bf_chain){};
	slot->ind = (struct bf_chain){};
	trace_bf_request(q, id, op, op == BF_OP_FLUSH ? 0 : blk_rq_pos(rq), 0);
	if (op == BF_OP_FLUSH || op == BF_OP_BARRIER) {
		bf_wire_rw(next_entry(q), op, 0, q->dev->handle, id, 0);
		q->submit.flushes++;
	} else {
		bf_wire_range(next_entry(q), op, flag, q->dev->handle, id, blk_rq_pos(rq),
			      blk_rq_sectors(rq));
		q->submit.discards += op == BF_OP_DISCARD;
		q->submit.zeroes += op == BF_OP_ZEROES;
	}
	commit_entry(q, slot, rq, op, last);
out:
	spin_unlock_bh(&q->lock);
	return sts;
}

static blk_status_t submit_flush(struct bf_hctx *h, struct request *rq, bool last)
{
	struct bf_limits *l = &h->queue->dev->limits;

	/* The peer took flushes back: it writes through. */
	if (!l->flush) {
		blk_mq_end_request(rq, BLK_STS_OK);
		return BLK_STS_OK;
	}
	return submit_other(h, rq, l->barrier ? BF_OP_BARRIER : BF_OP_FLUSH, 0, last);
}

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct bf_hctx *h = hctx->driver_data;
	struct request *rq = bd->rq;

	blk_mq_start_request(rq);
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return submit_rw(h, rq, false, bd->last);
	case REQ_OP_WRITE:
		return submit_rw(h, rq, true, bd->last);
	case REQ_OP_FLUSH:
		return submit_flush(h, rq, bd->last);
	case REQ_OP_DISCARD:
		return submit_other(h, rq, BF_OP_DISCARD, 0, bd->last);
	case REQ_OP_SECURE_ERASE:
		return submit_other(h, rq, BF_OP_DISCARD, BF_DISCARD_SECURE, bd->last);
	case REQ_OP_WRITE_ZEROES:
		return submit_other(h, rq, BF_OP_ZEROES,
				    rq->cmd_flags & REQ_NOUNMAP ? 0 : BF_ZEROES_UNMAP, bd->last);
	default:
		return BLK_STS_NOTSUPP;
	}
}

static void commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct bf_hctx *h = hctx->driver_data;
	struct bf_queue *q = h->queue;

	spin_lock_bh(&q->lock);
	if (q->state == BF_Q_UP)
		bf_publish(q);
	spin_unlock_bh(&q->lock);
}

static int poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *batch)
{
	struct bf_hctx *h = hctx->driver_data;
	struct bf_queue *q = h->queue;
	u32 nr = bf_reap(q, batch);

	if (nr)
		q->done.polls++;
	return nr;
}

static int init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	struct bf_dev *dev = data;

	hctx->driver_data = &dev->hctx[index];
	return 0;
}

static void map_queues(struct blk_mq_tag_set *set)
{
	bf_map_queues(set->driver_data);
}

const struct blk_mq_ops bf_mq_ops = {
	.queue_rq = queue_rq,
	.commit_rqs = commit_rqs,
	.poll = poll,
	.init_hctx = init_hctx,
	.map_queues = map_queues,
};

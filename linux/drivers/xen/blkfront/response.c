/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * response.c: from what the peer wrote to the end of a request.
 *
 * A response is copied once and compared with what was asked (wire.h). One that does not fit makes
 * the whole device a broken one: the peer lies, and nothing that it says is worth anything.
 *
 * Invariants: a slot is taken back once, under reap; requests are ended with no lock held; with a
 * request's own pages granted, it does not end well before the peer has let go of all of them.
 * Lock: the queue's reap, and inside it the queue's lock for the pools.
 */
#include <linux/highmem.h>
#include "blkfront.h"
#include "copy.h"
#include "compat.h"
#include "trace.h"

#define AT_ONCE		32	/* responses between two looks at the world */
#define ROUNDS		4	/* ... and so often before others get the processor */

struct result {
	struct request *rq;
	blk_status_t sts;
	bool again;			/* not ended: to be sent once more, in another way */
};

struct harvest {
	struct result result[AT_ONCE];
	u32 nr;
	struct bf_chain pages, refs;	/* to be given back */
};

/* Ends the peer's access to a request's own pages; false: it has not let go of all of them. */
static bool end_access(struct bf_chain *data)
{
	struct bf_grant *g;
	bool all = true;

	for (g = data->head; g; g = g->next) {
		if (gnttab_end_foreign_access_ref(g->ref))
			continue;
		/* The kernel watches over it from now on, and keeps the page until then. */
		gnttab_end_foreign_access(g->ref, NULL);
		g->ref = 0;
		all = false;
	}
	return all;
}

/* ---- what a status means */

static void refused(struct bf_dev *dev, struct bf_slot *slot, struct result *r)
{
	struct request_queue *rq = dev->gd->queue;

	switch (slot->op) {
	case BF_OP_FLUSH:
	case BF_OP_BARRIER:
		dev_warn_ratelimited(dev->xb->dev, "the backend takes no flushes: not used any more\n");
		dev->limits.flush = false;
		dev->limits.barrier = false;
		bf_disable_flush(rq);
		r->sts = BLK_STS_OK;
		r->again = slot->data.nr;
		break;
	case BF_OP_DISCARD:
		dev_warn_ratelimited(dev->xb->dev, "the backend takes no discards: not used any more\n");
		bf_disable_discard(rq);
		r->sts = BLK_STS_NOTSUPP;
		break;
	case BF_OP_ZEROES:
		bf_disable_zeroes(rq);
		r->sts = BLK_STS_NOTSUPP;
		break;
	default:
		r->sts = BLK_STS_IOERR;
	}
}

static void judge(struct bf_dev *dev, struct bf_slot *slot, int status, struct result *r)
{
	r->again = false;
	if (status == BF_RSP_OKAY)
		r->sts = BLK_STS_OK;
	else if (status == BF_RSP_NOTSUPP)
		refused(dev, slot, r);
	else if (slot->op == BF_OP_BARRIER && !slot->data.nr)
		refused(dev, slot, r);	/* old peers say that they can, and fail at it */
	else
		r->sts = BLK_STS_IOERR;
}

/* ---- taking responses */

static struct bf_slot *slot_by_id(struct bf_queue *q, u64 id)
{
	struct bf_dev *dev = q->dev;
	struct bf_hctx *h;

	if (!bf_id_valid(id, dev->nr_hctx, dev->depth))
		return NULL;
	h = &dev->hctx[id >> 16];
	return h->queue == q ? &h->slots[id & 0xffff] : NULL;
}

static const char *verdict_text(enum bf_verdict v)
{
	switch (v) {
	case BF_NOT_PENDING:
		return "answers a request that is not waiting";
	case BF_WRONG_OP:
		return "answers with another operation";
	case BF_WRONG_STATUS:
		return "answers with an unknown status";
	default:
		return "answers well";
	}
}

/* One response; false: it was a lie. */
static bool take_one(struct bf_queue *q, const struct bf_wire_rsp *shared, struct harvest *h)
{
	struct bf_rsp rsp = bf_wire_take(shared);
	struct bf_slot *slot = slot_by_id(q, rsp.id);
	struct result *r = &h->result[h->nr];
	struct bf_dev *dev = q->dev;
	enum bf_verdict v;
	bool well = true;

	if (unlikely(!slot)) {
		bf_queue_fault(q, "the response has an unknown id %llx", rsp.id);
		return false;
	}
	/* Pairs with the release in request.c: all of the slot is there when it is pending. */
	v = bf_rsp_check(&rsp, smp_load_acquire(&slot->pending), slot->op);
	if (unlikely(v != BF_GOOD)) {
		bf_queue_fault(q, "it %s: id %llx, operation %u, status %d", verdict_text(v),
			       rsp.id, rsp.op, rsp.status);
		return false;
	}
	slot->pending = false;
	r->rq = slot->rq;
	trace_bf_response(q, rsp.id, rsp.op, rsp.status);
	judge(dev, slot, rsp.status, r);
	if (unlikely(rsp.status))
		q->done.errors++;
	if (!dev->limits.bounce && slot->data.nr) {
		well = end_access(&slot->data);
		if (!well) {
			r->sts = BLK_STS_IOERR;
			r->again = false;
			bf_queue_fault(q, "it keeps the pages of an answered request");
		}
		bf_chain_splice(&h->refs, &slot->data);
	} else if (slot->data.nr) {
		if (slot->op == BF_OP_READ && likely(!r->sts)) {
			bf_copy_request(r->rq, &slot->data, true);
			q->done.copied += blk_rq_bytes(r->rq);
		}
		bf_chain_splice(&h->pages, &slot->data);
	}
	if (slot->ind.nr)
		bf_chain_splice(&h->pages, &slot->ind);
	h->nr++;
	return well;
}

/* Up to AT_ONCE responses. True: there is more. */
static bool take_some(struct bf_queue *q, struct harvest *h)
{
	u32 prod, cons = q->cons;
	int ready;

	for (;;) {
		prod = xb_read_once(q->ring->rsp_prod);
		xb_rmb();	/* the index before the responses */
		ready = bf_ring_ready(prod, cons, READ_ONCE(q->published));
		if (unlikely(ready < 0)) {
			bf_queue_fault(q, "it answers more than it was asked: index %u after %u",
				       prod, cons);
			return false;
		}
		if (!ready)
			break;
		for (; cons != prod && h->nr < AT_ONCE; cons++) {
			if (unlikely(!take_one(q, &q->ring->entry[cons & q->mask].rsp, h)))
				return false;
		}
		WRITE_ONCE(q->cons, cons);
		if (h->nr == AT_ONCE)
			return true;
		bf_ask_event(q, cons);
	}
	if (!h->nr)
		bf_ask_event(q, cons);
	return false;
}

static void complete_batch(struct io_comp_batch *batch)
{
	blk_mq_end_request_batch(batch);
}

static void end_all(struct harvest *h, struct io_comp_batch *batch)
{
	struct result *r;

	for (r = h->result; r < h->result + h->nr; r++) {
		if (unlikely(r->again))
			blk_mq_requeue_request(r->rq, true);
		else if (!blk_mq_add_to_batch(r->rq, batch, r->sts != BLK_STS_OK, complete_batch))
			blk_mq_end_request(r->rq, r->sts);
	}
}

/* True: there is more. */
static bool reap_round(struct bf_queue *q, struct io_comp_batch *batch, u32 *nr)
{
	struct harvest h;
	bool more = false, run = false;

	h.nr = 0;
	h.pages = (struct bf_chain){};
	h.refs = (struct bf_chain){};
	spin_lock_bh(&q->reap);
	if (likely(READ_ONCE(q->state) == BF_Q_UP))
		more = take_some(q, &h);
	if (h.nr) {
		spin_lock(&q->lock);
		bf_pool_give(&q->pool, &h.pages);
		bf_pool_give(&q->refs, &h.refs);
		run = q->waiting;
		q->waiting = false;
		spin_unlock(&q->lock);
		q->done.responses += h.nr;
		q->done.batches++;
		trace_bf_reaped(q, h.nr, bf_in_flight(q));
	}
	spin_unlock_bh(&q->reap);
	end_all(&h, batch);
	if (unlikely(run))
		blk_mq_run_hw_queues(q->dev->gd->queue, true);
	*nr += h.nr;
	return more;
}

u32 bf_reap(struct bf_queue *q, struct io_comp_batch *batch)
{
	u32 nr = 0, round;

	for (round = 0; round < ROUNDS; round++) {
		if (!reap_round(q, batch, &nr))
			return nr;
	}
	tasklet_schedule(&q->tasklet);
	return nr;
}

/* ---- when it is over */

void bf_queue_dead(struct bf_queue *q)
{
	spin_lock_bh(&q->lock);
	q->state = BF_Q_DEAD;
	spin_unlock_bh(&q->lock);
}

/* Under reap. The rest is done by a work item: it ends requests, and writes to the store. */
void bf_queue_fault(struct bf_queue *q, const char *fmt, ...)
{
	struct va_format text;
	va_list args;

	q->done.bad++;
	bf_queue_dead(q);
	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	if (xb_dev_fault(q->dev->xb, "queue %u: %pV", q->index, &text))
		queue_work(bf_wq, &q->dev->fault_work);
	va_end(args);
}

static void take_back_slot(struct bf_queue *q, struct bf_slot *slot, bool requeue)
{
	struct request *rq;

	spin_lock_bh(&q->reap);
	if (!slot->pending) {
		spin_unlock_bh(&q->reap);
		return;
	}
	slot->pending = false;
	rq = slot->rq;
	spin_lock(&q->lock);
	if (q->dev->limits.bounce) {
		bf_pool_give(&q->pool, &slot->data);
	} else if (slot->data.nr) {
		end_access(&slot->data);
		bf_pool_give(&q->refs, &slot->data);
	}
	bf_pool_give(&q->pool, &slot->ind);
	spin_unlock(&q->lock);
	spin_unlock_bh(&q->reap);
	if (requeue)
		blk_mq_requeue_request(rq, false);
	else
		blk_mq_end_request(rq, BLK_STS_IOERR);
}

void bf_take_back(struct bf_dev *dev, bool requeue)
{
	u32 i, tag;

	for (i = 0; i < dev->nr_hctx; i++) {
		for (tag = 0; tag < dev->depth; tag++)
			take_back_slot(dev->hctx[i].queue, &dev->hctx[i].slots[tag], requeue);
	}
}

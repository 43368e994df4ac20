/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * respond.c: what has ended is cleaned up, answered, and announced, all of it at once.
 *
 * INVARIANTS:
 *  - Every request that was taken is answered exactly once, and only after its pages were given
 *    back, so that the frontend never finds a grant in use that it was told about.
 *  - One push and at most one notification for all that ended together.
 * LOCK: none; belongs to the ring's thread.
 */
#include "internal.h"
#include "trace.h"

/* A request that is not to be submitted, or was completed by the thread itself. */
void bb_io_done(struct bb_io *io)
{
	bb_list_add(&io->ring->done, io);
}

static void report(struct bb_vbd *vbd, unsigned int bit)
{
	if (!test_and_set_bit(bit, &vbd->report))
		schedule_work(&vbd->report_work);
}

/* What the disk said, in the frontend's words. */
static void take_result(struct bb_ring *ring, struct bb_io *io)
{
	if (likely(!io->result))
		return;
	io->status = BB_RSP_ERROR;
	if (io->result == BLK_STS_NOTSUPP) {
		if (io->kind == BB_FLUSH)
			report(ring->vbd, BB_REPORT_NO_FLUSH);
		else if (io->kind == BB_BARRIER)
			report(ring->vbd, BB_REPORT_NO_BARRIER);
		if (io->kind != BB_READ && io->kind != BB_WRITE)
			io->status = BB_RSP_EOPNOTSUPP;
	}
	ring->n.errors++;
}

static void push(struct bb_ring *ring)
{
	struct bb_sring *s = ring->sring;
	u32 old = ring->rsp_pushed, new = ring->rsp_prod, event;

	if (new == old)
		return;
	virt_wmb();	/* the answers are there before their number is */
	WRITE_ONCE(s->rsp_prod, new);
	ring->rsp_pushed = new;
	virt_mb();	/* ... and the number before we look whether it is waited for */
	event = READ_ONCE(s->rsp_event);
	ring->n.pushes++;
	if (new - event < new - old)
		xb_evtchn_notify(&ring->evtchn);
	else
		ring->evtchn.saved++;
}

static void answer(struct bb_ring *ring, struct bb_io *io)
{
	trace_blkback_response(ring->vbd->dev->dev, ring->index, io->id, io->rsp_op, io->status);
	bb_rsp_write(ring->slots + (ring->rsp_prod & ring->mask) * ring->slot_size, io->id,
		     io->rsp_op, io->status);
	ring->rsp_prod++;
	if (io->own)
		bb_put_own(ring, io);
	if (io->big) {
		io->big->next = ring->free_big;
		ring->free_big = io->big;
		io->big = NULL;
	}
	ring->starved = false;
	io->next = ring->free;
	ring->free = io;
}

/* Those of LIST that may be unmapped go to READY, the others to the held ones. */
static void sort_out(struct bb_ring *ring, struct bb_io *io, struct bb_list *ready)
{
	struct bb_io *next;

	for (; io; io = next) {
		next = io->next;
		if (io->submitted) {
			io->submitted = false;
			ring->inflight--;
			take_result(ring, io);
		}
		if (unlikely(bb_busy(io))) {
			bb_list_add(&ring->held, io);
			continue;
		}
		bb_detach(ring, io);
		bb_list_add(ready, io);
	}
}

static void take_async(struct bb_ring *ring, struct bb_list *ready)
{
	struct llist_node *n;
	struct bb_io *io, *tmp;

	if (llist_empty(&ring->async))
		return;
	n = llist_reverse_order(llist_del_all(&ring->async));
	llist_for_each_entry_safe(io, tmp, n, async) {
		ring->n.async++;
		io->next = NULL;
		sort_out(ring, io, ready);
	}
}

/* True when something was answered. */
bool bb_ring_reap(struct bb_ring *ring)
{
	struct bb_io *io, *next;
	struct bb_list ready;

	bb_list_init(&ready);
	if (unlikely(ring->held.head)) {
		io = ring->held.head;
		bb_list_init(&ring->held);
		sort_out(ring, io, &ready);
	}
	if (ring->done.head) {
		io = ring->done.head;
		bb_list_init(&ring->done);
		sort_out(ring, io, &ready);
	}
	take_async(ring, &ready);
	if (!ready.head)
		return false;

	bb_flush_out(ring);
	for (io = ready.head; io; io = next) {
		next = io->next;
		answer(ring, io);
	}
	push(ring);
	return true;
}

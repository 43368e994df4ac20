/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue.c: shared rings: their memory, their event channels, and when the other end is told.
 *
 * Owns the request index that is published and both event indices. When several requests were in
 * flight lately, two things are put off, for bf_hold_us at most, to be done once for many requests:
 *  - the notification of the peer, while fewer than half as many are in flight: more are coming;
 *  - the peer's event for us, until it has answered half of what is in flight; but only from a peer
 *    that answers one by one: others see to it themselves.
 * A timer ends both. With one request at a time nothing is put off.
 *
 * Invariant: while held is set, or while the next event was asked for later than the next response,
 * the timer is armed or its handler is about to run.
 * Lock: see blkfront.h.
 */
#include <linux/slab.h>
#include "blkfront.h"
#include "trace.h"

#define WORTH_WAITING	4u	/* fewer in flight: nothing is put off */
#define IMPATIENT	64	/* batches without delay after the peer was found to be slow */
#define SINGLES		4	/* small batches in a row, until events are put off */
#define LATE		256	/* ... for so many batches */

/* ---- towards the peer */

static void arm(struct bf_queue *q)
{
	if (READ_ONCE(q->armed))
		return;
	WRITE_ONCE(q->armed, true);
	WRITE_ONCE(q->armed_cons, READ_ONCE(q->cons));
	WRITE_ONCE(q->armed_holds, READ_ONCE(q->submit.held));
	hrtimer_start(&q->timer, ns_to_ktime((u64)bf_hold_us * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED_SOFT);
}

/* Under lock. */
static void notify(struct bf_queue *q, u32 in_flight)
{
	q->held = false;
	trace_bf_notify(q, in_flight);
	xb_evtchn_notify(&q->evtchn);
}

/*
 * Before the peer is woken for many: its event is to come after half of them, or as many as it did
 * in time lately. Should it have got there meanwhile, the tasklet looks.
 */
static void ask_late_event(struct bf_queue *q, u32 in_flight)
{
	u32 event = READ_ONCE(q->cons) + min_t(u32, in_flight / 2, READ_ONCE(q->span));

	xb_write_once(q->ring->rsp_event, event);
	arm(q);
	xb_mb();
	if ((s32)(xb_read_once(q->ring->rsp_prod) - event) >= 0)
		tasklet_schedule(&q->tasklet);
}

static bool coalescing(const struct bf_queue *q)
{
	return bf_hold_us && !READ_ONCE(q->patience) && !q->polled;
}

void bf_publish(struct bf_queue *q)
{
	u32 old = q->published, new = q->prod, in_flight;

	if (old == new || unlikely(q->state != BF_Q_UP))
		return;
	WRITE_ONCE(q->published, new);
	xb_wmb();	/* requests, and what we know of them, before the index */
	xb_write_once(q->ring->req_prod, new);
	xb_mb();	/* the index before the event */
	in_flight = bf_in_flight(q);
	if (in_flight > q->deep)
		q->deep = in_flight;
	q->evtchn.saved += new - old;
	if (!bf_crossed(old, new, xb_read_once(q->ring->req_event)) && !q->held)
		return;
	if (in_flight * 2 < q->deep && q->deep >= WORTH_WAITING && coalescing(q)) {
		if (!q->held)
			q->submit.held++;
		q->held = true;
		arm(q);
		return;
	}
	if (in_flight >= WORTH_WAITING && READ_ONCE(q->late) && coalescing(q))
		ask_late_event(q, in_flight);
	q->evtchn.saved--;
	notify(q, in_flight);
}

/*
 * The timer is set once for whatever is put off, and not taken back: what was put off later than
 * that, or has moved since, gets another period.
 */
static enum hrtimer_restart timer_over(struct hrtimer *t)
{
	struct bf_queue *q = container_of(t, struct bf_queue, timer);
	bool look = false;

	WRITE_ONCE(q->armed, false);
	spin_lock(&q->lock);
	if (q->state == BF_Q_UP && q->held) {
		if (q->submit.held != q->armed_holds) {
			arm(q);
		} else {
			q->deep /= 2;
			q->submit.late++;
			q->evtchn.saved--;
			notify(q, bf_in_flight(q));
		}
	}
	if (q->state == BF_Q_UP && bf_in_flight(q)) {
		if (READ_ONCE(q->cons) == q->armed_cons)
			look = true;
		else
			arm(q);
	}
	spin_unlock(&q->lock);
	if (look) {
		WRITE_ONCE(q->exact, true);
		tasklet_schedule(&q->tasklet);
	}
	return HRTIMER_NORESTART;
}

/* ---- towards us */

/* Under reap: does the peer answer few at a time, of many that it was asked? */
static void learn(struct bf_queue *q, u32 cons, u32 in_flight)
{
	u32 nr = cons - q->cons_asked;

	q->cons_asked = cons;
	if (!nr)
		return;
	if (q->late) {
		WRITE_ONCE(q->late, q->late - 1);
	} else if (nr * 4 >= in_flight + nr) {
		q->singles = 0;
	} else if (++q->singles >= SINGLES) {
		q->singles = 0;
		WRITE_ONCE(q->late, LATE);
	}
}

/* Under reap, when CONS is all that was there: which response is to come with an event? */
void bf_ask_event(struct bf_queue *q, u32 cons)
{
	u32 in_flight = READ_ONCE(q->published) - cons;
	u32 event = cons + 1, nr = cons - q->cons_asked;

	learn(q, cons, in_flight);
	if (q->polled) {
		event = cons + (1u << 30);
	} else if (q->exact) {
		/* The timer was over: this is how many it can do in that time. */
		q->exact = false;
		WRITE_ONCE(q->span, max(nr, 2u));
		if (nr < 2 && in_flight >= WORTH_WAITING)
			WRITE_ONCE(q->patience, IMPATIENT);
	} else if (q->patience) {
		WRITE_ONCE(q->patience, q->patience - 1);
	} else if (in_flight >= WORTH_WAITING && q->late && bf_hold_us) {
		event = cons + min_t(u32, in_flight / 2, q->span);
		WRITE_ONCE(q->span, min_t(u32, q->span + 1, q->size));
		arm(q);
	}
	xb_write_once(q->ring->rsp_event, event);
	xb_mb();	/* the event before the index is read again */
}

static irqreturn_t interrupt(int irq, void *data)
{
	struct bf_queue *q = data;

	WRITE_ONCE(q->eoi, true);
	tasklet_schedule(&q->tasklet);
	return IRQ_HANDLED;
}

static void tasklet(struct tasklet_struct *t)
{
	struct bf_queue *q = container_of(t, struct bf_queue, tasklet);
	bool eoi = READ_ONCE(q->eoi), worked;
	DEFINE_IO_COMP_BATCH(batch);

	bf_reap(q, &batch);
	if (batch.complete)
		batch.complete(&batch);
	if (!eoi)
		return;
	/* Responses that were taken by polling before the event came count as its work. */
	worked = READ_ONCE(q->cons) != q->cons_eoi;
	q->cons_eoi = READ_ONCE(q->cons);
	WRITE_ONCE(q->eoi, false);
	if (READ_ONCE(q->state) == BF_Q_UP)
		xb_evtchn_eoi(&q->evtchn, worked);
}

/* ---- making and ending them */

int bf_queues_alloc(struct bf_dev *dev, u32 nr)
{
	struct bf_queue *q;
	u32 i;

	dev->queues = kvcalloc(nr, sizeof(*dev->queues), GFP_KERNEL);
	if (!dev->queues)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		q = &dev->queues[i];
		q->dev = dev;
		q->index = i;
		spin_lock_init(&q->lock);
		spin_lock_init(&q->reap);
		tasklet_setup(&q->tasklet, tasklet);
		hrtimer_init(&q->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_SOFT);
		q->timer.function = timer_over;
	}
	dev->max_queues = nr;
	return 0;
}

void bf_queues_free(struct bf_dev *dev)
{
	kvfree(dev->queues);
	dev->queues = NULL;
	dev->max_queues = 0;
}

/* A ring and an event channel, both unknown to the peer yet. */
int bf_queue_open(struct bf_queue *q)
{
	struct bf_dev *dev = q->dev;
	int err;

	err = xb_area_alloc(dev->xb, &q->area, 1u << dev->ring_order);
	if (err)
		return err;
	q->size = bf_ring_entries(1u << dev->ring_order);
	q->mask = q->size - 1;
	q->ring = q->area.va;
	bf_wire_ring_init(q->ring);
	q->prod = 0;
	q->published = 0;
	q->cons = 0;
	q->cons_eoi = 0;
	q->cons_asked = 0;
	q->deep = 0;
	q->patience = 0;
	q->singles = 0;
	q->late = 0;
	q->span = q->size;
	q->held = false;
	q->eoi = false;
	q->exact = false;
	q->polled = q->index >= dev->nr_queues - dev->nr_polled;
	err = xb_evtchn_alloc(dev->xb, &q->evtchn, interrupt, q, "%s-q%u", dev->name.text,
			      q->index);
	if (err) {
		q->ring = NULL;
		xb_area_free(dev->xb, &q->area);
	}
	return err;
}

void bf_queue_ready(struct bf_queue *q)
{
	spin_lock_bh(&q->reap);
	spin_lock(&q->lock);
	q->state = BF_Q_UP;
	bf_ask_event(q, 0);
	spin_unlock(&q->lock);
	spin_unlock_bh(&q->reap);
}

void bf_queue_close(struct bf_queue *q)
{
	struct bf_dev *dev = q->dev;

	spin_lock_bh(&q->reap);
	spin_lock(&q->lock);
	if (q->state == BF_Q_UP)
		q->state = BF_Q_DOWN;
	spin_unlock(&q->lock);
	spin_unlock_bh(&q->reap);
	bf_queue_affinity(q, NULL);
	/* Not while it ends an interrupt; later it sees that the queue is down. */
	tasklet_disable(&q->tasklet);
	xb_evtchn_free(&q->evtchn);
	tasklet_enable(&q->tasklet);
	hrtimer_cancel(&q->timer);
	tasklet_kill(&q->tasklet);
	q->armed = false;
	bf_pool_destroy(&q->pool);
	bf_pool_destroy(&q->refs);
	if (!q->ring)
		return;
	q->ring = NULL;
	xb_area_free(dev->xb, &q->area);
}

/* Interrupts go to the first processor that sends requests here. NULL: no matter where. */
void bf_queue_affinity(struct bf_queue *q, const struct cpumask *mask)
{
	if (!q->evtchn.port)
		return;
	if (mask)
		irq_set_affinity_and_hint(q->evtchn.irq, mask);
	else
		irq_update_affinity_hint(q->evtchn.irq, NULL);
}

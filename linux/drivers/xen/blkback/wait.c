/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wait.c: what a ring's thread does when there is nothing to do: three ways to wait for the next
 * request, each dearer to be woken from than the one before.
 *
 *  1. Look at the ring for some microseconds (poll_us): the frontend need not notify at all.
 *  2. Block the virtual CPU until the port is pending (SCHEDOP_poll), the thread staying where it
 *     is: no interrupt, no wake-up, no way into idle and out of it; the physical CPU is free.
 *  3. Sleep as threads do.
 * The first two are tried ever more rarely while they do not help.
 * INVARIANTS:
 *  - Before 2 and 3 the frontend is asked to notify, and then the ring is looked at once more.
 *  - 2 only when nothing else wants this CPU, when no answer of a disk is awaited (it may come in
 *    on another CPU), and while the port is masked because its last event was not ended. The
 *    kernel's tick, which is an event too, bounds it.
 *  - An event is ended (late EOI) when the thread is about to sleep, as "worked" only if requests
 *    were taken since the last one; after a fault it is never ended, so that a storm stays masked.
 * LOCK: none; belongs to the ring's thread.
 */
#include <linux/freezer.h>
#include <linux/sched/clock.h>
#include <linux/sched/stat.h>
#include "internal.h"

#define BACKOFF_MAX	1023u

static bool more(const struct bb_ring *ring)
{
	return READ_ONCE(ring->sring->req_prod) != ring->req_cons && !ring->faulted &&
		!ring->starved;
}

static bool try_now(struct bb_backoff *b)
{
	if (!b->skip)
		return true;
	b->skip--;
	return false;
}

static bool outcome(struct bb_backoff *b, bool hit)
{
	b->step = hit ? 0 : min(b->step * 2 + 1, BACKOFF_MAX);
	b->skip = b->step;
	return hit;
}

static bool poll(struct bb_ring *ring)
{
	u64 ns = READ_ONCE(bb_poll_us) * 1000ull, end;

	if (!ns || ring->faulted || !try_now(&ring->poll))
		return false;
	end = local_clock() + ns;
	do {
		if (more(ring) || !llist_empty(&ring->async)) {
			ring->n.poll_hit++;
			return outcome(&ring->poll, true);
		}
		cpu_relax();
	} while (!need_resched() && !READ_ONCE(ring->tick) && local_clock() < end);
	ring->n.poll_miss++;
	return outcome(&ring->poll, false);
}

static bool wait_in_xen(struct bb_ring *ring)
{
	unsigned long start = jiffies;

	if (!READ_ONCE(bb_wait_in_xen) || !READ_ONCE(ring->event) || ring->inflight ||
	    ring->held.head || !single_task_running() || !try_now(&ring->wait))
		return false;
	do {
		/* Other events, such as the tick's, end it too. */
		xen_poll_irq_timeout(ring->evtchn.irq, 0);
		if (more(ring)) {
			ring->n.wait_hit++;
			return outcome(&ring->wait, true);
		}
	} while (!need_resched() && !READ_ONCE(ring->tick) && !kthread_should_stop() &&
		 !time_after(jiffies, start));
	ring->n.wait_miss++;
	return outcome(&ring->wait, false);
}

static void end_event(struct bb_ring *ring)
{
	if (!READ_ONCE(ring->event))
		return;
	WRITE_ONCE(ring->event, false);
	xb_evtchn_eoi(&ring->evtchn, ring->worked);
	ring->worked = false;
}

/* Asks the frontend to notify us of the next request; true: there is one already. */
static bool ask(struct bb_ring *ring)
{
	WRITE_ONCE(ring->sring->req_event, ring->req_cons + 1);
	virt_mb();	/* asked to be told, and only then looked again */
	return more(ring);
}

void bb_ring_wait(struct bb_ring *ring)
{
	if (poll(ring))
		return;
	if (likely(!ring->faulted)) {
		/* What is pending was for requests that we have seen. */
		if (READ_ONCE(ring->event) && bb_wait_in_xen)
			xen_clear_irq_pending(ring->evtchn.irq);
		if (ask(ring) || wait_in_xen(ring))
			return;
		end_event(ring);
	}
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop() && llist_empty(&ring->async) && !READ_ONCE(ring->tick) &&
	    (ring->faulted || (!READ_ONCE(ring->event) && !more(ring)))) {
		ring->n.sleeps++;
		if (unlikely(ring->held.head))
			schedule_timeout(msecs_to_jiffies(5));
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	try_to_freeze();
}

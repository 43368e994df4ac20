/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue.c: a queue's events, its NAPI, its coming and going.
 *
 * Invariants.
 *  - Each event gets its EOI once: the handler sets the bit in nb_queue.eoi, and whoever clears
 *    it gives the EOI. Until then the channel stays masked, so a guest can not storm a queue that
 *    is being polled, waits for credit, or is down.
 *  - An event is spurious when there was nothing to do and no packet came since the last one; a
 *    packet that a poll took before its event arrived is no reason to slow the guest down.
 *  - The order of going: no packets accepted, NAPI and timers stopped, events freed, memory
 *    unmapped.
 */
#include <linux/sched/clock.h>
#include "common.h"

/* ---- credit */

static u64 credit_now(void)
{
	return ktime_to_us(ktime_get());
}

/* True: the guest has used up what it may send; the timer goes on with it. */
bool nb_credit_wait(struct nb_queue *q, u32 size)
{
	unsigned int turn = READ_ONCE(q->vif->credit_turn);
	u64 wait;

	if (unlikely(turn != q->credit_turn)) {
		q->credit_turn = turn;
		nb_credit_set(&q->credit, READ_ONCE(q->vif->credit_bytes),
			      READ_ONCE(q->vif->credit_usec), credit_now());
	}
	if (likely(q->credit.bytes == NB_CREDIT_UNLIMITED))
		return false;
	wait = nb_credit_take(&q->credit, size, credit_now());
	if (!wait)
		return false;
	q->from_stats.limited++;
	WRITE_ONCE(q->limited, true);
	mod_timer(&q->credit_timer, jiffies + usecs_to_jiffies(wait));
	return true;
}

static void credit_timeout(struct timer_list *t)
{
	struct nb_queue *q = from_timer(q, t, credit_timer);

	WRITE_ONCE(q->limited, false);
	napi_schedule(&q->napi);
}

/* ---- events */

static bool from_pending(struct nb_queue *q)
{
	return q->staged ? nb_staged_pending(q) : nb_classic_pending(q);
}

static irqreturn_t from_event(int irq, void *data)
{
	struct nb_queue *q = data;
	bool worked = false;
	u64 packets;

	set_bit(NB_EOI_FROM, &q->eoi);
	smp_mb__after_atomic(); /* nb_queue_up looks the other way round */
	if (q->ev_to == &q->ev)
		worked = nb_to_event(q);
	if (!READ_ONCE(q->up) || READ_ONCE(q->vif->broken))
		return IRQ_HANDLED;
	if (from_pending(q)) {
		napi_schedule(&q->napi);
		return IRQ_HANDLED;
	}
	packets = READ_ONCE(q->from_stats.packets) + READ_ONCE(q->to_stats.packets);
	if (packets != q->eoi_packets)
		worked = true;
	q->eoi_packets = packets;
	if (test_and_clear_bit(NB_EOI_FROM, &q->eoi))
		xb_evtchn_eoi(&q->ev, worked);
	return IRQ_HANDLED;
}

static irqreturn_t to_event(int irq, void *data)
{
	struct nb_queue *q = data;
	bool worked;
	u64 packets;

	set_bit(NB_EOI_TO, &q->eoi);
	smp_mb__after_atomic(); /* nb_queue_up looks the other way round */
	worked = nb_to_event(q);
	if (!READ_ONCE(q->up) || READ_ONCE(q->vif->broken))
		return IRQ_HANDLED;
	packets = READ_ONCE(q->to_stats.packets);
	if (packets != q->eoi_to_packets)
		worked = true;
	q->eoi_to_packets = packets;
	if (test_and_clear_bit(NB_EOI_TO, &q->eoi))
		xb_evtchn_eoi(&q->ev_split, worked);
	return IRQ_HANDLED;
}

/* ---- NAPI */

static unsigned int busy_most(void)
{
	return num_online_cpus() > 1 ? READ_ONCE(busy_poll_usecs) : 0;
}

/* What GRO holds back does not wait while we look for more. */
static void hand_over(struct napi_struct *napi)
{
	if (napi->gro_bitmask)
		napi_gro_flush(napi, false);
	if (!napi->rx_count)
		return;
	netif_receive_skb_list(&napi->rx_list);
	INIT_LIST_HEAD(&napi->rx_list);
	napi->rx_count = 0;
}

/*
 * Before it sleeps, a queue may look for a little longer: another packet then costs neither event
 * nor interrupt. How long adapts: it doubles when that helped, and halves when it did not. It
 * starts anew when a sleep turned out to be shorter than what is allowed.
 */
static bool busy_again(struct nb_queue *q)
{
	unsigned int most = busy_most();
	u64 end;

	if (!most)
		return false;
	if (!q->busy_usecs) {
		if (local_clock() - q->slept_at > (u64)most * NSEC_PER_USEC)
			return false;
		q->busy_usecs = max(most / 4, 1u);
	}
	hand_over(&q->napi);
	end = local_clock() + (u64)min(q->busy_usecs, most) * NSEC_PER_USEC;
	while (local_clock() < end && !need_resched()) {
		if (from_pending(q)) {
			q->from_stats.busy_hits++;
			q->busy_usecs = min(2 * q->busy_usecs, most);
			return true;
		}
		cpu_relax();
	}
	q->from_stats.busy_misses++;
	q->busy_usecs /= 2;
	return false;
}

/* True when there is nothing to do and the guest will send an event when there is. */
static bool from_sleep(struct nb_queue *q)
{
	if (busy_most())
		q->slept_at = local_clock();
	return q->staged ? nb_staged_sleep(q) : nb_classic_sleep(q);
}

static int queue_poll(struct napi_struct *napi, int budget)
{
	struct nb_queue *q = container_of(napi, struct nb_queue, napi);
	int done = 0, got;

	q->from_stats.polls++;
	while (done < budget) {
		got = q->staged ? nb_staged_poll(q, budget - done) :
				  nb_classic_poll(q, budget - done);
		done += got;
		/* No EOI: the work item ends this. */
		if (unlikely(READ_ONCE(q->vif->broken))) {
			napi_complete_done(napi, min(done, budget - 1));
			return min(done, budget - 1);
		}
		if (unlikely(READ_ONCE(q->limited))) {
			done = min(done, budget - 1);
			napi_complete_done(napi, done);
			return done;
		}
		if (got)
			continue;
		if (!(done && busy_again(q)) && from_sleep(q))
			break;
	}
	if (done < budget && napi_complete_done(napi, done) &&
	    test_and_clear_bit(NB_EOI_FROM, &q->eoi)) {
		q->eoi_packets = q->from_stats.packets + READ_ONCE(q->to_stats.packets);
		xb_evtchn_eoi(&q->ev, true);
	}
	return done;
}

/* ---- coming and going */

void nb_queue_init(struct nb_vif *vif, unsigned int id)
{
	struct nb_queue *q = &vif->queues[id];

	q->vif = vif;
	q->id = id;
	q->ev_to = &q->ev;
	nb_credit_set(&q->credit, NB_CREDIT_UNLIMITED, 0, 0);
	timer_setup(&q->credit_timer, credit_timeout, 0);
	nb_to_init(q);
	netif_napi_add(vif->net, &q->napi, queue_poll);
}

void nb_queue_free(struct nb_queue *q)
{
	/* A late event may have started it again; there are no events any more. */
	del_timer_sync(&q->to_timer);
	netif_napi_del(&q->napi);
}

static int queue_bind(struct nb_queue *q, const char *dir)
{
	struct xb_device *dev = q->vif->dev;
	unsigned int tx, rx;
	int err;

	q->ev_to = &q->ev;
	if (xb_need_uint(dir, "event-channel-tx", 1, UINT_MAX, &tx) ||
	    xb_need_uint(dir, "event-channel-rx", 1, UINT_MAX, &rx)) {
		err = xb_need_uint(dir, "event-channel", 1, UINT_MAX, &tx);
		if (err)
			return err;
		rx = tx;
	}
	if (rx == tx)
		return xb_evtchn_bind(dev, &q->ev, tx, from_event, q, "%s-q%u", q->vif->net->name,
				      q->id);
	q->ev_to = &q->ev_split;
	err = xb_evtchn_bind(dev, &q->ev, tx, from_event, q, "%s-q%u-tx", q->vif->net->name, q->id);
	if (!err)
		err = xb_evtchn_bind(dev, &q->ev_split, rx, to_event, q, "%s-q%u-rx",
				     q->vif->net->name, q->id);
	return err;
}

static int queue_map_classic(struct nb_queue *q, const char *dir)
{
	unsigned int tx, rx;
	int err;

	err = xb_need_uint(dir, "tx-ring-ref", 0, UINT_MAX, &tx);
	if (!err)
		err = xb_need_uint(dir, "rx-ring-ref", 0, UINT_MAX, &rx);
	if (!err)
		err = nb_classic_from_map(q, tx);
	if (!err)
		err = nb_classic_to_map(q, rx);
	return err;
}

/* DIR: the guest's directory with the keys of this queue. */
int nb_queue_map(struct nb_queue *q, const char *dir, bool staged)
{
	int err;

	q->staged = staged;
	q->up = false;
	q->eoi = 0;
	q->limited = false;
	q->credit_turn = q->vif->credit_turn - 1;
	q->pool = nb_pool_create();
	if (IS_ERR(q->pool)) {
		err = PTR_ERR(q->pool);
		q->pool = NULL;
		return err;
	}
	err = staged ? nb_staged_map(q, dir) : queue_map_classic(q, dir);
	if (!err)
		err = queue_bind(q, dir);
	if (err)
		nb_queue_unmap(q);
	else
		q->mapped = true;
	return err;
}

void nb_queue_unmap(struct nb_queue *q)
{
	q->mapped = false;
	xb_evtchn_free(&q->ev);
	xb_evtchn_free(&q->ev_split);
	nb_classic_from_free(q);
	nb_classic_to_free(q);
	nb_staged_free(q);
	xb_area_unmap(q->vif->dev, &q->from_map);
	xb_area_unmap(q->vif->dev, &q->to_map);
	nb_pool_destroy(q->pool);
	q->pool = NULL;
}

void nb_queue_up(struct nb_queue *q)
{
	if (q->up)
		return;
	napi_enable(&q->napi);
	WRITE_ONCE(q->up, true);
	nb_to_up(q);
	nb_queue_kick(q);
	if (test_and_clear_bit(NB_EOI_TO, &q->eoi))
		xb_evtchn_eoi(&q->ev_split, true);
}

void nb_queue_down(struct nb_queue *q)
{
	if (!q->up)
		return;
	nb_to_down(q);
	WRITE_ONCE(q->up, false);
	napi_disable(&q->napi);
	del_timer_sync(&q->credit_timer);
	q->limited = false;
}

/* Looks for work without an event. */
void nb_queue_kick(struct nb_queue *q)
{
	local_bh_disable();
	nb_to_event(q);
	napi_schedule(&q->napi);
	local_bh_enable();
}

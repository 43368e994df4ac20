/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * to.c: flow control towards the guest.
 *
 * A queue without room is stopped, so that packets wait in the queueing discipline, whose length
 * bounds them. The guest's event wakes it. When there was none for rx_drain_timeout_msecs the
 * queue drops packets instead, so that they do not hold their senders' memory for ever; after
 * rx_stall_timeout_msecs the carrier goes off until the guest gives room again.
 *
 * Invariants: to_waiting is set, and the wish for an event written, before room is looked for a
 * last time: so a guest that gives room either is seen, or sends its event to somebody who waits.
 * Lock: the TX queue's; nb_vif.stall_lock for the carrier.
 */
#include "common.h"
#include "trace.h"

static bool to_room(struct nb_queue *q)
{
	return q->staged ? nb_staged_room(q) : nb_classic_room(q);
}

static void to_stall(struct nb_queue *q)
{
	struct nb_vif *vif = q->vif;

	q->to_stalled = true;
	q->to_stats.stalls++;
	spin_lock(&vif->stall_lock);
	if (!vif->stalled++) {
		netdev_info(vif->net, "the guest gives no room to receive: carrier off\n");
		netif_carrier_off(vif->net);
	}
	spin_unlock(&vif->stall_lock);
}

static void to_unstall(struct nb_queue *q)
{
	struct nb_vif *vif = q->vif;

	q->to_stalled = false;
	spin_lock(&vif->stall_lock);
	if (!--vif->stalled && vif->connected) {
		netdev_info(vif->net, "the guest receives again: carrier on\n");
		netif_carrier_on(vif->net);
	}
	spin_unlock(&vif->stall_lock);
}

/* Under the lock: there is room. */
static void to_go(struct nb_queue *q)
{
	q->to_waiting = false;
	q->to_drain = false;
	if (q->to_stalled)
		to_unstall(q);
	netif_tx_wake_queue(nb_txq(q));
}

/* When the timer, running from the start of the waiting, is to look next. */
static unsigned long to_next_look(const struct nb_queue *q)
{
	const struct nb_vif *vif = q->vif;

	return q->to_since + (q->to_drain ? vif->stall_timeout : vif->drain_timeout);
}

static void to_late(struct nb_queue *q)
{
	if (to_room(q)) {
		to_go(q);
	} else if (time_before(jiffies, to_next_look(q))) {
		mod_timer(&q->to_timer, to_next_look(q));
	} else if (!q->to_drain) {
		q->to_drain = true;
		q->to_stats.drains++;
		trace_nb_wait(q->vif->net->name, q->id, 1, 0);
		/* What waits is dropped as it comes by. */
		netif_tx_wake_queue(nb_txq(q));
		if (q->vif->stall_timeout)
			mod_timer(&q->to_timer, to_next_look(q));
	} else if (q->vif->stall_timeout && !q->to_stalled) {
		to_stall(q);
	}
}

static void to_timeout(struct timer_list *t)
{
	struct nb_queue *q = from_timer(q, t, to_timer);
	struct netdev_queue *txq = nb_txq(q);

	__netif_tx_lock(txq, smp_processor_id());
	if (q->to_on && q->to_waiting)
		to_late(q);
	__netif_tx_unlock(txq);
}

void nb_to_wait(struct nb_queue *q)
{
	if (q->to_waiting)
		return;
	q->to_waiting = true;
	q->to_since = jiffies;
	q->to_stats.stops++;
	if (!timer_pending(&q->to_timer))
		mod_timer(&q->to_timer, to_next_look(q));
}

void nb_to_go(struct nb_queue *q)
{
	if (q->to_waiting)
		to_go(q);
}

bool nb_to_event(struct nb_queue *q)
{
	/* Pairs with the barrier between to_waiting and the last look for room. */
	if (!READ_ONCE(q->to_waiting) || !READ_ONCE(q->to_on) || !to_room(q))
		return false;
	if (READ_ONCE(q->to_drain))
		mod_timer(&q->to_timer, jiffies);
	else
		netif_tx_wake_queue(nb_txq(q));
	return true;
}

void nb_to_init(struct nb_queue *q)
{
	timer_setup(&q->to_timer, to_timeout, 0);
}

void nb_to_up(struct nb_queue *q)
{
	struct netdev_queue *txq = nb_txq(q);

	__netif_tx_lock_bh(txq);
	q->to_waiting = false;
	q->to_drain = false;
	q->to_on = true;
	__netif_tx_unlock_bh(txq);
	netif_tx_wake_queue(txq);
}

void nb_to_down(struct nb_queue *q)
{
	struct netdev_queue *txq = nb_txq(q);

	__netif_tx_lock_bh(txq);
	q->to_on = false;
	if (q->to_stalled)
		to_unstall(q);
	__netif_tx_unlock_bh(txq);
	del_timer_sync(&q->to_timer);
}

static bool to_wanted(struct nb_queue *q, const struct sk_buff *skb)
{
	const u8 *dest = skb->data;

	if (likely(!is_multicast_ether_addr(dest)) || !READ_ONCE(q->vif->multicast_control))
		return true;
	return is_broadcast_ether_addr(dest) || nb_mcast_match(q->vif, dest);
}

/* A packet that is not sent may have been the last of a batch. */
static netdev_tx_t to_drop(struct nb_queue *q, struct sk_buff *skb, u64 *counter)
{
	(*counter)++;
	dev_kfree_skb_any(skb);
	if (q->to_on && !netdev_xmit_more()) {
		if (q->staged)
			nb_staged_flush(q);
		else
			nb_classic_flush(q);
	}
	return NETDEV_TX_OK;
}

netdev_tx_t nb_to_xmit(struct nb_queue *q, struct sk_buff *skb)
{
	bool more = netdev_xmit_more();

	if (unlikely(!q->to_on || READ_ONCE(q->vif->broken) || skb->len > XB_CHAN_MAX_LEN))
		return to_drop(q, skb, &q->to_stats.dropped);
	if (unlikely(!to_wanted(q, skb)))
		return to_drop(q, skb, &q->to_stats.filtered);
	if (unlikely(q->to_drain)) {
		if (!to_room(q))
			return to_drop(q, skb, &q->to_stats.dropped);
		to_go(q);
	}
	skb_tx_timestamp(skb);
	if (more)
		q->to_stats.more++;
	return q->staged ? nb_staged_xmit(q, skb, more) : nb_classic_xmit(q, skb, more);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * staged.c: packets through staged channels (xb/chan.h), both ways: no hypercall but to wake a
 * sleeper.
 *
 * Invariants: every byte of the guest's pools is copied once, and looked at only in the copy. A
 * channel that says -EPROTO is not used again.
 * Context: "from" the queue's NAPI, "to" the TX queue's lock.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <xb/netif_ext.h>
#include "common.h"
#include "trace.h"

#define FROM_LINEAR	1792	/* up to here a packet is copied into one piece with its headers */
#define FROM_RELEASE	8	/* packets after which the guest gets their space back */

static int chan_fault(struct nb_queue *q, const char *what)
{
	nb_fault(q->vif, q->id, what);
	return -EPROTO;
}

/* ---- coming and going */

static int chan_map(struct nb_queue *q, const char *dir, const char *way, struct xb_area_map *m,
		    struct xb_chan_geom *g)
{
	struct xb_device *dev = q->vif->dev;
	unsigned int ref, fixed;
	char key[32];
	int err;

	snprintf(key, sizeof(key), "%s-staged-ref", way);
	err = xb_need_uint(dir, key, 0, UINT_MAX, &ref);
	if (err)
		return err;
	snprintf(key, sizeof(key), "%s-staged-descs", way);
	err = xb_need_uint(dir, key, 1, 4096, &g->nr_desc);
	if (err)
		return err;
	err = xb_area_map_dir(dev, m, ref, XB_STAGED_MAX_PAGES);
	if (err)
		return err;
	fixed = 1 + g->nr_desc / XB_CHAN_DESC_PER_PAGE;
	if (m->nr <= fixed)
		return -EINVAL;
	g->pool_size = (m->nr - fixed) << XB_PAGE_SHIFT;
	err = xb_chan_geom_check(g, XB_STAGED_MAX_PAGES);
	return err ? err : xb_chan_pages(g) == m->nr ? 0 : -EINVAL;
}

/* A guest that another backend served before goes on where that one ended. */
int nb_staged_map(struct nb_queue *q, const char *dir)
{
	struct xb_chan_geom g;
	int err;

	err = chan_map(q, dir, "tx", &q->from_map, &g);
	if (err)
		return err;
	err = xb_chan_consumer_attach(&q->fc, q->from_map.va, &g);
	if (err)
		return err;
	err = chan_map(q, dir, "rx", &q->to_map, &g);
	if (err)
		return err;
	q->to_ends = kvcalloc(g.nr_desc, sizeof(u32), GFP_KERNEL);
	if (!q->to_ends)
		return -ENOMEM;
	return xb_chan_producer_attach(&q->tp, q->to_map.va, &g, q->to_ends);
}

void nb_staged_free(struct nb_queue *q)
{
	kvfree(q->to_ends);
	q->to_ends = NULL;
}

/* ---- from the guest */

bool nb_staged_pending(struct nb_queue *q)
{
	return READ_ONCE(q->fc.shared->prod) != READ_ONCE(q->fc.cons);
}

bool nb_staged_sleep(struct nb_queue *q)
{
	int more = xb_chan_wait_prod(&q->fc);

	if (unlikely(more < 0))
		chan_fault(q, "a channel's producer index jumped");
	return more <= 0;
}

static void from_release(struct nb_queue *q)
{
	if (xb_chan_release(&q->fc))
		xb_evtchn_notify(&q->ev);
	else
		q->ev.saved++;
}

static void from_mcast(struct nb_queue *q, const struct xb_chan_desc *d, const void *data)
{
	u8 addr[ETH_ALEN];

	memcpy(addr, data, sizeof(addr));
	barrier();
	if (nb_mcast_change(q->vif, addr, d->flags & XB_CHAN_MCAST_ADD))
		q->from_stats.bad++;
}

static void from_packet(struct nb_queue *q, const struct xb_chan_desc *d, const void *data)
{
	struct nb_meta m = {
		.len = d->len,
		.gso_size = d->gso_size,
		.gso_type = d->gso_type,
		.hash = d->hash,
		.hash_type = d->hash_type <= 4 ? d->hash_type : 0,
		.csum_blank = d->flags & XB_CHAN_CSUM_BLANK,
		.csum_valid = d->flags & XB_CHAN_CSUM_VALID,
	};
	u32 pos = 0, room;
	struct nb_buf buf;
	void *to;

	if (d->len < ETH_HLEN) {
		q->from_stats.bad++;
		return;
	}
	if (d->len <= FROM_LINEAR) {
		nb_deliver_bytes(q, data, &m);
		return;
	}
	if (unlikely(!nb_buf_alloc(q, &buf, 0, d->len))) {
		q->from_stats.dropped++;
		return;
	}
	do {
		to = nb_buf_at(&buf, pos, &room);
		memcpy(to, data + pos, room);
		pos += room;
	} while (pos < d->len);
	nb_deliver_buf(q, &buf, &m);
}

int nb_staged_poll(struct nb_queue *q, int budget)
{
	struct xb_chan_desc d;
	const void *data;
	int done = 0, got;

	while (done < budget) {
		got = xb_chan_next(&q->fc, &d, &data);
		if (got <= 0) {
			if (unlikely(got < 0))
				chan_fault(q, "a channel's descriptor or producer index is wrong");
			break;
		}
		if (nb_credit_wait(q, d.len)) {
			q->fc.cons--;	/* nobody was told: it is next again */
			break;
		}
		if (unlikely(d.flags & (XB_CHAN_MCAST_ADD | XB_CHAN_MCAST_DEL)))
			from_mcast(q, &d, data);
		else
			from_packet(q, &d, data);
		if (++done % FROM_RELEASE == 0)
			from_release(q);
	}
	if (done) {
		if (done % FROM_RELEASE)
			from_release(q);
		trace_nb_from(q->vif->net->name, q->id, done, 0);
	}
	return done;
}

/* ---- to the guest */

bool nb_staged_room(struct nb_queue *q)
{
	return READ_ONCE(q->tp.shared->cons) != READ_ONCE(q->tp.cons);
}

void nb_staged_flush(struct nb_queue *q)
{
	if (q->tp.prod == q->tp.published)
		return;
	trace_nb_to(q->vif->net->name, q->id, q->tp.prod - q->tp.published, 0);
	if (xb_chan_publish(&q->tp))
		xb_evtchn_notify(q->ev_to);
	else
		q->ev_to->saved++;
}

/* No room: 0 when the queue waits now, 1 when there may be some after all, -EPROTO. */
static int to_sleep(struct nb_queue *q)
{
	int again;

	nb_staged_flush(q);
	netif_tx_stop_queue(nb_txq(q));
	nb_to_wait(q);
	smp_mb(); /* to_waiting is seen by who takes the event that is asked for now */
	again = xb_chan_wait_cons(&q->tp, (q->tp.prod - q->tp.cons) / 2);
	if (again > 0)
		nb_to_go(q);
	return again;
}

/* Where to put LEN bytes. NULL: *err is 0 when the queue waits, else -EPROTO. */
static void *to_reserve(struct nb_queue *q, u32 len, int *err)
{
	void *to = xb_chan_reserve(&q->tp, len);

	while (unlikely(!to)) {
		*err = xb_chan_reap(&q->tp);
		if (*err)
			break;
		to = xb_chan_reserve(&q->tp, len);
		if (to)
			break;
		*err = to_sleep(q);
		if (*err <= 0)
			break;
	}
	return to;
}

static void to_desc(struct nb_queue *q, const struct sk_buff *skb, struct xb_chan_desc *d)
{
	d->flags = 0;
	d->gso_size = 0;
	d->gso_type = 0;
	d->hash = 0;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		d->flags = XB_CHAN_CSUM_BLANK | XB_CHAN_CSUM_VALID;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		d->flags = XB_CHAN_CSUM_VALID;
	if (skb_is_gso(skb)) {
		d->gso_size = skb_shinfo(skb)->gso_size;
		d->gso_type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
			      XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
	}
	d->hash_type = nb_hash_type_of(q->vif, skb);
	if (d->hash_type)
		d->hash = skb->hash;
}

static bool to_ahead(const struct nb_queue *q)
{
	return q->tp.prod - q->tp.cons >= READ_ONCE(packets_ahead) || !xb_chan_room(&q->tp, 1);
}

/*
 * Stops the queue before the next packet finds no room, or when the guest has enough to do: a guest
 * that finds hundreds of packets at once drops most of them, because it takes them all before
 * the program that is to read them runs.
 */
static bool to_full(struct nb_queue *q)
{
	if (likely(!to_ahead(q)))
		return false;
	if (xb_chan_reap(&q->tp)) {
		chan_fault(q, "a channel's consumer index jumped");
		return false;
	}
	return to_ahead(q);
}

netdev_tx_t nb_staged_xmit(struct nb_queue *q, struct sk_buff *skb, bool more)
{
	struct xb_chan_desc d;
	u32 len = skb->len;
	int err = 0;
	void *to;

	to = to_reserve(q, len, &err);
	if (unlikely(!to)) {
		if (!err)
			return NETDEV_TX_BUSY;
		chan_fault(q, "a channel's consumer index jumped");
		goto drop;
	}
	if (unlikely(skb_copy_bits(skb, 0, to, len)))
		goto drop;
	q->to_waiting = false;
	to_desc(q, skb, &d);
	xb_chan_commit(&q->tp, len, &d);
	q->to_stats.packets++;
	q->to_stats.bytes += len;
	dev_consume_skb_any(skb);
	if (unlikely(to_full(q)) && to_sleep(q) < 0)
		chan_fault(q, "a channel's consumer index jumped");
	else if (!more)
		nb_staged_flush(q);
	return NETDEV_TX_OK;
drop:
	q->to_stats.dropped++;
	dev_kfree_skb_any(skb);
	if (!more)
		nb_staged_flush(q);
	return NETDEV_TX_OK;
}

void nb_staged_show(struct nb_queue *q, struct seq_file *m)
{
	const struct xb_chan_consumer *c = &q->fc;
	const struct xb_chan_producer *p = &q->tp;

	seq_printf(m, "Queue %u\nTX: staged, descriptors %u pool %u\n", q->id, c->mask + 1,
		   c->size);
	seq_printf(m, "prod %u cons %u event %u\n", READ_ONCE(c->shared->prod), c->cons,
		   READ_ONCE(c->shared->prod_event));
	seq_printf(m, "told %u event %u\n\n", READ_ONCE(c->shared->cons),
		   READ_ONCE(c->shared->cons_event));
	seq_printf(m, "RX: staged, descriptors %u pool %u\n", p->mask + 1, p->size);
	seq_printf(m, "prod %u told %u event %u\n", p->prod, READ_ONCE(p->shared->prod),
		   READ_ONCE(p->shared->prod_event));
	seq_printf(m, "cons %u seen %u event %u\n", READ_ONCE(p->shared->cons), p->cons,
		   READ_ONCE(p->shared->cons_event));
	seq_printf(m, "pool used %u\n\n", p->taken - p->freed);
}

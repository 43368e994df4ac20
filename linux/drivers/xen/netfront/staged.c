/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * staged.c: the data path through staged channels: one copy into the pool, one out of it.
 *
 * Owns struct nf_staged: two channels whose pages stay granted while the device is connected.
 *
 * INVARIANTS
 *  - A packet that was sent is consumed at once: the pool has its bytes, nothing else refers to it.
 *  - The transmit queue runs only while there is room for one more packet of any size.
 *  - Bytes of the receiving pool are copied once, before anything looks at them.
 *
 * LOCK: transmitting under the txq's lock, receiving in the queue's NAPI.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <xb/compat.h>
#include XB_PAGE_POOL_H

#include "netfront.h"
#include "trace.h"

/* Received bytes are given back to the backend at least this often within one poll. */
#define RELEASE_BYTES	(128u << 10)

static int area_setup(struct nf_queue *q, const struct xb_chan_geom *geom, struct xb_area *area,
		      struct xb_area *dir)
{
	int err;

	err = xb_area_alloc(q->nf->xb, area, xb_chan_pages(geom));
	if (err)
		return err;
	return xb_area_publish(q->nf->xb, area, dir);
}

int nf_staged_setup(struct nf_queue *q, const struct xb_chan_geom *tx,
		    const struct xb_chan_geom *rx)
{
	struct nf_staged *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	int err = -ENOMEM;

	if (!s)
		return err;
	q->staged = s;
	s->tx_geom = *tx;
	s->rx_geom = *rx;
	s->ends = kvcalloc(tx->nr_desc, sizeof(*s->ends), GFP_KERNEL);
	if (s->ends)
		err = area_setup(q, tx, &s->tx_area, &s->tx_dir);
	if (!err)
		err = area_setup(q, rx, &s->rx_area, &s->rx_dir);
	if (err) {
		nf_staged_release(q);
		return err;
	}
	xb_chan_producer_init(&s->tx, s->tx_area.va, tx, s->ends);
	xb_chan_consumer_init(&s->rx, s->rx_area.va, rx);
	return 0;
}

void nf_staged_release(struct nf_queue *q)
{
	struct nf_staged *s = q->staged;

	if (!s)
		return;
	q->staged = NULL;
	xb_area_free(q->nf->xb, &s->tx_dir);
	xb_area_free(q->nf->xb, &s->rx_dir);
	xb_area_free(q->nf->xb, &s->tx_area);
	xb_area_free(q->nf->xb, &s->rx_area);
	kvfree(s->ends);
	kvfree(s);
}

/* ---- transmit */

void nf_staged_push(struct nf_queue *q)
{
	nf_kick(nf_tx_ch(q), xb_chan_publish(&q->staged->tx));
}

/* Is there room for the next packet, whatever its size? If not, we are to be told when there is. */
static bool tx_room(struct nf_queue *q)
{
	struct nf_staged *s = q->staged;
	int ret;

	/* Only what was published is ever consumed. */
	if (s->tx.published != s->tx.prod)
		nf_staged_push(q);
	for (;;) {
		if (xb_chan_room(&s->tx, 1))
			return true;
		ret = xb_chan_reap(&s->tx);
		if (!ret && xb_chan_room(&s->tx, 1))
			return true;
		/* Half of what is under way: it is worth waking up for. */
		if (!ret)
			ret = xb_chan_wait_cons(&s->tx, (s->tx.published - s->tx.cons + 1) / 2);
		if (ret <= 0)
			break;
	}
	if (ret < 0)
		nf_fault(q->nf, "queue %u: consumer index of the transmit channel", q->id);
	return false;
}

static void tx_desc(const struct sk_buff *skb, struct xb_chan_desc *d)
{
	const struct skb_shared_info *info = skb_shinfo(skb);

	*d = (struct xb_chan_desc){ 0 };
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		d->flags = XB_CHAN_CSUM_BLANK;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		d->flags = XB_CHAN_CSUM_VALID;
	if (info->gso_size) {
		bool v6 = info->gso_type & SKB_GSO_TCPV6;

		d->gso_size = info->gso_size;
		d->gso_type = v6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
		if (skb->l4_hash) {
			d->hash = skb->hash;
			d->hash_type = 1 + (v6 ? _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP :
					    _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP);
		}
	}
}

netdev_tx_t nf_staged_xmit(struct nf_queue *q, struct sk_buff *skb)
{
	struct nf_staged *s = q->staged;
	struct xb_chan_desc d;
	u32 len = skb->len;
	void *at;

	at = xb_chan_reserve(&s->tx, len);
	if (unlikely(!at && !xb_chan_reap(&s->tx)))
		at = xb_chan_reserve(&s->tx, len);
	if (unlikely(!at || skb_copy_bits(skb, 0, at, len))) {
		q->tx.dropped++;
		dev_kfree_skb_any(skb);
		goto push;
	}
	tx_desc(skb, &d);
	xb_chan_commit(&s->tx, len, &d);
	trace_nf_tx(q->nf->dev->name, q->id, len, d.gso_size, true);
	skb_tx_timestamp(skb);
	q->tx.packets++;
	q->tx.bytes += len;
	dev_consume_skb_any(skb);
push:
	if (!netdev_xmit_more())
		nf_staged_push(q);
	if (likely(xb_chan_room(&s->tx, 1)))
		return NETDEV_TX_OK;
	/* Stopped before the event is asked for: whoever handles that has to see it. */
	netif_tx_stop_queue(q->txq);
	if (tx_room(q))
		netif_tx_start_queue(q->txq);
	else
		q->tx.stopped++;
	return NETDEV_TX_OK;
}

/* Called by NAPI when the queue was stopped. */
void nf_staged_tx_wake(struct nf_queue *q)
{
	__netif_tx_lock(q->txq, smp_processor_id());
	if (q->up && netif_tx_queue_stopped(q->txq) && tx_room(q)) {
		netif_tx_wake_queue(q->txq);
		q->worked |= BIT(NF_CH_RX) | BIT(NF_CH_TX);
	}
	__netif_tx_unlock(q->txq);
}

int nf_staged_xdp(struct nf_queue *q, struct xdp_frame *frame)
{
	struct nf_staged *s = q->staged;
	struct xb_chan_desc d = { 0 };
	void *at;

	at = xb_chan_reserve(&s->tx, frame->len);
	if (!at && !xb_chan_reap(&s->tx))
		at = xb_chan_reserve(&s->tx, frame->len);
	if (!at)
		return -ENOSPC;
	memcpy(at, frame->data, frame->len);
	xb_chan_commit(&s->tx, frame->len, &d);
	q->tx.xdp++;
	q->tx.packets++;
	q->tx.bytes += frame->len;
	xdp_return_frame(frame);
	return 0;
}

int nf_staged_mcast(struct nf_queue *q, const u8 *addr, bool add)
{
	struct xb_chan_desc d = { .flags = add ? XB_CHAN_MCAST_ADD : XB_CHAN_MCAST_DEL };
	struct nf_staged *s = q->staged;
	void *at = xb_chan_reserve(&s->tx, ETH_ALEN);

	if (!at && !xb_chan_reap(&s->tx))
		at = xb_chan_reserve(&s->tx, ETH_ALEN);
	if (!at)
		return -ENOSPC;
	memcpy(at, addr, ETH_ALEN);
	xb_chan_commit(&s->tx, ETH_ALEN, &d);
	return 0;
}

/* ---- receive */

/* The largest piece of what is left that there is a page for. */
static struct page *rx_page(struct nf_queue *q, u32 left, u32 *size)
{
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	struct page *page;

	if (left > NF_BIG_SIZE / 2) {
		page = page_pool_alloc_pages(q->big_pool, gfp | __GFP_NORETRY);
		if (likely(page)) {
			*size = NF_BIG_SIZE;
			return page;
		}
	}
	*size = PAGE_SIZE;
	return page_pool_alloc_pages(q->pool, gfp);
}

/* Headers into the linear part, all else into few large pages. */
static struct sk_buff *rx_large(struct nf_queue *q, const u8 *data, u32 len, struct nf_hdr *hdr)
{
	struct sk_buff *skb = napi_alloc_skb(&q->napi, NF_HDR_MAX);
	u32 off, size, n;
	struct page *page;

	if (unlikely(!skb))
		return NULL;
	memcpy(skb->data, data, NF_HDR_MAX);
	nf_hdr_find(skb->data, NF_HDR_MAX, hdr);
	__skb_put(skb, hdr->len);
	skb_mark_for_recycle(skb);
	for (off = hdr->len; off < len; off += n) {
		page = rx_page(q, len - off, &size);
		if (unlikely(!page)) {
			kfree_skb(skb);
			return NULL;
		}
		n = min(size, len - off);
		memcpy(page_address(page), data + off, n);
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, n, size);
	}
	return skb;
}

static struct sk_buff *rx_small(struct nf_queue *q, const u8 *data, u32 len)
{
	struct sk_buff *skb = nf_rx_skb(q, len);

	if (likely(skb))
		__skb_put_data(skb, data, len);
	return skb;
}

static void rx_packet(struct nf_queue *q, const struct xb_chan_desc *d, const void *data)
{
	struct bpf_prog *prog = rcu_dereference_bh(q->nf->xdp_prog);
	struct nf_meta m = {
		.gso_size = d->gso_size,
		.gso_type = d->gso_type,
		.hash_type = d->hash_type,
		.hash = d->hash,
		.csum_blank = d->flags & XB_CHAN_CSUM_BLANK,
		.csum_valid = d->flags & XB_CHAN_CSUM_VALID,
	};
	struct nf_hdr hdr = { 0 };
	struct sk_buff *skb;

	if (unlikely(d->flags & (XB_CHAN_MCAST_ADD | XB_CHAN_MCAST_DEL) || d->len < ETH_HLEN)) {
		q->rx.errors++;
		return;
	}
	if (unlikely(prog) && d->len <= NF_XDP_MAX) {
		m.xdp_done = true;
		skb = nf_xdp_run(q, prog, data, d->len);
		if (!skb)
			return;
	} else if (d->len <= NF_LINEAR_MAX) {
		skb = rx_small(q, data, d->len);
	} else {
		skb = rx_large(q, data, d->len, &hdr);
	}
	if (unlikely(!skb)) {
		q->rx.dropped++;
		return;
	}
	if (!hdr.len && m.gso_size)
		nf_hdr_find(skb->data, skb_headlen(skb), &hdr);
	nf_rx_deliver(q, skb, &m, &hdr);
}

int nf_staged_rx(struct nf_queue *q, int budget)
{
	struct nf_staged *s = q->staged;
	struct xb_chan_desc d;
	const void *data;
	u32 bytes = 0;
	int done = 0, ret = 0;

	while (done < budget) {
		ret = xb_chan_next(&s->rx, &d, &data);
		if (ret <= 0)
			break;
		rx_packet(q, &d, data);
		done++;
		bytes += d.len;
		if (bytes >= RELEASE_BYTES) {
			bytes = 0;
			nf_kick(&q->ch[NF_CH_RX], xb_chan_release(&s->rx));
		}
	}
	if (bytes)
		nf_kick(&q->ch[NF_CH_RX], xb_chan_release(&s->rx));
	if (unlikely(ret < 0))
		nf_fault(q->nf, "queue %u: receive channel: index or descriptor", q->id);
	return done;
}

/* Before sleeping. 1: something to do; 0: an event will come; below 0: there will be none. */
int nf_staged_rx_arm(struct nf_queue *q)
{
	int ret = xb_chan_wait_prod(&q->staged->rx);

	if (unlikely(ret < 0))
		nf_fault(q->nf, "queue %u: producer index of the receive channel", q->id);
	return ret;
}

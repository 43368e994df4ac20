/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deliver.c: a packet that lies in private memory becomes a socket buffer and goes to the stack.
 *
 * Invariants.
 *  - Nothing here sees the guest's memory, but for the source of nb_deliver_bytes, which is copied
 *    once before anything looks at it.
 *  - All headers up to TCP's or UDP's lie in the linear part before a packet with a blank
 *    checksum or with segments is handed on; what the guest said about it must fit what the
 *    headers say.
 *  - Memory: large packets lie in pieces of 64 KiB blocks, which come back to the queue's page pool
 *    wherever the packet is freed, so that the kernel does not zero them again.
 */
#include <linux/tcp.h>
#include <linux/udp.h>
#include <xb/compat.h>
#include XB_PAGE_POOL_H
#include "common.h"
#include "packet.h"

#define POOL_ORDER	4
#define POOL_BLOCK	(PAGE_SIZE << POOL_ORDER)
#define POOL_KEEP	48	/* blocks that a queue keeps once it has needed them */
#define GSO_SIZE_MIN	8	/* the smallest that TCP itself uses */

struct page_pool *nb_pool_create(void)
{
	struct page_pool_params params = {
		.flags = XB_PP_FLAG_FRAG,
		.order = POOL_ORDER,
		.pool_size = POOL_KEEP,
		.nid = NUMA_NO_NODE,
	};

	return page_pool_create(&params);
}

void nb_pool_destroy(struct page_pool *pool)
{
	if (!IS_ERR_OR_NULL(pool))
		page_pool_destroy(pool);
}

static bool buf_alloc_pages(struct nb_buf *b, u32 len)
{
	unsigned int i;

	b->pooled = false;
	b->off = 0;
	b->len = 0;
	for (i = 0; b->len < len; i++) {
		b->page[i] = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!b->page[i]) {
			while (i)
				__free_page(b->page[--i]);
			return false;
		}
		b->len += PAGE_SIZE;
	}
	b->len = len;
	return true;
}

/* PHASE: the offset in a page at which the packet would best begin, if there is room for that. */
bool nb_buf_alloc(struct nb_queue *q, struct nb_buf *b, u32 phase, u32 len)
{
	unsigned int off;

	if (phase + len > POOL_BLOCK)
		phase = 0;
	b->page[0] = page_pool_alloc_frag(q->pool, &off, phase + len,
					  GFP_ATOMIC | __GFP_NOWARN | __GFP_COMP);
	if (unlikely(!b->page[0]))
		return buf_alloc_pages(b, len);
	b->pooled = true;
	b->off = off + phase;
	b->len = len;
	return true;
}

void nb_buf_free(struct nb_queue *q, struct nb_buf *b)
{
	u32 pos;

	if (b->pooled) {
		page_pool_put_full_page(q->pool, b->page[0], true);
		return;
	}
	for (pos = 0; pos < b->len; pos += PAGE_SIZE)
		__free_page(b->page[pos >> PAGE_SHIFT]);
}

/* The buffer from byte POS on becomes fragments of the packet. */
static void buf_to_frags(struct nb_buf *b, u32 pos, struct sk_buff *skb)
{
	u32 page, off;

	if (b->pooled) {
		skb_add_rx_frag(skb, 0, b->page[0], b->off + pos, b->len - pos,
				ALIGN(b->len, SMP_CACHE_BYTES));
		skb_mark_for_recycle(skb);
		return;
	}
	for (page = 0; page * PAGE_SIZE < b->len; page++) {
		off = page ? 0 : pos;
		skb_add_rx_frag(skb, page, b->page[page], off,
				min_t(u32, b->len - page * PAGE_SIZE, PAGE_SIZE) - off, PAGE_SIZE);
	}
}

/* What the guest said about segments, against the headers. False: not to be handed on. */
static bool set_gso(struct sk_buff *skb, const struct nb_headers *h, const struct nb_meta *m)
{
	unsigned int payload = m->len - h->end;

	if (h->l4 != NB_PROTO_TCP || h->l3 != (m->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? 4 : 6) ||
	    m->gso_size < GSO_SIZE_MIN)
		return false;
	if (payload <= m->gso_size)
		return true;
	skb_shinfo(skb)->gso_type = h->l3 == 4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	skb_shinfo(skb)->gso_size = m->gso_size;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(payload, m->gso_size);
	return true;
}

/* The link-layer header was pulled. */
static bool set_csum(struct nb_queue *q, struct sk_buff *skb, const struct nb_headers *h,
		     const struct nb_meta *m)
{
	bool fixup = skb_is_gso(skb) && !m->csum_blank;

	if (!m->csum_blank && !fixup) {
		if (m->csum_valid)
			skb->ip_summed = CHECKSUM_UNNECESSARY;
		if (h->l4)
			skb_set_transport_header(skb, h->l4_off - ETH_HLEN);
		return true;
	}
	if (likely(h->l4 && !fixup))
		return skb_partial_csum_set(skb, h->l4_off - ETH_HLEN,
					    h->l4 == NB_PROTO_TCP ? offsetof(struct tcphdr, check) :
					    offsetof(struct udphdr, check));
	/* Headers that are long or unknown, or a guest that left the pseudo header's sum out. */
	if (fixup)
		q->from_stats.gso_fixup++;
	skb->ip_summed = CHECKSUM_PARTIAL;
	return !skb_checksum_setup(skb, fixup);
}

/*
 * Packets that could be merged go through GRO; all others too while it holds some back, so that
 * none overtakes another.
 */
static bool wants_gro(const struct nb_queue *q, const struct sk_buff *skb,
		      const struct nb_headers *h)
{
	if (q->napi.gro_bitmask || q->napi.rx_count)
		return true;
	return h->l4 == NB_PROTO_TCP && !skb_is_gso(skb) && skb->len > 512;
}

static void deliver(struct nb_queue *q, struct sk_buff *skb, const struct nb_headers *h,
		    const struct nb_meta *m)
{
	skb->protocol = eth_type_trans(skb, q->vif->net);
	skb_reset_network_header(skb);
	if ((m->gso_size && !set_gso(skb, h, m)) || !set_csum(q, skb, h, m)) {
		q->from_stats.bad++;
		dev_kfree_skb_any(skb);
		return;
	}
	if (m->hash_type)
		skb_set_hash(skb, m->hash, (m->hash_type - 1) & 1 ? PKT_HASH_TYPE_L4 :
			     PKT_HASH_TYPE_L3);
	skb_record_rx_queue(skb, q->id);
	q->from_stats.packets++;
	q->from_stats.bytes += m->len;
	if (wants_gro(q, skb, h))
		napi_gro_receive(&q->napi, skb);
	else
		netif_receive_skb(skb);
}

void nb_deliver_bytes(struct nb_queue *q, const void *data, const struct nb_meta *m)
{
	struct sk_buff *skb = napi_alloc_skb(&q->napi, m->len);
	struct nb_headers h;

	if (unlikely(!skb)) {
		q->from_stats.dropped++;
		return;
	}
	memcpy(__skb_put(skb, m->len), data, m->len);
	nb_headers_find(skb->data, m->len, &h);
	deliver(q, skb, &h, m);
}

void nb_deliver_buf(struct nb_queue *q, struct nb_buf *b, const struct nb_meta *m)
{
	struct sk_buff *skb = napi_alloc_skb(&q->napi, NB_HEAD);
	u32 room, head = min_t(u32, m->len, NB_HEAD);
	struct nb_headers h;

	if (unlikely(!skb)) {
		q->from_stats.dropped++;
		nb_buf_free(q, b);
		return;
	}
	memcpy(skb->data, nb_buf_at(b, 0, &room), head);
	nb_headers_find(skb->data, head, &h);
	if (h.end && h.end < m->len)
		head = h.end;
	__skb_put(skb, head);
	if (head < m->len)
		buf_to_frags(b, head, skb);
	else
		nb_buf_free(q, b);
	deliver(q, skb, &h, m);
}

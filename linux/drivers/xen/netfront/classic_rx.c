/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classic_rx.c: receiving through the published ring.
 *
 * Each posted slot has a page of the queue's pool, granted to the backend. A small packet is copied
 * out of it and the page, with its grant, is posted again; a larger one takes its pages along.
 *
 * INVARIANTS
 *  - A page leaves for the stack only after its grant was revoked; one that can not be stays in
 *    rx_buf, and goes to the kernel's deferred list when the queue is released.
 *  - rx_buf[i] is filled exactly for the posted entries; entry i was posted with id i.
 *  - What a fresh page held before is never seen by the backend: the allocator clears it. Pages
 *    that come back to the pool held packets only; without trust they are cleared as well.
 *
 * LOCK: the queue's NAPI, or rtnl while that is off.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <xen/page.h>
#include <xb/compat.h>
#include XB_PAGE_POOL_H

#include "netfront.h"

#define REFILL_BATCH	32u
#define REFILL_RETRY	(HZ / 10)

static void refill_timer(struct timer_list *t)
{
	struct nf_classic *c = from_timer(c, t, refill);

	napi_schedule(&c->q->napi);
}

/* ---- posting */

static void post(struct nf_classic *c, struct page *page, grant_ref_t ref)
{
	RING_IDX idx = c->rx.req_prod_pvt++;
	struct xen_netif_rx_request *req = RING_GET_REQUEST(&c->rx, idx);
	struct nf_rx_buf *buf = &c->rx_buf[idx % NF_RING];

	buf->page = page;
	buf->ref = ref;
	req->id = idx % NF_RING;
	req->pad = 0;
	req->gref = ref;
}

/* The buffer of entry IDX, which was answered, is posted again as it is. */
static void repost(struct nf_classic *c, RING_IDX idx)
{
	struct nf_rx_buf buf = c->rx_buf[idx % NF_RING];

	c->rx_buf[idx % NF_RING].page = NULL;
	post(c, buf.page, buf.ref);
}

static void push(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	int notify;

	if (c->rx.req_prod_pvt == c->rx.sring->req_prod)
		return;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&c->rx, notify);
	nf_kick(&q->ch[NF_CH_RX], notify);
}

static struct page *fresh_page(struct nf_queue *q)
{
	struct page *page;

	page = page_pool_alloc_pages(q->pool, GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
	if (page && q->nf->bounce)
		clear_highpage(page);
	return page;
}

static bool fill(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	struct page *page;
	grant_ref_t ref;

	while (c->rx.req_prod_pvt - c->rx.rsp_cons < NF_RING) {
		page = fresh_page(q);
		if (unlikely(!page))
			return false;
		ref = c->rx_ref[--c->rx_nr_ref];
		gnttab_page_grant_foreign_access_ref_one(ref, q->nf->xb->otherend_id, page, 0);
		post(c, page, ref);
		q->rx.grants++;
	}
	return true;
}

void nf_classic_refill(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	u32 posted = c->rx.req_prod_pvt - c->rx.rsp_cons;

	if (NF_RING - posted >= REFILL_BATCH && !fill(q)) {
		q->rx.dropped++;
		mod_timer(&c->refill, jiffies + REFILL_RETRY);
	}
	push(q);
}

/* ---- setting up */

int nf_classic_rx_setup(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	grant_ref_t head;
	int err;

	timer_setup(&c->refill, refill_timer, 0);
	err = xb_area_alloc(q->nf->xb, &c->rx_area, 1);
	if (err)
		return err;
	err = gnttab_alloc_grant_references(NF_RING, &head);
	if (err)
		return err;
	while (c->rx_nr_ref < NF_RING)
		c->rx_ref[c->rx_nr_ref++] = gnttab_claim_grant_reference(&head);
	XEN_FRONT_RING_INIT(&c->rx, (struct xen_netif_rx_sring *)c->rx_area.va, XEN_PAGE_SIZE);
	local_bh_disable();
	fill(q);
	local_bh_enable();
	RING_PUSH_REQUESTS(&c->rx);
	return c->rx.req_prod_pvt >= NF_TX_SLOTS ? 0 : -ENOMEM;
}

void nf_classic_rx_release(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	struct nf_rx_buf *buf;
	unsigned int i;

	if (!c->rx.sring)
		goto area;
	del_timer_sync(&c->refill);
	for (i = 0; i < NF_RING; i++) {
		buf = &c->rx_buf[i];
		if (!buf->page)
			continue;
		/* Our reference goes with the grant; the pool gives up a page that has two. */
		get_page(buf->page);
		gnttab_end_foreign_access(buf->ref, buf->page);
		page_pool_put_full_page(q->pool, buf->page, false);
	}
	while (c->rx_nr_ref)
		gnttab_free_grant_reference(c->rx_ref[--c->rx_nr_ref]);
area:
	xb_area_free(q->nf->xb, &c->rx_area);
}

int nf_classic_setup(struct nf_queue *q)
{
	int err;

	q->classic = kvzalloc(sizeof(*q->classic), GFP_KERNEL);
	if (!q->classic)
		return -ENOMEM;
	q->classic->q = q;
	err = nf_classic_tx_setup(q);
	if (!err)
		err = nf_classic_rx_setup(q);
	if (err)
		nf_classic_release(q);
	return err;
}

void nf_classic_release(struct nf_queue *q)
{
	if (!q->classic)
		return;
	nf_classic_rx_release(q);
	nf_classic_tx_release(q);
	kvfree(q->classic);
	q->classic = NULL;
}

/* ---- packets */

/* Ring entry of the packet's data slot N, if its first is entry CONS. */
static RING_IDX slot_idx(const struct nf_rx_pkt *pkt, RING_IDX cons, u32 n)
{
	return n ? cons + n + pkt->nr_extra : cons;
}

static const u8 *slot_data(struct nf_classic *c, const struct nf_rx_pkt *pkt, RING_IDX cons, u32 n)
{
	struct page *page = c->rx_buf[slot_idx(pkt, cons, n) % NF_RING].page;

	return page_address(page) + pkt->slot[n].off;
}

static void repost_all(struct nf_classic *c, const struct nf_rx_pkt *pkt, RING_IDX cons)
{
	u32 i;

	for (i = 0; i < pkt->nr + pkt->nr_extra; i++)
		repost(c, cons + i);
}

/*
 * Takes the pages of a packet from the backend: PAGES are ours then. False: it has not let go
 * of one of them, and the queue is at its end.
 */
static bool take_pages(struct nf_queue *q, const struct nf_rx_pkt *pkt, RING_IDX cons,
		       struct page **pages)
{
	struct nf_classic *c = q->classic;
	struct nf_rx_buf *buf;
	u32 i;

	for (i = 0; i < pkt->nr; i++) {
		buf = &c->rx_buf[slot_idx(pkt, cons, i) % NF_RING];
		if (unlikely(!gnttab_end_foreign_access_ref(buf->ref))) {
			nf_fault(q->nf, "queue %u: a received page is still mapped", q->id);
			break;
		}
		c->rx_ref[c->rx_nr_ref++] = buf->ref;
		pages[i] = buf->page;
		buf->page = NULL;
	}
	if (i < pkt->nr) {
		while (i--)
			page_pool_put_full_page(q->pool, pages[i], true);
		return false;
	}
	for (i = 0; i < pkt->nr_extra; i++)
		repost(c, cons + 1 + i);
	return true;
}

/* How many bytes of the packet go to the linear part: headers, or all that no frag is left for. */
static u32 linear_len(const struct nf_rx_pkt *pkt, const struct nf_hdr *hdr)
{
	u32 i, n = 0;

	if (pkt->nr <= MAX_SKB_FRAGS)
		return hdr->len;
	for (i = 0; i < pkt->nr - MAX_SKB_FRAGS; i++)
		n += pkt->slot[i].len;
	return max_t(u32, n, hdr->len);
}

/* PAGES are the packet's from here on. */
static struct sk_buff *rx_frags(struct nf_queue *q, const struct nf_rx_pkt *pkt,
				struct page **pages, struct nf_hdr *hdr)
{
	const u8 *start = page_address(pages[0]) + pkt->slot[0].off;
	struct sk_buff *skb;
	u32 i, linear, n;

	nf_hdr_find(start, min_t(u32, pkt->slot[0].len, NF_HDR_MAX), hdr);
	linear = linear_len(pkt, hdr);
	skb = napi_alloc_skb(&q->napi, max(linear, NF_HDR_MAX));
	if (skb)
		skb_mark_for_recycle(skb);
	for (i = 0; i < pkt->nr; i++) {
		const struct nf_rx_slot *s = &pkt->slot[i];

		n = min_t(u32, linear, s->len);
		if (skb && n)
			__skb_put_data(skb, page_address(pages[i]) + s->off, n);
		linear -= n;
		if (skb && s->len > n)
			skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, pages[i], s->off + n,
					s->len - n, PAGE_SIZE);
		else
			page_pool_put_full_page(q->pool, pages[i], true);
	}
	return skb;
}

/* A packet in one slot that XDP is to see: in its page if there is headroom, else in a copy. */
static struct sk_buff *rx_xdp(struct nf_queue *q, struct bpf_prog *prog,
			      const struct nf_rx_pkt *pkt, RING_IDX cons)
{
	struct page *pages[NF_RX_MAX_SLOTS];
	struct sk_buff *skb;

	if (pkt->slot[0].off >= XDP_PACKET_HEADROOM &&
	    pkt->slot[0].off + pkt->len <= XDP_PACKET_HEADROOM + NF_XDP_MAX) {
		if (!take_pages(q, pkt, cons, pages))
			return NULL;
		return nf_xdp_run_page(q, prog, pages[0], pkt->slot[0].off, pkt->len);
	}
	skb = nf_xdp_run(q, prog, slot_data(q->classic, pkt, cons, 0), pkt->len);
	repost_all(q->classic, pkt, cons);
	return skb;
}

static struct sk_buff *rx_copy(struct nf_queue *q, const struct nf_rx_pkt *pkt, RING_IDX cons)
{
	struct sk_buff *skb = nf_rx_skb(q, pkt->len);

	if (likely(skb))
		__skb_put_data(skb, slot_data(q->classic, pkt, cons, 0), pkt->len);
	else
		q->rx.dropped++;
	repost_all(q->classic, pkt, cons);
	q->rx.copied++;
	return skb;
}

static struct sk_buff *rx_pages(struct nf_queue *q, const struct nf_rx_pkt *pkt, RING_IDX cons,
				struct nf_hdr *hdr)
{
	struct page *pages[NF_RX_MAX_SLOTS];
	struct sk_buff *skb;

	if (!take_pages(q, pkt, cons, pages))
		return NULL;
	skb = rx_frags(q, pkt, pages, hdr);
	if (unlikely(!skb))
		q->rx.dropped++;
	return skb;
}

static void rx_packet(struct nf_queue *q, const struct nf_rx_pkt *pkt, RING_IDX cons)
{
	struct bpf_prog *prog = rcu_dereference_bh(q->nf->xdp_prog);
	struct nf_meta m = {
		.gso_size = pkt->gso_size,
		.gso_type = pkt->gso_type,
		.hash_type = pkt->hash_type,
		.hash = pkt->hash,
		.csum_blank = pkt->csum_blank,
		.csum_valid = pkt->csum_valid,
	};
	struct nf_hdr hdr = { 0 };
	struct sk_buff *skb;

	if (unlikely(pkt->drop || pkt->len < ETH_HLEN)) {
		q->rx.errors++;
		repost_all(q->classic, pkt, cons);
		return;
	}
	if (unlikely(prog) && pkt->nr == 1 && pkt->len <= NF_XDP_MAX) {
		m.xdp_done = true;
		skb = rx_xdp(q, prog, pkt, cons);
	} else if (pkt->nr == 1 && pkt->len <= READ_ONCE(q->nf->copybreak)) {
		skb = rx_copy(q, pkt, cons);
	} else {
		skb = rx_pages(q, pkt, cons, &hdr);
	}
	if (unlikely(!skb))
		return;
	if (!hdr.len && m.gso_size)
		nf_hdr_find(skb->data, skb_headlen(skb), &hdr);
	nf_rx_deliver(q, skb, &m, &hdr);
}

int nf_classic_rx(struct nf_queue *q, int budget)
{
	struct nf_classic *c = q->classic;
	const u64 *slots = (const u64 *)c->rx.sring->ring;
	RING_IDX cons = c->rx.rsp_cons, prod = READ_ONCE(c->rx.sring->rsp_prod);
	struct nf_rx_pkt pkt;
	int done = 0, ret;

	if (unlikely(prod - cons > c->rx.req_prod_pvt - cons)) {
		nf_fault(q->nf, "queue %u: receive response index %u after %u", q->id, prod, cons);
		return 0;
	}
	/* What was written before the index is read after it. */
	virt_rmb();
	c->rx_seen = prod;
	while (done < budget && cons != prod) {
		ret = nf_rx_parse(slots, cons, prod, &pkt);
		if (!ret)
			break;
		if (unlikely(ret < 0)) {
			nf_fault(q->nf, "queue %u: receive ring: %s", q->id, pkt.why);
			return done;
		}
		rx_packet(q, &pkt, cons);
		if (unlikely(READ_ONCE(q->nf->broken)))
			return done;
		cons += pkt.nr + pkt.nr_extra;
		c->rx.rsp_cons = cons;
		done++;
	}
	nf_classic_refill(q);
	return done;
}

/*
 * Before sleeping: asks for an event at the next response. True: there is one already. The
 * beginning of a packet whose end is still to come has been seen, and is no reason to stay awake.
 */
bool nf_classic_rx_arm(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	RING_IDX seen = c->rx_seen;

	WRITE_ONCE(c->rx.sring->rsp_event, seen + 1);
	/* The backend sees the event index before we look for what came meanwhile. */
	virt_mb();
	return READ_ONCE(c->rx.sring->rsp_prod) != seen;
}

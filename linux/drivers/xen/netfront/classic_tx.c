/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classic_tx.c: sending through the published ring.
 *
 * Each of the ring's 256 slots has for as long as the queue is connected: an id, a grant reference,
 * and a share of memory that is granted for good. The first bytes of each packet are copied there
 * (all of them when the backend is not trusted: then a share is a page); only the rest is granted.
 *
 * INVARIANTS
 *  - A slot is busy from its request to its response. A response to a slot that is not is a lie.
 *  - The first slot of a packet stays taken until all of the packet's are answered; then its owner
 *    is freed. If a grant can not be revoked, neither its page nor the owner is ever reused.
 *  - The queue runs only while there are ids and ring entries for a packet of any shape.
 *
 * LOCK: the txq's.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <xen/page.h>

#include "netfront.h"
#include "trace.h"

#define FRAME_TAG	1ul

int nf_classic_tx_setup(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	grant_ref_t head;
	unsigned int i;
	int err;

	c->copy_size = q->nf->bounce ? XEN_PAGE_SIZE : NF_TX_COPY;
	err = xb_area_alloc(q->nf->xb, &c->tx_area, 1);
	if (!err)
		err = xb_area_alloc(q->nf->xb, &c->tx_copy, NF_RING * c->copy_size / XEN_PAGE_SIZE);
	if (!err)
		err = gnttab_alloc_grant_references(NF_RING, &head);
	if (err)
		return err;
	XEN_FRONT_RING_INIT(&c->tx, (struct xen_netif_tx_sring *)c->tx_area.va, XEN_PAGE_SIZE);
	for (i = 0; i < NF_RING; i++) {
		c->tx_slot[i].ref = gnttab_claim_grant_reference(&head);
		c->tx_free[i] = NF_RING - 1 - i;
	}
	c->tx_nr_free = NF_RING;
	return 0;
}

static void free_owner(void *owner, bool sent)
{
	unsigned long tagged = (unsigned long)owner;

	if (tagged & FRAME_TAG)
		xdp_return_frame((struct xdp_frame *)(tagged - FRAME_TAG));
	else if (sent)
		dev_consume_skb_any(owner);
	else
		dev_kfree_skb_any(owner);
}

/* False: the backend has not let go of the page, which must not be used again then. */
static bool slot_revoke(struct nf_tx_slot *s)
{
	if (gnttab_try_end_foreign_access(s->ref))
		return true;
	get_page(s->page);
	gnttab_end_foreign_access(s->ref, s->page);
	return false;
}

void nf_classic_tx_release(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	struct nf_tx_slot *s;
	unsigned int i;

	if (!c->tx.sring)
		goto areas;
	for (i = 0; i < NF_RING; i++) {
		s = &c->tx_slot[i];
		if (!s->page)
			gnttab_free_grant_reference(s->ref);
		else if (!slot_revoke(s))
			c->tx_slot[s->first].owner = NULL;
	}
	for (i = 0; i < NF_RING; i++)
		if (c->tx_slot[i].owner)
			free_owner(c->tx_slot[i].owner, false);
areas:
	xb_area_free(q->nf->xb, &c->tx_copy);
	xb_area_free(q->nf->xb, &c->tx_area);
	netdev_tx_reset_queue(q->txq);
}

void nf_classic_push(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	int notify;

	if (c->tx.req_prod_pvt == c->tx.sring->req_prod)
		return;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&c->tx, notify);
	nf_kick(nf_tx_ch(q), notify);
}

static bool tx_room(const struct nf_classic *c)
{
	return NF_RING - (c->tx.req_prod_pvt - c->tx.rsp_cons) >= NF_TX_NEEDED &&
	       c->tx_nr_free >= NF_TX_NEEDED;
}

/* ---- building requests */

struct build {
	struct nf_queue *q;
	struct nf_classic *c;
	struct xen_netif_tx_request *first_req;
	struct xen_netif_tx_request *last_req;
	struct nf_tx_slot *first;
	u16 first_id;
};

static struct nf_tx_slot *next_slot(struct build *b, u16 *id)
{
	struct nf_classic *c = b->c;
	struct nf_tx_slot *s;

	*id = c->tx_free[--c->tx_nr_free];
	s = &c->tx_slot[*id];
	s->busy = true;
	s->page = NULL;
	s->owner = NULL;
	if (!b->first) {
		b->first = s;
		b->first_id = *id;
		s->left = 0;
		s->bytes = 0;
	}
	s->first = b->first_id;
	b->first->left++;
	return s;
}

static void request(struct build *b, u16 id, grant_ref_t ref, u32 off, u32 len)
{
	struct xen_netif_tx_request *req = RING_GET_REQUEST(&b->c->tx, b->c->tx.req_prod_pvt++);

	if (b->last_req)
		b->last_req->flags |= XEN_NETTXF_more_data;
	else
		b->first_req = req;
	req->id = id;
	req->gref = ref;
	req->offset = off;
	req->size = len;
	req->flags = 0;
	b->last_req = req;
}

/* The slot's share of the memory that is granted for good. */
static void *copy_slot(struct build *b, u32 len)
{
	struct nf_classic *c = b->c;
	u16 id;
	u32 at;

	next_slot(b, &id);
	at = id * c->copy_size;
	request(b, id, c->tx_copy.grefs[at / XEN_PAGE_SIZE], at % XEN_PAGE_SIZE, len);
	return c->tx_copy.va + at;
}

static void grant_range(struct build *b, struct page *page, u32 off, u32 len)
{
	struct nf_tx_slot *s;
	u32 n;
	u16 id;

	page += off >> PAGE_SHIFT;
	off = offset_in_page(off);
	for (; len; len -= n, off = 0, page++) {
		n = min_t(u32, len, XEN_PAGE_SIZE - off);
		s = next_slot(b, &id);
		gnttab_grant_foreign_access_ref(s->ref, b->q->nf->xb->otherend_id,
						xen_page_to_gfn(page), GTF_readonly);
		s->page = page;
		request(b, id, s->ref, off, n);
		b->q->tx.grants++;
	}
}

static void gso_slot(struct build *b, const struct sk_buff *skb)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	struct xen_netif_extra_info *x;

	x = (void *)RING_GET_REQUEST(&b->c->tx, b->c->tx.req_prod_pvt++);
	*x = (struct xen_netif_extra_info){ .type = XEN_NETIF_EXTRA_TYPE_GSO };
	x->u.gso.size = info->gso_size;
	x->u.gso.type = info->gso_type & SKB_GSO_TCPV6 ? XEN_NETIF_GSO_TYPE_TCPV6 :
							XEN_NETIF_GSO_TYPE_TCPV4;
	b->first_req->flags |= XEN_NETTXF_extra_info;
}

static void offload_flags(struct build *b, const struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		b->first_req->flags |= XEN_NETTXF_csum_blank | XEN_NETTXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		b->first_req->flags |= XEN_NETTXF_data_validated;
	if (skb_shinfo(skb)->gso_size)
		gso_slot(b, skb);
}

/* Slots for SKB, if COPIED bytes of it are copied and the rest is granted. */
static u32 count_slots(const struct sk_buff *skb, u32 copied)
{
	u32 i, n = 1, head = skb_headlen(skb);

	if (head > copied)
		n += nf_pages(offset_in_page(skb->data + copied), head - copied);
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		n += nf_pages(offset_in_page(skb_frag_off(frag)), skb_frag_size(frag));
	}
	return n;
}

/* All bytes are copied: the packet is not needed any more. */
static int xmit_copy(struct build *b, struct sk_buff *skb)
{
	u32 off = 0, n;
	void *at;

	do {
		n = min(skb->len - off, b->c->copy_size);
		at = copy_slot(b, n);
		if (skb_copy_bits(skb, off, at, n))
			memset(at, 0, n);
		if (!off)
			offload_flags(b, skb);
		off += n;
	} while (off < skb->len);
	b->q->tx.copied++;
	return 0;
}

static int xmit_grant(struct build *b, struct sk_buff *skb)
{
	u32 i, copied = min_t(u32, skb_headlen(skb), b->c->copy_size);

	if (unlikely(copied < ETH_HLEN))
		return -EINVAL;
	if (unlikely(count_slots(skb, copied) > NF_TX_SLOTS)) {
		if (skb_linearize(skb))
			return -ENOMEM;
		b->q->tx.linearized++;
		copied = min_t(u32, skb_headlen(skb), b->c->copy_size);
		if (count_slots(skb, copied) > NF_TX_SLOTS)
			return -E2BIG;
	}
	memcpy(copy_slot(b, copied), skb->data, copied);
	offload_flags(b, skb);
	if (skb_headlen(skb) > copied)
		grant_range(b, virt_to_page(skb->data + copied),
			    offset_in_page(skb->data + copied), skb_headlen(skb) - copied);
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		grant_range(b, skb_frag_page(frag), skb_frag_off(frag), skb_frag_size(frag));
	}
	b->first->owner = skb;
	return 0;
}

static void stop_if_full(struct nf_queue *q)
{
	if (likely(tx_room(q->classic)))
		return;
	netif_tx_stop_queue(q->txq);
	q->tx.stopped++;
}

netdev_tx_t nf_classic_xmit(struct nf_queue *q, struct sk_buff *skb)
{
	struct build b = { .q = q, .c = q->classic };
	u32 len = skb->len;
	bool kick;

	if (unlikely(!tx_room(b.c)))
		goto drop;
	if (len <= b.c->copy_size || q->nf->bounce) {
		if (xmit_copy(&b, skb))
			goto drop;
	} else if (xmit_grant(&b, skb)) {
		goto drop;
	}
	b.first_req->size = len;
	b.first->bytes = len;
	trace_nf_tx(q->nf->dev->name, q->id, len, skb_shinfo(skb)->gso_size, false);
	skb_tx_timestamp(skb);
	q->tx.packets++;
	q->tx.bytes += len;
	kick = __netdev_tx_sent_queue(q->txq, len, netdev_xmit_more());
	if (!b.first->owner)
		dev_consume_skb_any(skb);
	stop_if_full(q);
	if (kick || netif_xmit_stopped(q->txq))
		nf_classic_push(q);
	return NETDEV_TX_OK;
drop:
	q->tx.dropped++;
	dev_kfree_skb_any(skb);
	if (!netdev_xmit_more())
		nf_classic_push(q);
	return NETDEV_TX_OK;
}

int nf_classic_xdp(struct nf_queue *q, struct xdp_frame *frame)
{
	struct build b = { .q = q, .c = q->classic };
	u32 copied = min_t(u32, frame->len, b.c->copy_size);
	u32 rest = frame->len - copied, n = copied;

	if (!tx_room(b.c))
		return -ENOSPC;
	memcpy(copy_slot(&b, copied), frame->data, copied);
	for (; rest && q->nf->bounce; rest -= copied, n += copied) {
		copied = min(rest, b.c->copy_size);
		memcpy(copy_slot(&b, copied), frame->data + n, copied);
	}
	if (rest)
		grant_range(&b, virt_to_page(frame->data + n), offset_in_page(frame->data + n),
			    rest);
	b.first_req->size = frame->len;
	q->tx.xdp++;
	q->tx.packets++;
	q->tx.bytes += frame->len;
	if (rest)
		b.first->owner = (void *)((unsigned long)frame + FRAME_TAG);
	else
		xdp_return_frame(frame);
	stop_if_full(q);
	return 0;
}

int nf_classic_mcast(struct nf_queue *q, const u8 *addr, bool add)
{
	struct build b = { .q = q, .c = q->classic };
	struct xen_netif_extra_info *x;

	if (!tx_room(b.c))
		return -ENOSPC;
	memset(copy_slot(&b, ETH_HLEN), 0, ETH_HLEN);
	x = (void *)RING_GET_REQUEST(&b.c->tx, b.c->tx.req_prod_pvt++);
	*x = (struct xen_netif_extra_info){
		.type = add ? XEN_NETIF_EXTRA_TYPE_MCAST_ADD : XEN_NETIF_EXTRA_TYPE_MCAST_DEL,
	};
	memcpy(x->u.mcast.addr, addr, ETH_ALEN);
	b.first_req->flags |= XEN_NETTXF_extra_info;
	stop_if_full(q);
	return 0;
}

/* ---- responses */

struct cleaned {
	unsigned int packets, bytes;
};

static void put_id(struct nf_classic *c, u16 id)
{
	c->tx_free[c->tx_nr_free++] = id;
}

static bool response(struct nf_queue *q, const struct xen_netif_tx_response *rsp,
		     struct cleaned *sum)
{
	struct nf_classic *c = q->classic;
	struct nf_tx_slot *s, *first;
	u16 id = rsp->id;

	if (rsp->status == XEN_NETIF_RSP_NULL)
		return true;
	if (unlikely(id >= NF_RING || !c->tx_slot[id].busy)) {
		nf_fault(q->nf, "queue %u: answer to a transmit id %u that is not in use", q->id,
			 id);
		return false;
	}
	if (unlikely(rsp->status < 0))
		q->tx.errors++;
	s = &c->tx_slot[id];
	if (s->page) {
		if (unlikely(!gnttab_end_foreign_access_ref(s->ref))) {
			nf_fault(q->nf, "queue %u: a transmitted page is still mapped", q->id);
			return false;
		}
		s->page = NULL;
	}
	s->busy = false;
	first = &c->tx_slot[s->first];
	if (s != first)
		put_id(c, id);
	if (--first->left)
		return true;
	put_id(c, first - c->tx_slot);
	if (first->bytes) {
		sum->packets++;
		sum->bytes += first->bytes;
	}
	if (first->owner) {
		free_owner(first->owner, true);
		first->owner = NULL;
	}
	return true;
}

/* True: there were responses. */
bool nf_classic_tx_clean(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	struct xen_netif_tx_response rsp;
	struct cleaned sum = { 0 };
	RING_IDX cons = c->tx.rsp_cons, prod = READ_ONCE(c->tx.sring->rsp_prod);

	if (prod == cons)
		return false;
	__netif_tx_lock(q->txq, smp_processor_id());
	if (unlikely(prod - cons > c->tx.req_prod_pvt - cons)) {
		nf_fault(q->nf, "queue %u: transmit response index %u after %u", q->id, prod, cons);
		goto out;
	}
	/* What was written before the index is read after it. */
	virt_rmb();
	for (; cons != prod; cons++) {
		RING_COPY_RESPONSE(&c->tx, cons, &rsp);
		if (!response(q, &rsp, &sum))
			goto out;
	}
	c->tx.rsp_cons = cons;
	netdev_tx_completed_queue(q->txq, sum.packets, sum.bytes);
	if (netif_tx_queue_stopped(q->txq) && tx_room(c) && q->up)
		netif_tx_wake_queue(q->txq);
out:
	__netif_tx_unlock(q->txq);
	return true;
}

/*
 * Before sleeping: asks for an event when half of what is under way is done, but not later than
 * after tx-frames (ethtool -C) responses. True: there are enough already.
 */
bool nf_classic_tx_arm(struct nf_queue *q)
{
	struct nf_classic *c = q->classic;
	RING_IDX cons = c->tx.rsp_cons;
	u32 inflight = READ_ONCE(c->tx.req_prod_pvt) - cons;
	u32 want = clamp_t(u32, inflight / 2, 1, READ_ONCE(q->nf->tx_frames));

	WRITE_ONCE(c->tx.sring->rsp_event, cons + want);
	/* The backend sees the event index before we look for what came meanwhile. */
	virt_mb();
	return READ_ONCE(c->tx.sring->rsp_prod) - cons >= want;
}

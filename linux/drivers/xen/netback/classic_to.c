/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classic_to.c: packets to the guest through the published RX ring, by grant copies.
 *
 * The copies are made from where packets are handed to us; those of a batch (netdev_xmit_more) are
 * one hypercall, one update of the ring and at most one event.
 *
 * Invariants.
 *  - A slot is read once, before anything is written there: request and response share it.
 *  - rsp_prod stays behind req_cons by what is not published yet; only whole packets are
 *    published, and only after their copies were made. A copy that failed is told in its slot's
 *    status.
 *  - Packets are kept until their copies were made.
 * Lock: the TX queue's.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include "common.h"
#include "trace.h"
#include "wire.h"

#define TO_OPS		256
#define TO_SKBS		64

struct nb_classic_to {
	struct xen_netif_rx_sring *sring;
	u32 req_cons;		/* the next slot to be taken */
	u32 req_prod;		/* seen, and found right */
	u32 rsp_done;		/* whole packets end here */
	u32 rsp_prod;		/* what the guest was told */
	u32 needed;		/* slots that the packet needs which waits */
	u32 nr_ops, nr_skbs;
	u32 op_slot[TO_OPS];
	struct sk_buff *skb[TO_SKBS];
	struct gnttab_copy op[TO_OPS];
};

/* The slot that is being filled. */
struct to_slot {
	u32 index;
	u32 gref;
	u16 id;
	u16 start, end;		/* of the data in the guest's page */
};

static_assert(__CONST_RING_SIZE(xen_netif_rx, XEN_PAGE_SIZE) == NB_RING_SIZE);
static_assert(sizeof(struct xen_netif_rx_request) == 8);

int nb_classic_to_map(struct nb_queue *q, grant_ref_t ref)
{
	struct nb_classic_to *ct;
	int err;

	ct = kvzalloc(sizeof(*ct), GFP_KERNEL);
	if (!ct)
		return -ENOMEM;
	err = xb_area_map(q->vif->dev, &q->to_map, &ref, 1);
	if (err) {
		kvfree(ct);
		return err;
	}
	/* A guest that another backend served before goes on where that one ended. */
	ct->sring = q->to_map.va;
	ct->rsp_prod = READ_ONCE(ct->sring->rsp_prod);
	ct->rsp_done = ct->rsp_prod;
	ct->req_cons = ct->rsp_prod;
	ct->req_prod = ct->rsp_prod;
	q->ct = ct;
	return READ_ONCE(ct->sring->req_prod) - ct->rsp_prod > NB_RING_SIZE ? -EIO : 0;
}

void nb_classic_to_free(struct nb_queue *q)
{
	struct nb_classic_to *ct = q->ct;

	if (!ct)
		return;
	while (ct->nr_skbs)
		kfree_skb(ct->skb[--ct->nr_skbs]);
	q->ct = NULL;
	kvfree(ct);
}

bool nb_classic_room(struct nb_queue *q)
{
	struct nb_classic_to *ct = q->ct;

	return READ_ONCE(ct->sring->req_prod) - READ_ONCE(ct->req_cons) >= READ_ONCE(ct->needed);
}

/* Makes the copies that were collected. */
static void to_copy(struct nb_queue *q)
{
	struct nb_classic_to *ct = q->ct;
	u32 i;

	if (!ct->nr_ops)
		return;
	gnttab_batch_copy(ct->op, ct->nr_ops);
	q->to_stats.copy_calls++;
	q->to_stats.copies += ct->nr_ops;
	for (i = 0; i < ct->nr_ops; i++) {
		if (likely(ct->op[i].status == GNTST_okay))
			continue;
		ct->sring->ring[ct->op_slot[i] & (NB_RING_SIZE - 1)].rsp.status =
			XEN_NETIF_RSP_ERROR;
		q->to_stats.bad++;
	}
	ct->nr_ops = 0;
}

void nb_classic_flush(struct nb_queue *q)
{
	struct nb_classic_to *ct = q->ct;
	u32 old = ct->rsp_prod, new = ct->rsp_done, i;

	if (old == new)
		return;
	trace_nb_to(q->vif->net->name, q->id, ct->nr_skbs, ct->nr_ops);
	to_copy(q);
	virt_wmb(); /* responses come before their index */
	WRITE_ONCE(ct->sring->rsp_prod, new);
	ct->rsp_prod = new;
	virt_mb(); /* the index comes before the look at who wants an event */
	if (new - READ_ONCE(ct->sring->rsp_event) < new - old)
		xb_evtchn_notify(q->ev_to);
	else
		q->ev_to->saved++;
	for (i = 0; i < ct->nr_skbs; i++)
		dev_consume_skb_any(ct->skb[i]);
	ct->nr_skbs = 0;
}

static void slot_open(struct nb_classic_to *ct, struct to_slot *s, u16 start)
{
	struct xen_netif_rx_request req;
	u64 raw;

	s->index = ct->req_cons++;
	raw = READ_ONCE(*(u64 *)&ct->sring->ring[s->index & (NB_RING_SIZE - 1)]);
	memcpy(&req, &raw, sizeof(req));
	s->gref = req.gref;
	s->id = req.id;
	s->start = start;
	s->end = start;
}

static void slot_close(struct nb_classic_to *ct, const struct to_slot *s, u16 flags)
{
	struct xen_netif_rx_response *rsp;

	rsp = &ct->sring->ring[s->index & (NB_RING_SIZE - 1)].rsp;
	rsp->id = s->id;
	rsp->offset = s->start;
	rsp->flags = flags;
	rsp->status = s->end - s->start;
}

static void slot_extra(struct nb_classic_to *ct, const struct nb_extra *e)
{
	memcpy(&ct->sring->ring[ct->req_cons++ & (NB_RING_SIZE - 1)].rsp, e, sizeof(*e));
}

/* One copy; neither side crosses a page. */
static void op_add(struct nb_queue *q, struct to_slot *s, const void *data, u32 len)
{
	struct nb_classic_to *ct = q->ct;
	struct xen_page_foreign *foreign;
	struct gnttab_copy *op;

	if (ct->nr_ops == TO_OPS)
		to_copy(q);
	ct->op_slot[ct->nr_ops] = s->index;
	op = &ct->op[ct->nr_ops++];
	op->flags = GNTCOPY_dest_gref;
	/* The page may be mapped from yet another guest, by another backend. */
	foreign = xen_page_foreign(virt_to_page(data));
	if (unlikely(foreign)) {
		op->source.domid = foreign->domid;
		op->source.u.ref = foreign->gref;
		op->flags |= GNTCOPY_source_gref;
	} else {
		op->source.domid = DOMID_SELF;
		op->source.u.gmfn = virt_to_gfn(data);
	}
	op->source.offset = xen_offset_in_page(data);
	op->dest.domid = q->vif->domid;
	op->dest.u.ref = s->gref;
	op->dest.offset = s->end;
	op->len = len;
	s->end += len;
}

/* What comes with a packet besides data. */
struct to_extras {
	struct nb_extra e[3];
	u32 nr;
	u16 flags;
	u16 headroom;
};

static void extras_of(struct nb_queue *q, const struct sk_buff *skb, struct to_extras *x)
{
	u8 hash_type = nb_hash_type_of(q->vif, skb);
	u32 hash = skb->hash;

	x->nr = 0;
	x->flags = 0;
	x->headroom = READ_ONCE(q->vif->xdp_headroom);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		x->flags = XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		x->flags = XEN_NETRXF_data_validated;
	if (skb_is_gso(skb))
		x->e[x->nr++] = (struct nb_extra){
			.type = NB_EXTRA_GSO,
			.u.gso.size = skb_shinfo(skb)->gso_size,
			.u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
				      NB_GSO_TCPV4 : NB_GSO_TCPV6,
		};
	if (unlikely(hash_type)) {
		x->e[x->nr] = (struct nb_extra){
			.type = NB_EXTRA_HASH,
			.u.hash.type = hash_type - 1,
			.u.hash.algorithm = NB_HASH_TOEPLITZ,
		};
		memcpy(x->e[x->nr++].u.hash.value, &hash, sizeof(hash));
	}
	if (unlikely(x->headroom))
		x->e[x->nr++] = (struct nb_extra){
			.type = NB_EXTRA_XDP,
			.u.xdp.headroom = x->headroom,
		};
	if (x->nr)
		x->flags |= XEN_NETRXF_extra_info;
}

static void put_packet(struct nb_queue *q, struct sk_buff *skb, struct to_extras *x)
{
	struct nb_classic_to *ct = q->ct;
	u32 left = skb->len, pos = 0, len, n, i;
	struct skb_seq_state seq;
	struct to_slot slot;
	u16 flags = x->flags;
	const u8 *data;

	slot_open(ct, &slot, x->headroom);
	for (i = 0; i < x->nr; i++) {
		x->e[i].flags = i + 1 < x->nr ? NB_EXTRAF_MORE : 0;
		slot_extra(ct, &x->e[i]);
	}
	skb_prepare_seq_read(skb, 0, left, &seq);
	while ((len = skb_seq_read(pos, &data, &seq))) {
		pos += len;
		for (; len; len -= n, data += n, left -= n) {
			if (slot.end == XEN_PAGE_SIZE) {
				slot_close(ct, &slot, flags | XEN_NETRXF_more_data);
				flags = 0;
				slot_open(ct, &slot, 0);
			}
			n = min_t(u32, len, XEN_PAGE_SIZE - slot.end);
			n = min_t(u32, n, XEN_PAGE_SIZE - xen_offset_in_page(data));
			op_add(q, &slot, data, n);
		}
	}
	slot_close(ct, &slot, flags);
	ct->rsp_done = ct->req_cons;
	ct->skb[ct->nr_skbs++] = skb;
}

/* Are there NEEDED slots? -EPROTO: the guest's index makes no sense. */
static int to_slots(struct nb_queue *q, u32 needed)
{
	struct nb_classic_to *ct = q->ct;

	if (likely(ct->req_prod - ct->req_cons >= needed))
		return 1;
	ct->req_prod = READ_ONCE(ct->sring->req_prod);
	if (ct->req_prod - ct->req_cons > NB_RING_SIZE) {
		ct->req_prod = ct->req_cons;
		nb_fault(q->vif, q->id, "impossible number of requests to receive");
		return -EPROTO;
	}
	virt_rmb(); /* the index comes before what it announces */
	return ct->req_prod - ct->req_cons >= needed;
}

/* No room: 0 when the queue waits now, 1 when there is room after all, -EPROTO. */
static int to_sleep(struct nb_queue *q, u32 needed)
{
	struct nb_classic_to *ct = q->ct;
	int err;

	nb_classic_flush(q);
	netif_tx_stop_queue(nb_txq(q));
	WRITE_ONCE(ct->needed, needed);
	nb_to_wait(q);
	WRITE_ONCE(ct->sring->req_event, ct->req_cons + needed);
	virt_mb(); /* to_waiting and the wish for an event come before the last look */
	err = to_slots(q, needed);
	if (err > 0)
		nb_to_go(q);
	return err;
}

netdev_tx_t nb_classic_xmit(struct nb_queue *q, struct sk_buff *skb, bool more)
{
	struct nb_classic_to *ct = q->ct;
	struct to_extras x;
	u32 needed;
	int ok;

	extras_of(q, skb, &x);
	needed = DIV_ROUND_UP(x.headroom + skb->len, XEN_PAGE_SIZE) + x.nr;
	ok = to_slots(q, needed);
	if (unlikely(!ok))
		ok = to_sleep(q, needed);
	if (unlikely(!ok))
		return NETDEV_TX_BUSY;
	if (unlikely(ok < 0)) {
		q->to_stats.dropped++;
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	q->to_waiting = false;
	q->to_stats.packets++;
	q->to_stats.bytes += skb->len;
	put_packet(q, skb, &x);
	if (!more || ct->nr_skbs == TO_SKBS || ct->nr_ops > TO_OPS / 2)
		nb_classic_flush(q);
	return NETDEV_TX_OK;
}

void nb_classic_to_show(struct nb_queue *q, struct seq_file *m)
{
	const struct nb_classic_to *ct = q->ct;
	const struct xen_netif_rx_sring *s = ct->sring;

	seq_printf(m, "RX: nr_ents %u\n", NB_RING_SIZE);
	seq_printf(m, "req prod %u cons %u event %u\n", READ_ONCE(s->req_prod), ct->req_cons,
		   READ_ONCE(s->req_event));
	seq_printf(m, "rsp prod %u pvt %u event %u\n", READ_ONCE(s->rsp_prod), ct->rsp_done,
		   READ_ONCE(s->rsp_event));
	seq_printf(m, "pending copies %u packets %u\n\n", ct->nr_ops, ct->nr_skbs);
}

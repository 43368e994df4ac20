/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classic_from.c: packets from the guest through the published TX ring, by grant copies.
 *
 * A poll copies the slots that are there into private memory, parses them (tx_parse.c), and fetches
 * the data of up to 64 packets by one hypercall: short packets into a scratch page, longer ones
 * into buffers that become fragments. Nothing is ever mapped, so nothing has to be unmapped, and no
 * packet in dom0 depends on the guest.
 *
 * Invariants.
 *  - Each slot of the ring gets one response, in order; responses overwrite only slots that were
 *    copied, and are published in one go.
 *  - A packet goes on only when each of its copies succeeded.
 * Context: the queue's NAPI.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include "common.h"
#include "trace.h"
#include "tx_parse.h"

#define FROM_BATCH	64
#define FROM_OPS	512
#define FROM_OPS_MAX	(2 * NB_TX_FRAGS_MAX + NB_SEGS + 1)	/* of one packet */
#define FROM_SHORT	512	/* bytes of a packet that goes through the scratch pages */

struct from_packet {
	u32 first;		/* its first slot */
	u32 slots;
	u32 nr_extra;
	u32 op, nr_ops;
	s16 status;		/* XEN_NETIF_RSP_*: if not okay, there is nothing to deliver */
	bool in_buf;
	struct nb_meta meta;
	struct nb_buf buf;
};

struct nb_classic_from {
	struct xen_netif_tx_sring *sring;
	u32 req_cons;		/* the next slot to be parsed */
	u32 rsp_next;		/* the next slot to get its response */
	u32 rsp_prod;		/* what the guest was told */
	u32 nr_ops, nr_packets;
	u8 *scratch;		/* FROM_BATCH times FROM_SHORT */
	union nb_tx_slot slot[NB_RING_SIZE];
	struct nb_tx_packet parsed;
	struct from_packet packet[FROM_BATCH];
	struct gnttab_copy op[FROM_OPS];
};

static_assert(__CONST_RING_SIZE(xen_netif_tx, XEN_PAGE_SIZE) == NB_RING_SIZE);
static_assert(sizeof(struct xen_netif_tx_request) == sizeof(union nb_tx_slot));
static_assert(sizeof(struct xen_netif_extra_info) == sizeof(struct nb_extra));
static_assert(XEN_NETIF_NR_SLOTS_MIN + 1 == NB_TX_FRAGS_MAX);
static_assert(PAGE_SIZE % FROM_SHORT == 0);

int nb_classic_from_map(struct nb_queue *q, grant_ref_t ref)
{
	struct nb_classic_from *cf;
	int err;

	cf = kvzalloc(sizeof(*cf), GFP_KERNEL);
	if (!cf)
		return -ENOMEM;
	q->cf = cf;
	cf->scratch = (u8 *)__get_free_pages(GFP_KERNEL, get_order(FROM_BATCH * FROM_SHORT));
	if (!cf->scratch)
		return -ENOMEM;
	err = xb_area_map(q->vif->dev, &q->from_map, &ref, 1);
	if (err)
		return err;
	/* A guest that another backend served before goes on where that one ended. */
	cf->sring = q->from_map.va;
	cf->rsp_prod = READ_ONCE(cf->sring->rsp_prod);
	cf->rsp_next = cf->rsp_prod;
	cf->req_cons = cf->rsp_prod;
	return READ_ONCE(cf->sring->req_prod) - cf->rsp_prod > NB_RING_SIZE ? -EIO : 0;
}

void nb_classic_from_free(struct nb_queue *q)
{
	struct nb_classic_from *cf = q->cf;

	if (!cf)
		return;
	q->cf = NULL;
	free_pages((unsigned long)cf->scratch, get_order(FROM_BATCH * FROM_SHORT));
	kvfree(cf);
}

bool nb_classic_pending(struct nb_queue *q)
{
	return READ_ONCE(q->cf->sring->req_prod) != READ_ONCE(q->cf->req_cons);
}

/* Asks for an event; true: nothing came in the meantime, the queue may sleep. */
bool nb_classic_sleep(struct nb_queue *q)
{
	WRITE_ONCE(q->cf->sring->req_event, q->cf->req_cons + 1);
	virt_mb(); /* the wish for an event comes before the last look */
	return !nb_classic_pending(q);
}

/* ---- responses */

static void from_respond(struct nb_classic_from *cf, u32 slots, u32 nr_extra, s16 status)
{
	struct xen_netif_tx_response rsp;
	u32 i;

	for (i = 0; i < slots; i++, cf->rsp_next++) {
		u32 at = cf->rsp_next & (NB_RING_SIZE - 1);

		rsp = (struct xen_netif_tx_response){ .status = XEN_NETIF_RSP_NULL };
		if (!i || i > nr_extra) {
			rsp.id = cf->slot[at].req.id;
			rsp.status = status;
		}
		cf->sring->ring[at].rsp = rsp;
	}
}

static void from_publish(struct nb_queue *q)
{
	struct nb_classic_from *cf = q->cf;
	u32 old = cf->rsp_prod, new = cf->rsp_next;

	if (old == new)
		return;
	virt_wmb(); /* responses come before their index */
	WRITE_ONCE(cf->sring->rsp_prod, new);
	cf->rsp_prod = new;
	virt_mb(); /* the index comes before the look at who wants an event */
	if (new - READ_ONCE(cf->sring->rsp_event) < new - old)
		xb_evtchn_notify(&q->ev);
	else
		q->ev.saved++;
}

/* ---- copies */

static void op_add(struct nb_queue *q, const struct nb_tx_frag *f, u32 done, void *to, u32 len)
{
	struct gnttab_copy *op = &q->cf->op[q->cf->nr_ops++];

	op->source.domid = q->vif->domid;
	op->source.u.ref = f->gref;
	op->source.offset = f->offset + done;
	op->dest.domid = DOMID_SELF;
	op->dest.u.gmfn = virt_to_gfn(to);
	op->dest.offset = xen_offset_in_page(to);
	op->len = len;
	op->flags = GNTCOPY_source_gref;
}

/* Fragment by fragment; neither side of a copy crosses a page. */
static void ops_for_buf(struct nb_queue *q, const struct nb_tx_packet *p, struct nb_buf *b)
{
	u32 i, done, pos = 0, n, room;
	void *to;

	for (i = 0; i < p->nr_frags; i++) {
		for (done = 0; done < p->frag[i].size; done += n, pos += n) {
			to = nb_buf_at(b, pos, &room);
			n = min_t(u32, p->frag[i].size - done, room);
			n = min_t(u32, n, XEN_PAGE_SIZE - xen_offset_in_page(to));
			op_add(q, &p->frag[i], done, to, n);
		}
	}
}

static void ops_for_scratch(struct nb_queue *q, const struct nb_tx_packet *p, u8 *to)
{
	u32 i;

	for (i = 0; i < p->nr_frags; i++) {
		if (p->frag[i].size)
			op_add(q, &p->frag[i], 0, to, p->frag[i].size);
		to += p->frag[i].size;
	}
}

/* At which offset in a page to begin so that the largest fragment needs one copy only. */
static u32 best_phase(const struct nb_tx_packet *p)
{
	u32 i, pos = 0, best = 0, phase = 0;

	for (i = 0; i < p->nr_frags; i++) {
		if (p->frag[i].size > best) {
			best = p->frag[i].size;
			phase = (p->frag[i].offset - pos) & (XEN_PAGE_SIZE - 1);
		}
		pos += p->frag[i].size;
	}
	return phase;
}

/* ---- from slots to packets */

static u8 *from_scratch(struct nb_classic_from *cf, const struct from_packet *fp)
{
	return cf->scratch + (fp - cf->packet) * FROM_SHORT;
}

static void from_take(struct nb_queue *q, const struct nb_tx_packet *p, struct from_packet *fp)
{
	struct nb_classic_from *cf = q->cf;

	fp->meta = (struct nb_meta){
		.len = p->len,
		.gso_size = p->gso_size,
		.gso_type = p->gso_type,
		.hash = p->hash,
		.hash_type = p->hash_type,
		.csum_blank = p->flags & NB_TXF_CSUM_BLANK,
		.csum_valid = p->flags & NB_TXF_DATA_VALIDATED,
	};
	fp->in_buf = p->len > FROM_SHORT;
	if (!fp->in_buf) {
		ops_for_scratch(q, p, from_scratch(cf, fp));
	} else if (likely(nb_buf_alloc(q, &fp->buf, best_phase(p), p->len))) {
		ops_for_buf(q, p, &fp->buf);
	} else {
		q->from_stats.dropped++;
		fp->in_buf = false;
		fp->status = XEN_NETIF_RSP_DROPPED;
	}
	fp->nr_ops = cf->nr_ops - fp->op;
}

static s16 from_mcast(struct nb_queue *q, const struct nb_tx_packet *p)
{
	return nb_mcast_change(q->vif, p->mcast, p->mcast_add) ? XEN_NETIF_RSP_ERROR :
								 XEN_NETIF_RSP_OKAY;
}

/* One packet of AVAIL slots: how many it took; 0: none is to be taken now. */
static u32 from_next(struct nb_queue *q, u32 avail)
{
	struct nb_classic_from *cf = q->cf;
	struct nb_tx_packet *p = &cf->parsed;
	struct from_packet *fp = &cf->packet[cf->nr_packets];
	enum nb_tx_verdict v;

	if (nb_credit_wait(q, cf->slot[cf->req_cons & (NB_RING_SIZE - 1)].req.size))
		return 0;
	v = nb_tx_parse(cf->slot, cf->req_cons, avail, READ_ONCE(fatal_skb_slots), p);
	if (unlikely(v == NB_TX_FATAL)) {
		nb_fault(q->vif, q->id, p->why);
		return 0;
	}
	fp->first = cf->req_cons;
	fp->slots = p->slots;
	fp->nr_extra = p->nr_extra;
	fp->op = cf->nr_ops;
	fp->nr_ops = 0;
	fp->in_buf = false;
	fp->status = XEN_NETIF_RSP_OKAY;
	fp->meta.len = 0;
	if (likely(v == NB_TX_PACKET)) {
		from_take(q, p, fp);
	} else if (v == NB_TX_MCAST) {
		fp->status = from_mcast(q, p);
	} else {
		q->from_stats.bad++;
		fp->status = XEN_NETIF_RSP_ERROR;
	}
	cf->nr_packets++;
	return p->slots;
}

/* Copies what the ring holds, and collects packets from it. */
static void from_collect(struct nb_queue *q, u32 budget)
{
	struct nb_classic_from *cf = q->cf;
	u32 prod = READ_ONCE(cf->sring->req_prod), i, took;

	if (prod - cf->req_cons > NB_RING_SIZE) {
		nb_fault(q->vif, q->id, "impossible number of requests to send");
		return;
	}
	virt_rmb(); /* the index comes before what it announces */
	for (i = cf->req_cons; i != prod; i++)
		memcpy(&cf->slot[i & (NB_RING_SIZE - 1)],
		       &cf->sring->ring[i & (NB_RING_SIZE - 1)].req, sizeof(cf->slot[0]));
	barrier();
	while (cf->req_cons != prod && cf->nr_packets < budget &&
	       cf->nr_ops + FROM_OPS_MAX <= FROM_OPS) {
		took = from_next(q, prod - cf->req_cons);
		if (!took)
			break;
		WRITE_ONCE(cf->req_cons, cf->req_cons + took);
	}
}

static bool ops_ok(const struct nb_classic_from *cf, const struct from_packet *fp)
{
	u32 i;

	for (i = 0; i < fp->nr_ops; i++)
		if (unlikely(cf->op[fp->op + i].status != GNTST_okay))
			return false;
	return true;
}

static void from_finish(struct nb_queue *q, struct from_packet *fp)
{
	struct nb_classic_from *cf = q->cf;

	if (unlikely(!ops_ok(cf, fp))) {
		q->from_stats.bad++;
		fp->status = XEN_NETIF_RSP_ERROR;
		if (fp->in_buf)
			nb_buf_free(q, &fp->buf);
	} else if (fp->in_buf) {
		nb_deliver_buf(q, &fp->buf, &fp->meta);
	} else if (fp->nr_ops) {
		nb_deliver_bytes(q, from_scratch(cf, fp), &fp->meta);
	}
	from_respond(cf, fp->slots, fp->nr_extra, fp->status);
}

int nb_classic_poll(struct nb_queue *q, int budget)
{
	struct nb_classic_from *cf = q->cf;
	u32 i, done;

	cf->nr_ops = 0;
	cf->nr_packets = 0;
	from_collect(q, min_t(u32, budget, FROM_BATCH));
	done = cf->nr_packets;
	if (!done)
		return 0;
	if (cf->nr_ops) {
		gnttab_batch_copy(cf->op, cf->nr_ops);
		q->from_stats.copy_calls++;
		q->from_stats.copies += cf->nr_ops;
	}
	trace_nb_from(q->vif->net->name, q->id, done, cf->nr_ops);
	for (i = 0; i < done; i++) {
		from_finish(q, &cf->packet[i]);
		/* A long batch takes its time in the stack: let the guest go on. */
		if ((i & 15) == 15)
			from_publish(q);
	}
	from_publish(q);
	return done;
}

void nb_classic_from_show(struct nb_queue *q, struct seq_file *m)
{
	const struct nb_classic_from *cf = q->cf;
	const struct xen_netif_tx_sring *s = cf->sring;

	seq_printf(m, "Queue %u\nTX: nr_ents %u\n", q->id, NB_RING_SIZE);
	seq_printf(m, "req prod %u cons %u event %u\n", READ_ONCE(s->req_prod), cf->req_cons,
		   READ_ONCE(s->req_event));
	seq_printf(m, "rsp prod %u pvt %u event %u\n\n", READ_ONCE(s->rsp_prod), cf->rsp_next,
		   READ_ONCE(s->rsp_event));
}

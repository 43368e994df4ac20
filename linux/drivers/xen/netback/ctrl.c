/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctrl.c: the control ring, by which a guest chooses how packets are spread over its queues.
 *
 * A work item serves it: requests are rare, and copying from a grant may sleep. Settings are
 * replaced, never changed, so that queues read them without a lock.
 *
 * Invariants: a request is copied once; the answer goes into the same slot, all of it written. One
 * turn serves at most one ring's worth of requests.
 * Lock: only the work item writes nb_vif.hash, and nb_ctrl_disconnect when it is gone.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include "common.h"
#include "ctrl_parse.h"

#define CTRL_RING	__CONST_RING_SIZE(xen_netif_ctrl, XEN_PAGE_SIZE)
#define HASH_HEADERS	128	/* bytes that are looked at for addresses and ports */

struct nb_ctrl {
	struct nb_vif *vif;
	struct xb_area_map map;
	struct xen_netif_ctrl_sring *sring;
	u32 req_cons;
	unsigned int nr_queues;
	struct xb_evtchn ev;
	struct work_struct work;
	void *page;		/* what is copied from the guest */
	u64 requests, refused;
	u64 eoi_requests;	/* served at the last EOI */
	bool stopped;
	unsigned long eoi;	/* bit 0: an event waits for its EOI */
};

static_assert(sizeof(struct nb_ctrl_req) == sizeof(struct xen_netif_ctrl_request));
static_assert(sizeof(struct nb_ctrl_rsp) == sizeof(struct xen_netif_ctrl_response));

/* ---- serving */

static bool ctrl_fetch(struct nb_ctrl *c, grant_ref_t ref, u32 len)
{
	struct gnttab_copy op = {
		.source.u.ref = ref,
		.source.domid = c->vif->domid,
		.dest.u.gmfn = virt_to_gfn(c->page),
		.dest.domid = DOMID_SELF,
		.len = len,
		.flags = GNTCOPY_source_gref,
	};

	gnttab_batch_copy(&op, 1);
	return op.status == GNTST_okay;
}

static struct nb_hash_rcu *ctrl_current(struct nb_ctrl *c)
{
	return rcu_dereference_protected(c->vif->hash, true);
}

static void ctrl_change(struct nb_ctrl *c, const struct nb_ctrl_req *req, struct nb_ctrl_rsp *rsp)
{
	struct nb_hash_rcu *old = ctrl_current(c), *new;

	new = kmemdup(old, sizeof(*old), GFP_KERNEL);
	if (!new) {
		rsp->status = NB_CTRL_NOT_SUPPORTED;
		return;
	}
	nb_ctrl_apply(&new->h, req, c->page, c->nr_queues, rsp);
	if (rsp->status != NB_CTRL_SUCCESS) {
		kfree(new);
		return;
	}
	rcu_assign_pointer(c->vif->hash, new);
	kfree_rcu(old, rcu);
}

static void ctrl_answer(struct nb_ctrl *c, const struct nb_ctrl_req *req, struct nb_ctrl_rsp *rsp)
{
	struct nb_hash *h = &ctrl_current(c)->h;
	u32 bytes;

	*rsp = (struct nb_ctrl_rsp){ .id = req->id, .type = req->type };
	rsp->status = nb_ctrl_check(h, req, &bytes);
	if (rsp->status == NB_CTRL_SUCCESS && bytes && !ctrl_fetch(c, req->data[0], bytes))
		rsp->status = NB_CTRL_INVALID_PARAMETER;
	if (rsp->status == NB_CTRL_SUCCESS) {
		if (nb_ctrl_changes(req))
			ctrl_change(c, req, rsp);
		else
			nb_ctrl_apply(h, req, c->page, c->nr_queues, rsp);
	}
	c->requests++;
	if (rsp->status != NB_CTRL_SUCCESS)
		c->refused++;
}

static void ctrl_publish(struct nb_ctrl *c, u32 old)
{
	u32 new = c->req_cons;

	virt_wmb(); /* answers come before their index */
	WRITE_ONCE(c->sring->rsp_prod, new);
	virt_mb(); /* the index comes before the look at who wants an event */
	if (new - READ_ONCE(c->sring->rsp_event) < new - old)
		xb_evtchn_notify(&c->ev);
	else
		c->ev.saved++;
}

/* How many requests there are to be served, or -EPROTO. */
static int ctrl_pending(struct nb_ctrl *c)
{
	u32 count = READ_ONCE(c->sring->req_prod) - c->req_cons;

	if (count > CTRL_RING) {
		nb_fault(c->vif, -1, "impossible number of control requests");
		return -EPROTO;
	}
	virt_rmb(); /* the index comes before what it announces */
	return count;
}

static int ctrl_serve(struct nb_ctrl *c)
{
	int count = ctrl_pending(c), i;
	u32 old = c->req_cons;
	struct nb_ctrl_req req;
	struct nb_ctrl_rsp rsp;

	for (i = 0; i < count; i++) {
		u32 at = c->req_cons & (CTRL_RING - 1);

		memcpy(&req, &c->sring->ring[at].req, sizeof(req));
		barrier();
		ctrl_answer(c, &req, &rsp);
		memcpy(&c->sring->ring[at].rsp, &rsp, sizeof(rsp));
		c->req_cons++;
		cond_resched();
	}
	if (count > 0)
		ctrl_publish(c, old);
	return count;
}

static void ctrl_work(struct work_struct *work)
{
	struct nb_ctrl *c = container_of(work, struct nb_ctrl, work);
	int more;

	if (READ_ONCE(c->vif->broken) || READ_ONCE(c->stopped))
		return;
	if (ctrl_serve(c) < 0)
		return;
	WRITE_ONCE(c->sring->req_event, c->req_cons + 1);
	virt_mb(); /* the wish for an event comes before the last look */
	more = ctrl_pending(c);
	if (more < 0)
		return;
	if (more) {
		schedule_work(&c->work);
	} else if (test_and_clear_bit(0, &c->eoi)) {
		xb_evtchn_eoi(&c->ev, c->requests != c->eoi_requests);
		c->eoi_requests = c->requests;
	}
}

static irqreturn_t ctrl_event(int irq, void *data)
{
	struct nb_ctrl *c = data;

	set_bit(0, &c->eoi);
	schedule_work(&c->work);
	return IRQ_HANDLED;
}

/* ---- coming and going */

static int ctrl_map(struct nb_ctrl *c, grant_ref_t ref, evtchn_port_t port)
{
	struct nb_vif *vif = c->vif;
	int err;

	err = xb_area_map(vif->dev, &c->map, &ref, 1);
	if (err)
		return err;
	c->sring = c->map.va;
	c->req_cons = READ_ONCE(c->sring->rsp_prod);
	if (READ_ONCE(c->sring->req_prod) - c->req_cons > CTRL_RING)
		return -EIO;
	return xb_evtchn_bind(vif->dev, &c->ev, port, ctrl_event, c, "%s-ctrl", vif->net->name);
}

int nb_ctrl_connect(struct nb_vif *vif, unsigned int nr_queues)
{
	const char *dir = vif->dev->otherend;
	struct nb_hash_rcu *hash;
	unsigned int ref, port;
	struct nb_ctrl *c;
	int err;

	err = xb_need_uint(dir, "ctrl-ring-ref", 0, UINT_MAX, &ref);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = xb_need_uint(dir, "event-channel-ctrl", 1, UINT_MAX, &port);
	if (err)
		return err;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	hash = kzalloc(sizeof(*hash), GFP_KERNEL);
	if (c)
		c->page = (void *)__get_free_page(GFP_KERNEL);
	if (!c || !c->page || !hash) {
		if (c)
			free_page((unsigned long)c->page);
		kfree(hash);
		kfree(c);
		return -ENOMEM;
	}
	c->vif = vif;
	c->nr_queues = nr_queues;
	INIT_WORK(&c->work, ctrl_work);
	rcu_assign_pointer(vif->hash, hash);
	vif->ctrl = c;
	err = ctrl_map(c, ref, port);
	if (err)
		nb_ctrl_disconnect(vif);
	else
		schedule_work(&c->work);
	return err;
}

void nb_ctrl_disconnect(struct nb_vif *vif)
{
	struct nb_ctrl *c = vif->ctrl;
	struct nb_hash_rcu *hash;

	if (!c)
		return;
	/* First nobody schedules the work but itself, then it ends, then nothing uses the ring. */
	WRITE_ONCE(c->stopped, true);
	cancel_work_sync(&c->work);
	xb_evtchn_free(&c->ev);
	cancel_work_sync(&c->work);
	xb_area_unmap(vif->dev, &c->map);
	vif->ctrl = NULL;
	free_page((unsigned long)c->page);
	kfree(c);
	hash = rcu_replace_pointer(vif->hash, NULL, true);
	if (hash)
		kfree_rcu(hash, rcu);
}

/* ---- using the hash */

static bool is_ip(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) || skb->protocol == htons(ETH_P_IPV6);
}

bool nb_hash_skb(struct nb_vif *vif, struct sk_buff *skb, u16 *queue)
{
	u8 copy[HASH_HEADERS];
	struct nb_headers hdr;
	struct nb_hash_rcu *hash;
	u32 len = min_t(u32, skb->len, sizeof(copy)), type, value, nr;
	const u8 *data;
	bool asked = false;

	rcu_read_lock();
	hash = rcu_dereference(vif->hash);
	if (hash && hash->h.alg == NB_HASH_TOEPLITZ) {
		asked = true;
		*queue = 0;
		data = skb_header_pointer(skb, 0, len, copy);
		type = 0;
		if (data && is_ip(skb)) {
			nb_headers_find(data, len, &hdr);
			type = nb_hash_packet(&hash->h, &hdr, data, &value);
		}
		if (type) {
			__skb_set_sw_hash(skb, value, (type - 1) & 1);
			nr = max(READ_ONCE(vif->num_queues), 1u);
			*queue = nb_hash_queue(&hash->h, value, nr);
		} else {
			skb_clear_hash(skb);
		}
	}
	rcu_read_unlock();
	return asked;
}

u8 nb_hash_type_of(struct nb_vif *vif, const struct sk_buff *skb)
{
	struct nb_hash_rcu *hash;
	u8 type = 0;

	if (likely(!rcu_access_pointer(vif->hash)) || !skb->sw_hash)
		return 0;
	rcu_read_lock();
	hash = rcu_dereference(vif->hash);
	if (hash && hash->h.alg == NB_HASH_TOEPLITZ)
		type = 1 + (skb->protocol == htons(ETH_P_IPV6) ? 2 : 0) + (skb->l4_hash ? 1 : 0);
	rcu_read_unlock();
	return type;
}

void nb_ctrl_show(struct nb_vif *vif, struct seq_file *m)
{
	struct nb_hash_rcu *hash;
	unsigned int i;

	rcu_read_lock();
	hash = rcu_dereference(vif->hash);
	if (!hash || hash->h.alg == NB_HASH_NONE) {
		seq_puts(m, "Hash Algorithm: NONE\n");
	} else {
		seq_printf(m, "Hash Algorithm: TOEPLITZ\n\nHash Flags:%s%s%s%s\n\nHash Key:\n%*ph\n",
			   hash->h.flags & NB_HASH_IPV4 ? " IPv4" : "",
			   hash->h.flags & NB_HASH_IPV4_TCP ? " IPv4+TCP" : "",
			   hash->h.flags & NB_HASH_IPV6 ? " IPv6" : "",
			   hash->h.flags & NB_HASH_IPV6_TCP ? " IPv6+TCP" : "",
			   (int)sizeof(hash->h.key), hash->h.key);
		seq_printf(m, "\nHash Mapping: %u entries", hash->h.map_size);
		for (i = 0; i < hash->h.map_size; i++)
			seq_printf(m, "%s%u", i % 16 ? " " : "\n", hash->h.map[i]);
		seq_putc(m, '\n');
	}
	rcu_read_unlock();
	if (vif->ctrl)
		seq_printf(m, "\nrequests %llu refused %llu\n", vif->ctrl->requests,
			   vif->ctrl->refused);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctrl.c: the control ring: one message to the backend, one answer back.
 *
 * INVARIANTS
 *  - One message is under way at a time. An answer to another, or more answers than messages, is
 *    a lie.
 *  - A backend that does not answer in time is not asked again on this connection; the memory that
 *    the message pointed to stays granted until the ring is released.
 *
 * LOCK: rtnl; the interrupt only completes.
 */
#include <linux/completion.h>
#include <linux/slab.h>

#include "netfront.h"

#define ANSWER_TIME	(2 * HZ)

struct nf_ctrl {
	struct nf_dev *nf;
	struct xen_netif_ctrl_front_ring ring;
	struct xb_area area;		/* the ring's page */
	struct xb_area data;		/* a page for keys and tables */
	struct xb_evtchn ch;
	struct completion answered;
	u16 next_id;
	bool dead;
};

static irqreturn_t ctrl_interrupt(int irq, void *data)
{
	struct nf_ctrl *c = data;
	bool work = READ_ONCE(c->ring.sring->rsp_prod) != READ_ONCE(c->ring.rsp_cons);

	if (work)
		complete(&c->answered);
	xb_evtchn_eoi(&c->ch, work);
	return IRQ_HANDLED;
}

int nf_ctrl_setup(struct nf_dev *nf)
{
	struct nf_ctrl *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err;

	if (!c)
		return -ENOMEM;
	c->nf = nf;
	nf->ctrl = c;
	init_completion(&c->answered);
	err = xb_area_alloc(nf->xb, &c->area, 1);
	if (!err)
		err = xb_area_alloc(nf->xb, &c->data, 1);
	if (!err) {
		XEN_FRONT_RING_INIT(&c->ring, (struct xen_netif_ctrl_sring *)c->area.va,
				    XEN_PAGE_SIZE);
		err = xb_evtchn_alloc(nf->xb, &c->ch, ctrl_interrupt, c, "vif%s-ctrl",
				      strrchr(nf->xb->nodename, '/') + 1);
	}
	if (err)
		nf_ctrl_release(nf);
	return err;
}

void nf_ctrl_release(struct nf_dev *nf)
{
	struct nf_ctrl *c = nf->ctrl;

	if (!c)
		return;
	nf->ctrl = NULL;
	xb_evtchn_free(&c->ch);
	xb_area_free(nf->xb, &c->data);
	xb_area_free(nf->xb, &c->area);
	kfree(c);
}

int nf_ctrl_announce(struct nf_dev *nf, struct xb_transaction t)
{
	int err;

	if (!nf->ctrl)
		return 0;
	err = xb_printf(t, nf->xb->nodename, "ctrl-ring-ref", "%u", nf->ctrl->area.grefs[0]);
	if (err)
		return err;
	return xb_printf(t, nf->xb->nodename, "event-channel-ctrl", "%u", nf->ctrl->ch.port);
}

/* Where keys and tables are put, and the grant that messages name. */
void *nf_ctrl_page(struct nf_dev *nf, grant_ref_t *ref)
{
	if (!nf->ctrl || nf->ctrl->dead)
		return NULL;
	*ref = nf->ctrl->data.grefs[0];
	return nf->ctrl->data.va;
}

static int status_errno(u32 status)
{
	switch (status) {
	case XEN_NETIF_CTRL_STATUS_SUCCESS:
		return 0;
	case XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW:
		return -EMSGSIZE;
	default:
		return -EINVAL;
	}
}

/* The answer to message ID: 0 or an errno; 1: not there yet. */
static int take_answer(struct nf_ctrl *c, u16 id, u32 *data)
{
	RING_IDX prod = READ_ONCE(c->ring.sring->rsp_prod);
	struct xen_netif_ctrl_response rsp;

	if (prod == c->ring.rsp_cons)
		return 1;
	/* What was written before the index is read after it. */
	virt_rmb();
	RING_COPY_RESPONSE(&c->ring, c->ring.rsp_cons, &rsp);
	if (prod != c->ring.rsp_cons + 1 || rsp.id != id) {
		nf_fault(c->nf, "control ring: answer %u with index %u to message %u", rsp.id, prod,
			 id);
		c->dead = true;
		return -EPROTO;
	}
	WRITE_ONCE(c->ring.rsp_cons, prod);
	if (data)
		*data = rsp.data;
	return status_errno(rsp.status);
}

int nf_ctrl_call(struct nf_dev *nf, u16 type, const u32 arg[3], u32 *data)
{
	struct nf_ctrl *c = nf->ctrl;
	struct xen_netif_ctrl_request *req;
	unsigned long end = jiffies + ANSWER_TIME;
	int notify, ret;
	u16 id;

	if (!c || c->dead || !nf->connected)
		return -EOPNOTSUPP;
	reinit_completion(&c->answered);
	id = c->next_id++;
	req = RING_GET_REQUEST(&c->ring, c->ring.req_prod_pvt++);
	req->id = id;
	req->type = type;
	memcpy(req->data, arg, sizeof(req->data));
	c->ring.sring->rsp_event = c->ring.rsp_cons + 1;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&c->ring, notify);
	nf_kick(&c->ch, notify);
	for (;;) {
		ret = take_answer(c, id, data);
		if (ret <= 0)
			return ret;
		if (time_after(jiffies, end))
			break;
		wait_for_completion_timeout(&c->answered, HZ / 10);
	}
	c->dead = true;
	netdev_warn(nf->dev, "no answer on the control ring\n");
	return -ETIMEDOUT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdp.c: XDP programs, and the page pools that received bytes are in.
 *
 * A packet that fits a page runs through the program in a page of ours with 256 bytes of headroom,
 * and what the program did to its head and tail is honoured. A larger one runs through the kernel's
 * generic XDP, which makes it linear first.
 *
 * LOCK: the program pointer is changed under rtnl and read in NAPI.
 */
#include <linux/bpf_trace.h>
#include <linux/filter.h>
#include <linux/slab.h>
#include <xb/compat.h>
#include XB_PAGE_POOL_H

#include "netfront.h"

static struct page_pool *pool_create(struct nf_queue *q, unsigned int order, unsigned int size)
{
	struct page_pool_params params = {
		.order = order,
		.pool_size = size,
		.nid = NUMA_NO_NODE,
		.dev = q->nf->xb->dev,
	};
	struct page_pool *pool = page_pool_create(&params);

	return IS_ERR(pool) ? NULL : pool;
}

int nf_pools_create(struct nf_queue *q, bool big)
{
	int err = -ENOMEM;

	q->pool = pool_create(q, 0, NF_RING);
	if (big)
		q->big_pool = pool_create(q, NF_BIG_ORDER, 64);
	if (!q->pool || (big && !q->big_pool))
		goto fail;
	err = xdp_rxq_info_reg(&q->xdp_rxq, q->nf->dev, q->id, q->napi.napi_id);
	if (!err)
		err = xdp_rxq_info_reg_mem_model(&q->xdp_rxq, MEM_TYPE_PAGE_POOL, q->pool);
	if (!err)
		return 0;
fail:
	nf_pools_destroy(q);
	return err;
}

void nf_pools_destroy(struct nf_queue *q)
{
	if (xdp_rxq_info_is_reg(&q->xdp_rxq))
		xdp_rxq_info_unreg(&q->xdp_rxq);
	if (q->pool)
		page_pool_destroy(q->pool);
	if (q->big_pool)
		page_pool_destroy(q->big_pool);
	q->pool = NULL;
	q->big_pool = NULL;
}

/* ---- sending frames; the txq's lock is held */

static int send_frame(struct nf_queue *q, struct xdp_frame *frame)
{
	if (!q->up || READ_ONCE(q->nf->broken))
		return -ENETDOWN;
	if (xdp_frame_has_frags(frame) || frame->len < ETH_HLEN)
		return -EOPNOTSUPP;
	return q->staged ? nf_staged_xdp(q, frame) : nf_classic_xdp(q, frame);
}

static void push(struct nf_queue *q)
{
	if (!q->up)
		return;
	if (q->staged)
		nf_staged_push(q);
	else
		nf_classic_push(q);
}

int nf_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags)
{
	struct nf_dev *nf = netdev_priv(dev);
	unsigned int nr = READ_ONCE(nf->nr_queues);
	struct nf_queue *q;
	int sent = 0;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!nr))
		return -ENETDOWN;
	q = &nf->queues[smp_processor_id() % nr];
	__netif_tx_lock(q->txq, smp_processor_id());
	while (sent < n && !send_frame(q, frames[sent]))
		sent++;
	if (sent && flags & XDP_XMIT_FLUSH)
		push(q);
	__netif_tx_unlock(q->txq);
	return sent;
}

/* ---- running a program */

static bool xdp_tx(struct nf_queue *q, struct xdp_buff *xdp)
{
	struct xdp_frame *frame = xdp_convert_buff_to_frame(xdp);
	int err;

	if (unlikely(!frame))
		return false;
	__netif_tx_lock(q->txq, smp_processor_id());
	err = send_frame(q, frame);
	__netif_tx_unlock(q->txq);
	if (!err)
		q->xdp_kick = true;
	return !err;
}

static struct sk_buff *xdp_pass(struct nf_queue *q, struct xdp_buff *xdp)
{
	unsigned int metasize = xdp->data - xdp->data_meta;
	struct sk_buff *skb = napi_build_skb(xdp->data_hard_start, PAGE_SIZE);

	if (unlikely(!skb)) {
		page_pool_recycle_direct(q->pool, virt_to_page(xdp->data_hard_start));
		q->rx.dropped++;
		return NULL;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, xdp->data - xdp->data_hard_start);
	__skb_put(skb, xdp->data_end - xdp->data);
	if (metasize)
		skb_metadata_set(skb, metasize);
	q->rx.xdp_pass++;
	return skb;
}

struct sk_buff *nf_xdp_run_page(struct nf_queue *q, struct bpf_prog *prog, struct page *page,
				u32 off, u32 len)
{
	struct net_device *dev = q->nf->dev;
	struct xdp_buff xdp;
	u32 act;

	xdp_init_buff(&xdp, PAGE_SIZE, &q->xdp_rxq);
	xdp_prepare_buff(&xdp, page_address(page), off, len, true);
	act = bpf_prog_run_xdp(prog, &xdp);
	switch (act) {
	case XDP_PASS:
		return xdp_pass(q, &xdp);
	case XDP_TX:
		if (xdp_tx(q, &xdp)) {
			q->rx.xdp_tx++;
			return NULL;
		}
		break;
	case XDP_REDIRECT:
		if (!xdp_do_redirect(dev, &xdp, prog)) {
			q->rx.xdp_redirect++;
			q->xdp_flush = true;
			return NULL;
		}
		break;
	case XDP_DROP:
		q->rx.xdp_drop++;
		goto drop;
	case XDP_ABORTED:
		break;
	default:
		bpf_warn_invalid_xdp_action(dev, prog, act);
	}
	q->rx.xdp_errors++;
	trace_xdp_exception(dev, prog, act);
drop:
	page_pool_recycle_direct(q->pool, page);
	return NULL;
}

struct sk_buff *nf_xdp_run(struct nf_queue *q, struct bpf_prog *prog, const void *data, u32 len)
{
	struct page *page = page_pool_alloc_pages(q->pool, GFP_ATOMIC | __GFP_NOWARN);

	if (unlikely(!page)) {
		q->rx.dropped++;
		return NULL;
	}
	memcpy(page_address(page) + XDP_PACKET_HEADROOM, data, len);
	return nf_xdp_run_page(q, prog, page, XDP_PACKET_HEADROOM, len);
}

bool nf_xdp_generic(struct nf_queue *q, struct bpf_prog *prog, struct sk_buff **skb)
{
	q->rx.xdp_generic++;
	return xb_do_xdp_generic(prog, skb) == XDP_PASS;
}

/* At the end of a poll. */
void nf_xdp_finish(struct nf_queue *q)
{
	if (q->xdp_flush) {
		q->xdp_flush = false;
		xdp_do_flush();
	}
	if (q->xdp_kick) {
		q->xdp_kick = false;
		__netif_tx_lock(q->txq, smp_processor_id());
		push(q);
		__netif_tx_unlock(q->txq);
	}
}

/* ---- attaching; rtnl held */

static int attach(struct nf_dev *nf, struct bpf_prog *prog, struct netlink_ext_ack *extack)
{
	struct bpf_prog *old = rtnl_dereference(nf->xdp_prog);
	int err;

	if (nf->connected && !nf->queues[0].staged && !old != !prog) {
		err = nf_set_xdp_headroom(nf, prog);
		if (err) {
			NL_SET_ERR_MSG(extack, "the backend did not agree to the headroom");
			return err;
		}
	}
	rcu_assign_pointer(nf->xdp_prog, prog);
	if (old)
		bpf_prog_put(old);
	return 0;
}

int nf_xdp_setup(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;
	if (bpf->prog && READ_ONCE(nf->broken))
		return -ENODEV;
	return attach(nf, bpf->prog, bpf->extack);
}

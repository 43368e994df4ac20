/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue.c: setting up queues, announcing them in the store, starting, stopping and releasing them.
 *
 * INVARIANTS
 *  - A queue goes through: set up (memory, grants, event channels), started (up), stopped (no data
 *    path runs any more), released. Stopping does not need the backend; releasing gives memory back
 *    when the backend has let go of it, at once or later.
 *  - Staged channels or rings: the same for all queues of a connection.
 *
 * LOCK: rtnl.
 */
#include <linux/slab.h>

#include "netfront.h"

#define POOL_MIN_KIB	256u

/* ---- setting up */

/* Several queues share what one would have. */
static struct xb_chan_geom staged_geom(const struct nf_dev *nf, u32 descs)
{
	struct xb_chan_geom g = { .nr_desc = descs };
	u32 kib = clamp(nf_staged_kib, POOL_MIN_KIB, 4 * XB_STAGED_POOL_KIB), max;

	if (nf->nr_queues > 2)
		kib = max(2 * kib / nf->nr_queues, POOL_MIN_KIB);
	max = min(nf->offer.staged_pages, XB_AREA_DIR_MAX) -
	      min(nf->offer.staged_pages, 1 + g.nr_desc / (u32)XB_CHAN_DESC_PER_PAGE);
	g.pool_size = min(kib / 4, max) << XB_PAGE_SHIFT;
	return g;
}

static void channels_free(struct nf_queue *q)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(q->ch); i++) {
		if (!q->ch[i].port)
			continue;
		q->events += q->ch[i].events;
		q->spurious += q->ch[i].spurious;
		q->sent += q->ch[i].sent;
		q->saved += q->ch[i].saved;
		xb_evtchn_free(&q->ch[i]);
		q->ch[i].events = 0;
		q->ch[i].spurious = 0;
		q->ch[i].sent = 0;
		q->ch[i].saved = 0;
	}
	q->eoi = 0;
	q->worked = 0;
}

static int channels_alloc(struct nf_queue *q, bool split)
{
	struct xb_device *xb = q->nf->xb;
	const char *id = strrchr(xb->nodename, '/') + 1;
	int err;

	q->nr_ch = 1;
	err = xb_evtchn_alloc(xb, &q->ch[NF_CH_RX], nf_interrupt_rx, q, "vif%s-q%u%s", id, q->id,
			      split ? "-rx" : "");
	if (err || !split)
		return err;
	/* Without a second channel the first serves both directions. */
	if (!xb_evtchn_alloc(xb, &q->ch[NF_CH_TX], nf_interrupt_tx, q, "vif%s-q%u-tx", id, q->id))
		q->nr_ch = 2;
	return 0;
}

/* GEOM: of the two staged channels, first that for transmitting; NULL: rings. */
static int queue_setup(struct nf_queue *q, const struct xb_chan_geom *geom)
{
	int err;

	err = nf_pools_create(q, geom);
	if (!err)
		err = geom ? nf_staged_setup(q, &geom[0], &geom[1]) : nf_classic_setup(q);
	if (!err)
		err = channels_alloc(q, !geom && q->nf->offer.split);
	nf_busy_init(&q->busy, num_online_cpus() > 1 ? min(nf_poll_us, 1000u) * 1000 : 0);
	return err;
}

static int queues_setup(struct nf_dev *nf, const struct xb_chan_geom *geom)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nf->nr_queues && !err; i++)
		err = queue_setup(&nf->queues[i], geom);
	if (err)
		nf_queues_release(nf);
	return err;
}

int nf_queues_setup(struct nf_dev *nf)
{
	struct xb_chan_geom geom[2];
	unsigned int nr;
	int err;

	nr = min3(nf->want_queues, nf->offer.max_queues, nf->max_queues);
	nf->nr_queues = nr;
	if (nf_staged_on && nf->offer.staged == XB_STAGED_VERSION) {
		geom[0] = staged_geom(nf, nf->tx_descs);
		geom[1] = staged_geom(nf, nf->rx_descs);
		err = xb_chan_geom_check(&geom[0], nf->offer.staged_pages) ?:
		      xb_chan_geom_check(&geom[1], nf->offer.staged_pages);
		if (!err)
			err = queues_setup(nf, geom);
		if (!err)
			return 0;
		dev_info(nf->xb->dev, "no staged channels (error %d): using rings\n", err);
		nf->nr_queues = nr;
	}
	/* Fewer queues rather than none. */
	for (;;) {
		err = queues_setup(nf, NULL);
		if (!err || nr == 1)
			return err;
		nr /= 2;
		nf->nr_queues = nr;
	}
}

void nf_queues_release(struct nf_dev *nf)
{
	unsigned int i;

	for (i = 0; i < nf->max_queues; i++) {
		struct nf_queue *q = &nf->queues[i];

		channels_free(q);
		nf_staged_release(q);
		nf_classic_release(q);
		nf_pools_destroy(q);
	}
	nf->nr_queues = 0;
}

/* ---- the store */

static int announce_channels(struct nf_queue *q, struct xb_transaction t, const char *dir)
{
	int err;

	if (q->nr_ch == 1)
		return xb_printf(t, dir, "event-channel", "%u", q->ch[NF_CH_RX].port);
	err = xb_printf(t, dir, "event-channel-tx", "%u", q->ch[NF_CH_TX].port);
	if (err)
		return err;
	return xb_printf(t, dir, "event-channel-rx", "%u", q->ch[NF_CH_RX].port);
}

static int announce_staged(struct nf_queue *q, struct xb_transaction t, const char *dir)
{
	struct nf_staged *s = q->staged;
	int err;

	err = xb_printf(t, dir, "tx-staged-ref", "%u", s->tx_dir.grefs[0]);
	if (!err)
		err = xb_printf(t, dir, "rx-staged-ref", "%u", s->rx_dir.grefs[0]);
	if (!err)
		err = xb_printf(t, dir, "tx-staged-descs", "%u", s->tx_geom.nr_desc);
	if (!err)
		err = xb_printf(t, dir, "rx-staged-descs", "%u", s->rx_geom.nr_desc);
	return err;
}

static int announce_rings(struct nf_queue *q, struct xb_transaction t, const char *dir)
{
	int err;

	err = xb_printf(t, dir, "tx-ring-ref", "%u", q->classic->tx_area.grefs[0]);
	if (err)
		return err;
	return xb_printf(t, dir, "rx-ring-ref", "%u", q->classic->rx_area.grefs[0]);
}

static int announce_queue(struct nf_queue *q, struct xb_transaction t)
{
	const char *node = q->nf->xb->nodename;
	char *sub = NULL;
	int err;

	if (q->nf->nr_queues > 1) {
		sub = kasprintf(GFP_KERNEL, "%s/queue-%u", node, q->id);
		if (!sub)
			return -ENOMEM;
		node = sub;
	}
	err = q->staged ? announce_staged(q, t, node) : announce_rings(q, t, node);
	if (!err)
		err = announce_channels(q, t, node);
	kfree(sub);
	return err;
}

int nf_queues_announce(struct nf_dev *nf, struct xb_transaction t)
{
	const char *node = nf->xb->nodename;
	unsigned int i;
	int err = 0;

	if (xb_exists(XB_NIL, nf->xb->otherend, "multi-queue-max-queues"))
		err = xb_printf(t, node, "multi-queue-num-queues", "%u", nf->nr_queues);
	if (!err && nf->queues[0].staged)
		err = xb_printf(t, node, "request-staged-queues", "%u", XB_STAGED_VERSION);
	for (i = 0; i < nf->nr_queues && !err; i++)
		err = announce_queue(&nf->queues[i], t);
	return err;
}

/* ---- running */

/* A backend that has just bound the channels looks at what is there when it is woken. */
void nf_queues_kick(struct nf_dev *nf)
{
	unsigned int i;

	for (i = 0; i < nf->nr_queues; i++) {
		struct nf_queue *q = &nf->queues[i];

		xb_evtchn_notify(&q->ch[NF_CH_RX]);
		if (q->nr_ch > 1)
			xb_evtchn_notify(&q->ch[NF_CH_TX]);
	}
}

void nf_queues_start(struct nf_dev *nf)
{
	unsigned int i;

	for (i = 0; i < nf->nr_queues; i++) {
		struct nf_queue *q = &nf->queues[i];

		__netif_tx_lock_bh(q->txq);
		q->up = true;
		__netif_tx_unlock_bh(q->txq);
		if (netif_running(nf->dev))
			nf_napi_on(q);
	}
	nf->connected = true;
	/* Of a staged queue nothing is to be told yet. */
	if (nf->queues[0].classic)
		nf_queues_kick(nf);
}

void nf_queues_stop(struct nf_dev *nf)
{
	unsigned int i;

	nf->connected = false;
	for (i = 0; i < nf->nr_queues; i++)
		WRITE_ONCE(nf->queues[i].up, false);
	/* Takes each queue's lock once: nobody who saw it up is transmitting afterwards. */
	netif_tx_disable(nf->dev);
	for (i = 0; i < nf->nr_queues; i++) {
		struct nf_queue *q = &nf->queues[i];

		nf_napi_off(q);
		if (q->classic)
			del_timer_sync(&q->classic->refill);
		channels_free(q);
	}
}

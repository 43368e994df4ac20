/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * negotiate.c: the keys in the store: what the backend offers, and what we tell it.
 *
 * Owns nothing. Invariant: the size of the disk and of its blocks are read or the device fails;
 * of the rest, what is absent or malformed has its published default; whether a number makes sense
 * is up to limits.c.
 * Lock: dev->lock is held.
 */
#include <xen/interface/io/protocols.h>
#include "blkfront.h"

static u32 hint(const char *dir, const char *key, u32 def)
{
	unsigned int value = def;

	if (xb_read_uint(dir, key, def, 0, UINT_MAX, &value)) {
		pr_notice("%s: %s/%s is no number: not used\n", KBUILD_MODNAME, dir, key);
		return def;
	}
	return value;
}

/* ---- the disk, once the backend is Connected */

static int read_size(const char *dir, struct bf_offer *o)
{
	int err = xb_read_u64(dir, "sectors", U64_MAX, &o->sectors);

	if (!err && o->sectors == U64_MAX)
		err = -ENOENT;
	if (!err)
		err = xb_need_uint(dir, "sector-size", 0, UINT_MAX, &o->sector_size);
	if (!err)
		err = xb_read_uint(dir, "info", 0, 0, UINT_MAX, &o->info);
	if (!err)
		o->physical = hint(dir, "physical-sector-size", o->sector_size);
	return err;
}

static void read_features(const char *dir, struct bf_offer *o)
{
	o->flush = xb_read_bool(dir, "feature-flush-cache", false);
	o->barrier = xb_read_bool(dir, "feature-barrier", false);
	o->persistent = xb_read_bool(dir, "feature-persistent", false);
	o->discard = xb_read_bool(dir, "feature-discard", false);
	o->discard_secure = xb_read_bool(dir, "discard-secure", false);
	o->zeroes = xb_read_bool(dir, "feature-krypton-write-zeroes", false);
	o->discard_granularity = hint(dir, "discard-granularity", 0);
	o->discard_alignment = hint(dir, "discard-alignment", 0);
	o->max_segs = hint(dir, "feature-max-indirect-segments", 0);
}

/* What is offered, checked; says what is wrong with it, and makes the device fail. */
int bf_read_offer(struct bf_dev *dev, struct bf_limits *l)
{
	const char *dir = dev->xb->otherend, *why;
	struct bf_offer o = {};
	int err;

	err = read_size(dir, &o);
	if (err) {
		xb_dev_fatal(dev->xb, err, "reading what %s says of the disk", dir);
		return err;
	}
	read_features(dir, &o);
	err = bf_limits_check(&o, &dev->wish, l, &why);
	if (err) {
		xb_dev_fatal(dev->xb, err, "%s: %s", dir, why);
		return err;
	}
	if (l->note)
		dev_notice(dev->xb->dev, "%s: %s: not used as it stands\n", dir, l->note);
	return 0;
}

/* ---- the rings */

static int choose_rings(struct bf_dev *dev)
{
	const char *dir = dev->xb->otherend;
	u32 max = hint(dir, "multi-queue-max-queues", 1), irq, polled;
	u32 order = hint(dir, "max-ring-page-order", 0);
	int err;

	dev->ring_order = min3(order, bf_max_order, BF_MAX_RING_ORDER);
	if (dev->phase == BF_SUSPENDED) {
		/* The contexts stay as they are; fewer rings serve several of them each. */
		dev->nr_queues = clamp(max, 1u, dev->nr_hctx);
		dev->nr_polled = dev->nr_queues == dev->nr_hctx ?
				 dev->nr_hctx - dev->nr_irq_hctx : 0;
		return 0;
	}
	bf_limits_rings(max, min(bf_max_queues, num_online_cpus()), bf_poll_queues, &irq, &polled);
	dev->nr_queues = irq + polled;
	dev->nr_polled = polled;
	err = bf_queues_alloc(dev, dev->nr_queues);
	if (err)
		xb_dev_fatal(dev->xb, err, "allocating %u queues", dev->nr_queues);
	return err;
}

static int write_queue(struct xb_transaction t, const struct bf_queue *q, const char *dir)
{
	char key[16];
	u32 i;
	int err = 0;

	if (q->area.nr == 1)
		err = xb_printf(t, dir, "ring-ref", "%u", q->area.grefs[0]);
	for (i = 0; !err && q->area.nr > 1 && i < q->area.nr; i++) {
		snprintf(key, sizeof(key), "ring-ref%u", i);
		err = xb_printf(t, dir, key, "%u", q->area.grefs[i]);
	}
	if (!err)
		err = xb_printf(t, dir, "event-channel", "%u", q->evtchn.port);
	return err;
}

static int write_keys(struct xb_transaction t, void *data)
{
	struct bf_dev *dev = data;
	const char *dir = dev->xb->nodename;
	char queue[64];
	int err = 0;
	u32 i;

	if (dev->ring_order)
		err = xb_printf(t, dir, "ring-page-order", "%u", dev->ring_order);
	else if (xb_exists(t, dir, "ring-page-order"))
		err = xb_rm(t, dir, "ring-page-order");
	if (!err && dev->nr_queues > 1)
		err = xb_printf(t, dir, "multi-queue-num-queues", "%u", dev->nr_queues);
	else if (!err && xb_exists(t, dir, "multi-queue-num-queues"))
		err = xb_rm(t, dir, "multi-queue-num-queues");
	for (i = 0; !err && i < dev->nr_queues; i++) {
		snprintf(queue, sizeof(queue), "%s/queue-%u", dir, i);
		err = write_queue(t, &dev->queues[i], dev->nr_queues > 1 ? queue : dir);
	}
	if (!err)
		err = xb_write(t, dir, "protocol", XEN_IO_PROTO_ABI_NATIVE);
	if (!err)
		err = xb_printf(t, dir, "feature-persistent", "%u", dev->wish.persistent);
	return err;
}

/* Makes the rings and tells the backend of them. */
int bf_talk(struct bf_dev *dev)
{
	u32 i, opened = 0;
	int err;

	dev->wish.max_segs = bf_max_segs;
	dev->wish.persistent = bf_persistent;
	dev->wish.untrusted = !bf_trusted || !xb_read_bool(dev->xb->nodename, "trusted", true);
	err = choose_rings(dev);
	if (err)
		return err;
	for (i = 0; i < dev->nr_queues; i++) {
		err = bf_queue_open(&dev->queues[i]);
		if (err) {
			xb_dev_fatal(dev->xb, err, "making ring %u", i);
			goto fail;
		}
		opened++;
	}
	err = xb_transact(write_keys, dev);
	if (err) {
		xb_dev_fatal(dev->xb, err, "writing the keys of the rings");
		goto fail;
	}
	err = xb_switch_state(dev->xb, XenbusStateInitialised);
	if (err)
		goto fail;
	return 0;
fail:
	while (opened)
		bf_queue_close(&dev->queues[--opened]);
	if (dev->phase == BF_NEW)
		bf_queues_free(dev);
	return err;
}

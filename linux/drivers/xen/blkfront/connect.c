/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connect.c: the backend is Connected: a new disk, an old one that goes on, or a new size.
 *
 * Nothing here waits for the peer: the disk is made visible, which reads its partition table, by a
 * work item.
 * Lock: dev->lock is held.
 */
#include "blkfront.h"

/* What a queue needs so that the largest request can be served with nothing else in flight. */
static int open_pools(struct bf_queue *q)
{
	struct bf_dev *dev = q->dev;
	const struct bf_limits *l = &dev->limits;
	u32 ind = bf_ind_pages(l->segs), per_request = l->segs + ind;
	int err;

	if (l->bounce)
		return bf_pool_init(dev, &q->pool, true, per_request, bf_max_pages);
	err = bf_pool_init(dev, &q->pool, true, ind, ind * q->size);
	if (!err)
		err = bf_pool_init(dev, &q->refs, false, l->segs, max(bf_max_pages, q->size));
	return err;
}

static int open_all_pools(struct bf_dev *dev)
{
	u32 i;
	int err = 0;

	for (i = 0; !err && i < dev->nr_queues; i++)
		err = open_pools(&dev->queues[i]);
	return err;
}

/* Each queue's interrupts go where its requests come from. */
static void spread_interrupts(struct bf_dev *dev)
{
	const unsigned int *map = dev->tags.map[HCTX_TYPE_DEFAULT].mq_map;
	unsigned int cpu, i;

	if (dev->nr_queues != dev->nr_hctx || dev->nr_queues == 1)
		return;
	for (i = 0; i < dev->nr_irq_hctx; i++) {
		for_each_online_cpu(cpu) {
			if (map[cpu] != i)
				continue;
			bf_queue_affinity(&dev->queues[i], cpumask_of(cpu));
			break;
		}
	}
}

static void go(struct bf_dev *dev)
{
	u32 i;

	for (i = 0; i < dev->nr_queues; i++)
		bf_queue_ready(&dev->queues[i]);
	spread_interrupts(dev);
	dev->phase = BF_CONNECTED;
	schedule_delayed_work(&dev->trim_work, 10 * HZ);
	dev_info(dev->xb->dev,
		 "%s: %u queue%s (%u polled), %u entries each, %u segments%s%s%s%s%s\n",
		 dev->name.text, dev->nr_queues, dev->nr_queues == 1 ? "" : "s", dev->nr_polled,
		 dev->queues[0].size, dev->limits.segs,
		 dev->limits.persistent ? ", persistent grants" : "",
		 dev->wish.untrusted ? ", backend not trusted" : "",
		 dev->limits.barrier ? ", barriers" : dev->limits.flush ? ", flush" : "",
		 dev->limits.discard ? ", discard" : "",
		 dev->limits.zeroes ? ", write zeroes" : "");
}

void bf_connect(struct bf_dev *dev)
{
	int err = bf_read_offer(dev, &dev->limits);

	if (err) {
		bf_break(dev);
		return;
	}
	err = open_all_pools(dev);
	if (!err)
		err = bf_disk_alloc(dev);
	if (!err)
		err = xb_switch_state(dev->xb, XenbusStateConnected);
	if (err) {
		bf_break(dev);
		xb_dev_fatal(dev->xb, err, "making the disk %s", dev->name.text);
		return;
	}
	go(dev);
	queue_work(bf_wq, &dev->add_work);
}

static int adopt(struct bf_dev *dev, const struct bf_limits *l)
{
	u32 i;
	int err;

	if (l->block != dev->limits.block) {
		xb_dev_fatal(dev->xb, -EINVAL, "blocks of %u bytes became %u", dev->limits.block,
			     l->block);
		return -EINVAL;
	}
	dev->limits = *l;
	for (i = 0; i < dev->nr_hctx; i++)
		WRITE_ONCE(dev->hctx[i].queue, &dev->queues[i % dev->nr_queues]);
	err = open_all_pools(dev);
	if (!err)
		err = bf_disk_limits(dev);
	if (!err)
		err = xb_switch_state(dev->xb, XenbusStateConnected);
	if (err)
		xb_dev_fatal(dev->xb, err, "going on with the disk %s", dev->name.text);
	return err;
}

/* After a migration: requests that wait, or were in flight, are sent to the new peer. */
void bf_reconnect(struct bf_dev *dev)
{
	struct bf_limits l;

	if (bf_read_offer(dev, &l) || adopt(dev, &l)) {
		bf_break(dev);
		return;
	}
	xb_dev_fault_clear(dev->xb);
	go(dev);
	bf_go_on(dev);
	if (dev->added)
		set_capacity_and_notify(dev->gd, dev->limits.sectors);
}

/* A backend that says Connected again has changed the size. */
void bf_resize(struct bf_dev *dev)
{
	u64 sectors;
	int err;

	if (!dev->added)
		return;
	err = xb_read_u64(dev->xb->otherend, "sectors", dev->limits.sectors, &sectors);
	if (!err)
		err = bf_limits_resize(&dev->limits, sectors, &sectors);
	if (err) {
		xb_dev_error(dev->xb, err, "the new size makes no sense; it stays as it was");
		return;
	}
	if (sectors == dev->limits.sectors)
		return;
	dev_info(dev->xb->dev, "%s: %llu sectors become %llu\n", dev->name.text,
		 dev->limits.sectors, sectors);
	dev->limits.sectors = sectors;
	set_capacity_and_notify(dev->gd, sectors);
}

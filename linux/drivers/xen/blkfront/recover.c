/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recover.c: when the connection ends: by a migration, to be made anew, or for good.
 *
 * Invariant: after bf_break every request that is in flight or comes later ends with an error,
 * without help from the peer; its pages are freed when the peer lets go of them.
 * Lock: dev->lock is held, but in the work items.
 */
#include "blkfront.h"

/* We may be another domain now, and the peer too: ports and grants are void, requests are not. */
int bf_suspended(struct bf_dev *dev)
{
	u32 i;

	switch (dev->phase) {
	case BF_CONNECTED:
		blk_mq_quiesce_queue(dev->gd->queue);
		dev->quiesced = true;
		bf_take_back(dev, true);
		break;
	case BF_TALKED:
	case BF_SUSPENDED:
		break;
	default:
		return 0;
	}
	for (i = 0; i < dev->max_queues; i++)
		bf_queue_close(&dev->queues[i]);
	if (dev->gd) {
		dev->phase = BF_SUSPENDED;
	} else {
		bf_queues_free(dev);
		dev->phase = BF_NEW;
	}
	return 0;
}

void bf_break(struct bf_dev *dev)
{
	u32 i;

	if (dev->phase != BF_CLOSED)
		dev->phase = BF_BROKEN;
	for (i = 0; i < dev->max_queues; i++)
		bf_queue_dead(&dev->queues[i]);
	if (!dev->gd)
		return;
	bf_take_back(dev, false);
	bf_go_on(dev);
	blk_mq_run_hw_queues(dev->gd->queue, true);
}

/* Requests come again, and those that wait for it. */
void bf_go_on(struct bf_dev *dev)
{
	if (dev->quiesced)
		blk_mq_unquiesce_queue(dev->gd->queue);
	dev->quiesced = false;
	blk_mq_kick_requeue_list(dev->gd->queue);
}

void bf_fault_work(struct work_struct *w)
{
	struct bf_dev *dev = container_of(w, struct bf_dev, fault_work);

	mutex_lock(&dev->lock);
	if (dev->xb && dev->phase != BF_CLOSED) {
		bf_break(dev);
		xb_dev_fatal(dev->xb, -EPROTO, "%s: the backend broke the protocol",
			     dev->name.text);
	}
	mutex_unlock(&dev->lock);
}

/* Bios of requests that are too large for a new peer: the block layer splits them by its limits. */
void bf_resubmit_work(struct work_struct *w)
{
	struct bf_dev *dev = container_of(w, struct bf_dev, resubmit_work);
	struct bio_list bios;
	struct bio *bio;

	spin_lock_bh(&dev->resubmit_lock);
	bios = dev->resubmit;
	bio_list_init(&dev->resubmit);
	spin_unlock_bh(&dev->resubmit_lock);
	while ((bio = bio_list_pop(&bios)))
		submit_bio(bio);
}

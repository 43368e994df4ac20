/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.c: what the peer's states mean: talk to it, connect, change the size, close.
 *
 * A disk that is in use is closed when it is released: until then our state is Closing, and it
 * works on. A peer that is gone is not waited for.
 *
 * Invariant: states that are repeated, skipped or out of order change nothing.
 * Lock: dev->lock.
 */
#include "blkfront.h"

/*
 * Closed for good: what comes now ends with an error, whoever has the disk open. Without dev->lock:
 * who uses the disk is told, and may close it then and there.
 */
static void shut(struct bf_dev *dev)
{
	struct gendisk *gd;

	mutex_lock(&dev->lock);
	bf_break(dev);
	dev->phase = BF_CLOSED;
	gd = dev->gd;
	mutex_unlock(&dev->lock);
	if (gd)
		blk_mark_disk_dead(gd);
	xb_frontend_closed(dev->xb);
}

/* The device is not removed before this has ended. */
void bf_close_work(struct work_struct *w)
{
	struct bf_dev *dev = container_of(w, struct bf_dev, close_work);
	bool now;

	mutex_lock(&dev->lock);
	now = dev->closing && !dev->openers && dev->phase != BF_CLOSED && !dev->removing;
	mutex_unlock(&dev->lock);
	if (now)
		shut(dev);
}

/* True: it is to be shut now. */
static bool closing(struct bf_dev *dev)
{
	if (dev->phase == BF_CLOSED || dev->closing)
		return false;
	if (!dev->openers)
		return true;
	dev->closing = true;
	xb_dev_error(dev->xb, -EBUSY, "%s is in use; it is closed when it is released",
		     dev->name.text);
	xb_switch_state(dev->xb, XenbusStateClosing);
	return false;
}

static void talk(struct bf_dev *dev)
{
	if (bf_talk(dev))
		bf_break(dev);
	else
		dev->phase = BF_TALKED;
}

static void connected(struct bf_dev *dev)
{
	if (dev->phase == BF_TALKED && dev->gd)
		bf_reconnect(dev);
	else if (dev->phase == BF_TALKED)
		bf_connect(dev);
	else if (dev->phase == BF_CONNECTED)
		bf_resize(dev);
}

void bf_otherend_changed(struct xb_device *xb, enum xenbus_state state)
{
	struct bf_dev *dev = xb->priv;
	bool gone = false;

	mutex_lock(&dev->lock);
	switch (state) {
	case XenbusStateInitWait:
		if (dev->phase == BF_NEW || dev->phase == BF_SUSPENDED)
			talk(dev);
		break;
	case XenbusStateConnected:
		connected(dev);
		break;
	case XenbusStateClosing:
		gone = closing(dev);
		break;
	case XenbusStateClosed:
		/*
		 * The peer has gone without asking. Before we have talked this is about a frontend
		 * before us, and the peer comes again, unless it is to stay away.
		 */
		gone = dev->phase != BF_CLOSED &&
		       (dev->phase != BF_NEW || !xb_read_bool(xb->otherend, "online", false));
		break;
	default:
		break;
	}
	mutex_unlock(&dev->lock);
	if (gone)
		shut(dev);
}

int bf_resume(struct xb_device *xb)
{
	struct bf_dev *dev = xb->priv;
	int err;

	mutex_lock(&dev->lock);
	err = bf_suspended(dev);
	mutex_unlock(&dev->lock);
	return err;
}

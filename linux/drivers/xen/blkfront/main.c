/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: the module: how a device comes, and how it goes.
 *
 * Owns struct bf_dev. Invariant: functions of the bus never wait for the peer, but remove, which
 * gives an orderly peer GIVE_UP_S seconds to write what is still in memory.
 * Lock: dev->lock around each change of phase.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>
#include "blkfront.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define GIVE_UP_S	10
#define TRIM_S		10

unsigned int bf_max_segs = 256;
module_param_named(max_indirect_segments, bf_max_segs, uint, 0444);
MODULE_PARM_DESC(max_indirect_segments, "Most pages (4 KiB) in one request (default 256)");

unsigned int bf_max_queues = 8;
module_param_named(max_queues, bf_max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "Most queues of a disk, and never more than processors (default 8)");

unsigned int bf_poll_queues;
module_param_named(poll_queues, bf_poll_queues, uint, 0444);
MODULE_PARM_DESC(poll_queues, "Queues without interrupts for polled I/O, as far as the backend offers more than one (default 0)");

unsigned int bf_max_order = BF_MAX_RING_ORDER;
module_param_named(max_ring_page_order, bf_max_order, uint, 0444);
MODULE_PARM_DESC(max_ring_page_order, "Largest ring: 2^order pages, 32 requests each (0 to 4, default 4)");

unsigned int bf_max_pages = 1056;
module_param_named(max_persistent_pages, bf_max_pages, uint, 0444);
MODULE_PARM_DESC(max_persistent_pages, "Most pages of a queue that stay granted (default 1056, as many as backends usually keep)");

unsigned int bf_hold_us = 100;
module_param_named(hold_us, bf_hold_us, uint, 0644);
MODULE_PARM_DESC(hold_us, "With many requests in flight, put notifications off for this many microseconds at most (0: never, default 100)");

bool bf_trusted = true;
module_param_named(trusted, bf_trusted, bool, 0644);
MODULE_PARM_DESC(trusted, "Backends may see the pages that data comes from; else it is copied through pages that hold nothing else (default Y)");

bool bf_persistent = true;
module_param_named(feature_persistent, bf_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent, "Keep pages granted and copy data, where the backend does it too (default Y)");

struct workqueue_struct *bf_wq;

/* ---- devices come */

static void dev_release(struct kref *ref)
{
	kfree(container_of(ref, struct bf_dev, ref));
}

void bf_dev_put(struct bf_dev *dev)
{
	kref_put(&dev->ref, dev_release);
}

/* Reads the partition table, so it may take as long as the peer likes. */
static void add_work(struct work_struct *w)
{
	struct bf_dev *dev = container_of(w, struct bf_dev, add_work);
	int err = device_add_disk(dev->xb->dev, dev->gd, NULL);

	mutex_lock(&dev->lock);
	if (!err) {
		dev->added = true;
		if (dev->phase == BF_CONNECTED)
			bf_resize(dev);	/* should it have changed meanwhile */
	} else {
		bf_break(dev);
		xb_dev_fatal(dev->xb, err, "adding the disk %s", dev->name.text);
	}
	mutex_unlock(&dev->lock);
}

static void trim_work(struct work_struct *w)
{
	struct bf_dev *dev = container_of(w, struct bf_dev, trim_work.work);
	u32 i;

	mutex_lock(&dev->lock);
	if (dev->phase == BF_CONNECTED) {
		for (i = 0; i < dev->nr_queues; i++) {
			bf_pool_trim(&dev->queues[i], &dev->queues[i].pool);
			bf_pool_trim(&dev->queues[i], &dev->queues[i].refs);
		}
		schedule_delayed_work(&dev->trim_work, TRIM_S * HZ);
	}
	mutex_unlock(&dev->lock);
}

/* The peer was Connected and yet did not answer. */
static void give_up_work(struct work_struct *w)
{
	struct bf_dev *dev = container_of(w, struct bf_dev, give_up_work.work);

	mutex_lock(&dev->lock);
	if (dev->xb) {
		xb_dev_error(dev->xb, -ETIMEDOUT, "no answer for %u s: giving %s up", GIVE_UP_S,
			     dev->name.text);
		bf_break(dev);
	}
	mutex_unlock(&dev->lock);
}

/* Disks that an HVM guest sees as emulated ones are not to be seen twice. */
static bool emulated(struct xb_device *xb, u32 vdevice)
{
	char *type;
	bool cdrom;

	if (!xen_hvm_domain())
		return false;
	if (xen_has_pv_and_legacy_disk_devices() && vdevice >> 8 != BF_MAJOR)
		return true;
	type = xb_read(XB_NIL, xb->nodename, "device-type", NULL);
	cdrom = !IS_ERR(type) && !strncmp(type, "cdrom", 5);
	if (!IS_ERR(type))
		kfree(type);
	return cdrom;
}

static int name_device(struct bf_dev *dev)
{
	struct xb_device *xb = dev->xb;
	const char *last = strrchr(xb->nodename, '/');
	unsigned int vdevice;
	unsigned long handle;
	int err;

	err = xb_need_uint(xb->nodename, "virtual-device", 0, UINT_MAX, &vdevice);
	if (err)
		err = xb_need_uint(xb->nodename, "virtual-device-ext", 0, UINT_MAX, &vdevice);
	if (err) {
		xb_dev_fatal(xb, err, "reading virtual-device");
		return err;
	}
	if (emulated(xb, vdevice))
		return -ENODEV;
	err = bf_name_of(vdevice, &dev->name);
	if (err) {
		dev_warn(xb->dev, "there is no disk with the number %#x; take an xvd one\n",
			 vdevice);
		return err;
	}
	if (dev->name.maybe_emulated && xen_hvm_domain())
		dev_warn(xb->dev, "%s may be an emulated disk, too; take one from xvde on\n",
			 dev->name.text);
	dev->handle = last && !kstrtoul(last + 1, 10, &handle) ? handle : 0;
	return 0;
}

static int probe(struct xb_device *xb)
{
	struct bf_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int err;

	if (!dev)
		return -ENOMEM;
	kref_init(&dev->ref);
	mutex_init(&dev->lock);
	spin_lock_init(&dev->resubmit_lock);
	INIT_WORK(&dev->add_work, add_work);
	INIT_WORK(&dev->fault_work, bf_fault_work);
	INIT_WORK(&dev->close_work, bf_close_work);
	INIT_WORK(&dev->resubmit_work, bf_resubmit_work);
	INIT_DELAYED_WORK(&dev->trim_work, trim_work);
	INIT_DELAYED_WORK(&dev->give_up_work, give_up_work);
	dev->xb = xb;
	err = name_device(dev);
	if (!err) {
		err = bf_name_reserve(dev);
		if (err)
			xb_dev_fatal(xb, err, "the name %s is taken", dev->name.text);
	}
	if (err) {
		bf_dev_put(dev);
		return err;
	}
	xb->priv = dev;
	bf_stats_add(dev);
	/* A driver before us may have left Closed; a backend that stays online starts anew. */
	xb_switch_state(xb, XenbusStateInitialising);
	return 0;
}

static bool is_ready(struct xb_device *xb)
{
	struct bf_dev *dev = xb->priv;

	return dev && (READ_ONCE(dev->added) || dev->phase == BF_BROKEN || dev->phase == BF_CLOSED);
}

/* ---- devices go */

static void end_disk(struct bf_dev *dev)
{
	bool orderly;

	mutex_lock(&dev->lock);
	dev->removing = true;
	orderly = dev->phase == BF_CONNECTED &&
		  xb_read_state(dev->xb->otherend) == XenbusStateConnected;
	if (!orderly)
		bf_break(dev);
	mutex_unlock(&dev->lock);
	if (orderly)
		queue_delayed_work(bf_wq, &dev->give_up_work, GIVE_UP_S * HZ);
	flush_work(&dev->add_work);
	if (dev->added)
		del_gendisk(dev->gd);
	cancel_delayed_work_sync(&dev->give_up_work);
}

static void remove(struct xb_device *xb)
{
	struct bf_dev *dev = xb->priv;
	u32 i;

	bf_stats_del(dev);
	end_disk(dev);
	cancel_work_sync(&dev->close_work);
	mutex_lock(&dev->lock);
	bf_break(dev);
	dev->phase = BF_CLOSED;
	for (i = 0; i < dev->max_queues; i++)
		bf_queue_close(&dev->queues[i]);
	dev->xb = NULL;
	mutex_unlock(&dev->lock);
	cancel_work_sync(&dev->fault_work);
	flush_work(&dev->resubmit_work);
	cancel_delayed_work_sync(&dev->trim_work);
	bf_disk_free(dev);
	bf_queues_free(dev);
	bf_name_release(dev);
	xb->priv = NULL;
	bf_dev_put(dev);
}

static struct xb_driver driver = {
	.name = KBUILD_MODNAME,
	.type = "vbd",
	.side = XB_FRONTEND,
	.probe = probe,
	.remove = remove,
	.otherend_changed = bf_otherend_changed,
	.resume = bf_resume,
	.is_ready = is_ready,
	.groups = bf_groups,
};

static int __init blkfront_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_disk_devices())
		return -ENODEV;
	bf_max_queues = clamp(bf_max_queues, 1u, BF_MAX_QUEUES);
	bf_poll_queues = min(bf_poll_queues, BF_MAX_QUEUES);
	bf_max_order = min(bf_max_order, BF_MAX_RING_ORDER);
	bf_wq = alloc_workqueue("xen-blkfront", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!bf_wq)
		return -ENOMEM;
	err = register_blkdev(BF_MAJOR, "xvd");
	if (err) {
		pr_err("xen-blkfront: the major number %u is taken: is another blkfront loaded?\n",
		       BF_MAJOR);
		goto no_major;
	}
	bf_stats_init();
	err = xb_register_driver(&driver);
	if (!err)
		return 0;
	bf_stats_exit();
	unregister_blkdev(BF_MAJOR, "xvd");
no_major:
	destroy_workqueue(bf_wq);
	return err;
}
module_init(blkfront_init);

static void __exit blkfront_exit(void)
{
	xb_unregister_driver(&driver);
	bf_stats_exit();
	unregister_blkdev(BF_MAJOR, "xvd");
	destroy_workqueue(bf_wq);
}
module_exit(blkfront_exit);

MODULE_DESCRIPTION("Xen block device frontend");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");
MODULE_ALIAS_BLOCKDEV_MAJOR(BF_MAJOR);

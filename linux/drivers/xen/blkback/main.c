/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: xen-blkback, dom0's end of the disks of guests: parameters, and the life of a device.
 *
 * INVARIANTS:
 *  - A device is connected when the frontend's rings are made and the disk is open, in whichever
 *    order those came; before Connected is written the rings are served.
 *  - Every state of the frontend may come at any time, any number of times: each is acted on by
 *    what we have, not by what should have come before.
 *  - A connection ends when the disk has answered all that was asked of it, which may be never: a
 *    worker waits for that, and only then says Closed. The bus and other devices go on.
 *  - When probe's device is removed nothing is left: no thread, page, port, grant or open disk. If
 *    the toolstack has removed its directory, so that nobody comes after us, the worker follows
 *    with what the disk still holds; the module stays until then.
 * LOCK: vbd->lock, taken by every callback of the bus and of the watch; not by the tick, which runs
 * only while there is a connection.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/xen.h>
#include "internal.h"

int bb_max_buffer_pages = 1024;
module_param_named(max_buffer_pages, bb_max_buffer_pages, int, 0644);
MODULE_PARM_DESC(max_buffer_pages, "free pages that a ring keeps ready to map grants at (1024)");

int bb_max_pgrants = 1056;
module_param_named(max_persistent_grants, bb_max_pgrants, int, 0644);
MODULE_PARM_DESC(max_persistent_grants, "grants that a ring keeps mapped (1056; at most 65534)");

unsigned int bb_pgrant_timeout = 60;
module_param_named(persistent_grant_unused_seconds, bb_pgrant_timeout, uint, 0644);
MODULE_PARM_DESC(persistent_grant_unused_seconds,
		 "an unused grant is unmapped after as many seconds (60; 0: never)");

unsigned int bb_max_queues;
module_param_named(max_queues, bb_max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "rings that a disk may have (default: processors online)");

int bb_max_ring_order = BB_MAX_RING_ORDER;
module_param_named(max_ring_page_order, bb_max_ring_order, int, 0444);
MODULE_PARM_DESC(max_ring_page_order, "largest ring, as a power of two of pages (4)");

unsigned int bb_log_stats;
module_param_named(log_stats, bb_log_stats, uint, 0644);
MODULE_PARM_DESC(log_stats, "1: log the counters of each disk every 10 seconds (0)");

bool bb_feature_persistent = true;
module_param_named(feature_persistent, bb_feature_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent, "keep grants mapped for frontends that can (Y)");

unsigned int bb_squeeze_ms = 10;
module_param_named(buffer_squeeze_duration_ms, bb_squeeze_ms, uint, 0644);
MODULE_PARM_DESC(buffer_squeeze_duration_ms,
		 "after memory got short no pages are kept ready for as long (10)");

unsigned int bb_poll_us = 10;
module_param_named(poll_us, bb_poll_us, uint, 0644);
MODULE_PARM_DESC(poll_us,
		 "look at an idle ring for up to as many microseconds before sleeping, where it helps (10)");

bool bb_wait_in_xen = true;
module_param_named(wait_in_xen, bb_wait_in_xen, bool, 0644);
MODULE_PARM_DESC(wait_in_xen,
		 "let the hypervisor block an otherwise idle processor while a ring is idle, where it helps (Y)");

unsigned int bb_copy_kib = 4;
module_param_named(copy_kib, bb_copy_kib, uint, 0644);
MODULE_PARM_DESC(copy_kib,
		 "requests up to this size are copied by Xen instead of mapped, if not persistent (4)");

/* ---- while there is a connection */
static void tick(struct work_struct *work)
{
	struct bb_vbd *vbd = container_of(to_delayed_work(work), struct bb_vbd, tick_work);
	bool soon = false;
	unsigned int i;

	if (!READ_ONCE(vbd->connected))
		return;
	bb_disk_resized(vbd);
	/* Each ring has seen it once, at least. */
	if (vbd->squeezed && time_after(jiffies, READ_ONCE(vbd->squeeze_until)))
		WRITE_ONCE(vbd->squeeze, false);
	vbd->squeezed = READ_ONCE(vbd->squeeze);
	soon |= vbd->squeezed;
	for (i = 0; i < vbd->nr_rings; i++) {
		struct bb_ring *ring = &vbd->rings[i];

		soon |= READ_ONCE(ring->persistent.overflow);
		if (!READ_ONCE(ring->persistent.nr) && !READ_ONCE(ring->pool.nr_map) &&
		    !READ_ONCE(ring->pool.nr_own))
			continue;
		WRITE_ONCE(ring->tick, true);
		wake_up_process(ring->task);
	}
	if (READ_ONCE(bb_log_stats) && time_after(jiffies, vbd->next_log)) {
		vbd->next_log = jiffies + 10 * HZ;
		bb_counters_log(vbd);
	}
	queue_delayed_work(system_power_efficient_wq, &vbd->tick_work, soon ? HZ / 10 : HZ);
}

/* What a ring's thread found out and only a worker can say: see BB_REPORT_*. */
static void report(struct work_struct *work)
{
	struct bb_vbd *vbd = container_of(work, struct bb_vbd, report_work);

	if (READ_ONCE(vbd->leaving))
		return;
	if (test_bit(BB_REPORT_NO_FLUSH, &vbd->report))
		xb_printf(XB_NIL, vbd->dev->nodename, "feature-flush-cache", "0");
	if (test_bit(BB_REPORT_NO_BARRIER, &vbd->report))
		xb_printf(XB_NIL, vbd->dev->nodename, "feature-barrier", "0");
	if (test_bit(BB_REPORT_FAULT, &vbd->report))
		xb_dev_fatal(vbd->dev, -EPROTO, "the frontend broke the ring's protocol");
}

/* ---- connecting; with the lock held */
static struct workqueue_struct *bb_ender;

static void disconnect(struct bb_vbd *vbd)
{
	if (vbd->ending)
		return;
	vbd->connected = false;
	if (!bb_rings_served(vbd))
		return bb_rings_end(vbd);
	vbd->ending = true;
	queue_work(bb_ender, &vbd->end_work);
}

/* Both halves are there? */
static void try_connect(struct bb_vbd *vbd)
{
	struct xb_device *dev = vbd->dev;
	int err;

	if (vbd->connected || vbd->ending || !vbd->rings || !vbd->bdev)
		return;
	err = bb_disk_announce(vbd);
	if (err) {
		xb_dev_fatal(dev, err, "announcing the disk");
		return disconnect(vbd);
	}
	vbd->connected = true;
	err = bb_rings_start(vbd);
	if (err)
		return disconnect(vbd);
	queue_delayed_work(system_power_efficient_wq, &vbd->tick_work, HZ);
	err = xb_switch_state(dev, XenbusStateConnected);
	if (err)
		xb_dev_fatal(dev, err, "switching to Connected");
	dev_info(dev->dev, "%pg%s, %u ring(s) of %u requests, %s%s\n", vbd->bdev,
		 vbd->readonly ? " read-only" : "", vbd->nr_rings, vbd->rings[0].nr_slots,
		 vbd->abi == BB_ABI_X86_32 ? "x86_32" : "x86_64",
		 vbd->persistent ? ", persistent grants" : "");
}

/* The hotplug script has named the disk (or nothing has happened yet). */
static void physical_device_changed(struct xb_watch *w, const char *path)
{
	struct bb_vbd *vbd = container_of(w, struct bb_vbd, watch);
	int err;

	mutex_lock(&vbd->lock);
	err = bb_disk_open(vbd);
	if (err)
		xb_dev_fatal(vbd->dev, err, "opening the disk named by physical-device");
	else
		try_connect(vbd);
	mutex_unlock(&vbd->lock);
}

/* The frontend is ready, or was all along when this driver came. */
static void frontend_ready(struct bb_vbd *vbd)
{
	if (vbd->connected)
		return;
	disconnect(vbd);
	if (vbd->ending)
		return;
	if (bb_rings_make(vbd))
		disconnect(vbd);
	else
		try_connect(vbd);
}

/* True: the device has to go. With the lock held. */
static bool follow(struct bb_vbd *vbd, enum xenbus_state state)
{
	struct xb_device *dev = vbd->dev;

	switch (state) {
	case XenbusStateInitialising:
		/* A new frontend, or one that starts anew. */
		if (dev->state == XenbusStateClosed)
			xb_switch_state(dev, XenbusStateInitWait);
		break;
	case XenbusStateInitWait:
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (dev->state != XenbusStateClosing)
			frontend_ready(vbd);
		break;
	case XenbusStateClosing:
		xb_switch_state(dev, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		disconnect(vbd);
		vbd->closed = vbd->ending;
		if (vbd->ending)
			break;
		xb_switch_state(dev, XenbusStateClosed);
		return !xb_online(dev);
	case XenbusStateUnknown:
		disconnect(vbd);
		return !vbd->ending;
	default:
		/* There is no such state, so there is nothing to follow. */
		dev_warn_ratelimited(dev->dev, "the frontend is in state %d\n", state);
		break;
	}
	return false;
}

static void otherend_changed(struct xb_device *dev, enum xenbus_state state)
{
	struct bb_vbd *vbd = dev->priv;
	bool leave;

	mutex_lock(&vbd->lock);
	leave = follow(vbd, state);
	mutex_unlock(&vbd->lock);
	if (leave)
		device_unregister(dev->dev);
}

/* In the bus's own thread, where devices come and go. */
static void leave_now(struct xb_watch *w, const char *path)
{
	struct bb_vbd *vbd = container_of(w, struct bb_vbd, leave_watch);

	otherend_changed(vbd->dev, xb_read_state(vbd->dev->otherend));
}

static void put_vbd(struct bb_vbd *vbd)
{
	if (!refcount_dec_and_test(&vbd->refs))
		return;
	bb_disk_close(vbd);
	kfree(vbd);
}

static void end_connection(struct work_struct *work)
{
	struct bb_vbd *vbd = container_of(work, struct bb_vbd, end_work);
	struct xb_device *dev = vbd->dev;
	bool orphan, leave;

	cancel_delayed_work_sync(&vbd->tick_work);
	bb_rings_end(vbd);

	mutex_lock(&vbd->lock);
	vbd->ending = false;
	orphan = vbd->orphan;
	if (vbd->closed && !vbd->leaving)
		xb_switch_state(dev, XenbusStateClosed);
	vbd->closed = false;
	/* What the frontend did meanwhile. */
	leave = !vbd->leaving && follow(vbd, xb_read_state(dev->otherend));
	/* Once; a device that came back to life nevertheless goes when its directory does. */
	if (leave && !vbd->leave_watch.provider)
		xb_watch_path(&vbd->leave_watch, leave_now, NULL, "%s/online", dev->nodename);
	mutex_unlock(&vbd->lock);
	if (orphan) {
		put_vbd(vbd);
		xb_device_put(dev);
	}
}

/* ---- the life of a device */
static int probe(struct xb_device *dev)
{
	const char *dir = dev->nodename;
	struct bb_vbd *vbd;
	int err;

	vbd = kzalloc(sizeof(*vbd), GFP_KERNEL);
	if (!vbd) {
		xb_dev_fatal(dev, -ENOMEM, "memory for the device");
		return -ENOMEM;
	}
	vbd->dev = dev;
	mutex_init(&vbd->lock);
	mutex_init(&vbd->stats_lock);
	INIT_DELAYED_WORK(&vbd->tick_work, tick);
	INIT_WORK(&vbd->report_work, report);
	INIT_WORK(&vbd->end_work, end_connection);
	refcount_set(&vbd->refs, 1);
	dev->priv = vbd;

	err = xb_printf(XB_NIL, dir, "feature-max-indirect-segments", "%u", BB_MAX_SEGS);
	if (!err)
		err = xb_printf(XB_NIL, dir, "multi-queue-max-queues", "%u", bb_max_queues);
	if (!err)
		err = xb_printf(XB_NIL, dir, "max-ring-page-order", "%d", bb_max_ring_order);
	if (!err)
		err = xb_switch_state(dev, XenbusStateInitWait);
	if (!err)
		err = xb_watch_path(&vbd->watch, physical_device_changed, NULL,
				    "%s/physical-device", dir);
	if (err) {
		xb_dev_fatal(dev, err, "offering the device");
		dev->priv = NULL;
		kfree(vbd);
		return err;
	}
	bb_debugfs_add(vbd);
	return 0;
}

static void remove(struct xb_device *dev)
{
	struct bb_vbd *vbd = dev->priv;
	bool later;

	xb_unwatch_path(&vbd->watch);
	bb_debugfs_remove(vbd);
	mutex_lock(&vbd->lock);
	WRITE_ONCE(vbd->leaving, true);
	disconnect(vbd);
	mutex_unlock(&vbd->lock);
	xb_unwatch_path(&vbd->leave_watch);
	dev->priv = NULL;

	/* Another driver may come to the same rings, but not when their directory is gone. */
	later = !xb_exists(XB_NIL, dev->nodename, "");
	mutex_lock(&vbd->lock);
	later &= vbd->ending;
	if (later) {
		xb_device_get(dev);
		refcount_inc(&vbd->refs);
		vbd->orphan = true;
	}
	mutex_unlock(&vbd->lock);
	if (!later)
		flush_work(&vbd->end_work);
	put_vbd(vbd);
}

static void reclaim_memory(struct xb_device *dev)
{
	struct bb_vbd *vbd = dev->priv;

	if (!vbd)
		return;
	WRITE_ONCE(vbd->squeeze_until, jiffies + msecs_to_jiffies(bb_squeeze_ms));
	WRITE_ONCE(vbd->squeeze, true);
	/*
	 * When the lock is taken the device is being connected or ended: there is little to give.
	 */
	if (!mutex_trylock(&vbd->lock))
		return;
	if (vbd->connected)
		mod_delayed_work(system_power_efficient_wq, &vbd->tick_work, 0);
	mutex_unlock(&vbd->lock);
}

static struct xb_driver bb_driver = {
	.name = KBUILD_MODNAME,
	.type = "vbd",
	.side = XB_BACKEND,
	.allow_rebind = true,
	.probe = probe,
	.remove = remove,
	.otherend_changed = otherend_changed,
	.reclaim_memory = reclaim_memory,
	.groups = bb_groups,
};

static int __init blkback_start(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	bb_max_ring_order = clamp(bb_max_ring_order, 0, (int)BB_MAX_RING_ORDER);
	if (!bb_max_queues)
		bb_max_queues = num_online_cpus();
	bb_max_queues = clamp(bb_max_queues, 1u, BB_MAX_QUEUES);
	bb_ender = alloc_workqueue("xen-blkback", WQ_UNBOUND, 0);
	if (!bb_ender)
		return -ENOMEM;
	bb_debugfs_init();
	err = xb_register_driver(&bb_driver);
	if (err) {
		bb_debugfs_exit();
		destroy_workqueue(bb_ender);
	}
	return err;
}

static void __exit blkback_stop(void)
{
	xb_unregister_driver(&bb_driver);
	destroy_workqueue(bb_ender);
	bb_debugfs_exit();
}

module_init(blkback_start);
module_exit(blkback_stop);

MODULE_DESCRIPTION("Krypton: backend of virtual disks");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS("xen-backend:vbd");

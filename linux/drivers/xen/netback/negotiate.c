/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * negotiate.c: the backend's side of the handshake: features, states, the toolstack's hotplug
 * script.
 *
 *   Initialising -> InitWait -> Connected -> Closing -> Closed, and from Closed to InitWait again
 *
 * The guest's state drives ours by the shortest way. Connected is written only when the hotplug
 * script has written "connected"; until then the store says InitWait.
 *
 * Invariants: watches only schedule work, so they may be taken away with the mutex held by
 * nobody; a state is entered before the store says so. Lock: nb_vif.mutex.
 */
#include <linux/kobject.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <xb/netif_ext.h>
#include "common.h"

/* ---- states */

static void state_publish(struct nb_vif *vif)
{
	if (vif->state != XenbusStateConnected || vif->hotplug_done)
		xb_switch_state(vif->dev, vif->state);
}

static void state_enter(struct nb_vif *vif, enum xenbus_state state)
{
	vif->state = state;
	state_publish(vif);
}

static void state_leave_connected(struct nb_vif *vif)
{
	nb_disconnect(vif);
	state_enter(vif, XenbusStateClosing);
}

/* One step from where we are towards GOAL; false: there is none. */
static bool state_step(struct nb_vif *vif, enum xenbus_state goal)
{
	bool open = goal == XenbusStateInitWait || goal == XenbusStateConnected;

	if (vif->state == goal)
		return false;
	switch (vif->state) {
	case XenbusStateInitialising:
	case XenbusStateClosed:
		state_enter(vif, open ? XenbusStateInitWait : goal);
		return true;
	case XenbusStateInitWait:
		if (goal != XenbusStateConnected) {
			state_enter(vif, XenbusStateClosing);
			return true;
		}
		if (nb_connect(vif)) {
			/* The store was told why, and says Closing. */
			vif->state = XenbusStateClosing;
			return false;
		}
		state_enter(vif, XenbusStateConnected);
		return true;
	case XenbusStateConnected:
		state_leave_connected(vif);
		return true;
	default:
		state_enter(vif, XenbusStateClosed);
		return true;
	}
}

static void state_go(struct nb_vif *vif, enum xenbus_state goal)
{
	while (state_step(vif, goal))
		;
}

/* Closed, and the toolstack does not want the device any more. */
static bool frontend_closed(struct nb_vif *vif)
{
	state_go(vif, XenbusStateClosed);
	return !xb_online(vif->dev);
}

static void frontend_changed(struct xb_device *dev, enum xenbus_state state)
{
	struct nb_vif *vif = dev->priv;
	bool gone = false;

	mutex_lock(&vif->mutex);
	switch (state) {
	case XenbusStateInitialising:
		state_go(vif, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
		break;
	case XenbusStateConnected:
		/* A connection that failed or was ended is begun anew by Initialising only. */
		if (vif->state != XenbusStateClosing && vif->state != XenbusStateClosed)
			state_go(vif, XenbusStateConnected);
		break;
	case XenbusStateReconfiguring:
		nb_read_xdp(vif);
		xb_switch_state(dev, XenbusStateReconfigured);
		break;
	case XenbusStateReconfigured:
		break;
	case XenbusStateClosing:
		state_go(vif, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		gone = frontend_closed(vif);
		break;
	case XenbusStateUnknown:
		state_go(vif, XenbusStateClosed);
		gone = true;
		break;
	default:
		/* There is no such state, so there is nothing to follow. */
		dev_warn_ratelimited(dev->dev, "the guest is in state %d\n", state);
		break;
	}
	mutex_unlock(&vif->mutex);
	if (gone)
		device_unregister(dev->dev);
}

/* ---- the guest lied */

void nb_fault(struct nb_vif *vif, int id, const char *why)
{
	bool first;

	WRITE_ONCE(vif->broken, true);
	if (id < 0)
		first = xb_dev_fault(vif->dev, "%s", why);
	else
		first = xb_dev_fault(vif->dev, "queue %d: %s", id, why);
	if (first)
		schedule_work(&vif->fault_work);
}

/* Whatever found the lie may not sleep; this may. */
static void fault_work(struct work_struct *work)
{
	struct nb_vif *vif = container_of(work, struct nb_vif, fault_work);

	mutex_lock(&vif->mutex);
	if (vif->broken && vif->state == XenbusStateConnected) {
		nb_disconnect(vif);
		vif->state = XenbusStateClosing;
		xb_dev_fatal(vif->dev, -EPROTO, "the guest broke the protocol");
	}
	mutex_unlock(&vif->mutex);
}

/* ---- watches */

static void read_hotplug(struct nb_vif *vif)
{
	char *text, *why;

	if (vif->hotplug_done)
		return;
	text = xb_read(XB_NIL, vif->dev->nodename, "hotplug-status", NULL);
	if (IS_ERR(text))
		return;
	if (!strcmp(text, "connected")) {
		vif->hotplug_done = true;
		if (vif->state == XenbusStateConnected)
			state_publish(vif);
	} else if (!strcmp(text, "error") && !vif->hotplug_failed) {
		vif->hotplug_failed = true;
		why = xb_read(XB_NIL, vif->dev->nodename, "hotplug-error", NULL);
		xb_dev_error(vif->dev, -EIO, "the hotplug script %s failed: %.200s", vif->script,
			     IS_ERR(why) ? "(it gave no reason)" : why);
		if (!IS_ERR(why))
			kfree(why);
	}
	kfree(text);
}

static void update_work(struct work_struct *work)
{
	struct nb_vif *vif = container_of(work, struct nb_vif, update_work);
	unsigned int turn, i;

	mutex_lock(&vif->mutex);
	read_hotplug(vif);
	turn = vif->credit_turn;
	nb_read_rate(vif);
	WRITE_ONCE(vif->multicast_control,
		   xb_read_bool(vif->dev->otherend, "request-multicast-control", false));
	if (turn != vif->credit_turn && vif->state == XenbusStateConnected) {
		rtnl_lock();
		for (i = 0; i < vif->num_queues; i++)
			if (vif->queues[i].up)
				nb_queue_kick(&vif->queues[i]);
		rtnl_unlock();
	}
	mutex_unlock(&vif->mutex);
}

static void rate_changed(struct xb_watch *w, const char *path)
{
	schedule_work(&container_of(w, struct nb_vif, rate_watch)->update_work);
}

static void mcast_changed(struct xb_watch *w, const char *path)
{
	schedule_work(&container_of(w, struct nb_vif, mcast_watch)->update_work);
}

static void hotplug_changed(struct xb_watch *w, const char *path)
{
	schedule_work(&container_of(w, struct nb_vif, hotplug_watch)->update_work);
}

static int watch_all(struct nb_vif *vif)
{
	int err;

	err = xb_watch_path(&vif->rate_watch, rate_changed, NULL, "%s/rate", vif->dev->nodename);
	if (!err)
		err = xb_watch_path(&vif->mcast_watch, mcast_changed, NULL,
				    "%s/request-multicast-control", vif->dev->otherend);
	if (!err)
		err = xb_watch_path(&vif->hotplug_watch, hotplug_changed, NULL,
				    "%s/hotplug-status", vif->dev->nodename);
	return err;
}

static void unwatch_all(struct nb_vif *vif)
{
	xb_unwatch_path(&vif->rate_watch);
	xb_unwatch_path(&vif->mcast_watch);
	xb_unwatch_path(&vif->hotplug_watch);
}

/* ---- probe and remove */

struct feature {
	const char *key;
	unsigned int value;
};

static int write_features(struct xb_transaction t, const char *dir)
{
	const struct feature features[] = {
		{ "feature-sg", 1 },
		{ "feature-gso-tcpv4", 1 },
		{ "feature-gso-tcpv6", 1 },
		{ "feature-ipv6-csum-offload", 1 },
		{ "feature-rx-copy", 1 },
		{ "feature-rx-flip", 0 },
		{ "feature-xdp-headroom", provides_xdp_headroom },
		{ "feature-multicast-control", 1 },
		{ "feature-dynamic-multicast-control", 1 },
		{ "feature-split-event-channels", separate_tx_rx_irq },
		{ "feature-ctrl-ring", 1 },
		{ "feature-staged-queues", staged_queues ? XB_STAGED_VERSION : 0 },
		{ "max-staged-pages", XB_STAGED_MAX_PAGES },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(features) && !err; i++)
		err = xb_printf(t, dir, features[i].key, "%u", features[i].value);
	return err;
}

struct offer {
	const char *dir;
	unsigned int queues;
};

static int write_offer(struct xb_transaction t, void *data)
{
	const struct offer *o = data;
	int err = write_features(t, o->dir);

	return err ? err : xb_printf(t, o->dir, "multi-queue-max-queues", "%u", o->queues);
}

static int offer(struct xb_device *dev, unsigned int queues)
{
	struct offer o = { .dir = dev->nodename, .queues = queues };

	return xb_transact(write_offer, &o);
}

static void vif_remove(struct xb_device *dev)
{
	struct nb_vif *vif = dev->priv;

	unwatch_all(vif);
	cancel_work_sync(&vif->update_work);
	kobject_uevent(&dev->dev->kobj, KOBJ_OFFLINE);
	mutex_lock(&vif->mutex);
	nb_disconnect(vif);
	mutex_unlock(&vif->mutex);
	/* Nobody is left who could find a fault. */
	cancel_work_sync(&vif->fault_work);
	xb_rm(XB_NIL, dev->nodename, "hotplug-status");
	dev->priv = NULL;
	nb_vif_destroy(vif);
}

static int vif_begin(struct nb_vif *vif)
{
	struct xb_device *dev = vif->dev;
	char *script;
	int err;

	script = xb_read(XB_NIL, dev->nodename, "script", NULL);
	if (IS_ERR(script))
		return PTR_ERR(script);
	vif->script = script;
	err = offer(dev, vif->max_queues);
	if (err)
		return err;
	mutex_lock(&vif->mutex);
	state_go(vif, XenbusStateInitWait);
	mutex_unlock(&vif->mutex);
	/* Scripts start from this, where the toolstack does not start them itself. */
	kobject_uevent(&dev->dev->kobj, KOBJ_ONLINE);
	return watch_all(vif);
}

static int vif_probe(struct xb_device *dev)
{
	struct nb_vif *vif;
	unsigned int handle;
	int err;

	err = xb_need_uint(dev->nodename, "handle", 0, INT_MAX, &handle);
	if (err) {
		xb_dev_fatal(dev, err, "reading handle");
		return err;
	}
	vif = nb_vif_create(dev, handle);
	if (IS_ERR(vif)) {
		xb_dev_fatal(dev, PTR_ERR(vif), "creating the interface");
		return PTR_ERR(vif);
	}
	INIT_WORK(&vif->update_work, update_work);
	INIT_WORK(&vif->fault_work, fault_work);
	dev->priv = vif;
	err = vif_begin(vif);
	if (err) {
		xb_dev_fatal(dev, err, "offering the interface");
		vif_remove(dev);
	}
	return err;
}

static int vif_uevent(const struct xb_device *dev, struct kobj_uevent_env *env)
{
	const struct nb_vif *vif = dev->priv;

	if (!vif)
		return 0;
	if (vif->script && add_uevent_var(env, "script=%s", vif->script))
		return -ENOMEM;
	return add_uevent_var(env, "vif=%s", vif->net->name);
}

static struct xb_driver nb_driver = {
	.name = "vif",
	.type = "vif",
	.side = XB_BACKEND,
	.allow_rebind = true,
	.probe = vif_probe,
	.remove = vif_remove,
	.otherend_changed = frontend_changed,
	.uevent = vif_uevent,
};

int nb_negotiate_init(void)
{
	return xb_register_driver(&nb_driver);
}

void nb_negotiate_exit(void)
{
	xb_unregister_driver(&nb_driver);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * negotiate.c: the handshake with the backend, from probe to remove.
 *
 * INVARIANTS
 *  - What the backend offers is read once, when connecting; changes afterwards are ignored.
 *  - Whatever state the backend shows in whatever order: each is answered from the phase that we
 *    are in, and none waits. Closed counts only after the backend was seen alive: one from
 *    before is what a driver finds that was loaded again.
 *  - Queues are stopped before we write Closing or Closed; they are released when the backend is
 *    closed, or is another one, or when the device goes.
 *  - A backend that lied is connected to again only on request (ethtool --reset).
 *
 * LOCK: rtnl guards the phase. Watches are set and removed without it: their callbacks take it.
 */
#include <linux/delay.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netfront.h"

#define CLOSE_STEP_MS	10
#define CLOSE_STEPS	300		/* three seconds for each half of the goodbye */
#define HEADROOM_STEPS	200

/* ---- what the backend offers */

static int read_offer(struct nf_dev *nf)
{
	const char *dir = nf->xb->otherend;
	struct nf_offer *o = &nf->offer;
	int err;

	*o = (struct nf_offer){ 0 };
	if (!xb_read_bool(dir, "feature-rx-copy", false))
		return -EOPNOTSUPP;
	err = xb_read_uint(dir, "multi-queue-max-queues", 1, 1, UINT_MAX, &o->max_queues);
	if (!err)
		err = xb_read_uint(dir, "feature-staged-queues", 0, 0, UINT_MAX, &o->staged);
	if (!err)
		err = xb_read_uint(dir, "max-staged-pages", 0, 0, UINT_MAX, &o->staged_pages);
	if (err)
		return err;
	o->staged_pages = min(o->staged_pages, XB_AREA_DIR_MAX);
	o->sg = xb_read_bool(dir, "feature-sg", false);
	o->tso4 = xb_read_bool(dir, "feature-gso-tcpv4", false);
	o->tso6 = xb_read_bool(dir, "feature-gso-tcpv6", false);
	o->csum4 = !xb_read_bool(dir, "feature-no-csum-offload", false);
	o->csum6 = xb_read_bool(dir, "feature-ipv6-csum-offload", false);
	o->split = xb_read_bool(dir, "feature-split-event-channels", false);
	o->ctrl = xb_read_bool(dir, "feature-ctrl-ring", false);
	o->xdp_headroom = xb_read_bool(dir, "feature-xdp-headroom", false);
	o->mcast = xb_read_bool(dir, "feature-multicast-control", false);
	o->mcast_dynamic = xb_read_bool(dir, "feature-dynamic-multicast-control", false);
	return 0;
}

static int read_mac(struct nf_dev *nf)
{
	char *s = xb_read(XB_NIL, nf->xb->nodename, "mac", NULL);
	u8 mac[ETH_ALEN];
	int err;

	if (IS_ERR(s))
		return PTR_ERR(s);
	err = nf_mac_parse(s, mac);
	kfree(s);
	if (!err)
		eth_hw_addr_set(nf->dev, mac);
	return err;
}

/* ---- what we say */

/* Left by an earlier connection of another shape; they must not be there beside the new ones. */
static int forget_keys(struct nf_dev *nf, struct xb_transaction t)
{
	static const char * const keys[] = {
		"tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx",
		"event-channel-rx", "tx-staged-ref", "rx-staged-ref", "tx-staged-descs",
		"rx-staged-descs", "request-staged-queues", "multi-queue-num-queues",
		"ctrl-ring-ref", "event-channel-ctrl", "request-multicast-control",
		"feature-no-csum-offload",
	};
	const char *node = nf->xb->nodename;
	char sub[16];
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		err = xb_rm(t, node, keys[i]);
		if (err && err != -ENOENT)
			return err;
	}
	for (i = 0; i < NF_MAX_QUEUES; i++) {
		snprintf(sub, sizeof(sub), "queue-%d", i);
		if (!xb_exists(t, node, sub))
			break;
		err = xb_rm(t, node, sub);
		if (err)
			return err;
	}
	return 0;
}

static int say_features(struct nf_dev *nf, struct xb_transaction t)
{
	static const char * const on[] = { "request-rx-copy", "feature-rx-notify", "feature-sg" };
	static const char * const offloads[] = {
		"feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload",
	};
	const char *node = nf->xb->nodename;
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(on) && !err; i++)
		err = xb_write(t, node, on[i], "1");
	for (i = 0; i < ARRAY_SIZE(offloads) && !err; i++)
		err = xb_write(t, node, offloads[i], nf_rx_csum ? "1" : "0");
	if (!err && !nf_rx_csum)
		err = xb_write(t, node, "feature-no-csum-offload", "1");
	if (!err && nf->offer.xdp_headroom)
		err = xb_printf(t, node, "xdp-headroom", "%u",
				rcu_access_pointer(nf->xdp_prog) && !nf->queues[0].staged ?
				XDP_PACKET_HEADROOM : 0);
	return err;
}

static int announce(struct xb_transaction t, void *data)
{
	struct nf_dev *nf = data;
	int err = 0;

	if (xb_exists(t, nf->xb->nodename, "request-rx-copy"))
		err = forget_keys(nf, t);
	if (!err)
		err = nf_queues_announce(nf, t);
	if (!err)
		err = say_features(nf, t);
	if (!err)
		err = nf_ctrl_announce(nf, t);
	if (!err)
		err = nf_mcast_announce(nf, t);
	return err;
}

/* ---- connecting; rtnl held */

static void set_carrier(struct nf_dev *nf)
{
	if (nf->connected && nf->carrier)
		netif_carrier_on(nf->dev);
	else
		netif_carrier_off(nf->dev);
}

static void disconnect(struct nf_dev *nf)
{
	netif_carrier_off(nf->dev);
	if (nf->connected)
		nf_queues_stop(nf);
	nf_mcast_disconnected(nf);
}

static void release(struct nf_dev *nf)
{
	nf_ctrl_release(nf);
	nf_queues_release(nf);
}

static int set_up(struct nf_dev *nf)
{
	int err;

	err = read_offer(nf);
	if (err) {
		xb_dev_fatal(nf->xb, err, "what the backend offers is not usable");
		return err;
	}
	nf->bounce = !nf_trusted || !xb_read_bool(nf->xb->nodename, "trusted", true);
	err = nf_queues_setup(nf);
	if (!err && nf->offer.ctrl)
		err = nf_ctrl_setup(nf);
	if (!err)
		err = xb_transact(announce, nf);
	if (!err && nf->dev->reg_state == NETREG_UNINITIALIZED)
		err = register_netdevice(nf->dev);
	if (err) {
		xb_dev_fatal(nf->xb, err, "setting up queues");
		release(nf);
	}
	return err;
}

static void connect(struct nf_dev *nf)
{
	disconnect(nf);
	release(nf);
	nf->broken = false;
	nf->backend_connected = false;
	if (nf->phase == NF_CLOSED)
		xb_switch_state(nf->xb, XenbusStateInitialising);
	nf->phase = NF_CONNECTED;
	if (set_up(nf))
		return;
	nf_device_features(nf);
	xb_switch_state(nf->xb, XenbusStateConnected);
	nf_queues_start(nf);
	nf_mcast_connected(nf);
	set_carrier(nf);
	if (netif_running(nf->dev))
		netif_tx_wake_all_queues(nf->dev);
	netdev_info(nf->dev, "%u queue%s, %s%s%s\n", nf->nr_queues, nf->nr_queues > 1 ? "s" : "",
		    nf->queues[0].staged ? "staged channels" : "rings",
		    nf->queues[0].nr_ch > 1 ? ", split event channels" : "",
		    nf->bounce && !nf->queues[0].staged ? ", bouncing" : "");
}

static void begin_again(struct nf_dev *nf)
{
	release(nf);
	nf->phase = NF_INIT;
	nf->backend_seen = false;
	nf->backend_connected = false;
	xb_switch_state(nf->xb, XenbusStateInitialising);
}

int nf_restart(struct nf_dev *nf)
{
	if (nf->phase == NF_INIT || nf->phase == NF_RESTARTING)
		return 0;
	disconnect(nf);
	nf->broken = false;
	xb_dev_fault_clear(nf->xb);
	if (nf->phase == NF_CLOSED) {
		begin_again(nf);
		return 0;
	}
	nf->phase = NF_RESTARTING;
	return xb_switch_state(nf->xb, XenbusStateClosing);
}

int nf_set_xdp_headroom(struct nf_dev *nf, bool on)
{
	int i, err;

	if (!nf->offer.xdp_headroom)
		return 0;
	err = xb_switch_state(nf->xb, XenbusStateReconfiguring);
	if (!err)
		err = xb_printf(XB_NIL, nf->xb->nodename, "xdp-headroom", "%u",
				on ? XDP_PACKET_HEADROOM : 0);
	for (i = 0; !err && i < HEADROOM_STEPS; i++) {
		if (xb_read_state(nf->xb->otherend) == XenbusStateReconfigured)
			break;
		msleep(CLOSE_STEP_MS);
	}
	if (nf->connected)
		xb_switch_state(nf->xb, XenbusStateConnected);
	return err ?: i == HEADROOM_STEPS ? -ETIMEDOUT : 0;
}

/* ---- what the backend does */

static void carrier_changed(struct xb_watch *w, const char *path)
{
	struct nf_dev *nf = container_of(w, struct nf_dev, carrier_watch);
	bool on = xb_read_bool(nf->xb->otherend, "carrier", true);

	rtnl_lock();
	nf->carrier = on;
	set_carrier(nf);
	rtnl_unlock();
}

static void watch_carrier(struct nf_dev *nf)
{
	xb_unwatch_path(&nf->carrier_watch);
	if (xb_watch_path(&nf->carrier_watch, carrier_changed, NULL, "%s/carrier",
			  nf->xb->otherend))
		dev_dbg(nf->xb->dev, "no watch for the carrier\n");
}

static bool ready_to_connect(const struct nf_dev *nf)
{
	switch (nf->phase) {
	case NF_INIT:
		return true;
	case NF_CLOSED:
		return !nf->broken;
	case NF_CONNECTED:
		/*
		 * Its answer to our keys is still to come; or another driver took over, which finds
		 * our keys and goes on with the memory that they name.
		 */
	case NF_RESTARTING:
		break;
	}
	return false;
}

static void backend_waits(struct nf_dev *nf)
{
	bool go;

	rtnl_lock();
	nf->backend_seen = true;
	go = ready_to_connect(nf);
	if (go)
		connect(nf);
	rtnl_unlock();
	if (go)
		watch_carrier(nf);
}

static void backend_connected(struct nf_dev *nf)
{
	bool tell, hash, again;

	rtnl_lock();
	nf->backend_seen = true;
	tell = nf->connected;
	again = tell && nf->backend_connected;
	hash = tell && nf->hash.enabled;
	nf->backend_connected = tell;
	if (hash && nf_rss_apply(nf))
		netdev_warn(nf->dev, "the backend did not take the hash key and table\n");
	if (again)
		nf_queues_kick(nf);
	rtnl_unlock();
	if (tell)
		netdev_notify_peers(nf->dev);
}

static void backend_closing(struct nf_dev *nf)
{
	rtnl_lock();
	disconnect(nf);
	if (nf->phase == NF_RESTARTING) {
		xb_switch_state(nf->xb, XenbusStateClosed);
	} else {
		nf->phase = NF_CLOSED;
		xb_frontend_closed(nf->xb);
	}
	rtnl_unlock();
}

static void backend_closed(struct nf_dev *nf)
{
	rtnl_lock();
	if (nf->phase == NF_INIT && !nf->backend_seen)
		goto out;
	disconnect(nf);
	if (nf->phase == NF_RESTARTING) {
		begin_again(nf);
		goto out;
	}
	release(nf);
	if (nf->phase != NF_CLOSED) {
		nf->phase = NF_CLOSED;
		xb_frontend_closed(nf->xb);
	}
out:
	rtnl_unlock();
}

static void nf_otherend_changed(struct xb_device *xb, enum xenbus_state state)
{
	struct nf_dev *nf = xb->priv;

	switch (state) {
	case XenbusStateInitWait:
		backend_waits(nf);
		break;
	case XenbusStateConnected:
		backend_connected(nf);
		break;
	case XenbusStateClosing:
		backend_closing(nf);
		break;
	case XenbusStateClosed:
		backend_closed(nf);
		break;
	default:
		break;
	}
}

/* ---- the bus */

static int nf_probe(struct xb_device *xb)
{
	struct nf_dev *nf;
	unsigned int mtu;
	int err;

	err = nf_device_create(xb, &nf);
	if (err) {
		xb_dev_fatal(xb, err, "creating the interface");
		return err;
	}
	xb->priv = nf;
	err = read_mac(nf);
	if (err) {
		xb_dev_fatal(xb, err, "parsing %s/mac", xb->nodename);
		nf_device_free(nf);
		return err;
	}
	if (!xb_read_uint(xb->nodename, "mtu", ETH_DATA_LEN, ETH_MIN_MTU, NF_MAX_MTU, &mtu))
		nf->dev->mtu = mtu;
	xb_switch_state(xb, XenbusStateInitialising);
	return 0;
}

static bool backend_alive(const struct nf_dev *nf)
{
	switch (xb_read_state(nf->xb->otherend)) {
	case XenbusStateUnknown:
	case XenbusStateInitialising:
	case XenbusStateClosing:
	case XenbusStateClosed:
		return false;
	default:
		return true;
	}
}

/* Says goodbye, so that the backend lets go of our memory; for a limited time. */
static void say_goodbye(struct nf_dev *nf)
{
	enum xenbus_state state = xb_read_state(nf->xb->otherend);
	int i;

	if (state == XenbusStateClosed || state == XenbusStateUnknown)
		return;
	xb_switch_state(nf->xb, XenbusStateClosing);
	for (i = 0; i < CLOSE_STEPS && backend_alive(nf); i++)
		msleep(CLOSE_STEP_MS);
	xb_switch_state(nf->xb, XenbusStateClosed);
	for (i = 0; i < CLOSE_STEPS; i++) {
		state = xb_read_state(nf->xb->otherend);
		if (state != XenbusStateClosing && !(backend_alive(nf)))
			break;
		msleep(CLOSE_STEP_MS);
	}
}

static void nf_remove(struct xb_device *xb)
{
	struct nf_dev *nf = xb->priv;

	xb_unwatch_path(&nf->carrier_watch);
	rtnl_lock();
	disconnect(nf);
	nf->phase = NF_CLOSED;
	rtnl_unlock();
	say_goodbye(nf);
	cancel_work_sync(&nf->fault_work);
	cancel_work_sync(&nf->restart_work);
	if (nf->dev->reg_state == NETREG_REGISTERED)
		unregister_netdev(nf->dev);
	rtnl_lock();
	release(nf);
	rtnl_unlock();
	nf_device_free(nf);
	xb->priv = NULL;
}

/* After a suspend: another backend, perhaps in another domain; of the old one nothing is left. */
static int nf_resume(struct xb_device *xb)
{
	struct nf_dev *nf = xb->priv;

	rtnl_lock();
	disconnect(nf);
	begin_again(nf);
	rtnl_unlock();
	return 0;
}

struct xb_driver nf_driver = {
	.name = "xen-netfront",
	.type = "vif",
	.side = XB_FRONTEND,
	.probe = nf_probe,
	.remove = nf_remove,
	.otherend_changed = nf_otherend_changed,
	.resume = nf_resume,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connect.c: from what the guest wrote into the store to queues that run, and back.
 *
 * Invariant: nb_disconnect undoes whatever part of nb_connect was done; so a step that fails leaves
 * nothing behind. What the guest wrote is read once, in range, or refused.
 * Lock: nb_vif.mutex; rtnl within.
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include "common.h"

#define DRAIN_POLL_MSECS	30	/* how often to look at a guest without events for room */

void nb_read_rate(struct nb_vif *vif)
{
	u64 bytes = NB_CREDIT_UNLIMITED, usec = 0;
	char *text;

	text = xb_read(XB_NIL, vif->dev->nodename, "rate", NULL);
	if (!IS_ERR(text)) {
		if (nb_credit_parse(text, &bytes, &usec))
			netdev_warn(vif->net, "no rate limit, as \"%.32s\" is none\n", text);
		kfree(text);
	}
	if (bytes == vif->credit_bytes && usec == vif->credit_usec)
		return;
	WRITE_ONCE(vif->credit_bytes, bytes);
	WRITE_ONCE(vif->credit_usec, usec);
	smp_wmb(); /* queues take the new limit when they see the number change */
	WRITE_ONCE(vif->credit_turn, vif->credit_turn + 1);
}

void nb_read_xdp(struct nb_vif *vif)
{
	unsigned int headroom = 0;

	if (xb_read_uint(vif->dev->otherend, "xdp-headroom", 0, 0, XEN_NETIF_MAX_XDP_HEADROOM,
			 &headroom) || !provides_xdp_headroom)
		headroom = 0;
	/* There has to be some place left in a page. */
	WRITE_ONCE(vif->xdp_headroom, min_t(unsigned int, headroom, XEN_PAGE_SIZE / 2));
}

static int read_features(struct nb_vif *vif)
{
	const char *dir = vif->dev->otherend;

	if (!xb_read_bool(dir, "request-rx-copy", false)) {
		xb_dev_fatal(vif->dev, -EOPNOTSUPP, "the guest does not ask for copies");
		return -EOPNOTSUPP;
	}
	vif->can_sg = xb_read_bool(dir, "feature-sg", false);
	vif->gso_v4 = xb_read_bool(dir, "feature-gso-tcpv4", false);
	vif->gso_v6 = xb_read_bool(dir, "feature-gso-tcpv6", false);
	vif->ip_csum = !xb_read_bool(dir, "feature-no-csum-offload", false);
	vif->ipv6_csum = xb_read_bool(dir, "feature-ipv6-csum-offload", false);
	vif->multicast_control = xb_read_bool(dir, "request-multicast-control", false);
	vif->drain_timeout = msecs_to_jiffies(rx_drain_timeout_msecs);
	vif->stall_timeout = msecs_to_jiffies(rx_stall_timeout_msecs);
	if (!xb_read_bool(dir, "feature-rx-notify", false)) {
		vif->drain_timeout = msecs_to_jiffies(DRAIN_POLL_MSECS);
		vif->stall_timeout = 0;
	}
	nb_read_xdp(vif);
	return 0;
}

static int map_queue(struct nb_vif *vif, unsigned int id, unsigned int nr, bool staged)
{
	const char *dir = vif->dev->otherend;
	char *path = NULL;
	int err;

	if (nr > 1) {
		path = kasprintf(GFP_KERNEL, "%s/queue-%u", dir, id);
		if (!path)
			return -ENOMEM;
		dir = path;
	}
	err = nb_queue_map(&vif->queues[id], dir, staged);
	if (err)
		xb_dev_fatal(vif->dev, err, "connecting queue %u", id);
	kfree(path);
	return err;
}

static int map_queues(struct nb_vif *vif)
{
	const char *dir = vif->dev->otherend;
	unsigned int nr, i;
	bool staged;
	int err;

	staged = staged_queues && xb_read_bool(dir, "request-staged-queues", false);
	err = xb_read_uint(dir, "multi-queue-num-queues", 1, 1, vif->max_queues, &nr);
	if (err) {
		xb_dev_fatal(vif->dev, err, "the number of queues is not in 1 to %u",
			     vif->max_queues);
		return err;
	}
	err = nb_ctrl_connect(vif, nr);
	if (err) {
		xb_dev_fatal(vif->dev, err, "connecting the control ring");
		return err;
	}
	for (i = 0; i < nr; i++) {
		err = map_queue(vif, i, nr, staged);
		if (err)
			return err;
		WRITE_ONCE(vif->num_queues, i + 1);
	}
	return 0;
}

int nb_connect(struct nb_vif *vif)
{
	int err;

	xb_dev_fault_clear(vif->dev);
	WRITE_ONCE(vif->broken, false);
	err = read_features(vif);
	if (err)
		return err;
	nb_read_rate(vif);
	err = map_queues(vif);
	if (err) {
		nb_disconnect(vif);
		return err;
	}
	nb_debugfs_add(vif);
	rtnl_lock();
	nb_vif_up(vif);
	rtnl_unlock();
	return 0;
}

void nb_disconnect(struct nb_vif *vif)
{
	unsigned int i, nr = vif->num_queues;

	rtnl_lock();
	nb_vif_down(vif);
	rtnl_unlock();
	nb_debugfs_del(vif);
	nb_ctrl_disconnect(vif);
	for (i = 0; i < nr; i++)
		nb_queue_unmap(&vif->queues[i]);
	WRITE_ONCE(vif->num_queues, 0);
	nb_mcast_free(vif);
}

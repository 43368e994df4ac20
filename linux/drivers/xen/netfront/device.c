/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.c: the net_device: making it, its operations, features, and what happens after a fault.
 *
 * INVARIANT: NAPI of a queue is on exactly when the interface is open and the device is connected.
 *
 * LOCK: rtnl, which the kernel holds around the operations but for transmitting and statistics.
 */
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netfront.h"

static int nf_open(struct net_device *dev)
{
	struct nf_dev *nf = netdev_priv(dev);
	unsigned int i;

	if (READ_ONCE(nf->broken))
		return -ENODEV;
	if (!nf->connected)
		return 0;
	for (i = 0; i < nf->nr_queues; i++)
		nf_napi_on(&nf->queues[i]);
	netif_tx_start_all_queues(dev);
	return 0;
}

static int nf_stop(struct net_device *dev)
{
	struct nf_dev *nf = netdev_priv(dev);
	unsigned int i;

	netif_tx_disable(dev);
	for (i = 0; i < nf->nr_queues; i++)
		nf_napi_off(&nf->queues[i]);
	return 0;
}

static netdev_tx_t nf_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nf_dev *nf = netdev_priv(dev);
	struct nf_queue *q = &nf->queues[skb_get_queue_mapping(skb)];

	if (unlikely(!q->up || READ_ONCE(nf->broken) || skb->len > NF_MAX_LEN ||
		     skb->len < ETH_HLEN)) {
		q->tx.dropped++;
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	return q->staged ? nf_staged_xmit(q, skb) : nf_classic_xmit(q, skb);
}

static int nf_change_mtu(struct net_device *dev, int mtu)
{
	if (mtu > (dev->features & NETIF_F_SG ? NF_MAX_MTU : ETH_DATA_LEN))
		return -EINVAL;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static void nf_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	struct nf_dev *nf = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < nf->max_queues; i++) {
		const struct nf_queue *q = &nf->queues[i];

		s->tx_packets += READ_ONCE(q->tx.packets);
		s->tx_bytes += READ_ONCE(q->tx.bytes);
		s->tx_dropped += READ_ONCE(q->tx.dropped);
		s->tx_errors += READ_ONCE(q->tx.errors);
		s->rx_packets += READ_ONCE(q->rx.packets);
		s->rx_bytes += READ_ONCE(q->rx.bytes);
		s->rx_dropped += READ_ONCE(q->rx.dropped);
		s->rx_errors += READ_ONCE(q->rx.errors);
	}
}

static netdev_features_t nf_fix_features(struct net_device *dev, netdev_features_t f)
{
	const struct nf_offer *o = &((struct nf_dev *)netdev_priv(dev))->offer;

	if (!o->sg)
		f &= ~NETIF_F_SG;
	if (!o->csum4)
		f &= ~NETIF_F_IP_CSUM;
	if (!o->csum6)
		f &= ~NETIF_F_IPV6_CSUM;
	if (!o->tso4)
		f &= ~NETIF_F_TSO;
	if (!o->tso6)
		f &= ~NETIF_F_TSO6;
	return f;
}

static int nf_set_features(struct net_device *dev, netdev_features_t f)
{
	if (!(f & NETIF_F_SG) && dev->mtu > ETH_DATA_LEN) {
		netdev_info(dev, "without scatter-gather the MTU is at most %u\n", ETH_DATA_LEN);
		WRITE_ONCE(dev->mtu, ETH_DATA_LEN);
	}
	return 0;
}

static const struct net_device_ops nf_netdev_ops = {
	.ndo_open		= nf_open,
	.ndo_stop		= nf_stop,
	.ndo_start_xmit		= nf_start_xmit,
	.ndo_change_mtu		= nf_change_mtu,
	.ndo_get_stats64	= nf_get_stats64,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_fix_features	= nf_fix_features,
	.ndo_set_features	= nf_set_features,
	.ndo_set_rx_mode	= nf_set_rx_mode,
	.ndo_bpf		= nf_xdp_setup,
	.ndo_xdp_xmit		= nf_xdp_xmit,
};

/* ---- sysfs: rxbuf_min, _max, _cur are there for those who read them; nothing can be set */

static ssize_t rxbuf_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", NF_RING);
}

static ssize_t rxbuf_store(struct device *d, struct device_attribute *attr, const char *buf,
			   size_t len)
{
	unsigned long ignored;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	return kstrtoul(buf, 0, &ignored) ? -EBADMSG : len;
}

static struct device_attribute rxbuf_min = __ATTR(rxbuf_min, 0644, rxbuf_show, rxbuf_store);
static struct device_attribute rxbuf_max = __ATTR(rxbuf_max, 0644, rxbuf_show, rxbuf_store);
static struct device_attribute rxbuf_cur = __ATTR(rxbuf_cur, 0444, rxbuf_show, NULL);

static struct attribute *nf_attrs[] = {
	&rxbuf_min.attr,
	&rxbuf_max.attr,
	&rxbuf_cur.attr,
	NULL,
};

static const struct attribute_group nf_attr_group = { .attrs = nf_attrs };

/* ---- after a fault */

static void nf_fault_work(struct work_struct *work)
{
	struct nf_dev *nf = container_of(work, struct nf_dev, fault_work);
	char text[128];

	spin_lock_irq(&nf->xb->lock);
	strscpy(text, nf->xb->fault ?: "the backend broke the protocol", sizeof(text));
	spin_unlock_irq(&nf->xb->lock);
	nf_fault_text(nf, text);
	rtnl_lock();
	if (nf->connected) {
		netif_carrier_off(nf->dev);
		nf_queues_stop(nf);
	}
	rtnl_unlock();
	xb_dev_fatal(nf->xb, -EPROTO, "stopped");
}

static void nf_restart_work(struct work_struct *work)
{
	struct nf_dev *nf = container_of(work, struct nf_dev, restart_work);

	rtnl_lock();
	nf_restart(nf);
	rtnl_unlock();
}

/* ---- making and registering */

static void init_queues(struct nf_dev *nf)
{
	unsigned int i;

	for (i = 0; i < nf->max_queues; i++) {
		struct nf_queue *q = &nf->queues[i];

		q->nf = nf;
		q->id = i;
		q->txq = netdev_get_tx_queue(nf->dev, i);
		hrtimer_init(&q->moderate, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
		q->moderate.function = nf_moderate_timer;
		netif_napi_add(nf->dev, &q->napi, nf_poll);
	}
}

static void init_netdev(struct nf_dev *nf)
{
	struct net_device *dev = nf->dev;

	dev->netdev_ops = &nf_netdev_ops;
	dev->ethtool_ops = &nf_ethtool_ops;
	dev->sysfs_groups[0] = &nf_attr_group;
	dev->features = NETIF_F_RXCSUM | NETIF_F_GSO_ROBUST;
	dev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO |
			   NETIF_F_TSO6;
	dev->features |= dev->hw_features;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = NF_MAX_MTU;
	xb_set_xdp_features(dev, XB_XDP_ACTIONS);
	SET_NETDEV_DEV(dev, nf->xb->dev);
	netif_carrier_off(dev);
}

int nf_device_create(struct xb_device *xb, struct nf_dev **out)
{
	unsigned int nr = clamp(nf_max_queues, 1u, NF_MAX_QUEUES);
	struct net_device *dev = alloc_etherdev_mq(sizeof(struct nf_dev), nr);
	struct nf_dev *nf;

	if (!dev)
		return -ENOMEM;
	nf = netdev_priv(dev);
	nf->xb = xb;
	nf->dev = dev;
	nf->max_queues = nr;
	nf->want_queues = nr;
	nf->tx_descs = XB_STAGED_DESCS;
	nf->rx_descs = NF_RX_DESCS;
	nf->tx_frames = NF_RING / 4;
	nf->copybreak = min(nf_copybreak, NF_LINEAR_MAX);
	nf->carrier = true;
	INIT_WORK(&nf->fault_work, nf_fault_work);
	INIT_WORK(&nf->restart_work, nf_restart_work);
	nf->queues = kvcalloc(nr, sizeof(*nf->queues), GFP_KERNEL);
	if (!nf->queues || nf_mcast_create(nf)) {
		kvfree(nf->queues);
		free_netdev(dev);
		return -ENOMEM;
	}
	init_netdev(nf);
	init_queues(nf);
	nf_rss_defaults(nf);
	*out = nf;
	return 0;
}

/* Nothing is connected and nothing registered any more. */
void nf_device_free(struct nf_dev *nf)
{
	struct bpf_prog *prog = rcu_dereference_protected(nf->xdp_prog, 1);
	struct nf_queue *queues = nf->queues;
	unsigned int i;

	cancel_work_sync(&nf->fault_work);
	cancel_work_sync(&nf->restart_work);
	if (prog)
		bpf_prog_put(prog);
	for (i = 0; i < nf->max_queues; i++)
		netif_napi_del(&queues[i].napi);
	nf_mcast_free(nf);
	free_netdev(nf->dev);
	kvfree(queues);
}

int nf_device_register(struct nf_dev *nf)
{
	return nf->dev->reg_state == NETREG_UNINITIALIZED ? register_netdev(nf->dev) : 0;
}

/* rtnl held: what this backend can do. */
void nf_device_features(struct nf_dev *nf)
{
	netif_set_real_num_tx_queues(nf->dev, nf->nr_queues);
	netif_set_real_num_rx_queues(nf->dev, nf->nr_queues);
	netdev_update_features(nf->dev);
}

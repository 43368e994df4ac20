/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interface.c: the network device in dom0, vifDOMID.HANDLE.
 *
 * Invariant: the device and its queues live from probe to remove; connecting to a guest only brings
 * queues up, and the carrier. connected is changed under rtnl, so open and stop see it.
 */
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/vmalloc.h>
#include "common.h"

#define MTU_MAX	(ETH_MAX_MTU - VLAN_ETH_HLEN)

static int vif_open(struct net_device *net)
{
	struct nb_vif *vif = netdev_priv(net);
	unsigned int i;

	netif_tx_start_all_queues(net);
	if (vif->connected)
		for (i = 0; i < vif->num_queues; i++)
			nb_queue_up(&vif->queues[i]);
	return 0;
}

static int vif_stop(struct net_device *net)
{
	struct nb_vif *vif = netdev_priv(net);
	unsigned int i;

	for (i = 0; i < vif->num_queues; i++)
		nb_queue_down(&vif->queues[i]);
	netif_tx_stop_all_queues(net);
	return 0;
}

void nb_vif_up(struct nb_vif *vif)
{
	struct net_device *net = vif->net;
	unsigned int i;

	if (!vif->can_sg && net->mtu > ETH_DATA_LEN)
		dev_set_mtu(net, ETH_DATA_LEN);
	netdev_update_features(net);
	netif_set_real_num_tx_queues(net, vif->num_queues);
	netif_set_real_num_rx_queues(net, vif->num_queues);
	vif->connected = true;
	vif->stalled = 0;
	netif_carrier_on(net);
	if (netif_running(net))
		for (i = 0; i < vif->num_queues; i++)
			nb_queue_up(&vif->queues[i]);
}

void nb_vif_down(struct nb_vif *vif)
{
	unsigned int i;

	vif->connected = false;
	netif_carrier_off(vif->net);
	for (i = 0; i < vif->num_queues; i++)
		nb_queue_down(&vif->queues[i]);
}

static u16 vif_select_queue(struct net_device *net, struct sk_buff *skb, struct net_device *sb)
{
	struct nb_vif *vif = netdev_priv(net);
	u16 queue;

	if (rcu_access_pointer(vif->hash) && nb_hash_skb(vif, skb, &queue))
		return queue;
	return netdev_pick_tx(net, skb, NULL) % net->real_num_tx_queues;
}

static netdev_tx_t vif_start_xmit(struct sk_buff *skb, struct net_device *net)
{
	struct nb_vif *vif = netdev_priv(net);
	u16 queue;

	/* With one queue nobody asked which. */
	if (unlikely(rcu_access_pointer(vif->hash)) && net->real_num_tx_queues == 1)
		nb_hash_skb(vif, skb, &queue);
	return nb_to_xmit(&vif->queues[skb_get_queue_mapping(skb)], skb);
}

static void vif_get_stats64(struct net_device *net, struct rtnl_link_stats64 *s)
{
	struct nb_vif *vif = netdev_priv(net);
	unsigned int i;

	for (i = 0; i < vif->max_queues; i++) {
		const struct nb_from_stats *from = &vif->queues[i].from_stats;
		const struct nb_to_stats *to = &vif->queues[i].to_stats;

		s->rx_packets += READ_ONCE(from->packets);
		s->rx_bytes += READ_ONCE(from->bytes);
		s->rx_dropped += READ_ONCE(from->dropped);
		s->rx_errors += READ_ONCE(from->bad);
		s->tx_packets += READ_ONCE(to->packets);
		s->tx_bytes += READ_ONCE(to->bytes);
		s->tx_dropped += READ_ONCE(to->dropped) + READ_ONCE(to->filtered);
		s->tx_errors += READ_ONCE(to->bad);
	}
}

static int vif_change_mtu(struct net_device *net, int mtu)
{
	struct nb_vif *vif = netdev_priv(net);

	if (mtu > (vif->can_sg ? MTU_MAX : ETH_DATA_LEN))
		return -EINVAL;
	WRITE_ONCE(net->mtu, mtu);
	return 0;
}

static netdev_features_t vif_fix_features(struct net_device *net, netdev_features_t features)
{
	struct nb_vif *vif = netdev_priv(net);

	if (!vif->can_sg)
		features &= ~NETIF_F_SG;
	if (!vif->gso_v4)
		features &= ~NETIF_F_TSO;
	if (!vif->gso_v6)
		features &= ~NETIF_F_TSO6;
	if (!vif->ip_csum)
		features &= ~NETIF_F_IP_CSUM;
	if (!vif->ipv6_csum)
		features &= ~NETIF_F_IPV6_CSUM;
	return features;
}

static const struct net_device_ops vif_ops = {
	.ndo_open = vif_open,
	.ndo_stop = vif_stop,
	.ndo_select_queue = vif_select_queue,
	.ndo_start_xmit = vif_start_xmit,
	.ndo_get_stats64 = vif_get_stats64,
	.ndo_change_mtu = vif_change_mtu,
	.ndo_fix_features = vif_fix_features,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void vif_setup(struct net_device *net)
{
	/* The largest address, so that no bridge takes it for its own. */
	static const u8 addr[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

	net->netdev_ops = &vif_ops;
	net->ethtool_ops = &nb_ethtool_ops;
	net->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO |
			   NETIF_F_TSO6 | NETIF_F_FRAGLIST;
	net->features = net->hw_features | NETIF_F_RXCSUM;
	net->min_mtu = ETH_MIN_MTU;
	net->max_mtu = MTU_MAX;
	netif_set_tso_max_size(net, XEN_NETIF_MAX_TX_SIZE);
	eth_hw_addr_set(net, addr);
	netif_carrier_off(net);
}

static void vif_init(struct nb_vif *vif)
{
	unsigned int i;

	mutex_init(&vif->mutex);
	spin_lock_init(&vif->stall_lock);
	spin_lock_init(&vif->mcast_lock);
	/* Until a guest says otherwise. */
	vif->can_sg = true;
	vif->ip_csum = true;
	vif->credit_bytes = NB_CREDIT_UNLIMITED;
	vif->state = XenbusStateInitialising;
	for (i = 0; i < vif->max_queues; i++)
		nb_queue_init(vif, i);
}

struct nb_vif *nb_vif_create(struct xb_device *dev, unsigned int handle)
{
	unsigned int nr = clamp_t(unsigned int, READ_ONCE(max_queues), 1, NB_QUEUES_MAX);
	struct net_device *net;
	char name[IFNAMSIZ];
	struct nb_vif *vif;
	int err;

	snprintf(name, sizeof(name), "vif%u.%u", dev->otherend_id, handle);
	net = alloc_netdev_mqs(sizeof(*vif), name, NET_NAME_UNKNOWN, ether_setup, nr, nr);
	if (!net)
		return ERR_PTR(-ENOMEM);
	SET_NETDEV_DEV(net, dev->dev);
	vif = netdev_priv(net);
	vif->dev = dev;
	vif->net = net;
	vif->domid = dev->otherend_id;
	vif->handle = handle;
	vif->max_queues = nr;
	vif->queues = vzalloc(array_size(nr, sizeof(*vif->queues)));
	if (!vif->queues) {
		free_netdev(net);
		return ERR_PTR(-ENOMEM);
	}
	vif_setup(net);
	vif_init(vif);
	err = register_netdev(net);
	if (err) {
		nb_vif_destroy(vif);
		return ERR_PTR(err);
	}
	return vif;
}

/* Nothing is connected any more. Who reads statistics is waited for. */
void nb_vif_destroy(struct nb_vif *vif)
{
	struct nb_queue *queues = vif->queues;
	unsigned int i;

	if (vif->net->reg_state == NETREG_REGISTERED)
		unregister_netdev(vif->net);
	for (i = 0; i < vif->max_queues; i++)
		nb_queue_free(&queues[i]);
	kfree(vif->script);
	free_netdev(vif->net);
	vfree(queues);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ethtool.c: what ethtool -S, -l, -g and -i show.
 *
 * The first five statistics carry the names of Linux's own backend, on which tools depend; those
 * about zero-copy stay 0, as nothing is mapped here. Counters are read without a lock while they
 * change.
 */
#include <linux/ethtool.h>
#include "common.h"
#include "wire.h"

static const char * const global_names[] = {
	"rx_gso_checksum_fixup",
	"tx_zerocopy_sent",
	"tx_zerocopy_success",
	"tx_zerocopy_fail",
	"tx_frag_overflow",
};

struct queue_stat {
	const char *name;
	size_t offset;
};

#define FROM_STAT(name) { "from_" #name, offsetof(struct nb_queue, from_stats.name) }
#define TO_STAT(name) { "to_" #name, offsetof(struct nb_queue, to_stats.name) }

/* All u64. */
static const struct queue_stat queue_stats[] = {
	FROM_STAT(packets), FROM_STAT(bytes), FROM_STAT(dropped), FROM_STAT(bad),
	FROM_STAT(copies), FROM_STAT(copy_calls), FROM_STAT(polls), FROM_STAT(limited),
	FROM_STAT(busy_hits), FROM_STAT(busy_misses), FROM_STAT(gso_fixup),
	TO_STAT(packets), TO_STAT(bytes), TO_STAT(dropped), TO_STAT(filtered), TO_STAT(bad),
	TO_STAT(copies), TO_STAT(copy_calls), TO_STAT(stops), TO_STAT(drains), TO_STAT(stalls),
	TO_STAT(more),
};

static const char * const event_names[] = {
	"events", "events_spurious", "notify_sent", "notify_saved", "staged",
};

#define PER_QUEUE (ARRAY_SIZE(queue_stats) + ARRAY_SIZE(event_names))

static int get_sset_count(struct net_device *net, int set)
{
	struct nb_vif *vif = netdev_priv(net);

	if (set != ETH_SS_STATS)
		return -EINVAL;
	return ARRAY_SIZE(global_names) + vif->max_queues * PER_QUEUE;
}

static void get_strings(struct net_device *net, u32 set, u8 *data)
{
	struct nb_vif *vif = netdev_priv(net);
	unsigned int i, n;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(global_names); i++)
		ethtool_sprintf(&data, "%s", global_names[i]);
	for (n = 0; n < vif->max_queues; n++) {
		for (i = 0; i < ARRAY_SIZE(queue_stats); i++)
			ethtool_sprintf(&data, "q%u_%s", n, queue_stats[i].name);
		for (i = 0; i < ARRAY_SIZE(event_names); i++)
			ethtool_sprintf(&data, "q%u_%s", n, event_names[i]);
	}
}

static u64 *get_queue(const struct nb_queue *q, u64 *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(queue_stats); i++)
		*data++ = READ_ONCE(*(const u64 *)((const u8 *)q + queue_stats[i].offset));
	*data++ = q->ev.events + q->ev_split.events;
	*data++ = q->ev.spurious + q->ev_split.spurious;
	*data++ = q->ev.sent + q->ev_split.sent;
	*data++ = q->ev.saved + q->ev_split.saved;
	*data++ = q->staged;
	return data;
}

static void get_stats(struct net_device *net, struct ethtool_stats *stats, u64 *data)
{
	struct nb_vif *vif = netdev_priv(net);
	unsigned int n;

	memset(data, 0, sizeof(*data) * ARRAY_SIZE(global_names));
	for (n = 0; n < vif->max_queues; n++)
		data[0] += READ_ONCE(vif->queues[n].from_stats.gso_fixup);
	data += ARRAY_SIZE(global_names);
	for (n = 0; n < vif->max_queues; n++)
		data = get_queue(&vif->queues[n], data);
}

static void get_channels(struct net_device *net, struct ethtool_channels *c)
{
	struct nb_vif *vif = netdev_priv(net);

	c->max_combined = vif->max_queues;
	c->combined_count = vif->num_queues;
}

static void get_ringparam(struct net_device *net, struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel_ring,
			  struct netlink_ext_ack *extack)
{
	struct nb_vif *vif = netdev_priv(net);
	const struct nb_queue *q = &vif->queues[0];

	ring->rx_max_pending = 4096;
	ring->tx_max_pending = 4096;
	ring->rx_pending = NB_RING_SIZE;
	ring->tx_pending = NB_RING_SIZE;
	if (vif->connected && q->staged) {
		ring->rx_pending = q->fc.mask + 1;
		ring->tx_pending = q->tp.mask + 1;
	}
}

static void get_drvinfo(struct net_device *net, struct ethtool_drvinfo *info)
{
	struct nb_vif *vif = netdev_priv(net);

	strscpy(info->driver, "xen-netback", sizeof(info->driver));
	strscpy(info->bus_info, vif->dev->nodename, sizeof(info->bus_info));
}

const struct ethtool_ops nb_ethtool_ops = {
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_drvinfo = get_drvinfo,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_stats,
	.get_channels = get_channels,
	.get_ringparam = get_ringparam,
};

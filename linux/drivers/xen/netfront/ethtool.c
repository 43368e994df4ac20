/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ethtool.c: what ethtool shows and sets.
 *
 * INVARIANT: changes that need another connection (channels, descriptors) are kept and made by
 * nf_restart, which does not wait for the backend.
 * LOCK: rtnl, held by the caller.
 */
#include <linux/ethtool.h>

#include "netfront.h"

struct nf_stat {
	char name[24];
	u16 offset;
};

#define TX_STAT(f)	{ "tx_" #f, offsetof(struct nf_queue, tx.f) }
#define RX_STAT(f)	{ "rx_" #f, offsetof(struct nf_queue, rx.f) }

static const struct nf_stat stats[] = {
	TX_STAT(packets), TX_STAT(bytes), TX_STAT(dropped), TX_STAT(errors), TX_STAT(stopped),
	TX_STAT(copied), TX_STAT(grants), TX_STAT(linearized), TX_STAT(xdp),
	RX_STAT(packets), RX_STAT(bytes), RX_STAT(errors), RX_STAT(dropped), RX_STAT(gso_fixup),
	RX_STAT(copied), RX_STAT(grants), RX_STAT(polls), RX_STAT(idle_polls),
	RX_STAT(xdp_pass), RX_STAT(xdp_drop), RX_STAT(xdp_tx), RX_STAT(xdp_redirect),
	RX_STAT(xdp_errors), RX_STAT(xdp_generic),
};

static const char * const notes[] = { "events", "spurious_events", "notified", "notify_saved" };

#define PER_QUEUE	(ARRAY_SIZE(stats) + ARRAY_SIZE(notes))

static int get_sset_count(struct net_device *dev, int set)
{
	struct nf_dev *nf = netdev_priv(dev);

	return set == ETH_SS_STATS ? 1 + nf->max_queues * PER_QUEUE : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	struct nf_dev *nf = netdev_priv(dev);
	unsigned int i, j;

	if (set != ETH_SS_STATS)
		return;
	ethtool_sprintf(&data, "rx_gso_checksum_fixup");
	for (i = 0; i < nf->max_queues; i++) {
		for (j = 0; j < ARRAY_SIZE(stats); j++)
			ethtool_sprintf(&data, "q%u_%s", i, stats[j].name);
		for (j = 0; j < ARRAY_SIZE(notes); j++)
			ethtool_sprintf(&data, "q%u_%s", i, notes[j]);
	}
}

static void get_stats(struct net_device *dev, struct ethtool_stats *unused, u64 *data)
{
	struct nf_dev *nf = netdev_priv(dev);
	u64 *fixups = data++;
	unsigned int i, j;

	*fixups = 0;
	for (i = 0; i < nf->max_queues; i++) {
		const struct nf_queue *q = &nf->queues[i];

		*fixups += READ_ONCE(q->rx.gso_fixup);
		for (j = 0; j < ARRAY_SIZE(stats); j++)
			*data++ = *(const unsigned long *)((const char *)q + stats[j].offset);
		*data++ = q->events + q->ch[0].events + q->ch[1].events;
		*data++ = q->spurious + q->ch[0].spurious + q->ch[1].spurious;
		*data++ = q->sent + q->ch[0].sent + q->ch[1].sent;
		*data++ = q->saved + q->ch[0].saved + q->ch[1].saved;
	}
}

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct nf_dev *nf = netdev_priv(dev);

	strscpy(info->driver, "xen-netfront", sizeof(info->driver));
	strscpy(info->bus_info, dev_name(nf->xb->dev), sizeof(info->bus_info));
	strscpy(info->version, nf->queues[0].staged ? "staged" : "rings", sizeof(info->version));
}

/* ---- rings */

static void get_ringparam(struct net_device *dev, struct ethtool_ringparam *r,
			  struct kernel_ethtool_ringparam *kr, struct netlink_ext_ack *extack)
{
	struct nf_dev *nf = netdev_priv(dev);
	const struct nf_staged *s = nf->queues[0].staged;

	r->rx_max_pending = s ? 4096 : NF_RING;
	r->tx_max_pending = r->rx_max_pending;
	r->rx_pending = s ? s->rx_geom.nr_desc : NF_RING;
	r->tx_pending = s ? s->tx_geom.nr_desc : NF_RING;
}

static int set_ringparam(struct net_device *dev, struct ethtool_ringparam *r,
			 struct kernel_ethtool_ringparam *kr, struct netlink_ext_ack *extack)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (!nf->queues[0].staged) {
		if (r->rx_pending == NF_RING && r->tx_pending == NF_RING)
			return 0;
		NL_SET_ERR_MSG(extack, "a published ring has 256 entries");
		return -EINVAL;
	}
	if (!is_power_of_2(r->rx_pending) || r->rx_pending < XB_CHAN_DESC_PER_PAGE ||
	    !is_power_of_2(r->tx_pending) || r->tx_pending < XB_CHAN_DESC_PER_PAGE) {
		NL_SET_ERR_MSG(extack, "powers of two from 128 on");
		return -EINVAL;
	}
	if (nf->rx_descs == r->rx_pending && nf->tx_descs == r->tx_pending)
		return 0;
	nf->rx_descs = r->rx_pending;
	nf->tx_descs = r->tx_pending;
	return nf_restart(nf);
}

/* ---- coalescing */

static int get_coalesce(struct net_device *dev, struct ethtool_coalesce *c,
			struct kernel_ethtool_coalesce *kc, struct netlink_ext_ack *extack)
{
	struct nf_dev *nf = netdev_priv(dev);

	c->rx_coalesce_usecs = nf->rx_usecs;
	c->tx_max_coalesced_frames = nf->tx_frames;
	return 0;
}

static int set_coalesce(struct net_device *dev, struct ethtool_coalesce *c,
			struct kernel_ethtool_coalesce *kc, struct netlink_ext_ack *extack)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (c->rx_coalesce_usecs > 10000 || !c->tx_max_coalesced_frames ||
	    c->tx_max_coalesced_frames > NF_RING / 2) {
		NL_SET_ERR_MSG(extack, "rx-usecs is at most 10000, tx-frames from 1 to 128");
		return -EINVAL;
	}
	WRITE_ONCE(nf->rx_usecs, c->rx_coalesce_usecs);
	WRITE_ONCE(nf->tx_frames, c->tx_max_coalesced_frames);
	return 0;
}

/* ---- channels, hash */

static void get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct nf_dev *nf = netdev_priv(dev);

	ch->max_combined = nf->max_queues;
	ch->combined_count = max(nf->nr_queues, 1u);
}

static int set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (!ch->combined_count || ch->combined_count > nf->max_queues)
		return -EINVAL;
	if (ch->combined_count > nf->offer.max_queues)
		return -EOPNOTSUPP;
	nf->want_queues = ch->combined_count;
	return ch->combined_count == nf->nr_queues ? 0 : nf_restart(nf);
}

static int get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = max(nf->nr_queues, 1u);
	return 0;
}

XB_RXFH_OPS(nf_rss_get, nf_rss_set, struct nf_dev)

/* ---- others */

static int get_tunable(struct net_device *dev, const struct ethtool_tunable *t, void *data)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (t->id != ETHTOOL_RX_COPYBREAK)
		return -EINVAL;
	*(u32 *)data = nf->copybreak;
	return 0;
}

static int set_tunable(struct net_device *dev, const struct ethtool_tunable *t, const void *data)
{
	struct nf_dev *nf = netdev_priv(dev);
	u32 value = *(const u32 *)data;

	if (t->id != ETHTOOL_RX_COPYBREAK || value > NF_LINEAR_MAX)
		return -EINVAL;
	WRITE_ONCE(nf->copybreak, value);
	return 0;
}

/* Also the way back after the backend was found to lie. */
static int reset(struct net_device *dev, u32 *flags)
{
	int err = nf_restart(netdev_priv(dev));

	if (!err)
		*flags = 0;
	return err;
}

const struct ethtool_ops nf_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS | ETHTOOL_COALESCE_TX_MAX_FRAMES,
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_stats,
	.get_ringparam		= get_ringparam,
	.set_ringparam		= set_ringparam,
	.get_coalesce		= get_coalesce,
	.set_coalesce		= set_coalesce,
	.get_channels		= get_channels,
	.set_channels		= set_channels,
	.get_rxnfc		= get_rxnfc,
	.get_rxfh_key_size	= nf_rss_key_size,
	.get_rxfh_indir_size	= nf_rss_map_size,
	.get_rxfh		= xb_get_rxfh,
	.set_rxfh		= xb_set_rxfh,
	.get_tunable		= get_tunable,
	.set_tunable		= set_tunable,
	.reset			= reset,
	.get_ts_info		= ethtool_op_get_ts_info,
};

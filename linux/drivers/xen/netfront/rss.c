/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rss.c: which queue the backend puts a packet into: Toeplitz key and table, kept here and given to
 * the backend over the control ring, at once and after each reconnect.
 *
 * Until somebody sets one, the backend chooses as it likes, and the table shows an even spread.
 *
 * LOCK: rtnl.
 */
#include <linux/ethtool.h>

#include "netfront.h"

#define ALL_TYPES	(XEN_NETIF_CTRL_HASH_TYPE_IPV4 | XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP | \
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6 | XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

void nf_rss_defaults(struct nf_dev *nf)
{
	nf->hash.map_size = NF_HASH_MAP;
	netdev_rss_key_fill(nf->hash.key, NF_HASH_KEY);
}

u32 nf_rss_key_size(struct net_device *dev)
{
	struct nf_dev *nf = netdev_priv(dev);

	return nf->offer.ctrl ? NF_HASH_KEY : 0;
}

u32 nf_rss_map_size(struct net_device *dev)
{
	struct nf_dev *nf = netdev_priv(dev);

	return nf->offer.ctrl ? nf->hash.map_size : 0;
}

int nf_rss_get(struct nf_dev *nf, u32 *map, u8 *key)
{
	u32 i;

	for (i = 0; map && i < nf->hash.map_size; i++)
		map[i] = nf->hash.enabled ? nf->hash.map[i] :
			 ethtool_rxfh_indir_default(i, max(nf->nr_queues, 1u));
	if (key)
		memcpy(key, nf->hash.key, NF_HASH_KEY);
	return 0;
}

static int call(struct nf_dev *nf, u16 type, u32 a, u32 b)
{
	const u32 arg[3] = { a, b, 0 };

	return nf_ctrl_call(nf, type, arg, NULL);
}

static int send_key(struct nf_dev *nf)
{
	grant_ref_t ref;
	void *page = nf_ctrl_page(nf, &ref);

	if (!page)
		return -EOPNOTSUPP;
	memcpy(page, nf->hash.key, NF_HASH_KEY);
	return call(nf, XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, ref, NF_HASH_KEY);
}

static int send_map(struct nf_dev *nf)
{
	const u32 none[3] = { 0 };
	grant_ref_t ref;
	u32 *page = nf_ctrl_page(nf, &ref), size, i;
	int err;

	if (!page)
		return -EOPNOTSUPP;
	err = nf_ctrl_call(nf, XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, none, &size);
	if (err)
		return err;
	if (size < nf->hash.map_size)
		return -EMSGSIZE;
	err = call(nf, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE, nf->hash.map_size, 0);
	if (err)
		return err;
	/* There may be fewer queues than when the table was made. */
	for (i = 0; i < nf->hash.map_size; i++)
		page[i] = nf->hash.map[i] % nf->nr_queues;
	return call(nf, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, ref, nf->hash.map_size);
}

int nf_rss_apply(struct nf_dev *nf)
{
	const u32 none[3] = { 0 };
	u32 types = 0;
	int err;

	if (!nf->hash.enabled)
		return call(nf, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
			    XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, 0);
	err = call(nf, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
		   XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0);
	if (!err)
		err = nf_ctrl_call(nf, XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS, none, &types);
	if (!err)
		err = call(nf, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, types & ALL_TYPES, 0);
	if (!err)
		err = send_key(nf);
	if (!err)
		err = send_map(nf);
	return err;
}

int nf_rss_set(struct nf_dev *nf, const u32 *map, const u8 *key)
{
	struct nf_hash old = nf->hash;
	u32 i;
	int err;

	if (!nf->offer.ctrl || !nf->connected)
		return -EOPNOTSUPP;
	if (!nf->hash.enabled)
		nf_rss_get(nf, nf->hash.map, NULL);
	for (i = 0; map && i < nf->hash.map_size; i++) {
		if (map[i] >= nf->nr_queues) {
			nf->hash = old;
			return -EINVAL;
		}
		nf->hash.map[i] = map[i];
	}
	if (key)
		memcpy(nf->hash.key, key, NF_HASH_KEY);
	nf->hash.enabled = true;
	err = nf_rss_apply(nf);
	if (err)
		nf->hash = old;
	return err;
}

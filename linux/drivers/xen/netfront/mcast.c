/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mcast.c: letting the backend drop multicast that nobody here listens to.
 *
 * Asked for only when the backend can be told later to stop filtering: an interface that is to see
 * everything, or has more addresses than a backend keeps, needs that.
 *
 * INVARIANT: what is in "known" is what the backend was told on this connection; while it filters,
 * that is all we listen to, or soon will be.
 * LOCK: rtnl for the work; the kernel's address lock while the list is copied.
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netfront.h"

struct nf_mcast {
	struct nf_dev *nf;
	struct delayed_work work;
	bool usable;			/* on this connection */
	bool filtering;			/* what the store says */
	unsigned int nr;
	u8 known[NF_MCAST_MAX][ETH_ALEN];
};

struct list {
	unsigned int nr;
	bool all;
	u8 addr[NF_MCAST_MAX][ETH_ALEN];
};

static void copy_list(struct net_device *dev, struct list *l)
{
	struct netdev_hw_addr *ha;

	l->nr = 0;
	netif_addr_lock_bh(dev);
	l->all = dev->flags & (IFF_PROMISC | IFF_ALLMULTI);
	netdev_for_each_mc_addr(ha, dev) {
		if (l->nr == NF_MCAST_MAX) {
			l->all = true;
			break;
		}
		ether_addr_copy(l->addr[l->nr++], ha->addr);
	}
	netif_addr_unlock_bh(dev);
}

static bool has(u8 (*addrs)[ETH_ALEN], unsigned int nr, const u8 *addr)
{
	while (nr--)
		if (ether_addr_equal_unaligned(addrs[nr], addr))
			return true;
	return false;
}

static int tell(struct nf_queue *q, const u8 *addr, bool add)
{
	return q->staged ? nf_staged_mcast(q, addr, add) : nf_classic_mcast(q, addr, add);
}

/* What changed, first what is to go, so that the backend's table never overflows. */
static int update(struct nf_mcast *m, struct list *l)
{
	struct nf_queue *q = &m->nf->queues[0];
	unsigned int i;
	int err = 0;

	__netif_tx_lock_bh(q->txq);
	for (i = 0; i < m->nr && !err;) {
		if (has(l->addr, l->nr, m->known[i])) {
			i++;
			continue;
		}
		err = tell(q, m->known[i], false);
		if (!err)
			ether_addr_copy(m->known[i], m->known[--m->nr]);
	}
	for (i = 0; i < l->nr && !err; i++) {
		if (has(m->known, m->nr, l->addr[i]))
			continue;
		err = tell(q, l->addr[i], true);
		if (!err)
			ether_addr_copy(m->known[m->nr++], l->addr[i]);
	}
	if (q->staged)
		nf_staged_push(q);
	else
		nf_classic_push(q);
	__netif_tx_unlock_bh(q->txq);
	return err;
}

static void filter(struct nf_mcast *m, bool on)
{
	if (m->filtering == on)
		return;
	if (!xb_printf(XB_NIL, m->nf->xb->nodename, "request-multicast-control", "%d", on))
		m->filtering = on;
}

static void mcast_work(struct work_struct *work)
{
	struct nf_mcast *m = container_of(work, struct nf_mcast, work.work);
	struct list *l = kmalloc(sizeof(*l), GFP_KERNEL);

	if (!l) {
		/* The backend filters by a list that may lack a new group: it has to be told. */
		schedule_delayed_work(&m->work, HZ);
		return;
	}
	rtnl_lock();
	if (!m->usable || !m->nf->connected)
		goto out;
	copy_list(m->nf->dev, l);
	if (l->all) {
		filter(m, false);
	} else if (update(m, l)) {
		filter(m, false);
		schedule_delayed_work(&m->work, HZ / 10);
	} else {
		filter(m, true);
	}
out:
	rtnl_unlock();
	kfree(l);
}

void nf_set_rx_mode(struct net_device *dev)
{
	struct nf_dev *nf = netdev_priv(dev);

	if (READ_ONCE(nf->mcast->usable))
		mod_delayed_work(system_wq, &nf->mcast->work, 0);
}

int nf_mcast_create(struct nf_dev *nf)
{
	nf->mcast = kzalloc(sizeof(*nf->mcast), GFP_KERNEL);
	if (!nf->mcast)
		return -ENOMEM;
	nf->mcast->nf = nf;
	INIT_DELAYED_WORK(&nf->mcast->work, mcast_work);
	return 0;
}

void nf_mcast_free(struct nf_dev *nf)
{
	cancel_delayed_work_sync(&nf->mcast->work);
	kfree(nf->mcast);
	nf->mcast = NULL;
}

/* Filtering begins when the list is there: see mcast_work. */
int nf_mcast_announce(struct nf_dev *nf, struct xb_transaction t)
{
	struct nf_mcast *m = nf->mcast;

	m->nr = 0;
	m->filtering = false;
	m->usable = nf_mcast_on && nf->offer.mcast && nf->offer.mcast_dynamic;
	return m->usable ? xb_write(t, nf->xb->nodename, "request-multicast-control", "0") : 0;
}

void nf_mcast_connected(struct nf_dev *nf)
{
	if (nf->mcast->usable)
		mod_delayed_work(system_wq, &nf->mcast->work, HZ / 10);
}

void nf_mcast_disconnected(struct nf_dev *nf)
{
	WRITE_ONCE(nf->mcast->usable, false);
	cancel_delayed_work(&nf->mcast->work);
}

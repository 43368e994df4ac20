/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mcast.c: the multicast addresses that a guest wants to receive.
 *
 * Invariant: a list never changes; a change makes a new one and lets the old one go after all that
 * read it. So queues search it without a lock; mcast_lock is for those who change it.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "common.h"

static unsigned int find(const struct nb_mcast *m, const u8 *addr)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		if (ether_addr_equal_unaligned(m->addr[i], addr))
			break;
	return i;
}

/* -ENOSPC: there are too many already. Adding one again or removing an unknown one is no error. */
int nb_mcast_change(struct nb_vif *vif, const u8 *addr, bool add)
{
	struct nb_mcast *old, *m = kzalloc(sizeof(*m), GFP_ATOMIC | __GFP_NOWARN);
	unsigned int at;
	int err = 0;

	if (!m)
		return -ENOMEM;
	spin_lock_bh(&vif->mcast_lock);
	old = rcu_dereference_protected(vif->mcast, lockdep_is_held(&vif->mcast_lock));
	if (old) {
		m->nr = old->nr;
		memcpy(m->addr, old->addr, sizeof(m->addr));
	}
	at = find(m, addr);
	if (add && at == m->nr) {
		if (at < NB_MCAST_MAX)
			ether_addr_copy(m->addr[m->nr++], addr);
		else
			err = -ENOSPC;
	} else if (!add && at < m->nr) {
		memcpy(m->addr[at], m->addr[--m->nr], ETH_ALEN);
	}
	rcu_assign_pointer(vif->mcast, m);
	spin_unlock_bh(&vif->mcast_lock);
	if (old)
		kfree_rcu(old, rcu);
	return err;
}

bool nb_mcast_match(struct nb_vif *vif, const u8 *addr)
{
	const struct nb_mcast *m;
	bool found;

	rcu_read_lock();
	m = rcu_dereference(vif->mcast);
	found = m && find(m, addr) < m->nr;
	rcu_read_unlock();
	return found;
}

void nb_mcast_free(struct nb_vif *vif)
{
	struct nb_mcast *old;

	spin_lock_bh(&vif->mcast_lock);
	old = rcu_replace_pointer(vif->mcast, NULL, lockdep_is_held(&vif->mcast_lock));
	spin_unlock_bh(&vif->mcast_lock);
	if (old)
		kfree_rcu(old, rcu);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: xen-netback, dom0's end of guests' network interfaces: parameters, coming and going.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <xen/xen.h>
#include "common.h"

bool separate_tx_rx_irq = true;
module_param(separate_tx_rx_irq, bool, 0644);
MODULE_PARM_DESC(separate_tx_rx_irq, "offer guests an event channel for each direction (default Y)");

bool provides_xdp_headroom = true;
module_param(provides_xdp_headroom, bool, 0644);
MODULE_PARM_DESC(provides_xdp_headroom, "leave guests that ask for it room for XDP in front of packets (default Y)");

unsigned int rx_drain_timeout_msecs = 10000;
module_param(rx_drain_timeout_msecs, uint, 0444);
MODULE_PARM_DESC(rx_drain_timeout_msecs, "drop packets to a guest that gave no room for so many ms (default 10000)");

unsigned int rx_stall_timeout_msecs = 60000;
module_param(rx_stall_timeout_msecs, uint, 0444);
MODULE_PARM_DESC(rx_stall_timeout_msecs, "take the carrier from a guest that gave no room for so many ms (default 60000; 0: never)");

unsigned int max_queues;
module_param(max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "most queues of an interface (default: processors, at most 8)");

unsigned int fatal_skb_slots = 20;
module_param(fatal_skb_slots, uint, 0444);
MODULE_PARM_DESC(fatal_skb_slots, "a packet in more slots than this disables its interface (default 20)");

static unsigned int hash_cache_size = 64;
module_param(hash_cache_size, uint, 0644);
MODULE_PARM_DESC(hash_cache_size, "accepted, without effect: hashes come from a table for the key, not from a cache");

bool staged_queues = true;
module_param(staged_queues, bool, 0644);
MODULE_PARM_DESC(staged_queues, "offer guests queues in memory that stays shared (default Y)");

unsigned int packets_ahead = 64;
module_param(packets_ahead, uint, 0644);
MODULE_PARM_DESC(packets_ahead, "packets that may wait in a staged queue until the guest takes them (default 64)");

unsigned int busy_poll_usecs = 15;
module_param(busy_poll_usecs, uint, 0644);
MODULE_PARM_DESC(busy_poll_usecs, "longest time in us that a queue looks for more before it sleeps, adapted (default 15; 0: off; always off with one processor)");

struct dentry *nb_debugfs_root;

static int __init nb_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	if (!max_queues)
		max_queues = min_t(unsigned int, num_online_cpus(), NB_QUEUES_DEFAULT);
	fatal_skb_slots = max_t(unsigned int, fatal_skb_slots, XEN_NETIF_NR_SLOTS_MIN);
	nb_debugfs_root = debugfs_create_dir("xen-netback", NULL);
	err = nb_negotiate_init();
	if (err)
		debugfs_remove_recursive(nb_debugfs_root);
	return err;
}
module_init(nb_init);

static void __exit nb_exit(void)
{
	nb_negotiate_exit();
	debugfs_remove_recursive(nb_debugfs_root);
	/* Lists and settings that were replaced are freed by RCU from code of the kernel's own. */
}
module_exit(nb_exit);

MODULE_DESCRIPTION("Xen network backend: serves guests' network interfaces");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS("xen-backend:vif");

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common.h: a guest's network interface as dom0 sees it, and its queues.
 *
 * Words: "from" is what the guest sends (dom0 receives it: NAPI), "to" is what it is sent
 * (ndo_start_xmit). Direction names in the protocol and in in-tree statistics are the guest's.
 *
 * Locks. nb_vif.mutex: connecting, disconnecting and the state in the store; taken before rtnl.
 * Members "from" of a queue belong to its NAPI context; members "to" are under the lock of its TX
 * queue (netif_tx_lock). No lock is shared by two queues on the way of a packet.
 *
 * Lifetimes: queues are allocated with the interface and freed after it, so statistics can be
 * read at any time. What belongs to one connection is allocated and freed while no NAPI runs and no
 * packet is accepted.
 */
#ifndef NB_COMMON_H
#define NB_COMMON_H

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <xen/interface/io/netif.h>
#include <xb/area.h>
#include <xb/bus.h>
#include <xb/chan.h>
#include <xb/compat.h>
#include <xb/evtchn.h>
#include <xb/store.h>
#include "credit.h"
#include "hash.h"

/* Parameters (main.c). */
extern bool separate_tx_rx_irq;
extern bool provides_xdp_headroom;
extern unsigned int rx_drain_timeout_msecs;
extern unsigned int rx_stall_timeout_msecs;
extern unsigned int max_queues;
extern unsigned int fatal_skb_slots;
extern bool staged_queues;
extern unsigned int packets_ahead;
extern unsigned int busy_poll_usecs;

struct page_pool;
struct nb_classic_from;
struct nb_classic_to;
struct nb_vif;
struct nb_ctrl;

#define NB_QUEUES_DEFAULT	8
#define NB_QUEUES_MAX	64

#define NB_SEGS		17	/* pages of the longest packet */
#define NB_HEAD		192	/* what is copied into the linear part to look for headers */

/* Private memory for one packet: one piece of the page pool, or single pages. */
struct nb_buf {
	struct page *page[NB_SEGS];
	u32 off;		/* of the packet in page[0]; 0 when not pooled */
	u32 len;
	bool pooled;
};

/* What came with a packet. */
struct nb_meta {
	u32 len;
	u32 hash;
	u16 gso_size;
	u8 gso_type;
	u8 hash_type;		/* 0, or 1 + number of the type */
	bool csum_blank;
	bool csum_valid;
};

/* Each counter has one writer at a time: NAPI. */
struct nb_from_stats {
	u64 packets, bytes;
	u64 dropped;		/* no memory, or not to be handed on */
	u64 bad;		/* refused with an error: sizes, grants */
	u64 copies, copy_calls;
	u64 polls, limited;
	u64 busy_hits, busy_misses;
	u64 gso_fixup;
};

/* The lock of the TX queue. */
struct nb_to_stats {
	u64 packets, bytes;
	u64 dropped;
	u64 filtered;		/* multicast that the guest did not ask for */
	u64 bad;		/* copies that failed */
	u64 copies, copy_calls;
	u64 stops, drains, stalls;
	u64 more;		/* packets that did not end a batch */
};

#define NB_EOI_FROM	0	/* bits of nb_queue.eoi: an event waits for its EOI */
#define NB_EOI_TO	1

struct nb_queue {
	struct nb_vif *vif;
	unsigned int id;
	bool staged;
	bool mapped;		/* memory of the guest is there */
	bool up;		/* NAPI is enabled */
	unsigned long eoi;
	struct xb_evtchn ev;	/* from, and to unless they are split */
	struct xb_evtchn ev_split;
	struct xb_evtchn *ev_to;
	struct xb_area_map from_map, to_map;

	/* from: NAPI's */
	struct napi_struct napi ____cacheline_aligned;
	struct page_pool *pool;
	struct nb_classic_from *cf;
	struct xb_chan_consumer fc;
	struct nb_credit credit;
	unsigned int credit_turn;
	struct timer_list credit_timer;
	bool limited;		/* the timer will schedule NAPI */
	unsigned int busy_usecs;	/* adapted: how long to look for more before sleeping */
	u64 slept_at;		/* local_clock */
	u64 eoi_packets;	/* packets at the last event: the handler's */
	u64 eoi_to_packets;
	struct nb_from_stats from_stats;

	/* to: under the TX queue's lock */
	bool to_on ____cacheline_aligned;
	bool to_waiting;	/* stopped; an event or the timer goes on */
	bool to_drain;		/* waited too long: drops */
	bool to_stalled;	/* ... and is counted in nb_vif.stalled */
	unsigned long to_since;	/* jiffies */
	struct nb_classic_to *ct;
	struct xb_chan_producer tp;
	u32 *to_ends;
	struct timer_list to_timer;
	struct nb_to_stats to_stats;
};

#define NB_MCAST_MAX	64

struct nb_mcast {
	struct rcu_head rcu;
	unsigned int nr;
	u8 addr[NB_MCAST_MAX][ETH_ALEN];
};

struct nb_hash_rcu {
	struct rcu_head rcu;
	struct nb_hash h;
};

struct nb_vif {
	struct xb_device *dev;
	struct net_device *net;
	domid_t domid;
	unsigned int handle;
	char *script;

	struct mutex mutex;	/* see above */
	enum xenbus_state state;	/* what is to be in the store */
	bool hotplug_done;	/* the script wrote "connected" */
	bool hotplug_failed;
	bool connected;		/* under rtnl, too */
	bool broken;		/* the guest lied; set from any context */
	struct xb_watch rate_watch, mcast_watch, hotplug_watch;
	bool watching;
	bool going;		/* remove has begun: no more work */
	struct work_struct update_work;
	struct work_struct fault_work;

	/* What the guest can take. */
	bool can_sg, ip_csum, ipv6_csum;
	bool gso_v4, gso_v6;
	u16 xdp_headroom;
	bool multicast_control;
	unsigned long drain_timeout, stall_timeout;	/* jiffies; no stall detection when 0 */
	bool rx_notify;
	u64 credit_bytes, credit_usec;
	unsigned int credit_turn;	/* counts changes of the limit; queues follow */

	unsigned int num_queues;	/* connected */
	unsigned int max_queues;
	struct nb_queue *queues;	/* max_queues of them */
	spinlock_t stall_lock;
	unsigned int stalled;	/* queues, under stall_lock */

	struct nb_hash_rcu __rcu *hash;	/* NULL: none; written under mutex of ctrl */
	spinlock_t mcast_lock;
	struct nb_mcast __rcu *mcast;
	struct nb_ctrl *ctrl;
	struct dentry *debugfs;
};

/* main.c */
extern struct dentry *nb_debugfs_root;

/* negotiate.c */
int nb_negotiate_init(void);
void nb_negotiate_exit(void);
/*
 * The guest broke the protocol: everything stops at once, and a work item takes the interface down.
 * From any context. Queue ID, or -1.
 */
void nb_fault(struct nb_vif *vif, int id, const char *why);

/* connect.c: the steps between InitWait and Connected, and back. Under nb_vif.mutex. */
int nb_connect(struct nb_vif *vif);
void nb_disconnect(struct nb_vif *vif);
void nb_read_rate(struct nb_vif *vif);
void nb_read_xdp(struct nb_vif *vif);

/* interface.c */
struct nb_vif *nb_vif_create(struct xb_device *dev, unsigned int handle);
void nb_vif_destroy(struct nb_vif *vif);
void nb_vif_up(struct nb_vif *vif);
void nb_vif_down(struct nb_vif *vif);
extern const struct ethtool_ops nb_ethtool_ops;

/* queue.c */
void nb_queue_init(struct nb_vif *vif, unsigned int id);
void nb_queue_free(struct nb_queue *q);
int nb_queue_map(struct nb_queue *q, const char *dir, bool staged);
void nb_queue_unmap(struct nb_queue *q);
void nb_queue_up(struct nb_queue *q);
void nb_queue_down(struct nb_queue *q);
void nb_queue_kick(struct nb_queue *q);
bool nb_credit_wait(struct nb_queue *q, u32 size);

static inline struct netdev_queue *nb_txq(const struct nb_queue *q)
{
	return netdev_get_tx_queue(q->vif->net, q->id);
}

/* to.c: flow control towards the guest. */
void nb_to_init(struct nb_queue *q);
void nb_to_up(struct nb_queue *q);
void nb_to_down(struct nb_queue *q);
/* The queue was stopped because the guest gives no room; under its lock. */
void nb_to_wait(struct nb_queue *q);
void nb_to_go(struct nb_queue *q);	/* ... and there is room after all */
/* An event that may mean room: true when it did. */
bool nb_to_event(struct nb_queue *q);
netdev_tx_t nb_to_xmit(struct nb_queue *q, struct sk_buff *skb);

/* classic_from.c, classic_to.c: the published rings. */
int nb_classic_from_map(struct nb_queue *q, grant_ref_t ref);
void nb_classic_from_free(struct nb_queue *q);
int nb_classic_poll(struct nb_queue *q, int budget);
bool nb_classic_pending(struct nb_queue *q);
bool nb_classic_sleep(struct nb_queue *q);
int nb_classic_to_map(struct nb_queue *q, grant_ref_t ref);
void nb_classic_to_free(struct nb_queue *q);
netdev_tx_t nb_classic_xmit(struct nb_queue *q, struct sk_buff *skb, bool more);
void nb_classic_flush(struct nb_queue *q);
bool nb_classic_room(struct nb_queue *q);
struct seq_file;
void nb_classic_from_show(struct nb_queue *q, struct seq_file *m);
void nb_classic_to_show(struct nb_queue *q, struct seq_file *m);

/* staged.c: the private extension. */
int nb_staged_map(struct nb_queue *q, const char *dir);
void nb_staged_free(struct nb_queue *q);
int nb_staged_poll(struct nb_queue *q, int budget);
bool nb_staged_pending(struct nb_queue *q);
bool nb_staged_sleep(struct nb_queue *q);
netdev_tx_t nb_staged_xmit(struct nb_queue *q, struct sk_buff *skb, bool more);
void nb_staged_flush(struct nb_queue *q);
bool nb_staged_room(struct nb_queue *q);
void nb_staged_show(struct nb_queue *q, struct seq_file *m);

/* deliver.c: packets in private memory to the network stack. NAPI context. */
struct page_pool *nb_pool_create(void);
void nb_pool_destroy(struct page_pool *pool);
bool nb_buf_alloc(struct nb_queue *q, struct nb_buf *b, u32 phase, u32 len);
void nb_buf_free(struct nb_queue *q, struct nb_buf *b);
/* Where byte POS of the packet is, and how many bytes follow it in one piece. */
static inline void *nb_buf_at(const struct nb_buf *b, u32 pos, u32 *room)
{
	if (b->pooled) {
		*room = b->len - pos;
		return page_address(b->page[0]) + b->off + pos;
	}
	*room = min_t(u32, b->len - pos, PAGE_SIZE - offset_in_page(pos));
	return page_address(b->page[pos >> PAGE_SHIFT]) + offset_in_page(pos);
}

/* Both take the packet over, or count it as dropped. */
void nb_deliver_buf(struct nb_queue *q, struct nb_buf *b, const struct nb_meta *m);
void nb_deliver_bytes(struct nb_queue *q, const void *data, const struct nb_meta *m);

/* mcast.c */
int nb_mcast_change(struct nb_vif *vif, const u8 *addr, bool add);
bool nb_mcast_match(struct nb_vif *vif, const u8 *addr);
void nb_mcast_free(struct nb_vif *vif);

/* ctrl.c */
int nb_ctrl_connect(struct nb_vif *vif, unsigned int nr_queues);
void nb_ctrl_disconnect(struct nb_vif *vif);
void nb_ctrl_show(struct nb_vif *vif, struct seq_file *m);
/* Sets the hash of a packet to the guest as it asked; false: it did not ask. */
bool nb_hash_skb(struct nb_vif *vif, struct sk_buff *skb, u16 *queue);
/* 0, or 1 + the number of the type of the hash that the packet carries. */
u8 nb_hash_type_of(struct nb_vif *vif, const struct sk_buff *skb);

/* debugfs.c */
void nb_debugfs_add(struct nb_vif *vif);
void nb_debugfs_del(struct nb_vif *vif);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netfront.h: what the parts of xen-netfront share.
 *
 * A device has nf_dev.max_queues queues for as long as it exists, so that whoever reads statistics
 * never meets one that goes away; the first nr_queues of them are in use while it is connected.
 * A connected queue has one of two data paths: published rings (struct nf_classic) or staged
 * channels (struct nf_staged).
 *
 * LOCKS
 *  - rtnl: connecting, disconnecting, opening, closing; guards connected, nr_queues, napi_on.
 *  - the lock of the queue's netdev_queue: the transmit half of the data path, completions, "up".
 *  - the queue's NAPI: the receive half.
 *  No lock is shared by two queues on the data path.
 */
#ifndef NF_NETFRONT_H
#define NF_NETFRONT_H

#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <net/xdp.h>
#include <xen/interface/io/ring.h>
#include <xen/interface/io/netif.h>
#include <xb/area.h>
#include <xb/bus.h>
#include <xb/chan.h>
#include <xb/compat.h>
#include <xb/evtchn.h>
#include <xb/netif_ext.h>

#include "busy.h"
#include "meta.h"
#include "rx_parse.h"

#define NF_RING		256u		/* slots of a published ring of one page */
#define NF_MAX_QUEUES	64u
#define NF_MAX_LEN	65535u
#define NF_MAX_MTU	65517u		/* NF_MAX_LEN without Ethernet and VLAN headers */
#define NF_TX_SLOTS	18u		/* what every backend takes for one packet */
#define NF_TX_NEEDED	(NF_TX_SLOTS + 2)	/* with the extra slots */
#define NF_TX_COPY	256u		/* of each packet are copied, with a trusted backend */
#define NF_BIG_ORDER	3u		/* pages that large packets are received into */
#define NF_BIG_SIZE	(PAGE_SIZE << NF_BIG_ORDER)
#define NF_LINEAR_MAX	1536u		/* packets up to this size get no page */
#define NF_SMALL_MAX	128u		/* these have a head as small as there is */
#define NF_RX_DESCS	256u		/* of a burst, so many fit into a socket's default buffer */
#define NF_HASH_KEY	40u
#define NF_HASH_MAP	128u
#define NF_MCAST_MAX	64u		/* addresses that a backend keeps */

struct nf_dev;

/* Counters: each is written by one context at a time and read by anybody. */
struct nf_tx_stats {
	unsigned long packets, bytes, dropped, errors;
	unsigned long stopped;		/* times that the ring or channel was full */
	unsigned long copied;		/* packets of which no page was granted */
	unsigned long grants;
	unsigned long linearized;
	unsigned long xdp;		/* frames sent for XDP */
};

struct nf_rx_stats {
	unsigned long packets, bytes;
	unsigned long errors;		/* the backend's fault */
	unsigned long dropped;		/* no memory */
	unsigned long gso_fixup;	/* segmented packets without the mark of a blank checksum */
	unsigned long copied;		/* packets whose page stayed posted */
	unsigned long grants;
	unsigned long polls, idle_polls;
	unsigned long xdp_pass, xdp_drop, xdp_tx, xdp_redirect, xdp_errors, xdp_generic;
};

/* ---- published rings */
struct nf_tx_slot {
	void *owner;		/* of a packet's first slot: the skb, the frame + 1, or NULL */
	struct page *page;	/* what was granted, or NULL */
	grant_ref_t ref;	/* claimed for as long as the queue is connected */
	u32 bytes;		/* first slot: for BQL */
	u16 first;		/* the packet's first slot */
	u16 left;		/* first slot: those of the packet without a response */
	bool busy;
};

struct nf_rx_buf {
	struct page *page;
	grant_ref_t ref;
};

struct nf_classic {
	struct nf_queue *q;
	struct xen_netif_tx_front_ring tx;
	struct nf_tx_slot tx_slot[NF_RING];
	u16 tx_free[NF_RING];
	unsigned int tx_nr_free;
	struct xb_area tx_area;		/* the ring's page */
	struct xb_area tx_copy;		/* copy_size bytes for each slot, granted for good */
	u32 copy_size;

	struct xen_netif_rx_front_ring rx ____cacheline_aligned_in_smp;
	RING_IDX rx_seen;		/* the last producer index that was looked at */
	struct nf_rx_buf rx_buf[NF_RING];
	grant_ref_t rx_ref[NF_RING];	/* those not in rx_buf */
	unsigned int rx_nr_ref;
	struct xb_area rx_area;
	struct timer_list refill;	/* no memory: try again */
};

/* ---- staged channels */
struct nf_staged {
	struct xb_chan_producer tx;
	struct xb_area tx_area, tx_dir;
	u32 *ends;

	struct xb_chan_consumer rx ____cacheline_aligned_in_smp;
	struct xb_area rx_area, rx_dir;
	struct xb_chan_geom tx_geom, rx_geom;
};

#define NF_CH_RX	0		/* also the only one */
#define NF_CH_TX	1

struct nf_queue {
	struct nf_dev *nf;
	struct netdev_queue *txq;
	struct nf_classic *classic;	/* one of the two when connected */
	struct nf_staged *staged;
	unsigned int id;
	bool up;			/* packets may be sent and received */
	bool napi_on;
	bool xdp_kick;			/* NAPI: frames were sent and not yet published */
	bool xdp_flush;
	u8 nr_ch;			/* 1: both directions use ch[NF_CH_RX] */
	u8 worked;			/* bit N: there was work since the last EOI of channel N */
	struct nf_tx_stats tx;

	struct napi_struct napi ____cacheline_aligned_in_smp;
	unsigned long eoi;		/* bit N: channel N had an event and waits for its EOI */
	struct nf_busy busy;
	struct page_pool *pool;		/* single pages */
	struct page_pool *big_pool;	/* of NF_BIG_ORDER; staged only */
	struct xdp_rxq_info xdp_rxq;
	struct hrtimer moderate;	/* rx-usecs */
	bool moderated;			/* the timer has just run */
	struct nf_rx_stats rx;

	struct xb_evtchn ch[2];
	unsigned long sent, saved;	/* notifications of earlier connections */
	unsigned long events, spurious;
};

enum nf_phase {
	NF_INIT,		/* waits for the backend */
	NF_CONNECTED,
	NF_RESTARTING,		/* closing, to connect again */
	NF_CLOSED,
};

/* What the backend offers; read at each connect. */
struct nf_offer {
	unsigned int max_queues, staged, staged_pages;
	bool sg, tso4, tso6, csum4, csum6, split, ctrl, xdp_headroom, mcast, mcast_dynamic;
};

struct nf_ctrl;
struct nf_mcast;

struct nf_hash {			/* what ethtool -X has asked for */
	bool enabled;
	u8 key[NF_HASH_KEY];
	u32 map[NF_HASH_MAP];
	u32 map_size;
};

struct nf_dev {
	struct xb_device *xb;
	struct net_device *dev;
	struct nf_queue *queues;
	unsigned int max_queues, nr_queues, want_queues, tx_descs, rx_descs;
	enum nf_phase phase;
	bool connected;
	bool broken;			/* the backend lied */
	bool bounce;			/* do not let it see anything but packets */
	bool backend_seen;		/* alive since we began */
	bool backend_connected;
	bool carrier;			/* as the toolstack wants it */
	u32 tx_frames, rx_usecs, copybreak;
	struct nf_offer offer;
	struct work_struct fault_work;
	struct work_struct restart_work;
	struct bpf_prog __rcu *xdp_prog;
	struct xb_watch carrier_watch;
	struct nf_ctrl *ctrl;
	struct nf_mcast *mcast;
	struct nf_hash hash;
};

/* ---- main.c: parameters */
extern unsigned int nf_max_queues, nf_staged_kib, nf_poll_us, nf_copybreak;
extern bool nf_trusted, nf_staged_on, nf_mcast_on, nf_rx_csum;

/* ---- device.c */
int nf_device_create(struct xb_device *xb, struct nf_dev **out);
void nf_device_free(struct nf_dev *nf);
int nf_device_register(struct nf_dev *nf);
void nf_device_features(struct nf_dev *nf);
void nf_fault_text(struct nf_dev *nf, const char *text);
/* Stops the device because the peer lied; from any context. */
#define nf_fault(nf, fmt, ...) do {						\
	struct nf_dev *nf_ = (nf);						\
										\
	WRITE_ONCE(nf_->broken, true);						\
	if (xb_dev_fault(nf_->xb, fmt, ##__VA_ARGS__))				\
		schedule_work(&nf_->fault_work);				\
} while (0)

/* ---- negotiate.c */
extern struct xb_driver nf_driver;
int nf_restart(struct nf_dev *nf);	/* rtnl held: closes, and connects again */
int nf_set_xdp_headroom(struct nf_dev *nf, bool on);

/* ---- queue.c; rtnl held */
int nf_queues_setup(struct nf_dev *nf);
void nf_queues_release(struct nf_dev *nf);
void nf_queues_start(struct nf_dev *nf);
void nf_queues_kick(struct nf_dev *nf);
void nf_queues_stop(struct nf_dev *nf);
int nf_queues_announce(struct nf_dev *nf, struct xb_transaction t);

/* ---- poll.c */
int nf_poll(struct napi_struct *napi, int budget);
irqreturn_t nf_interrupt_rx(int irq, void *data);
irqreturn_t nf_interrupt_tx(int irq, void *data);
enum hrtimer_restart nf_moderate_timer(struct hrtimer *t);
void nf_napi_on(struct nf_queue *q);
void nf_napi_off(struct nf_queue *q);
/* For a received packet of LEN bytes, none of them there yet. */
struct sk_buff *nf_rx_skb(struct nf_queue *q, u32 len);
/* Gives a packet to the stack, or drops it. Bytes are private; HDR is about them. */
void nf_rx_deliver(struct nf_queue *q, struct sk_buff *skb, struct nf_meta *m,
		   const struct nf_hdr *hdr);

static inline struct xb_evtchn *nf_tx_ch(struct nf_queue *q)
{
	return &q->ch[q->nr_ch > 1 ? NF_CH_TX : NF_CH_RX];
}

static inline void nf_kick(struct xb_evtchn *ch, bool wanted)
{
	if (wanted)
		xb_evtchn_notify(ch);
	else
		ch->saved++;
}

/* ---- the data paths; transmit functions are called with the txq's lock */
int nf_classic_setup(struct nf_queue *q);
void nf_classic_release(struct nf_queue *q);
int nf_classic_tx_setup(struct nf_queue *q);
void nf_classic_tx_release(struct nf_queue *q);
int nf_classic_rx_setup(struct nf_queue *q);
void nf_classic_rx_release(struct nf_queue *q);
netdev_tx_t nf_classic_xmit(struct nf_queue *q, struct sk_buff *skb);
int nf_classic_xdp(struct nf_queue *q, struct xdp_frame *frame);
int nf_classic_mcast(struct nf_queue *q, const u8 *addr, bool add);
void nf_classic_push(struct nf_queue *q);
bool nf_classic_tx_clean(struct nf_queue *q);
bool nf_classic_tx_arm(struct nf_queue *q);
int nf_classic_rx(struct nf_queue *q, int budget);
bool nf_classic_rx_arm(struct nf_queue *q);
void nf_classic_refill(struct nf_queue *q);

int nf_staged_setup(struct nf_queue *q, const struct xb_chan_geom *tx,
		    const struct xb_chan_geom *rx);
void nf_staged_release(struct nf_queue *q);
netdev_tx_t nf_staged_xmit(struct nf_queue *q, struct sk_buff *skb);
int nf_staged_xdp(struct nf_queue *q, struct xdp_frame *frame);
int nf_staged_mcast(struct nf_queue *q, const u8 *addr, bool add);
void nf_staged_push(struct nf_queue *q);
void nf_staged_tx_wake(struct nf_queue *q);
int nf_staged_rx(struct nf_queue *q, int budget);
int nf_staged_rx_arm(struct nf_queue *q);

/* ---- xdp.c */
int nf_pools_create(struct nf_queue *q, bool big);
void nf_pools_destroy(struct nf_queue *q);
#define NF_XDP_MAX	(PAGE_SIZE - XDP_PACKET_HEADROOM - \
			 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
/* A packet of at most NF_XDP_MAX bytes: what is to be given to the stack, or NULL. */
struct sk_buff *nf_xdp_run(struct nf_queue *q, struct bpf_prog *prog, const void *data, u32 len);
/* The same in PAGE, which is ours, and ours to give back; the bytes have headroom OFF. */
struct sk_buff *nf_xdp_run_page(struct nf_queue *q, struct bpf_prog *prog, struct page *page,
				u32 off, u32 len);
/* Any other packet. False: it is gone. */
bool nf_xdp_generic(struct nf_queue *q, struct bpf_prog *prog, struct sk_buff **skb);
void nf_xdp_finish(struct nf_queue *q);
int nf_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags);
int nf_xdp_setup(struct net_device *dev, struct netdev_bpf *bpf);

/* ---- ctrl.c: rtnl held, but for the interrupt */
int nf_ctrl_setup(struct nf_dev *nf);
int nf_ctrl_announce(struct nf_dev *nf, struct xb_transaction t);
void nf_ctrl_release(struct nf_dev *nf);
/* One message there and back: 0 and *DATA, or an errno. */
int nf_ctrl_call(struct nf_dev *nf, u16 type, const u32 arg[3], u32 *data);
void *nf_ctrl_page(struct nf_dev *nf, grant_ref_t *ref);

/* ---- rss.c */
void nf_rss_defaults(struct nf_dev *nf);
int nf_rss_apply(struct nf_dev *nf);
u32 nf_rss_key_size(struct net_device *dev);
u32 nf_rss_map_size(struct net_device *dev);
int nf_rss_get(struct nf_dev *nf, u32 *map, u8 *key);
int nf_rss_set(struct nf_dev *nf, const u32 *map, const u8 *key);

/* ---- mcast.c */
int nf_mcast_create(struct nf_dev *nf);
void nf_mcast_free(struct nf_dev *nf);
void nf_mcast_connected(struct nf_dev *nf);
void nf_mcast_disconnected(struct nf_dev *nf);
int nf_mcast_announce(struct nf_dev *nf, struct xb_transaction t);
void nf_set_rx_mode(struct net_device *dev);

/* ---- ethtool.c */
extern const struct ethtool_ops nf_ethtool_ops;

#endif

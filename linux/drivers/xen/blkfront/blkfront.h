/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blkfront.h: what the parts of xen-blkfront share.
 *
 * A disk (bf_dev) has queues (bf_queue: one shared ring each) and hardware contexts of the block
 * layer (bf_hctx: tags), normally one for one. After a migration there may be fewer queues than
 * contexts; several contexts then share a queue. A request's id names context and tag, and so the
 * slot with everything that is known of it.
 *
 * Locks, outermost first:
 *   bf_dev.lock      (mutex) phase, connection, disk; never held during I/O
 *   bf_queue.reap    (bh) responses: cons, and taking a slot back
 *   bf_queue.lock    (bh) requests: prod, pools, filling a slot, state
 * No request is ended while one of them is held.
 *
 * Invariants.
 *  - A slot is filled under lock by who owns its tag, and becomes pending last; from then on it
 *    belongs to who takes it back under reap. Both see to it that pending is cleared once only.
 *  - A page that was granted is freed by the kernel's grant code alone, when the peer has let go.
 *  - prod - cons never exceeds the ring; published - cons bounds what a peer may answer.
 */
#ifndef BF_BLKFRONT_H
#define BF_BLKFRONT_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xb/area.h>
#include <xb/bus.h>
#include <xb/evtchn.h>
#include "limits.h"
#include "naming.h"
#include "wire.h"

#define BF_MAX_QUEUES	64u

/* ---- grants.c: pages that stay granted, or references alone, kept in a list */
struct bf_grant {
	struct bf_grant *next;
	void *va;			/* NULL: a reference without a page of its own */
	grant_ref_t ref;
};

struct bf_chain {
	struct bf_grant *head, *tail;
	u32 nr;
};

struct bf_pool {
	struct bf_chain free;		/* last in, first out */
	struct bf_chain cold;		/* long unused, but still mapped by the peer */
	u32 total, max, reserve;
	u32 least;			/* that were free since the last trim */
	bool pages;			/* each has a page */
};

/* ---- one request on its way */
struct bf_slot {
	struct request *rq;
	bool pending;			/* on the ring, or about to be */
	u8 op;				/* what the response has to say */
	struct bf_chain data;		/* in order */
	struct bf_chain ind;
};

struct bf_stats_submit {		/* under lock */
	u64 reads, writes, flushes, discards, zeroes;
	u64 sectors_read, sectors_written;
	u64 indirect;
	u64 grants;			/* given by a request: none when pages stay granted */
	u64 copied;			/* bytes, of writes */
	u64 stalls;			/* a request waited for pages, references or the ring */
	u64 held;			/* notifications put off */
	u64 late;			/* ... that the timer had to send */
};

struct bf_stats_reap {			/* under reap */
	u64 responses, errors, bad;
	u64 copied;			/* bytes, of reads */
	u64 polls;			/* by the block layer that found something */
	u64 batches;
};

enum bf_queue_state {
	BF_Q_DOWN,			/* no ring */
	BF_Q_UP,
	BF_Q_DEAD,			/* requests end with an error */
};

struct bf_dev;

struct bf_queue {
	struct bf_dev *dev;
	u16 index;
	bool polled;			/* no events: the block layer asks */

	spinlock_t lock ____cacheline_aligned_in_smp;
	enum bf_queue_state state;
	struct bf_wire_ring *ring;
	u32 size, mask;
	u32 prod;			/* next to be written */
	u32 published;			/* what the peer was told; read under reap, too */
	u32 deep;			/* most requests in flight lately */
	bool held;			/* a notification that the peer wants was put off */
	bool waiting;			/* a request was not taken: run the queue when one ends */
	struct bf_pool pool, refs;
	struct bf_stats_submit submit;

	spinlock_t reap ____cacheline_aligned_in_smp;
	u32 cons;			/* next to be read; read under lock, too */
	u32 cons_eoi;			/* ... at the last end of interrupt */
	bool eoi;			/* one is owed */
	bool exact;			/* the next event is to come with the next response */
	bool armed;			/* the timer is; and what there was to wait for then: */
	u32 armed_cons;
	u64 armed_holds;
	u8 patience;			/* while above 0, nothing is put off: the peer is slow */
	u8 singles;			/* batches in a row that were too small */
	u16 late;			/* while above 0, events are put off, */
	u32 span;			/* ... for so many responses at most */
	u32 cons_asked;			/* when an event was asked for the last time */
	struct bf_stats_reap done;

	struct tasklet_struct tasklet;
	struct hrtimer timer;
	struct xb_evtchn evtchn;
	struct xb_area area;
};

struct bf_hctx {
	struct bf_queue *queue;
	struct bf_slot *slots;		/* dev->depth of them, by tag */
	u16 index;
};

enum bf_phase {
	BF_NEW,				/* waits for a backend to talk to */
	BF_TALKED,			/* keys written; waits for it to be Connected */
	BF_CONNECTED,
	BF_SUSPENDED,			/* as BF_NEW, with a disk whose requests wait */
	BF_BROKEN,			/* given up: requests end with an error */
	BF_CLOSED,
};

struct bf_dev {
	struct kref ref;		/* of the bus and of the disk */
	struct mutex lock;
	struct xb_device *xb;		/* NULL after remove */
	enum bf_phase phase;
	bool closing;			/* the toolstack wants it closed: at the last release */
	bool removing;			/* the bus takes it away */
	bool added;			/* the disk is visible */
	bool quiesced;			/* no requests come, until there is a new peer */
	bool vdev_reserved;
	unsigned int openers;
	struct list_head list;		/* of all, for names */

	struct bf_name name;
	struct bf_limits limits;
	struct bf_wish wish;
	u16 handle;
	u32 nr_queues, nr_polled;	/* of the connection */
	u32 max_queues;			/* allocated */
	struct bf_queue *queues;
	u32 nr_hctx, nr_irq_hctx, depth;
	struct bf_hctx *hctx;
	u32 ring_order;

	struct blk_mq_tag_set tags;
	struct gendisk *gd;
	struct work_struct add_work, fault_work, close_work;
	struct delayed_work trim_work, give_up_work;
	struct bio_list resubmit;	/* requests that became too large: under resubmit_lock */
	spinlock_t resubmit_lock;
	struct work_struct resubmit_work;
	struct dentry *debugfs;
};

/* main.c */
extern unsigned int bf_max_segs, bf_max_queues, bf_poll_queues, bf_max_order, bf_hold_us;
extern unsigned int bf_max_pages;
extern bool bf_trusted, bf_persistent;
extern struct workqueue_struct *bf_wq;
void bf_dev_put(struct bf_dev *dev);

/* negotiate.c */
int bf_talk(struct bf_dev *dev);
int bf_read_offer(struct bf_dev *dev, struct bf_limits *l);

/* connect.c: all under dev->lock */
void bf_connect(struct bf_dev *dev);
void bf_reconnect(struct bf_dev *dev);
void bf_resize(struct bf_dev *dev);

/* queue.c */
int bf_queues_alloc(struct bf_dev *dev, u32 nr);
void bf_queues_free(struct bf_dev *dev);
int bf_queue_open(struct bf_queue *q);
void bf_queue_close(struct bf_queue *q);	/* no request may be pending */
void bf_queue_ready(struct bf_queue *q);	/* from now on requests are taken */
void bf_queue_affinity(struct bf_queue *q, const struct cpumask *mask);
void bf_publish(struct bf_queue *q);		/* under lock */
void bf_ask_event(struct bf_queue *q, u32 cons);	/* under reap */

static inline u32 bf_in_flight(const struct bf_queue *q)
{
	return q->prod - READ_ONCE(q->cons);
}

/* request.c, response.c */
extern const struct blk_mq_ops bf_mq_ops;
/* Takes what there is; ends requests. Returns how many. */
u32 bf_reap(struct bf_queue *q, struct io_comp_batch *batch);
void bf_queue_dead(struct bf_queue *q);
/* Takes every pending slot back: ends it with -EIO, or puts it into the requeue list. */
void bf_take_back(struct bf_dev *dev, bool requeue);
__printf(2, 3)
void bf_queue_fault(struct bf_queue *q, const char *fmt, ...);

/* grants.c */
int bf_pool_init(struct bf_dev *dev, struct bf_pool *p, bool pages, u32 reserve, u32 max);
void bf_pool_destroy(struct bf_pool *p);
bool bf_pool_take(struct bf_dev *dev, struct bf_pool *p, u32 nr, struct bf_chain *out);
void bf_chain_splice(struct bf_chain *to, struct bf_chain *from);

static inline void bf_pool_give(struct bf_pool *p, struct bf_chain *c)
{
	if (c->nr)
		bf_chain_splice(&p->free, c);
}

void bf_pool_trim(struct bf_queue *q, struct bf_pool *p);

/* disk.c */
int bf_name_reserve(struct bf_dev *dev);
void bf_name_release(struct bf_dev *dev);
int bf_disk_alloc(struct bf_dev *dev);
int bf_disk_limits(struct bf_dev *dev);
void bf_disk_free(struct bf_dev *dev);
void bf_map_queues(struct bf_dev *dev);

/* state.c */
void bf_otherend_changed(struct xb_device *xb, enum xenbus_state state);
int bf_resume(struct xb_device *xb);
void bf_close_work(struct work_struct *w);

/* recover.c */
int bf_suspended(struct bf_dev *dev);
void bf_break(struct bf_dev *dev);
void bf_go_on(struct bf_dev *dev);
void bf_fault_work(struct work_struct *w);
void bf_resubmit_work(struct work_struct *w);

/* stats.c */
extern const struct attribute_group *bf_groups[];
void bf_stats_add(struct bf_dev *dev);
void bf_stats_del(struct bf_dev *dev);
void bf_stats_init(void);
void bf_stats_exit(void);

#endif

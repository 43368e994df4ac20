/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h: the objects of xen-blkback and who owns what in them.
 *
 * INVARIANTS:
 *  - Everything in struct bb_ring above the line "shared" belongs to the ring's thread while there
 *    is one, and to whoever makes or ends the ring otherwise: the data path takes no lock at all.
 *  - A request (struct bb_io) is in one place: free, in the batch being prepared, in the block
 *    layer, on the list of the finished, or held (its pages are still in use by somebody below us).
 *  - A page of the frontend is unmapped before the request is answered, unless its grant is
 *    persistent.
 *  - What a completion in interrupt context touches is the request, ring->async and ring->task.
 *  - Rings that end belong to the worker (vbd->ending): the disk decides when it is done. Nobody
 *    else touches them or the disk before, and no callback of the bus waits for it.
 * LOCK: vbd->lock (mutex) guards the making and ending of rings and of the disk; vbd->stats_lock
 * keeps rings in place for those who read their counters.
 */
#ifndef BB_INTERNAL_H
#define BB_INTERNAL_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xb/area.h>
#include <xb/bus.h>
#include <xb/compat.h>
#include <xb/evtchn.h>
#include "request.h"

#define BB_BATCH	32u	/* requests prepared together */
#define BB_BATCH_SEGS	128u	/* ... unless they have this many segments */
#define BB_OPS		256u	/* grant operations of one hypercall; at least BB_MAX_SEGS */
#define BB_MAX_BIG	64u	/* indirect requests of a ring that are worked on at once */
#define BB_OWN_PAGES	256u	/* pages for copies that a ring keeps */
#define BB_MAX_RING_ORDER	4u
#define BB_MAX_QUEUES	256u

/* ---- parameters (main.c) */
extern int bb_max_buffer_pages;
extern int bb_max_pgrants;
extern unsigned int bb_pgrant_timeout;
extern unsigned int bb_max_queues;
extern int bb_max_ring_order;
extern unsigned int bb_log_stats;
extern bool bb_feature_persistent;
extern unsigned int bb_squeeze_ms;
extern unsigned int bb_poll_us;
extern unsigned int bb_copy_kib;
extern bool bb_wait_in_xen;

/* ---- requests */
enum bb_how {
	BB_SEG_NONE,		/* no page yet */
	BB_SEG_PERSISTENT,	/* ref: index of the persistent grant */
	BB_SEG_MAPPED,		/* ref: handle */
	BB_SEG_OWN,		/* a page of ours; data are copied by Xen */
};

struct bb_seg {
	struct page *page;
	u32 gref;
	u32 ref;
	u8 first, last;		/* sectors within the page */
	u8 how;			/* enum bb_how */
};

/* What an indirect request needs beyond a direct one. */
struct bb_big {
	struct bb_big *next;
	struct bb_seg page;		/* the page of segments */
	u64 *raw;			/* a page: the segments as the frontend wrote them */
	struct bb_seg seg[BB_MAX_SEGS];
	struct bio_vec vec[BB_MAX_SEGS];
};

struct bb_io {
	struct bb_io *next;		/* free, finished or held */
	struct llist_node async;
	struct bb_ring *ring;
	struct bb_big *big;		/* NULL: direct */
	struct bb_seg *seg;
	u64 id;
	u64 sector;
	u64 nr_sectors;
	u16 nr_segs;
	u8 rsp_op;
	u8 kind;
	u8 flag;
	bool submitted;			/* counted in ring->inflight */
	bool own;			/* has pages of ours */
	bool mapped;			/* has pages that are to be unmapped */
	s8 status;
	blk_status_t result;
	u32 gref;			/* of the page of segments */
	struct bio bio;
	struct bb_seg direct_seg[BB_DIRECT_SEGS];
	struct bio_vec direct_vec[BB_DIRECT_SEGS];
};

struct bb_list {
	struct bb_io *head, **tail;
};

static inline void bb_list_init(struct bb_list *l)
{
	l->head = NULL;
	l->tail = &l->head;
}

static inline void bb_list_add(struct bb_list *l, struct bb_io *io)
{
	io->next = NULL;
	*l->tail = io;
	l->tail = &io->next;
}

/* ---- grants of one ring */
struct bb_pgrant {
	struct page *page;
	unsigned long used;	/* jiffies of the last use */
	u32 gref;
	grant_handle_t handle;
	u32 users;		/* segments that it is in */
	bool recent;		/* used since the hand passed */
};

/*
 * Persistent grants, found by reference: leaf[gref / BB_LEAF][gref % BB_LEAF] is 1 + an index into
 * pg. References beyond the table's reach are mapped anew each time.
 */
#define BB_LEAF		(PAGE_SIZE / sizeof(u16))
#define BB_LEAVES	512u
#define BB_MAX_PGRANTS	65534

struct bb_persistent {
	u16 **leaf;		/* BB_LEAVES; NULL: the connection has no persistent grants */
	struct bb_pgrant *pg;
	u32 nr, max;		/* in use, and places */
	u32 top;		/* places that were ever in use */
	u32 hand;		/* of the clock that chooses what goes */
	u32 free;		/* 1 + first free place below top, linked by handle; 0: none */
	bool overflow;		/* there was no place since the last sweep */
};

struct bb_pool {
	struct page **map;	/* pages to map grants at */
	u32 nr_map, max_map;
	struct page *own[BB_OWN_PAGES];
	u32 nr_own;
};

struct bb_ops {
	struct gnttab_map_grant_ref map[BB_OPS];
	struct page *map_page[BB_OPS];
	struct bb_seg *map_seg[BB_OPS];
	struct bb_io *map_io[BB_OPS];
	struct gnttab_unmap_grant_ref unmap[BB_OPS];
	struct page *unmap_page[BB_OPS];
	struct gnttab_copy copy[BB_OPS];
	struct bb_io *copy_io[BB_OPS];
	u32 nr_map, nr_unmap, nr_copy;
};

struct bb_counters {
	u64 oo_req, rd_req, wr_req, f_req, ds_req, rd_sect, wr_sect;	/* names of old */
	u64 wz_req;		/* write zeroes */
	u64 bad;		/* refused by request.c */
	u64 errors;		/* failed below us */
	u64 batches, pushes;
	u64 maps, unmaps;	/* pages */
	u64 map_calls, unmap_calls, copy_calls;
	u64 copies;		/* segments */
	u64 pg_hit, pg_miss, pg_evict;
	u64 poll_hit, poll_miss;
	u64 wait_hit, wait_miss;
	u64 sleeps, async;
	u64 leaked;		/* pages that Xen did not let go of */
};

/* ---- one ring */
struct bb_vbd;

/* Something that is tried ever more rarely while it does not help. */
struct bb_backoff {
	u32 skip, step;
};

struct bb_ring {
	struct bb_vbd *vbd;
	struct bb_sring *sring;
	u8 *slots;
	u32 slot_size, nr_slots, mask;
	enum bb_abi abi;
	u32 req_cons, rsp_prod, rsp_pushed;
	u32 inflight;			/* in the block layer */
	bool worked;			/* took something since the last end of interrupt */
	bool starved;			/* the next request waits for one that ends */
	bool faulted;			/* the frontend broke the protocol */
	struct bb_backoff poll, wait;
	struct bb_io *free;
	struct bb_big *free_big;
	u32 nr_big;
	struct bb_list done;
	struct bb_list held;
	struct bb_io *io;		/* nr_slots of them */
	struct bb_ops *ops;
	struct bb_persistent persistent;
	struct bb_pool pool;
	struct bb_counters n;

	/* shared */
	struct llist_head async ____cacheline_aligned_in_smp;
	struct task_struct *task;
	bool event;			/* an event came and was not ended yet */
	bool tick;			/* look after what is kept */
	struct xb_evtchn evtchn;
	struct xb_area_map area;
	unsigned int index;
};

/* ---- one disk of a guest */
struct bb_vbd {
	struct xb_device *dev;
	struct mutex lock;		/* makes and ends the connection */
	struct xb_watch watch;		/* of physical-device */

	/* The disk below; NULL bdev: not open. */
	void *handle;
	struct block_device *bdev;
	u32 major, minor;
	char *mode;
	bool readonly, cdrom, removable, flush, discard, secure, zeroes;
	u64 sectors;			/* as the frontend was told */

	/* The connection; NULL rings: none. */
	struct bb_ring *rings;
	unsigned int nr_rings;
	unsigned int ring_order;
	bool multi_ref;
	bool persistent;
	bool connected;
	bool ending;			/* end_work has the rings */
	bool closed;			/* the frontend was Closed, which is not answered yet */
	bool leaving;			/* remove has been called */
	bool orphan;			/* ... and end_work ends the rest */
	refcount_t refs;		/* remove's, and with orphan end_work's */
	struct work_struct end_work;
	struct xb_watch leave_watch;	/* its first event is the bus's turn to drop the device */
	enum bb_abi abi;
	unsigned long squeeze_until;
	bool squeeze, squeezed;		/* memory is short; the rings were told */
	struct delayed_work tick_work;
	struct work_struct report_work;	/* tells the store what a ring found out */
	unsigned long report;		/* bits BB_REPORT_* */
	unsigned long next_log;

	struct mutex stats_lock;	/* keeps the rings for readers of counters */
	struct bb_counters past;	/* of rings that are gone */
	struct dentry *debugfs;
};

#define BB_REPORT_FAULT		0
#define BB_REPORT_NO_FLUSH	1
#define BB_REPORT_NO_BARRIER	2

/* disk.c */
int bb_disk_open(struct bb_vbd *vbd);
void bb_disk_close(struct bb_vbd *vbd);
void bb_disk_limits(const struct bb_vbd *vbd, struct bb_limits *l);
int bb_disk_announce(struct bb_vbd *vbd);
void bb_disk_resized(struct bb_vbd *vbd);

/* negotiate.c: with vbd->lock held, or vbd->ending set */
int bb_rings_make(struct bb_vbd *vbd);
int bb_rings_start(struct bb_vbd *vbd);
bool bb_rings_served(const struct bb_vbd *vbd);
void bb_rings_end(struct bb_vbd *vbd);

/* ring.c */
int bb_ring_init(struct bb_ring *ring);
void bb_ring_exit(struct bb_ring *ring);
int bb_ring_thread(void *arg);
irqreturn_t bb_ring_event(int irq, void *data);
void bb_ring_drain(struct bb_ring *ring);

/* wait.c */
void bb_ring_wait(struct bb_ring *ring);

/* respond.c */
bool bb_ring_reap(struct bb_ring *ring);
void bb_io_done(struct bb_io *io);

/* submit.c */
void bb_submit(struct bb_io *io);

/* grants.c */
int bb_grants_init(struct bb_ring *ring);
void bb_grants_exit(struct bb_ring *ring);
int bb_fetch(struct bb_ring *ring, struct bb_io *io);
void bb_fetched(struct bb_ring *ring, struct bb_io *io);
int bb_attach(struct bb_ring *ring, struct bb_io *io);
void bb_flush_in(struct bb_ring *ring);
bool bb_busy(const struct bb_io *io);
void bb_detach(struct bb_ring *ring, struct bb_io *io);
void bb_flush_out(struct bb_ring *ring);
void bb_put_own(struct bb_ring *ring, struct bb_io *io);
void bb_unmap_later(struct bb_ring *ring, struct page *page, grant_handle_t handle);
void bb_flush_unmaps(struct bb_ring *ring);

/* persistent.c */
int bb_persistent_init(struct bb_persistent *p);
void bb_persistent_exit(struct bb_persistent *p);
bool bb_persistent_add(struct bb_persistent *p, u32 gref, struct page *page, grant_handle_t handle,
		       u32 *index);
void bb_persistent_sweep(struct bb_ring *ring);
void bb_persistent_drop(struct bb_ring *ring);

static inline struct bb_pgrant *bb_persistent_find(struct bb_persistent *p, u32 gref)
{
	u32 l = gref / BB_LEAF;
	u16 place;

	if (unlikely(l >= BB_LEAVES) || unlikely(!p->leaf[l]))
		return NULL;
	place = p->leaf[l][gref % BB_LEAF];
	return place ? &p->pg[place - 1] : NULL;
}

/* pool.c */
int bb_pool_init(struct bb_pool *p);
void bb_pool_exit(struct bb_pool *p);
struct page *bb_pool_get_map(struct bb_pool *p);
void bb_pool_put_map(struct bb_pool *p, struct page *page);
struct page *bb_pool_get_own(struct bb_pool *p);
void bb_pool_put_own(struct bb_pool *p, struct page *page);
void bb_pool_shrink(struct bb_pool *p, u32 keep);

/* stats.c */
extern const struct attribute_group *bb_groups[];
void bb_counters_sum(struct bb_vbd *vbd, struct bb_counters *sum);
void bb_counters_fold(struct bb_counters *to, const struct bb_counters *from);
void bb_counters_log(struct bb_vbd *vbd);
void bb_debugfs_init(void);
void bb_debugfs_exit(void);
void bb_debugfs_add(struct bb_vbd *vbd);
void bb_debugfs_remove(struct bb_vbd *vbd);

#endif

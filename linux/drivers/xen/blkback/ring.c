/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.c: the thread of a ring: takes requests in batches, prepares and submits them, answers what
 * has ended, and sleeps until there is more.
 *
 * A batch goes through the same steps together, so that a step's hypercall is made once for all:
 * copy each request from the ring and check it; fetch the segments of indirect ones; get the pages;
 * submit. INVARIANTS:
 *  - A slot is read once (request.c); req_cons passes it before anything is done about it.
 *  - There are as many struct bb_io as slots, so a frontend that keeps to the ring never runs out
 *    of them, and one that does not is stopped: memory is bounded by the ring's size.
 * LOCK: none; event, tick and async are the only things that others write.
 */
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/slab.h>
#include "internal.h"
#include "trace.h"

irqreturn_t bb_ring_event(int irq, void *data)
{
	struct bb_ring *ring = data;

	WRITE_ONCE(ring->event, true);
	if (likely(ring->task))
		wake_up_process(ring->task);
	return IRQ_HANDLED;
}

static void fault(struct bb_ring *ring, u32 prod)
{
	struct bb_vbd *vbd = ring->vbd;

	ring->faulted = true;
	xb_dev_fault(vbd->dev, "ring %u: request producer %u, %u taken, %u answered, %u slots",
		     ring->index, prod, ring->req_cons, ring->rsp_prod, ring->nr_slots);
	if (!test_and_set_bit(BB_REPORT_FAULT, &vbd->report))
		schedule_work(&vbd->report_work);
}

/* Memory for an indirect request; NULL: for now, or, with nothing in flight, at all. */
static struct bb_big *get_big(struct bb_ring *ring)
{
	struct bb_big *big = ring->free_big;

	if (likely(big)) {
		ring->free_big = big->next;
		return big;
	}
	if (ring->nr_big >= BB_MAX_BIG)
		return NULL;
	big = kvmalloc(sizeof(*big), GFP_NOIO | __GFP_NOWARN | __GFP_NORETRY);
	if (!big)
		return NULL;
	big->raw = (u64 *)__get_free_page(GFP_NOIO | __GFP_NOWARN | __GFP_NORETRY);
	if (!big->raw) {
		kvfree(big);
		return NULL;
	}
	ring->nr_big++;
	return big;
}

/* Gives back all that no request has. */
static void drop_big(struct bb_ring *ring)
{
	struct bb_big *big;

	while (ring->free_big) {
		big = ring->free_big;
		ring->free_big = big->next;
		free_page((unsigned long)big->raw);
		kvfree(big);
		ring->nr_big--;
	}
}

static void set_segs(struct bb_io *io, const u64 *raw)
{
	u32 i;

	for (i = 0; i < io->nr_segs; i++) {
		struct bb_seg *seg = &io->seg[i];

		seg->gref = bb_seg_gref(raw[i]);
		seg->first = bb_seg_first(raw[i]);
		seg->last = bb_seg_last(raw[i]);
		seg->how = BB_SEG_NONE;
	}
}

static void refuse(struct bb_ring *ring, struct bb_io *io, int status, const char *why)
{
	ring->n.bad++;
	dev_dbg(ring->vbd->dev->dev, "ring %u: request refused: %s\n", ring->index, why);
	io->status = status;
	io->nr_segs = 0;
	bb_io_done(io);
}

/*
 * The request at req_cons: taken into *out, which is NULL when it is on its way back already; or
 * -EAGAIN: left where it is because memory for it has to come from one that is in flight.
 */
static int take_one(struct bb_ring *ring, const struct bb_limits *limits, bool others,
		    struct bb_io **out)
{
	struct bb_io *io = ring->free;
	struct bb_big *big = NULL;
	enum bb_verdict v;
	struct bb_req r;

	bb_req_read(&r, ring->slots + (ring->req_cons & ring->mask) * ring->slot_size, ring->abi);
	v = bb_req_check(&r, limits);
	if (v == BB_GOOD && r.indirect) {
		big = get_big(ring);
		if (!big && (ring->inflight || ring->held.head || others)) {
			ring->n.oo_req++;
			ring->starved = true;
			return -EAGAIN;
		}
	}
	ring->req_cons++;
	ring->free = io->next;
	trace_blkback_request(ring->vbd->dev->dev, ring->index, r.id, r.op, r.sector, r.nr_segs, v);

	io->id = r.id;
	io->rsp_op = r.rsp_op;
	io->kind = r.kind;
	io->flag = r.flag;
	io->sector = r.sector;
	io->nr_sectors = r.nr_sectors;
	io->nr_segs = r.nr_segs;
	io->status = BB_RSP_OKAY;
	io->result = BLK_STS_OK;
	io->mapped = false;
	io->big = big;
	io->seg = big ? big->seg : io->direct_seg;
	*out = io;
	if (unlikely(v != BB_GOOD)) {
		refuse(ring, io, bb_verdict_status(v), bb_verdict_name(v));
		*out = NULL;
	} else if (!r.indirect) {
		set_segs(io, r.u.seg);
	} else if (big) {
		io->gref = r.u.gref[0];
	} else {
		refuse(ring, io, BB_RSP_ERROR, "no memory");
		*out = NULL;
	}
	return 0;
}

/* Gets the segments of the indirect requests of a batch, and checks them. */
static void fetch_indirect(struct bb_ring *ring, struct bb_io **batch, u32 n,
			   const struct bb_limits *limits)
{
	enum bb_verdict v;
	struct bb_req r;
	u32 i;

	for (i = 0; i < n; i++)
		if (batch[i]->big && bb_fetch(ring, batch[i]))
			batch[i]->status = BB_RSP_ERROR;
	bb_flush_in(ring);
	for (i = 0; i < n; i++) {
		struct bb_io *io = batch[i];

		if (!io->big)
			continue;
		bb_fetched(ring, io);
		r.sector = io->sector;
		v = io->status ? BB_GOOD : bb_segs_check(&r, io->big->raw, io->nr_segs, limits);
		if (v != BB_GOOD || io->status) {
			ring->n.bad++;
			if (!io->status)
				io->status = bb_verdict_status(v);
			io->nr_segs = 0;
			continue;
		}
		io->nr_sectors = r.nr_sectors;
		set_segs(io, io->big->raw);
	}
}

static void submit_batch(struct bb_ring *ring, struct bb_io **batch, u32 n)
{
	struct blk_plug plug;
	u32 i;

	if (n > 1)
		blk_start_plug(&plug);
	for (i = 0; i < n; i++) {
		struct bb_io *io = batch[i];

		if (unlikely(io->status)) {
			bb_io_done(io);
			continue;
		}
		if (unlikely(io->kind == BB_BARRIER)) {
			/* All before it ends before it begins, and it before all behind it. */
			if (n > 1)
				blk_finish_plug(&plug);
			bb_ring_drain(ring);
			bb_submit(io);
			bb_ring_drain(ring);
			if (n > 1)
				blk_start_plug(&plug);
			continue;
		}
		bb_submit(io);
	}
	if (n > 1)
		blk_finish_plug(&plug);
}

/* True when requests were taken. */
static bool take_batch(struct bb_ring *ring)
{
	struct bb_io *batch[BB_BATCH];
	struct bb_limits limits;
	bool indirect = false;
	struct bb_io *io;
	u32 prod, n = 0, segs = 0, i;
	int avail;

	prod = READ_ONCE(ring->sring->req_prod);
	if (prod == ring->req_cons || ring->faulted || ring->starved)
		return false;
	virt_rmb();	/* the requests are read after their number */
	avail = bb_ring_avail(prod, ring->req_cons, ring->rsp_prod, ring->nr_slots);
	if (unlikely(avail < 0)) {
		fault(ring, prod);
		return false;
	}
	bb_disk_limits(ring->vbd, &limits);
	ring->worked = true;

	for (i = 0; i < avail && n < BB_BATCH && segs < BB_BATCH_SEGS; i++) {
		if (take_one(ring, &limits, i, &io))
			break;
		if (!io)
			continue;
		segs += io->nr_segs;
		indirect |= !!io->big;
		batch[n++] = io;
	}
	if (!n)
		return i;
	ring->n.batches++;
	if (indirect)
		fetch_indirect(ring, batch, n, &limits);
	for (i = 0; i < n; i++)
		if (likely(!batch[i]->status) && bb_attach(ring, batch[i]))
			batch[i]->status = BB_RSP_ERROR;
	bb_flush_in(ring);
	submit_batch(ring, batch, n);
	return true;
}

/* ---- the thread */
static void trim(struct bb_ring *ring)
{
	bool squeeze = READ_ONCE(ring->vbd->squeeze);

	WRITE_ONCE(ring->tick, false);
	bb_persistent_sweep(ring);
	bb_pool_shrink(&ring->pool, squeeze ? 0 : max(READ_ONCE(bb_max_buffer_pages), 0));
	if (squeeze)
		drop_big(ring);
}

/* Until the block layer has nothing of ours. */
void bb_ring_drain(struct bb_ring *ring)
{
	for (;;) {
		bb_ring_reap(ring);
		if (!ring->inflight)
			return;
		set_current_state(TASK_IDLE);
		if (llist_empty(&ring->async))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
}

int bb_ring_thread(void *arg)
{
	struct bb_ring *ring = arg;
	bool worked;

	set_freezable();
	while (!kthread_should_stop()) {
		worked = take_batch(ring);
		worked |= bb_ring_reap(ring);
		if (unlikely(READ_ONCE(ring->tick)))
			trim(ring);
		if (worked)
			cond_resched();
		else
			bb_ring_wait(ring);
	}
	/* What was taken is answered; what was not is left to whoever attaches to the ring next. */
	for (;;) {
		bb_ring_drain(ring);
		if (!ring->held.head)
			break;
		msleep(20);
	}
	bb_persistent_drop(ring);
	return 0;
}

/* ---- memory */
int bb_ring_init(struct bb_ring *ring)
{
	u32 i;

	init_llist_head(&ring->async);
	bb_list_init(&ring->done);
	bb_list_init(&ring->held);
	ring->io = kvcalloc(ring->nr_slots, sizeof(*ring->io), GFP_KERNEL);
	if (!ring->io)
		return -ENOMEM;
	for (i = 0; i < ring->nr_slots; i++) {
		ring->io[i].ring = ring;
		ring->io[i].next = ring->free;
		ring->free = &ring->io[i];
	}
	return bb_grants_init(ring);
}

/* No thread, no event and no completion knows the ring any more. */
void bb_ring_exit(struct bb_ring *ring)
{
	drop_big(ring);
	bb_grants_exit(ring);
	kvfree(ring->io);
	ring->io = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * submit.c: from a request whose pages are there to the block layer, and back.
 *
 * INVARIANTS:
 *  - A read or write is one bio, made of memory that the request has; nothing is allocated for it.
 *    The block layer joins segments that are contiguous in the machine (bio_add_page), nobody else.
 *  - A completion in the ring's own thread (a RAM disk completes within submit_bio) costs a list
 *    operation; any other is handed to the thread, which alone touches the ring.
 * LOCK: none; rcu_read_lock keeps the ring while its thread is being woken, see bb_ring_exit.
 */
#include "internal.h"
#include "trace.h"

static void complete_io(struct bb_io *io, blk_status_t result)
{
	struct bb_ring *ring = io->ring;

	io->result = result;
	if (current == ring->task && in_task()) {
		bb_list_add(&ring->done, io);
		return;
	}
	rcu_read_lock();
	if (llist_add(&io->async, &ring->async))
		wake_up_process(ring->task);
	rcu_read_unlock();
}

static void end_bio(struct bio *bio)
{
	struct bb_io *io = bio->bi_private;
	blk_status_t result = bio->bi_status;

	bio_uninit(bio);
	complete_io(io, result);
}

/* Of a chain that the block layer has allocated. */
static void end_chain(struct bio *bio)
{
	struct bb_io *io = bio->bi_private;
	blk_status_t result = bio->bi_status;

	bio_put(bio);
	complete_io(io, result);
}

static blk_opf_t opf_of(const struct bb_io *io)
{
	switch (io->kind) {
	case BB_READ:
		return REQ_OP_READ;
	case BB_WRITE:
		return REQ_OP_WRITE | REQ_SYNC | REQ_IDLE;
	case BB_FLUSH:
		return REQ_OP_WRITE | REQ_PREFLUSH;
	default:
		return REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA;
	}
}

static void submit_rw(struct bb_ring *ring, struct bb_io *io)
{
	struct bio *bio = &io->bio;
	u32 i;

	bio_init(bio, ring->vbd->bdev, io->big ? io->big->vec : io->direct_vec, io->nr_segs,
		 io->nr_segs ? opf_of(io) : REQ_OP_WRITE | REQ_PREFLUSH);
	bio->bi_iter.bi_sector = io->nr_segs ? io->sector : 0;
	bio->bi_private = io;
	bio->bi_end_io = end_bio;
	for (i = 0; i < io->nr_segs; i++) {
		const struct bb_seg *seg = &io->seg[i];
		u32 len = (seg->last - seg->first + 1) << SECTOR_SHIFT;
		u32 at = seg->first << SECTOR_SHIFT;

		if (unlikely(bio_add_page(bio, seg->page, len, at) != len)) {
			bio_uninit(bio);
			complete_io(io, BLK_STS_IOERR);
			return;
		}
	}
	submit_bio(bio);
}

/* Discard and write zeroes: the block layer cuts them to what the disk takes at once. */
static void submit_range(struct bb_ring *ring, struct bb_io *io)
{
	struct block_device *bdev = ring->vbd->bdev;
	struct bio *bio = NULL;
	int err;

	if (!io->nr_sectors)
		err = 0;
	else if (io->kind == BB_ZEROES)
		err = __blkdev_issue_zeroout(bdev, io->sector, io->nr_sectors, GFP_NOIO, &bio,
					     BLKDEV_ZERO_NOFALLBACK |
					     (io->flag & XB_BLKIF_ZEROES_UNMAP ?
					      0 : BLKDEV_ZERO_NOUNMAP));
	else if (ring->vbd->secure && (io->flag & BB_DISCARD_SECURE))
		err = blkdev_issue_secure_erase(bdev, io->sector, io->nr_sectors, GFP_NOIO);
	else
		err = __blkdev_issue_discard(bdev, io->sector, io->nr_sectors, GFP_NOIO, &bio);

	if (!bio) {
		complete_io(io, errno_to_blk_status(err));
		return;
	}
	bio->bi_private = io;
	bio->bi_end_io = end_chain;
	submit_bio(bio);
}

static void count(struct bb_ring *ring, const struct bb_io *io)
{
	switch (io->kind) {
	case BB_READ:
		ring->n.rd_req++;
		ring->n.rd_sect += io->nr_sectors;
		break;
	case BB_WRITE:
		ring->n.wr_req++;
		ring->n.wr_sect += io->nr_sectors;
		break;
	case BB_DISCARD:
		ring->n.ds_req++;
		break;
	case BB_ZEROES:
		ring->n.wz_req++;
		break;
	default:
		ring->n.f_req++;
		ring->n.wr_sect += io->nr_sectors;
		break;
	}
}

void bb_submit(struct bb_io *io)
{
	struct bb_ring *ring = io->ring;

	count(ring, io);
	io->submitted = true;
	ring->inflight++;
	if (io->kind == BB_DISCARD || io->kind == BB_ZEROES)
		submit_range(ring, io);
	else
		submit_rw(ring, io);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h: disks and their limits, where the kernels differ (see xb/compat.h for the rule).
 *
 * Limits are kept in a struct of our own and given to the block layer by two functions.
 */
#ifndef BF_COMPAT_H
#define BF_COMPAT_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <xb/compat.h>
#include "limits.h"

/* As the block layer is to be told. */
struct bf_qlimits {
	const struct bf_limits *l;
	u32 max_sectors;
	u32 max_segments;
	u32 max_segment_size;
	u32 dma_mask;
	unsigned long boundary;
};

#if XB_KERNEL_AT_LEAST(6, 12)

#define bf_mode_t	blk_mode_t
#define BF_OPEN_ARGS	struct gendisk *disk, blk_mode_t mode
#define BF_OPEN_DISK	disk
#define BF_RELEASE_ARGS	struct gendisk *disk

static inline void bf_fill_limits(struct queue_limits *lim, const struct bf_qlimits *b)
{
	lim->logical_block_size = b->l->block;
	lim->physical_block_size = b->l->physical;
	lim->max_hw_sectors = b->max_sectors;
	lim->max_segments = b->max_segments;
	lim->max_segment_size = b->max_segment_size;
	lim->seg_boundary_mask = b->boundary;
	lim->dma_alignment = b->dma_mask;
	lim->max_hw_discard_sectors = b->l->discard ? UINT_MAX : 0;
	lim->max_secure_erase_sectors = b->l->discard_secure ? UINT_MAX : 0;
	lim->max_write_zeroes_sectors = b->l->zeroes ? UINT_MAX : 0;
	lim->discard_granularity = b->l->discard_granularity;
	lim->discard_alignment = b->l->discard_alignment;
	lim->features &= ~(BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA);
	if (b->l->flush)
		lim->features |= BLK_FEAT_WRITE_CACHE;
	if (b->l->barrier)
		lim->features |= BLK_FEAT_FUA;
}

static inline struct gendisk *bf_alloc_disk(struct blk_mq_tag_set *set, const struct bf_qlimits *b,
					    void *data)
{
	struct queue_limits lim = {};

	bf_fill_limits(&lim, b);
	return blk_mq_alloc_disk(set, &lim, data);
}

static inline int bf_update_limits(struct request_queue *rq, const struct bf_qlimits *b)
{
	struct queue_limits lim = queue_limits_start_update(rq);

	bf_fill_limits(&lim, b);
	return queue_limits_commit_update(rq, &lim);
}

static inline void bf_disable_discard(struct request_queue *rq)
{
	blk_queue_disable_discard(rq);
	blk_queue_disable_secure_erase(rq);
}

static inline void bf_disable_zeroes(struct request_queue *rq)
{
	blk_queue_disable_write_zeroes(rq);
}

/* The block layer is not told in the middle of its work: flushes then end at once. */
static inline void bf_disable_flush(struct request_queue *rq)
{
}

#else

#define bf_mode_t	fmode_t
#define BF_OPEN_ARGS	struct block_device *bdev, fmode_t mode
#define BF_OPEN_DISK	(bdev->bd_disk)
#define BF_RELEASE_ARGS	struct gendisk *disk, fmode_t mode

static inline int bf_update_limits(struct request_queue *rq, const struct bf_qlimits *b)
{
	blk_queue_logical_block_size(rq, b->l->block);
	blk_queue_physical_block_size(rq, b->l->physical);
	blk_queue_io_min(rq, b->l->physical);
	blk_queue_max_hw_sectors(rq, b->max_sectors);
	blk_queue_max_segments(rq, b->max_segments);
	blk_queue_max_segment_size(rq, b->max_segment_size);
	blk_queue_segment_boundary(rq, b->boundary);
	blk_queue_dma_alignment(rq, b->dma_mask);
	blk_queue_max_discard_sectors(rq, b->l->discard ? UINT_MAX : 0);
	blk_queue_max_secure_erase_sectors(rq, b->l->discard_secure ? UINT_MAX : 0);
	blk_queue_max_write_zeroes_sectors(rq, b->l->zeroes ? UINT_MAX : 0);
	rq->limits.discard_granularity = b->l->discard_granularity;
	rq->limits.discard_alignment = b->l->discard_alignment;
	blk_queue_write_cache(rq, b->l->flush, b->l->barrier);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, rq);
	return 0;
}

static inline struct gendisk *bf_alloc_disk(struct blk_mq_tag_set *set, const struct bf_qlimits *b,
					    void *data)
{
	struct gendisk *gd = blk_mq_alloc_disk(set, data);

	if (!IS_ERR(gd))
		bf_update_limits(gd->queue, b);
	return gd;
}

static inline void bf_disable_discard(struct request_queue *rq)
{
	blk_queue_max_discard_sectors(rq, 0);
	blk_queue_max_secure_erase_sectors(rq, 0);
}

static inline void bf_disable_zeroes(struct request_queue *rq)
{
	blk_queue_max_write_zeroes_sectors(rq, 0);
}

static inline void bf_disable_flush(struct request_queue *rq)
{
	blk_queue_write_cache(rq, false, false);
}

#endif
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.c: the disk as the block layer and users see it.
 *
 * Owns the gendisk, its tags and contexts, and the device numbers in use. A disk that is open stays
 * after its device is gone, and says EIO; so bf_dev is counted, and the disk holds a count.
 *
 * Invariant: no two disks have a minor in common.
 * Lock: names_lock for the list of disks; dev->lock for opening and closing.
 */
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/slab.h>
#include "blkfront.h"
#include "compat.h"

static DEFINE_MUTEX(names_lock);
static LIST_HEAD(names);

int bf_name_reserve(struct bf_dev *dev)
{
	const struct bf_name *a = &dev->name, *b;
	struct bf_dev *other;
	int err = 0;

	mutex_lock(&names_lock);
	list_for_each_entry(other, &names, list) {
		b = &other->name;
		if (a->minor < b->minor + b->nr_minors && b->minor < a->minor + a->nr_minors) {
			err = -EBUSY;
			break;
		}
	}
	if (!err) {
		list_add(&dev->list, &names);
		dev->vdev_reserved = true;
	}
	mutex_unlock(&names_lock);
	return err;
}

void bf_name_release(struct bf_dev *dev)
{
	mutex_lock(&names_lock);
	if (dev->vdev_reserved)
		list_del(&dev->list);
	dev->vdev_reserved = false;
	mutex_unlock(&names_lock);
}

/* ---- what users do */

static int bf_open(BF_OPEN_ARGS)
{
	struct bf_dev *dev = BF_OPEN_DISK->private_data;
	int err = 0;

	mutex_lock(&dev->lock);
	if (dev->closing || dev->phase == BF_BROKEN || dev->phase == BF_CLOSED)
		err = -ENXIO;
	else
		dev->openers++;
	mutex_unlock(&dev->lock);
	return err;
}

static void bf_release(BF_RELEASE_ARGS)
{
	struct bf_dev *dev = disk->private_data;

	mutex_lock(&dev->lock);
	dev->openers--;
	if (!dev->openers && dev->closing && !dev->removing)
		queue_work(bf_wq, &dev->close_work);
	mutex_unlock(&dev->lock);
}

/* There is no geometry; but some want one that goes with the size. */
static int bf_getgeo(struct block_device *bdev, struct hd_geometry *geo)
{
	sector_t sectors = get_capacity(bdev->bd_disk), cylinders;

	geo->heads = 255;
	geo->sectors = 63;
	cylinders = sectors;
	sector_div(cylinders, 255 * 63);
	geo->cylinders = min_t(sector_t, cylinders, 0xffff);
	return 0;
}

static int bf_ioctl(struct block_device *bdev, bf_mode_t mode, unsigned int cmd, unsigned long arg)
{
	struct bf_dev *dev = bdev->bd_disk->private_data;
	struct cdrom_multisession none = {};

	switch (cmd) {
	case CDROMMULTISESSION:
		if (!dev->limits.cdrom)
			return -ENOTTY;
		return copy_to_user((void __user *)arg, &none, sizeof(none)) ? -EFAULT : 0;
	case CDROM_GET_CAPABILITY:
		return dev->limits.cdrom ? 0 : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static void bf_free_disk(struct gendisk *disk)
{
	bf_dev_put(disk->private_data);
}

static const struct block_device_operations bf_fops = {
	.owner = THIS_MODULE,
	.open = bf_open,
	.release = bf_release,
	.getgeo = bf_getgeo,
	.ioctl = bf_ioctl,
	.compat_ioctl = blkdev_compat_ptr_ioctl,
	.free_disk = bf_free_disk,
};

/* ---- queues and limits */

static void qlimits(const struct bf_dev *dev, struct bf_qlimits *b)
{
	const struct bf_limits *l = &dev->limits;

	b->l = l;
	b->max_sectors = l->segs * (XB_PAGE_SIZE / SECTOR_SIZE);
	if (l->bounce) {
		/* Bytes are packed into pages of ours: how they lie in memory does not matter. */
		b->max_segments = USHRT_MAX;
		b->max_segment_size = UINT_MAX;
		b->boundary = ULONG_MAX;
		b->dma_mask = 3;
	} else {
		b->max_segments = l->segs;
		b->max_segment_size = PAGE_SIZE;
		b->boundary = PAGE_SIZE - 1;
		b->dma_mask = SECTOR_SIZE - 1;
	}
}

int bf_disk_limits(struct bf_dev *dev)
{
	struct bf_qlimits b;

	qlimits(dev, &b);
	return bf_update_limits(dev->gd->queue, &b);
}

/* Those with interrupts come first; those to be polled after them. */
void bf_map_queues(struct bf_dev *dev)
{
	struct blk_mq_queue_map *map = dev->tags.map;
	u32 polled = dev->nr_hctx - dev->nr_irq_hctx;

	/* The block layer takes one alone when it runs after a crash. */
	map[HCTX_TYPE_DEFAULT].nr_queues = min(dev->nr_irq_hctx, dev->tags.nr_hw_queues);
	map[HCTX_TYPE_DEFAULT].queue_offset = 0;
	blk_mq_map_queues(&map[HCTX_TYPE_DEFAULT]);
	if (dev->tags.nr_maps <= HCTX_TYPE_POLL)
		return;
	map[HCTX_TYPE_READ].nr_queues = 0;
	map[HCTX_TYPE_POLL].nr_queues = polled;
	map[HCTX_TYPE_POLL].queue_offset = dev->nr_irq_hctx;
	blk_mq_map_queues(&map[HCTX_TYPE_POLL]);
}

static int alloc_contexts(struct bf_dev *dev)
{
	u32 i;

	dev->nr_hctx = dev->nr_queues;
	dev->nr_irq_hctx = dev->nr_queues - dev->nr_polled;
	dev->depth = bf_ring_entries(1u << dev->ring_order);
	dev->hctx = kcalloc(dev->nr_hctx, sizeof(*dev->hctx), GFP_KERNEL);
	if (!dev->hctx)
		return -ENOMEM;
	for (i = 0; i < dev->nr_hctx; i++) {
		dev->hctx[i].index = i;
		dev->hctx[i].queue = &dev->queues[i];
		dev->hctx[i].slots = kvcalloc(dev->depth, sizeof(struct bf_slot), GFP_KERNEL);
		if (!dev->hctx[i].slots)
			return -ENOMEM;
	}
	return 0;
}

static void free_contexts(struct bf_dev *dev)
{
	u32 i;

	for (i = 0; dev->hctx && i < dev->nr_hctx; i++)
		kvfree(dev->hctx[i].slots);
	kfree(dev->hctx);
	dev->hctx = NULL;
	dev->nr_hctx = 0;
}

static int alloc_tags(struct bf_dev *dev)
{
	struct blk_mq_tag_set *set = &dev->tags;

	memset(set, 0, sizeof(*set));
	set->ops = &bf_mq_ops;
	set->nr_hw_queues = dev->nr_hctx;
	set->nr_maps = dev->nr_hctx > dev->nr_irq_hctx ? HCTX_MAX_TYPES : 1;
	set->queue_depth = dev->depth;
	set->numa_node = NUMA_NO_NODE;
	/* Ordering requests is the business of whoever has the disk: the other end. */
	set->flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	set->driver_data = dev;
	return blk_mq_alloc_tag_set(set);
}

static void name_disk(struct bf_dev *dev)
{
	struct gendisk *gd = dev->gd;

	strscpy(gd->disk_name, dev->name.text, sizeof(gd->disk_name));
	gd->major = BF_MAJOR;
	gd->first_minor = dev->name.minor;
	gd->minors = dev->name.nr_minors;
	gd->fops = &bf_fops;
	gd->private_data = dev;
	kref_get(&dev->ref);
	set_capacity(gd, dev->limits.sectors);
	if (dev->limits.readonly)
		set_disk_ro(gd, true);
	if (dev->limits.removable)
		gd->flags |= GENHD_FL_REMOVABLE;
}

/* Contexts, tags and a disk that is not visible yet. After an error bf_disk_free is called. */
int bf_disk_alloc(struct bf_dev *dev)
{
	struct bf_qlimits b;
	struct gendisk *gd;
	int err;

	err = alloc_contexts(dev);
	if (err)
		return err;
	err = alloc_tags(dev);
	if (err) {
		dev->tags.ops = NULL;
		return err;
	}
	qlimits(dev, &b);
	gd = bf_alloc_disk(&dev->tags, &b, dev);
	if (IS_ERR(gd))
		return PTR_ERR(gd);
	dev->gd = gd;
	name_disk(dev);
	return 0;
}

/* The disk is not visible any more, or never was. */
void bf_disk_free(struct bf_dev *dev)
{
	if (dev->gd)
		put_disk(dev->gd);
	if (dev->gd && !dev->added)
		bf_dev_put(dev);	/* bf_free_disk is called for a visible disk only */
	dev->gd = NULL;
	if (dev->tags.ops)
		blk_mq_free_tag_set(&dev->tags);
	dev->tags.ops = NULL;
	free_contexts(dev);
}

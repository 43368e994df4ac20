/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.c: the block device below: opened when the hotplug script has named it, described to the
 * frontend, watched for a new size, and held until the device goes.
 *
 * INVARIANTS:
 *  - The device is opened for what the mode allows and no more; one that is read-only itself is
 *    offered as read-only whatever the mode says.
 *  - What the frontend is told (features, size) is written in one transaction before Connected.
 *  - Requests are checked against the size that the disk has now, not against what was announced.
 * LOCK: vbd->lock, but for bb_disk_limits (rings hold the disk open) and bb_disk_resized (runs only
 * while there is a connection).
 */
#include <linux/cdrom.h>
#include <linux/pagemap.h>
#include <xen/interface/io/blkif.h>
#include "internal.h"

static_assert(BB_OP_READ == BLKIF_OP_READ && BB_OP_WRITE == BLKIF_OP_WRITE);
static_assert(BB_OP_WRITE_BARRIER == BLKIF_OP_WRITE_BARRIER);
static_assert(BB_OP_FLUSH == BLKIF_OP_FLUSH_DISKCACHE && BB_OP_DISCARD == BLKIF_OP_DISCARD);
static_assert(BB_OP_INDIRECT == BLKIF_OP_INDIRECT);
static_assert(BB_RSP_ERROR == BLKIF_RSP_ERROR && BB_RSP_EOPNOTSUPP == BLKIF_RSP_EOPNOTSUPP);
static_assert(BB_DIRECT_SEGS == BLKIF_MAX_SEGMENTS_PER_REQUEST);
static_assert(sizeof(struct blkif_response) == 16 && BB_MAX_SEGS <= BIO_MAX_VECS);

static void describe(struct bb_vbd *vbd)
{
	struct block_device *bdev = vbd->bdev;

	vbd->removable = bdev->bd_disk->flags & GENHD_FL_REMOVABLE;
	if (disk_to_cdi(bdev->bd_disk))
		vbd->cdrom = true;
	vbd->flush = bdev_write_cache(bdev);
	vbd->discard = bdev_max_discard_sectors(bdev) && bdev_discard_granularity(bdev) &&
		xb_read_bool(vbd->dev->nodename, "discard-enable", true);
	vbd->secure = bdev_max_secure_erase_sectors(bdev);
	vbd->zeroes = bdev_write_zeroes_sectors(bdev);
	vbd->sectors = bdev_nr_sectors(bdev);
}

/* Reads what the script and the toolstack wrote. 0 with no bdev: the script is not there yet. */
int bb_disk_open(struct bb_vbd *vbd)
{
	struct xb_device *dev = vbd->dev;
	u32 major, minor;
	char *text;
	int err;

	text = xb_read(XB_NIL, dev->nodename, "physical-device", NULL);
	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT ? 0 : PTR_ERR(text);
	err = *text ? bb_parse_physdev(text, &major, &minor) : -ENOENT;
	kfree(text);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (vbd->bdev) {
		if (major != vbd->major || minor != vbd->minor)
			dev_warn(dev->dev, "changing the disk from %x:%x to %x:%x is not possible\n",
				 vbd->major, vbd->minor, major, minor);
		return 0;
	}

	text = xb_read(XB_NIL, dev->nodename, "mode", NULL);
	if (IS_ERR(text))
		return PTR_ERR(text);
	kfree(vbd->mode);
	vbd->mode = text;
	vbd->readonly = !strchr(text, 'w');
	text = xb_read(XB_NIL, dev->otherend, "device-type", NULL);
	vbd->cdrom = !IS_ERR(text) && !strcmp(text, "cdrom");
	if (!IS_ERR(text))
		kfree(text);

	vbd->handle = xb_bdev_open(MKDEV(major, minor), !vbd->readonly);
	if (IS_ERR(vbd->handle)) {
		err = PTR_ERR(vbd->handle);
		vbd->handle = NULL;
		return err;
	}
	vbd->bdev = xb_bdev_of(vbd->handle);
	vbd->major = major;
	vbd->minor = minor;
	if (!vbd->readonly && bdev_read_only(vbd->bdev)) {
		dev_warn(dev->dev, "%pg is read-only, and so offered as such\n", vbd->bdev);
		xb_bdev_close(vbd->handle, true);
		vbd->bdev = NULL;
		vbd->readonly = true;
		vbd->handle = xb_bdev_open(MKDEV(major, minor), false);
		if (IS_ERR(vbd->handle)) {
			err = PTR_ERR(vbd->handle);
			vbd->handle = NULL;
			return err;
		}
		vbd->bdev = xb_bdev_of(vbd->handle);
	}
	describe(vbd);
	return 0;
}

void bb_disk_close(struct bb_vbd *vbd)
{
	if (vbd->handle)
		xb_bdev_close(vbd->handle, !vbd->readonly);
	vbd->handle = NULL;
	vbd->bdev = NULL;
	kfree(vbd->mode);
	vbd->mode = NULL;
}

void bb_disk_limits(const struct bb_vbd *vbd, struct bb_limits *l)
{
	l->sectors = bdev_nr_sectors(vbd->bdev);
	l->sector_mask = (bdev_logical_block_size(vbd->bdev) >> SECTOR_SHIFT) - 1;
	l->readonly = vbd->readonly;
	l->discard = vbd->discard;
	l->zeroes = vbd->zeroes;
}

static int write_features(struct bb_vbd *vbd, struct xb_transaction t)
{
	const char *dir = vbd->dev->nodename;
	int err;

	err = xb_printf(t, dir, "feature-flush-cache", "%d", vbd->flush);
	if (!err)
		err = xb_printf(t, dir, "feature-barrier", "%d", vbd->flush);
	if (!err)
		err = xb_printf(t, dir, "feature-persistent", "%d", vbd->persistent);
	if (!err && xb_read_bool(dir, "discard-enable", true)) {
		if (vbd->discard) {
			err = xb_printf(t, dir, "discard-granularity", "%u",
					bdev_discard_granularity(vbd->bdev));
			if (!err)
				err = xb_printf(t, dir, "discard-alignment", "%u",
						bdev_discard_alignment(vbd->bdev));
			if (!err)
				err = xb_printf(t, dir, "discard-secure", "%d", vbd->secure);
		}
		if (!err)
			err = xb_printf(t, dir, "feature-discard", "%d", vbd->discard);
	}
	if (!err && vbd->zeroes)
		err = xb_printf(t, dir, "feature-krypton-write-zeroes", "1");
	return err;
}

static int write_geometry(struct bb_vbd *vbd, struct xb_transaction t)
{
	const char *dir = vbd->dev->nodename;
	unsigned int info = (vbd->cdrom ? VDISK_CDROM : 0) |
		(vbd->removable ? VDISK_REMOVABLE : 0) | (vbd->readonly ? VDISK_READONLY : 0);
	int err;

	err = xb_printf(t, dir, "sectors", "%llu", vbd->sectors);
	if (!err)
		err = xb_printf(t, dir, "info", "%u", info);
	if (!err)
		err = xb_printf(t, dir, "sector-size", "%u", bdev_logical_block_size(vbd->bdev));
	if (!err)
		err = xb_printf(t, dir, "physical-sector-size", "%u",
				bdev_physical_block_size(vbd->bdev));
	return err;
}

static int write_all(struct xb_transaction t, void *data)
{
	int err = write_features(data, t);

	return err ? err : write_geometry(data, t);
}

/*
 * Everything that the frontend has to know of the disk, and what dom0 has cached of it is dropped.
 */
int bb_disk_announce(struct bb_vbd *vbd)
{
	int err = sync_blockdev(vbd->bdev);

	if (err)
		return err;
	invalidate_inode_pages2(xb_bdev_mapping(vbd->handle));
	vbd->sectors = bdev_nr_sectors(vbd->bdev);
	return xb_transact(write_all, vbd);
}

struct resize {
	const char *dir;
	u64 sectors;
};

static int write_size(struct xb_transaction t, void *data)
{
	const struct resize *r = data;
	int err = xb_printf(t, r->dir, "sectors", "%llu", r->sectors);

	return err ? err : xb_printf(t, r->dir, "state", "%d", XenbusStateConnected);
}

/* The disk may have another size now: the frontend looks when our state is written again. */
void bb_disk_resized(struct bb_vbd *vbd)
{
	u64 now = bdev_nr_sectors(vbd->bdev);
	struct resize r = { .dir = vbd->dev->nodename, .sectors = now };
	int err;

	if (now == vbd->sectors)
		return;
	err = xb_transact(write_size, &r);
	if (err) {
		xb_dev_error(vbd->dev, err, "writing the new size of the disk");
		return;
	}
	dev_info(vbd->dev->dev, "resized from %llu to %llu sectors\n", vbd->sectors, now);
	vbd->sectors = now;
}

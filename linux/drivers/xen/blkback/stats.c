/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.c: what can be seen of a disk: sysfs (the names that tools know, ours beside them) and one
 * debugfs file a disk with every counter of every ring.
 *
 * INVARIANTS: counters only grow while the driver is bound; those of rings that ended are kept in
 * vbd->past. A reader may see a ring's counters from the middle of a batch.
 * LOCK: vbd->stats_lock keeps the rings in place while they are read.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include "internal.h"

#define NR_COUNTERS	(sizeof(struct bb_counters) / sizeof(u64))

void bb_counters_fold(struct bb_counters *to, const struct bb_counters *from)
{
	const u64 *f = (const u64 *)from;
	u64 *t = (u64 *)to;
	unsigned int i;

	for (i = 0; i < NR_COUNTERS; i++)
		t[i] += READ_ONCE(f[i]);
}

void bb_counters_sum(struct bb_vbd *vbd, struct bb_counters *sum)
{
	unsigned int i;

	mutex_lock(&vbd->stats_lock);
	*sum = vbd->past;
	for (i = 0; vbd->rings && i < vbd->nr_rings; i++)
		bb_counters_fold(sum, &vbd->rings[i].n);
	mutex_unlock(&vbd->stats_lock);
}

void bb_counters_log(struct bb_vbd *vbd)
{
	struct bb_counters c;

	bb_counters_sum(vbd, &c);
	dev_info(vbd->dev->dev, "oo %llu | rd %llu | wr %llu | f %llu | ds %llu | pg %llu/%llu\n",
		 c.oo_req, c.rd_req, c.wr_req, c.f_req, c.ds_req, c.pg_hit, c.pg_miss);
}

/* ---- sysfs */
static struct bb_vbd *vbd_of(struct device *dev)
{
	struct xb_device *xb = xb_device_of(dev);

	return xb ? xb->priv : NULL;
}

#define BB_COUNTER(name, field)						\
static ssize_t name##_show(struct device *dev,				\
			   struct device_attribute *attr, char *buf)	\
{									\
	struct bb_vbd *vbd = vbd_of(dev);				\
	struct bb_counters c;						\
									\
	if (!vbd)							\
		return -ENODEV;						\
	bb_counters_sum(vbd, &c);					\
	return sysfs_emit(buf, "%llu\n", c.field);			\
}									\
static DEVICE_ATTR_RO(name)

BB_COUNTER(oo_req, oo_req);
BB_COUNTER(rd_req, rd_req);
BB_COUNTER(wr_req, wr_req);
BB_COUNTER(f_req, f_req);
BB_COUNTER(ds_req, ds_req);
BB_COUNTER(rd_sect, rd_sect);
BB_COUNTER(wr_sect, wr_sect);
BB_COUNTER(wz_req, wz_req);
BB_COUNTER(bad_req, bad);
BB_COUNTER(errors, errors);
BB_COUNTER(map_calls, map_calls);
BB_COUNTER(unmap_calls, unmap_calls);
BB_COUNTER(copy_calls, copy_calls);
BB_COUNTER(leaked_pages, leaked);

static struct attribute *statistics_attrs[] = {
	&dev_attr_oo_req.attr, &dev_attr_rd_req.attr, &dev_attr_wr_req.attr,
	&dev_attr_f_req.attr, &dev_attr_ds_req.attr, &dev_attr_rd_sect.attr,
	&dev_attr_wr_sect.attr, &dev_attr_wz_req.attr, &dev_attr_bad_req.attr,
	&dev_attr_errors.attr, &dev_attr_map_calls.attr, &dev_attr_unmap_calls.attr,
	&dev_attr_copy_calls.attr, &dev_attr_leaked_pages.attr,
	NULL
};

static const struct attribute_group statistics_group = {
	.name = "statistics",
	.attrs = statistics_attrs,
};

static ssize_t physical_device_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct bb_vbd *vbd = vbd_of(dev);

	return vbd ? sysfs_emit(buf, "%x:%x\n", vbd->major, vbd->minor) : -ENODEV;
}
static DEVICE_ATTR_RO(physical_device);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct bb_vbd *vbd = vbd_of(dev);
	ssize_t n;

	if (!vbd)
		return -ENODEV;
	mutex_lock(&vbd->stats_lock);
	n = sysfs_emit(buf, "%s\n", vbd->mode ?: "");
	mutex_unlock(&vbd->stats_lock);
	return n;
}
static DEVICE_ATTR_RO(mode);

static struct attribute *device_attrs[] = {
	&dev_attr_physical_device.attr, &dev_attr_mode.attr, NULL
};

static const struct attribute_group device_group = {
	.attrs = device_attrs,
};

const struct attribute_group *bb_groups[] = { &device_group, &statistics_group, NULL };

/* ---- debugfs */
static struct dentry *bb_root;

static void show_ring(struct seq_file *s, struct bb_ring *ring)
{
	static const char *const name[] = {
		"oo_req", "rd_req", "wr_req", "f_req", "ds_req", "rd_sect", "wr_sect", "wz_req",
		"bad", "errors", "batches", "pushes", "maps", "unmaps", "map_calls", "unmap_calls",
		"copy_calls", "copies", "pg_hit", "pg_miss", "pg_evict", "poll_hit", "poll_miss",
		"wait_hit", "wait_miss",
		"sleeps", "async", "leaked",
	};
	const u64 *n = (const u64 *)&ring->n;
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(name) != NR_COUNTERS);
	seq_printf(s, "ring %u: slots %u, taken %u, answered %u, in flight %u%s%s\n", ring->index,
		   ring->nr_slots, ring->req_cons, ring->rsp_prod, ring->inflight,
		   ring->faulted ? ", stopped" : "", ring->held.head ? ", some held" : "");
	seq_printf(s, "  persistent %u of %u, pages ready %u, own %u, indirect %u\n",
		   ring->persistent.nr, ring->persistent.max, ring->pool.nr_map,
		   ring->pool.nr_own, ring->nr_big);
	seq_printf(s, "  events %lu, spurious %lu, notifications sent %lu, saved %lu\n",
		   ring->evtchn.events, ring->evtchn.spurious, ring->evtchn.sent,
		   ring->evtchn.saved);
	for (i = 0; i < ARRAY_SIZE(name); i++)
		seq_printf(s, "  %s %llu\n", name[i], READ_ONCE(n[i]));
}

static int rings_show(struct seq_file *s, void *unused)
{
	struct bb_vbd *vbd = s->private;
	unsigned int i;

	mutex_lock(&vbd->stats_lock);
	for (i = 0; vbd->rings && i < vbd->nr_rings; i++)
		show_ring(s, &vbd->rings[i]);
	mutex_unlock(&vbd->stats_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rings);

void bb_debugfs_init(void)
{
	if (xb_debugfs_root())
		bb_root = debugfs_create_dir("xen-blkback", xb_debugfs_root());
}

void bb_debugfs_exit(void)
{
	debugfs_remove(bb_root);
}

void bb_debugfs_add(struct bb_vbd *vbd)
{
	if (IS_ERR_OR_NULL(bb_root))
		return;
	vbd->debugfs = debugfs_create_dir(dev_name(vbd->dev->dev), bb_root);
	debugfs_create_file("rings", 0400, vbd->debugfs, vbd, &rings_fops);
}

void bb_debugfs_remove(struct bb_vbd *vbd)
{
	/* Waits for readers. */
	debugfs_remove(vbd->debugfs);
}

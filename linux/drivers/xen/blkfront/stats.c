/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.c: what can be seen: totals in sysfs (statistics/), a table by queue in debugfs.
 *
 * Owns the folder blkfront in debugfs. Invariant: counters are read without their locks, and may be
 * a request apart; queues are not freed while dev->lock is held here.
 * Lock: dev->lock.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/sysfs.h>
#include "blkfront.h"

static struct dentry *root;

/* ---- sysfs */

static ssize_t show_sum(struct device *d, size_t offset, char *buf)
{
	struct bf_dev *dev = xb_device_of(d)->priv;
	u64 sum = 0;
	u32 i;

	if (!dev)
		return -ENODEV;
	mutex_lock(&dev->lock);
	for (i = 0; i < dev->max_queues; i++)
		sum += READ_ONCE(*(u64 *)((char *)&dev->queues[i] + offset));
	mutex_unlock(&dev->lock);
	return sysfs_emit(buf, "%llu\n", sum);
}

#define SUM(name, field)								\
static ssize_t name##_show(struct device *d, struct device_attribute *attr, char *buf)	\
{											\
	return show_sum(d, offsetof(struct bf_queue, field), buf);			\
}											\
static DEVICE_ATTR_RO(name)

SUM(reads, submit.reads);
SUM(writes, submit.writes);
SUM(flushes, submit.flushes);
SUM(discards, submit.discards);
SUM(write_zeroes, submit.zeroes);
SUM(sectors_read, submit.sectors_read);
SUM(sectors_written, submit.sectors_written);
SUM(indirect, submit.indirect);
SUM(grants, submit.grants);
SUM(stalls, submit.stalls);
SUM(notifications_held, submit.held);
SUM(notifications_late, submit.late);
SUM(bytes_copied_out, submit.copied);
SUM(bytes_copied_in, done.copied);
SUM(responses, done.responses);
SUM(batches, done.batches);
SUM(polls, done.polls);
SUM(errors, done.errors);
SUM(bad_responses, done.bad);

static struct attribute *attrs[] = {
	&dev_attr_reads.attr,
	&dev_attr_writes.attr,
	&dev_attr_flushes.attr,
	&dev_attr_discards.attr,
	&dev_attr_write_zeroes.attr,
	&dev_attr_sectors_read.attr,
	&dev_attr_sectors_written.attr,
	&dev_attr_indirect.attr,
	&dev_attr_grants.attr,
	&dev_attr_stalls.attr,
	&dev_attr_notifications_held.attr,
	&dev_attr_notifications_late.attr,
	&dev_attr_bytes_copied_out.attr,
	&dev_attr_bytes_copied_in.attr,
	&dev_attr_responses.attr,
	&dev_attr_batches.attr,
	&dev_attr_polls.attr,
	&dev_attr_errors.attr,
	&dev_attr_bad_responses.attr,
	NULL,
};

static const struct attribute_group group = {
	.name = "statistics",
	.attrs = attrs,
};

const struct attribute_group *bf_groups[] = {
	&group,
	NULL,
};

/* ---- debugfs */

static const char *const state_names[] = {
	[BF_Q_DOWN] = "down",
	[BF_Q_UP] = "up",
	[BF_Q_DEAD] = "dead",
};

static void show_queue(struct seq_file *s, const struct bf_queue *q)
{
	const struct bf_stats_submit *a = &q->submit;
	const struct bf_stats_reap *b = &q->done;

	seq_printf(s, "queue %u: %s%s, %u entries, in flight %u, most lately %u\n", q->index,
		   state_names[q->state], q->polled ? ", polled" : "", q->size, bf_in_flight(q),
		   q->deep);
	seq_printf(s, "  requests: reads %llu, writes %llu, flushes %llu, discards %llu, zeroes %llu\n",
		   a->reads, a->writes, a->flushes, a->discards, a->zeroes);
	seq_printf(s, "  sectors: read %llu, written %llu; indirect requests %llu; stalls %llu\n",
		   a->sectors_read, a->sectors_written, a->indirect, a->stalls);
	seq_printf(s, "  notifications: sent %lu, saved %lu, put off %llu, sent by timer %llu\n",
		   q->evtchn.sent, q->evtchn.saved, a->held, a->late);
	seq_printf(s, "  responses: %llu in %llu batches, polls %llu, events %lu, spurious %lu\n",
		   b->responses, b->batches, b->polls, q->evtchn.events, q->evtchn.spurious);
	seq_printf(s, "  copies: bytes out %llu, in %llu; grants by request %llu\n", a->copied,
		   b->copied, a->grants);
	seq_printf(s, "  errors: failed %llu, bad responses %llu\n", b->errors, b->bad);
	seq_printf(s, "  pages: %u granted, %u free, %u cold, at most %u; references: %u\n",
		   q->pool.total, q->pool.free.nr, q->pool.cold.nr, q->pool.max, q->refs.total);
}

static int queues_show(struct seq_file *s, void *unused)
{
	struct bf_dev *dev = s->private;
	u32 i;

	mutex_lock(&dev->lock);
	for (i = 0; i < dev->max_queues; i++)
		show_queue(s, &dev->queues[i]);
	mutex_unlock(&dev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

void bf_stats_add(struct bf_dev *dev)
{
	dev->debugfs = debugfs_create_dir(dev->name.text, root);
	debugfs_create_file("queues", 0400, dev->debugfs, dev, &queues_fops);
}

void bf_stats_del(struct bf_dev *dev)
{
	debugfs_remove_recursive(dev->debugfs);
	dev->debugfs = NULL;
}

void bf_stats_init(void)
{
	root = debugfs_create_dir("blkfront", xb_debugfs_root());
}

void bf_stats_exit(void)
{
	debugfs_remove_recursive(root);
	root = NULL;
}

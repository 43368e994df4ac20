/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs.c: xen-netback/vifX.Y/io_ring_qN (write "kick": look for work without an event) and ctrl.
 *
 * Invariant: the files are taken away, which waits for who reads them, before what they show goes.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include "common.h"

static int io_ring_show(struct seq_file *m, void *v)
{
	struct nb_queue *q = m->private;
	const struct nb_vif *vif = q->vif;

	if (q->staged) {
		nb_staged_show(q, m);
	} else {
		nb_classic_from_show(q, m);
		nb_classic_to_show(q, m);
	}
	seq_printf(m, "NAPI state: %lx weight: %d EOI pending: %lx\n", q->napi.state,
		   q->napi.weight, q->eoi);
	seq_printf(m, "credit: timer_pending %d bytes %llu usec %llu remaining %llu\n",
		   timer_pending(&q->credit_timer), vif->credit_bytes, vif->credit_usec,
		   q->credit.left);
	seq_printf(m, "to the guest: %s%s%s\n", q->to_waiting ? "waiting" : "running",
		   q->to_drain ? ", dropping" : "", q->to_stalled ? ", stalled" : "");
	seq_printf(m, "events %lu spurious %lu sent %lu saved %lu\n", q->ev.events,
		   q->ev.spurious, q->ev.sent, q->ev.saved);
	return 0;
}

static int io_ring_open(struct inode *inode, struct file *file)
{
	return single_open(file, io_ring_show, inode->i_private);
}

static ssize_t io_ring_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct nb_queue *q = ((struct seq_file *)file->private_data)->private;
	char text[8] = "";

	if (count < 4 || count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	if (strncmp(text, "kick", 4))
		return -EINVAL;
	if (READ_ONCE(q->up))
		nb_queue_kick(q);
	return count;
}

static const struct file_operations io_ring_fops = {
	.owner = THIS_MODULE,
	.open = io_ring_open,
	.read = seq_read,
	.write = io_ring_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int ctrl_show(struct seq_file *m, void *v)
{
	nb_ctrl_show(m->private, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ctrl);

void nb_debugfs_add(struct nb_vif *vif)
{
	char name[24];
	unsigned int i;

	vif->debugfs = debugfs_create_dir(vif->net->name, nb_debugfs_root);
	for (i = 0; i < vif->num_queues; i++) {
		snprintf(name, sizeof(name), "io_ring_q%u", i);
		debugfs_create_file(name, 0600, vif->debugfs, &vif->queues[i], &io_ring_fops);
	}
	if (vif->ctrl)
		debugfs_create_file("ctrl", 0400, vif->debugfs, vif, &ctrl_fops);
}

void nb_debugfs_del(struct nb_vif *vif)
{
	debugfs_remove_recursive(vif->debugfs);
	vif->debugfs = NULL;
}

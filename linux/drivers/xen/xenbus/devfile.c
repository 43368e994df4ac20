/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devfile.c: /dev/xen/xenbus: user space (libxenstore) talks to the store through our connection.
 *
 * What is written are messages of the wire protocol, in pieces of any size; what is read are
 * replies and watch events. Owns, for each open file: the message that is being put together, its
 * transactions, its watches, and the queue of what is to be read. Numbers of requests are the
 * program's own and are put back into the replies; watches are ours, with the program's token put
 * into their events.
 *
 * Invariants.
 *  - A file's requests that are not answered or whose replies are not read are at most
 *    XB_FILE_REPLIES: more of them wait in write. At most XB_FILE_EVENTS watch events wait; one
 *    that waits already (among the latest) is not queued twice when there are many, and when the
 *    queue is full the newest are dropped and that is said once.
 *  - A request may name only a transaction that this file has started.
 *  - Closing ends the transactions, unsets the watches and forgets requests that were not sent;
 *    requests in flight keep its memory.
 *  - Files have their turns in sending, after the kernel: see ring_store.c.
 *
 * Locks: write_mutex (one writer, and the list of watches), read_mutex (one reader), xb_file.lock
 * (spinlock: queue, transactions, counts); taken in this order.
 */
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "ring.h"
#include "devfile.h"

/* ---- what is to be read */

static void chunk_free(struct xb_chunk *c)
{
	kfree(c->body);
	kfree(c);
}

static void file_free(struct kref *ref)
{
	struct xb_file *f = container_of(ref, struct xb_file, ref);
	struct xb_chunk *c, *next;

	list_for_each_entry_safe(c, next, &f->chunks, list)
		chunk_free(c);
	kfree(f);
}

void xb_file_put(struct xb_file *f)
{
	kref_put(&f->ref, file_free);
}

void xb_file_queue(struct xb_file *f, struct xb_chunk *c)
{
	spin_lock(&f->lock);
	list_add_tail(&c->list, &f->chunks);
	spin_unlock(&f->lock);
	wake_up_interruptible(&f->wait);
}

static bool event_waits(struct xb_file *f, const struct xb_chunk *ev)
{
	unsigned int n = 0;
	struct xb_chunk *c;

	/* The latest only: a flood that a program makes is not to keep the watch thread busy. */
	list_for_each_entry_reverse(c, &f->chunks, list) {
		if (++n > XB_FILE_EVENTS_MANY)
			break;
		if (c->hdr.type == XB_WIRE_WATCH_EVENT && !c->pos && c->hdr.len == ev->hdr.len &&
		    !memcmp(c->body, ev->body, ev->hdr.len))
			return true;
	}
	return false;
}

void xb_file_queue_event(struct xb_file *f, struct xb_chunk *ev)
{
	bool taken = false, complain = false;

	spin_lock(&f->lock);
	if (f->nr_events < XB_FILE_EVENTS_MANY || !event_waits(f, ev)) {
		if (f->nr_events < XB_FILE_EVENTS) {
			list_add_tail(&ev->list, &f->chunks);
			f->nr_events++;
			taken = true;
		} else {
			complain = !f->lost_events;
			f->lost_events = true;
		}
	}
	spin_unlock(&f->lock);
	if (complain)
		pr_warn("xen-xenbus: a program does not read its watch events: some are lost\n");
	if (taken)
		wake_up_interruptible(&f->wait);
	else
		chunk_free(ev);
}

static struct xb_chunk *first_chunk(struct xb_file *f)
{
	struct xb_chunk *c;

	spin_lock(&f->lock);
	c = list_first_entry_or_null(&f->chunks, struct xb_chunk, list);
	spin_unlock(&f->lock);
	return c;
}

static void chunk_read(struct xb_file *f, struct xb_chunk *c)
{
	spin_lock(&f->lock);
	list_del(&c->list);
	if (c->hdr.type == XB_WIRE_WATCH_EVENT) {
		f->nr_events--;
		f->lost_events = false;
	} else {
		f->nr_replies--;
	}
	spin_unlock(&f->lock);
	chunk_free(c);
	wake_up_interruptible(&f->wait);	/* a writer may wait for room */
}

/* Copies what is left of one chunk, header first: bytes, or -EFAULT. */
static ssize_t copy_chunk(struct xb_chunk *c, char __user *to, size_t len)
{
	const size_t head = sizeof(c->hdr);
	size_t n, done = 0;

	while (done < len && c->pos < head + c->hdr.len) {
		const u8 *from = c->pos < head ? (u8 *)&c->hdr + c->pos : c->body + c->pos - head;
		size_t left = c->pos < head ? head - c->pos : head + c->hdr.len - c->pos;

		n = min(left, len - done);
		if (copy_to_user(to + done, from, n))
			return done ? done : -EFAULT;
		c->pos += n;
		done += n;
	}
	return done;
}

static ssize_t file_read(struct file *filp, char __user *to, size_t len, loff_t *pos)
{
	struct xb_file *f = filp->private_data;
	struct xb_chunk *c;
	ssize_t n, done = 0;

	if (mutex_lock_interruptible(&f->read_mutex))
		return -ERESTARTSYS;
	while (!first_chunk(f)) {
		mutex_unlock(&f->read_mutex);
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(f->wait, first_chunk(f)))
			return -ERESTARTSYS;
		if (mutex_lock_interruptible(&f->read_mutex))
			return -ERESTARTSYS;
	}
	while (done < len && (c = first_chunk(f))) {
		n = copy_chunk(c, to + done, len - done);
		if (n < 0) {
			done = done ? done : n;
			break;
		}
		done += n;
		if (c->pos < sizeof(c->hdr) + c->hdr.len)
			break;
		chunk_read(f, c);
	}
	mutex_unlock(&f->read_mutex);
	return done;
}

/* ---- writing */

/* Room for one more reply; takes it. */
static bool take_room(struct xb_file *f)
{
	bool room;

	spin_lock(&f->lock);
	room = f->nr_replies < XB_FILE_REPLIES;
	if (room)
		f->nr_replies++;
	spin_unlock(&f->lock);
	return room;
}

static int wait_room(struct xb_file *f, bool nonblock)
{
	if (take_room(f))
		return 0;
	if (nonblock)
		return -EAGAIN;
	return wait_event_interruptible(f->wait, take_room(f));
}

/* Moves bytes into the message, and acts on it when it is whole: bytes taken, or an error. */
static ssize_t write_some(struct xb_file *f, const char __user *from, size_t len, bool nonblock)
{
	void *where;
	int want = xb_wire_msg_want(&f->in, &where);
	int err;

	if (want < 0) {
		xb_wire_msg_reset(&f->in);
		return -E2BIG;
	}
	if (!f->has_room) {
		err = wait_room(f, nonblock);
		if (err)
			return err;
		f->has_room = true;
	}
	len = min_t(size_t, len, want);
	if (copy_from_user(where, from, len))
		return -EFAULT;
	if (xb_wire_msg_got(&f->in, len)) {
		f->has_room = false;
		err = xb_file_act(f);
		xb_wire_msg_reset(&f->in);
		return err ? err : len;
	}
	return len;
}

static ssize_t file_write(struct file *filp, const char __user *from, size_t len, loff_t *pos)
{
	struct xb_file *f = filp->private_data;
	ssize_t n, done = 0;

	if (mutex_lock_interruptible(&f->write_mutex))
		return -ERESTARTSYS;
	while (done < len) {
		n = write_some(f, from + done, len - done, filp->f_flags & O_NONBLOCK);
		if (n < 0) {
			done = done ? done : n;
			break;
		}
		done += n;
	}
	mutex_unlock(&f->write_mutex);
	return done;
}

static __poll_t file_poll(struct file *filp, poll_table *wait)
{
	struct xb_file *f = filp->private_data;
	__poll_t what = 0;

	poll_wait(filp, &f->wait, wait);
	if (first_chunk(f))
		what |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(f->nr_replies) < XB_FILE_REPLIES)
		what |= EPOLLOUT | EPOLLWRNORM;
	return what;
}

/* ---- life */

static int file_open(struct inode *inode, struct file *filp)
{
	struct xb_file *f;

	if (!xb_ring_store_ready())
		return -ENODEV;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	kref_init(&f->ref);
	mutex_init(&f->write_mutex);
	mutex_init(&f->read_mutex);
	spin_lock_init(&f->lock);
	xb_source_init(&f->source);
	INIT_LIST_HEAD(&f->chunks);
	INIT_LIST_HEAD(&f->transactions);
	INIT_LIST_HEAD(&f->watches);
	init_waitqueue_head(&f->wait);
	filp->private_data = f;
	return stream_open(inode, filp);
}

static int file_release(struct inode *inode, struct file *filp)
{
	struct xb_file *f = filp->private_data;

	xb_file_close(f);
	xb_file_put(f);
	return 0;
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.read = file_read,
	.write = file_write,
	.poll = file_poll,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/xenbus",
	.fops = &file_ops,
};

static bool registered;

int xb_devfile_init(void)
{
	int err = misc_register(&device);

	registered = !err;
	return err;
}

void xb_devfile_exit(void)
{
	if (registered)
		misc_deregister(&device);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devfile.h: an open /dev/xen/xenbus: what devfile.c (bytes) and ring_file.c (requests) share.
 */
#ifndef XB_DEVFILE_H
#define XB_DEVFILE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include "ring.h"

#define XB_FILE_REPLIES		256u
#define XB_FILE_WATCHES		1024u
#define XB_FILE_EVENTS		4096u
#define XB_FILE_EVENTS_MANY	64u	/* from here on none is queued twice among so many */
#define XB_FILE_TXNS		8	/* of all files of a guest; stores allow 10 of a domain */

struct xb_file {
	struct kref ref;
	struct mutex write_mutex, read_mutex;
	spinlock_t lock;		/* chunks, transactions, counts, closed */
	wait_queue_head_t wait;		/* readers, and writers without room */
	struct xb_source source;	/* requests that wait for being sent */
	struct list_head chunks;
	struct list_head transactions;
	struct list_head watches;
	unsigned int nr_replies;	/* promised or queued */
	unsigned int nr_events, nr_watches;
	bool lost_events, closed;
	bool has_room;			/* for the reply to what is being written */
	struct xb_wire_msg in;
};

/* A reply or an event on its way to the reader. */
struct xb_chunk {
	struct list_head list;
	struct xb_wire_hdr hdr;
	u8 *body;
	u32 pos;			/* bytes that were read */
};

/* devfile.c */
void xb_file_put(struct xb_file *f);
void xb_file_queue(struct xb_file *f, struct xb_chunk *c);
void xb_file_queue_event(struct xb_file *f, struct xb_chunk *ev);

static inline void xb_file_give_room(struct xb_file *f)
{
	spin_lock(&f->lock);
	f->nr_replies--;
	spin_unlock(&f->lock);
}

/* ring_file.c: acts on f->in, which is whole; room for its reply was taken. 0 or an errno. */
int xb_file_act(struct xb_file *f);
void xb_file_close(struct xb_file *f);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_file.c: the requests of programs that have /dev/xen/xenbus open: see devfile.c.
 *
 * Owns a file's transactions and watches. Invariant: every message that was taken from a program
 * has exactly one reply, from the store or from here. A transaction whose start is answered after
 * the file was closed is ended at once. The store lets a guest have a few transactions only: all
 * files together leave some for the kernel, which needs them to close devices and to shut down.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include "ring.h"
#include "devfile.h"

struct file_txn {
	struct list_head list;
	u32 id;
};

static atomic_t nr_txns;		/* of all files */

struct file_watch {
	struct list_head list;
	struct xb_watch watch;
	struct xb_file *file;
	char *node, *token;
};

/* A request that the store has; xb_request.priv. */
struct file_request {
	struct xb_file *file;
	u32 req_id;			/* the program's */
	struct xb_chunk *chunk;		/* its reply's, made beforehand */
	struct file_txn *txn;		/* of a start: made beforehand */
	u32 ends;			/* transaction that it ends, or 0 */
};

/* ---- replies made here */

static int reply_text(struct xb_file *f, u32 type, const char *text)
{
	struct xb_chunk *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (c) {
		c->hdr = f->in.hdr;
		c->hdr.type = type;
		c->hdr.len = strlen(text) + 1;
		c->body = kmemdup(text, c->hdr.len, GFP_KERNEL);
	}
	if (!c || !c->body) {
		kfree(c);
		xb_file_give_room(f);
		return -ENOMEM;
	}
	xb_file_queue(f, c);
	return 0;
}

static int reply_error(struct xb_file *f, int err)
{
	return reply_text(f, XB_WIRE_ERROR, xb_wire_errname(err));
}

/* ---- transactions, with the file's lock held */

static struct file_txn *find_txn(struct xb_file *f, u32 id)
{
	struct file_txn *t;

	list_for_each_entry(t, &f->transactions, list)
		if (t->id == id)
			return t;
	return NULL;
}

static bool owns_txn(struct xb_file *f, u32 id)
{
	bool owns;

	spin_lock(&f->lock);
	owns = find_txn(f, id);
	spin_unlock(&f->lock);
	return owns;
}

/* Each has a place among those that may be open. */
static struct file_txn *new_txn(void)
{
	struct file_txn *t;

	if (atomic_inc_return(&nr_txns) > XB_FILE_TXNS && !xb_ring_store_local()) {
		atomic_dec(&nr_txns);
		return ERR_PTR(-ENOSPC);
	}
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (t)
		return t;
	atomic_dec(&nr_txns);
	return ERR_PTR(-ENOMEM);
}

static void free_txn(struct file_txn *t)
{
	if (IS_ERR_OR_NULL(t))
		return;
	atomic_dec(&nr_txns);
	kfree(t);
}

/* Ends a transaction that nobody waits for. */
static void drop_txn(u32 id)
{
	struct xb_wire_part part = { "F", 2 };
	struct xb_request *req = xb_request_new(XB_WIRE_TXN_END, id, &part, 1);

	if (IS_ERR(req))
		return;
	xb_request_submit(req, NULL);
	xb_request_put(req);
}

/* The store has answered a start or an end, or never will. */
static void note_txn(struct file_request *fr, const struct xb_request *req)
{
	struct xb_file *f = fr->file;
	struct file_txn *old = NULL;
	u32 late = 0;

	spin_lock(&f->lock);
	if (fr->txn && !req->err && !xb_wire_number(req->body, req->hdr.len, &fr->txn->id)) {
		if (f->closed) {
			late = fr->txn->id;
		} else {
			list_add(&fr->txn->list, &f->transactions);
			fr->txn = NULL;
		}
	}
	if (fr->ends && req->body) {
		old = find_txn(f, fr->ends);
		if (old)
			list_del(&old->list);
	}
	spin_unlock(&f->lock);
	free_txn(old);
	if (late)
		drop_txn(late);
}

static void free_request(struct file_request *fr)
{
	free_txn(fr->txn);
	if (fr->chunk)
		kfree(fr->chunk->body);
	kfree(fr->chunk);
	xb_file_put(fr->file);
	kfree(fr);
}

static void request_complete(struct xb_request *req)
{
	struct file_request *fr = req->priv;
	struct xb_chunk *c = fr->chunk;
	u8 *body;

	note_txn(fr, req);
	/* An error was put into the chunk beforehand; it is for when there is no reply. */
	body = req->body ? xb_request_take_body(req) : NULL;
	if (body) {
		kfree(c->body);
		c->body = body;
		c->hdr = req->hdr;
	}
	c->hdr.req_id = fr->req_id;
	fr->chunk = NULL;
	xb_file_queue(fr->file, c);
	free_request(fr);
}

static struct file_request *new_request(struct xb_file *f)
{
	struct file_request *fr = kzalloc(sizeof(*fr), GFP_KERNEL);
	struct xb_chunk *c;
	int err = -ENOMEM;

	if (!fr)
		return ERR_PTR(err);
	fr->file = f;
	kref_get(&f->ref);
	fr->req_id = f->in.hdr.req_id;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	fr->chunk = c;
	if (!c)
		goto fail;
	c->hdr.type = XB_WIRE_ERROR;
	c->hdr.tx_id = f->in.hdr.tx_id;
	c->hdr.len = sizeof("EIO");
	c->body = kmemdup("EIO", c->hdr.len, GFP_KERNEL);
	if (!c->body)
		goto fail;
	if (f->in.hdr.type == XB_WIRE_TXN_START) {
		fr->txn = new_txn();
		err = PTR_ERR_OR_ZERO(fr->txn);
		if (err)
			goto fail;
	}
	if (f->in.hdr.type == XB_WIRE_TXN_END)
		fr->ends = f->in.hdr.tx_id;
	return fr;
fail:
	free_request(fr);
	return ERR_PTR(err);
}

static int pass_on(struct xb_file *f)
{
	const struct xb_wire_hdr *h = &f->in.hdr;
	struct xb_wire_part part = { f->in.body, h->len };
	struct file_request *fr = new_request(f);
	struct xb_request *req;
	int err;

	if (IS_ERR(fr))
		return reply_error(f, PTR_ERR(fr));
	req = xb_request_new(h->type, h->tx_id, &part, 1);
	if (IS_ERR(req)) {
		free_request(fr);
		return reply_error(f, PTR_ERR(req));
	}
	req->priv = fr;
	req->complete = request_complete;
	err = xb_request_submit(req, &f->source);
	xb_request_put(req);
	if (!err)
		return 0;
	free_request(fr);
	return reply_error(f, err);
}

/* ---- watches */

static void watch_fired(struct xb_watch *w, const char *path)
{
	struct file_watch *fw = container_of(w, struct file_watch, watch);
	size_t path_len = strlen(path) + 1, token_len = strlen(fw->token) + 1;
	struct xb_chunk *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return;
	c->body = kmalloc(path_len + token_len, GFP_KERNEL);
	if (!c->body) {
		kfree(c);
		return;
	}
	c->hdr.type = XB_WIRE_WATCH_EVENT;
	c->hdr.len = path_len + token_len;
	memcpy(c->body, path, path_len);
	memcpy(c->body + path_len, fw->token, token_len);
	xb_file_queue_event(fw->file, c);
}

static void free_watch(struct file_watch *fw)
{
	kfree(fw->node);
	kfree(fw->token);
	kfree(fw);
}

static struct file_watch *find_file_watch(struct xb_file *f, const char *path, const char *token)
{
	struct file_watch *fw;

	list_for_each_entry(fw, &f->watches, list)
		if (!strcmp(fw->node, path) && !strcmp(fw->token, token))
			return fw;
	return NULL;
}

static int add_watch(struct xb_file *f, const char *path, const char *token)
{
	struct file_watch *fw;
	int err;

	if (find_file_watch(f, path, token))
		return -EEXIST;
	if (f->nr_watches >= XB_FILE_WATCHES)
		return -ENOSPC;
	fw = kzalloc(sizeof(*fw), GFP_KERNEL);
	if (!fw)
		return -ENOMEM;
	fw->file = f;
	fw->node = kstrdup(path, GFP_KERNEL);
	fw->token = kstrdup(token, GFP_KERNEL);
	fw->watch.node = fw->node;
	fw->watch.callback = watch_fired;
	err = fw->node && fw->token ? xb_watch(&fw->watch) : -ENOMEM;
	if (err) {
		free_watch(fw);
		return err;
	}
	list_add(&fw->list, &f->watches);
	f->nr_watches++;
	return 0;
}

static void remove_watch(struct xb_file *f, struct file_watch *fw)
{
	xb_unwatch(&fw->watch);
	list_del(&fw->list);
	f->nr_watches--;
	free_watch(fw);
}

static int act_on_watch(struct xb_file *f)
{
	const char *path, *token;
	struct file_watch *fw;
	int err = 0;

	/* Both together have to fit into an event, with a longer path perhaps. */
	if (xb_wire_two_strings(f->in.body, f->in.hdr.len, &path, &token) ||
	    strlen(token) > XB_WIRE_PAYLOAD_MAX - XB_WIRE_PATH_MAX - 2)
		return reply_error(f, -EINVAL);
	if (f->in.hdr.type == XB_WIRE_WATCH) {
		err = add_watch(f, path, token);
	} else {
		fw = find_file_watch(f, path, token);
		if (fw)
			remove_watch(f, fw);
		else
			err = -ENOENT;
	}
	return err ? reply_error(f, err) : reply_text(f, f->in.hdr.type, "OK");
}

/* ---- what devfile.c calls */

int xb_file_act(struct xb_file *f)
{
	const struct xb_wire_hdr *h = &f->in.hdr;
	const char *body = (char *)f->in.body;

	if (!xb_wire_request_ok(h->type, body, h->len))
		return reply_error(f, -EINVAL);
	switch (h->type) {
	case XB_WIRE_WATCH:
	case XB_WIRE_UNWATCH:
		return act_on_watch(f);
	case XB_WIRE_WATCH_EVENT:
	case XB_WIRE_ERROR:
		return reply_error(f, -EINVAL);
	case XB_WIRE_RESET_WATCHES:	/* it would unset the kernel's own */
		return reply_error(f, -EACCES);
	case XB_WIRE_TXN_END:
		if (h->len != 2 || (strcmp(body, "T") && strcmp(body, "F")))
			return reply_error(f, -EINVAL);
		break;
	}
	if ((h->tx_id || h->type == XB_WIRE_TXN_END) && !owns_txn(f, h->tx_id))
		return reply_error(f, -ENOENT);
	return pass_on(f);
}

void xb_file_close(struct xb_file *f)
{
	struct file_watch *fw, *next_watch;
	struct file_txn *t, *next;
	LIST_HEAD(open);

	list_for_each_entry_safe(fw, next_watch, &f->watches, list)
		remove_watch(f, fw);
	/* What is not sent will not be; an end of a transaction among it is sent anew below. */
	xb_source_drop(&f->source);
	spin_lock(&f->lock);
	f->closed = true;
	list_splice_init(&f->transactions, &open);
	spin_unlock(&f->lock);
	list_for_each_entry_safe(t, next, &open, list) {
		drop_txn(t->id);
		free_txn(t);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_store.c: our connection to the store: requests go out, replies come back in any order.
 *
 * Owns the ring's page, the thread "xb-store" which receives and sends what did not fit before, the
 * queues of requests to be sent and the list of calls that wait for a reply.
 *
 * Invariants.
 *  - A request is in a queue until its turn comes, and in the list of calls from before its first
 *    byte goes out until its reply is there, even if nobody waits for it any more: each reply finds
 *    its call, and a module that goes away leaves no reply behind.
 *  - The kernel's own requests come first, then those of programs, one of each program in turn: a
 *    program holds nobody up for longer than what is in the ring takes.
 *  - Once the store is dead (nonsense in the page), every request fails with -EIO, at once.
 *  - Until the store is ready nothing is written into the page.
 *
 * Locks: store.lock (spinlock) for queues, calls and dead; send_mutex for the sending half of the
 * port and the request that is being sent, taken first. The receiving half belongs to the thread.
 */
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/sched/signal.h>
#include <xen/events.h>
#include "ring.h"

#define RING_GFP	(GFP_NOIO | __GFP_HIGH)
#define DRAIN_SECONDS	5
#define SILENT_SECONDS	2

static struct {
	spinlock_t lock;		/* queues, calls, ready, dead */
	struct mutex send_mutex;	/* the sending half of port, sending */
	struct xb_page shared;
	struct xb_wire_port port;
	struct xb_wire_msg in;
	struct xb_wire_calls calls;
	struct xb_source kernel;
	struct list_head sources;	/* programs with requests in their queues, in turn */
	unsigned int nr_queued;		/* in all queues, and the one that is being sent */
	struct xb_request *sending;	/* a part of it may be in the ring */
	wait_queue_head_t wake, idle;
	struct task_struct *thread;
	void (*on_ready)(void);
	int irq;
	bool ready, dead, closing;
} store;

/* ---- requests */

struct xb_request *xb_request_new(u32 type, u32 txn, const struct xb_wire_part *parts,
				  unsigned int nr)
{
	struct xb_wire_hdr hdr = { .type = type, .tx_id = txn };
	int size = xb_wire_request_size(parts, nr);
	struct xb_request *req;

	if (size < 0)
		return ERR_PTR(size);
	req = kzalloc(sizeof(*req), RING_GFP);
	if (!req)
		return ERR_PTR(-ENOMEM);
	req->out = kmalloc(size, RING_GFP);
	if (!req->out) {
		kfree(req);
		return ERR_PTR(-ENOMEM);
	}
	req->size = size;
	req->call.type = type;
	xb_wire_encode(req->out, &hdr, parts, nr);
	INIT_LIST_HEAD(&req->queue);
	refcount_set(&req->refs, 1);
	init_waitqueue_head(&req->wait);
	return req;
}

void xb_request_put(struct xb_request *req)
{
	if (!refcount_dec_and_test(&req->refs))
		return;
	if (req->body != req->small)
		kfree(req->body);
	kfree(req->out);
	kfree(req);
}

void *xb_request_take_body(struct xb_request *req)
{
	void *body = req->body;

	if (body == req->small)
		return kmemdup(body, req->hdr.len + 1, RING_GFP);
	req->body = NULL;
	return body;
}

/* The reply is there, or there will be none. Gives back the reference of the list of calls. */
static void request_done(struct xb_request *req, int err)
{
	req->err = err;
	if (req->complete)
		req->complete(req);
	smp_store_release(&req->done, true);	/* what the reply says is seen first */
	wake_up(&req->wait);
	xb_request_put(req);
}

static bool request_is_done(struct xb_request *req)
{
	return smp_load_acquire(&req->done);	/* with what the reply says */
}

static struct xb_request *call_request(struct xb_wire_call *call)
{
	return call ? container_of(call, struct xb_request, call) : NULL;
}

static struct xb_request *pop_call(void)
{
	struct xb_request *req;

	spin_lock(&store.lock);
	req = call_request(xb_wire_calls_pop(&store.calls));
	spin_unlock(&store.lock);
	return req;
}

void xb_source_init(struct xb_source *src)
{
	INIT_LIST_HEAD(&src->link);
	INIT_LIST_HEAD(&src->queue);
}

/* Empties a queue into TO; with the lock held. */
static void take_queue(struct xb_source *src, struct list_head *to)
{
	struct xb_request *req;

	list_for_each_entry(req, &src->queue, queue)
		store.nr_queued--;
	list_splice_tail_init(&src->queue, to);
	list_del_init(&src->link);
}

static void fail_unsent(struct list_head *unsent)
{
	struct xb_request *req, *next;

	list_for_each_entry_safe(req, next, unsent, queue) {
		list_del_init(&req->queue);
		request_done(req, -EIO);
	}
}

void xb_source_drop(struct xb_source *src)
{
	LIST_HEAD(unsent);

	spin_lock(&store.lock);
	take_queue(src, &unsent);
	spin_unlock(&store.lock);
	fail_unsent(&unsent);
}

void xb_ring_store_fail(const char *why)
{
	struct xb_source *src, *next;
	struct xb_request *req;
	LIST_HEAD(unsent);
	bool first;

	spin_lock(&store.lock);
	first = !store.dead;
	store.dead = true;
	take_queue(&store.kernel, &unsent);
	list_for_each_entry_safe(src, next, &store.sources, link)
		take_queue(src, &unsent);
	spin_unlock(&store.lock);
	if (first && why)
		pr_err("xen-xenbus: connection to the store given up: %s\n", why);
	fail_unsent(&unsent);
	while ((req = pop_call()))
		request_done(req, -EIO);
	wake_up_all(&store.idle);
}

/* Whose turn it is. The request becomes a call, with a number, and its reference is ours. */
static struct xb_request *next_request(void)
{
	struct xb_source *src = &store.kernel;
	struct xb_request *req;

	spin_lock(&store.lock);
	if (list_empty(&src->queue))
		src = list_first_entry_or_null(&store.sources, struct xb_source, link);
	req = src ? list_first_entry_or_null(&src->queue, struct xb_request, queue) : NULL;
	if (req) {
		list_del_init(&req->queue);
		if (list_empty(&src->queue))
			list_del_init(&src->link);
		else if (src != &store.kernel)
			list_move_tail(&src->link, &store.sources);
		refcount_inc(&req->refs);
		xb_wire_calls_add(&store.calls, &req->call);
		((struct xb_wire_hdr *)req->out)->req_id = req->call.req_id;
	}
	spin_unlock(&store.lock);
	return req;
}

/* All of it is in the ring, or it will never be. */
static void sent(void)
{
	struct xb_request *req = store.sending;

	store.sending = NULL;
	spin_lock(&store.lock);
	store.nr_queued--;
	spin_unlock(&store.lock);
	xb_request_put(req);
}

/* Sends as much as there is room for. */
static void pump(void)
{
	struct xb_request *req;
	bool notify = false;
	int n = 0;

	mutex_lock(&store.send_mutex);
	while (n >= 0 && (store.sending || (store.sending = next_request()))) {
		req = store.sending;
		n = xb_wire_send(&store.port, req->out + req->sent, req->size - req->sent, &notify);
		if (n >= 0)
			req->sent += n;
		if (n >= 0 && req->sent < req->size)
			break;
		sent();
	}
	mutex_unlock(&store.send_mutex);
	if (notify)
		notify_remote_via_evtchn(store.shared.port);
	if (n < 0)
		xb_ring_store_fail(store.port.why);
}

int xb_request_submit(struct xb_request *req, struct xb_source *src)
{
	int err = 0;

	spin_lock(&store.lock);
	if (store.dead || !store.ready) {
		err = -EIO;
	} else {
		refcount_inc(&req->refs);
		list_add_tail(&req->queue, src ? &src->queue : &store.kernel.queue);
		store.nr_queued++;
		if (src && list_empty(&src->link))
			list_add_tail(&src->link, &store.sources);
	}
	spin_unlock(&store.lock);
	if (!err)
		pump();
	return err;
}

/* Only questions may be given up when the process is killed: what a change did has to be known. */
static int request_wait(struct xb_request *req)
{
	bool question = req->call.type == XB_WIRE_READ || req->call.type == XB_WIRE_DIRECTORY;

	if (question && wait_event_killable(req->wait, request_is_done(req)))
		return -EINTR;
	wait_event_idle(req->wait, request_is_done(req));
	return req->err;
}

struct xb_request *xb_request_call(u32 type, u32 txn, const struct xb_wire_part *parts,
				   unsigned int nr)
{
	struct xb_request *req = xb_request_new(type, txn, parts, nr);
	int err;

	if (IS_ERR(req))
		return req;
	err = xb_request_submit(req, NULL);
	if (!err)
		err = request_wait(req);
	if (!err)
		return req;
	xb_request_put(req);
	return ERR_PTR(err);
}

/* ---- receiving */

static void handle_reply(void)
{
	const struct xb_wire_hdr *hdr = &store.in.hdr;
	struct xb_request *req;
	int err;

	spin_lock(&store.lock);
	req = call_request(xb_wire_calls_match(&store.calls, hdr));
	spin_unlock(&store.lock);
	if (!req) {
		pr_warn_ratelimited("xen-xenbus: the store answered request %u, which nobody made\n",
				    hdr->req_id);
		return;
	}
	req->hdr = *hdr;
	if (hdr->len < sizeof(req->small))
		req->body = memcpy(req->small, store.in.body, hdr->len + 1);
	else
		req->body = kmemdup(store.in.body, hdr->len + 1, RING_GFP);
	err = xb_wire_reply_error(hdr, store.in.body, req->call.type);
	request_done(req, req->body ? err : -ENOMEM);
}

static void receive(void)
{
	bool notify;
	int got;

	do {
		notify = false;
		got = xb_wire_recv_msg(&store.port, &store.in, &notify);
		if (notify)
			notify_remote_via_evtchn(store.shared.port);
		if (got <= 0)
			break;
		if (store.in.hdr.type == XB_WIRE_WATCH_EVENT)
			xb_ring_watch_event(store.in.body, store.in.hdr.len);
		else
			handle_reply();
		xb_wire_msg_reset(&store.in);
	} while (1);
	if (got < 0 && !store.dead)
		xb_ring_store_fail(store.port.why);
}

static irqreturn_t store_interrupt(int irq, void *data)
{
	wake_up(&store.wake);
	return IRQ_HANDLED;
}

static bool queue_waits(void)
{
	return READ_ONCE(store.nr_queued) && xb_wire_writable(&store.port);
}

static bool at_rest(void)
{
	return READ_ONCE(store.dead) ||
		(!READ_ONCE(store.nr_queued) && !READ_ONCE(store.calls.nr) &&
		 !READ_ONCE(store.in.got) &&
		 xb_wire_flushed(&store.port) && !xb_wire_readable(&store.port));
}

static void become_ready(void)
{
	u32 stale = xb_wire_open(&store.port, store.shared.page);

	if (stale)
		pr_info("xen-xenbus: %u bytes of old replies dropped\n", stale);
	spin_lock(&store.lock);
	if (!store.closing) {
		store.ready = true;
		store.on_ready();
	}
	spin_unlock(&store.lock);
}

/* dom0: the store's process may have died, and who waits for a reply would wait for ever. */
static void look_for_store(void)
{
	if (store.shared.local && READ_ONCE(store.calls.nr) && !xb_page_connected(&store.shared))
		xb_ring_store_fail("its process is gone");
}

static int store_thread(void *unused)
{
	while (!kthread_should_stop()) {
		if (!store.ready) {
			/* dom0: the store is not there yet. Its first event is a hint only. */
			wait_event_interruptible_timeout(store.wake, kthread_should_stop() ||
							 xb_page_connected(&store.shared), HZ);
			if (xb_page_connected(&store.shared))
				become_ready();
			continue;
		}
		if (!wait_event_interruptible_timeout(store.wake, kthread_should_stop() ||
						      queue_waits() ||
						      xb_wire_readable(&store.port),
						      SILENT_SECONDS * HZ))
			look_for_store();
		receive();
		if (queue_waits())
			pump();
		if (at_rest())
			wake_up_all(&store.idle);
	}
	return 0;
}

/* ---- life */

bool xb_ring_store_ready(void)
{
	return READ_ONCE(store.ready) && !READ_ONCE(store.dead);
}

bool xb_ring_store_connected(void)
{
	return xb_page_connected(&store.shared);
}

bool xb_ring_store_local(void)
{
	return store.shared.local;
}

int xb_ring_store_start(void (*ready)(void))
{
	int err;

	memset(&store, 0, sizeof(store));
	spin_lock_init(&store.lock);
	mutex_init(&store.send_mutex);
	xb_wire_calls_init(&store.calls);
	xb_source_init(&store.kernel);
	INIT_LIST_HEAD(&store.sources);
	init_waitqueue_head(&store.wake);
	init_waitqueue_head(&store.idle);
	store.on_ready = ready;
	err = xb_page_find(&store.shared);
	if (err)
		return err;
	xb_page_mount_point();
	store.irq = bind_evtchn_to_irqhandler(store.shared.port, store_interrupt, 0, "xb-store",
					      &store);
	if (store.irq < 0) {
		err = store.irq;
		goto release;
	}
	store.thread = kthread_run(store_thread, NULL, "xb-store");
	if (!IS_ERR(store.thread))
		return 0;
	err = PTR_ERR(store.thread);
	free_irq(store.irq, &store);
release:
	xb_page_release(&store.shared);
	return err;
}

void xb_ring_store_closing(unsigned int seconds)
{
	struct xb_wire_part part = { "domid", 6 };
	struct xb_request *req;

	spin_lock(&store.lock);
	store.closing = true;
	spin_unlock(&store.lock);
	if (!xb_ring_store_ready())
		return;
	req = xb_request_new(XB_WIRE_READ, 0, &part, 1);
	if (IS_ERR(req))
		return;
	/* Everything that is to be undone asks the store something. */
	if (!xb_request_submit(req, NULL) &&
	    !wait_event_idle_timeout(req->wait, request_is_done(req), seconds * HZ))
		xb_ring_store_fail("it does not answer");
	xb_request_put(req);
}

void xb_ring_store_stop(void)
{
	if (store.ready && !wait_event_idle_timeout(store.idle, at_rest(), DRAIN_SECONDS * HZ))
		xb_ring_store_fail("it does not answer while the module is unloaded");
	kthread_stop(store.thread);
	xb_ring_store_fail(NULL);
	if (store.sending)
		sent();
	/* Not unbound: that would close the port, and the next load could not open it again. */
	free_irq(store.irq, &store);
	xb_page_release(&store.shared);
}

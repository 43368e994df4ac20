/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_watch.c: watches, and the thread "xb-watch" that calls back.
 *
 * Owns the list of watches, the queue of their events and the thread. A watch's token on the wire
 * is a number that is used once in the life of the module, behind a number of this life: events for
 * watches that are gone, or that were set before the module was loaded again, find nobody.
 *
 * Invariants.
 *  - Events are delivered in the order in which they came, one at a time.
 *  - At most XB_WATCH_PENDING_MAX events of a watch are queued, and one more which names the
 *    watched node itself: it stands for all that did not fit ("something below has changed").
 *
 * Lock: watches.lock (spinlock), held while will_handle is asked; never while calling back.
 */
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include "ring.h"

#define WATCH_GFP	(GFP_NOIO | __GFP_HIGH)

struct watch_event {
	struct list_head list;
	struct xb_watch *watch;
	u32 id;			/* of the watch's registration */
	char path[];
};

/* One registration: xb_watch.provider. */
struct ring_watch {
	u32 id;
	struct watch_event *overflow;	/* NULL while it is queued or being delivered */
};

static struct {
	spinlock_t lock;		/* all of this */
	struct list_head list, events;
	wait_queue_head_t wake, idle;
	struct task_struct *thread;
	struct xb_watch *delivering;
	u32 life, next_id;
} watches;

static struct watch_event *event_new(struct xb_watch *w, u32 id, const char *path)
{
	size_t len = strlen(path) + 1;
	struct watch_event *ev = kmalloc(struct_size(ev, path, len), WATCH_GFP);

	if (ev) {
		ev->watch = w;
		ev->id = id;
		memcpy(ev->path, path, len);
	}
	return ev;
}

/* ---- with the lock held */

static struct xb_watch *find_watch(u32 id)
{
	struct xb_watch *w;

	list_for_each_entry(w, &watches.list, list)
		if (((struct ring_watch *)w->provider)->id == id)
			return w;
	return NULL;
}

static bool is_queued(const struct xb_watch *w, const char *path)
{
	struct watch_event *ev;

	list_for_each_entry(ev, &watches.events, list)
		if (ev->watch == w && !strcmp(ev->path, path))
			return true;
	return false;
}

static void queue_event(struct watch_event *ev)
{
	list_add_tail(&ev->list, &watches.events);
	ev->watch->nr_pending++;
	wake_up(&watches.wake);
}

static void queue_overflow(struct ring_watch *rw)
{
	struct watch_event *ev = rw->overflow;

	rw->overflow = NULL;
	if (ev)
		queue_event(ev);
}

/* ---- events */

static bool token_parse(const char *token, u32 *id)
{
	unsigned int life;
	char end;

	return sscanf(token, "xb%x-%u%c", &life, id, &end) == 2 && life == watches.life;
}

void xb_ring_watch_event(const u8 *body, u32 len)
{
	struct watch_event *ev;
	const char *path, *token;
	struct xb_watch *w;
	u32 id;

	if (xb_wire_two_strings(body, len, &path, &token)) {
		pr_warn_ratelimited("xen-xenbus: the store sent a watch event that is none\n");
		return;
	}
	if (!token_parse(token, &id))
		return;
	ev = event_new(NULL, id, path);
	spin_lock(&watches.lock);
	w = find_watch(id);
	if (w && (!w->will_handle || w->will_handle(w, path))) {
		if (ev && w->nr_pending < XB_WATCH_PENDING_MAX) {
			ev->watch = w;
			queue_event(ev);
			ev = NULL;
		} else if (!is_queued(w, path)) {
			queue_overflow(w->provider);
		}
	}
	spin_unlock(&watches.lock);
	kfree(ev);
}

static void deliver(void)
{
	struct watch_event *ev;
	struct xb_watch *w;

	spin_lock(&watches.lock);
	ev = list_first_entry_or_null(&watches.events, struct watch_event, list);
	if (ev) {
		list_del(&ev->list);
		ev->watch->nr_pending--;
		watches.delivering = ev->watch;
	}
	spin_unlock(&watches.lock);
	if (!ev)
		return;
	ev->watch->callback(ev->watch, ev->path);

	/* The watch may be gone: only its number is looked at from here on. */
	spin_lock(&watches.lock);
	watches.delivering = NULL;
	w = find_watch(ev->id);
	if (w && !strcmp(ev->path, w->node) && !((struct ring_watch *)w->provider)->overflow) {
		((struct ring_watch *)w->provider)->overflow = ev;
		ev = NULL;
	}
	spin_unlock(&watches.lock);
	wake_up_all(&watches.idle);
	kfree(ev);
}

static int watch_thread(void *unused)
{
	while (!kthread_should_stop()) {
		wait_event_interruptible(watches.wake, kthread_should_stop() ||
					 !list_empty_careful(&watches.events));
		deliver();
	}
	return 0;
}

/* ---- setting and unsetting */

static int wire_watch(u32 type, const char *node, u32 id)
{
	struct xb_wire_part parts[2];
	struct xb_request *req;
	char token[24];

	parts[0] = (struct xb_wire_part){ node, strlen(node) + 1 };
	parts[1] = (struct xb_wire_part){ token, sprintf(token, "xb%x-%u", watches.life, id) + 1 };
	req = xb_request_call(type, 0, parts, ARRAY_SIZE(parts));
	if (IS_ERR(req))
		return PTR_ERR(req);
	xb_request_put(req);
	return 0;
}

/* The callback does not run any more, unless it is from it that we are called. */
static void wait_delivered(const struct xb_watch *w)
{
	if (current != watches.thread)
		wait_event_idle(watches.idle, READ_ONCE(watches.delivering) != w);
}

/* No event of it is queued any more, nor will be. Returns its number. */
static u32 forget(struct xb_watch *w)
{
	struct ring_watch *rw = w->provider;
	struct watch_event *ev, *next;
	LIST_HEAD(dropped);
	u32 id = rw->id;

	spin_lock(&watches.lock);
	list_del(&w->list);
	list_for_each_entry_safe(ev, next, &watches.events, list)
		if (ev->watch == w)
			list_move(&ev->list, &dropped);
	w->provider = NULL;
	w->nr_pending = 0;
	spin_unlock(&watches.lock);
	list_for_each_entry_safe(ev, next, &dropped, list)
		kfree(ev);
	kfree(rw->overflow);
	kfree(rw);
	return id;
}

int xb_ring_watch(struct xb_watch *w)
{
	struct ring_watch *rw = kzalloc(sizeof(*rw), WATCH_GFP);
	int err;

	if (!rw)
		return -ENOMEM;
	w->provider = rw;
	w->nr_pending = 0;
	spin_lock(&watches.lock);
	rw->id = ++watches.next_id;
	spin_unlock(&watches.lock);
	rw->overflow = event_new(w, rw->id, w->node);
	if (!rw->overflow) {
		kfree(rw);
		w->provider = NULL;
		return -ENOMEM;
	}
	spin_lock(&watches.lock);
	list_add_tail(&w->list, &watches.list);
	spin_unlock(&watches.lock);
	err = wire_watch(XB_WIRE_WATCH, w->node, rw->id);
	if (err) {
		forget(w);
		wait_delivered(w);
	}
	return err;
}

void xb_ring_unwatch(struct xb_watch *w)
{
	if (!w->provider)
		return;
	wire_watch(XB_WIRE_UNWATCH, w->node, forget(w));
	wait_delivered(w);
}

int xb_ring_watch_start(void)
{
	spin_lock_init(&watches.lock);
	INIT_LIST_HEAD(&watches.list);
	INIT_LIST_HEAD(&watches.events);
	init_waitqueue_head(&watches.wake);
	init_waitqueue_head(&watches.idle);
	watches.life = get_random_u32();
	watches.thread = kthread_run(watch_thread, NULL, "xb-watch");
	return PTR_ERR_OR_ZERO(watches.thread);
}

void xb_ring_watch_stop(void)
{
	kthread_stop(watches.thread);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adapter_store.c: the store through the kernel's own XenBus.
 *
 * Owns the kernel's watches that stand for ours. Invariants: no more than XB_WATCH_PENDING_MAX
 * events wait for one watch; when more came, an event for the watched node itself follows the last
 * of them, so that no change is missed. Lock: none of ours; the kernel calls will_handle under its
 * own, and callbacks from one thread.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <xen/xenbus.h>
#include "adapter.h"

struct watcher {
	struct xenbus_watch xen;
	struct xb_watch *w;
	unsigned long overflow;		/* bit 0: events were dropped */
	bool *freed;			/* while the callback runs: tell it of xb_unwatch */
};

static struct xenbus_transaction txn_of(u32 id)
{
	return (struct xenbus_transaction){ .id = id };
}

char *adapter_read(u32 txn, const char *path, unsigned int *len)
{
	return xenbus_read(txn_of(txn), path, "", len);
}

char **adapter_directory(u32 txn, const char *path, unsigned int *num)
{
	return xenbus_directory(txn_of(txn), path, "", num);
}

int adapter_write(u32 txn, const char *path, const char *value)
{
	return xenbus_write(txn_of(txn), path, "", value);
}

int adapter_mkdir(u32 txn, const char *path)
{
	return xenbus_mkdir(txn_of(txn), path, "");
}

int adapter_rm(u32 txn, const char *path)
{
	return xenbus_rm(txn_of(txn), path, "");
}

int adapter_transaction_start(u32 *txn)
{
	struct xenbus_transaction t;
	int err = xenbus_transaction_start(&t);

	if (!err)
		*txn = t.id;
	return err;
}

int adapter_transaction_end(u32 txn, bool abort)
{
	return xenbus_transaction_end(txn_of(txn), abort);
}

static bool watch_will_handle(struct xenbus_watch *xen, const char *path, const char *token)
{
	struct watcher *aw = container_of(xen, struct watcher, xen);

	if (aw->w->will_handle && !aw->w->will_handle(aw->w, path))
		return false;
	if (READ_ONCE(xen->nr_pending) < XB_WATCH_PENDING_MAX)
		return true;
	set_bit(0, &aw->overflow);
	return false;
}

static void watch_callback(struct xenbus_watch *xen, const char *path, const char *token)
{
	struct watcher *aw = container_of(xen, struct watcher, xen);
	struct xb_watch *w = aw->w;
	bool freed = false;

	aw->freed = &freed;
	w->callback(w, path);
	if (!freed && !READ_ONCE(xen->nr_pending) && test_and_clear_bit(0, &aw->overflow))
		w->callback(w, w->node);
	if (!freed)
		aw->freed = NULL;
}

int adapter_watch(struct xb_watch *w)
{
	struct watcher *aw = kzalloc(sizeof(*aw), GFP_KERNEL);
	int err;

	if (!aw)
		return -ENOMEM;
	aw->w = w;
	aw->xen.node = w->node;
	aw->xen.will_handle = watch_will_handle;
	aw->xen.callback = watch_callback;
	w->provider = aw;
	err = register_xenbus_watch(&aw->xen);
	if (err) {
		w->provider = NULL;
		kfree(aw);
	}
	return err;
}

void adapter_unwatch(struct xb_watch *w)
{
	struct watcher *aw = w->provider;

	if (!aw)
		return;
	/* Waits for a running callback, unless it is the one that calls us: then freed is set. */
	unregister_xenbus_watch(&aw->xen);
	if (aw->freed)
		*aw->freed = true;
	w->provider = NULL;
	kfree(aw);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h: what the parts of the ring provider share: page, requests, watches, buses.
 */
#ifndef XB_RING_H
#define XB_RING_H

#include <linux/completion.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <xen/interface/event_channel.h>
#include "internal.h"
#include "wire.h"

/* ---- ring_page.c: the page and the event channel that we share with the store */
struct xb_page {
	struct xb_wire_page *page;
	evtchn_port_t port;
	bool local;		/* the store is a process of ours: dom0 */
	bool mapped;		/* by memremap */
};

int xb_page_find(struct xb_page *p);
/* Is somebody at the other end who reads requests? */
bool xb_page_connected(const struct xb_page *p);
void xb_page_release(struct xb_page *p);
/* /proc/xen, where xenfs is mounted. */
void xb_page_mount_point(void);

/* ---- ring_store.c: requests */
struct xb_request {
	struct xb_wire_call call;
	struct list_head queue;		/* waiting to be sent */
	u8 *out;
	u32 size, sent;
	refcount_t refs;		/* who made it, the queue or the sender, the calls */

	/* Valid when it is done. */
	struct xb_wire_hdr hdr;		/* the reply's */
	u8 *body;			/* the reply's, with a NUL; may be NULL when err is set */
	u8 small[24];			/* short ones are here: ending a change needs no memory */
	int err;
	bool done;
	wait_queue_head_t wait;

	/* Instead of waiting: called once, by the thread that receives; may not sleep long. */
	void (*complete)(struct xb_request *req);
	void *priv;
};

/* Somebody who makes requests: an open file. Its requests are sent in order, in its turn. */
struct xb_source {
	struct list_head link;		/* with others that have something to send */
	struct list_head queue;
};

void xb_source_init(struct xb_source *src);
/* What was not begun to be sent fails with -EIO. */
void xb_source_drop(struct xb_source *src);

struct xb_request *xb_request_new(u32 type, u32 txn, const struct xb_wire_part *parts,
				  unsigned int nr);
/*
 * 0, or a negative errno when it was not queued; complete is not called then. SRC is NULL for the
 * kernel itself, which comes before all others.
 */
int xb_request_submit(struct xb_request *req, struct xb_source *src);
void xb_request_put(struct xb_request *req);
/* The body, to be freed by kfree; NULL: no memory. */
void *xb_request_take_body(struct xb_request *req);

/* A new request, submitted and waited for, to be put; an ERR_PTR also for an error reply. */
struct xb_request *xb_request_call(u32 type, u32 txn, const struct xb_wire_part *parts,
				   unsigned int nr);

/* READY is called once, in atomic context. */
int xb_ring_store_start(void (*ready)(void));
/* Ends with all requests answered or failed, and the ring at rest. */
void xb_ring_store_stop(void);
bool xb_ring_store_ready(void);
bool xb_ring_store_local(void);
bool xb_ring_store_connected(void);
/* Everything fails from now on, because of WHY (NULL: that is as it should be). */
void xb_ring_store_fail(const char *why);
/* The end is near: no getting ready any more, and a store that does not answer in time is dead. */
void xb_ring_store_closing(unsigned int seconds);

char *xb_ring_read(u32 txn, const char *path, unsigned int *len);
char **xb_ring_directory(u32 txn, const char *path, unsigned int *num);
int xb_ring_write(u32 txn, const char *path, const char *value);
int xb_ring_mkdir(u32 txn, const char *path);
int xb_ring_rm(u32 txn, const char *path);
int xb_ring_transaction_start(u32 *txn);
int xb_ring_transaction_end(u32 txn, bool abort);
int xb_ring_reset_watches(void);

/* ---- ring_watch.c */
int xb_ring_watch_start(void);
void xb_ring_watch_stop(void);
/* A watch event came: BODY of LEN bytes. Called by the thread that receives. */
void xb_ring_watch_event(const u8 *body, u32 len);
int xb_ring_watch(struct xb_watch *w);
void xb_ring_unwatch(struct xb_watch *w);

/* ---- ring_bus.c: buses, devices, drivers */
struct xb_bus_path;

struct xb_ring_device {
	struct device dev;
	struct xb_device xb;
	struct xb_watch otherend_watch;
	struct completion closed;	/* the goodbye at power-off */
	char type[32];
	char node[128];
};

int xb_ring_bus_start(void);
void xb_ring_bus_stop(void);
int xb_ring_driver_register(struct xb_driver *drv);
void xb_ring_driver_unregister(struct xb_driver *drv);
struct xb_device *xb_ring_device_of(const struct device *dev);
int xb_ring_switch_state(struct xb_device *dev, enum xenbus_state state);
void xb_ring_frontend_closed(struct xb_device *dev);
void xb_ring_device_free(struct xb_device *dev);

/* Makes the device of a directory, if its keys are complete; 0, -ENOENT when they are not, ... */
int xb_ring_device_add(enum xb_side side, const struct xb_bus_path *p, enum xenbus_state state);
/* With a reference, for put_device; NULL: none. */
struct xb_ring_device *xb_ring_device_find(enum xb_side side, const char *node);
/* Calls FN, which may remove the device, for each that is at or below NODE. */
void xb_ring_devices_below(enum xb_side side, const char *node,
			   void (*fn)(struct xb_ring_device *rd));
void xb_ring_device_remove(struct xb_ring_device *rd);

/* Calls FN for each device of that side; FN may not sleep long. */
void xb_ring_for_each(enum xb_side side, int (*fn)(struct device *dev, void *data));

/* ---- ring_reclaim.c: backends give memory back when it is short */
int xb_ring_reclaim_start(void);
void xb_ring_reclaim_stop(void);

/* ---- ring_scan.c: devices come and go with their directories */
int xb_ring_scan_start(void);
void xb_ring_scan_stop(void);

#endif

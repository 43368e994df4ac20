/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_scan.c: devices come and go with their directories in the store.
 *
 * Owns the watches on "device" and "backend". Invariants: a device is made once its directory is
 * complete (state, and who the peer is) and removed once the directory is gone; an event about the
 * root itself, which is also how lost events are told, makes us look at everything. Both watches
 * call back in the watch thread, one at a time, so that no lock is needed.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/slab.h>
#include "ring.h"
#include "state.h"

static DECLARE_COMPLETION(scanned);

static const char * const roots[] = { [XB_FRONTEND] = "device", [XB_BACKEND] = "backend" };

/* Only when the store says so: a request that failed says nothing. */
static void remove_if_gone(struct xb_ring_device *rd)
{
	char *value = xb_read(XB_NIL, rd->node, "", NULL);

	if (!IS_ERR(value))
		kfree(value);
	else if (PTR_ERR(value) == -ENOENT)
		xb_ring_device_remove(rd);
}

static void add_device(enum xb_side side, const struct xb_bus_path *p, bool scan)
{
	bool backend = side == XB_BACKEND;
	enum xenbus_state state = xb_read_state(p->node);
	bool online = backend && xb_read_bool(p->node, "online", false);
	int err;

	if (!xb_state_wants_device(backend, state, online, scan))
		return;
	err = xb_ring_device_add(side, p, state);
	/* Keys that are not there yet are waited for: each of them is an event. */
	if (err && err != -ENOENT)
		pr_warn("xen-xenbus: no device for %s: %d\n", p->node, err);
}

/* A directory was made or removed, or something in it changed. */
static void device_changed(enum xb_side side, const struct xb_bus_path *p)
{
	struct xb_ring_device *rd = xb_ring_device_find(side, p->node);

	if (rd && p->deeper) {
		put_device(&rd->dev);
		return;
	}
	if (rd) {
		remove_if_gone(rd);
		/* Made anew with the same name before we looked: not the device that we know. */
		if (device_is_registered(&rd->dev) && rd->xb.state != XenbusStateInitialising &&
		    xb_read_state(rd->node) == XenbusStateInitialising)
			xb_ring_device_remove(rd);
		put_device(&rd->dev);
	}
	if (!rd || !device_is_registered(&rd->dev))
		add_device(side, p, false);
}

/* Everything below a directory that has not yet the depth of a device's. */
static void scan_below(enum xb_side side, const char *dir, unsigned int depth)
{
	struct xb_ring_device *rd;
	struct xb_bus_path p;
	unsigned int nr, i;
	char **names;
	char *path;

	names = xb_directory(XB_NIL, dir, "", &nr);
	if (IS_ERR(names))
		return;
	for (i = 0; i < nr; i++) {
		path = kasprintf(GFP_KERNEL, "%s/%s", dir, names[i]);
		if (!path)
			break;
		if (depth + 1 < XB_BUS_LEVELS(side == XB_BACKEND)) {
			scan_below(side, path, depth + 1);
		} else if (!xb_bus_path_parse(side == XB_BACKEND, path, &p)) {
			rd = xb_ring_device_find(side, p.node);
			if (rd)
				put_device(&rd->dev);
			else
				add_device(side, &p, true);
		}
		kfree(path);
	}
	kfree(names);
}

static void bus_changed(enum xb_side side, const char *path)
{
	bool backend = side == XB_BACKEND;
	struct xb_bus_path p;

	if (xb_bus_path_parse(backend, path, &p))
		return;
	if (p.levels == XB_BUS_LEVELS(backend)) {
		device_changed(side, &p);
		return;
	}
	xb_ring_devices_below(side, p.node, remove_if_gone);
	if (p.levels == 1)
		scan_below(side, roots[side], 1);
}

static void frontend_bus_changed(struct xb_watch *w, const char *path)
{
	bus_changed(XB_FRONTEND, path);
}

static void backend_bus_changed(struct xb_watch *w, const char *path)
{
	bus_changed(XB_BACKEND, path);
	complete_all(&scanned);
}

static struct xb_watch bus_watches[] = {
	[XB_FRONTEND] = { .node = "device", .callback = frontend_bus_changed },
	[XB_BACKEND] = { .node = "backend", .callback = backend_bus_changed },
};

int xb_ring_scan_start(void)
{
	int err = xb_watch(&bus_watches[XB_FRONTEND]);

	if (!err)
		err = xb_watch(&bus_watches[XB_BACKEND]);
	/* Whoever loads us may load a driver next and expect its devices. */
	if (!err)
		wait_for_completion_timeout(&scanned, 10 * HZ);
	return err;
}

void xb_ring_scan_stop(void)
{
	if (bus_watches[XB_BACKEND].provider)
		xb_unwatch(&bus_watches[XB_BACKEND]);
	if (bus_watches[XB_FRONTEND].provider)
		xb_unwatch(&bus_watches[XB_FRONTEND]);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_bus.c: the buses "xb-frontend" and "xb-backend", their devices and drivers.
 *
 * Owns struct xb_ring_device, from the registration to the release by the driver core, and the glue
 * between xb_driver and device_driver. Unlike on the kernel's own bus no reference to a driver's
 * module is held by its devices: rmmod removes them from the driver, and the next one finds them.
 *
 * Invariants.
 *  - otherend, otherend_id and drv are set exactly while a driver is bound or probing.
 *  - The watch on the peer's state is set after probe and unset before remove: otherend_changed
 *    runs in the watch thread, and neither of them runs beside it.
 * Lock: the driver core's device lock around probe and remove.
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <xen/interface/io/xenbus.h>
#include <xb/compat.h>
#include "ring.h"
#include "state.h"

#define GOODBYE_SECONDS	5

struct ring_driver {
	struct device_driver driver;
	struct xb_driver *xb;
};

static struct bus_type buses[];

static struct xb_ring_device *to_ring(const struct device *dev)
{
	return (struct xb_ring_device *)container_of(dev, struct xb_ring_device, dev);
}

static struct xb_ring_device *ring_of(struct xb_device *dev)
{
	return container_of(dev, struct xb_ring_device, xb);
}

struct xb_device *xb_ring_device_of(const struct device *dev)
{
	return &to_ring(dev)->xb;
}

/* ---- the peer */

/* Events may be merged, and the directory may be gone before we look. */
static bool has_left(enum xenbus_state state)
{
	return state == XenbusStateClosing || state == XenbusStateClosed ||
		state == XenbusStateUnknown;
}

static void otherend_changed(struct xb_watch *w, const char *path)
{
	struct xb_ring_device *rd = container_of(w, struct xb_ring_device, otherend_watch);
	const struct xb_driver *drv = rd->xb.drv;
	enum xenbus_state state;

	get_device(&rd->dev);	/* the driver may unregister the device from here */
	state = xb_read_state(rd->xb.otherend);
	dev_dbg(&rd->dev, "other end is %s now\n", xb_state_name(state));
	/* While the machine goes down a frontend only says goodbye: its users are not gone yet. */
	if (system_state > SYSTEM_RUNNING) {
		if (rd->xb.side == XB_FRONTEND && has_left(state))
			xb_frontend_closed(&rd->xb);
	} else if (drv->otherend_changed) {
		drv->otherend_changed(&rd->xb, state);
	}
	put_device(&rd->dev);
}

/* The state is read when the event is delivered: one event that waits stands for all. */
static bool otherend_will_handle(struct xb_watch *w, const char *path)
{
	return !w->nr_pending;
}

static void forget_otherend(struct xb_ring_device *rd)
{
	kfree(rd->xb.otherend);
	rd->xb.otherend = NULL;
}

/* Both keys have to be there and sound, and the peer's directory too. */
static int read_otherend(enum xb_side side, const char *node, char **path, unsigned int *id)
{
	bool backend = side == XB_BACKEND;
	char *dir;
	int err;

	err = xb_need_uint(node, backend ? "frontend-id" : "backend-id", 0, XB_DOMID_MAX, id);
	if (err)
		return err;
	dir = xb_read(XB_NIL, node, backend ? "frontend" : "backend", NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	if (!xb_state_otherend_ok(dir))
		err = -EINVAL;
	else if (!xb_exists(XB_NIL, dir, ""))
		err = -ENOENT;
	if (err)
		kfree(dir);
	else
		*path = dir;
	return err;
}

/* ---- what the driver core calls */

static int ring_match(struct device *dev, XB_MATCH_CONST struct device_driver *driver)
{
	const struct ring_driver *drv = container_of(driver, struct ring_driver, driver);

	return !strcmp(drv->xb->type, to_ring(dev)->xb.type);
}

static int ring_uevent(XB_UEVENT_CONST struct device *dev, struct kobj_uevent_env *env)
{
	const struct xb_device *xb = &to_ring(dev)->xb;
	bool backend = xb->side == XB_BACKEND;
	const struct xb_driver *drv = READ_ONCE(xb->drv);

	if (add_uevent_var(env, "MODALIAS=xen%s:%s", backend ? "-backend" : "", xb->type) ||
	    add_uevent_var(env, "XENBUS_TYPE=%s", xb->type) ||
	    add_uevent_var(env, "XENBUS_PATH=%s", xb->nodename) ||
	    add_uevent_var(env, "XENBUS_BASE_PATH=%s", backend ? "backend" : "device"))
		return -ENOMEM;
	return drv && drv->uevent ? drv->uevent(xb, env) : 0;
}

static int ring_probe(struct device *dev)
{
	struct xb_driver *drv = container_of(dev->driver, struct ring_driver, driver)->xb;
	struct xb_ring_device *rd = to_ring(dev);
	unsigned int id;
	char *path;
	int err;

	err = read_otherend(rd->xb.side, rd->node, &path, &id);
	if (err) {
		xb_dev_error(&rd->xb, err, "reading where the other end is");
		return err;
	}
	rd->xb.otherend = path;
	rd->xb.otherend_id = id;
	WRITE_ONCE(rd->xb.drv, drv);
	err = drv->probe(&rd->xb);
	if (err)
		goto forget;
	err = xb_watch_path(&rd->otherend_watch, otherend_changed, otherend_will_handle,
			    "%s/state", path);
	if (!err)
		return 0;
	if (drv->remove)
		drv->remove(&rd->xb);
forget:
	xb_probe_failed(&rd->xb);
	WRITE_ONCE(rd->xb.drv, NULL);
	xb_dev_error(&rd->xb, err, "probing %s", rd->node);
	forget_otherend(rd);
	return err;
}

static void ring_remove(struct device *dev)
{
	struct xb_ring_device *rd = to_ring(dev);
	const struct xb_driver *drv = rd->xb.drv;

	xb_unwatch_path(&rd->otherend_watch);
	if (drv->remove)
		drv->remove(&rd->xb);
	/* What the toolstack wants closed ends closed, whoever comes next. */
	if (!drv->allow_rebind || xb_read_state(rd->node) == XenbusStateClosing)
		xb_switch_state(&rd->xb, XenbusStateClosed);
	WRITE_ONCE(rd->xb.drv, NULL);
	forget_otherend(rd);
}

/*
 * The machine goes down: the backend lets go of what it has mapped before the memory gets another
 * use (by the next kernel, after a kexec). All devices together have GOODBYE_SECONDS: what the
 * other ends do cannot hold up the end for longer.
 */
static void frontend_shutdown(struct device *dev)
{
	struct xb_ring_device *rd = to_ring(dev);
	static unsigned long deadline;
	long left;

	if (!deadline)
		deadline = jiffies + GOODBYE_SECONDS * HZ;
	if (!rd->xb.drv || rd->xb.state != XenbusStateConnected)
		return;
	reinit_completion(&rd->closed);
	if (xb_switch_state(&rd->xb, XenbusStateClosing))
		return;
	left = deadline - jiffies;
	if (left <= 0 || !wait_for_completion_timeout(&rd->closed, left))
		dev_info(dev, "the other end has not closed in time\n");
}

static struct bus_type buses[] = {
	[XB_FRONTEND] = {
		.name = "xb-frontend",
		.match = ring_match,
		.uevent = ring_uevent,
		.probe = ring_probe,
		.remove = ring_remove,
		.shutdown = frontend_shutdown,
		.dev_groups = xb_bus_groups,
	},
	[XB_BACKEND] = {
		.name = "xb-backend",
		.match = ring_match,
		.uevent = ring_uevent,
		.probe = ring_probe,
		.remove = ring_remove,
		.dev_groups = xb_bus_groups,
	},
};

/* ---- devices */

static void ring_release(struct device *dev)
{
	xb_device_cleanup(&to_ring(dev)->xb);
}

/* Every reference but the first holds the device too: this comes from its release. */
void xb_ring_device_free(struct xb_device *dev)
{
	kfree(ring_of(dev));
}

int xb_ring_device_add(enum xb_side side, const struct xb_bus_path *p, enum xenbus_state state)
{
	struct xb_ring_device *rd;
	char name[XB_BUS_ID_SIZE];
	unsigned int id;
	char *path;
	int err;

	err = read_otherend(side, p->node, &path, &id);
	if (err)
		return err;
	kfree(path);	/* it is read again by each probe */
	err = xb_bus_device_name(side == XB_BACKEND, p, id, name);
	if (err)
		return err;
	rd = kzalloc(sizeof(*rd), GFP_KERNEL);
	if (!rd)
		return -ENOMEM;
	strscpy(rd->type, p->type, sizeof(rd->type));
	strscpy(rd->node, p->node, sizeof(rd->node));
	xb_device_init(&rd->xb);
	rd->xb.type = rd->type;
	rd->xb.nodename = rd->node;
	rd->xb.otherend_id = id;
	rd->xb.side = side;
	rd->xb.state = state;
	rd->xb.dev = &rd->dev;
	rd->xb.provider = rd;
	init_completion(&rd->closed);
	rd->dev.bus = &buses[side];
	rd->dev.release = ring_release;
	device_initialize(&rd->dev);
	err = dev_set_name(&rd->dev, "%s", name);
	if (!err)
		err = device_add(&rd->dev);
	if (err)
		put_device(&rd->dev);
	return err;
}

static int same_node(struct device *dev, const void *node)
{
	return !strcmp(to_ring(dev)->node, node);
}

struct xb_ring_device *xb_ring_device_find(enum xb_side side, const char *node)
{
	struct device *dev = bus_find_device(&buses[side], NULL, node, same_node);

	return dev ? to_ring(dev) : NULL;
}

static int node_below(struct device *dev, const void *node)
{
	return xb_wire_path_below(to_ring(dev)->node, node);
}

void xb_ring_devices_below(enum xb_side side, const char *node,
			   void (*fn)(struct xb_ring_device *rd))
{
	struct device *dev, *next;

	dev = bus_find_device(&buses[side], NULL, node, node_below);
	while (dev) {
		next = bus_find_device(&buses[side], dev, node, node_below);
		fn(to_ring(dev));
		put_device(dev);
		dev = next;
	}
}

void xb_ring_for_each(enum xb_side side, int (*fn)(struct device *dev, void *data))
{
	bus_for_each_dev(&buses[side], NULL, NULL, fn);
}

void xb_ring_device_remove(struct xb_ring_device *rd)
{
	/* A driver may have done it already, from its otherend_changed. */
	if (device_is_registered(&rd->dev))
		device_unregister(&rd->dev);
}

/* ---- drivers */

int xb_ring_driver_register(struct xb_driver *drv)
{
	struct ring_driver *rdrv = kzalloc(sizeof(*rdrv), GFP_KERNEL);
	int err;

	if (!rdrv)
		return -ENOMEM;
	rdrv->xb = drv;
	rdrv->driver.name = drv->name;
	rdrv->driver.bus = &buses[drv->side];
	rdrv->driver.owner = drv->owner;
	rdrv->driver.mod_name = drv->mod_name;
	rdrv->driver.dev_groups = xb_driver_groups(drv);
	if (!rdrv->driver.dev_groups) {
		kfree(rdrv);
		return -ENOMEM;
	}
	drv->provider = rdrv;
	err = driver_register(&rdrv->driver);
	if (err) {
		drv->provider = NULL;
		kfree(rdrv->driver.dev_groups);
		kfree(rdrv);
	}
	return err;
}

void xb_ring_driver_unregister(struct xb_driver *drv)
{
	struct ring_driver *rdrv = drv->provider;

	driver_unregister(&rdrv->driver);
	drv->provider = NULL;
	kfree(rdrv->driver.dev_groups);
	kfree(rdrv);
}

/* ---- states */

int xb_ring_switch_state(struct xb_device *dev, enum xenbus_state state)
{
	struct xb_transaction t;
	unsigned int len;
	char *now;
	int err;

	do {
		err = xb_transaction_start(&t);
		if (err)
			return err;
		/* Absent: the toolstack removed it all, and a write would make it again. */
		now = xb_read(t, dev->nodename, "state", &len);
		if (IS_ERR(now)) {
			xb_transaction_end(t, true);
			return PTR_ERR(now);
		}
		if (xb_state_parse(now, len) != state)
			err = xb_printf(t, dev->nodename, "state", "%d", state);
		kfree(now);
		if (err)
			xb_transaction_end(t, true);
		else
			err = xb_transaction_end(t, false);
	} while (err == -EAGAIN);
	if (!err)
		dev->state = state;
	return err;
}

void xb_ring_frontend_closed(struct xb_device *dev)
{
	xb_ring_switch_state(dev, XenbusStateClosed);
	complete_all(&ring_of(dev)->closed);
	dev_dbg(&ring_of(dev)->dev, "closed\n");
}

/* ---- life */

int xb_ring_bus_start(void)
{
	int err = bus_register(&buses[XB_FRONTEND]);

	if (err)
		return err;
	err = bus_register(&buses[XB_BACKEND]);
	if (err)
		bus_unregister(&buses[XB_FRONTEND]);
	return err;
}

void xb_ring_bus_stop(void)
{
	xb_ring_devices_below(XB_FRONTEND, "device", xb_ring_device_remove);
	xb_ring_devices_below(XB_BACKEND, "backend", xb_ring_device_remove);
	bus_unregister(&buses[XB_BACKEND]);
	bus_unregister(&buses[XB_FRONTEND]);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adapter.c: the provider that stands on the kernel's own XenBus.
 *
 * Each of our drivers becomes a driver of the kernel's bus whose functions pass on to ours. The
 * kernel's bus finds the devices, watches the peer, suspends and resumes.
 *
 * Owns the shadows: an adapter_driver for each driver, an adapter_device for each bound device.
 * Invariants.
 *  - A driver's module is not pinned by its bound devices: unloading it unbinds them, which is how
 *    a driver is exchanged under a running guest. So the kernel's bus may look for a moment at a
 *    driver that is gone; an adapter_driver is kept for the next of its name, and freed at the
 *    end.
 *  - drvdata of the kernel's device is its adapter_device from before probe to after remove. A
 *    driver may keep the adapter_device for longer.
 * Lock: bound, read by what may come at any time (uevent, is_ready), written when a device goes.
 */
#include <linux/err.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <xen/xenbus.h>
#include <xb/compat.h>
#include "adapter.h"
#include "internal.h"

struct adapter_driver {
	struct xenbus_driver xen;
	struct xenbus_device_id ids[2];
	struct xb_driver *drv;			/* NULL: not in use */
	char name[32];
	struct list_head list;
};

struct adapter_device {
	struct xb_device dev;
	struct xenbus_device *xen;
	struct task_struct *remover;		/* who is calling remove */
};

static DECLARE_RWSEM(bound);
static DEFINE_MUTEX(drivers_lock);
static LIST_HEAD(drivers);

static struct adapter_driver *driver_of(const struct xenbus_device *xen)
{
	return container_of(to_xenbus_driver(xen->dev.driver), struct adapter_driver, xen);
}

static struct adapter_device *device_of(const struct xenbus_device *xen)
{
	return dev_get_drvdata(&xen->dev);
}

static struct xb_device *adapter_device_of(const struct device *dev)
{
	struct adapter_device *ad = dev_get_drvdata(dev);

	return ad ? &ad->dev : NULL;
}

/* ---- devices */

/* The kernel's bus takes any number for the peer's domain; we do not. */
static int adapter_otherend(struct adapter_device *ad)
{
	if (ad->xen->otherend_id < 0 || ad->xen->otherend_id >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	ad->dev.otherend = ad->xen->otherend;
	ad->dev.otherend_id = ad->xen->otherend_id;
	ad->dev.state = ad->xen->state;
	return 0;
}

static void adapter_device_free(struct xb_device *dev)
{
	kfree(dev->provider);
}

static void adapter_forget(struct adapter_device *ad)
{
	down_write(&bound);
	dev_set_drvdata(&ad->xen->dev, NULL);
	up_write(&bound);
	xb_device_cleanup(&ad->dev);
}

static int adapter_probe(struct xenbus_device *xen, const struct xenbus_device_id *id)
{
	struct xb_driver *drv = driver_of(xen)->drv;
	struct adapter_device *ad;
	int err;

	ad = kzalloc(sizeof(*ad), GFP_KERNEL);
	if (!ad)
		return -ENOMEM;
	xb_device_init(&ad->dev);
	ad->xen = xen;
	ad->dev.type = xen->devicetype;
	ad->dev.nodename = xen->nodename;
	ad->dev.side = drv->side;
	ad->dev.dev = &xen->dev;
	ad->dev.drv = drv;
	ad->dev.provider = ad;
	err = adapter_otherend(ad);
	if (err) {
		kfree(ad);
		return err;
	}
	dev_set_drvdata(&xen->dev, ad);
	err = drv->probe(&ad->dev);
	if (err) {
		xb_probe_failed(&ad->dev);
		adapter_forget(ad);
	}
	return err;
}

static void device_remove(struct xenbus_device *xen)
{
	struct adapter_device *ad = device_of(xen);

	down_write(&bound);
	ad->remover = current;
	up_write(&bound);
	if (ad->dev.drv->remove)
		ad->dev.drv->remove(&ad->dev);
	adapter_forget(ad);
}

XB_XENBUS_REMOVE(adapter, device_remove)

static void adapter_otherend_changed(struct xenbus_device *xen, enum xenbus_state state)
{
	struct adapter_device *ad = device_of(xen);

	if (ad && ad->dev.drv->otherend_changed)
		ad->dev.drv->otherend_changed(&ad->dev, state);
}

static int adapter_suspend(struct xenbus_device *xen)
{
	struct adapter_device *ad = device_of(xen);

	return ad && ad->dev.drv->suspend ? ad->dev.drv->suspend(&ad->dev) : 0;
}

static int adapter_resume(struct xenbus_device *xen)
{
	struct adapter_device *ad = device_of(xen);
	int err;

	if (!ad)
		return 0;
	err = adapter_otherend(ad);
	if (!err && ad->dev.drv->resume)
		err = ad->dev.drv->resume(&ad->dev);
	return err;
}

static int adapter_uevent(XB_UEVENT_CONST struct xenbus_device *xen, struct kobj_uevent_env *env)
{
	struct adapter_device *ad;
	int err = 0;

	/*
	 * From within remove: the driver knows what it still has, and bound is not ours to wait
	 * for.
	 */
	ad = device_of(xen);
	if (ad && READ_ONCE(ad->remover) == current)
		return ad->dev.drv->uevent(&ad->dev, env);
	down_read(&bound);
	ad = device_of(xen);
	if (ad && !ad->remover)
		err = ad->dev.drv->uevent(&ad->dev, env);
	up_read(&bound);
	return err;
}

static int adapter_is_ready(struct xenbus_device *xen)
{
	struct adapter_device *ad;
	int ready = 1;

	down_read(&bound);
	ad = device_of(xen);
	if (ad && !ad->remover)
		ready = ad->dev.drv->is_ready(&ad->dev);
	up_read(&bound);
	return ready;
}

/* The kernel's bus calls this with the semaphore held that it holds around probe and remove. */
static void adapter_reclaim_memory(struct xenbus_device *xen)
{
	struct adapter_device *ad = device_of(xen);

	if (ad)
		ad->dev.drv->reclaim_memory(&ad->dev);
}

static int adapter_switch_state(struct xb_device *dev, enum xenbus_state state)
{
	struct adapter_device *ad = dev->provider;
	int err = xenbus_switch_state(ad->xen, state);

	dev->state = ad->xen->state;
	return err;
}

static void adapter_frontend_closed(struct xb_device *dev)
{
	struct adapter_device *ad = dev->provider;

	xenbus_frontend_closed(ad->xen);
	dev->state = ad->xen->state;
}

/* ---- drivers */

static struct adapter_driver *driver_slot(const char *name)
{
	struct adapter_driver *slot;

	list_for_each_entry(slot, &drivers, list)
		if (!slot->drv && !strcmp(slot->name, name))
			return slot;
	slot = kzalloc(sizeof(*slot), GFP_KERNEL);
	if (!slot)
		return NULL;
	strscpy(slot->name, name, sizeof(slot->name));
	list_add(&slot->list, &drivers);
	return slot;
}

static int driver_fill(struct adapter_driver *slot, struct xb_driver *drv)
{
	struct xenbus_driver *xen = &slot->xen;

	memset(xen, 0, sizeof(*xen));
	xen->driver.dev_groups = xb_driver_groups(drv);
	if (!xen->driver.dev_groups)
		return -ENOMEM;
	memset(slot->ids, 0, sizeof(slot->ids));
	strscpy(slot->ids[0].devicetype, drv->type, sizeof(slot->ids[0].devicetype));
	xen->name = slot->name;
	xen->ids = slot->ids;
	xen->not_essential = drv->not_essential;
	xb_set_allow_rebind(xen, drv->allow_rebind);
	xen->probe = adapter_probe;
	xen->remove = adapter_remove;
	xen->otherend_changed = adapter_otherend_changed;
	xen->suspend = adapter_suspend;
	xen->resume = adapter_resume;
	xen->uevent = drv->uevent ? adapter_uevent : NULL;
	xen->is_ready = drv->is_ready ? adapter_is_ready : NULL;
	xen->reclaim_memory = drv->reclaim_memory ? adapter_reclaim_memory : NULL;
	return 0;
}

static void driver_empty(struct adapter_driver *slot)
{
	kfree(slot->xen.driver.dev_groups);
	slot->xen.driver.dev_groups = NULL;
	slot->drv = NULL;
}

static int adapter_driver_register(struct xb_driver *drv)
{
	struct adapter_driver *slot;
	int err = -ENOMEM;

	mutex_lock(&drivers_lock);
	slot = driver_slot(drv->name);
	if (slot)
		err = driver_fill(slot, drv);
	if (!err)
		slot->drv = drv;
	mutex_unlock(&drivers_lock);
	if (err)
		return err;
	drv->provider = slot;
	/* No owner: see the invariants. The name of the module still makes the links in sysfs. */
	err = drv->side == XB_FRONTEND ?
	      __xenbus_register_frontend(&slot->xen, NULL, drv->mod_name) :
	      __xenbus_register_backend(&slot->xen, NULL, drv->mod_name);
	if (err) {
		mutex_lock(&drivers_lock);
		driver_empty(slot);
		mutex_unlock(&drivers_lock);
		drv->provider = NULL;
	}
	return err;
}

static void adapter_driver_unregister(struct xb_driver *drv)
{
	struct adapter_driver *slot = drv->provider;

	xenbus_unregister_driver(&slot->xen);
	mutex_lock(&drivers_lock);
	driver_empty(slot);
	mutex_unlock(&drivers_lock);
	drv->provider = NULL;
}

static int adapter_start(void)
{
	return 0;
}

static void adapter_stop(void)
{
	struct adapter_driver *slot, *next;

	list_for_each_entry_safe(slot, next, &drivers, list) {
		list_del(&slot->list);
		kfree(slot);
	}
}

const struct xb_provider xb_adapter = {
	.name = "adapter",
	.start = adapter_start,
	.stop = adapter_stop,
	.read = adapter_read,
	.directory = adapter_directory,
	.write = adapter_write,
	.mkdir = adapter_mkdir,
	.rm = adapter_rm,
	.transaction_start = adapter_transaction_start,
	.transaction_end = adapter_transaction_end,
	.watch = adapter_watch,
	.unwatch = adapter_unwatch,
	.driver_register = adapter_driver_register,
	.driver_unregister = adapter_driver_unregister,
	.device_of = adapter_device_of,
	.switch_state = adapter_switch_state,
	.frontend_closed = adapter_frontend_closed,
	.device_free = adapter_device_free,
};

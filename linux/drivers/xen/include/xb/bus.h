/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bus.h: devices and drivers of XenBus, whichever provider runs the bus.
 *
 * A driver's functions are called in process context. For one device, probe, otherend_changed,
 * suspend, resume and remove never run at the same time. probe has to return soon: it sets the
 * handshake going and does not wait for the peer.
 */
#ifndef XB_BUS_H
#define XB_BUS_H

#include <linux/device.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <xen/interface/xen.h>
#include <xen/interface/io/xenbus.h>
#include <xb/store.h>

enum xb_side { XB_FRONTEND, XB_BACKEND };

struct xb_device {
	const char *type;		/* "vif", "vbd" */
	const char *nodename;		/* our directory: device/vif/0, backend/vbd/3/51712 */
	const char *otherend;		/* the peer's directory */
	domid_t otherend_id;
	enum xb_side side;
	struct device *dev;		/* for dev_info(), sysfs; its name is vif-0, vbd-3-51712 */
	const struct xb_driver *drv;	/* who is bound */
	void *priv;			/* the driver's */

	/* The core's own from here on. */
	void *provider;
	enum xenbus_state state;	/* what we have written last */
	spinlock_t lock;		/* guards fault */
	char *fault;			/* why the device was stopped; NULL when it was not */
	struct list_head evtchns;	/* struct xb_evtchn, under lock */
	struct list_head list;
	refcount_t refs;		/* the provider's, and those of xb_device_get */
};

struct xb_driver {
	const char *name;		/* module name, as in /sys/bus/.../drivers */
	const char *type;		/* "vif" */
	enum xb_side side;
	bool allow_rebind;		/* remove does not write Closed: another takes over */
	bool not_essential;		/* booting does not wait for such a device */
	int (*probe)(struct xb_device *dev);
	void (*remove)(struct xb_device *dev);
	void (*otherend_changed)(struct xb_device *dev, enum xenbus_state state);
	int (*suspend)(struct xb_device *dev);
	int (*resume)(struct xb_device *dev);	/* the peer may be another one now */
	int (*uevent)(const struct xb_device *dev, struct kobj_uevent_env *env);
	/* Frontends: for waiting at boot; the default is: when Connected. */
	bool (*is_ready)(struct xb_device *dev);
	void (*reclaim_memory)(struct xb_device *dev);	/* backends */
	const struct attribute_group **groups;	/* in sysfs, of each bound device */

	/* The core's own. */
	struct module *owner;
	const char *mod_name;
	void *provider;
};

/* What sysfs show/store functions and uevent get is the struct device. */
struct xb_device *xb_device_of(const struct device *dev);

/*
 * Keeps the structure, and what dev_info() and event channels need of it, beyond remove: for what
 * a driver cannot end there and then. otherend is not part of that. Process context.
 */
void xb_device_get(struct xb_device *dev);
void xb_device_put(struct xb_device *dev);

int __xb_register_driver(struct xb_driver *drv, struct module *owner, const char *mod_name);
#define xb_register_driver(drv) __xb_register_driver(drv, THIS_MODULE, KBUILD_MODNAME)
void xb_unregister_driver(struct xb_driver *drv);

/* "ring" or "adapter"; suspend and migration work in the latter only. */
const char *xb_provider_name(void);

/* debugfs folder of the project, under which each driver makes its own; may be NULL. */
struct dentry *xb_debugfs_root(void);

/* ---- states */
const char *xb_state_name(enum xenbus_state state);
enum xenbus_state xb_read_state(const char *dir);	/* Unknown when absent or malformed */
/*
 * Writes our state key if it differs, and only while the directory exists (the toolstack may have
 * removed it).
 */
int xb_switch_state(struct xb_device *dev, enum xenbus_state state);
/* Frontends: Closed is written, and the toolstack's removal may go on. */
void xb_frontend_closed(struct xb_device *dev);
/* Backends: is the key "online" 1, that is: is the device to stay for another frontend? */
bool xb_online(struct xb_device *dev);

/* ---- when something goes wrong */
/* Logs, and writes the text to error/NODENAME/error in our part of the store. */
__printf(3, 4)
void xb_dev_error(struct xb_device *dev, int err, const char *fmt, ...);
/* As above, and switches to Closing. Process context. */
__printf(3, 4)
void xb_dev_fatal(struct xb_device *dev, int err, const char *fmt, ...);
/*
 * The peer broke the protocol: keeps TEXT as the sysfs attribute "fault" of the device and counts
 * it; from any context. The driver stops its queue at once, and calls xb_dev_fatal later from a
 * work item of its own. Returns true for the first fault only, so that it is logged and acted on
 * once.
 */
__printf(2, 3)
bool xb_dev_fault(struct xb_device *dev, const char *fmt, ...);
void xb_dev_fault_clear(struct xb_device *dev);	/* on reconnecting */

#endif

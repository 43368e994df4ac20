/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h: what the parts of xen-xenbus share, and no driver sees.
 *
 * The driver-facing functions are written once, on top of a provider, which is chosen when the
 * module is loaded: "adapter" when the kernel's own XenBus runs (xen_store_domain_type is set),
 * "ring" when it was kept from starting, so that the store's ring is ours.
 */
#ifndef XB_INTERNAL_H
#define XB_INTERNAL_H

#include <xb/bus.h>
#include <xb/store.h>

struct xb_provider {
	const char *name;
	int (*start)(void);
	void (*stop)(void);

	/* Store. PATH is whole. Errors as in store.h. */
	char *(*read)(u32 txn, const char *path, unsigned int *len);
	char **(*directory)(u32 txn, const char *path, unsigned int *num);
	int (*write)(u32 txn, const char *path, const char *value);
	int (*mkdir)(u32 txn, const char *path);
	int (*rm)(u32 txn, const char *path);
	int (*transaction_start)(u32 *txn);
	int (*transaction_end)(u32 txn, bool abort);
	int (*watch)(struct xb_watch *w);
	void (*unwatch)(struct xb_watch *w);

	/* Devices. */
	int (*driver_register)(struct xb_driver *drv);
	void (*driver_unregister)(struct xb_driver *drv);
	struct xb_device *(*device_of)(const struct device *dev);
	int (*switch_state)(struct xb_device *dev, enum xenbus_state state);
	void (*frontend_closed)(struct xb_device *dev);
	void (*device_free)(struct xb_device *dev);	/* nobody has it any more */
};

/* The kernel exports it, but declares it in no public header. */
extern int xen_store_domain_type;

extern const struct xb_provider xb_adapter;
extern const struct xb_provider xb_ring;
extern const struct xb_provider *xb_provider;	/* the one chosen */

/* device.c: called by providers. */
void xb_device_init(struct xb_device *dev);	/* fills lock, lists, the first reference */
void xb_device_cleanup(struct xb_device *dev);	/* the provider's reference goes */
void xb_probe_failed(struct xb_device *dev);	/* the driver did not take it */

/*
 * Attributes while a driver is bound: fault, xb/ with the event counters, and the driver's own. The
 * array is for device_driver.dev_groups and goes back through kfree; NULL: no memory.
 */
const struct attribute_group **xb_driver_groups(const struct xb_driver *drv);
/*
 * Attributes of each device, bound or not: nodename, devtype, modalias, state. Only the ring
 * needs them.
 */
extern const struct attribute_group *xb_bus_groups[];

/* inject.c, in the modules that tests use. */
#ifdef XB_WITH_INJECT
void xb_inject_init(struct dentry *root);
#else
static inline void xb_inject_init(struct dentry *root)
{
}
#endif

/* ring_*.c: parts that only the ring provider starts (after its store works). */
int xb_devfile_init(void);	/* /dev/xen/xenbus */
void xb_devfile_exit(void);
int xb_control_init(void);	/* shutdown, sysrq */
void xb_control_exit(void);
int xb_balloon_init(void);	/* memory/target */
void xb_balloon_exit(void);
int xb_vcpu_init(void);		/* cpu/N/availability */
void xb_vcpu_exit(void);

#endif

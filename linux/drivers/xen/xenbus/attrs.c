/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrs.c: what sysfs shows of a device.
 *
 * Owns the attribute groups. Invariant: the groups with fault and counters are there only while
 * a driver is bound, so that the xb_device outlives every reader. Lock: xb_device.lock, for looking
 * at the fault and at the event channels.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <xb/evtchn.h>
#include "internal.h"

/* ---- of a bound device */

static ssize_t fault_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct xb_device *dev = xb_device_of(d);
	unsigned long flags;
	ssize_t len;

	spin_lock_irqsave(&dev->lock, flags);
	len = sysfs_emit(buf, "%s\n", dev->fault ? dev->fault : "");
	spin_unlock_irqrestore(&dev->lock, flags);
	return len;
}
static DEVICE_ATTR_RO(fault);

static struct attribute *fault_attrs[] = {
	&dev_attr_fault.attr,
	NULL,
};

static const struct attribute_group fault_group = {
	.attrs = fault_attrs,
};

/* The sum over the channels of the counter at OFFSET in each. */
static ssize_t counter_show(struct device *d, size_t offset, char *buf)
{
	struct xb_device *dev = xb_device_of(d);
	unsigned long flags, sum = 0;
	struct xb_evtchn *ch;

	spin_lock_irqsave(&dev->lock, flags);
	list_for_each_entry(ch, &dev->evtchns, list)
		sum += READ_ONCE(*(unsigned long *)((char *)ch + offset));
	spin_unlock_irqrestore(&dev->lock, flags);
	return sysfs_emit(buf, "%lu\n", sum);
}

#define COUNTER(name, field)								\
static ssize_t name##_show(struct device *d, struct device_attribute *attr, char *buf)	\
{											\
	return counter_show(d, offsetof(struct xb_evtchn, field), buf);			\
}											\
static DEVICE_ATTR_RO(name)

COUNTER(events, events);
COUNTER(spurious_events, spurious);
COUNTER(notifications_sent, sent);
COUNTER(notifications_saved, saved);

static ssize_t event_channels_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct xb_device *dev = xb_device_of(d);
	unsigned long flags;
	size_t count;

	spin_lock_irqsave(&dev->lock, flags);
	count = list_count_nodes(&dev->evtchns);
	spin_unlock_irqrestore(&dev->lock, flags);
	return sysfs_emit(buf, "%zu\n", count);
}
static DEVICE_ATTR_RO(event_channels);

static struct attribute *counter_attrs[] = {
	&dev_attr_event_channels.attr,
	&dev_attr_events.attr,
	&dev_attr_spurious_events.attr,
	&dev_attr_notifications_sent.attr,
	&dev_attr_notifications_saved.attr,
	NULL,
};

static const struct attribute_group counter_group = {
	.name = "xb",
	.attrs = counter_attrs,
};

const struct attribute_group **xb_driver_groups(const struct xb_driver *drv)
{
	const struct attribute_group **groups;
	unsigned int n = 0, i;

	while (drv->groups && drv->groups[n])
		n++;
	groups = kcalloc(n + 3, sizeof(*groups), GFP_KERNEL);
	if (!groups)
		return NULL;
	groups[0] = &fault_group;
	groups[1] = &counter_group;
	for (i = 0; i < n; i++)
		groups[i + 2] = drv->groups[i];
	return groups;
}

/* ---- of every device on our own bus; the kernel's bus has the same of its own */

static ssize_t nodename_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", xb_device_of(d)->nodename);
}
static DEVICE_ATTR_RO(nodename);

static ssize_t devtype_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", xb_device_of(d)->type);
}
static DEVICE_ATTR_RO(devtype);

static ssize_t modalias_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct xb_device *dev = xb_device_of(d);

	return sysfs_emit(buf, "%s:%s\n", dev->side == XB_FRONTEND ? "xen" : "xen-backend",
			  dev->type);
}
static DEVICE_ATTR_RO(modalias);

static ssize_t state_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", xb_state_name(xb_device_of(d)->state));
}
static DEVICE_ATTR_RO(state);

static struct attribute *bus_attrs[] = {
	&dev_attr_nodename.attr,
	&dev_attr_devtype.attr,
	&dev_attr_modalias.attr,
	&dev_attr_state.attr,
	NULL,
};

static const struct attribute_group bus_group = {
	.attrs = bus_attrs,
};

const struct attribute_group *xb_bus_groups[] = {
	&bus_group,
	NULL,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.c: what every device has, whichever provider found it: states, errors, faults, attributes.
 *
 * Owns the text of a device's fault and its attributes in sysfs. Invariant: the text of the first
 * fault stays until the device is connected anew. Lock: xb_device.lock, for fault and the list of
 * event channels; taken with interrupts off, because faults are found in handlers.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include "internal.h"

#define TEXT_MAX 512		/* of an error or a fault; what a peer wrote may be part of it */

static const char fault_no_text[] = "fault (no memory for its text)";

void xb_device_init(struct xb_device *dev)
{
	spin_lock_init(&dev->lock);
	INIT_LIST_HEAD(&dev->evtchns);
	INIT_LIST_HEAD(&dev->list);
	dev->fault = NULL;
	refcount_set(&dev->refs, 1);
}

void xb_device_cleanup(struct xb_device *dev)
{
	if (!refcount_dec_and_test(&dev->refs))
		return;
	xb_dev_fault_clear(dev);
	xb_provider->device_free(dev);
}

void xb_device_get(struct xb_device *dev)
{
	get_device(dev->dev);
	refcount_inc(&dev->refs);
}
EXPORT_SYMBOL_GPL(xb_device_get);

void xb_device_put(struct xb_device *dev)
{
	struct device *d = dev->dev;

	xb_device_cleanup(dev);
	put_device(d);
}
EXPORT_SYMBOL_GPL(xb_device_put);

struct xb_device *xb_device_of(const struct device *dev)
{
	return xb_provider->device_of(dev);
}
EXPORT_SYMBOL_GPL(xb_device_of);

/* ---- states */

const char *xb_state_name(enum xenbus_state state)
{
	static const char * const names[] = {
		[XenbusStateUnknown] = "Unknown",
		[XenbusStateInitialising] = "Initialising",
		[XenbusStateInitWait] = "InitWait",
		[XenbusStateInitialised] = "Initialised",
		[XenbusStateConnected] = "Connected",
		[XenbusStateClosing] = "Closing",
		[XenbusStateClosed] = "Closed",
		[XenbusStateReconfiguring] = "Reconfiguring",
		[XenbusStateReconfigured] = "Reconfigured",
	};

	return (unsigned int)state < ARRAY_SIZE(names) ? names[state] : "INVALID";
}
EXPORT_SYMBOL_GPL(xb_state_name);

enum xenbus_state xb_read_state(const char *dir)
{
	unsigned int state;

	if (xb_need_uint(dir, "state", 0, XenbusStateReconfigured, &state))
		return XenbusStateUnknown;
	return state;
}
EXPORT_SYMBOL_GPL(xb_read_state);

int xb_switch_state(struct xb_device *dev, enum xenbus_state state)
{
	if (dev->state == state)
		return 0;
	return xb_provider->switch_state(dev, state);
}
EXPORT_SYMBOL_GPL(xb_switch_state);

/*
 * A frontend whose driver did not take it, and said Closing, says Closed, too: nobody would, and a
 * driver that comes later would find a backend that is about to close for the one before.
 */
void xb_probe_failed(struct xb_device *dev)
{
	if (dev->side == XB_FRONTEND && dev->state == XenbusStateClosing)
		xb_switch_state(dev, XenbusStateClosed);
}

void xb_frontend_closed(struct xb_device *dev)
{
	xb_provider->frontend_closed(dev);
}
EXPORT_SYMBOL_GPL(xb_frontend_closed);

bool xb_online(struct xb_device *dev)
{
	return xb_read_bool(dev->nodename, "online", false);
}
EXPORT_SYMBOL_GPL(xb_online);

/* ---- errors and faults */

/* The store is to tell why, too: the fault is the reason of whatever is reported after it. */
static void fault_append(struct xb_device *dev, char *text, int len)
{
	unsigned long flags;

	spin_lock_irqsave(&dev->lock, flags);
	if (dev->fault)
		scnprintf(text + len, TEXT_MAX - len, ": %s", dev->fault);
	spin_unlock_irqrestore(&dev->lock, flags);
}

__printf(3, 0)
static void report(struct xb_device *dev, int err, const char *fmt, va_list args)
{
	char *text = kmalloc(TEXT_MAX, GFP_NOIO);
	char *dir;
	int len;

	if (!text)
		return;
	/* The form that toolstacks know from other drivers: the errno, a blank, the text. */
	len = scnprintf(text, TEXT_MAX, "%d ", -err);
	len += vscnprintf(text + len, TEXT_MAX - len, fmt, args);
	fault_append(dev, text, len);
	dev_err_ratelimited(dev->dev, "%s\n", text);
	dir = kasprintf(GFP_NOIO, "error/%s", dev->nodename);
	if (dir)
		xb_write(XB_NIL, dir, "error", text);
	kfree(dir);
	kfree(text);
}

void xb_dev_error(struct xb_device *dev, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(dev, err, fmt, args);
	va_end(args);
}
EXPORT_SYMBOL_GPL(xb_dev_error);

void xb_dev_fatal(struct xb_device *dev, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(dev, err, fmt, args);
	va_end(args);
	xb_switch_state(dev, XenbusStateClosing);
}
EXPORT_SYMBOL_GPL(xb_dev_fatal);

static void fault_free(char *text)
{
	if (text != fault_no_text)
		kfree(text);
}

bool xb_dev_fault(struct xb_device *dev, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;
	char *text;
	bool first;

	if (READ_ONCE(dev->fault))
		return false;
	text = kmalloc(TEXT_MAX, GFP_ATOMIC);
	if (text) {
		va_start(args, fmt);
		vscnprintf(text, TEXT_MAX, fmt, args);
		va_end(args);
	} else {
		text = (char *)fault_no_text;
	}
	/* Before the text is known to others, who may clear it. */
	dev_err_ratelimited(dev->dev, "the peer broke the protocol: %s\n", text);
	spin_lock_irqsave(&dev->lock, flags);
	first = !dev->fault;
	if (first)
		dev->fault = text;
	spin_unlock_irqrestore(&dev->lock, flags);
	if (!first)
		fault_free(text);
	return first;
}
EXPORT_SYMBOL_GPL(xb_dev_fault);

void xb_dev_fault_clear(struct xb_device *dev)
{
	unsigned long flags;
	char *text;

	spin_lock_irqsave(&dev->lock, flags);
	text = dev->fault;
	dev->fault = NULL;
	spin_unlock_irqrestore(&dev->lock, flags);
	fault_free(text);
}
EXPORT_SYMBOL_GPL(xb_dev_fault_clear);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn.c: event channels of devices.
 *
 * Owns the local ports. Invariant: a channel that is on its device's list has a port and an irq,
 * both given back by xb_evtchn_free alone. Lock: xb_device.lock for the list.
 */
#include <linux/err.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/event_channel.h>
#include <xb/evtchn.h>
#include "internal.h"

static irqreturn_t evtchn_handler(int irq, void *data)
{
	struct xb_evtchn *ch = data;

	ch->events++;
	return ch->handler(irq, ch->data);
}

static void port_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

/* Takes over PORT: it is closed when this fails. */
static int evtchn_setup(struct xb_device *dev, struct xb_evtchn *ch, evtchn_port_t port,
			irq_handler_t handler, void *data)
{
	unsigned long flags;
	int irq, err;

	ch->dev = dev;
	ch->handler = handler;
	ch->data = data;
	ch->events = 0;
	ch->spurious = 0;
	ch->sent = 0;
	ch->saved = 0;
	irq = bind_evtchn_to_irq_lateeoi(port);
	if (irq < 0) {
		port_close(port);
		return irq;
	}
	ch->port = port;
	ch->irq = irq;
	err = request_irq(irq, evtchn_handler, 0, ch->name, ch);
	if (err) {
		evtchn_put(port);	/* undoes the binding, and closes the port */
		ch->port = 0;
		return err;
	}
	spin_lock_irqsave(&dev->lock, flags);
	list_add_tail(&ch->list, &dev->evtchns);
	spin_unlock_irqrestore(&dev->lock, flags);
	return 0;
}

int xb_evtchn_alloc(struct xb_device *dev, struct xb_evtchn *ch, irq_handler_t handler, void *data,
		    const char *fmt, ...)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = dev->otherend_id,
	};
	va_list args;
	int err;

	va_start(args, fmt);
	vscnprintf(ch->name, sizeof(ch->name), fmt, args);
	va_end(args);
	ch->port = 0;
	err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (err)
		return err;
	return evtchn_setup(dev, ch, alloc.port, handler, data);
}
EXPORT_SYMBOL_GPL(xb_evtchn_alloc);

int xb_evtchn_bind(struct xb_device *dev, struct xb_evtchn *ch, evtchn_port_t remote,
		   irq_handler_t handler, void *data, const char *fmt, ...)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = dev->otherend_id,
		.remote_port = remote,
	};
	va_list args;
	int err;

	va_start(args, fmt);
	vscnprintf(ch->name, sizeof(ch->name), fmt, args);
	va_end(args);
	ch->port = 0;
	err = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
	if (err)
		return err;
	return evtchn_setup(dev, ch, bind.local_port, handler, data);
}
EXPORT_SYMBOL_GPL(xb_evtchn_bind);

void xb_evtchn_free(struct xb_evtchn *ch)
{
	unsigned long flags;

	if (!ch->port)
		return;
	spin_lock_irqsave(&ch->dev->lock, flags);
	list_del(&ch->list);
	spin_unlock_irqrestore(&ch->dev->lock, flags);
	unbind_from_irqhandler(ch->irq, ch);
	ch->port = 0;
	ch->irq = 0;
}
EXPORT_SYMBOL_GPL(xb_evtchn_free);

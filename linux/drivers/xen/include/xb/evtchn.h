/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn.h: event channels of a device, with late EOI in both roles.
 *
 * Every handler ends, at once or later from the context that did the work, with exactly one
 * xb_evtchn_eoi per event: WORKED says whether there was something to do. A peer that sends events
 * without work is slowed down by the kernel (up to one second an event), so saying false where
 * there was work costs throughput, and saying true where there was none opens the door to storms.
 */
#ifndef XB_EVTCHN_H
#define XB_EVTCHN_H

#include <linux/interrupt.h>
#include <xen/events.h>
#include <xb/bus.h>

struct xb_evtchn {
	struct xb_device *dev;
	evtchn_port_t port;		/* local; 0: not bound */
	int irq;
	irq_handler_t handler;
	void *data;
	char name[48];			/* as in /proc/interrupts */
	struct list_head list;

	/* Counters, each written by one context at a time; shown in sysfs summed by device. */
	unsigned long events;
	unsigned long spurious;
	unsigned long sent;
	unsigned long saved;		/* notifications that the peer did not need */
};

/* Frontends: a new port for the peer, bound to HANDLER. The irq starts enabled. */
__printf(5, 6)
int xb_evtchn_alloc(struct xb_device *dev, struct xb_evtchn *ch, irq_handler_t handler, void *data,
		    const char *fmt, ...);
/* Backends: binds the frontend's port. -EINVAL: no such port, or not offered to us. */
__printf(6, 7)
int xb_evtchn_bind(struct xb_device *dev, struct xb_evtchn *ch, evtchn_port_t remote,
		   irq_handler_t handler, void *data, const char *fmt, ...);
/* Waits for a running handler; then the port is closed. Harmless when nothing is bound. */
void xb_evtchn_free(struct xb_evtchn *ch);

static inline void xb_evtchn_eoi(struct xb_evtchn *ch, bool worked)
{
	if (!worked)
		ch->spurious++;
	xen_irq_lateeoi(ch->irq, worked ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

static inline void xb_evtchn_notify(struct xb_evtchn *ch)
{
	ch->sent++;
	notify_remote_via_irq(ch->irq);
}

#endif

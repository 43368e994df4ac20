/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels. Ports are looked up through buckets of structs that are only
 * freed with the domain, so a port number once valid stays valid memory.
 *
 * d->event_lock (irqsave) guards every change of a port's state. Sending takes
 * the sender's lock only: closing an interdomain channel takes both domains'
 * locks (lower address first), so the peer cannot vanish under a sender.
 *
 * The two ways to tell a guest (two-level bitmaps, FIFO queues) are behind
 * struct evtchn_ops.
 */
#ifndef EVTCHN_EVTCHN_H
#define EVTCHN_EVTCHN_H

#include "core/domain.h"
#include <xen/event_channel.h>

enum evtchn_state { ECS_FREE, ECS_RESERVED, ECS_UNBOUND, ECS_INTERDOMAIN, ECS_PIRQ, ECS_VIRQ, ECS_IPI };

struct evtchn {
	u8 state;
	u8 priority;			/* FIFO */
	u8 last_priority;
	bool pending;			/* raised before its event array page existed */
	u16 notify_vcpu;
	u16 last_vcpu;			/* FIFO: queue it was last linked on */
	u32 port;
	union {
		domid_t unbound_remote;
		struct { struct domain *dom; u32 port; } remote;	/* dom referenced */
		u32 virq;
		struct { u32 nr; u32 prev_port, next_port; } pirq;
	} u;
	void (*consumer)(struct vcpu *v, u32 port);	/* hypervisor-attached port, else NULL */
};

struct evtchn_ops {
	void (*init)(struct domain *d, struct evtchn *ch);
	void (*set_pending)(struct vcpu *v, struct evtchn *ch);
	void (*clear_pending)(struct domain *d, struct evtchn *ch);
	bool (*unmask)(struct domain *d, struct evtchn *ch);
	bool (*is_pending)(const struct domain *d, const struct evtchn *ch);
	bool (*is_masked)(const struct domain *d, const struct evtchn *ch);
	int (*set_priority)(struct domain *d, struct evtchn *ch, unsigned priority);
	unsigned max_ports;
};

extern const struct evtchn_ops evtchn_2l_ops, evtchn_fifo_ops;

int evtchn_init(struct domain *d, unsigned max_port);	/* port 0 reserved */
int evtchn_destroy(struct domain *d);			/* closes all: 0 or -ERESTART */
void evtchn_free(struct domain *d);			/* memory, last reference gone */
struct evtchn *evtchn_from_port(const struct domain *d, u32 port);	/* NULL: never allocated */

int evtchn_send(struct domain *d, u32 port);
/* Virtual interrupts: dropped when nobody bound them. Callable with interrupts off, from handlers. */
void send_guest_vcpu_virq(struct vcpu *v, unsigned virq);
void send_guest_domain_virq(struct domain *d, unsigned virq);	/* vCPU 0 */
void send_global_virq(unsigned virq);			/* to the domain that handles it: dom0, or set_virq_handler */
int evtchn_set_virq_handler(struct domain *d, unsigned virq);
void evtchn_clear_virq_handlers(struct domain *d);
/* A physical interrupt that d has bound; called with the irq descriptor's lock not held. */
void send_guest_pirq(struct domain *d, u32 pirq);
/* Is the port pending? for SCHEDOP_poll. -EINVAL for a bad port. */
int evtchn_port_is_pending(struct domain *d, u32 port);
/* For the toolstack's build helper: an unbound port in d for remote. */
int evtchn_alloc_unbound(struct domain *d, domid_t remote, u32 *port);
int evtchn_close(struct domain *d, u32 port, bool guest);
int evtchn_unmask(struct domain *d, u32 port);
void evtchn_reset_fifo(struct domain *d);

/* Tell v that events wait: sets upcall_pending; wakes it or interrupts its CPU. evtchn/notify.c */
void vcpu_mark_events_pending(struct vcpu *v);
void vcpu_kick(struct vcpu *v);
/* Wake pollers of this port. */
void evtchn_check_pollers(struct domain *d, u32 port);
/* Events to deliver now? (pending and not masked). Inline for the exit path. */
static inline bool vcpu_event_delivery_wanted(const struct vcpu *v)
{
	/* evtchn_upcall_pending and _mask are neighbouring bytes: pending != 0, mask == 0 */
	const volatile u8 *p = (const volatile u8 *)v->info;

	return p[0] && !p[1];
}

void evtchn_dump(struct domain *d);	/* debug key e */

#endif

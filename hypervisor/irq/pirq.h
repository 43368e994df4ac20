/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical interrupts as a domain sees them: pirq numbers, which are 1:1 with
 * GSIs and otherwise map to MSIs. d->event_lock guards d->pirqs[].
 */
#ifndef IRQ_PIRQ_H
#define IRQ_PIRQ_H

#include "core/domain.h"

struct pirq {
	u32 pirq;
	int irq;			/* -1: not mapped (any more) */
	u32 evtchn;			/* bound port, 0: none */
	bool in_flight;			/* EOI awaited from this domain */
	bool will_share;
	bool masked;
};

/* PHYSDEVOP_map_pirq for a GSI; *pirq -1: choose. */
int pirq_map_gsi(struct domain *d, unsigned gsi, int *pirq);
struct msi_info;
int pirq_map_msi(struct domain *d, struct msi_info *info, int *pirq);
int pirq_unmap(struct domain *d, int pirq);
void pirq_unmap_all(struct domain *d);		/* death; gives back the page of EOI bits too */
/* The struct if the number was ever mapped; it lives as long as the domain. */
struct pirq *pirq_find(struct domain *d, u32 pirq);
/* EVTCHNOP_bind_pirq / close. With d->event_lock held. */
int pirq_guest_bind(struct vcpu *v, struct pirq *p, bool will_share);
void pirq_guest_unbind(struct domain *d, struct pirq *p);
/* Its events now go to a vCPU that runs on this CPU. With d->event_lock held. */
void pirq_set_affinity(struct domain *d, struct pirq *p, unsigned cpu);
int pirq_eoi(struct domain *d, u32 pirq);	/* PHYSDEVOP_eoi; 0 also when not in flight */
/* Does the guest have to EOI it (level lines)? For irq_status_query. */
bool pirq_needs_eoi(const struct pirq *p);
bool pirq_is_shared(const struct pirq *p);
/* d->pirq_eoi_map was registered: set the bits of what is bound. event_lock held. */
void pirq_eoi_map_refresh(struct domain *d);
/* From irq_dispatch(), interrupts off; takes desc->lock itself and sends the events without it. */
struct irq_desc;
void pirq_deliver(struct irq_desc *desc);
/* Last reference gone; no event_lock held. */
void pirq_destroy(struct domain *d);
/* Set at boot to what sends the event (evtchn/ is a floor above). */
extern void (*pirq_event_hook)(struct domain *d, u32 pirq);

#endif

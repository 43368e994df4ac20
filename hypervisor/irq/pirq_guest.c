/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts that belong to domains: binding, delivery, end of interrupt. When a
 * domain has bound a pirq to an event channel, the struct irq_guest of the pirq's
 * irq names it.
 *
 * Delivery. A level line is masked, the LAPIC gets its EOI at once, and each
 * domain bound is told and marked in flight; the line is unmasked when the last
 * of them said that it served its device. An edge (IO-APIC edge lines, all
 * MSIs) is just passed on: if another one comes before the guest has looked,
 * the port is pending again, which is all that the guest needs to know. That goes
 * for an MSI without a mask bit too: only a device gone wrong sends without end, and
 * all devices are domain 0's.
 *
 * Lifetime. struct pirq lives until the domain's end (pirq.c). Events are sent after
 * desc->lock is dropped (sending takes the domain's locks, which come first in
 * the order), so desc->delivering counts who is still using a list that was
 * read before; pirq_destroy() waits for that before the domain can go.
 *
 * Locks: d->event_lock for d->pirqs[] and what they map to; desc->lock for
 * struct irq_guest and the in_flight marks. event_lock comes first. Nothing is
 * allocated under either: the allocator may have to wait for processors that
 * wait, with interrupts off, for the lock.
 */
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "lib/errno.h"

#define MAX_SHARERS 8

struct irq_guest {
	unsigned nr, in_flight;
	bool shareable;
	struct { struct domain *d; struct pirq *p; } who[MAX_SHARERS];
};

static struct irq_guest irq_guests[NR_IRQS];

void (*pirq_event_hook)(struct domain *d, u32 pirq);

static struct irq_desc *pirq_desc(const struct pirq *p)
{
	int irq = READ_ONCE(p->irq);

	return irq >= 0 && irq < NR_IRQS ? &irq_desc[irq] : NULL;
}

static void set_eoi_bit(struct domain *d, const struct pirq *p, bool on)
{
	if (!d->pirq_eoi_map || p->pirq >= PAGE_SIZE * 8)
		return;
	if (on)
		set_bit(p->pirq, d->pirq_eoi_map);
	else
		clear_bit(p->pirq, d->pirq_eoi_map);
}

bool pirq_needs_eoi(const struct pirq *p)
{
	const struct irq_desc *desc = pirq_desc(p);

	return desc && desc->level;
}

bool pirq_is_shared(const struct pirq *p)
{
	const struct irq_desc *desc = pirq_desc(p);

	return desc && irq_guests[desc->irq].nr > 1;
}

void pirq_eoi_map_refresh(struct domain *d)
{
	for (u32 i = 0; d->pirqs && i < d->nr_pirqs; i++) {
		struct pirq *p = d->pirqs[i];

		if (p && p->evtchn && pirq_needs_eoi(p))
			set_eoi_bit(d, p, true);
	}
}

/* Legacy lines are bound without having been set up: they are as the ISA overrides say. */
static int setup_legacy(const struct irq_desc *desc)
{
	for (unsigned i = 0; i < 16; i++) {
		bool level, low;

		if (isa_irq_to_gsi(i, &level, &low) == (unsigned)desc->irq)
			return ioapic_setup_gsi((unsigned)desc->irq, level, low);
	}
	return -EINVAL;
}

static int guest_add(struct irq_desc *desc, struct domain *d, struct pirq *p, bool share)
{
	struct irq_guest *g = &irq_guests[desc->irq];

	if (desc->action)
		return -EBUSY;
	if (desc->vector < 0 || !desc->chip)
		return -EINVAL;
	if (g->nr && (!share || !g->shareable || g->nr == MAX_SHARERS))
		return -EBUSY;
	if (!g->nr)
		*g = (struct irq_guest){ .shareable = share };
	g->who[g->nr].d = d;
	g->who[g->nr++].p = p;
	desc->guest = g;
	p->in_flight = false;
	return 0;
}

int pirq_guest_bind(struct vcpu *v, struct pirq *p, bool will_share)
{
	struct irq_desc *desc = pirq_desc(p);
	bool first;
	int rc;
	u64 f;

	if (!desc)
		return -EINVAL;
	if (desc->vector < 0) {
		rc = setup_legacy(desc);
		if (rc && rc != -EEXIST)
			return rc;
	}
	f = spin_lock_irqsave(&desc->lock);
	first = !desc->guest;
	rc = guest_add(desc, v->domain, p, will_share);
	if (!rc) {
		p->will_share = will_share;
		set_eoi_bit(v->domain, p, desc->level);
		if (first) {
			irq_set_affinity(desc, v->cpu);
			desc->chip->unmask(desc);
		}
	}
	spin_unlock_irqrestore(&desc->lock, f);
	return rc;
}

void pirq_set_affinity(struct domain *d, struct pirq *p, unsigned cpu)
{
	struct irq_desc *desc = pirq_desc(p);
	u64 f;

	if (!desc)
		return;
	f = spin_lock_irqsave(&desc->lock);
	/* A shared line goes where the first of its domains wants it. */
	if (desc->guest && desc->guest->nr && desc->guest->who[0].d == d)
		irq_set_affinity(desc, cpu);
	spin_unlock_irqrestore(&desc->lock, f);
}

/* One domain less to wait for. With desc->lock. */
static void guest_eoi(struct irq_desc *desc, struct pirq *p)
{
	struct irq_guest *g = desc->guest;

	if (!p->in_flight)
		return;
	p->in_flight = false;
	if (g && g->in_flight && --g->in_flight == 0 && desc->chip)
		desc->chip->unmask(desc);
}

void pirq_guest_unbind(struct domain *d, struct pirq *p)
{
	struct irq_desc *desc = pirq_desc(p);
	struct irq_guest *g;
	u64 f;

	set_eoi_bit(d, p, false);
	if (!desc)
		return;
	f = spin_lock_irqsave(&desc->lock);
	g = desc->guest;
	for (unsigned i = 0; g && i < g->nr; i++) {
		if (g->who[i].d != d || g->who[i].p != p)
			continue;
		g->who[i] = g->who[--g->nr];
		if (!g->nr) {
			if (desc->chip)
				desc->chip->mask(desc);
			p->in_flight = false;
			g->in_flight = 0;
			desc->guest = NULL;
		} else {
			guest_eoi(desc, p);
		}
		break;
	}
	spin_unlock_irqrestore(&desc->lock, f);
}

void pirq_deliver(struct irq_desc *desc)
{
	struct { struct domain *d; u32 pirq; } to[MAX_SHARERS];
	struct irq_guest *g;
	unsigned nr = 0;

	spin_lock(&desc->lock);
	g = desc->guest;
	if (desc->level && desc->chip)
		desc->chip->mask(desc);
	for (unsigned i = 0; g && i < g->nr; i++) {
		to[nr].d = g->who[i].d;
		to[nr++].pirq = g->who[i].p->pirq;
		if (desc->level && !g->who[i].p->in_flight) {
			g->who[i].p->in_flight = true;
			g->in_flight++;
		}
	}
	__atomic_fetch_add(&desc->delivering, 1, __ATOMIC_SEQ_CST);
	spin_unlock(&desc->lock);
	lapic_eoi();
	for (unsigned i = 0; i < nr; i++)
		if (pirq_event_hook)
			pirq_event_hook(to[i].d, to[i].pirq);
	__atomic_fetch_sub(&desc->delivering, 1, __ATOMIC_SEQ_CST);
}

int pirq_eoi(struct domain *d, u32 pirq)
{
	u64 f = spin_lock_irqsave(&d->event_lock), g;
	struct pirq *p = pirq_find(d, pirq);
	struct irq_desc *desc = p ? pirq_desc(p) : NULL;
	int rc = p ? 0 : -EINVAL;

	if (desc) {
		g = spin_lock_irqsave(&desc->lock);
		guest_eoi(desc, p);
		spin_unlock_irqrestore(&desc->lock, g);
	}
	spin_unlock_irqrestore(&d->event_lock, f);
	return rc;
}

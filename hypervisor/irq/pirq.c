/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts that belong to domains. A pirq number of a domain is mapped to one
 * irq; when the domain has bound it to an event channel, the irq's struct
 * irq_guest names it.
 *
 * Delivery. A level line is masked, the LAPIC gets its EOI at once, and each
 * domain bound is told and marked in flight; the line is unmasked when the last
 * of them said that it served its device. An edge (IO-APIC edge lines, all
 * MSIs) is just passed on: if another one comes before the guest has looked,
 * the port is pending again, which is all that the guest needs to know.
 *
 * Lifetime. struct pirq lives until the domain's end. Events are sent after
 * desc->lock is dropped (sending takes the domain's locks, which come first in
 * the order), so desc->delivering counts who is still using a list that was
 * read before; pirq_destroy() waits for that before the domain can go.
 *
 * Locks: d->event_lock for d->pirqs[] and what they map to; desc->lock for
 * struct irq_guest and the in_flight marks. event_lock comes first.
 */
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "irq/msi.h"
#include "irq/pirq.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/heap.h"

#define MAX_SHARERS 8

struct irq_guest {
	unsigned nr, in_flight;
	bool shareable;
	struct { struct domain *d; struct pirq *p; } who[MAX_SHARERS];
};

static struct irq_guest irq_guests[NR_IRQS];

void (*pirq_event_hook)(struct domain *d, u32 pirq);

static struct irq_desc *desc_of(const struct pirq *p)
{
	int irq = READ_ONCE(p->irq);

	return irq >= 0 && irq < NR_IRQS ? &irq_desc[irq] : NULL;
}

/* ---- numbers ---- */

static int table_init(struct domain *d)
{
	if (d->pirqs)
		return 0;
	if (d->nr_pirqs < nr_gsis || d->nr_pirqs > NR_IRQS)
		d->nr_pirqs = NR_IRQS;
	d->pirqs = knew_array(struct pirq *, d->nr_pirqs);
	return d->pirqs ? 0 : -ENOMEM;
}

struct pirq *pirq_find(struct domain *d, u32 pirq)
{
	return d->pirqs && pirq < d->nr_pirqs ? d->pirqs[pirq] : NULL;
}

/* The struct for a number, made if it has none. */
static struct pirq *pirq_get(struct domain *d, u32 nr)
{
	struct pirq *p = d->pirqs[nr];

	if (!p) {
		p = knew(struct pirq);
		if (!p)
			return NULL;
		p->pirq = nr;
		p->irq = -1;
		d->pirqs[nr] = p;
	}
	return p;
}

static int choose_pirq(const struct domain *d)
{
	for (u32 i = d->nr_pirqs; i-- > nr_gsis;)
		if (!d->pirqs[i] || (d->pirqs[i]->irq < 0 && !d->pirqs[i]->evtchn))
			return (int)i;
	return -ENOSPC;
}

/* With event_lock. *pirq < 0: choose. 0 with the struct unmapped, or an error. */
static int pirq_reserve(struct domain *d, int *pirq, struct pirq **out)
{
	int rc = table_init(d), nr = *pirq;
	struct pirq *p;

	if (rc)
		return rc;
	if (nr < 0)
		nr = choose_pirq(d);
	if (nr < 0)
		return nr;
	if ((unsigned)nr >= d->nr_pirqs)
		return -EINVAL;
	p = pirq_get(d, (u32)nr);
	if (!p)
		return -ENOMEM;
	if (p->irq >= 0 || p->evtchn)
		return -EEXIST;
	*pirq = nr;
	*out = p;
	return 0;
}

int pirq_map_gsi(struct domain *d, unsigned gsi, int *pirq)
{
	struct pirq *p;
	u64 f;
	int rc;

	if (gsi >= nr_gsis)
		return -EINVAL;
	if (*pirq < 0)
		*pirq = (int)gsi;
	f = spin_lock_irqsave(&d->event_lock);
	rc = pirq_reserve(d, pirq, &p);
	if (!rc)
		p->irq = (int)gsi;
	else if (rc == -EEXIST && d->pirqs[*pirq]->irq == (int)gsi)
		rc = 0;		/* the same again: nothing to do */
	spin_unlock_irqrestore(&d->event_lock, f);
	return rc;
}

/* The domain may use what was allocated for it, as long as it has it. */
static void msi_irq_permit(struct domain *d, int irq, bool yes)
{
	int rc = 0;

	if (d->irq_caps)
		rc = yes ? rangeset_add(d->irq_caps, (u64)irq, (u64)irq) :
			   rangeset_remove(d->irq_caps, (u64)irq, (u64)irq);
	if (rc)
		guest_printk(LOG_WARN, "%pd: no memory for the right to irq %d\n", d, irq);
}

static void msi_irq_free(struct irq_desc *desc)
{
	msi_disable(desc);
	irq_free_vector(desc);
	irq_free(desc->irq);
}

static int msi_irq_new(const struct msi_info *info, int *out)
{
	int irq = irq_alloc(), rc;

	if (irq < 0)
		return irq;
	irq_desc[irq].cpu = 0;
	rc = irq_alloc_vector(&irq_desc[irq]);
	if (!rc)
		rc = msi_enable(&irq_desc[irq], info);
	if (rc) {
		irq_free_vector(&irq_desc[irq]);
		irq_free(irq);
		return rc;
	}
	*out = irq;
	return 0;
}

int pirq_map_msi(struct domain *d, struct msi_info *info, int *pirq)
{
	struct pirq *p;
	int irq, rc;
	u64 f;

	rc = msi_irq_new(info, &irq);
	if (rc)
		return rc;
	f = spin_lock_irqsave(&d->event_lock);
	rc = *pirq >= 0 && (unsigned)*pirq < nr_gsis ? -EINVAL : pirq_reserve(d, pirq, &p);
	if (!rc)
		p->irq = irq;
	spin_unlock_irqrestore(&d->event_lock, f);
	if (rc)
		msi_irq_free(&irq_desc[irq]);
	else
		msi_irq_permit(d, irq, true);
	return rc;
}

/* ---- binding ---- */

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
	const struct irq_desc *desc = desc_of(p);

	return desc && desc->level;
}

bool pirq_is_shared(const struct pirq *p)
{
	const struct irq_desc *desc = desc_of(p);

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
	struct irq_desc *desc = desc_of(p);
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
	struct irq_desc *desc = desc_of(p);
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

/* ---- delivery ---- */

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
	struct irq_desc *desc = p ? desc_of(p) : NULL;
	int rc = p ? 0 : -EINVAL;

	if (desc) {
		g = spin_lock_irqsave(&desc->lock);
		guest_eoi(desc, p);
		spin_unlock_irqrestore(&desc->lock, g);
	}
	spin_unlock_irqrestore(&d->event_lock, f);
	return rc;
}

/* ---- the end ---- */

/*
 * A bound pirq loses its irq; the port stays and closes later as if it were
 * bound. With event_lock; the irq to be freed afterwards is returned, or -1.
 */
static int unmap_locked(struct domain *d, struct pirq *p)
{
	int irq = p->irq;

	pirq_guest_unbind(d, p);
	p->irq = -1;
	return irq >= (int)nr_gsis ? irq : -1;
}

int pirq_unmap(struct domain *d, int pirq)
{
	u64 f = spin_lock_irqsave(&d->event_lock);
	struct pirq *p = pirq >= 0 ? pirq_find(d, (u32)pirq) : NULL;
	int rc = p && p->irq >= 0 ? 0 : -EINVAL, irq = -1;

	if (!rc)
		irq = unmap_locked(d, p);
	spin_unlock_irqrestore(&d->event_lock, f);
	if (irq >= 0) {
		msi_irq_permit(d, irq, false);
		msi_irq_free(&irq_desc[irq]);
	}
	return rc;
}

void pirq_unmap_all(struct domain *d)
{
	for (u32 i = 0; d->pirqs && i < d->nr_pirqs; i++)
		if (d->pirqs[i] && d->pirqs[i]->irq >= 0)
			pirq_unmap(d, (int)i);
}

void pirq_destroy(struct domain *d)
{
	if (!d->pirqs)
		return;
	pirq_unmap_all(d);
	for (unsigned i = 0; i < NR_IRQS; i++)
		while (__atomic_load_n(&irq_desc[i].delivering, __ATOMIC_SEQ_CST))
			cpu_relax();
	for (u32 i = 0; i < d->nr_pirqs; i++)
		kfree(d->pirqs[i]);
	kfree(d->pirqs);
	d->pirqs = NULL;
}

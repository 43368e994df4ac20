/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The numbers by which a domain knows its physical interrupts: a pirq is mapped to
 * one irq; once the domain has bound it to an event channel, pirq_guest.c delivers.
 *
 * Lifetime. struct pirq lives until the domain's end. Nothing is allocated under
 * event_lock: the allocator may have to wait for processors that wait, with
 * interrupts off, for the lock.
 *
 * Lock: d->event_lock for d->pirqs[] and what they map to.
 */
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "irq/msi.h"
#include "irq/pirq.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/heap.h"

static int table_init(struct domain *d)
{
	struct pirq **t;
	u64 f;

	if (READ_ONCE(d->pirqs))
		return 0;
	t = knew_array(struct pirq *, NR_IRQS);
	if (!t)
		return -ENOMEM;
	f = spin_lock_irqsave(&d->event_lock);
	if (!d->pirqs) {
		d->nr_pirqs = NR_IRQS;
		d->pirqs = t;
		t = NULL;
	}
	spin_unlock_irqrestore(&d->event_lock, f);
	kfree(t);
	return 0;
}

struct pirq *pirq_find(struct domain *d, u32 pirq)
{
	return d->pirqs && pirq < d->nr_pirqs ? d->pirqs[pirq] : NULL;
}

static int choose_pirq(const struct domain *d)
{
	for (u32 i = d->nr_pirqs; i-- > nr_gsis;)
		if (!d->pirqs[i] || (d->pirqs[i]->irq < 0 && !d->pirqs[i]->evtchn))
			return (int)i;
	return -ENOSPC;
}

/* With event_lock. The number's struct, which is *fresh if it had none, now maps irq. */
static int map_locked(struct domain *d, int *pirq, int irq, struct pirq **fresh)
{
	int nr = *pirq < 0 ? choose_pirq(d) : *pirq;
	struct pirq *p;

	if (nr < 0)
		return nr;
	if ((unsigned)nr >= d->nr_pirqs)
		return -EINVAL;
	p = d->pirqs[nr];
	if (!p) {
		p = *fresh;
		*fresh = NULL;
		p->pirq = (u32)nr;
		d->pirqs[nr] = p;
	} else if (p->irq >= 0 || p->evtchn) {
		return p->irq == irq ? 0 : -EEXIST;	/* the same again: nothing to do */
	}
	p->irq = irq;
	*pirq = nr;
	return 0;
}

/* *pirq < 0: choose. */
static int pirq_map(struct domain *d, int *pirq, int irq)
{
	int rc = table_init(d);
	struct pirq *fresh = rc ? NULL : knew(struct pirq);
	u64 f;

	if (!fresh)
		return -ENOMEM;
	f = spin_lock_irqsave(&d->event_lock);
	rc = map_locked(d, pirq, irq, &fresh);
	spin_unlock_irqrestore(&d->event_lock, f);
	kfree(fresh);
	return rc;
}

int pirq_map_gsi(struct domain *d, unsigned gsi, int *pirq)
{
	if (gsi >= nr_gsis)
		return -EINVAL;
	if (*pirq < 0)
		*pirq = (int)gsi;
	return pirq_map(d, pirq, (int)gsi);
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
	int irq, rc;

	if (*pirq >= 0 && (unsigned)*pirq < nr_gsis)
		return -EINVAL;
	rc = msi_irq_new(info, &irq);
	if (rc)
		return rc;
	/* Before it can be unmapped again, which takes the right back. */
	msi_irq_permit(d, irq, true);
	rc = pirq_map(d, pirq, irq);
	if (rc) {
		msi_irq_permit(d, irq, false);
		msi_irq_free(&irq_desc[irq]);
	}
	return rc;
}

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

/* No vCPU of the domain runs any more: nobody registers another page. */
static void eoi_map_release(struct domain *d)
{
	u64 f = spin_lock_irqsave(&d->event_lock);
	struct page *pg = d->pirq_eoi_page;

	d->pirq_eoi_page = NULL;
	d->pirq_eoi_map = NULL;
	spin_unlock_irqrestore(&d->event_lock, f);
	if (pg)
		page_put_writable(pg);
}

void pirq_unmap_all(struct domain *d)
{
	for (u32 i = 0; d->pirqs && i < d->nr_pirqs; i++)
		if (d->pirqs[i] && d->pirqs[i]->irq >= 0)
			pirq_unmap(d, (int)i);
	eoi_map_release(d);
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

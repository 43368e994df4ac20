/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domctl operations that lend a domain machine frames, I/O ports and interrupts,
 * or take them back. Nobody can give away what it may not use itself. Mappings
 * that a domain made while it was allowed to stay. Under the domctl lock.
 */
#include "control/domctl.h"
#include "core/rights.h"
#include "cpu/features.h"
#include "irq/irq.h"
#include "irq/pirq.h"

static int change(struct domain *d, struct rangeset *set, u64 s, u64 e, bool allow)
{
	int rc = allow ? rangeset_add(set, s, e) : rangeset_remove(set, s, e);

	if (!rc)
		rights_update(d);
	return rc;
}

/* The interrupt that the caller knows by this number. */
static int callers_irq(u32 nr)
{
	struct domain *cd = current_domain();
	struct pirq *p;
	u64 flags;
	int irq = -EPERM;

	if (nr < nr_gsis) {
		irq = (int)nr;
	} else {
		flags = spin_lock_irqsave(&cd->event_lock);
		p = pirq_find(cd, nr);
		if (p && p->irq >= 0)
			irq = p->irq;
		spin_unlock_irqrestore(&cd->event_lock, flags);
	}
	if (irq >= 0 && !irq_access_permitted(cd, (u32)irq))
		irq = -EPERM;
	return irq;
}

int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
	int irq;

	if (op->u.irq_permission.pirq >= NR_IRQS)
		return -EINVAL;
	irq = callers_irq(op->u.irq_permission.pirq);
	if (irq < 0)
		return irq;
	return change(d, d->irq_caps, (u64)irq, (u64)irq, op->u.irq_permission.allow_access);
}

int domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
	u64 s = op->u.iomem_permission.first_mfn, n = op->u.iomem_permission.nr_mfns, e = s + n - 1;

	if (!n || e < s || e >> (cpu_features.paddr_bits - PAGE_SHIFT))
		return -EINVAL;
	if (!iomem_access_permitted(current_domain(), s, e))
		return -EPERM;
	return change(d, d->iomem_caps, s, e, op->u.iomem_permission.allow_access);
}

int domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
	u32 s = op->u.ioport_permission.first_port, n = op->u.ioport_permission.nr_ports;

	if (!n || s > 0xffff || n > 0x10000 - s)
		return -EINVAL;
	if (!ioport_access_permitted(current_domain(), s, s + n - 1))
		return -EPERM;
	return change(d, d->ioport_caps, s, s + n - 1, op->u.ioport_permission.allow_access);
}

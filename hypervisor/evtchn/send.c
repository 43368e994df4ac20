/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raising events: by a guest (send), by the hypervisor (virtual interrupts) and
 * by devices (physical interrupts).
 *
 * Lock: the event_lock of the domain whose port is named. The other end of an
 * interdomain channel needs none: see core.c. virq_lock guards the table of the
 * domains that get the global virtual interrupts.
 */
#include "evtchn/private.h"
#include "irq/pirq.h"
#include "lib/bug.h"

/* Taken outside of event_lock, and from interrupt handlers. NULL: the hardware domain. */
static spinlock_t virq_lock = SPINLOCK_INIT(LOCK_VIRQ);
static struct domain *virq_handler[NR_VIRQS];

bool virq_is_global(unsigned virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

/*
 * Hot. Budget with interrupts off: 120 instructions and 5 locked operations for
 * an interdomain send that is the first one to a running vCPU, of which the
 * lock is one; 60 and 2 when the event is pending already.
 */
int evtchn_send(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_from_port(d, port), *peer;
	struct domain *rd;
	u64 flags;
	int rc = 0;

	if (unlikely(!ch))
		return -EINVAL;
	flags = spin_lock_irqsave(&d->event_lock);
	if (unlikely(ch->consumer)) {
		rc = -EINVAL;
		goto out;
	}
	switch (ch->state) {
	case ECS_INTERDOMAIN:
		rd = ch->u.remote.dom;
		peer = evtchn_from_port(rd, ch->u.remote.port);
		if (unlikely(peer->consumer))
			peer->consumer(domain_vcpu(rd, peer->notify_vcpu), peer->port);
		else
			port_set_pending(rd, peer);
		break;
	case ECS_IPI:
		port_set_pending(d, ch);
		break;
	case ECS_UNBOUND:
		/* Nobody listens yet; who binds gets an event anyway. */
		break;
	default:
		rc = -EINVAL;
	}
out:
	spin_unlock_irqrestore(&d->event_lock, flags);
	return rc;
}

void send_guest_vcpu_virq(struct vcpu *v, unsigned virq)
{
	struct domain *d = v->domain;
	u64 flags;
	u32 port;

	if (!READ_ONCE(v->virq_to_evtchn[virq]))
		return;
	flags = spin_lock_irqsave(&d->event_lock);
	port = v->virq_to_evtchn[virq];
	if (port)
		port_set_pending(d, evtchn_from_port(d, port));
	spin_unlock_irqrestore(&d->event_lock, flags);
}

/* Global ones are bound at vCPU 0, then moved by bind_vcpu. */
void send_guest_domain_virq(struct domain *d, unsigned virq)
{
	struct vcpu *v = domain_vcpu(d, 0);

	if (v)
		send_guest_vcpu_virq(v, virq);
}

void send_global_virq(unsigned virq)
{
	struct domain *d;
	u64 flags;

	BUG_ON(virq >= NR_VIRQS || !virq_is_global(virq));
	/* Under the lock the handler cannot lose its last reference. */
	flags = spin_lock_irqsave(&virq_lock);
	d = virq_handler[virq] ? virq_handler[virq] : hardware_domain;
	if (d)
		send_guest_domain_virq(d, virq);
	spin_unlock_irqrestore(&virq_lock, flags);
}

int evtchn_set_virq_handler(struct domain *d, unsigned virq)
{
	struct domain *old;
	u64 flags;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	flags = spin_lock_irqsave(&virq_lock);
	/* A dying domain clears its entries under this lock, after is_dying is set. */
	if (d->is_dying) {
		spin_unlock_irqrestore(&virq_lock, flags);
		return -EINVAL;
	}
	domain_ref(d);
	old = virq_handler[virq];
	virq_handler[virq] = d;
	spin_unlock_irqrestore(&virq_lock, flags);
	if (old)
		domain_put(old);
	return 0;
}

void evtchn_clear_virq_handlers(struct domain *d)
{
	unsigned virq, n = 0;
	u64 flags = spin_lock_irqsave(&virq_lock);

	for (virq = 0; virq < NR_VIRQS; virq++) {
		if (virq_handler[virq] == d) {
			virq_handler[virq] = NULL;
			n++;
		}
	}
	spin_unlock_irqrestore(&virq_lock, flags);
	while (n--)
		domain_put(d);
}

void send_guest_pirq(struct domain *d, u32 pirq)
{
	u64 flags = spin_lock_irqsave(&d->event_lock);
	struct pirq *p = pirq_find(d, pirq);
	struct evtchn *ch = p && p->evtchn ? evtchn_from_port(d, p->evtchn) : NULL;

	if (ch)
		port_set_pending(d, ch);
	spin_unlock_irqrestore(&d->event_lock, flags);
}

int evtchn_port_is_pending(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_from_port(d, port);
	u64 flags;
	int rc;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&d->event_lock);
	rc = evtchn_usable(ch) && evtchn_ops(d)->is_pending(d, ch);
	spin_unlock_irqrestore(&d->event_lock, flags);
	return rc;
}

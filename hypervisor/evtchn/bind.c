/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations that take a port: unbound, interdomain, virtual and physical
 * interrupts, interprocessor events. Each checks all of its request, takes a port,
 * and then cannot fail. Lock: d->event_lock, see core.c.
 */
#include "evtchn/private.h"
#include "core/rights.h"
#include "irq/pirq.h"

int evtchn_alloc_unbound(struct domain *d, domid_t remote, u32 *port)
{
	u64 flags;
	int p = evtchn_lock_and_get_port(d, &flags);
	struct evtchn *ch;

	if (p < 0)
		return p;
	ch = evtchn_from_port(d, (u32)p);
	ch->u.unbound_remote = remote;
	evtchn_take(d, ch, ECS_UNBOUND);
	spin_unlock_irqrestore(&d->event_lock, flags);
	*port = (u32)p;
	return 0;
}

int evtchn_op_alloc_unbound(struct evtchn_alloc_unbound *op)
{
	domid_t remote = op->remote_dom;
	struct domain *d = domain_get_any(op->dom);
	int rc;

	if (!d)
		return -ESRCH;
	if (remote == DOMID_SELF)
		remote = current_domain()->domain_id;
	rc = rights_target(d);
	if (!rc)
		rc = evtchn_alloc_unbound(d, remote, &op->port);
	domain_put(d);
	return rc;
}

/* Under both locks. Takes the two references that the two ends hold. */
static int connect(struct domain *ld, int lport, struct domain *rd, u32 rport)
{
	struct evtchn *lch, *rch = evtchn_from_port(rd, rport);

	if (lport < 0)
		return lport;
	if (!rch || rch->state != ECS_UNBOUND || rch->u.unbound_remote != ld->domain_id)
		return -EINVAL;
	lch = evtchn_from_port(ld, (u32)lport);
	domain_ref(ld);
	domain_ref(rd);
	lch->u.remote.dom = rd;
	lch->u.remote.port = rport;
	rch->u.remote.dom = ld;
	rch->u.remote.port = (u32)lport;
	evtchn_take(ld, lch, ECS_INTERDOMAIN);
	WRITE_ONCE(rch->state, ECS_INTERDOMAIN);
	/* What the peer sent before we were bound went nowhere: look once. */
	port_set_pending(ld, lch);
	return 0;
}

int evtchn_op_bind_interdomain(struct evtchn_bind_interdomain *op)
{
	struct domain *ld = current_domain(), *rd = domain_get_any(op->remote_dom);
	int lport, rc;
	u64 flags;

	if (!rd)
		return -ESRCH;
	for (;;) {
		flags = evtchn_lock_pair(ld, rd);
		lport = evtchn_get_free_port(ld);
		rc = lport == -ENOBUFS ? -ENOBUFS : connect(ld, lport, rd, op->remote_port);
		evtchn_unlock_pair(ld, rd, flags);
		if (rc != -ENOBUFS)
			break;
		rc = evtchn_grow(ld);
		if (rc)
			break;
	}
	if (!rc)
		op->local_port = (u32)lport;
	domain_put(rd);
	return rc;
}

int evtchn_op_bind_virq(struct evtchn_bind_virq *op)
{
	struct domain *d = current_domain();
	struct evtchn *ch;
	struct vcpu *v;
	u64 flags;
	int port;

	if (op->virq >= NR_VIRQS || (virq_is_global(op->virq) && op->vcpu))
		return -EINVAL;
	v = domain_vcpu(d, op->vcpu);
	if (!v)
		return -ENOENT;
	/* Once more under the lock; here so that a bound one says so even with no port left. */
	if (READ_ONCE(v->virq_to_evtchn[op->virq]))
		return -EEXIST;
	port = evtchn_lock_and_get_port(d, &flags);
	if (port < 0)
		return port;
	if (v->virq_to_evtchn[op->virq]) {
		spin_unlock_irqrestore(&d->event_lock, flags);
		return -EEXIST;
	}
	ch = evtchn_from_port(d, (u32)port);
	ch->notify_vcpu = (u16)v->id;
	ch->u.virq = op->virq;
	evtchn_take(d, ch, ECS_VIRQ);
	WRITE_ONCE(v->virq_to_evtchn[op->virq], (u32)port);
	spin_unlock_irqrestore(&d->event_lock, flags);
	op->port = (u32)port;
	return 0;
}

int evtchn_op_bind_ipi(struct evtchn_bind_ipi *op)
{
	struct domain *d = current_domain();
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct evtchn *ch;
	u64 flags;
	int port;

	if (!v)
		return -ENOENT;
	port = evtchn_lock_and_get_port(d, &flags);
	if (port < 0)
		return port;
	ch = evtchn_from_port(d, (u32)port);
	ch->notify_vcpu = (u16)v->id;
	evtchn_take(d, ch, ECS_IPI);
	spin_unlock_irqrestore(&d->event_lock, flags);
	op->port = (u32)port;
	return 0;
}

/* Under the lock, with a free port. */
static int bind_pirq_locked(struct domain *d, struct evtchn *ch, const struct evtchn_bind_pirq *op)
{
	struct pirq *p = pirq_find(d, op->pirq);
	struct vcpu *v = domain_vcpu(d, 0);
	int rc;

	if (!p || !v)
		return -EINVAL;
	if (p->evtchn)
		return -EEXIST;
	if (p->irq >= 0 && !irq_access_permitted(d, (u32)p->irq))
		return -EPERM;
	/* The port first: an interrupt may arrive as soon as the line is bound. */
	ch->u.pirq.nr = op->pirq;
	p->evtchn = ch->port;
	rc = pirq_guest_bind(v, p, op->flags & BIND_PIRQ__WILL_SHARE);
	if (rc) {
		p->evtchn = 0;
		return rc;
	}
	evtchn_take(d, ch, ECS_PIRQ);
	return 0;
}

int evtchn_op_bind_pirq(struct evtchn_bind_pirq *op)
{
	struct domain *d = current_domain();
	int port, rc;
	u64 flags;

	if (op->pirq >= d->nr_pirqs)
		return -EINVAL;
	port = evtchn_lock_and_get_port(d, &flags);
	if (port < 0)
		return port;
	rc = bind_pirq_locked(d, evtchn_from_port(d, (u32)port), op);
	spin_unlock_irqrestore(&d->event_lock, flags);
	if (!rc)
		op->port = (u32)port;
	return rc;
}

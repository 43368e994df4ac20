/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_event_channel_op: one function per operation. Each checks all of
 * its request, takes a port where it needs one, and then cannot fail.
 * Lock: d->event_lock, see core.c.
 */
#include "evtchn/private.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
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

static int op_alloc_unbound(struct evtchn_alloc_unbound *op)
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

static int op_bind_interdomain(struct evtchn_bind_interdomain *op)
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

static int op_bind_virq(struct evtchn_bind_virq *op)
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

static int op_bind_ipi(struct evtchn_bind_ipi *op)
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

static int op_bind_pirq(struct evtchn_bind_pirq *op)
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

/* Under the lock. */
static int fill_status(const struct evtchn *ch, struct evtchn_status *op)
{
	if (ch->consumer)
		return -EACCES;
	switch (ch->state) {
	case ECS_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = ch->u.unbound_remote;
		break;
	case ECS_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = ch->u.remote.dom->domain_id;
		op->u.interdomain.port = ch->u.remote.port;
		break;
	case ECS_PIRQ:
		op->status = EVTCHNSTAT_pirq;
		op->u.pirq = ch->u.pirq.nr;
		break;
	case ECS_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = ch->u.virq;
		break;
	case ECS_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	default:
		op->status = EVTCHNSTAT_closed;
	}
	op->vcpu = ch->notify_vcpu;
	return 0;
}

static int op_status(struct evtchn_status *op)
{
	struct domain *d = domain_get_any(op->dom);
	struct evtchn *ch;
	u64 flags;
	int rc;

	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	ch = rc ? NULL : evtchn_from_port(d, op->port);
	if (ch) {
		flags = spin_lock_irqsave(&d->event_lock);
		rc = fill_status(ch, op);
		spin_unlock_irqrestore(&d->event_lock, flags);
	} else if (!rc) {
		rc = -EINVAL;
	}
	domain_put(d);
	return rc;
}

static int op_bind_vcpu(const struct evtchn_bind_vcpu *op)
{
	struct domain *d = current_domain();
	struct evtchn *ch = evtchn_from_port(d, op->port);
	u64 flags;
	int rc = 0;

	if (!domain_vcpu(d, op->vcpu))
		return -ENOENT;
	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&d->event_lock);
	switch (ch->consumer ? ECS_FREE : ch->state) {
	case ECS_VIRQ:
		if (!virq_is_global(ch->u.virq)) {
			rc = -EINVAL;
			break;
		}
		/* fall through */
	case ECS_UNBOUND:
	case ECS_INTERDOMAIN:
	case ECS_PIRQ:
		WRITE_ONCE(ch->notify_vcpu, (u16)op->vcpu);
		break;
	default:
		rc = -EINVAL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return rc;
}

static int op_unmask(const struct evtchn_unmask *op)
{
	struct domain *d = current_domain();
	struct evtchn *ch = evtchn_from_port(d, op->port);
	u64 flags;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&d->event_lock);
	if (evtchn_usable(ch))
		evtchn_ops(d)->unmask(d, ch);
	spin_unlock_irqrestore(&d->event_lock, flags);
	return 0;
}

static int op_set_priority(const struct evtchn_set_priority *op)
{
	struct domain *d = current_domain();
	struct evtchn *ch = evtchn_from_port(d, op->port);
	u64 flags;
	int rc;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&d->event_lock);
	rc = evtchn_ops(d)->set_priority(d, ch, op->priority);
	spin_unlock_irqrestore(&d->event_lock, flags);
	return rc;
}

/* A domain that still runs elsewhere could bind new ports for ever: it must be paused. */
static int op_reset(const struct evtchn_reset *op)
{
	struct domain *d = domain_get_any(op->dom);
	int rc;

	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	if (!rc && d != current_domain() && !d->controller_pause_count)
		rc = -EINVAL;
	if (!rc)
		rc = evtchn_close_all(d, true);
	if (!rc) {
		evtchn_reset_fifo(d);
		/* Another vCPU bound ports meanwhile, or the hypervisor holds some. */
		if (d->active_evtchns > 1)
			rc = -EAGAIN;
	}
	domain_put(d);
	return rc;
}

union evtchn_request {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

#define IN(x) { sizeof(struct evtchn_##x), false }
#define INOUT(x) { sizeof(struct evtchn_##x), true }
static const struct { u8 size; bool out; } op_shape[] = {
	[EVTCHNOP_bind_interdomain] = INOUT(bind_interdomain),
	[EVTCHNOP_bind_virq] = INOUT(bind_virq),
	[EVTCHNOP_bind_pirq] = INOUT(bind_pirq),
	[EVTCHNOP_close] = IN(close),
	[EVTCHNOP_send] = IN(send),
	[EVTCHNOP_status] = INOUT(status),
	[EVTCHNOP_alloc_unbound] = INOUT(alloc_unbound),
	[EVTCHNOP_bind_ipi] = INOUT(bind_ipi),
	[EVTCHNOP_bind_vcpu] = IN(bind_vcpu),
	[EVTCHNOP_unmask] = IN(unmask),
	[EVTCHNOP_reset] = IN(reset),
	[EVTCHNOP_init_control] = INOUT(init_control),
	[EVTCHNOP_expand_array] = IN(expand_array),
	[EVTCHNOP_set_priority] = IN(set_priority),
};

static int dispatch(unsigned cmd, union evtchn_request *r)
{
	switch (cmd) {
	case EVTCHNOP_send:
		return evtchn_send(current_domain(), r->send.port);
	case EVTCHNOP_unmask:
		return op_unmask(&r->unmask);
	case EVTCHNOP_alloc_unbound:
		return op_alloc_unbound(&r->alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		return op_bind_interdomain(&r->bind_interdomain);
	case EVTCHNOP_bind_virq:
		return op_bind_virq(&r->bind_virq);
	case EVTCHNOP_bind_ipi:
		return op_bind_ipi(&r->bind_ipi);
	case EVTCHNOP_bind_pirq:
		return op_bind_pirq(&r->bind_pirq);
	case EVTCHNOP_close:
		return evtchn_close(current_domain(), r->close.port, true);
	case EVTCHNOP_status:
		return op_status(&r->status);
	case EVTCHNOP_bind_vcpu:
		return op_bind_vcpu(&r->bind_vcpu);
	case EVTCHNOP_init_control:
		return evtchn_fifo_init_control(&r->init_control);
	case EVTCHNOP_expand_array:
		return evtchn_fifo_expand_array(&r->expand_array);
	case EVTCHNOP_set_priority:
		return op_set_priority(&r->set_priority);
	default:
		return op_reset(&r->reset);
	}
}

/* The answer could not be written: a port that the guest does not know shall not stay. */
static void undo(unsigned cmd, const union evtchn_request *r)
{
	struct domain *d;

	switch (cmd) {
	case EVTCHNOP_bind_interdomain:
		evtchn_close(current_domain(), r->bind_interdomain.local_port, true);
		break;
	case EVTCHNOP_bind_virq:
		evtchn_close(current_domain(), r->bind_virq.port, true);
		break;
	case EVTCHNOP_bind_ipi:
		evtchn_close(current_domain(), r->bind_ipi.port, true);
		break;
	case EVTCHNOP_bind_pirq:
		evtchn_close(current_domain(), r->bind_pirq.port, true);
		break;
	case EVTCHNOP_alloc_unbound:
		d = domain_get_any(r->alloc_unbound.dom);
		if (d) {
			evtchn_close(d, r->alloc_unbound.port, true);
			domain_put(d);
		}
		break;
	}
}

long hc_event_channel_op(struct hc_args *a)
{
	unsigned cmd = (unsigned)a->arg[0];
	void __guest *arg = (void __guest *)a->arg[1];
	union evtchn_request r;
	int rc;

	if (cmd >= ARRAY_SIZE(op_shape) || !op_shape[cmd].size)
		return -ENOSYS;
	if (copy_from_guest(&r, arg, op_shape[cmd].size))
		return -EFAULT;
	rc = dispatch(cmd, &r);
	if (!rc && op_shape[cmd].out && copy_to_guest(arg, &r, op_shape[cmd].size)) {
		undo(cmd, &r);
		rc = -EFAULT;
	}
	return rc;
}

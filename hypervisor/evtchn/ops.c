/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_event_channel_op: which function does what, and the operations on
 * ports that are there; those that make one are in bind.c.
 * Lock: d->event_lock, see core.c.
 */
#include "evtchn/private.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "irq/pirq.h"

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
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct pirq *p;
	u64 flags;
	int rc = 0;

	if (!v)
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
		WRITE_ONCE(ch->notify_vcpu, (u16)v->id);
		break;
	case ECS_PIRQ:
		WRITE_ONCE(ch->notify_vcpu, (u16)v->id);
		p = pirq_find(d, ch->u.pirq.nr);
		if (p)
			pirq_set_affinity(d, p, READ_ONCE(v->cpu));
		break;
	default:
		rc = -EINVAL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return rc;
}

int evtchn_unmask(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_from_port(d, port);
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
	case EVTCHNOP_unmask:
		return evtchn_unmask(current_domain(), r->unmask.port);
	case EVTCHNOP_alloc_unbound:
		return evtchn_op_alloc_unbound(&r->alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		return evtchn_op_bind_interdomain(&r->bind_interdomain);
	case EVTCHNOP_bind_virq:
		return evtchn_op_bind_virq(&r->bind_virq);
	case EVTCHNOP_bind_ipi:
		return evtchn_op_bind_ipi(&r->bind_ipi);
	case EVTCHNOP_bind_pirq:
		return evtchn_op_bind_pirq(&r->bind_pirq);
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

static noinline long other_op(unsigned cmd, void __guest *arg)
{
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

long hc_event_channel_op(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[1];
	struct evtchn_send send;

	/* The hot one goes straight on, and has no answer to write back. */
	if (unlikely((unsigned)a->arg[0] != EVTCHNOP_send))
		return other_op((unsigned)a->arg[0], arg);
	if (copy_from_guest(&send, arg, sizeof(send)))
		return -EFAULT;
	return evtchn_send(current_domain(), send.port);
}

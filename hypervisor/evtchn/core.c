/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: where their structs live, allocation, closing, a domain's birth and
 * death.
 *
 * Invariants. A struct evtchn, once there, stays until the domain is freed.
 * valid_evtchns counts them and only grows; it is raised after the bucket's
 * pointer was stored, so that a reader without a lock sees a whole bucket. Both
 * ends of an interdomain channel are in that state and hold a reference on each
 * other's domain; they change together, under both locks. Hence who holds one
 * end's lock and sees ECS_INTERDOMAIN may use the other end.
 *
 * Lock: d->event_lock (irqsave), two of them in order of address. Nothing is
 * allocated or freed under it.
 */
#include "evtchn/private.h"
#include "core/hypercall.h"
#include "irq/pirq.h"
#include "lib/bug.h"
#include "lib/printk.h"
#include "mm/heap.h"

#define CLOSE_BATCH 64

static unsigned port_limit(const struct domain *d)
{
	return min(d->max_evtchn_port + 1, evtchn_ops(d)->max_ports);
}

struct evtchn *evtchn_from_port(const struct domain *d, u32 port)
{
	if (unlikely(port >= __atomic_load_n(&d->valid_evtchns, __ATOMIC_ACQUIRE)))
		return NULL;
	return &d->evtchn_buckets[port / EVTCHNS_PER_BUCKET][port % EVTCHNS_PER_BUCKET];
}

int evtchn_grow(struct domain *d)
{
	struct evtchn *bucket = knew_array(struct evtchn, EVTCHNS_PER_BUCKET);
	u64 flags;
	unsigned i, first;

	if (!bucket)
		return -ENOMEM;
	flags = spin_lock_irqsave(&d->event_lock);
	first = d->valid_evtchns;
	/* Another CPU may have grown it to the end while we allocated. */
	if (first <= d->max_evtchn_port) {
		for (i = 0; i < EVTCHNS_PER_BUCKET; i++) {
			bucket[i].port = first + i;
			bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
			bucket[i].last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		}
		d->evtchn_buckets[first / EVTCHNS_PER_BUCKET] = bucket;
		__atomic_store_n(&d->valid_evtchns, first + EVTCHNS_PER_BUCKET, __ATOMIC_RELEASE);
		bucket = NULL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	kfree(bucket);
	return 0;
}

/* A closed FIFO port that the guest has not unlinked yet must not be used again. */
static bool port_is_busy(const struct domain *d, u32 port)
{
	const struct evtchn_fifo *f = d->fifo;

	return f && port < f->nr_words &&
	       READ_ONCE(f->array[port / FIFO_WORDS_PER_PAGE][port % FIFO_WORDS_PER_PAGE]) &
	       1u << EVTCHN_FIFO_LINKED;
}

int evtchn_get_free_port(struct domain *d)
{
	unsigned limit = port_limit(d), port;
	bool at_hint = true;

	/* No buckets: it is just being made. */
	if (d->is_dying || !d->evtchn_buckets)
		return -EINVAL;
	for (port = d->evtchn_hint; port < limit; port++) {
		struct evtchn *ch = evtchn_from_port(d, port);

		if (!ch)
			return -ENOBUFS;
		if (ch->state == ECS_FREE && !port_is_busy(d, port))
			return (int)port;
		at_hint = at_hint && ch->state != ECS_FREE;
		if (at_hint)
			d->evtchn_hint = port + 1;
	}
	return -ENOSPC;
}

int evtchn_lock_and_get_port(struct domain *d, u64 *flags)
{
	int port, rc;

	for (;;) {
		*flags = spin_lock_irqsave(&d->event_lock);
		port = evtchn_get_free_port(d);
		if (port >= 0)
			return port;
		spin_unlock_irqrestore(&d->event_lock, *flags);
		if (port != -ENOBUFS)
			return port;
		rc = evtchn_grow(d);
		if (rc)
			return rc;
	}
}

void evtchn_take(struct domain *d, struct evtchn *ch, enum evtchn_state state)
{
	evtchn_ops(d)->init(d, ch);
	d->active_evtchns++;
	WRITE_ONCE(ch->state, state);
}

static void evtchn_release(struct domain *d, struct evtchn *ch)
{
	evtchn_ops(d)->clear_pending(d, ch);
	WRITE_ONCE(ch->state, ECS_FREE);
	WRITE_ONCE(ch->notify_vcpu, 0);
	ch->consumer = NULL;
	ch->pending = false;
	ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	d->active_evtchns--;
	d->evtchn_hint = min(d->evtchn_hint, (unsigned)ch->port);
}

u64 evtchn_lock_pair(struct domain *a, struct domain *b)
{
	u64 flags = spin_lock_irqsave(a <= b ? &a->event_lock : &b->event_lock);

	if (a != b)
		spin_lock_nested(a < b ? &b->event_lock : &a->event_lock);
	return flags;
}

void evtchn_unlock_pair(struct domain *a, struct domain *b, u64 flags)
{
	if (a != b)
		spin_unlock(a < b ? &b->event_lock : &a->event_lock);
	spin_unlock_irqrestore(a <= b ? &a->event_lock : &b->event_lock, flags);
}

static void unbind_virq(struct domain *d, const struct evtchn *ch)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		if (v->virq_to_evtchn[ch->u.virq] == ch->port)
			WRITE_ONCE(v->virq_to_evtchn[ch->u.virq], 0);
	}
}

static void unbind_pirq(struct domain *d, const struct evtchn *ch)
{
	struct pirq *p = pirq_find(d, ch->u.pirq.nr);

	if (p && p->evtchn == ch->port) {
		pirq_guest_unbind(d, p);
		p->evtchn = 0;
	}
}

/* Under the lock: undo what ties a port that is not interdomain, and free it. */
static int close_local(struct domain *d, struct evtchn *ch)
{
	switch (ch->state) {
	case ECS_UNBOUND:
	case ECS_IPI:
		break;
	case ECS_VIRQ:
		unbind_virq(d, ch);
		break;
	case ECS_PIRQ:
		unbind_pirq(d, ch);
		break;
	default:
		return -EINVAL;
	}
	evtchn_release(d, ch);
	return 0;
}

/*
 * Close one end of an interdomain channel; the other waits for us again.
 * -EAGAIN if it was no longer that channel once both locks were held. The
 * caller holds a reference on peer.
 */
static int close_interdomain(struct domain *d, struct evtchn *ch, struct domain *peer)
{
	u64 flags = evtchn_lock_pair(d, peer);
	struct evtchn *other;

	if (ch->state != ECS_INTERDOMAIN || ch->u.remote.dom != peer) {
		evtchn_unlock_pair(d, peer, flags);
		return -EAGAIN;
	}
	other = evtchn_from_port(peer, ch->u.remote.port);
	BUG_ON(!other || other->state != ECS_INTERDOMAIN || other->u.remote.dom != d);
	/* A loop to oneself on one port cannot be: the end bound to was another port. */
	BUG_ON(other == ch);
	WRITE_ONCE(other->state, ECS_UNBOUND);
	other->u.unbound_remote = d->domain_id;
	evtchn_release(d, ch);
	evtchn_unlock_pair(d, peer, flags);
	/* The references of both ends. */
	domain_put(peer);
	domain_put(d);
	return 0;
}

int evtchn_close(struct domain *d, u32 port, bool guest)
{
	struct evtchn *ch = evtchn_from_port(d, port);
	struct domain *peer;
	u64 flags;
	int rc;

	if (!ch)
		return -EINVAL;
	do {
		flags = spin_lock_irqsave(&d->event_lock);
		if (guest && ch->consumer) {
			spin_unlock_irqrestore(&d->event_lock, flags);
			return -EINVAL;
		}
		if (ch->state != ECS_INTERDOMAIN) {
			rc = close_local(d, ch);
			spin_unlock_irqrestore(&d->event_lock, flags);
			return rc;
		}
		peer = ch->u.remote.dom;
		domain_ref(peer);
		spin_unlock_irqrestore(&d->event_lock, flags);
		rc = close_interdomain(d, ch, peer);
		domain_put(peer);
		/* Only another close and a new binding of the same port bring us back here. */
	} while (rc == -EAGAIN);
	return rc;
}

/*
 * Progress is counted in ports closed, so that a restart always gets further;
 * passing the free ones again costs a few cycles each.
 */
int evtchn_close_all(struct domain *d, bool guest)
{
	unsigned closed = 0;
	struct evtchn *ch;
	u32 port;

	for (port = 1; (ch = evtchn_from_port(d, port)); port++) {
		if (!evtchn_usable(ch))
			continue;
		evtchn_close(d, port, guest);
		if (++closed % CLOSE_BATCH == 0 && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}

int evtchn_init(struct domain *d, unsigned max_port)
{
	struct evtchn **buckets;
	int rc;

	/* The domain can be found already: the lock may be in use, nothing else of ours. */
	d->max_evtchn_port = min(max_port, EVTCHN_FIFO_NR_CHANNELS - 1u);
	buckets = knew_array(struct evtchn *, d->max_evtchn_port / EVTCHNS_PER_BUCKET + 1);
	if (!buckets)
		return -ENOMEM;
	d->active_evtchns = 1;
	d->evtchn_hint = 1;
	__atomic_store_n(&d->evtchn_buckets, buckets, __ATOMIC_RELEASE);
	rc = evtchn_grow(d);
	if (rc) {
		evtchn_free(d);
		return rc;
	}
	/* Port 0 means "none" in many places of the ABI. */
	d->evtchn_buckets[0][0].state = ECS_RESERVED;
	return 0;
}

int evtchn_destroy(struct domain *d)
{
	u64 flags;
	int rc;

	/* A creation that failed early has none. is_dying keeps new ports from being made. */
	if (!d->evtchn_buckets)
		return 0;
	/* Who did not see is_dying yet took his port before we get the lock. */
	flags = spin_lock_irqsave(&d->event_lock);
	spin_unlock_irqrestore(&d->event_lock, flags);
	rc = evtchn_close_all(d, false);
	if (rc)
		return rc;
	evtchn_clear_virq_handlers(d);
	evtchn_reset_fifo(d);
	return 0;
}

void evtchn_free(struct domain *d)
{
	unsigned i;

	if (!d->evtchn_buckets)
		return;
	for (i = 0; i * EVTCHNS_PER_BUCKET < d->valid_evtchns; i++)
		kfree(d->evtchn_buckets[i]);
	d->valid_evtchns = 0;
	kfree(d->evtchn_buckets);
	d->evtchn_buckets = NULL;
}

static void dump_port(const struct domain *d, const struct evtchn *ch)
{
	static const char *const state[] = { "free", "reserved", "unbound", "interdomain", "pirq",
					     "virq", "ipi" };

	printk(LOG_INFO, "  %5u [%c%c] v%u prio %u %s", ch->port,
	       evtchn_ops(d)->is_pending(d, ch) ? 'p' : '-',
	       evtchn_ops(d)->is_masked(d, ch) ? 'm' : '-', ch->notify_vcpu, ch->priority,
	       state[ch->state]);
	if (ch->state == ECS_INTERDOMAIN)
		printk(LOG_INFO, " d%u:%u", ch->u.remote.dom->domain_id, ch->u.remote.port);
	else if (ch->state == ECS_UNBOUND)
		printk(LOG_INFO, " for d%u", ch->u.unbound_remote);
	else if (ch->state == ECS_VIRQ)
		printk(LOG_INFO, " %u", ch->u.virq);
	else if (ch->state == ECS_PIRQ)
		printk(LOG_INFO, " %u", ch->u.pirq.nr);
	printk(LOG_INFO, "%s\n", ch->consumer ? " (hypervisor)" : "");
}

void evtchn_dump(struct domain *d)
{
	struct evtchn *ch;
	u64 flags;
	u32 port;

	if (!d->evtchn_buckets)
		return;
	printk(LOG_INFO, "d%u: %u ports in use, limit %u, %s\n", d->domain_id,
	       d->active_evtchns - 1, port_limit(d), d->fifo ? "FIFO" : "two-level");
	for (port = 1; (ch = evtchn_from_port(d, port)); port++) {
		flags = spin_lock_irqsave(&d->event_lock);
		if (evtchn_usable(ch))
			dump_port(d, ch);
		spin_unlock_irqrestore(&d->event_lock, flags);
	}
}

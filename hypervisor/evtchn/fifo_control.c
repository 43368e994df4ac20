/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Setting up and taking down the FIFO ABI: the guest's pages (control blocks,
 * event words) and our structs for them.
 *
 * Invariants. Each page that we write to carries a general and a writable
 * reference, taken before its address is published and dropped after it was
 * taken back. The switch to FIFO happens once, with the first control block; the
 * way back only when no port is open. Lock: d->event_lock.
 */
#include "evtchn/private.h"
#include "lib/string.h"
#include "mm/heap.h"

/* A PV guest names its frames by machine frame numbers. */
static struct page *get_guest_page(struct domain *d, u64 gfn)
{
	mfn_t mfn = _mfn(gfn);

	if (!mfn_valid(mfn) || !page_get_writable(mfn_to_page(mfn), d))
		return NULL;
	return mfn_to_page(mfn);
}

static struct evtchn_fifo *fifo_alloc(const struct domain *d)
{
	struct evtchn_fifo *f = kmalloc(sizeof(*f) + d->max_vcpus * sizeof(f->vcpu[0]));

	if (f)
		spin_lock_init(&f->lock, LOCK_LEAF);
	return f;
}

/*
 * Under the lock: from two-level to FIFO; what is pending there is kept for
 * expand_array. A sender from another domain does not hold this lock: he looks
 * again after setting his bit (two_level.c), so either we see the bit or he us.
 */
static void switch_to_fifo(struct domain *d, struct evtchn_fifo *f)
{
	struct evtchn *ch;
	u32 port;

	__atomic_store_n(&d->fifo, f, __ATOMIC_SEQ_CST);
	for (port = 1; port < EVTCHN_2L_NR_CHANNELS && (ch = evtchn_from_port(d, port)); port++) {
		ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		ch->last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		ch->last_vcpu = 0;
		if (evtchn_usable(ch) && evtchn_2l_ops.is_pending(d, ch))
			__atomic_store_n(&ch->pending, true, __ATOMIC_SEQ_CST);
	}
}

int evtchn_fifo_init_control(struct evtchn_init_control *op)
{
	struct domain *d = current_domain();
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct evtchn_fifo *fresh = NULL;
	struct evtchn_fifo_vcpu *fv;
	struct page *pg;
	u64 flags;
	int rc = 0;

	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	if (!v)
		return -ENOENT;
	if (op->offset & 7 || op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))
		return -EINVAL;
	if (!READ_ONCE(d->fifo)) {
		fresh = fifo_alloc(d);
		if (!fresh)
			return -ENOMEM;
	}
	pg = get_guest_page(d, op->control_gfn);
	if (!pg) {
		kfree(fresh);
		return -EINVAL;
	}

	flags = spin_lock_irqsave(&d->event_lock);
	if (!d->fifo && fresh && !d->is_dying) {
		switch_to_fifo(d, fresh);
		fresh = NULL;
	}
	/* No struct here: a reset on another vCPU took it away between our look and the lock. */
	fv = d->fifo ? &d->fifo->vcpu[v->id] : NULL;
	if (!fv || fv->control) {
		rc = -EINVAL;
	} else {
		fv->page = pg;
		WRITE_ONCE(fv->control, (void *)((u8 *)page_to_virt(pg) + op->offset));
		v->fifo = fv;
		pg = NULL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	kfree(fresh);
	if (pg)
		page_put_writable(pg);
	return rc;
}

/* Under the lock: the page is there, raise what had to wait for it. */
static void raise_waiting(struct domain *d, u32 first)
{
	struct evtchn *ch;
	u32 port;

	for (port = first; port < first + FIFO_WORDS_PER_PAGE; port++) {
		ch = evtchn_from_port(d, port);
		if (!ch)
			break;
		if (evtchn_usable(ch) &&
		    __atomic_exchange_n(&ch->pending, false, __ATOMIC_SEQ_CST))
			port_set_pending(d, ch);
	}
}

int evtchn_fifo_expand_array(const struct evtchn_expand_array *op)
{
	struct domain *d = current_domain();
	struct evtchn_fifo *f;
	struct page *pg;
	u64 flags;
	int rc = 0;
	u32 first;

	if (!READ_ONCE(d->fifo))
		return -EOPNOTSUPP;
	pg = get_guest_page(d, op->array_gfn);
	if (!pg)
		return -EINVAL;
	flags = spin_lock_irqsave(&d->event_lock);
	f = d->fifo;
	if (!f) {
		rc = -EOPNOTSUPP;
	} else if (f->nr_words >= EVTCHN_FIFO_NR_CHANNELS) {
		rc = -ENOSPC;
	} else {
		first = f->nr_words;
		f->array[first / FIFO_WORDS_PER_PAGE] = page_to_virt(pg);
		__atomic_store_n(&f->nr_words, first + FIFO_WORDS_PER_PAGE, __ATOMIC_RELEASE);
		raise_waiting(d, first);
		pg = NULL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	if (pg)
		page_put_writable(pg);
	return rc;
}

/* Back to two-level, provided that no port is open any more. */
void evtchn_reset_fifo(struct domain *d)
{
	struct evtchn_fifo *f = NULL;
	struct vcpu *v;
	unsigned i;
	u64 flags;

	flags = spin_lock_irqsave(&d->event_lock);
	if (d->active_evtchns <= 1) {
		f = d->fifo;
		WRITE_ONCE(d->fifo, NULL);
		for_each_vcpu(d, v)
			v->fifo = NULL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	if (!f)
		return;
	for (i = 0; i < f->nr_words / FIFO_WORDS_PER_PAGE; i++)
		page_put_writable(virt_to_page(f->array[i]));
	for (i = 0; i < d->max_vcpus; i++) {
		if (f->vcpu[i].page)
			page_put_writable(f->vcpu[i].page);
	}
	kfree(f);
}

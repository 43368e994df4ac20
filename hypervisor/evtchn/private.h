/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of evtchn/ share. */
#ifndef EVTCHN_PRIVATE_H
#define EVTCHN_PRIVATE_H

#include "evtchn/evtchn.h"
#include "lib/errno.h"

#define EVTCHNS_PER_BUCKET 64u
#define FIFO_WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define FIFO_MAX_PAGES (EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

/* One vCPU's queues. tail is ours; the heads are in the guest's control block. */
struct evtchn_fifo_vcpu {
	struct evtchn_fifo_control_block *control;	/* NULL: not set yet */
	struct page *page;				/* referenced, writable */
	u32 tail[EVTCHN_FIFO_MAX_QUEUES];		/* last port linked, 0: none */
};

struct evtchn_fifo {
	spinlock_t lock;				/* queues; LOCK_LEAF, irqsave */
	u32 nr_words;					/* ports with an event word */
	event_word_t *array[FIFO_MAX_PAGES];		/* each page referenced, writable */
	struct evtchn_fifo_vcpu vcpu[];			/* d->max_vcpus */
};

static inline const struct evtchn_ops *evtchn_ops(const struct domain *d)
{
	return READ_ONCE(d->fifo) ? &evtchn_fifo_ops : &evtchn_2l_ops;
}

static inline bool evtchn_usable(const struct evtchn *ch) { return ch->state > ECS_RESERVED; }

/* Raise ch of d at the vCPU that it is bound to. */
static inline void port_set_pending(struct domain *d, struct evtchn *ch)
{
	struct vcpu *v = likely(d->vcpu) ? d->vcpu[READ_ONCE(ch->notify_vcpu)] : NULL;

	if (likely(v))
		evtchn_ops(d)->set_pending(v, ch);
}

/*
 * core.c: a free port of d, not yet taken: the number, or -ENOSPC, -EINVAL (dying),
 * -ENOBUFS: call evtchn_grow() without the lock and try again. Under event_lock.
 */
int evtchn_get_free_port(struct domain *d);
int evtchn_grow(struct domain *d);
/* Both in one: returns with the lock held if the result is >= 0, else without. */
int evtchn_lock_and_get_port(struct domain *d, u64 *flags);
/* Make a free port a used one: the state's data must have been set. */
void evtchn_take(struct domain *d, struct evtchn *ch, enum evtchn_state state);
u64 evtchn_lock_pair(struct domain *a, struct domain *b);
void evtchn_unlock_pair(struct domain *a, struct domain *b, u64 flags);
/* Close what is open, at most a batch: 0 or -ERESTART. */
int evtchn_close_all(struct domain *d, bool guest);

bool virq_is_global(unsigned virq);		/* send.c */

/* bind.c: each answers with the port in *op. */
int evtchn_op_alloc_unbound(struct evtchn_alloc_unbound *op);
int evtchn_op_bind_interdomain(struct evtchn_bind_interdomain *op);
int evtchn_op_bind_virq(struct evtchn_bind_virq *op);
int evtchn_op_bind_ipi(struct evtchn_bind_ipi *op);
int evtchn_op_bind_pirq(struct evtchn_bind_pirq *op);

/* fifo_control.c */
int evtchn_fifo_init_control(struct evtchn_init_control *op);
int evtchn_fifo_expand_array(const struct evtchn_expand_array *op);

#endif

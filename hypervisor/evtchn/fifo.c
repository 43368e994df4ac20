/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO ABI: each port has a 32-bit event word in pages that the guest gave
 * us; for each vCPU and priority the words of pending ports form a queue, linked
 * by port numbers in the words, with the head in the vCPU's control block.
 *
 * What we believe. The guest may write anything anywhere in these pages at any
 * time. We use no number read from them: the tail of each queue is kept here,
 * and a word's LINK field is only ever written by us. What is read are single
 * flags, and every loop on a compare-and-swap is bounded; a guest that disturbs
 * it loses its own event.
 *
 * Which queue a port was last put on is kept in last_vcpu and last_priority: if
 * the port is that queue's tail when it goes to another queue, the old tail must
 * be forgotten, or the next event there would be linked behind a stranger.
 *
 * Lock: fifo->lock (LOCK_LEAF, irqsave) guards all queues of a domain. The
 * structs go only after all ports are closed (fifo_control.c), so a sender, who
 * holds a lock that keeps the port open, may use them.
 */
#include "evtchn/private.h"

#define LINK_TRIES 4

#define W_PENDING (1u << EVTCHN_FIFO_PENDING)
#define W_MASKED (1u << EVTCHN_FIFO_MASKED)
#define W_LINKED (1u << EVTCHN_FIFO_LINKED)
#define W_BUSY (1u << EVTCHN_FIFO_BUSY)

static event_word_t *event_word(const struct evtchn_fifo *f, u32 port)
{
	if (unlikely(port >= __atomic_load_n(&f->nr_words, __ATOMIC_ACQUIRE)))
		return NULL;
	return f->array[port / FIFO_WORDS_PER_PAGE] + port % FIFO_WORDS_PER_PAGE;
}

static inline u32 word_set(event_word_t *w, u32 bits)
{
	return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST);
}

static inline u32 word_clear(event_word_t *w, u32 bits)
{
	return __atomic_fetch_and(w, ~bits, __ATOMIC_SEQ_CST);
}

/* 1: linked; 0: the tail was consumed meanwhile, start a new chain; -1: it changed under us. */
static int try_link(event_word_t *tail, u32 *old, u32 port)
{
	u32 new;

	if (!(*old & W_LINKED))
		return 0;
	new = (*old & ~(W_BUSY | EVTCHN_FIFO_LINK_MASK)) | port;
	return __atomic_compare_exchange_n(tail, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST) ? 1 : -1;
}

/*
 * Append port behind tail. BUSY asks a guest that unmasks the tail's event to
 * wait, so that a few tries are enough for one that keeps to the protocol.
 */
static bool link_behind(event_word_t *tail, u32 port)
{
	u32 old = __atomic_load_n(tail, __ATOMIC_SEQ_CST);
	int i, rc = try_link(tail, &old, port);

	if (rc >= 0)
		return rc;
	old = word_set(tail, W_BUSY) | W_BUSY;
	for (i = 0; i < LINK_TRIES; i++) {
		rc = try_link(tail, &old, port);
		if (rc == 1)
			return true;
		if (rc == 0)
			break;
	}
	word_clear(tail, W_BUSY);
	/* A word that never stood still is not the work of an honest guest. */
	return rc != 0;
}

/* Put the port on its queue: true when the queue was empty and its vCPU must be told. */
static bool enqueue(struct evtchn_fifo *f, struct vcpu *v, struct evtchn *ch, event_word_t *word)
{
	struct evtchn_fifo_vcpu *fv = &f->vcpu[v->id];
	u8 prio = READ_ONCE(ch->priority);
	u32 *tail = &fv->tail[prio], *old_tail;
	event_word_t *tail_word;

	/* No control block yet: such an event is lost by the ABI's rules. */
	if (!fv->control)
		return false;
	if (word_set(word, W_LINKED) & W_LINKED)
		return false;
	old_tail = &f->vcpu[ch->last_vcpu].tail[ch->last_priority];
	if (*old_tail == ch->port)
		*old_tail = 0;
	ch->last_vcpu = (u16)v->id;
	ch->last_priority = prio;

	tail_word = *tail ? event_word(f, *tail) : NULL;
	if (!tail_word || !link_behind(tail_word, ch->port)) {
		__atomic_store_n(&fv->control->head[prio], ch->port, __ATOMIC_RELEASE);
		*tail = ch->port;
		return !(__atomic_fetch_or(&fv->control->ready, 1u << prio, __ATOMIC_SEQ_CST) &
			 1u << prio);
	}
	*tail = ch->port;
	return false;
}

/* Hot. Budget: 100 instructions, 5 locked operations; 20 and 1 when it is linked already. */
static void fifo_set_pending(struct vcpu *v, struct evtchn *ch)
{
	struct domain *d = v->domain;
	struct evtchn_fifo *f = d->fifo;
	event_word_t *word = event_word(f, ch->port);
	bool notify = false;
	u64 flags;
	u32 old;

	if (unlikely(!word)) {
		/* Raised again when the guest adds the page; which may be just now. */
		__atomic_store_n(&ch->pending, true, __ATOMIC_SEQ_CST);
		word = event_word(f, ch->port);
		if (!word || !__atomic_exchange_n(&ch->pending, false, __ATOMIC_SEQ_CST))
			return;
	}
	old = word_set(word, W_PENDING);
	if (!(old & (W_MASKED | W_LINKED))) {
		flags = spin_lock_irqsave(&f->lock);
		notify = enqueue(f, v, ch, word);
		spin_unlock_irqrestore(&f->lock, flags);
	}
	if (notify)
		vcpu_mark_events_pending(v);
	if (!(old & W_PENDING))
		evtchn_check_pollers(d, ch->port);
}

static void fifo_init(struct domain *d, struct evtchn *ch)
{
	ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
}

static void fifo_clear_pending(struct domain *d, struct evtchn *ch)
{
	event_word_t *word = event_word(d->fifo, ch->port);

	/* It stays linked until the guest comes to it; core.c does not reuse it before. */
	ch->pending = false;
	if (word)
		word_clear(word, W_PENDING);
}

static bool fifo_unmask(struct domain *d, struct evtchn *ch)
{
	event_word_t *word = event_word(d->fifo, ch->port);
	struct vcpu *v = domain_vcpu(d, ch->notify_vcpu);

	if (!word || !v)
		return false;
	if (!(word_clear(word, W_MASKED) & W_PENDING))
		return false;
	fifo_set_pending(v, ch);
	return true;
}

static bool fifo_is_pending(const struct domain *d, const struct evtchn *ch)
{
	const event_word_t *word = event_word(d->fifo, ch->port);

	return word ? READ_ONCE(*word) & W_PENDING : ch->pending;
}

static bool fifo_is_masked(const struct domain *d, const struct evtchn *ch)
{
	const event_word_t *word = event_word(d->fifo, ch->port);

	return !word || READ_ONCE(*word) & W_MASKED;
}

static int fifo_set_priority(struct domain *d, struct evtchn *ch, unsigned priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	/* From its next link on. */
	WRITE_ONCE(ch->priority, (u8)priority);
	return 0;
}

const struct evtchn_ops evtchn_fifo_ops = {
	.init = fifo_init,
	.set_pending = fifo_set_pending,
	.clear_pending = fifo_clear_pending,
	.unmask = fifo_unmask,
	.is_pending = fifo_is_pending,
	.is_masked = fifo_is_masked,
	.set_priority = fifo_set_priority,
	.max_ports = EVTCHN_FIFO_NR_CHANNELS,
};

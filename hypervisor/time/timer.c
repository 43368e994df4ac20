/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers. Each CPU has a pairing heap: a tree in which no timer expires before
 * its parent. A timer's children form a list (child, then next); prev leads back
 * to the left sibling or, from the first child, to the parent. Inserting and
 * melding are a few pointers, taking the first out is O(log n) amortised.
 *
 * Invariants: status == TIMER_ACTIVE if and only if the timer is in the heap of
 * t->cpu; the root has no prev and no next. The LAPIC timer of a CPU is set to
 * the root's deadline or earlier.
 *
 * Lock: heap->lock (LOCK_TIMER, irqsave) of t->cpu; timer_lock() re-checks that
 * the timer did not move meanwhile. Functions run without it.
 */
#include "cpu/cpu.h"
#include "cpu/percpu.h"
#include "irq/irq.h"
#include "lib/printk.h"
#include "sync/softirq.h"
#include "sync/spinlock.h"
#include "time/time.h"
#include "time/timer.h"

struct timer_heap {
	spinlock_t lock;
	struct timer *root;
	struct timer *running;		/* whose function is being called here */
	u64 fired, max_late;
};

static struct timer_heap heaps[MAX_CPUS];

/* ---- the heap ---- */

static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *first, *second;

	if (!a || !b)
		return a ? a : b;
	first = a->expires <= b->expires ? a : b;
	second = first == a ? b : a;
	second->prev = first;
	second->next = first->child;
	if (first->child)
		first->child->prev = second;
	first->child = second;
	first->next = first->prev = NULL;
	return first;
}

/* Make one tree of a list of siblings: in pairs from the left, then all from the right. */
static struct timer *meld_siblings(struct timer *t)
{
	struct timer *pairs = NULL, *root = NULL, *next;

	for (; t; t = next) {
		struct timer *b = t->next;

		next = b ? b->next : NULL;
		t->next = t->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		t = meld(t, b);
		t->next = pairs;	/* a stack, through next */
		pairs = t;
	}
	for (; pairs; pairs = next) {
		next = pairs->next;
		pairs->next = NULL;
		root = meld(root, pairs);
	}
	return root;
}

static void heap_insert(struct timer_heap *h, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	h->root = meld(h->root, t);
	t->status = TIMER_ACTIVE;
}

static void heap_remove(struct timer_heap *h, struct timer *t)
{
	struct timer *sub = meld_siblings(t->child);

	if (h->root == t) {
		h->root = sub;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		h->root = meld(h->root, sub);
	}
	t->child = t->next = t->prev = NULL;
	t->status = TIMER_INACTIVE;
}

/* ---- timers ---- */

static struct timer_heap *timer_lock(struct timer *t, u64 *flags)
{
	for (;;) {
		unsigned cpu = READ_ONCE(t->cpu);

		*flags = spin_lock_irqsave(&heaps[cpu].lock);
		if (READ_ONCE(t->cpu) == cpu)
			return &heaps[cpu];
		spin_unlock_irqrestore(&heaps[cpu].lock, *flags);
	}
}

/* The first deadline of t->cpu came nearer: there must be an interrupt for it. */
static void program(struct timer_heap *h, const struct timer *t)
{
	if (h->root != t)
		return;
	if (t->cpu == smp_cpu_id())
		lapic_timer_set(t->expires ? t->expires : 1);
	else
		softirq_raise_on(t->cpu, SOFTIRQ_TIMER);
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned cpu)
{
	*t = (struct timer){ .fn = fn, .arg = arg, .cpu = (u16)cpu, .status = TIMER_INACTIVE };
}

void timer_set(struct timer *t, u64 expires)
{
	struct timer_heap *h;
	u64 f;

	if (t->status == TIMER_INVALID)
		return;
	h = timer_lock(t, &f);
	if (t->status != TIMER_KILLED) {
		if (t->status == TIMER_ACTIVE)
			heap_remove(h, t);
		t->expires = expires;
		heap_insert(h, t);
		program(h, t);
	}
	spin_unlock_irqrestore(&h->lock, f);
}

void timer_stop(struct timer *t)
{
	struct timer_heap *h;
	u64 f;

	if (t->status == TIMER_INVALID)
		return;
	h = timer_lock(t, &f);
	if (t->status == TIMER_ACTIVE)
		heap_remove(h, t);
	spin_unlock_irqrestore(&h->lock, f);
}

/*
 * A timer that moved while its function runs is still `running' on the old CPU;
 * the flag, not the heap, says when it is over. A function that kills its own
 * timer cannot wait for itself.
 */
void timer_kill(struct timer *t)
{
	struct timer_heap *h;
	u64 f;

	if (t->status == TIMER_INVALID)
		return;
	h = timer_lock(t, &f);
	if (t->status == TIMER_ACTIVE)
		heap_remove(h, t);
	t->status = TIMER_KILLED;
	spin_unlock_irqrestore(&h->lock, f);
	while (READ_ONCE(t->running) && READ_ONCE(heaps[smp_cpu_id()].running) != t)
		cpu_relax();
}

/* Both heaps are locked, lower CPU first: at no moment is an active timer in none. */
void timer_migrate(struct timer *t, unsigned cpu)
{
	struct timer_heap *h, *other;
	unsigned old;
	bool active;
	u64 f;

	if (t->status == TIMER_INVALID || cpu >= MAX_CPUS)
		return;
	for (;;) {
		old = READ_ONCE(t->cpu);
		if (old == cpu)
			return;
		h = &heaps[min(old, cpu)];
		other = &heaps[max(old, cpu)];
		f = spin_lock_irqsave(&h->lock);
		spin_lock_nested(&other->lock);
		if (READ_ONCE(t->cpu) == old)
			break;
		spin_unlock(&other->lock);
		spin_unlock_irqrestore(&h->lock, f);
	}
	active = t->status == TIMER_ACTIVE;
	if (active)
		heap_remove(&heaps[old], t);
	WRITE_ONCE(t->cpu, (u16)cpu);
	if (active) {
		heap_insert(&heaps[cpu], t);
		program(&heaps[cpu], t);
	}
	spin_unlock(&other->lock);
	spin_unlock_irqrestore(&h->lock, f);
}

bool timer_is_active(const struct timer *t) { return READ_ONCE(t->status) == TIMER_ACTIVE; }

/* ---- expiry ---- */

static void run_expired(struct timer_heap *h, struct timer *t, u64 now, u64 *f)
{
	heap_remove(h, t);
	t->running = true;
	h->running = t;
	h->fired++;
	h->max_late = max(h->max_late, now - t->expires);
	spin_unlock_irqrestore(&h->lock, *f);
	t->fn(t->arg);
	*f = spin_lock_irqsave(&h->lock);
	h->running = NULL;
	/* The last touch: the owner may free it as soon as it sees this. */
	__atomic_store_n(&t->running, false, __ATOMIC_RELEASE);
}

/*
 * Only what had expired when we began: a function that sets its timer into the
 * past is called again after the other softirqs, not for ever.
 */
static void timer_softirq(void)
{
	struct timer_heap *h = &heaps[smp_cpu_id()];
	u64 now = now_ns(), f = spin_lock_irqsave(&h->lock);
	unsigned budget = 1000;

	while (h->root && h->root->expires <= now && budget--)
		run_expired(h, h->root, now, &f);
	if (h->root && h->root->expires <= now)
		softirq_raise(SOFTIRQ_TIMER);
	else
		lapic_timer_set(h->root ? max(h->root->expires, 1ull) : 0);
	spin_unlock_irqrestore(&h->lock, f);
}

void timer_interrupt(void) { softirq_raise(SOFTIRQ_TIMER); }

void timer_init_cpu(unsigned cpu)
{
	spin_lock_init(&heaps[cpu].lock, LOCK_TIMER);
	heaps[cpu].root = NULL;
	heaps[cpu].running = NULL;
	if (pcpus[cpu])
		pcpus[cpu]->timers = &heaps[cpu];
	softirq_open(SOFTIRQ_TIMER, timer_softirq);
}

void timer_dump(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct timer_heap *h = &heaps[cpu];
		u64 f, first;

		if (!cpu_online(cpu))
			continue;
		f = spin_lock_irqsave(&h->lock);
		first = h->root ? h->root->expires : 0;
		spin_unlock_irqrestore(&h->lock, f);
		printk(LOG_INFO, "CPU%u: now %llu, next timer %llu, %llu fired, at most %llu ns late\n",
		       cpu, (unsigned long long)now_ns(), (unsigned long long)first,
		       (unsigned long long)h->fired, (unsigned long long)h->max_late);
	}
}

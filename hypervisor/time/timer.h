/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One-shot timers on the per-CPU LAPIC timer, in a min-heap for each CPU (a
 * pairing heap: linked through the timers, so that timer_set() needs no memory).
 * A timer belongs to a CPU; its function runs there in SOFTIRQ_TIMER with
 * interrupts on. timer_set() may be called again before expiry and from the
 * function itself; timer_kill() waits until the function is not running and
 * forbids further timer_set(): no lock that the function takes may be held.
 */
#ifndef TIME_TIMER_H
#define TIME_TIMER_H

#include "lib/types.h"

enum timer_status { TIMER_INVALID, TIMER_INACTIVE, TIMER_ACTIVE, TIMER_KILLED };

struct timer {
	u64 expires;			/* ns, now_ns() scale */
	void (*fn)(void *arg);
	void *arg;
	struct timer *child, *next;
	struct timer *prev;		/* left sibling, or parent of a first child */
	u16 cpu;
	u8 status;
	bool running;
};

/* Callable anywhere, from handlers too. Lock: LOCK_TIMER. */
void timer_init_cpu(unsigned cpu);	/* before the CPU starts */
void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned cpu);
void timer_set(struct timer *t, u64 expires);
void timer_stop(struct timer *t);
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned cpu);
bool timer_is_active(const struct timer *t);
void timer_interrupt(void);		/* LAPIC timer vector */
void timer_dump(void);			/* debug key a */

#endif

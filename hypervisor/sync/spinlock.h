/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks with a lock-level check, and a reader-writer lock.
 *
 * A CPU may take a lock only if its level is higher than every level that it
 * holds; the _nested form allows one equal level (two domains, taken in order of
 * address). DEBUG builds check this at every take. Interrupts: a lock that is
 * ever taken from an interrupt handler is always taken with the _irqsave form.
 */
#ifndef SYNC_SPINLOCK_H
#define SYNC_SPINLOCK_H

#include "lib/types.h"

/* The order of all locks of the hypervisor, outermost first. */
enum lock_level {
	LOCK_NONE = 0,
	LOCK_DOMCTL,		/* one control operation at a time */
	LOCK_DOMLIST,		/* the list of domains (writers) */
	LOCK_GRANT,		/* a domain's grant table: d->grant->lock */
	LOCK_MAPTRACK,		/* its free handles: inside any table's lock */
	LOCK_PV_TABLE,		/* a page-table page being changed (PGT lock bit) */
	LOCK_VIRQ,		/* who handles the global VIRQs (irqsave) */
	LOCK_EVENT,		/* d->event_lock (irqsave) */
	LOCK_MSI,		/* who has which MSI entry */
	LOCK_IRQ_DESC,		/* one interrupt descriptor (irqsave) */
	LOCK_IRQ_CHIP,		/* IO-APIC and MSI registers, PCI config (irqsave) */
	LOCK_SHUTDOWN,		/* d->shutdown_lock */
	LOCK_PAGE_ALLOC,	/* d->page_lock: page list and counts of a domain */
	LOCK_HEAP,		/* the frame allocator */
	LOCK_MALLOC,		/* kmalloc */
	LOCK_SCHED,		/* a CPU's run queue (irqsave) */
	LOCK_TIMER,		/* a CPU's timer heap (irqsave) */
	LOCK_TLB,		/* remote flush request */
	LOCK_TIME,		/* wall clock */
	LOCK_LEAF,		/* rangesets, counters */
	LOCK_CONSOLE,		/* console ring and serial (irqsave) */
};

typedef struct spinlock {
	u16 head, tail;
	u16 level;
	u16 cpu_plus1;		/* holder, for asserts */
} spinlock_t;

#define SPINLOCK_INIT(lvl) { 0, 0, (lvl), 0 }

void spin_lock_init(spinlock_t *l, enum lock_level level);
void spin_lock(spinlock_t *l);
void spin_lock_nested(spinlock_t *l);	/* equal level allowed */
bool spin_trylock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
u64 spin_lock_irqsave(spinlock_t *l);
void spin_unlock_irqrestore(spinlock_t *l, u64 flags);
bool spin_is_locked_here(const spinlock_t *l);

#endif

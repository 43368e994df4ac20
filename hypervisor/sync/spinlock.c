/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spinlocks. The level check keeps one bit a level and CPU: taking a
 * lock while a bit of the same or a higher level is set is a bug. Locks of one
 * level taken by spin_lock_nested() share the bit, so the inner ones leave it.
 */
#include "cpu/cpu.h"
#include "cpu/percpu.h"
#include "lib/bug.h"
#include "sync/spinlock.h"

#ifdef DEBUG
static bool level_take(spinlock_t *l, bool nested)
{
	u64 *held = &this_cpu()->lock_levels, bit = 1ull << l->level;

	BUG_ON(*held & ~(bit - 1) & ~bit);
	BUG_ON(!nested && (*held & bit));
	*held |= bit;
	return true;
}

static void level_drop(spinlock_t *l)
{
	this_cpu()->lock_levels &= ~(1ull << l->level);
}
#else
static inline bool level_take(spinlock_t *l, bool nested) { return true; }
static inline void level_drop(spinlock_t *l) { }
#endif

void spin_lock_init(spinlock_t *l, enum lock_level level)
{
	*l = (spinlock_t){ .level = (u16)level };
}

static void take(spinlock_t *l)
{
	u16 mine = __atomic_fetch_add(&l->tail, 1, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&l->head, __ATOMIC_ACQUIRE) != mine)
		cpu_relax();
	l->cpu_plus1 = (u16)(smp_cpu_id() + 1);
}

void spin_lock(spinlock_t *l)
{
	level_take(l, false);
	take(l);
}

void spin_lock_nested(spinlock_t *l)
{
	level_take(l, true);
	take(l);
}

bool spin_trylock(spinlock_t *l)
{
	u16 head = __atomic_load_n(&l->head, __ATOMIC_ACQUIRE), expect = head;

	if (!__atomic_compare_exchange_n(&l->tail, &expect, (u16)(head + 1), false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	level_take(l, true);
	l->cpu_plus1 = (u16)(smp_cpu_id() + 1);
	return true;
}

void spin_unlock(spinlock_t *l)
{
	level_drop(l);
	l->cpu_plus1 = 0;
	__atomic_store_n(&l->head, (u16)(l->head + 1), __ATOMIC_RELEASE);
}

u64 spin_lock_irqsave(spinlock_t *l)
{
	u64 flags = irq_save();

	spin_lock(l);
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *l, u64 flags)
{
	spin_unlock(l);
	irq_restore(flags);
}

bool spin_is_locked_here(const spinlock_t *l)
{
	return READ_ONCE(l->cpu_plus1) == smp_cpu_id() + 1;
}

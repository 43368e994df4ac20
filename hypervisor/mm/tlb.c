/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: the TLB clock and flushes on other processors.
 *
 * Each flush of a CPU takes a new value of the clock before, and publishes it
 * after the flush: so tlb_time[cpu] > stamp proves that the CPU flushed after
 * the stamp was read. Comparison is modulo 2^32; every CPU flushes at least once
 * a second (time sync softirq), so no value in use is ever half a turn old.
 *
 * A remote flush holds flush.lock and waits for every CPU of its mask. It must
 * be called with interrupts on or by a CPU that no other one can be waiting for
 * with interrupts off: never while holding a lock that is taken by irqsave.
 * A CPU that waits for flush.lock itself answers meanwhile.
 */
#include "cpu/cpu.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "irq/irq.h"
#include "mm/page.h"
#include "mm/tlb.h"
#include "sync/spinlock.h"

static u32 tlb_clock_now = 1;
static u32 tlb_time[MAX_CPUS];

static struct {
	spinlock_t lock;
	cpumask_t waiting;
	u64 va;			/* one page, or all: FLUSH_ALL */
} flush = { .lock = SPINLOCK_INIT(LOCK_TLB) };

#define FLUSH_ALL (~0ull)

u32 tlb_clock(void)
{
	return __atomic_load_n(&tlb_clock_now, __ATOMIC_ACQUIRE);
}

cpumask_t tlb_stale_cpus(cpumask_t mask, u32 stamp)
{
	cpumask_t stale = 0;
	unsigned cpu;

	for_each_cpu(cpu, mask & cpu_online_map)
		if ((s32)(READ_ONCE(tlb_time[cpu]) - stamp) <= 0)
			stale |= CPUMASK(cpu);
	return stale;
}

void tlb_write_cr3(u64 cr3)
{
	struct pcpu *p = this_cpu();
	u32 t = __atomic_add_fetch(&tlb_clock_now, 1, __ATOMIC_SEQ_CST);

	write_cr3(cr3);
	p->cr3 = cr3;
	WRITE_ONCE(tlb_time[p->id], t);
}

void tlb_flush_local(void)
{
	u64 flags = irq_save();

	tlb_write_cr3(read_cr3());
	irq_restore(flags);
}

void tlb_handle_ipi(void)
{
	unsigned cpu = smp_cpu_id();

	if (!test_bit(cpu, &flush.waiting))
		return;
	if (flush.va == FLUSH_ALL)
		tlb_write_cr3(read_cr3());
	else
		invlpg(flush.va);
	clear_bit(cpu, &flush.waiting);
}

static void flush_remote(cpumask_t mask, u64 va)
{
	while (!spin_trylock(&flush.lock)) {
		u64 flags = irq_save();

		tlb_handle_ipi();
		smp_handle_call();
		irq_restore(flags);
		cpu_relax();
	}
	flush.va = va;
	__atomic_store_n(&flush.waiting, mask, __ATOMIC_SEQ_CST);
	lapic_send_ipi(mask, VECTOR_TLB);
	while (READ_ONCE(flush.waiting)) {
		u64 flags = irq_save();

		smp_handle_call();
		irq_restore(flags);
		cpu_relax();
	}
	spin_unlock(&flush.lock);
}

void tlb_flush_mask(cpumask_t mask)
{
	cpumask_t self = CPUMASK(smp_cpu_id());

	mask &= cpu_online_map;
	if (mask & self)
		tlb_flush_local();
	if (mask & ~self)
		flush_remote(mask & ~self, FLUSH_ALL);
}

void tlb_flush_page_mask(cpumask_t mask, u64 va)
{
	cpumask_t self = CPUMASK(smp_cpu_id());

	mask &= cpu_online_map;
	if (mask & self)
		invlpg(va);
	if (mask & ~self)
		flush_remote(mask & ~self, va);
}

void tlb_flush_for_page(const struct page *pg, cpumask_t dirty)
{
	cpumask_t stale = tlb_stale_cpus(dirty, READ_ONCE(pg->stamp));

	if (unlikely(stale))
		tlb_flush_mask(stale);
}

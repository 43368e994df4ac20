/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: the pending bits and handlers of softirqs, and each CPU's tasklets.
 * Bits are set by anyone with a locked operation and cleared by their CPU.
 */
#include "cpu/cpu.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "lib/bug.h"
#include "sync/softirq.h"

static void (*handlers[SOFTIRQ_NR])(void);

void softirq_open(enum softirq nr, void (*fn)(void))
{
	handlers[nr] = fn;
}

void softirq_raise(enum softirq nr)
{
	set_bit(nr, &this_cpu()->softirq_pending);
}

void softirq_raise_on(unsigned cpu, enum softirq nr)
{
	if (!test_and_set_bit(nr, &pcpus[cpu]->softirq_pending) && cpu != smp_cpu_id())
		smp_send_event_check(cpu);
}

static void tasklets_run(void)
{
	struct tasklet *t = __atomic_exchange_n(&this_cpu()->tasklets, NULL, __ATOMIC_ACQ_REL);

	while (t) {
		struct tasklet *next = t->next;

		__atomic_store_n(&t->queued, false, __ATOMIC_RELEASE);
		t->fn(t->arg);
		t = next;
	}
}

void tasklet_schedule_on(unsigned cpu, struct tasklet *t)
{
	struct pcpu *p = pcpus[cpu];

	if (__atomic_exchange_n(&t->queued, true, __ATOMIC_ACQ_REL))
		return;
	t->next = READ_ONCE(p->tasklets);
	while (!__atomic_compare_exchange_n(&p->tasklets, &t->next, t, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE))
		;
	softirq_raise_on(cpu, SOFTIRQ_TASKLET);
}

/* SCHEDULE is the highest number, so the lowest-bit order leaves it to the end. */
void softirq_run(void)
{
	struct pcpu *p = this_cpu();
	u64 pending;

	while ((pending = READ_ONCE(p->softirq_pending))) {
		unsigned nr = ffs64(pending);

		clear_bit(nr, &p->softirq_pending);
		if (nr == SOFTIRQ_TASKLET)
			tasklets_run();
		else if (handlers[nr])
			handlers[nr]();
	}
}

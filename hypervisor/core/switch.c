/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context switch and the idle loop.
 *
 * There is one stack a CPU, so nothing is switched but what belongs to the guest:
 * registers at the stack's top, FPU, segments, page tables. The function that
 * decides never returns: it leaves through the stack's top into the guest, or
 * into the idle loop. All state is saved eagerly, so that any other CPU may pick
 * prev up as soon as sched_context_saved() has said so, and none of it is left
 * here for next to find.
 *
 * Order: next's domain counts this CPU as one that may hold its translations
 * before CR3 is loaded; prev's domain stops counting it only after that.
 *
 * Budget: 250 instructions besides FPU, MSRs and CR3.
 */
#include "core/domain.h"
#include "cpu/cpu.h"
#include "cpu/fpu.h"
#include "cpu/traps.h"
#include "core/switch.h"
#include "mm/map.h"
#include "mm/tlb.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"

static void idle_loop(void)
{
	for (;;) {
		irq_enable();
		softirq_run();
		irq_disable();
		/* STI takes effect after HLT has begun: no interrupt is slept over. */
		if (READ_ONCE(this_cpu()->softirq_pending))
			irq_enable();
		else
			__asm__ __volatile__("sti; hlt" ::: "memory");
	}
}

static void save_prev(struct vcpu *prev)
{
	/* The guest's page tables are still loaded. */
	sched_runstate_guest_switch(prev);
	prev->regs = *guest_regs();
	fpu_save(prev);
	prev->domain->ops->switch_from(prev);
}

static void load_next(struct vcpu *next, unsigned cpu)
{
	set_bit(cpu, &next->domain->dirty_cpus);
	WRITE_ONCE(next->dirty_cpu, CPUMASK(cpu));
	fpu_restore(next);
	next->domain->ops->switch_to(next);
	*guest_regs() = next->regs;
}

/* Interrupts are off, and stay so until the guest or the idle loop runs. */
void __noreturn context_switch(struct vcpu *prev, struct vcpu *next)
{
	unsigned cpu = smp_cpu_id();
	bool idle = is_idle_vcpu(next);

	if (!is_idle_vcpu(prev))
		save_prev(prev);
	current = next;
	if (idle)
		tlb_write_cr3(hv_root_maddr());
	else
		load_next(next, cpu);
	if (!is_idle_vcpu(prev)) {
		WRITE_ONCE(prev->dirty_cpu, 0);
		if (prev->domain != next->domain)
			clear_bit(cpu, &prev->domain->dirty_cpus);
	}
	sched_context_saved(prev);
	if (idle)
		reset_stack_and_jump(idle_loop);
	time_update_vcpu(next, false);
	sched_runstate_guest_switch(next);
	reset_stack_and_jump(ret_to_guest);
}

void __noreturn startup_cpu_idle_loop(void)
{
	irq_disable();
	current = this_cpu()->idle;
	softirq_raise(SOFTIRQ_SCHEDULE);
	irq_enable();
	reset_stack_and_jump(idle_loop);
}

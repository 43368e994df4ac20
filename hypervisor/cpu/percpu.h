/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a processor knows of itself. Each processor has one stack of STACK_SIZE
 * bytes, aligned to its size, with struct cpu_info at its very top: so "who am
 * I" is one AND of the stack pointer and the guest may own GS entirely.
 *
 * cpu_info.regs is where the entry code saves the guest's registers; between
 * guest entries a vCPU's registers live there, while it does not run in v->regs.
 *
 * In host tests tests/host/shim.h supplies current, this_cpu() and the rest.
 */
#ifndef CPU_PERCPU_H
#define CPU_PERCPU_H

#include "lib/types.h"
#include "lib/bitops.h"
#include <xen/xen.h>

#define MAX_CPUS 64
#define STACK_ORDER 3
#define STACK_SIZE (PAGE_SIZE << STACK_ORDER)

struct vcpu;
struct domain;
struct timer_heap;

/* A set of processors. */
typedef u64 cpumask_t;
#define CPUMASK(cpu) (1ull << (cpu))
#define for_each_cpu(cpu, mask) \
	for (cpumask_t m_ = (mask); m_ && ((cpu) = ffs64(m_), 1); m_ &= m_ - 1)

extern cpumask_t cpu_online_map;
extern unsigned nr_cpus;		/* present, ids 0 .. nr_cpus-1 */

struct pcpu {
	unsigned id;
	u32 apic_id, acpi_id;
	struct vcpu *idle;
	u64 softirq_pending;
	struct tasklet *tasklets;
	/* Descriptor tables, stacks (cpu/desc.c). */
	void *gdt, *tss, *stack, *ist_stacks;
	/* TLB (mm/tlb.c). */
	u64 cr3;			/* as loaded in the register */
	/* Clock (time/). */
	struct timer_heap *timers;
	u64 tsc_stamp, time_stamp;	/* TSC and ns at the last synchronisation */
	/* Idle accounting (sched/). */
	void *sched;			/* struct sched_cpu */
	u64 lock_levels;		/* DEBUG: bit per held lock level */
	unsigned irq_depth;
	u64 nmi_count;
};

extern struct pcpu *pcpus[MAX_CPUS];

#ifndef KRYPTON_HOST_TEST
struct cpu_info {
	struct cpu_user_regs regs;	/* guest's; hardware frame ends at regs.es */
	struct vcpu *curr;
	struct pcpu *cpu;
	unsigned cpu_id;
	u32 pad;
	/* scratch of the entry code */
	u64 scratch[1];
};
/* RSP0 points at regs.es and must be 16-byte aligned. */
_Static_assert(sizeof(struct cpu_info) % 16 == 8, "cpu_info: hardware frame alignment");

static __always_inline struct cpu_info *cpu_info(void)
{
	u64 sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1) - 1;
}

#define current (cpu_info()->curr)
#define this_cpu() (cpu_info()->cpu)
#define smp_cpu_id() (cpu_info()->cpu_id)
#define guest_regs() (&cpu_info()->regs)
#else
#include "shim.h"
#endif

static inline bool cpu_online(unsigned cpu)
{
	return cpu < MAX_CPUS && (READ_ONCE(cpu_online_map) & CPUMASK(cpu));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: pcpus[], cpu_online_map, bringing processors up, cross-CPU calls.
 *
 * A CPU is in cpu_online_map from the moment it takes interrupts. smp_call()
 * holds call_lock; while it waits for the lock a CPU answers calls itself, so
 * that two callers cannot wait for each other. It must not be used with a lock
 * held that another CPU may want with interrupts off.
 */
#include "acpi/acpi.h"
#include "boot/boot.h"
#include "core/domain.h"
#include "core/switch.h"
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/features.h"
#include "cpu/smp.h"
#include "irq/irq.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/tlb.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"
#include "time/timer.h"

struct pcpu *pcpus[MAX_CPUS];
cpumask_t cpu_online_map;
unsigned nr_cpus = 1;

static struct pcpu boot_pcpu;
extern char boot_stack[STACK_SIZE];
u64 ap_boot_stack;			/* read by boot/trampoline.S */

static struct {
	spinlock_t lock;
	void (*fn)(void *arg);
	void *arg;
	cpumask_t waiting;
} call = { .lock = SPINLOCK_INIT(LOCK_TLB) };

static void set_cpu_info(unsigned cpu)
{
	struct cpu_info *ci = cpu_info();

	ci->curr = NULL;
	ci->cpu = pcpus[cpu];
	ci->cpu_id = cpu;
}

void __init smp_init_boot_cpu(void)
{
	boot_pcpu.stack = boot_stack;
	pcpus[0] = &boot_pcpu;
	set_cpu_info(0);
	cpu_online_map = CPUMASK(0);
}

/* The first C code of another processor, on its own stack, with our page tables. */
void __noreturn smp_ap_main(void)
{
	struct pcpu *p = NULL;

	for (unsigned i = 0; i < nr_cpus; i++)
		if (pcpus[i] && ap_boot_stack == (u64)pcpus[i]->stack + STACK_SIZE - sizeof(struct cpu_info))
			p = pcpus[i];
	if (!p)
		for (;;)
			__asm__ __volatile__("hlt");
	set_cpu_info(p->id);
	cpu_features_enable();
	desc_load();
	cpu_info()->curr = p->idle;
	tlb_write_cr3(hv_root_maddr());
	lapic_init_cpu();
	time_init_cpu();
	set_bit(p->id, &cpu_online_map);
	startup_cpu_idle_loop();
}

static struct pcpu *__init prepare_cpu(unsigned cpu, u32 apic_id, u32 acpi_id)
{
	struct pcpu *p = knew(struct pcpu);

	if (!p || !(p->stack = alloc_pages(STACK_ORDER)))
		panic("no memory for the stack of CPU %u", cpu);
	p->id = cpu;
	p->apic_id = apic_id;
	p->acpi_id = acpi_id;
	pcpus[cpu] = p;
	desc_init_cpu(cpu);
	timer_init_cpu(cpu);
	sched_init_cpu(cpu);
	return p;
}

static bool __init start_cpu(struct pcpu *p)
{
	u64 end;

	ap_boot_stack = (u64)p->stack + STACK_SIZE - sizeof(struct cpu_info);
	barrier();
	if (lapic_start_cpu(p->apic_id, trampoline_paddr()))
		return false;
	end = now_ns() + SECONDS(5);
	while (!cpu_online(p->id) && now_ns() < end)
		cpu_relax();
	return cpu_online(p->id);
}

void __init smp_boot_others(void)
{
	u32 self = lapic_id();

	boot_pcpu.apic_id = self;
	trampoline_install();
	for (unsigned i = 0; i < acpi.nr_cpus; i++) {
		struct pcpu *p;

		if (acpi.cpu[i].apic_id == self) {
			boot_pcpu.acpi_id = acpi.cpu[i].acpi_id;
			continue;
		}
		if (!acpi.cpu[i].enabled || nr_cpus == MAX_CPUS || (opts.maxcpus && nr_cpus >= opts.maxcpus))
			continue;
		p = prepare_cpu(nr_cpus, acpi.cpu[i].apic_id, acpi.cpu[i].acpi_id);
		nr_cpus++;
		if (!start_cpu(p)) {
			/* Its memory stays: it may still be running somewhere. */
			printk(LOG_ERR, "CPU with APIC id %u does not start: going on without it\n", p->apic_id);
			nr_cpus--;
			pcpus[p->id] = NULL;
		}
	}
	printk(LOG_INFO, "Brought up %u CPUs\n", nr_cpus);
}

void smp_handle_call(void)
{
	if (test_bit(smp_cpu_id(), &call.waiting)) {
		u64 held = this_cpu()->lock_levels;

		/* As from an interrupt, though it may be called by who waits for a lock. */
		this_cpu()->lock_levels = 0;
		call.fn(call.arg);
		this_cpu()->lock_levels = held;
		clear_bit(smp_cpu_id(), &call.waiting);
	}
}

void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg)
{
	mask &= cpu_online_map & ~CPUMASK(smp_cpu_id());
	if (!mask)
		return;
	while (!spin_trylock(&call.lock)) {
		u64 flags = irq_save();

		smp_handle_call();
		tlb_handle_ipi();
		irq_restore(flags);
		cpu_relax();
	}
	call.fn = fn;
	call.arg = arg;
	__atomic_store_n(&call.waiting, mask, __ATOMIC_SEQ_CST);
	lapic_send_ipi(mask, VECTOR_CALL);
	while (READ_ONCE(call.waiting)) {
		u64 flags = irq_save();

		tlb_handle_ipi();
		irq_restore(flags);
		cpu_relax();
	}
	spin_unlock(&call.lock);
}

/* The work is in the softirq or the event bits; being interrupted is all that is needed. */
void smp_handle_event_check(void)
{
}

void smp_send_event_check(unsigned cpu)
{
	if (cpu != smp_cpu_id())
		lapic_send_ipi(CPUMASK(cpu), VECTOR_EVENT_CHECK);
}

static void stop_this_cpu(void *arg)
{
	irq_disable();
	clear_bit(smp_cpu_id(), &cpu_online_map);
	clear_bit(smp_cpu_id(), &call.waiting);
	lapic_disable();
	for (;;)
		__asm__ __volatile__("hlt");
}

void smp_stop_others(void)
{
	cpumask_t others = cpu_online_map & ~CPUMASK(smp_cpu_id());
	u64 end = rdtsc() + ns_to_tsc(SECONDS(1));

	if (!others)
		return;
	/* No lock: whoever holds it may be the reason why we stop. */
	call.fn = stop_this_cpu;
	__atomic_store_n(&call.waiting, others, __ATOMIC_SEQ_CST);
	lapic_send_ipi(others, VECTOR_CALL);
	while (READ_ONCE(call.waiting) && rdtsc() < end)
		cpu_relax();
}

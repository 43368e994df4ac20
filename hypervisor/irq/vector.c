/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt descriptors, their vectors, and the way from a vector to what
 * handles it. A vector means the same on every processor.
 *
 * irq_dispatch() runs with interrupts off on the stack of the processor; what
 * takes long is left to softirqs.
 *
 * Locks: desc->lock (LOCK_IRQ_DESC) for a descriptor; vector_lock
 * (LOCK_IRQ_CHIP) for the allocation of vectors and MSI irqs.
 */
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "irq/irq.h"
#include "irq/msi.h"
#include "irq/pirq.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/tlb.h"
#include "time/timer.h"

struct irq_desc irq_desc[NR_IRQS];

static s16 vector_irq[NR_VECTORS];	/* -1: none */
static u64 stray[NR_VECTORS];
static DECLARE_BITMAP(msi_used, NR_IRQS);
static spinlock_t vector_lock = SPINLOCK_INIT(LOCK_IRQ_CHIP);

/* After ioapic_init() or before: only the table. */
void irq_init(void)
{
	for (unsigned i = 0; i < NR_IRQS; i++) {
		irq_desc[i].irq = (int)i;
		irq_desc[i].vector = -1;
		irq_desc[i].masked = true;
		spin_lock_init(&irq_desc[i].lock, LOCK_IRQ_DESC);
	}
	for (unsigned i = 0; i < NR_VECTORS; i++)
		vector_irq[i] = -1;
}

int irq_alloc(void)
{
	int irq = -ENOSPC;
	u64 f = spin_lock_irqsave(&vector_lock);

	for (unsigned i = nr_gsis; i < NR_IRQS; i++) {
		if (!test_bit(i, msi_used)) {
			__set_bit(i, msi_used);
			irq = (int)i;
			break;
		}
	}
	spin_unlock_irqrestore(&vector_lock, f);
	return irq;
}

void irq_free(int irq)
{
	u64 f;

	if (irq < (int)nr_gsis || irq >= NR_IRQS)
		return;
	f = spin_lock_irqsave(&vector_lock);
	__clear_bit((unsigned)irq, msi_used);
	spin_unlock_irqrestore(&vector_lock, f);
}

int irq_alloc_vector(struct irq_desc *d)
{
	int rc = -ENOSPC;
	u64 f = spin_lock_irqsave(&vector_lock);

	/* Neighbours differ in priority class: spread, so that no class fills up. */
	for (unsigned n = 0; n <= VECTOR_LAST_DYNAMIC - VECTOR_FIRST_DYNAMIC; n++) {
		unsigned classes = (VECTOR_LAST_DYNAMIC - VECTOR_FIRST_DYNAMIC + 1) / 16;
		unsigned v = VECTOR_FIRST_DYNAMIC + (n % classes) * 16 + n / classes;

		if (vector_irq[v] < 0 && v != TRAP_int80) {
			vector_irq[v] = (s16)d->irq;
			d->vector = (int)v;
			rc = 0;
			break;
		}
	}
	spin_unlock_irqrestore(&vector_lock, f);
	return rc;
}

void irq_free_vector(struct irq_desc *d)
{
	u64 f = spin_lock_irqsave(&vector_lock);

	if (d->vector >= 0)
		vector_irq[d->vector] = -1;
	d->vector = -1;
	spin_unlock_irqrestore(&vector_lock, f);
}

int irq_request(int irq, struct irq_action *a)
{
	struct irq_desc *d;
	int rc = -EINVAL;
	u64 f;

	if (irq < 0 || irq >= NR_IRQS)
		return -EINVAL;
	d = &irq_desc[irq];
	f = spin_lock_irqsave(&d->lock);
	if (d->action || d->guest) {
		rc = -EBUSY;
	} else if (d->vector >= 0 && d->chip) {
		d->action = a;
		d->chip->unmask(d);
		rc = 0;
	}
	spin_unlock_irqrestore(&d->lock, f);
	return rc;
}

void irq_set_affinity(struct irq_desc *d, unsigned cpu)
{
	if (cpu_online(cpu) && d->chip && d->vector >= 0 && d->cpu != cpu)
		d->chip->set_affinity(d, cpu);
}

/*
 * A level line stays active until its device is served, so it is masked before
 * the EOI lets the next one in. An edge is gone with the EOI.
 */
static void run_action(struct irq_desc *d)
{
	struct irq_action *a = d->action;

	if (d->level)
		d->chip->mask(d);
	spin_unlock(&d->lock);
	lapic_eoi();
	a->fn(d->irq, a->arg);
	spin_lock(&d->lock);
	if (d->level && d->action == a)
		d->chip->unmask(d);
	spin_unlock(&d->lock);
}

static void device_irq(unsigned vector)
{
	int irq = READ_ONCE(vector_irq[vector]);
	struct irq_desc *d;

	if (irq < 0) {
		/* From the 8259s (no EOI is due to the LAPIC), or of a vector just freed. */
		if (vector >= VECTOR_FIRST_DYNAMIC)
			lapic_eoi();
		stray[vector]++;
		return;
	}
	d = &irq_desc[irq];
	spin_lock(&d->lock);
	d->count++;
	if (d->action) {
		run_action(d);
		return;
	}
	if (d->guest) {
		spin_unlock(&d->lock);
		pirq_deliver(d);
		return;
	}
	/* Nobody's: silence it. */
	if (d->chip)
		d->chip->mask(d);
	stray[vector]++;
	spin_unlock(&d->lock);
	lapic_eoi();
}

void irq_dispatch(struct cpu_user_regs *regs)
{
	unsigned vector = regs->entry_vector & 0xff;
	struct pcpu *cpu = this_cpu();
	u64 held = cpu->lock_levels;

	/* Locks of what was interrupted have no order with ours: ours are all taken by irqsave. */
	cpu->lock_levels = 0;
	cpu->irq_depth++;
	switch (vector) {
	case VECTOR_TIMER:
		lapic_eoi();
		timer_interrupt();
		break;
	case VECTOR_EVENT_CHECK:
		lapic_eoi();
		smp_handle_event_check();
		break;
	case VECTOR_CALL:
		lapic_eoi();
		smp_handle_call();
		break;
	case VECTOR_TLB:
		lapic_eoi();
		tlb_handle_ipi();
		break;
	case VECTOR_ERROR:
		lapic_handle_error();
		break;
	case VECTOR_SPURIOUS:
		stray[vector]++;		/* by definition without EOI */
		break;
	default:
		device_irq(vector);
		break;
	}
	cpu->irq_depth--;
	cpu->lock_levels = held;
}

void irq_dump(void)
{
	printk(LOG_INFO, "Interrupts:\n");
	for (unsigned i = 0; i < NR_IRQS; i++) {
		const struct irq_desc *d = &irq_desc[i];

		if (d->vector < 0)
			continue;
		printk(LOG_INFO, " irq %3u vec %02x cpu %u %s %s%s count %llu %s\n", i,
		       (unsigned)d->vector, d->cpu, d->chip ? d->chip->name : "-",
		       d->level ? "level" : "edge", d->masked ? " masked" : "",
		       (unsigned long long)d->count,
		       d->action ? d->action->name : d->guest ? "guest" : "-");
	}
	for (unsigned i = 0; i < NR_VECTORS; i++)
		if (stray[i])
			printk(LOG_INFO, " vector %02x: %llu stray\n", i,
			       (unsigned long long)stray[i]);
}

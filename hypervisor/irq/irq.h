/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of the machine. An irq is our number: 0..nr_gsis-1 are IO-APIC
 * lines (GSIs), above them MSIs. Each in use has one vector (32 exceptions, then
 * VECTOR_FIRST_DYNAMIC..), the same on all CPUs, and goes to one CPU.
 *
 * Delivery to guests (level lines): mask the line, EOI the LAPIC, mark it in
 * flight for each domain that bound it, unmask when all have EOIed. Edge lines
 * and maskable MSIs: EOI at once.
 *
 * desc->lock (LOCK_IRQ_DESC, irqsave).
 */
#ifndef IRQ_IRQ_H
#define IRQ_IRQ_H

#include "cpu/percpu.h"
#include "sync/spinlock.h"

#define NR_VECTORS 256
#define VECTOR_FIRST_DYNAMIC 0x30
#define VECTOR_LAST_DYNAMIC 0xdf
#define VECTOR_TIMER 0xf0
#define VECTOR_EVENT_CHECK 0xf1
#define VECTOR_CALL 0xf2
#define VECTOR_TLB 0xf3
#define VECTOR_ERROR 0xfe
#define VECTOR_SPURIOUS 0xff

#define NR_IRQS 256

struct irq_desc;
struct msi_desc;

struct irq_chip {
	const char *name;
	void (*mask)(struct irq_desc *d);
	void (*unmask)(struct irq_desc *d);
	void (*set_affinity)(struct irq_desc *d, unsigned cpu);
};

struct irq_action {			/* hypervisor's own handler */
	void (*fn)(int irq, void *arg);
	void *arg;
	const char *name;
};

struct irq_guest;			/* irq/pirq.c: domains that bound it */

struct irq_desc {
	int irq;
	int vector;			/* -1: none */
	unsigned cpu;
	bool level, masked;
	spinlock_t lock;
	const struct irq_chip *chip;
	struct irq_action *action;
	struct irq_guest *guest;
	struct msi_desc *msi;
	u64 count;
	unsigned delivering;		/* CPUs that are sending its events, pirq.c (atomic) */
};

extern struct irq_desc irq_desc[NR_IRQS];
extern unsigned nr_gsis;

void irq_init(void);
/* Allocate an irq >= nr_gsis for an MSI: number or -errno; and a vector for any irq. */
int irq_alloc(void);
void irq_free(int irq);
int irq_alloc_vector(struct irq_desc *d);
void irq_free_vector(struct irq_desc *d);
int irq_request(int irq, struct irq_action *a);	/* hypervisor's own (serial) */
void irq_dump(void);				/* debug key i */
void irq_set_affinity(struct irq_desc *d, unsigned cpu);	/* desc->lock held */

/* lapic.c */
void lapic_init_cpu(void);			/* enables it, x2APIC if opts and CPU say so */
void lapic_detect(paddr_t base);
u32 lapic_id(void);
void lapic_eoi(void);
void lapic_timer_calibrate(void);
void lapic_timer_set(u64 deadline_ns);		/* 0: off */
void lapic_send_ipi(cpumask_t mask, u8 vector);
void lapic_send_nmi(cpumask_t mask);
int lapic_start_cpu(u32 apic_id, paddr_t trampoline);	/* INIT, SIPI, SIPI */
void lapic_disable(void);
bool lapic_is_x2apic(void);
void lapic_handle_error(void);

/* ioapic.c */
void ioapic_init(void);				/* all lines masked */
/*
 * Before the local APIC's LINT0 is masked: QEMU else keeps an interrupt that the
 * 8259s already signalled and can no longer name.
 */
void mask_8259s(void);
/* Programs a line, masked. 0, -EEXIST if already in use, -EINVAL. */
int ioapic_setup_gsi(unsigned gsi, bool level, bool active_low);
bool ioapic_gsi_configured(unsigned gsi);
int ioapic_read(paddr_t base, u32 reg, u32 *val);	/* for PHYSDEVOP_apic_read; -EINVAL */
extern const struct irq_chip ioapic_chip;
unsigned isa_irq_to_gsi(unsigned irq, bool *level, bool *low);

#endif

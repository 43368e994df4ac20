/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IO-APICs: one redirection entry for each GSI, fixed delivery to one
 * processor's physical id, masked until somebody wants the line. The 8259s are
 * moved out of the exceptions' way and masked for good.
 *
 * Entries are kept here too (struct line), so that a change is one or two
 * writes. Lock: ioapic_lock (LOCK_IRQ_CHIP, irqsave) for the index/data pairs;
 * a line's settings belong to its irq_desc's lock.
 */
#include "acpi/acpi.h"
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/map.h"

#define IOREGSEL 0x00
#define IOWIN 0x10
#define REG_VERSION 0x01
#define REG_RTE(pin) (0x10 + 2 * (pin))
#define RTE_LOW (1u << 13)
#define RTE_LEVEL (1u << 15)
#define RTE_MASKED (1u << 16)

static struct ioapic {
	volatile u8 *mmio;
	unsigned gsi_base, nr_pins;
} ioapics[MAX_IOAPICS];
static unsigned nr_ioapics;

static struct line {
	bool configured, low;
} lines[NR_IRQS];

static spinlock_t ioapic_lock = SPINLOCK_INIT(LOCK_IRQ_CHIP);

unsigned nr_gsis;

static u32 reg_read(const struct ioapic *a, u32 reg)
{
	*(volatile u32 *)(a->mmio + IOREGSEL) = reg;
	return *(volatile u32 *)(a->mmio + IOWIN);
}

static void reg_write(const struct ioapic *a, u32 reg, u32 v)
{
	*(volatile u32 *)(a->mmio + IOREGSEL) = reg;
	*(volatile u32 *)(a->mmio + IOWIN) = v;
}

static const struct ioapic *ioapic_of(unsigned gsi, unsigned *pin)
{
	for (unsigned i = 0; i < nr_ioapics; i++) {
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].nr_pins) {
			*pin = gsi - ioapics[i].gsi_base;
			return &ioapics[i];
		}
	}
	return NULL;
}

/* Without interrupt remapping an entry has 8 bits for the destination. */
static u32 rte_high(unsigned cpu)
{
	u32 id = pcpus[cpu] ? pcpus[cpu]->apic_id : pcpus[0]->apic_id;

	return (id > 0xff ? pcpus[0]->apic_id & 0xff : id) << 24;
}

static u32 rte_low(const struct irq_desc *d)
{
	u32 v = (u32)d->vector;

	if (d->level)
		v |= RTE_LEVEL;
	if (lines[d->irq].low)
		v |= RTE_LOW;
	if (d->masked)
		v |= RTE_MASKED;
	return v;
}

/* Low half last when it unmasks: destination first. */
static void rte_update(const struct irq_desc *d, bool high)
{
	unsigned pin;
	const struct ioapic *a = ioapic_of((unsigned)d->irq, &pin);
	u64 f;

	if (!a)
		return;
	f = spin_lock_irqsave(&ioapic_lock);
	if (high) {
		reg_write(a, REG_RTE(pin), rte_low(d) | RTE_MASKED);
		reg_write(a, REG_RTE(pin) + 1, rte_high(d->cpu));
	}
	reg_write(a, REG_RTE(pin), rte_low(d));
	spin_unlock_irqrestore(&ioapic_lock, f);
}

static void ioapic_mask(struct irq_desc *d)
{
	d->masked = true;
	rte_update(d, false);
}

static void ioapic_unmask(struct irq_desc *d)
{
	d->masked = false;
	rte_update(d, false);
}

/*
 * Only the target changes, in one write: a level line whose EOI is outstanding keeps
 * its vector, and no edge is lost to a mask.
 */
static void ioapic_set_affinity(struct irq_desc *d, unsigned cpu)
{
	unsigned pin;
	const struct ioapic *a = ioapic_of((unsigned)d->irq, &pin);
	u64 f;

	d->cpu = cpu;
	if (!a)
		return;
	f = spin_lock_irqsave(&ioapic_lock);
	reg_write(a, REG_RTE(pin) + 1, rte_high(cpu));
	spin_unlock_irqrestore(&ioapic_lock, f);
}

const struct irq_chip ioapic_chip = {
	.name = "IO-APIC",
	.mask = ioapic_mask,
	.unmask = ioapic_unmask,
	.set_affinity = ioapic_set_affinity,
};

bool ioapic_gsi_configured(unsigned gsi)
{
	return gsi < nr_gsis && lines[gsi].configured;
}

int ioapic_setup_gsi(unsigned gsi, bool level, bool active_low)
{
	struct irq_desc *d;
	unsigned pin;
	int rc = 0;
	u64 f;

	if (gsi >= nr_gsis || !ioapic_of(gsi, &pin))
		return -EINVAL;
	d = &irq_desc[gsi];
	f = spin_lock_irqsave(&d->lock);
	if (d->action || d->guest) {
		rc = -EEXIST;
		goto out;
	}
	if (d->vector < 0) {
		d->chip = &ioapic_chip;
		rc = irq_alloc_vector(d);
		if (rc)
			goto out;
	}
	d->level = level;
	lines[gsi].low = active_low;
	lines[gsi].configured = true;
	rte_update(d, true);
out:
	spin_unlock_irqrestore(&d->lock, f);
	return rc;
}

/* dom0 identifies IO-APICs by the addresses in its MADT. Reading has no side effects. */
int ioapic_read(paddr_t base, u32 reg, u32 *val)
{
	for (unsigned i = 0; i < nr_ioapics; i++) {
		u64 f;

		if ((acpi.ioapic[i].base & PAGE_MASK) != (base & PAGE_MASK))
			continue;
		if (reg > 3 && (reg < 0x10 || reg >= 0x10 + 2 * ioapics[i].nr_pins))
			return -EINVAL;
		f = spin_lock_irqsave(&ioapic_lock);
		*val = reg_read(&ioapics[i], reg);
		spin_unlock_irqrestore(&ioapic_lock, f);
		return 0;
	}
	return -EINVAL;
}

unsigned isa_irq_to_gsi(unsigned irq, bool *level, bool *low)
{
	if (irq < ARRAY_SIZE(acpi.isa) && acpi.isa[irq].valid) {
		*level = acpi.isa[irq].level;
		*low = acpi.isa[irq].low;
		return acpi.isa[irq].gsi;
	}
	*level = *low = false;
	return irq;
}

/* Initialise both with vectors 0x20-0x2f, where irq_dispatch() knows them for spurious. */
void __init mask_8259s(void)
{
	static const u8 seq[][2] = {
		{ 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, 0x20 }, { 0xa1, 0x28 },
		{ 0x21, 0x04 }, { 0xa1, 0x02 }, { 0x21, 0x01 }, { 0xa1, 0x01 },
		{ 0x21, 0xff }, { 0xa1, 0xff },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(seq); i++) {
		outb(seq[i][1], seq[i][0]);
		outb(0, 0x80);		/* old chips want time */
	}
}

static bool __init ioapic_probe(unsigned i)
{
	struct ioapic *a = &ioapics[nr_ioapics];

	a->mmio = ioremap(acpi.ioapic[i].base, PAGE_SIZE);
	if (!a->mmio)
		return false;
	a->gsi_base = acpi.ioapic[i].gsi_base;
	a->nr_pins = (reg_read(a, REG_VERSION) >> 16 & 0xff) + 1;
	if (reg_read(a, REG_VERSION) == 0xffffffffu || a->gsi_base >= NR_IRQS) {
		printk(LOG_WARN, "IO-APIC at %llx does not answer, ignored\n",
		       (unsigned long long)acpi.ioapic[i].base);
		return false;
	}
	/* Half of our numbers are for MSIs. */
	if (a->gsi_base + a->nr_pins > NR_IRQS / 2)
		a->nr_pins = a->gsi_base < NR_IRQS / 2 ? NR_IRQS / 2 - a->gsi_base : 0;
	for (unsigned pin = 0; pin < a->nr_pins; pin++) {
		reg_write(a, REG_RTE(pin), RTE_MASKED);
		reg_write(a, REG_RTE(pin) + 1, 0);
	}
	nr_gsis = max(nr_gsis, a->gsi_base + a->nr_pins);
	acpi.ioapic[nr_ioapics] = acpi.ioapic[i];
	nr_ioapics++;
	return a->nr_pins > 0;
}

void __init ioapic_init(void)
{
	for (unsigned i = 0; i < acpi.nr_ioapics; i++)
		ioapic_probe(i);
	acpi.nr_ioapics = nr_ioapics;
	if (!nr_ioapics)
		printk(LOG_ERR, "No IO-APIC: devices will have no interrupts but MSIs\n");
	if (nr_gsis < 16)
		nr_gsis = 16;
	printk(LOG_INFO, "%u IO-APICs, %u GSIs\n", nr_ioapics, nr_gsis);
}

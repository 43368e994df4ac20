/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways out: sleep state S5, reset, halt. They may be called in any state of
 * the machine, from panic() too, so they take no lock, stop the other
 * processors, and go on to the next means when one did not work.
 */
#include "acpi/acpi.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "dev/pci.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/map.h"
#include "time/time.h"

#define SLP_TYP_SHIFT 10
#define SLP_TYP_MASK (7u << SLP_TYP_SHIFT)
#define SLP_EN (1u << 13)
#define PM1_WAK_STS (1u << 15)
#define SPIN_US 500000u

/*
 * The registers hold other bits than the sleep type as well; dom0 computed the
 * whole values. First without, then with SLP_EN, as the specification has it.
 */
void acpi_enter_s5(u16 pm1a_val, u16 pm1b_val)
{
	if (!acpi.pm1a_cnt)
		return;
	irq_disable();
	smp_stop_others();
	printk(LOG_INFO, "Entering ACPI sleep state S5\n");
	if (acpi.pm1a_evt)
		outw(PM1_WAK_STS, acpi.pm1a_evt);
	wbinvd();
	outw((u16)(pm1a_val & ~SLP_EN), acpi.pm1a_cnt);
	if (acpi.pm1b_cnt)
		outw((u16)(pm1b_val & ~SLP_EN), acpi.pm1b_cnt);
	outw((u16)(pm1a_val | SLP_EN), acpi.pm1a_cnt);
	if (acpi.pm1b_cnt)
		outw((u16)(pm1b_val | SLP_EN), acpi.pm1b_cnt);
	udelay(SPIN_US);
	printk(LOG_WARN, "ACPI: the machine did not power off\n");
}

static u8 *reset_mmio;

static void reset_by_acpi(void)
{
	u64 a = acpi.reset_addr;

	if (!acpi.reset_reg_supported)
		return;
	if (acpi.reset_space == 1 && a < 0x10000) {
		outb(acpi.reset_value, (u16)a);
	} else if (acpi.reset_space == 2) {
		/* Device in bits 32-47, function 16-31, register 0-15; bus 0. */
		pci_write(0, 0, (u8)((a >> 32 & 31) << 3 | (a >> 16 & 7)), (u16)(a & 0xff), 1,
			  acpi.reset_value);
	} else if (acpi.reset_space == 0) {
		if (!reset_mmio)
			reset_mmio = ioremap(a & PAGE_MASK, PAGE_SIZE);
		if (reset_mmio)
			*(volatile u8 *)(reset_mmio + (a & ~PAGE_MASK)) = acpi.reset_value;
	}
	udelay(SPIN_US);
}

static void reset_by_cf9(void)
{
	u8 v = (u8)(inb(0xcf9) & ~0x0e);

	outb(v | 0x02, 0xcf9);		/* a hard reset is meant ... */
	udelay(50);
	outb(v | 0x06, 0xcf9);		/* ... now */
	udelay(SPIN_US);
}

static void reset_by_kbc(void)
{
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned n = 0; n < 0x10000 && (inb(0x64) & 2); n++)
			cpu_relax();
		outb(0xfe, 0x64);
		udelay(SPIN_US / 10);
	}
}

static void __noreturn reset_by_triple_fault(void)
{
	struct { u16 limit; u64 base; } __packed idt = { 0, 0 };

	for (;;)
		__asm__ __volatile__("lidt %0; int3" :: "m"(idt));
}

void __noreturn machine_restart(void)
{
	irq_disable();
	smp_stop_others();
	printk(LOG_INFO, "Resetting the machine\n");
	if (!strcmp(opts.reboot, "kbd"))
		reset_by_kbc();
	else if (!strcmp(opts.reboot, "pci"))
		reset_by_cf9();
	else if (!strcmp(opts.reboot, "triple"))
		reset_by_triple_fault();
	reset_by_acpi();
	reset_by_cf9();
	reset_by_kbc();
	reset_by_triple_fault();
}

void __noreturn machine_halt(void)
{
	irq_disable();
	smp_stop_others();
	if (acpi.s5_known) {
		u16 a = (u16)(inw(acpi.pm1a_cnt) & ~(SLP_TYP_MASK | SLP_EN));
		u16 b = acpi.pm1b_cnt ? (u16)(inw(acpi.pm1b_cnt) & ~(SLP_TYP_MASK | SLP_EN)) : 0;

		acpi_enter_s5((u16)(a | acpi.s5_typ_a << SLP_TYP_SHIFT),
			      (u16)(b | acpi.s5_typ_b << SLP_TYP_SHIFT));
	}
	printk(LOG_INFO, "Machine halted\n");
	for (;;)
		__asm__ __volatile__("cli; hlt");
}

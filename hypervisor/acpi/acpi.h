/* SPDX-License-Identifier: GPL-2.0-only */
/* What we need of ACPI's static tables; everything else is dom0's. */
#ifndef ACPI_ACPI_H
#define ACPI_ACPI_H

#include "cpu/percpu.h"

#define MAX_IOAPICS 8
#define MAX_MCFG 4

struct acpi_info {
	paddr_t rsdp, lapic_base, hpet_base;
	unsigned nr_cpus;
	struct { u32 apic_id, acpi_id; bool enabled; } cpu[MAX_CPUS];
	unsigned nr_ioapics;
	struct { paddr_t base; u32 gsi_base; u8 id; } ioapic[MAX_IOAPICS];
	struct { u32 gsi; bool level, low, valid; } isa[16];
	unsigned nr_mcfg;
	struct { paddr_t base; u16 seg; u8 start_bus, end_bus; } mcfg[MAX_MCFG];
	u16 pm_timer_port;
	bool pm_timer_32bit;
	u16 pm1a_cnt, pm1b_cnt, pm1a_evt;
	u16 sci_gsi;
	bool reset_reg_supported;
	u8 reset_space, reset_value;	/* space: 0 memory, 1 port, 2 PCI */
	u64 reset_addr;
	u8 century;		/* CMOS register, 0: none */
	bool hpet_protect;	/* firmware wants the HPET page for itself */
	paddr_t dsdt;
	bool s5_known;
	u8 s5_typ_a, s5_typ_b;	/* SLP_TYP values of \_S5 */
};

extern struct acpi_info acpi;

void acpi_init(paddr_t rsdp_hint);	/* 0: scan */
/*
 * Bytes of firmware memory, for as long as the hypervisor runs: through the
 * direct map before map_init(), else by a mapping of their own. NULL if [pa,
 * pa + n) makes no sense or there is no room.
 */
const void *acpi_map(paddr_t pa, size_t n);
void acpi_enter_s5(u16 pm1a_val, u16 pm1b_val);
void __noreturn machine_restart(void);
void __noreturn machine_halt(void);	/* power off if we can, else stop */

#endif

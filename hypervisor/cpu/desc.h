/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables. The GDT that a CPU runs with is 16 pages of virtual
 * addresses of its own (GDT_VIRT(cpu)): pages 0-13 show the frames that the
 * running vCPU gave to set_gdt, or a page of zeros; pages 14 and 15 are ours,
 * and hold the flat guest selectors and the hypervisor's own. The LDT has 16
 * pages (LDT_VIRT(cpu)), filled on demand by pv/desc.c.
 */
#ifndef CPU_DESC_H
#define CPU_DESC_H

#include "lib/types.h"

#define FIRST_RESERVED_GDT_PAGE 14
#define HV_CS 0xe008
#define HV_DS 0xe010
#define TSS_SELECTOR 0xe040
#define LDT_SELECTOR 0xe050

struct vcpu;

void desc_init_cpu(unsigned cpu);	/* allocate and map: any time before the CPU starts */
void desc_load(void);			/* lgdt, lidt, ltr, syscall MSRs: on the CPU itself */
void desc_show_gdt(struct vcpu *v);	/* map v's GDT frames on this CPU, empty LDT; caller flushes */
/* LDTR of this CPU: its window with so many entries, or null. Pages are shown on demand. */
void desc_load_ldt(unsigned ents);
void idt_init(void);

#endif

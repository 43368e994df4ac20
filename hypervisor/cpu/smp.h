/* SPDX-License-Identifier: GPL-2.0-only */
/* Bringing processors up, and making them do things. */
#ifndef CPU_SMP_H
#define CPU_SMP_H

#include "cpu/percpu.h"

void smp_init_boot_cpu(void);			/* pcpus[0] */
void smp_boot_others(void);			/* prints "Brought up N CPUs" */
/* Run fn(arg) on every CPU of mask but this one with interrupts off; waits for the end. */
void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg);
void smp_send_event_check(unsigned cpu);	/* make it look at its softirqs and events */
void smp_stop_others(void);			/* for reset and panic: never return */

/* boot/trampoline.S: real-mode start of a processor, in low memory. */
void trampoline_install(void);
paddr_t trampoline_paddr(void);
void __noreturn smp_ap_main(void);

/* Interrupt handlers of the IPI vectors, called from irq/vector.c. */
void smp_handle_call(void);
void smp_handle_event_check(void);

#endif

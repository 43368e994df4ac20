/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions. The entry code saves a full cpu_user_regs and calls
 * trap_dispatch(); a trap out of a guest goes to its type's handler
 * (v->domain->ops->trap), one out of the hypervisor to the exception table or
 * to the crash dump.
 */
#ifndef CPU_TRAPS_H
#define CPU_TRAPS_H

#include "lib/types.h"
#include <xen/xen.h>

void trap_dispatch(struct cpu_user_regs *regs);
void nmi_dispatch(struct cpu_user_regs *regs);
void mce_dispatch(struct cpu_user_regs *regs);
void irq_dispatch(struct cpu_user_regs *regs);	/* irq/vector.c */
/* New RIP for a fault at rip inside the hypervisor, 0 if there is none. */
u64 extable_search(u64 rip);
void show_registers(const struct cpu_user_regs *regs);
void show_stack(const struct cpu_user_regs *regs);	/* hypervisor's, with symbols */
void show_page_walk(u64 va);
void dump_all_cpus(void);

static inline bool regs_from_guest(const struct cpu_user_regs *regs) { return regs->cs & 3; }

/* entry.S */
void __noreturn ret_to_guest(void);	/* leave through regs at the top of the stack, with all checks */
void __noreturn reset_stack_and_jump(void (*fn)(void));

#endif

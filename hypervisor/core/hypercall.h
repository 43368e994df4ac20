/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls. A handler gets the arguments and may change them: if it returns
 * -ERESTART, the call is started again with a->arg[] as they then are, after
 * interrupts, softirqs and other vCPUs had their turn (core/hypercall.c). It
 * works the same in a multicall. Any other value goes to the guest.
 *
 * The table is in control/hypercalls.c, the one place that names them all.
 */
#ifndef CORE_HYPERCALL_H
#define CORE_HYPERCALL_H

#include "lib/errno.h"
#include "lib/types.h"
#include <xen/xen.h>

#define NR_HYPERCALLS 64

struct hc_args {
	u64 arg[6];
	unsigned nr;
};

typedef long (*hypercall_fn)(struct hc_args *a);

struct hypercall {
	hypercall_fn fn;
	u8 nargs;
};

extern const struct hypercall hypercall_table[NR_HYPERCALLS];

/* True when a long operation should stop and return -ERESTART. */
bool hypercall_preempt_check(void);

/* One call by number, for hypercall_dispatch() and multicalls; -ENOSYS if there is none. */
long hypercall_call(u64 nr, struct hc_args *a);

/* entry.S calls it for `syscall` in kernel mode. */
void hypercall_dispatch(struct cpu_user_regs *regs);

/* The handlers, by file. */
long hc_multicall(struct hc_args *a);			/* core/multicall.c */
long hc_xen_version(struct hc_args *a);			/* core/version.c */
long hc_console_io(struct hc_args *a);			/* core/console_io.c */
long hc_vcpu_op(struct hc_args *a);			/* core/vcpu_op.c */
long hc_sched_op(struct hc_args *a);			/* core/sched_op.c */
long hc_set_timer_op(struct hc_args *a);		/* core/vcpu_op.c */
long hc_vm_assist(struct hc_args *a);			/* core/version.c */
long hc_event_channel_op(struct hc_args *a);		/* evtchn/ */
long hc_grant_table_op(struct hc_args *a);		/* grant/ */
long hc_memory_op(struct hc_args *a);			/* memory/ */
long hc_mmu_update(struct hc_args *a);			/* pv/ from here */
long hc_update_va_mapping(struct hc_args *a);
long hc_update_va_mapping_otherdomain(struct hc_args *a);
long hc_mmuext_op(struct hc_args *a);
long hc_set_trap_table(struct hc_args *a);
long hc_set_gdt(struct hc_args *a);
long hc_update_descriptor(struct hc_args *a);
long hc_stack_switch(struct hc_args *a);
long hc_set_callbacks(struct hc_args *a);
long hc_callback_op(struct hc_args *a);
long hc_nmi_op(struct hc_args *a);
long hc_fpu_taskswitch(struct hc_args *a);
long hc_set_debugreg(struct hc_args *a);
long hc_get_debugreg(struct hc_args *a);
long hc_set_segment_base(struct hc_args *a);
long hc_iret(struct hc_args *a);
long hc_domctl(struct hc_args *a);			/* control/ from here */
long hc_sysctl(struct hc_args *a);
long hc_platform_op(struct hc_args *a);
long hc_physdev_op(struct hc_args *a);
long hc_mca(struct hc_args *a);
long hc_xenpmu_op(struct hc_args *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way from a guest's `syscall` to the handler and back.
 *
 * A handler that returns -ERESTART has left in its hc_args what remains to be
 * done: it goes back into the guest's registers, RIP back onto the `syscall`
 * instruction (two bytes), and the guest makes the call again by itself after
 * whatever wanted the CPU was served. No state of ours stays behind.
 *
 * Budget of hypercall_dispatch() without the handler: 45 instructions, 15 for iret.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "evtchn/evtchn.h"

#define SYSCALL_INSN_LEN 2

/* nr, or 0 if the CPU speculates past the bounds check. */
static __always_inline u64 index_nospec(u64 nr, u64 size)
{
	u64 mask = (u64)((s64)(nr - size) >> 63);

	__asm__ __volatile__("" : "+r"(mask));
	return nr & mask;
}

bool hypercall_preempt_check(void)
{
	return READ_ONCE(this_cpu()->softirq_pending) || vcpu_event_delivery_wanted(current);
}

long hypercall_call(u64 nr, struct hc_args *a)
{
	const struct hypercall *h;

	if (unlikely(nr >= NR_HYPERCALLS))
		return -ENOSYS;
	h = &hypercall_table[index_nospec(nr, NR_HYPERCALLS)];
	if (unlikely(!h->fn))
		return -ENOSYS;
	a->nr = h->nargs;
	return h->fn(a);
}

void hypercall_dispatch(struct cpu_user_regs *regs)
{
	struct hc_args a;
	long rc;

	/* Each return from a trap or system call: takes no arguments and never restarts. */
	if (regs->rax == __HYPERVISOR_iret && likely(hypercall_table[__HYPERVISOR_iret].fn)) {
		a.nr = 0;
		regs->rax = (u64)hypercall_table[__HYPERVISOR_iret].fn(&a);
		return;
	}
	a = (struct hc_args){
		.arg = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9 },
	};
	rc = hypercall_call(regs->rax, &a);
	if (likely(rc != -ERESTART)) {
		regs->rax = (u64)rc;
		return;
	}
	regs->rip -= SYSCALL_INSN_LEN;
	regs->rdi = a.arg[0];
	regs->rsi = a.arg[1];
	regs->rdx = a.arg[2];
	regs->r10 = a.arg[3];
	regs->r8 = a.arg[4];
}

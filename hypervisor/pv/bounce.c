/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions, events and system calls into a PV guest's kernel, and its way back.
 *
 * Owns v->pv->bounce. Invariants:
 *  - A frame is only written through copy_to_guest() with the guest's kernel
 *    page tables in CR3; a stack that cannot take it kills the domain.
 *  - bounce.flags is cleared when its frame stands: one entry, one frame.
 *  - The guest's real RFLAGS.IF is always 1 and its IOPL 0; its own idea of IF is
 *    the inverse of evtchn_upcall_mask.
 *  - NMI and machine check are blocked for the guest from delivery to its next
 *    iret hypercall (async_mask).
 *
 * The frame, from high to low: SS RSP RFLAGS CS|mask<<32 RIP [error code] R11 RCX.
 *
 * Instructions: a frame for an exception or event 85, and 55 to copy its words;
 * iret 60 and 55, with entry and exit 230; a toggle of the mode adds 27.
 */
#include "cpu/asm_offsets.h"
#include "cpu/cpu.h"
#include "cpu/traps.h"
#include "cpu/uaccess.h"
#include "cpu/uaccess_asm.h"
#include "core/hypercall.h"
#include "evtchn/evtchn.h"
#include "lib/printk.h"
#include "pv/pv.h"
#include "sync/softirq.h"

/* Flags that a handler starts without. */
#define HANDLER_CLEARS (X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_TF)

bool canonical_guest_address(u64 va)
{
	return is_canonical(va) && (va < HV_VIRT_START || va >= HV_VIRT_END);
}

static inline u64 frame_rflags(const struct vcpu *v, const struct cpu_user_regs *regs, u8 mask)
{
	u64 f = regs->rflags & ~(u64)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

	if (!mask)
		f |= X86_EFLAGS_IF;
	if (unlikely(test_bit(VMASST_TYPE_architectural_iopl, &v->domain->vm_assist)))
		f |= (u64)v->pv->iopl << 12;
	return f;
}

/* Where the frame goes; enters kernel mode if need be. */
static inline u64 enter_kernel(struct vcpu *v, const struct cpu_user_regs *regs, u64 *cs)
{
	*cs = regs->cs;
	if (v->pv->kernel_mode) {
		*cs &= ~3ull;
		return regs->rsp & ~15ull;
	}
	pv_toggle_mode(v);
	return v->pv->kernel_sp & ~15ull;
}

static inline void enter_handler(struct cpu_user_regs *regs, u64 rip, u64 sp)
{
	regs->rip = rip;
	regs->cs = GUEST_CS64;
	regs->ss = GUEST_SS;
	regs->rsp = sp;
	regs->rflags &= ~(u64)HANDLER_CLEARS;
	/* RCX and R11 are on the frame: SYSRET may be used. */
	regs->entry_vector = TRAP_SYSCALL;
}

/* Write the frame and enter the handler. Kept in one piece: every exception and system call is here. */
static __always_inline void bounce_to(struct vcpu *v, struct cpu_user_regs *regs, u64 rip, u8 flags,
				      u64 error_code)
{
	u64 cs, ss = regs->ss, rsp = regs->rsp, rflags, *f;
	u64 sp = enter_kernel(v, regs, &cs);
	u8 mask = v->info->evtchn_upcall_mask;

	rflags = frame_rflags(v, regs, mask);
	sp -= (flags & TBF_EXCEPTION_ERRCODE ? 8 : 7) * sizeof(u64);
	if (unlikely(!guest_range_ok((void *)sp, 8 * sizeof(u64))))
		goto bad_stack;
	f = (u64 *)sp;
	guest_access_begin();
	guest_put_word(f, regs->rcx, fault);
	guest_put_word(f + 1, regs->r11, fault);
	if (flags & TBF_EXCEPTION_ERRCODE) {
		guest_put_word(f + 2, error_code, fault);
		f++;
	}
	guest_put_word(f + 2, regs->rip, fault);
	guest_put_word(f + 3, cs | (u64)mask << 32, fault);
	guest_put_word(f + 4, rflags, fault);
	guest_put_word(f + 5, rsp, fault);
	guest_put_word(f + 6, ss, fault);
	guest_access_end();
	if (flags & TBF_INTERRUPT)
		v->info->evtchn_upcall_mask = 1;
	enter_handler(regs, rip, sp);
	return;
fault:
	guest_access_end();
bad_stack:
	domain_crash_msg(v->domain, "guest kernel stack %016lx cannot take a frame", (unsigned long)sp);
}

void pv_create_bounce_frame(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct trap_bounce *b = &v->pv->bounce;
	u8 flags = b->flags;

	b->flags = flags & TBF_FAILSAFE;
	if (unlikely(!b->rip)) {
		domain_crash_msg(v->domain, "no handler for an event, exception or system call");
		return;
	}
	bounce_to(v, regs, b->rip, flags, b->error_code);
}

/* Selectors that could not be loaded: the guest gets them as they were, and sorts it out. */
void pv_failsafe(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct pv_vcpu *pv = v->pv;
	u64 frame[11], cs, sp, ss = regs->ss, rsp = regs->rsp;
	u8 mask;

	pv->bounce.flags &= (u8)~TBF_FAILSAFE;
	if (!pv->failsafe_callback) {
		domain_crash_msg(v->domain, "a selector cannot be loaded and there is no failsafe callback");
		return;
	}
	sp = enter_kernel(v, regs, &cs) - sizeof(frame);
	mask = v->info->evtchn_upcall_mask;
	frame[0] = regs->rcx;
	frame[1] = regs->r11;
	frame[2] = pv->ds;
	frame[3] = pv->es;
	frame[4] = pv->fs;
	frame[5] = pv->gs;
	frame[6] = regs->rip;
	frame[7] = cs | (u64)mask << 32;
	frame[8] = frame_rflags(v, regs, mask);
	frame[9] = rsp;
	frame[10] = ss;
	if (copy_to_guest((void *)sp, frame, sizeof(frame))) {
		domain_crash_msg(v->domain, "guest kernel stack %016lx cannot take a frame", (unsigned long)sp);
		return;
	}
	if (pv->callback_mask_events & 1u << CALLBACKTYPE_failsafe)
		v->info->evtchn_upcall_mask = 1;
	enter_handler(regs, pv->failsafe_callback, sp);
}

void pv_inject(unsigned vector, u32 error_code)
{
	struct vcpu *v = current;
	struct trap_bounce *b = &v->pv->bounce;
	const struct trap_info *t = &v->pv->traps[vector];
	/* Vectors whose frame has an error code: 8, 10-14, 17, 21. */
	const u32 with_code = 0x227d00;

	if (unlikely(!t->address)) {
		show_registers(guest_regs());
		show_stack(guest_regs());
		domain_crash_msg(v->domain, "unhandled exception %u, error code %04x", vector, error_code);
		return;
	}
	b->rip = t->address;
	b->error_code = error_code;
	b->flags = (b->flags & TBF_FAILSAFE) | TBF_EXCEPTION |
		   (vector < 32 && (with_code >> vector & 1) ? TBF_EXCEPTION_ERRCODE : 0) |
		   (TI_GET_IF(t) ? TBF_INTERRUPT : 0);
}

void pv_inject_pf(u64 cr2, u32 error_code)
{
	current->info->arch.cr2 = cr2;
	pv_inject(TRAP_pf, error_code);
	if (unlikely(!current->pv->bounce.flags))
		show_page_walk(cr2);
}

void pv_syscall_bounce(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct pv_vcpu *pv = v->pv;
	bool wide = regs->cs == GUEST_CS64;
	unsigned type = wide ? CALLBACKTYPE_syscall : CALLBACKTYPE_syscall32;
	u64 rip = wide ? pv->syscall_callback : pv->syscall32_callback;

	if (unlikely(!rip)) {
		regs->entry_vector = TRAP_ud;
		regs->rip -= 2;
		pv_inject(TRAP_ud, 0);
		return;
	}
	/* Of the flags that SFMASK cleared the guest finds the old values in the frame. */
	regs->rflags = regs->r11;
	bounce_to(v, regs, rip, pv->callback_mask_events >> type & 1 ? TBF_INTERRUPT : 0, 0);
	regs->rflags &= ~(u64)X86_EFLAGS_DF;
}

void pv_sysenter_bounce(struct cpu_user_regs *regs)
{
	struct pv_vcpu *pv = current->pv;

	regs->rflags |= X86_EFLAGS_IF;
	regs->rflags &= ~(u64)(X86_EFLAGS_NT | X86_EFLAGS_TF);
	if (pv->kernel_mode || !pv->sysenter_callback) {
		pv_inject(TRAP_gp, 0);
		return;
	}
	pv->bounce.rip = pv->sysenter_callback;
	pv->bounce.flags = TBF_EXCEPTION |
		(pv->callback_mask_events >> CALLBACKTYPE_sysenter & 1 ? TBF_INTERRUPT : 0);
	pv_create_bounce_frame(regs);
}

/* IRET to the guest raised an exception: it is the guest's, on the frame that it wanted. */
void pv_iret_fault(struct cpu_user_regs *regs)
{
	irq_enable();
	pv_inject(regs->entry_vector & 0xff, regs->error_code);
}

/* MCE goes before NMI; both block until the guest's next iret hypercall. */
static bool deliver_async(struct vcpu *v)
{
	unsigned vector;

	if (v->mce_pending && !(v->async_mask & 2)) {
		vector = TRAP_mc;
		v->mce_pending = false;
		v->async_old_mask = v->async_mask;
		v->async_mask |= 3;
	} else if (v->nmi_pending && !(v->async_mask & 1)) {
		vector = TRAP_nmi;
		v->nmi_pending = false;
		v->async_old_mask = v->async_mask;
		v->async_mask |= 1;
	} else {
		return false;
	}
	if (!v->pv->traps[vector].address) {
		v->async_mask = v->async_old_mask;
		return true;
	}
	pv_inject(vector, 0);
	return true;
}

void pv_exit_work(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct trap_bounce *b = &v->pv->bounce;

	for (;;) {
		irq_disable();
		if (this_cpu()->softirq_pending) {
			irq_enable();
			softirq_run();
		} else if (b->flags & TBF_EXCEPTION) {
			pv_create_bounce_frame(regs);
		} else if (b->flags & TBF_FAILSAFE) {
			pv_failsafe(regs);
		} else if (deliver_async(v)) {
			continue;
		} else if (vcpu_event_delivery_wanted(v)) {
			b->rip = v->pv->event_callback;
			b->flags |= TBF_EXCEPTION | TBF_INTERRUPT;
			pv_create_bounce_frame(regs);
		} else {
			return;
		}
	}
}

long hc_iret(struct hc_args *a)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_regs();
	struct iret_context c;

	if (unlikely(!guest_range_ok((void *)regs->rsp, sizeof(c)) ||
		     raw_copy_9(&c, (void *)regs->rsp))) {
		domain_crash_msg(v->domain, "iret: frame at %016lx cannot be read", (unsigned long)regs->rsp);
		return 0;
	}
	if ((c.cs & 3) == 3) {
		if (unlikely(!v->pv->guest_table_user)) {
			domain_crash_msg(v->domain, "iret to user mode without user page tables");
			return 0;
		}
		pv_toggle_mode(v);
	}
	regs->rip = c.rip;
	regs->cs = (u16)(c.cs | 3);
	regs->rflags = (c.rflags & ~(u64)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF |
		       X86_EFLAGS_MBS;
	regs->rsp = c.rsp;
	regs->ss = (u16)(c.ss | 3);
	if (!(c.flags & VGCF_in_syscall)) {
		regs->entry_vector = 0;
		regs->r11 = c.r11;
		regs->rcx = c.rcx;
	}
	v->info->evtchn_upcall_mask = !(c.rflags & X86_EFLAGS_IF);
	/* From the handler of a machine check that came amid an NMI's: still in the latter. */
	v->async_mask = v->async_old_mask;
	v->async_old_mask = 0;
	return (long)c.rax;
}

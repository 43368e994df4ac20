/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way into the hypervisor and the one way back to a PV guest.
 *
 * Invariants:
 *  - A processor has one stack (cpu/percpu.h). At its very top lies struct
 *    cpu_info, whose first member is the guest's cpu_user_regs: RSP0 and the
 *    SYSCALL stub point just above the hardware part of it, so that an entry
 *    from a guest always builds the frame at that same place.
 *  - %gs and %fs are the guest's and are never used here.
 *  - Interrupts are off from the last look at pending work until IRET or SYSRET.
 *  - A frame whose entry_vector has TRAP_SYSCALL may lose RCX and R11.
 *  - Double fault, NMI, machine check and #DB have stacks of their own in the low
 *    pages of the same stack area, because they can strike where RSP is still the
 *    guest's (first instructions of the SYSCALL stub).
 *
 * Instructions, measured (tests/guests/instruction-counts; DEBUG=0, nothing pending):
 *   hypercall entry to the handler and back to SYSRET, with hypercall_dispatch():  110
 *   SYSCALL from user mode to the guest's handler, with pv/bounce.c:               290
 *   a page fault of the guest's kernel to its handler:                             370
 */
#include "cpu/asm_offsets.h"

	.text

	.macro SAVE_GPRS
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro RESTORE_GPRS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	.endm

	/* A place that cpu/uaccess.c turns into CLAC when SMAP is on. */
	.macro ENTRY_CLAC
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection __clac_sites, "a"
	.quad	771b
	.popsection
	.endm

	.macro EXTABLE from, to
	.pushsection __ex_table, "a"
	.quad	\from, \to
	.popsection
	.endm

/*
 * SYSCALL. The per-CPU stub (cpu/desc.c) has put the guest's RAX into
 * cpu_info.scratch, its RSP into RAX and &regs.es into RSP.
 */
	.globl	lstar_enter
	.type	lstar_enter, @function
lstar_enter:
	push	$GUEST_SS
	push	%rax
	push	%r11
	push	$GUEST_CS64
	push	%rcx
	push	$0
	movl	$TRAP_SYSCALL, 4(%rsp)
	mov	CPUINFO_scratch - REGS_error_code(%rsp), %rax
	SAVE_GPRS
	mov	CPUINFO_current(%rsp), %rbx
	mov	VCPU_pv(%rbx), %rcx
	mov	%rsp, %rdi
	cmpb	$0, PV_kernel_mode(%rcx)
	je	1f
	sti
	call	hypercall_dispatch
	jmp	exit_to_guest
1:	call	pv_syscall_bounce
	jmp	exit_to_guest

	/* SYSCALL from 32-bit code: user mode only, never a hypercall. */
	.globl	cstar_enter
	.type	cstar_enter, @function
cstar_enter:
	push	$GUEST_SS
	push	%rax
	push	%r11
	push	$GUEST_CS32
	push	%rcx
	push	$0
	movl	$TRAP_SYSCALL, 4(%rsp)
	mov	CPUINFO_scratch - REGS_error_code(%rsp), %rax
	SAVE_GPRS
	mov	CPUINFO_current(%rsp), %rbx
	mov	%rsp, %rdi
	call	pv_syscall_bounce
	jmp	exit_to_guest

/* SYSENTER from 32-bit user code; RSP is &regs.es by MSR. RIP, RSP and RFLAGS are lost. */
	.globl	sysenter_enter
	.type	sysenter_enter, @function
sysenter_enter:
	push	$GUEST_SS
	push	$0
	pushfq
	push	$3
	push	$0
	push	$0
	movl	$TRAP_SYSCALL, 4(%rsp)
	SAVE_GPRS
	ENTRY_CLAC
	push	$2			/* SYSENTER keeps NT, TF and DF: an IRET with NT set faults */
	popfq
	mov	CPUINFO_current(%rsp), %rbx
	mov	%rsp, %rdi
	call	pv_sysenter_bounce
	jmp	exit_to_guest

/* Leave through the registers at the top of the stack, looking at everything first. */
	.globl	ret_to_guest
	.type	ret_to_guest, @function
ret_to_guest:
	mov	CPUINFO_current(%rsp), %rbx

/* RSP: regs, RBX: current. */
exit_to_guest:
	cli
	mov	CPUINFO_cpu(%rsp), %rax
	cmpq	$0, PCPU_softirq_pending(%rax)
	jne	exit_slow
	cmpw	$0, VCPU_async_pending(%rbx)
	jne	exit_slow
	mov	VCPU_pv(%rbx), %rcx
	cmpb	$0, PV_bounce_flags(%rcx)
	jne	exit_bounce
	mov	VCPU_info(%rbx), %rax
	movzwl	(%rax), %eax		/* upcall_pending, upcall_mask */
	test	%al, %al
	jz	restore_guest
	test	%ah, %ah
	jz	exit_slow

restore_guest:
	orl	$0x200, REGS_rflags(%rsp)
	testl	$TRAP_SYSCALL, REGS_entry_vector(%rsp)
	RESTORE_GPRS
	jz	iret_to_guest
	/* SYSRET would raise #GP in ring 0 for a non-canonical RIP. */
	mov	8(%rsp), %rcx
	mov	%rcx, %r11
	shl	$16, %r11
	sar	$16, %r11
	cmp	%rcx, %r11
	jne	iret_to_guest
	mov	24(%rsp), %r11
	/* These flags SYSRET and IRET treat differently. */
	test	$0x30000, %r11d
	jnz	iret_to_guest
	/* To 32-bit code never: on AMD it does not give SS back its attributes. */
	cmpw	$GUEST_CS64, 16(%rsp)
	jne	iret_to_guest
	mov	32(%rsp), %rsp
	sysretq

iret_to_guest:
	add	$8, %rsp
iret_insn:
	iretq
	EXTABLE	iret_insn, iret_fault

	/* The usual reason for work is an exception for the guest: its frame, and look again. */
exit_bounce:
	testb	$1, PV_bounce_flags(%rcx)
	jz	exit_slow
	mov	%rsp, %rdi
	call	pv_create_bounce_frame
	jmp	exit_to_guest

exit_slow:
	mov	%rsp, %rdi
	call	pv_exit_work		/* back with interrupts off and nothing left to do */
	jmp	restore_guest

/*
 * Our IRET faulted. trap_dispatch() noted vector and error code in scratch and
 * sent us here with the guest's registers still live and RSP at the frame.
 */
iret_fault:
	pushq	CPUINFO_scratch - REGS_rip(%rsp)
	SAVE_GPRS
	mov	CPUINFO_current(%rsp), %rbx
	mov	%rsp, %rdi
	call	pv_iret_fault
	jmp	exit_to_guest

	.globl	reset_stack_and_jump
	.type	reset_stack_and_jump, @function
reset_stack_and_jump:
	or	$STACK_SIZE_ASM - 1, %rsp
	sub	$CPUINFO_sizeof - 1, %rsp
	xor	%ebp, %ebp
	jmp	*%rdi

/* Exceptions: vector and error code to where cpu_user_regs wants them. */
	.macro TRAP name, vector, errcode
	.globl	trap_\name
trap_\name:
	.if	\errcode == 0
	push	$0
	.endif
	movl	$\vector, 4(%rsp)
	jmp	common_trap
	.endm

	TRAP	de, 0, 0
	TRAP	bp, 3, 0
	TRAP	of, 4, 0
	TRAP	br, 5, 0
	TRAP	ud, 6, 0
	TRAP	nm, 7, 0
	TRAP	ts, 10, 1
	TRAP	np, 11, 1
	TRAP	ss, 12, 1
	TRAP	gp, 13, 1
	TRAP	pf, 14, 1
	TRAP	mf, 16, 0
	TRAP	ac, 17, 1
	TRAP	xm, 19, 0
	TRAP	ve, 20, 0
	TRAP	cp, 21, 1
	TRAP	int80, 0x80, 0

common_trap:
	SAVE_GPRS
	ENTRY_CLAC
	cld
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	1f
	mov	CPUINFO_current(%rsp), %rbx
	call	trap_dispatch
	jmp	exit_to_guest
1:	call	trap_dispatch
	/* fall through */
restore_hypervisor:
	RESTORE_GPRS
	add	$8, %rsp
	iretq

/* Interrupts: one stub a vector, from 0x20 on. */
	.globl	irq_stubs
	.balign	32
irq_stubs:
	vector = 0x20
	.rept	0x100 - 0x20
	.balign	32
	push	$0
	movl	$vector, 4(%rsp)
	jmp	common_irq
	vector = vector + 1
	.endr

common_irq:
	SAVE_GPRS
	ENTRY_CLAC
	cld
	mov	%rsp, %rdi
	testb	$3, REGS_cs(%rsp)
	jz	1f
	mov	CPUINFO_current(%rsp), %rbx
	call	irq_dispatch
	jmp	exit_to_guest
1:	call	irq_dispatch
	jmp	restore_hypervisor

/*
 * Entries on stacks of their own. From a guest the frame is moved to the usual
 * place, so that the exit path can do all its work; the stack is then free for
 * the next one. From the hypervisor they return by a plain IRET.
 */
	.macro IST_TRAP name, vector, errcode, handler
	.globl	trap_\name
trap_\name:
	.if	\errcode == 0
	push	$0
	.endif
	movl	$\vector, 4(%rsp)
	SAVE_GPRS
	ENTRY_CLAC
	cld
	testb	$3, REGS_cs(%rsp)
	jz	1f
	mov	%rsp, %rsi
	or	$STACK_SIZE_ASM - 1, %rsp
	sub	$CPUINFO_sizeof - 1, %rsp
	mov	%rsp, %rdi
	mov	$REGS_es / 8, %ecx
	rep	movsq
	mov	%rsp, %rdi
	mov	CPUINFO_current(%rsp), %rbx
	call	\handler
	jmp	exit_to_guest
1:	mov	%rsp, %rdi
	call	\handler
	jmp	restore_hypervisor
	.endm

	IST_TRAP db, 1, 0, trap_dispatch
	IST_TRAP nmi, 2, 0, nmi_dispatch
	IST_TRAP df, 8, 1, trap_dispatch
	IST_TRAP mc, 18, 0, mce_dispatch

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry.S: trap handlers as short as the ABI allows, so that a measured round trip is the
 * hypervisor's work and little else; and the user-mode loops that are measured against them.
 *
 * The hypervisor leaves at RSP: RCX, R11, [error code], RIP, CS, RFLAGS, RSP, SS. The iret
 * hypercall wants: RAX, R11, RCX, flags, RIP, CS, RFLAGS, RSP, SS. Flags are 0, as in Linux.
 */
#define __ASSEMBLY__ 1
#include <xen/xen.h>

	.macro IRET_HYPERCALL
	pushq	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2
	.endm

	.text
	/* A system call that does nothing. */
	.globl	bench_syscall_entry
	.balign	16
bench_syscall_entry:
	pop	%rcx
	pop	%r11
	IRET_HYPERCALL

	/* A page fault: go on behind the instruction, which is three bytes long. */
	.globl	bench_fault_entry
	.balign	16
bench_fault_entry:
	pop	%rcx
	pop	%r11
	add	$8, %rsp
	addq	$3, (%rsp)
	IRET_HYPERCALL

	/* An event: take what waits of the first 64 ports, and say when. R12-R15 are free here. */
	.macro EVENT_HANDLER vcpu_info_pointer
	pop	%rcx
	pop	%r11
	push	%rax
	push	%rdx
	mov	\vcpu_info_pointer(%rip), %rdx
	movb	$0, (%rdx)
	xor	%eax, %eax
	xchg	%rax, 8(%rdx)
	mov	bench_pending(%rip), %rdx
	xor	%eax, %eax
	xchg	%rax, (%rdx)
	incq	bench_events(%rip)
	pop	%rdx
	pop	%rax
	IRET_HYPERCALL
	.endm

	.globl	bench_event_entry, bench_event_entry1
	.balign	16
bench_event_entry:
	EVENT_HANDLER bench_info0
	.balign	16
bench_event_entry1:
	EVENT_HANDLER bench_info1

/*
 * User mode: RDI repetitions; the least time is left in RBX when #UD ends it. R8 is spared
 * by the measured instruction; RSI is an address that nothing is mapped at.
 */
	.macro USER_LOOP insn:vararg
	mov	$-1, %rbx
1:	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %r8
	\insn
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	sub	%r8, %rax
	cmp	%rbx, %rax
	cmovb	%rax, %rbx
	dec	%rdi
	jnz	1b
	ud2
	.endm

	.globl	user_empty_loop, user_syscall_loop, user_fault_loop
user_empty_loop:
	USER_LOOP
user_syscall_loop:
	USER_LOOP syscall
user_fault_loop:
	mov	$0x7000000000, %rsi
	USER_LOOP mov (%rsi), %rax

/* u64 kernel_iret(void): one iret from kernel mode to kernel mode; the time. */
	.globl	kernel_iret
kernel_iret:
	mov	%rsp, %r9
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %r8
	pushq	$FLAT_KERNEL_SS
	push	%r9
	pushfq
	pushq	$(FLAT_KERNEL_CS & ~3)
	pushq	$1f
	IRET_HYPERCALL
1:	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	sub	%r8, %rax
	ret

	.data
	.balign	8
	.globl	bench_info0, bench_info1, bench_pending, bench_events
bench_info0:	.quad	0
bench_info1:	.quad	0
bench_pending:	.quad	0
bench_events:	.quad	0

	.section .note.GNU-stack, "", @progbits

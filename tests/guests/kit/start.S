/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start.S: what a kit kernel shows to the domain builder, and every way into and out of it.
 *
 * Entry from the domain builder: RSI = start_info, RSP = top of a one-page stack, nothing else.
 * All registers are kept in boot_regs (struct boot_regs in kit.h) before anything is changed.
 *
 * Entry by exception, event, or system call. The hypervisor leaves at RSP, lowest first:
 *	RCX, R11, [error code], RIP, CS | upcall mask << 32, RFLAGS, RSP, SS
 * with everything else untouched. Each stub turns that into struct trap_frame (trap.h):
 *	15 general registers, vector, error code, RIP, CS, RFLAGS, RSP, SS
 * which is 22 slots on a 16-byte aligned frame, so that C code finds its stack aligned.
 *
 * Exit is always the iret hypercall.
 */
#define __ASSEMBLY__ 1
#include <xen/xen.h>
#include <xen/elfnote.h>

#define VEC_EVENT	256
#define VEC_SYSCALL	257
#define VEC_FAILSAFE	258
#define VEC_SYSCALL32	259
#define VEC_SYSENTER	260

.macro note type:req, kind:req, value:vararg
	.pushsection .note.xen, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, \type
1:	.asciz	"Xen"
2:	.balign	4
3:	\kind	\value
4:	.balign	4
	.popsection
.endm

	note	XEN_ELFNOTE_GUEST_OS, .asciz, "kit"
	note	XEN_ELFNOTE_GUEST_VERSION, .asciz, "1"
	note	XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0"
	note	XEN_ELFNOTE_LOADER, .asciz, "generic"
	note	XEN_ELFNOTE_VIRT_BASE, .quad, 0xffffffff80000000
	note	XEN_ELFNOTE_PADDR_OFFSET, .quad, 0
	note	XEN_ELFNOTE_ENTRY, .quad, _start
	note	XEN_ELFNOTE_HYPERCALL_PAGE, .quad, hypercall_page
	note	XEN_ELFNOTE_PAE_MODE, .asciz, "yes"
	/* Bit 11: can run as the initial domain. */
	note	XEN_ELFNOTE_SUPPORTED_FEATURES, .quad, 0x800

	.text
	.globl	_start
_start:
	mov	%rax, boot_regs + 0x00(%rip)
	mov	%rbx, boot_regs + 0x08(%rip)
	mov	%rcx, boot_regs + 0x10(%rip)
	mov	%rdx, boot_regs + 0x18(%rip)
	mov	%rsi, boot_regs + 0x20(%rip)
	mov	%rdi, boot_regs + 0x28(%rip)
	mov	%rbp, boot_regs + 0x30(%rip)
	mov	%rsp, boot_regs + 0x38(%rip)
	mov	%r8,  boot_regs + 0x40(%rip)
	mov	%r9,  boot_regs + 0x48(%rip)
	mov	%r10, boot_regs + 0x50(%rip)
	mov	%r11, boot_regs + 0x58(%rip)
	mov	%r12, boot_regs + 0x60(%rip)
	mov	%r13, boot_regs + 0x68(%rip)
	mov	%r14, boot_regs + 0x70(%rip)
	mov	%r15, boot_regs + 0x78(%rip)
	pushfq
	popq	boot_regs + 0x80(%rip)
	mov	%cs, %eax
	mov	%rax, boot_regs + 0x88(%rip)
	mov	%ss, %eax
	mov	%rax, boot_regs + 0x90(%rip)
	mov	%ds, %eax
	mov	%rax, boot_regs + 0x98(%rip)
	mov	%es, %eax
	mov	%rax, boot_regs + 0xa0(%rip)
	mov	%fs, %eax
	mov	%rax, boot_regs + 0xa8(%rip)
	mov	%gs, %eax
	mov	%rax, boot_regs + 0xb0(%rip)
	cld
	lea	kit_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	mov	%rsi, %rdi
	call	kit_main
	ud2

/* Sixteen bytes a vector, so that trap.c can compute the address of each. */
	.balign	16
	.globl	trap_stubs
trap_stubs:
	vec = 0
	.rept	256
	.balign	16
	pop	%rcx
	pop	%r11
	.if	!(vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || vec == 21)
	pushq	$0
	.endif
	pushq	$vec
	jmp	trap_common
	vec = vec + 1
	.endr

.macro callback name:req, vector:req
	.globl	\name
	.balign	16
\name:
	pop	%rcx
	pop	%r11
	pushq	$0
	pushq	$\vector
	jmp	trap_common
.endm

	callback event_entry, VEC_EVENT
	callback syscall_entry, VEC_SYSCALL
	callback syscall32_entry, VEC_SYSCALL32
	callback sysenter_entry, VEC_SYSENTER

/* The failsafe frame has DS, ES, FS, GS between R11 and RIP. */
	.globl	failsafe_entry
	.balign	16
failsafe_entry:
	pop	%rcx
	pop	%r11
	popq	failsafe_selectors + 0x00(%rip)
	popq	failsafe_selectors + 0x08(%rip)
	popq	failsafe_selectors + 0x10(%rip)
	popq	failsafe_selectors + 0x18(%rip)
	pushq	$0
	pushq	$VEC_FAILSAFE

trap_common:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	call	trap_dispatch
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	/* struct iret_context: rax, r11, rcx, flags, then the frame that is there already. */
	pushq	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

/*
 * void context_enter(struct iret_context *ctx, u64 rdi): leave by the iret hypercall to wherever
 * ctx says (user mode as a rule). Comes back when a trap handler calls context_leave().
 */
	.globl	context_enter
context_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, context_saved_rsp(%rip)
	mov	%rdi, %rsp
	mov	%rsi, %rdi
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

	.globl	context_leave
context_leave:
	mov	context_saved_rsp(%rip), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* First instruction of a second vCPU: RDI = function, RSP = its own stack. */
	.globl	vcpu_entry
vcpu_entry:
	xor	%ebp, %ebp
	call	*%rdi
1:	mov	$__HYPERVISOR_sched_op, %eax
	mov	$1, %edi	/* SCHEDOP_block */
	syscall
	jmp	1b

	.balign	4096
	.globl	hypercall_page
hypercall_page:
	.fill	4096, 1, 0xcc

	.data
	.balign	8
	.globl	boot_regs
boot_regs:
	.fill	23, 8, 0
context_saved_rsp:
	.quad	0
	.globl	failsafe_selectors
failsafe_selectors:
	.fill	4, 8, 0

	.bss
	.balign	4096
	.skip	16384
	.globl	kit_stack_top
kit_stack_top:

	.section .note.GNU-stack, "", @progbits

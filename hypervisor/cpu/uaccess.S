/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The copies behind cpu/uaccess.h, and instructions that may fault. Words are
 * moved by MOV, not by string instructions: most copies are a few words, where
 * the start of a string instruction costs more than the copy.
 *
 * size_t raw_copy(void *dst, const void *src, size_t n): bytes NOT copied.
 */
	.text

	.macro EXTABLE from, to
	.pushsection __ex_table, "a"
	.quad	\from, \to
	.popsection
	.endm

	.macro STAC
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection __stac_sites, "a"
	.quad	771b
	.popsection
	.endm

	.macro CLAC
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection __clac_sites, "a"
	.quad	771b
	.popsection
	.endm

	.globl	raw_copy
	.type	raw_copy, @function
raw_copy:
	STAC
	sub	$32, %rdx
	jb	2f
1:
.Lb0:	mov	(%rsi), %rax
.Lb1:	mov	8(%rsi), %rcx
.Lb2:	mov	16(%rsi), %r8
.Lb3:	mov	24(%rsi), %r9
.Lb4:	mov	%rax, (%rdi)
.Lb5:	mov	%rcx, 8(%rdi)
.Lb6:	mov	%r8, 16(%rdi)
.Lb7:	mov	%r9, 24(%rdi)
	add	$32, %rsi
	add	$32, %rdi
	sub	$32, %rdx
	jae	1b
2:	add	$32, %rdx
	jz	6f
	sub	$8, %rdx
	jb	4f
3:
.Lw0:	mov	(%rsi), %rax
.Lw1:	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	sub	$8, %rdx
	jae	3b
4:	add	$8, %rdx
	jz	6f
	test	$4, %dl
	jz	5f
.Ld0:	mov	(%rsi), %eax
.Ld1:	mov	%eax, (%rdi)
	add	$4, %rsi
	add	$4, %rdi
	sub	$4, %rdx
	jz	6f
5:
.Lc0:	movb	(%rsi), %al
.Lc1:	movb	%al, (%rdi)
	inc	%rsi
	inc	%rdi
	dec	%rdx
	jnz	5b
6:	mov	%rdx, %rax
	CLAC
	ret
	/* A fault in a big step is tried again in smaller ones: up to the very edge. */
	EXTABLE	.Lb0, 2b
	EXTABLE	.Lb1, 2b
	EXTABLE	.Lb2, 2b
	EXTABLE	.Lb3, 2b
	EXTABLE	.Lb4, 2b
	EXTABLE	.Lb5, 2b
	EXTABLE	.Lb6, 2b
	EXTABLE	.Lb7, 2b
	EXTABLE	.Lw0, 4b
	EXTABLE	.Lw1, 4b
	EXTABLE	.Ld0, 5b
	EXTABLE	.Ld1, 5b
	EXTABLE	.Lc0, 6b
	EXTABLE	.Lc1, 6b

/* int raw_copy_9(void *dst, const void *src): nine words, all or nothing said about dst */
	.globl	raw_copy_9
	.type	raw_copy_9, @function
raw_copy_9:
	STAC
	.irp	off, 0, 8, 16, 24, 32, 40, 48, 56, 64
772:	mov	\off(%rsi), %rax
	EXTABLE	772b, .Lbad_9
	mov	%rax, \off(%rdi)
	.endr
	CLAC
	xor	%eax, %eax
	ret
.Lbad_9:
	CLAC
	mov	$-14, %eax
	ret

/* size_t raw_clear(void *dst, size_t n) */
	.globl	raw_clear
	.type	raw_clear, @function
raw_clear:
	STAC
	xor	%eax, %eax
	mov	%rsi, %rcx
	cld
.Lrst:	rep	stosb
	mov	%rcx, %rax
	CLAC
	ret
	EXTABLE	.Lrst, .Lrst_fault
.Lrst_fault:
	mov	%rcx, %rax
	CLAC
	ret

/* int rdmsr_safe(u32 msr, u64 *v); int wrmsr_safe(u32 msr, u64 v) */
	.globl	rdmsr_safe
	.type	rdmsr_safe, @function
rdmsr_safe:
	mov	%edi, %ecx
.Lrdmsr: rdmsr
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, (%rsi)
	xor	%eax, %eax
	ret
	EXTABLE	.Lrdmsr, .Lefault

	.globl	wrmsr_safe
	.type	wrmsr_safe, @function
wrmsr_safe:
	mov	%edi, %ecx
	mov	%esi, %eax
	mov	%rsi, %rdx
	shr	$32, %rdx
.Lwrmsr: wrmsr
	xor	%eax, %eax
	ret
	EXTABLE	.Lwrmsr, .Lefault

/* int xsetbv_safe(u64 v); int xrstor_safe(void *area, u64 mask); int fxrstor_safe(void *area) */
	.globl	xsetbv_safe
	.type	xsetbv_safe, @function
xsetbv_safe:
	mov	%edi, %eax
	mov	%rdi, %rdx
	shr	$32, %rdx
	xor	%ecx, %ecx
.Lxsetbv: xsetbv
	xor	%eax, %eax
	ret
	EXTABLE	.Lxsetbv, .Lefault

	.globl	xrstor_safe
	.type	xrstor_safe, @function
xrstor_safe:
	mov	%esi, %eax
	mov	%rsi, %rdx
	shr	$32, %rdx
.Lxrstor: xrstor64 (%rdi)
	xor	%eax, %eax
	ret
	EXTABLE	.Lxrstor, .Lefault

	.globl	fxrstor_safe
	.type	fxrstor_safe, @function
fxrstor_safe:
.Lfxrstor: fxrstor64 (%rdi)
	xor	%eax, %eax
	ret
	EXTABLE	.Lfxrstor, .Lefault

/* int load_{ds,es,fs,gs}_safe(u16 sel): a selector of the guest's; -EFAULT loads null */
	.macro LOADSEG seg
	.globl	load_\seg\()_safe
	.type	load_\seg\()_safe, @function
load_\seg\()_safe:
.Lseg_\seg: mov	%edi, %\seg
	xor	%eax, %eax
	ret
.Lbad_\seg:
	xor	%edi, %edi
	mov	%edi, %\seg
	mov	$-14, %eax
	ret
	EXTABLE	.Lseg_\seg, .Lbad_\seg
	.endm
	LOADSEG	ds
	LOADSEG	es
	LOADSEG	fs

/* GS: into the inactive base's place, so that the active one survives; called with interrupts off. */
	.globl	load_gs_safe
	.type	load_gs_safe, @function
load_gs_safe:
.Lseg_gs: mov	%edi, %gs
	xor	%eax, %eax
	ret
.Lbad_gs:
	xor	%edi, %edi
	mov	%edi, %gs
	mov	$-14, %eax
	ret
	EXTABLE	.Lseg_gs, .Lbad_gs

/* u32 lar_safe(u16 sel): access rights, 0: no such descriptor, or it cannot be read now */
	.globl	lar_safe
	.type	lar_safe, @function
lar_safe:
	movzwl	%di, %edi
.Llar:	lar	%edi, %eax
	jz	1f
.Lno_lar:
	xor	%eax, %eax
1:	ret
	EXTABLE	.Llar, .Lno_lar

.Lefault:
	mov	$-14, %eax
	ret

	.section .note.GNU-stack, "", @progbits

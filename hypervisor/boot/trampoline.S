/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of the other processors. The start-up IPI makes them begin in real
 * mode at the page that trampoline_install() copied [trampoline_start,
 * trampoline_end) to; CS is that page >> 4. They go to long mode in the boot root
 * table (the first 4 GiB 1:1, and all our slots), then
 * to our own address, load hv_root and the stack ap_boot_stack, and call
 * smp_ap_main().
 *
 * One at a time: ap_boot_stack belongs to the processor that was started last.
 */
#define IMAGE_VIRT 0xffff828000000000
#define PHYS(sym) ((sym) - IMAGE_VIRT)
#define EFER 0xc0000080

	.section .init.rodata, "a", @progbits
	.globl trampoline_start, trampoline_end, trampoline_cr3, trampoline_base
	.balign 16
	.code16
trampoline_start:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl tr_gdt_ptr - trampoline_start
	mov $0x11, %eax			/* PE, ET */
	mov %eax, %cr0
	/* The far pointer was made absolute by trampoline_install(). */
	ljmpl *(tr_far - trampoline_start)

	.code32
tr_32:
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov $0x20, %eax			/* PAE */
	mov %eax, %cr4
	.byte 0xbb			/* mov imm32, %ebx: where we are */
trampoline_base:
	.long 0
	mov trampoline_cr3 - trampoline_start(%ebx), %eax
	mov %eax, %cr3
	mov $EFER, %ecx
	rdmsr
	or $0x900, %eax			/* LME, NX */
	wrmsr
	mov $0x80010011, %eax		/* PG, WP, ET, PE */
	mov %eax, %cr0
	ljmp $0x18, $PHYS(ap_start64)

	.balign 8
tr_far:
	.long tr_32 - trampoline_start
	.short 0x08
	.balign 8
tr_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00af9b000000ffff
tr_gdt_ptr:
	.short 31
	.long tr_gdt - trampoline_start
	.balign 4
trampoline_cr3:
	.long 0
trampoline_end:

	/* What trampoline_install() has to make absolute. */
	.globl trampoline_fixups
	.balign 8
trampoline_fixups:
	.long tr_far - trampoline_start
	.long tr_gdt_ptr + 2 - trampoline_start
	.long trampoline_base - trampoline_start
	.long 0

	.section .text, "ax", @progbits
	.code64
ap_start64:
	movabs $1f, %rax
	jmp *%rax
1:	mov hv_root_cr3(%rip), %rax
	mov %rax, %cr3
	lea ap_gdt_ptr64(%rip), %rax
	lgdt (%rax)
	xor %ecx, %ecx
	mov %ecx, %ds
	mov %ecx, %es
	mov %ecx, %fs
	mov %ecx, %gs
	mov %ecx, %ss
	mov ap_boot_stack(%rip), %rsp
	xor %ebp, %ebp
	call smp_ap_main
2:	cli
	hlt
	jmp 2b

	.section .rodata, "a", @progbits
	.balign 8
	.short 0, 0, 0
ap_gdt_ptr64:
	.short 31
	.quad boot_gdt

	.section .note.GNU-stack, "", @progbits

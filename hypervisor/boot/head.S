/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From GRUB to C. GRUB enters start32 in 32-bit protected mode without paging,
 * with a multiboot2 magic in EAX and the information block in EBX. We check that
 * the processor can do what we need, build the first page tables, switch to long
 * mode, and call start(magic, info) on the boot CPU's stack at our real address.
 *
 * The boot page tables map the first 4 GiB with 2 MiB pages three times: 1:1, at
 * HV_IMAGE_VIRT and at DIRECTMAP_VIRT. mm/map.c replaces them.
 */
#define IMAGE_VIRT 0xffff828000000000
#define PHYS(sym) ((sym) - IMAGE_VIRT)
#define STACK_BYTES 32768		/* STACK_SIZE; checked in main.c */
#define CPU_INFO_BYTES 256		/* at least sizeof(struct cpu_info); checked in main.c */

#define MB2_MAGIC 0xe85250d6
#define EFER 0xc0000080

	.section .multiboot, "a", @progbits
	.balign 8
mb2_header:
	.long MB2_MAGIC
	.long 0				/* i386 */
	.long mb2_end - mb2_header
	.long 0x100000000 - (MB2_MAGIC + (mb2_end - mb2_header))
	/* Needed information: memory map, command line is always there. */
	.balign 8
	.short 1, 0
	.long 12
	.long 6
	/* Modules on page boundaries. */
	.balign 8
	.short 6, 0
	.long 8
	/* No graphics mode needed; text console is supported. */
	.balign 8
	.short 4, 1
	.long 12
	.long 2
	.balign 8
	.short 0, 0
	.long 8
mb2_end:

	.section .text.head, "ax", @progbits
	.code32
	.globl start32
start32:
	cli
	cld
	lgdt PHYS(boot_gdt_ptr)
	mov $0x10, %ecx
	mov %ecx, %ds
	mov %ecx, %es
	mov %ecx, %ss
	ljmp $0x08, $PHYS(1f)
1:
	mov $PHYS(boot_stack + STACK_BYTES - CPU_INFO_BYTES), %esp
	mov %eax, %ebp
	mov %ebx, %edi

	mov $PHYS(msg_loader), %esi
	cmp $0x36d76289, %ebp
	jne boot_fail
	mov $PHYS(msg_long_mode), %esi
	mov $0x80000000, %eax
	cpuid
	cmp $0x80000001, %eax
	jb boot_fail
	mov $0x80000001, %eax
	cpuid
	bt $29, %edx
	jnc boot_fail
	mov $PHYS(msg_nx), %esi
	bt $20, %edx
	jnc boot_fail

	/* Four L2 tables: 2048 pages of 2 MiB. */
	mov $PHYS(boot_l2), %ebx
	xor %ecx, %ecx
2:	mov %ecx, %eax
	shl $21, %eax
	or $0x83, %eax
	mov %eax, (%ebx, %ecx, 8)
	inc %ecx
	cmp $2048, %ecx
	jne 2b
	mov $PHYS(boot_l2) + 3, %eax
	mov %eax, PHYS(boot_l3)
	add $0x1000, %eax
	mov %eax, PHYS(boot_l3) + 8
	add $0x1000, %eax
	mov %eax, PHYS(boot_l3) + 16
	add $0x1000, %eax
	mov %eax, PHYS(boot_l3) + 24
	mov $PHYS(boot_l3) + 3, %eax
	mov %eax, PHYS(boot_l4)
	mov %eax, PHYS(boot_l4) + 261 * 8
	mov %eax, PHYS(boot_l4) + 262 * 8

	mov $PHYS(boot_l4), %eax
	mov %eax, %cr3
	mov $0x20, %eax			/* PAE */
	mov %eax, %cr4
	mov $EFER, %ecx
	rdmsr
	or $0x900, %eax			/* LME, NX */
	wrmsr
	mov %cr0, %eax
	or $0x80010001, %eax		/* PG, WP, PE */
	mov %eax, %cr0
	ljmp $0x18, $PHYS(1f)

	.code64
1:	movabs $2f, %rax
	jmp *%rax
2:	lea boot_gdt_ptr64(%rip), %rax
	lgdt (%rax)
	lea boot_stack + STACK_BYTES - CPU_INFO_BYTES(%rip), %rsp
	xor %ecx, %ecx
	mov %ecx, %ds
	mov %ecx, %es
	mov %ecx, %fs
	mov %ecx, %gs
	mov %ecx, %ss
	mov %edi, %esi
	mov %ebp, %edi
	xor %ebp, %ebp
	call start
3:	hlt
	jmp 3b

	/* No processor of ours: say why on the serial line and the screen, and stop. ESI: text. */
	.code32
boot_fail:
	mov $0xb8000, %edi
	mov $0x3fb, %edx
	mov $0x03, %al
	out %al, %dx
1:	lodsb
	test %al, %al
	jz 3f
	mov %al, (%edi)
	movb $0x4f, 1(%edi)
	add $2, %edi
	mov %al, %bl
	mov $0x3fd, %edx
	mov $0x10000, %ecx
2:	in %dx, %al
	test $0x20, %al
	jnz 4f
	dec %ecx
	jnz 2b
4:	mov $0x3f8, %edx
	mov %bl, %al
	out %al, %dx
	jmp 1b
3:	hlt
	jmp 3b

msg_loader:	.asciz "Krypton: not started by a multiboot2 loader. Use GRUB's multiboot2 command.\r\n"
msg_long_mode:	.asciz "Krypton: this processor has no 64-bit mode.\r\n"
msg_nx:		.asciz "Krypton: this processor has no NX, or the firmware has turned it off.\r\n"

	.balign 8
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 0x08 code32 */
	.quad 0x00cf93000000ffff	/* 0x10 data32 */
	.quad 0x00af9b000000ffff	/* 0x18 code64 */
boot_gdt_end:
	.short 0
boot_gdt_ptr:
	.short boot_gdt_end - boot_gdt - 1
	.long PHYS(boot_gdt)
	.balign 8
	.short 0, 0, 0
boot_gdt_ptr64:
	.short boot_gdt_end - boot_gdt - 1
	.quad boot_gdt

	.section .bss.boot, "aw", @nobits
	.balign STACK_BYTES
	.globl boot_stack
boot_stack:
	.skip STACK_BYTES
	.balign 4096
	.globl boot_l4, boot_l3, boot_l2
boot_l4:	.skip 4096
boot_l3:	.skip 4096
boot_l2:	.skip 4 * 4096

	.section .note.GNU-stack, "", @progbits

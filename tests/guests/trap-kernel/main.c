/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap-kernel: exceptions raised in guest kernel mode.
 *
 * What: #DE #DB #BP #UD #NM #GP #PF #AC-free frames: vector, error code, saved registers, CR2,
 * masks.
 * Why: every kernel's exception entry is written against this frame.
 * Expected: the frame is on the current stack, aligned down to 16; CS in it is 0xe030 (RPL 0
 * stands for kernel mode) with the upcall mask in bits 32-39; SS 0xe02b; RFLAGS with IF = !mask;
 * the handler runs on CS 0xe033, with TF, NT, AC and RF clear, the upcall mask untouched unless
 * the gate asks for it. #PF error codes are as from a kernel of its own: U clear.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "trap-kernel";

static void frame_is_sound(void)
{
	const struct trap_frame *f = &trap.frame;

	expect(trap.count, 1);
	expect(f->cs, FLAT_KERNEL_CS & ~3);
	expect(f->ss, FLAT_KERNEL_SS);
	check(f->rflags & FLAG_IF ? !f->mask : f->mask == 1);
	expect(f->rflags & FLAG_IOPL, 0);
	expect(trap.handler_cs & 0xffff, FLAT_KERNEL_CS);
	expect(trap.handler_ss & 0xffff, FLAT_KERNEL_SS);
	expect(trap.handler_rflags & (FLAG_TF | FLAG_NT | FLAG_AC | FLAG_VM), 0);
	expect(trap.handler_rflags & FLAG_IF, FLAG_IF);
	/* 22 slots below the old stack pointer rounded down. */
	expect(trap.handler_rsp, (f->rsp & ~15UL) - sizeof(struct trap_frame));
}

#define RAISE(insn, vec, err) do {			\
	trap_reset();					\
	asm volatile (GUARDED(insn) ::: "rax", "rcx", "rdx", "memory", "cc"); \
	if (!(expect(trap.frame.vector, vec) & expect(trap.frame.error, err))) \
		printf("  %s\n", insn);			\
	frame_is_sound();				\
} while (0)

static void simple(void)
{
	trap_reset();
	asm volatile ("xor %%edx, %%edx\n\txor %%ecx, %%ecx\n\t" GUARDED("divl %%ecx")::
			     : "rax", "rcx", "rdx", "cc", "memory");
	expect_trap(DE, 0);
	frame_is_sound();
	RAISE("ud2", UD, 0);
	RAISE(".byte 0x06", UD, 0);		/* push %es: not in 64-bit mode */
	RAISE("hlt", GP, 0);
	RAISE("lgdt (%%rsp)", GP, 0);
	RAISE("ltr %%ax", GP, 0);
	RAISE("invlpg (%%rsp)", GP, 0);
	RAISE("swapgs", GP, 0);
}

static void error_codes(void)
{
	/* A null GDT: any selector but the hypervisor's own is beyond it or not present. */
	trap_reset();
	asm volatile (GUARDED("movw %w0, %%es") :: "r" (0x1238) : "memory");
	expect_trap(GP, 0x1238);
	frame_is_sound();
	trap_reset();
	asm volatile (GUARDED("movw %w0, %%ds") :: "r" (0xe008 | 3) : "memory");
	expect_trap(GP, 0xe008);
	frame_is_sound();
}

static void non_canonical(void)
{
	trap_reset();
	asm volatile (GUARDED("movq (%0), %%rax") :: "r" (0x8000000000000000) : "rax", "memory");
	expect_trap(GP, 0);
	frame_is_sound();
}

static void page_faults(void)
{
	u64 *page = page_alloc(), cr2;

	trap_reset();
	asm volatile (GUARDED("movq (%0), %%rax") :: "r" (0x123) : "rax", "memory");
	expect_trap(PF, 0);
	expect(trap.cr2, 0x123);
	frame_is_sound();
	trap_reset();
	asm volatile (GUARDED("movq %%rax, (%0)") :: "r" (0x2000) : "memory");
	expect_trap(PF, PF_W);
	must(page_ro(page));
	trap_reset();
	asm volatile (GUARDED("movq %%rax, (%0)") :: "r" (page) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(trap.cr2, page);
	/* The hypervisor's range: present or not, it is not ours. */
	trap_reset();
	asm volatile (GUARDED("movq (%0), %%rax") :: "r" (0xffff830000000000) : "rax", "memory");
	expect(trap.frame.vector, PF);
	expect(trap.frame.error & (PF_W | PF_U | PF_R), 0);
	expect(trap.cr2, 0xffff830000000000);
	/* CR2 stays in vcpu_info, where reading the register finds it too. */
	asm volatile ("mov %%cr2, %0" : "=r" (cr2));
	expect(cr2, 0xffff830000000000);
}


static bool step_hook(struct trap_frame *f)
{
	f->rflags &= ~(u64)FLAG_TF;
	return f->vector == DB;
}

static void debug(void)
{
	trap_hook = step_hook;
	trap_reset();
	asm volatile ("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop" ::: "memory", "cc");
	trap_hook = NULL;
	expect_trap(DB, 0);
	expect(trap.count, 1);
	expect(trap.frame.rflags & FLAG_TF, FLAG_TF);
	expect(trap.handler_rflags & FLAG_TF, 0);

	trap_return(BP);
	trap_return(OF);
	trap_reset();
	asm volatile ("int3");
	expect_trap(BP, 0);
	frame_is_sound();
	expect(*(u8 *)(trap.frame.rip - 1), 0xcc);
}

static void masks(void)
{
	static struct trap_info gate[2];

	/* The mask is saved, and kept or set by the gate. */
	gate[0].vector = UD;
	gate[0].cs = FLAT_KERNEL_CS;
	gate[0].address = trap_stub(UD);
	for (int set = 0; set <= 1; set++) {
		gate[0].flags = set << 2;
		must(hc_set_trap_table(gate));
		for (u8 mask = 0; mask <= 1; mask++) {
			vcpu0_info()->evtchn_upcall_mask = mask;
			trap_reset();
			asm volatile (GUARDED("ud2") ::: "memory");
			expect(trap.frame.mask, mask);
			expect(!!(trap.frame.rflags & FLAG_IF), !mask);
			expect(trap.handler_mask, mask | set);
			expect(vcpu0_info()->evtchn_upcall_mask, mask);
		}
	}
}

void test_main(void)
{
	simple();
	error_codes();
	non_canonical();
	page_faults();
	debug();
	masks();
}

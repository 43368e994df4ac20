/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iret: the iret hypercall, to kernel mode and to user mode.
 *
 * What: registers and flags that the frame may set, both return paths (VGCF_in_syscall), bad
 * frames.
 * Why: the hottest hypercall, and the one that loads RIP, RSP, CS and RFLAGS from guest memory
 * (XSA-7, 202).
 * Expected: RAX, R11, RCX, RIP, RSP from the frame; with VGCF_in_syscall RCX and R11 become RIP
 * and RFLAGS; selectors get RPL 3; IF in the frame sets the upcall mask, the processor's IF stays
 * on; IOPL, VM are dropped, NT and AC and ID kept; a non-canonical RIP or unusable selector faults
 * as if the first instruction had.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

const char test_name[] = "iret";

/* Shows RFLAGS (in RDX), then traps. */
USER_CODE(user_probe,
	"	pushfq\n"
	"	pop	%rdx\n"
	"	ud2");

static struct iret_context ctx;

static void prepare(void)
{
	user_context(&ctx, user_probe);
	ctx.rax = 0xa1;
	ctx.rcx = 0xc2;
	ctx.r11 = 0xb3;
}

static void registers(void)
{
	const struct trap_frame *f = &trap.frame;

	prepare();
	ctx.rsp -= 64;
	expect(user_run_context(&ctx, 0xd1), UD);
	expect(f->rax, 0xa1);
	expect(f->rcx, 0xc2);
	expect(f->r11, 0xb3);
	expect(f->rdi, 0xd1);
	expect(f->rsp, user_stack_top - 64);
	expect(f->rip, (u64)user_probe + 2);
	expect(f->cs, FLAT_USER_CS);

	prepare();
	ctx.flags = VGCF_in_syscall;
	expect(user_run_context(&ctx, 0), UD);
	expect(f->rax, 0xa1);
	expect(f->rcx, user_probe);
	expect(f->r11 & ~(u64)FLAG_RF, f->rdx & ~(u64)FLAG_RF);
	expect(f->rip, (u64)user_probe + 2);
	expect(f->cs, FLAT_USER_CS);
	expect(f->ss, FLAT_USER_SS);
}

static void flags(void)
{
	static const u64 kept[] = { FLAG_CF, FLAG_DF, FLAG_ID, FLAG_AC, FLAG_NT, 0x40, 0x800 };
	static const u64 dropped[] = { FLAG_IOPL, FLAG_VM, 0x1000, 0x100000, 0x80000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(kept); i++) {
		prepare();
		ctx.rflags |= kept[i];
		expect(user_run_context(&ctx, 0), UD);
		if (!expect(trap.frame.rdx & kept[i], kept[i]))
			printf("  flag %#lx\n", kept[i]);
	}
	/* VIF and VIP mean nothing without VME; whether they show is the processor's affair. */
	for (unsigned int i = 0; i < 3; i++) {
		prepare();
		ctx.rflags |= dropped[i];
		expect(user_run_context(&ctx, 0), UD);
		if (!expect(trap.frame.rdx & dropped[i], 0))
			printf("  flag %#lx\n", dropped[i]);
	}
	/* No IF: the processor keeps its own, the upcall mask follows the frame. */
	prepare();
	ctx.rflags &= ~(u64)FLAG_IF;
	expect(user_run_context(&ctx, 0), UD);
	expect(trap.frame.rdx & FLAG_IF, FLAG_IF);
	expect(trap.frame.rflags & FLAG_IF, 0);
	expect(trap.frame.mask, 1);
	prepare();
	vcpu0_info()->evtchn_upcall_mask = 1;
	expect(user_run_context(&ctx, 0), UD);
	expect(trap.frame.mask, 0);
	expect(trap.frame.rflags & FLAG_IF, FLAG_IF);
}

static void single_step(void)
{
	prepare();
	ctx.rflags |= FLAG_TF;
	expect(user_run_context(&ctx, 0), DB);
	expect(trap.frame.rip, (u64)user_probe + 1);
	expect(trap.frame.cs, FLAT_USER_CS);
}

static void selectors(void)
{
	/* Ring 0 selectors are raised to ring 3; CS RPL alone says kernel or user mode. */
	prepare();
	ctx.ss = FLAT_USER_SS & ~3;
	expect(user_run_context(&ctx, 0), UD);
	expect(trap.frame.ss, FLAT_USER_SS);
	/*
	 * What is above the 16 bits of a selector is the frame's own business (the mask sits
	 * there).
	 */
	prepare();
	ctx.cs |= 1UL << 32;
	expect(user_run_context(&ctx, 0), UD);
	expect(trap.frame.cs, FLAT_USER_CS);
}

static void bad_frames(void)
{
	static const u64 vgcf[] = { 0, VGCF_in_syscall };

	for (unsigned int i = 0; i < ARRAY_SIZE(vgcf); i++) {
		/* A non-canonical target: #GP at the target, or where the return was. */
		prepare();
		ctx.flags = vgcf[i];
		ctx.rip = 0x0000800000000000;
		expect(user_run_context(&ctx, 0), GP);
		expect(trap.frame.cs, FLAT_USER_CS);
		expect(trap.frame.error, 0);
		expect(trap.frame.rip, 0x0000800000000000);
		expect(trap.frame.rsp, user_stack_top);
		prepare();
		ctx.flags = vgcf[i];
		ctx.rip = 0x9000;
		expect(user_run_context(&ctx, 0), PF);
		expect(trap.frame.rip, 0x9000);
		/*
		 * A wild RSP hurts when it is used: #SS for a push to a non-canonical address (#GP
		 * in QEMU 7).
		 */
		prepare();
		ctx.flags = vgcf[i];
		ctx.rsp = 0x0000900000000000;
		user_run_context(&ctx, 0);
		check(trap.frame.vector == SS || trap.frame.vector == GP);
		expect(trap.frame.error, 0);
		expect(trap.frame.rip, user_probe);
	}
	/* Selectors that name nothing: the return faults, with the selector as error code. */
	prepare();
	ctx.cs = 0x123b;
	expect(user_run_context(&ctx, 0), GP);
	expect(trap.frame.error, 0x1238);
	prepare();
	ctx.ss = 0x123b;
	expect(user_run_context(&ctx, 0), GP);
	expect(trap.frame.error, 0x1238);
}

/* To kernel mode: what every trap of the kit does; here with a mask that changes. */
static bool flip_mask(struct trap_frame *f)
{
	f->rflags ^= FLAG_IF;
	f->rip += 2;
	return true;
}

static void to_kernel(void)
{
	trap_hook = flip_mask;
	vcpu0_info()->evtchn_upcall_mask = 0;
	asm volatile ("ud2" ::: "memory");
	expect(vcpu0_info()->evtchn_upcall_mask, 1);
	asm volatile ("ud2" ::: "memory");
	expect(vcpu0_info()->evtchn_upcall_mask, 0);
	trap_hook = NULL;
	expect(read_rflags() & FLAG_IF, FLAG_IF);
}

void test_main(void)
{
	user_init();
	registers();
	flags();
	single_step();
	selectors();
	bad_frames();
	to_kernel();
}

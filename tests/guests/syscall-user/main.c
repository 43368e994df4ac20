/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall-user: system calls out of guest user mode.
 *
 * What: the frame at the syscall callback, registers, the event mask, syscall from 32-bit code,
 * and system calls with no callback.
 * Why: every system call of every program goes this way; user code must never reach a hypercall.
 * Expected: all registers but RCX and R11 as the program left them; RCX = RIP behind the
 * instruction, R11 = RFLAGS; frame with user CS and SS; events masked if the callback was
 * registered so; no callback: #UD on the instruction.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

#include <xen/callback.h>

const char test_name[] = "syscall-user";

USER_CODE(user_pattern,
	"	mov	$0x1001, %eax\n"
	"	mov	$0x1002, %ebx\n"
	"	mov	$0x1003, %edx\n"
	"	mov	$0x1004, %esi\n"
	"	mov	$0x1005, %edi\n"
	"	mov	$0x1006, %ebp\n"
	"	mov	$0x1007, %r8d\n"
	"	mov	$0x1008, %r9d\n"
	"	mov	$0x1009, %r10d\n"
	"	mov	$0x100a, %r12d\n"
	"	mov	$0x100b, %r13d\n"
	"	mov	$0x100c, %r14d\n"
	"	mov	$0x100d, %r15d\n"
	"	std\n"
	"	stc\n"
	"	.globl user_pattern_syscall\n"
	"user_pattern_syscall:\n"
	"	syscall\n"
	"	ud2");
/* What would be a hypercall from the kernel: SCHEDOP_shutdown. */
USER_CODE(user_shutdown,
	"	mov	$29, %eax\n"
	"	mov	$2, %edi\n"
	"	syscall\n"
	"	ud2");

extern char user_pattern_syscall[];

static void registers(void)
{
	const struct trap_frame *f = &trap.frame;

	expect(user_run(user_pattern, 0), VEC_SYSCALL);
	expect(f->rax, 0x1001);
	expect(f->rbx, 0x1002);
	expect(f->rdx, 0x1003);
	expect(f->rsi, 0x1004);
	expect(f->rdi, 0x1005);
	expect(f->rbp, 0x1006);
	expect(f->r8, 0x1007);
	expect(f->r9, 0x1008);
	expect(f->r10, 0x1009);
	expect(f->r12, 0x100a);
	expect(f->r13, 0x100b);
	expect(f->r14, 0x100c);
	expect(f->r15, 0x100d);
	expect(f->rip, user_pattern_syscall + 2);
	expect(f->rcx, user_pattern_syscall + 2);
	expect(f->r11 & (FLAG_IF | FLAG_DF | FLAG_CF), FLAG_IF | FLAG_DF | FLAG_CF);
	expect(f->rflags & (FLAG_IF | FLAG_DF | FLAG_CF), FLAG_IF | FLAG_DF | FLAG_CF);
	expect(f->cs, FLAT_USER_CS);
	expect(f->ss, FLAT_USER_SS);
	expect(f->rsp, user_stack_top);
	expect(f->mask, 0);
	expect(trap.handler_rsp, kernel_trap_stack_top - sizeof(struct trap_frame));
	expect(trap.handler_cs & 0xffff, FLAT_KERNEL_CS);
}

static void masks(void)
{
	extern const char syscall_entry[];
	struct callback_register cb = {
		.type = CALLBACKTYPE_syscall,
		.address = (unsigned long)syscall_entry,
	};

	for (int mask = 0; mask <= 1; mask++) {
		cb.flags = mask ? CALLBACKF_mask_events : 0;
		must(hc_callback_op(CALLBACKOP_register, &cb));
		expect(user_run(user_pattern, 0), VEC_SYSCALL);
		expect(trap.handler_mask, mask);
		expect(trap.frame.mask, 0);
	}
}

static void no_callback(void)
{
	struct callback_unregister un = { .type = CALLBACKTYPE_syscall };
	struct callback_register zero = { .type = CALLBACKTYPE_syscall };

	/*
	 * A registered address of 0 is as good as none; unregistering 64-bit syscall is not
	 * offered.
	 */
	check(hc_callback_op(CALLBACKOP_unregister, &un) < 0);
	must(hc_callback_op(CALLBACKOP_register, &zero));
	expect(user_run(user_pattern, 0), UD);
	expect(trap.frame.rip, user_pattern_syscall);
	expect(trap.frame.error, 0);
	trap_init();
	expect(user_run(user_pattern, 0), VEC_SYSCALL);
}

void test_main(void)
{
	user_init();
	vcpu0_info()->evtchn_upcall_mask = 0;
	registers();
	/* Still alive, so it was no hypercall. */
	expect(user_run(user_shutdown, 0), VEC_SYSCALL);
	expect(trap.frame.rax, 29);
	masks();
	no_callback();
}

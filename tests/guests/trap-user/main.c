/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap-user: exceptions raised in guest user mode.
 *
 * What: #DE #BP #UD #GP #PF from user code, and what user code may not reach.
 * Why: this frame decides whether a kernel believes it was interrupted in user mode.
 * Expected: the frame is on the kernel stack of stack_switch; CS 0xe033 with RPL 3, SS 0xe02b; #PF
 * error codes have U set; CR2 in vcpu_info; the kernel's root table is in use again in the
 * handler; kernel pages that are not in the user root are not there.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

const char test_name[] = "trap-user";

USER_CODE(user_div, "	xor %edx, %edx\n xor %ecx, %ecx\n div %ecx");
USER_CODE(user_ud, "	ud2");
USER_CODE(user_bp, "	int3");
USER_CODE(user_hlt, "	hlt");
USER_CODE(user_read, "	mov (%rdi), %rax\n syscall");
USER_CODE(user_write, "	mov %rax, (%rdi)\n syscall");
USER_CODE(user_jump, "	jmp *%rdi");
USER_CODE(user_cli, "	cli");
USER_CODE(user_rdmsr, "	mov $0xc0000100, %ecx\n rdmsr");
USER_CODE(user_cr0, "	mov %cr0, %rax");
USER_CODE(user_cr3, "	mov %cr3, %rax");
USER_CODE(user_in, "	in $0x80, %al");

static void run(void (*entry)(void), u64 arg, u64 vector, u64 error_code)
{
	const struct trap_frame *f = &trap.frame;
	bool ok;

	user_run(entry, arg);
	ok = expect(f->vector, vector);
	ok &= expect(f->error, error_code);
	ok &= expect(f->cs, FLAT_USER_CS);
	ok &= expect(f->ss, FLAT_USER_SS);
	ok &= expect(f->rsp, user_stack_top);
	ok &= expect(f->rflags & (FLAG_IF | FLAG_IOPL), FLAG_IF);
	ok &= expect(f->mask, 0);
	ok &= expect(trap.handler_cs & 0xffff, FLAT_KERNEL_CS);
	ok &= expect(trap.handler_rsp, kernel_trap_stack_top - sizeof(struct trap_frame));
	ok &= expect(trap.count, 1);
	if (vector != BP)
		ok &= check(f->rip >= (u64)entry && f->rip < (u64)entry + 16);
	else
		ok &= expect(f->rip, (u64)entry + 1);
	if (!ok)
		printf("  vector %lu, argument %#lx\n", vector, arg);
}

static void memory(void)
{
	u64 *secret = page_alloc(), *ro = page_alloc();
	struct window w;

	/* In the kernel's root only. */
	window_open(&w);
	must(table_set(w.l1, 0, leaf(secret, LEAF_RW)));
	run(user_read, WINDOW_VA, PF, PF_U);
	expect(trap.cr2, WINDOW_VA);
	run(user_write, WINDOW_VA, PF, PF_U | PF_W);
	run(user_read, 0x5000, PF, PF_U);
	expect(trap.cr2, 0x5000);
	/* The hypervisor's range; whether something is there is no secret in Xen. */
	expect(user_run(user_read, 0xffff830000000000), PF);
	expect(trap.frame.error & ~(u64)PF_P, PF_U);
	expect(trap.cr2, 0xffff830000000000);
	must(page_ro(ro));
	run(user_write, (u64)ro, PF, PF_U | PF_W | PF_P);
	run(user_read, 0x8000000000000000, GP, 0);
	/* A page that both roots hold. */
	expect(user_run(user_read, (u64)ro), VEC_SYSCALL);
	/* In the handler the kernel's root is back. */
	expect(*(volatile u64 *)WINDOW_VA, 0);
}

static void jumps(void)
{
	user_run(user_jump, 0x7000);
	expect(trap.frame.vector, PF);
	expect(trap.frame.error & ~(u64)PF_I, PF_U);
	expect(trap.frame.rip, 0x7000);
	expect(trap.cr2, 0x7000);
}

/* A handler that is in the trap table with the interrupt-gate flag masks events. */
static void gate_masks(void)
{
	static struct trap_info gate[2] = { { .vector = UD, .flags = 4, .cs = FLAT_KERNEL_CS } };

	gate[0].address = trap_stub(UD);
	must(hc_set_trap_table(gate));
	run(user_ud, 0, UD, 0);
	expect(trap.handler_mask, 1);
	gate[0].flags = 0;
	must(hc_set_trap_table(gate));
	run(user_ud, 0, UD, 0);
	expect(trap.handler_mask, 0);
}

void test_main(void)
{
	user_init();
	/* User mode always runs with events on. */
	vcpu0_info()->evtchn_upcall_mask = 0;
	run(user_div, 0, DE, 0);
	run(user_ud, 0, UD, 0);
	run(user_bp, 0, BP, 0);
	run(user_hlt, 0, GP, 0);
	run(user_cli, 0, GP, 0);
	run(user_rdmsr, 0, GP, 0);
	run(user_cr0, 0, GP, 0);
	run(user_cr3, 0, GP, 0);
	run(user_in, 0, GP, 0);
	memory();
	jumps();
	gate_masks();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hypercall-numbers: the system call gate: unknown numbers, register preservation, the hypercall
 * page.
 *
 * What: numbers that no hypercall has, the registers after a call, and the 4096 bytes that
 * HYPERCALL_PAGE asks for.
 * Why: a guest kernel's inline assembly names RCX and R11 as the only victims. Old kernels call
 * through the page.
 * Expected: unknown numbers give -ENOSYS and nothing else happens, all 64 bits of RAX counted or
 * not alike; RBX, RBP, RSP, R9, R12-R15, the flags and the argument registers of a finished call
 * survive; slot n of the page performs hypercall n.
 */
#include "kit.h"
#include "trap.h"

const char test_name[] = "hypercall-numbers";

static void unknown(void)
{
	/* 11, 38: retired; 43-47: never given; 64 and up: out of any table. */
	static const u64 numbers[] = { 11, 38, 43,  44,   47, 56, 63, 64,
				       65, 127, 128, 4096, 0x7fffffff, 0x80000000, 0xffffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!expect(hc(numbers[i], 1, 2, 3, 4, 5), -XEN_ENOSYS))
			printf("  number %lu\n", numbers[i]);
	}
}

struct registers {
	u64 rax, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r12, r13, r14, r15, rflags, rsp_moved;
};

/* Load a pattern, call xen_version(0, NULL), store what is left. */
static void call_with_pattern(struct registers *r)
{
	asm volatile (
		"push %%rbp\n\tpush %%rbx\n\tpush %%r12\n\tpush %%r13\n\tpush %%r14\n\t"
		"push %%r15\n\tpush %%rax\n\t"
		"mov $0x1111, %%ebx\n\tmov $0x2222, %%ebp\n\tmov $0x9999, %%r9d\n\t"
		"mov $0xcccc, %%r12d\n\tmov $0xdddd, %%r13d\n\tmov $0xeeee, %%r14d\n\t"
		"mov %%rsp, %%r15\n\t"
		"mov $17, %%eax\n\txor %%edi, %%edi\n\txor %%esi, %%esi\n\t"
		"std\n\tstc\n\t"
		"syscall\n\t"
		"pushfq\n\tcld\n\tsub %%rsp, %%r15\n\t"
		"xchg %%rax, 8(%%rsp)\n\t" /* RAX = r, its slot = result */
		"mov %%rbx, 8(%%rax)\n\tmov %%rbp, 40(%%rax)\n\tmov %%r9, 56(%%rax)\n\t"
		"mov %%r12, 72(%%rax)\n\tmov %%r13, 80(%%rax)\n\tmov %%r14, 88(%%rax)\n\t"
		"mov %%r15, 112(%%rax)\n\t"
		"popq 104(%%rax)\n\tpopq 0(%%rax)\n\t"
		"pop %%r15\n\tpop %%r14\n\tpop %%r13\n\tpop %%r12\n\tpop %%rbx\n\tpop %%rbp\n\t"
		: "+a" (r) :: "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void preservation(void)
{
	static struct registers r;

	call_with_pattern(&r);
	expect(r.rax, 4 << 16 | 17);
	expect(r.rbx, 0x1111);
	expect(r.rbp, 0x2222);
	expect(r.r9, 0x9999);
	expect(r.r12, 0xcccc);
	expect(r.r13, 0xdddd);
	expect(r.r14, 0xeeee);
	expect(r.rsp_moved, 8);
	expect(r.rflags & (FLAG_CF | FLAG_DF | FLAG_IF | FLAG_TF), FLAG_CF | FLAG_DF | FLAG_IF);
}

static long call_page(u64 nr, u64 a, u64 b)
{
	u64 slot = (u64)hypercall_page + nr * 32;
	long rc;

	asm volatile ("call *%1" : "=a" (rc), "+d" (slot), "+D" (a), "+S" (b)
		      :: "rcx", "r8", "r9", "r10", "r11", "memory");
	return rc;
}

void test_main(void)
{
	unknown();
	preservation();
	if (hypercall_page[0] != (char)0xcc) {
		expect(call_page(__HYPERVISOR_xen_version, 0, 0), 4 << 16 | 17);
		expect(call_page(63, 0, 0), -XEN_ENOSYS);
	} else {
		failure("the hypercall page was not filled in");
	}
	expect_no_trap();
}

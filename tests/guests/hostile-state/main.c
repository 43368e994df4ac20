/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile-state: processor state that a guest may set, pointed at the hypervisor.
 *
 * What: watchpoints on memory that a hypercall reads and writes, single steps over syscall, the
 * hypervisor's own selectors, code in a segment of the LDT, XCR0 values, and reads of the window
 * through which the processor sees the LDT.
 * Why: XSA-44, 52, 202, 260, 265, 298, 444: state that survives the way into the hypervisor.
 * Expected: the hypervisor lives; traps are the guest's own; nothing hangs; bad XCR0 values and
 * selectors #GP; the hypervisor's memory #PF however often it is tried.
 */
#include "mm.h"
#include "trap.h"

#include <xen/version.h>

const char test_name[] = "hostile-state";

static void watched_hypercalls(void)
{
	static struct { u64 at[64]; } buf ALIGNED(64);
	struct xen_feature_info *fi = (void *)&buf.at[0];

	trap_return(DB);
	must(hc_set_debugreg(0, (u64)&buf.at[0]));
	/* Reads and writes, eight bytes, locally and globally enabled. */
	must(hc_set_debugreg(7, 0x403 | 3 << 16 | 2 << 18));
	for (int i = 0; i < 100; i++)
		expect(hc_xen_version(XENVER_get_features, fi), 0);
	expect(hc_mmu_update((void *)buf.at, 0, (void *)buf.at, DOMID_SELF), 0);
	must(hc_set_debugreg(7, 0x400));
	must(hc_set_debugreg(0, 0));
	must(hc_set_debugreg(6, 0));
	/* An I/O breakpoint and a misaligned address. */
	hc_set_debugreg(7, 0x401 | 2 << 16);
	must(hc_set_debugreg(1, (u64)buf.at + 3));
	hc_set_debugreg(7, 0x40c | 3 << 20 | 2 << 22);
	expect(hc_xen_version(XENVER_get_features, fi), 0);
	must(hc_set_debugreg(7, 0x400));
	must(hc_set_debugreg(1, 0));
}

static void single_steps(void)
{
	long rc = 17;

	trap_reset();
	/* TF is on for the syscall and what follows; the handler takes the steps. */
	asm volatile ("pushfq\n"
		      "	orq	$0x100, (%%rsp)\n"
		      "	popfq\n"
		      "	syscall\n"
		      "	nop\n"
		      "	pushfq\n"
		      "	andq	$~0x100, (%%rsp)\n"
		      "	popfq\n"
		      : "+a" (rc) : "D" (0UL), "S" (0UL) : "rcx", "r11", "memory", "cc");
	expect(rc, 4 << 16 | 17);
	check(trap.count >= 1);
	expect(trap.frame.vector, DB);
	trap_reset();
	/* NT stays on through hypercalls and traps. */
	asm volatile ("pushfq; orq $0x4000, (%%rsp); popfq" ::: "memory", "cc");
	expect(hc_xen_version(0, NULL), 4 << 16 | 17);
	asm volatile (GUARDED("ud2") ::: "memory");
	expect_trap(UD, 0);
	expect(trap.frame.rflags & FLAG_NT, FLAG_NT);
	asm volatile ("pushfq; andq $~0x4000, (%%rsp); popfq" ::: "memory", "cc");
	trap_reset();
}

#define LOAD(seg, sel) ({ trap_reset();							\
	asm volatile (GUARDED("movw %w0, %%" seg) :: "r" (sel) : "memory"); trap.frame.vector; })

/* All of the reserved part of the GDT: only the ABI's three selectors are anybody's. */
static void selectors(void)
{
	for (unsigned int sel = 0xe000; sel < 0x10000; sel += 8) {
		if (sel == (FLAT_KERNEL_CS & ~7) || sel == (FLAT_KERNEL_SS & ~7) ||
		    sel == (FLAT_USER_CS32 & ~7))
			continue;
		for (unsigned int rpl = 0; rpl <= 3; rpl += 3) {
			if (LOAD("es", sel | rpl) == GP)
				continue;
			failure("selector %#x can be loaded", sel | rpl);
			(void)LOAD("es", 0);
		}
		expect(hc_set_segment_base(SEGBASE_GS_USER_SEL, sel), 0);
	}
	expect(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
	trap_reset();
}

#define DESC_CODE64 0x00affb000000ffffUL
#define DESC_CODE32 0x00cffb000000ffffUL

/* Run `mov %cr0, %rax` and an unknown instruction with CS in the LDT. */
static u64 in_segment(u16 sel, bool *ok)
{
	u64 rax = 0;
	static bool done;

	done = false;
	trap_reset();
	asm volatile ("lea	1f(%%rip), %%rcx\n"
		      "	push	%q2\n"
		      "	push	%%rcx\n"
		      GUARDED("lretq")
		      "	add	$16, %%rsp\n"
		      "	jmp	2f\n"
		      "1:	mov	%%cr0, %%rax\n"
		      "	movb	$1, %1\n"
		      "	lea	2f(%%rip), %%rcx\n"
		      "	pushq	%3\n"
		      "	push	%%rcx\n"
		      "	lretq\n"
		      "2:\n"
		      : "+a" (rax), "+m" (done) : "r" ((u64)sel), "i" (FLAT_KERNEL_CS & 0xffff) : "rcx", "memory");
	*ok = done;
	return rax;
}

static void ldt_code(void)
{
	u64 *t = page_alloc(), cr0;
	bool ok;

	asm volatile ("mov %%cr0, %0" : "=r" (cr0));
	t[1] = DESC_CODE64;
	must(page_ro(t));
	for (int i = 0; i < 3; i++) {
		must(mmuext(MMUEXT_SET_LDT, (u64)t, 512));
		expect(in_segment(1 << 3 | 7, &ok), cr0);
		check(ok);
		/* Pages of the LDT go and come. */
		must(mmuext(MMUEXT_SET_LDT, 0, 0));
		in_segment(1 << 3 | 7, &ok);
		check(!ok);
		expect(trap.frame.vector, GP);
	}
	trap_reset();
}

static void ldt_window(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) gdtr = { 0, 0 };
	u64 *t = page_alloc();

	trap_reset();
	asm volatile (GUARDED("sgdt %0") : "+m" (gdtr) :: "memory");
	if (trap.frame.vector != NO_TRAP || gdtr.base < HYPERVISOR_VIRT_START)
		return;
	t[1] = DESC_CODE64;
	must(page_ro(t));
	must(mmuext(MMUEXT_SET_LDT, (u64)t, 8192));
	/* Behind the 64 KiB of the GDT, and what may be around. */
	for (u64 page = 0; page < 40; page++) {
		for (int i = 0; i < 3; i++) {
			trap_reset();
			asm volatile (GUARDED("movq (%0), %%rax") :: "r" (gdtr.base + page * 4096) : "rax", "memory");
			expect(trap.frame.vector, PF);
		}
	}
	must(mmuext(MMUEXT_SET_LDT, 0, 0));
	trap_reset();
}

static bool xsetbv(u64 val)
{
	trap_reset();
	asm volatile (GUARDED("xsetbv") :: "a" ((u32)val), "d" ((u32)(val >> 32)), "c" (0) : "memory");
	return trap.frame.vector == NO_TRAP;
}

static void xcr0(void)
{
	static const u64 bad[] = { 0, 2, 1 | 4, 1UL << 63 | 3, 3 | 1 << 5, 3 | 1 << 6 | 1 << 7,
		3 | 1 << 3, 1 | 1 << 4 };
	u64 cr4;
	u32 lo, hi;

	asm volatile ("mov %%cr4, %0" : "=r" (cr4));
	trap_reset();
	asm volatile (GUARDED("mov %0, %%cr4") :: "r" (cr4 | 1 << 18) : "memory");
	asm volatile ("mov %%cr4, %0" : "=r" (cr4));
	if (!(cr4 & 1 << 18))
		return;
	check(xsetbv(3));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!check(!xsetbv(bad[i])))
			printf("  XCR0 %#lx\n", bad[i]);
	}
	asm volatile ("xgetbv" : "=a" (lo), "=d" (hi) : "c" (0));
	expect((u64)hi << 32 | lo, 3);
	check(xsetbv(1));
	check(xsetbv(3));
	trap_reset();
}

void test_main(void)
{
	watched_hypercalls();
	single_steps();
	selectors();
	ldt_code();
	ldt_window();
	xcr0();
}

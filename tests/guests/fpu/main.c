/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fpu: the virtual TS flag, and floating-point state across hypercalls and modes.
 *
 * What: fpu_taskswitch, the #NM it causes, and values in XMM and x87 registers.
 * Why: old kernels switch lazily; leaks of this state were XSA-52 to 54, 62, 165, 190, 267.
 * Expected: fpu_taskswitch(1) makes the next use raise #NM once, with TS cleared when it is
 * delivered; (0) clears it. Registers survive hypercalls, traps and yields. (#XM is left out:
 * QEMU's own processor never raises it.)
 */
#include "event.h"
#include "trap.h"

const char test_name[] = "fpu";

static u64 cr0(void)
{
	u64 v;

	asm volatile ("mov %%cr0, %0" : "=r" (v));
	return v;
}

static void task_switched(void)
{
	expect(hc_fpu_taskswitch(1), 0);
	expect(cr0() & 8, 8);
	trap_reset();
	asm volatile (GUARDED("movq %%rax, %%xmm0") ::: "memory");
	expect_trap(NM, 0);
	/* Taken once: TS went with it. */
	expect(cr0() & 8, 0);
	trap_reset();
	asm volatile (GUARDED("movq %%rax, %%xmm0") ::: "memory");
	expect_no_trap();
	expect(hc_fpu_taskswitch(1), 0);
	trap_reset();
	asm volatile (GUARDED("fninit") ::: "memory");
	expect_trap(NM, 0);
	expect(hc_fpu_taskswitch(1), 0);
	expect(hc_fpu_taskswitch(0), 0);
	trap_reset();
	asm volatile (GUARDED("fninit") ::: "memory");
	expect_no_trap();
}

static void survives(void)
{
	u64 in = 0x123456789abcdef0, out = 0;
	u16 cw = 0x27f, cw_out = 0;

	asm volatile ("movq %0, %%xmm7; fldcw %1" :: "r" (in), "m" (cw));
	hc_sched_op(SCHEDOP_yield, NULL);
	hc_xen_version(0, NULL);
	trap_reset();
	asm volatile (GUARDED("ud2") ::: "memory");
	wait_until(system_time() + 2000000, NULL);
	asm volatile ("movq %%xmm7, %0; fnstcw %1" : "=r" (out), "=m" (cw_out));
	expect(out, in);
	expect(cw_out, cw);
}

static void errors(void)
{
	u16 unmasked = 0x37b, status;

	/* 1 / 0 with the exception let through: #MF at the next waiting instruction. */
	trap_reset();
	asm volatile ("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\t" GUARDED("fwait")
		      :: "m" (unmasked) : "memory");
	expect_trap(MF, 0);
	asm volatile ("fnstsw %0\n\tfninit" : "=m" (status));
	expect(status & 4, 4);
}

void test_main(void)
{
	task_switched();
	survives();
	errors();
}

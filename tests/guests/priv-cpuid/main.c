/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * priv-cpuid: CPUID as the hypervisor wants it seen, by the emulated form.
 *
 * What: ud2 "xen" cpuid from kernel and user mode: the hypervisor's own leaves and the policy.
 * Why: Linux PV uses only this form; it decides what the kernel does with CR4, MSRs and XSAVE.
 * Expected: RIP moves by 7; leaf 0x40000000 "XenVMMXenVMM" with at least leaf 2; 0x40000001
 * version 4.17; 0x40000002 one page by MSR 0x40000000. Leaf 1: HYPERVISOR set, no VMX, MTRR-free
 * features that a PV guest cannot use are hidden; OSXSAVE shown if XSAVE is. A damaged prefix is
 * an ordinary #UD.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

#include <xen/arch-x86/cpuid.h>

const char test_name[] = "priv-cpuid";

struct leaf { u32 a, b, c, d; };

static struct leaf cpuid(u32 number, u32 sub)
{
	struct leaf l = { .a = number, .c = sub };

	trap_reset();
	asm volatile (XEN_EMULATE_PREFIX "cpuid" : "+a" (l.a), "=b" (l.b), "+c" (l.c), "=d" (l.d));
	return l;
}

static void own_leaves(void)
{
	struct leaf l = cpuid(0x40000000, 0);
	u32 hz;

	expect(l.b, XEN_CPUID_SIGNATURE_EBX);
	expect(l.c, XEN_CPUID_SIGNATURE_ECX);
	expect(l.d, XEN_CPUID_SIGNATURE_EDX);
	check(l.a >= 0x40000002 && l.a < 0x40000100);
	expect(cpuid(0x40000001, 0).a, 4 << 16 | 17);
	l = cpuid(0x40000002, 0);
	expect(l.a, 1);
	expect(l.b, 0x40000000);
	expect(l.c & XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD,
	       XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD);
	l = cpuid(0x40000003, 2);
	hz = l.a;
	check(hz > 100000 && hz < 20000000);
	l = cpuid(0x40000005, 0);
	/* The width of the machine addresses that there are, not of those that could be. */
	check((l.b & 0xff) >= 24 && (l.b & 0xff) <= 52);
	/* Beyond the last leaf: nothing. */
	l = cpuid(0x400000ff, 0);
	expect(l.a | l.b | l.c | l.d, 0);
}

static void policy(void)
{
	struct leaf one = cpuid(1, 0), seven = cpuid(7, 0), ext = cpuid(0x80000001, 0);
	/* ECX: MONITOR, VMX, SMX, PCID, X2APIC, TSC deadline; EDX: VME, PSE, PGE, PSE36. */
	const u32 hidden_c = 1 << 3 | 1 << 5 | 1 << 6 | 1 << 17 | 1 << 24;
	const u32 hidden_d = 1 << 1 | 1 << 3 | 1 << 13 | 1 << 17;

	expect(one.c >> 31, 1);
	expect(one.c & hidden_c, 0);
	expect(one.d & (hidden_d & ~(1U << 17)), 0);
	check(one.d & 1 << 0);		/* FPU */
	check(one.d & 1 << 4);		/* TSC */
	check(one.d & 1 << 5);		/* MSR */
	check(one.d & 1 << 6);		/* PAE */
	check(one.d & 1 << 8);		/* CX8 */
	check(one.d & 1 << 9);		/* APIC */
	/* XSAVE, then OSXSAVE although the guest has not set CR4.OSXSAVE. */
	if (one.c & 1 << 26)
		check(one.c & 1 << 27);
	/* EBX: SMEP, SMAP, INVPCID. */
	expect(seven.b & (1 << 7 | 1 << 20 | 1 << 10), 0);
	/* ECX: UMIP, PKU, OSPKE. */
	expect(seven.c & (1 << 2 | 1 << 3 | 1 << 4), 0);
	check(ext.d & 1 << 11);		/* SYSCALL */
	check(ext.d & 1 << 20);		/* NX */
	check(ext.d & 1 << 29);		/* LM */
	expect(ext.d & 1 << 26, 0);	/* 1 GiB pages */
	expect(ext.c & 1 << 2, 0);	/* SVM */
	check(cpuid(0x80000000, 0).a >= 0x80000008);
	check(cpuid(0, 0).a >= 7);
	expect_no_trap();
}

USER_CODE(user_cpuid,
	"	mov	$0x40000000, %eax\n"
	"	xor	%ecx, %ecx\n"
	"	.byte	0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2\n"
	"	syscall\n"
	"	ud2");

static void from_user(void)
{
	expect(user_run(user_cpuid, 0), VEC_SYSCALL);
	expect(trap.frame.rbx, XEN_CPUID_SIGNATURE_EBX);
	expect(trap.frame.rdx, XEN_CPUID_SIGNATURE_EDX);
}

/* The prefix across a page end, its second page absent: the fetch faults. */
static void crossing(void)
{
	u8 *first = page_alloc(), *second = page_alloc();
	void *at = second - 4;

	memcpy(at, "\x0f\x0b\x78\x65\x6e\x0f\xa2\xc3", 8);
	trap_reset();
	asm volatile ("call *%0" :: "r" (at) : "rax", "rbx", "rcx", "rdx", "memory");
	expect_no_trap();
	(void)first;
}

static void damaged(void)
{
	trap_reset();
	asm volatile (GUARDED(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6f, 0x0f, 0xa2")::
			     : "rax", "rbx", "rcx", "rdx", "memory");
	expect_trap(UD, 0);
	trap_reset();
	asm volatile (GUARDED(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa3")::
			     : "rax", "rbx", "rcx", "rdx", "memory");
	expect_trap(UD, 0);
}

void test_main(void)
{
	own_leaves();
	policy();
	user_init();
	from_user();
	crossing();
	damaged();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * priv-msr: rdmsr and wrmsr in guest kernel mode.
 *
 * What: registers that the ABI gives a meaning, those that are swallowed, and those that must
 * fault.
 * Why: PV kernels use the plain instructions; the value of PAT is part of the ABI; nothing written
 * may reach the machine.
 * Expected: FS and GS bases work and must be canonical; PAT reads 0x0000050100070406 and cannot be
 * written; EFER takes only its own value; TSC reads, cannot be written; APIC_BASE readable;
 * anything unknown #GP(0), and RDX:RAX stay.
 */
#include "kit.h"
#include "trap.h"

const char test_name[] = "priv-msr";

static bool rdmsr(u32 msr, u64 *value)
{
	u32 lo = 0x11111111, hi = 0x22222222;

	trap_reset();
	asm volatile (GUARDED("rdmsr") : "+a" (lo), "+d" (hi) : "c" (msr) : "memory");
	*value = (u64)hi << 32 | lo;
	return trap.frame.vector == NO_TRAP;
}

static bool wrmsr(u32 msr, u64 value)
{
	trap_reset();
	asm volatile (GUARDED("wrmsr") :: "a" ((u32)value), "d" ((u32)(value >> 32)), "c" (msr)
		     : "memory");
	return trap.frame.vector == NO_TRAP;
}

static u64 read(u32 msr)
{
	u64 value = 0;

	if (!check(rdmsr(msr, &value)))
		printf("  register %#x cannot be read\n", msr);
	return value;
}

static void faults(bool ok, u32 msr, const char *what)
{
	if (!(check(!ok) & expect(trap.frame.vector, GP) & expect(trap.frame.error, 0)))
		printf("  %s of %#x\n", what, msr);
}

static void bases(void)
{
	static const u32 msrs[] = { 0xc0000100, 0xc0000101, 0xc0000102 };
	static u64 cell = 0x5a5a;
	u64 v;

	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++) {
		expect(read(msrs[i]), 0);
		check(wrmsr(msrs[i], (u64)&cell));
		expect(read(msrs[i]), &cell);
		faults(wrmsr(msrs[i], 0x0000800000000000), msrs[i], "non-canonical write");
		expect(read(msrs[i]), &cell);
	}
	asm volatile ("movq %%fs:0, %0" : "=r" (v));
	expect(v, 0x5a5a);
	asm volatile ("movq %%gs:0, %0" : "=r" (v));
	expect(v, 0x5a5a);
	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++)
		check(wrmsr(msrs[i], 0));
}

static void abi_values(void)
{
	u64 efer, tsc, again;

	expect(read(0x277), 0x0000050100070406);
	faults(wrmsr(0x277, 0x0007040600070406), 0x277, "write");
	expect(read(0x277), 0x0000050100070406);

	efer = read(0xc0000080);
	expect(efer & 0xd01, 0xd01);		/* SCE LME LMA NX */
	expect(efer & 1 << 12, 0);		/* no SVME */
	check(wrmsr(0xc0000080, efer));
	faults(wrmsr(0xc0000080, efer & ~1UL), 0xc0000080, "change");
	faults(wrmsr(0xc0000080, efer | 1 << 12), 0xc0000080, "SVME");

	tsc = read(0x10);
	again = read(0x10);
	check(again > tsc);
	faults(wrmsr(0x10, 0), 0x10, "write");
	check(read(0x10) >= again);

	expect(read(0x1b) & 0xfffff000, 0xfee00000);
	expect(read(0x1b) & 0x900, 0x900);	/* enabled, boot processor */
	faults(wrmsr(0x1b, 0), 0x1b, "write");
}

static void must_fault(void)
{
	static const u32 unknown[] = {
		0x40000001,
		0x40000100,
		0xc0000081 /* STAR */,
		0xc0000082 /* LSTAR */,
		0xc0000084 /* SFMASK */,
		0x174,
		0x175,
		0x176 /* SYSENTER */,
		0x802 /* x2APIC */,
		0x480 /* VMX */,
		0xc0010114 /* VM_CR */,
		0xc0010117 /* VM_HSAVE_PA */,
		0x12345678,
		0xffffffff,
		0x9e,
		0xda0 + 0x100,
	};
	u64 v;

	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		faults(rdmsr(unknown[i], &v), unknown[i], "read");
		expect(v, 0x2222222211111111);
		faults(wrmsr(unknown[i], 0), unknown[i], "write of 0");
		faults(wrmsr(unknown[i], ~0UL), unknown[i], "write of ~0");
	}
}

static void hypercall_page_msr(void)
{
	static u8 page[4096] ALIGNED(4096);
	u64 mfn = ((u64 *)start_info->mfn_list)[((u64)page - VIRT_BASE) >> 12];
	long rc;

	expect(read(0x40000000), 0);
	check(wrmsr(0x40000000, mfn << 12));
	asm volatile ("call *%4" : "=a" (rc) : "D" (0UL), "S" (0UL), "d" (0UL),
		      "r" (page + 17 * 32) : "rcx", "r11", "memory");
	expect(rc, 4 << 16 | 17);
	faults(wrmsr(0x40000000, 0xfffffffffUL << 12), 0x40000000, "write of a bad frame");
}

void test_main(void)
{
	bases();
	abi_values();
	must_fault();
	hypercall_page_msr();
}

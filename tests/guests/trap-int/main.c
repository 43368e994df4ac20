/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap-int: software interrupts and the DPL of a trap-table entry; merging and clearing the table.
 *
 * What: int n from kernel and user mode with DPL 0, 1 and 3; int3, into set_trap_table: merge, bad
 * entries, bad pointers.
 * Why: Linux's int 0x80 and debuggers' int3 rest on it; a gate of DPL 0 must be out of reach of
 * programs.
 * Expected: allowed: the handler runs without error code, RIP behind the instruction. Not allowed
 * (DPL below the mode's: user needs 3, kernel 1 or more; no entry): #GP with error code n*8+2, RIP
 * on the instruction. A non-canonical handler address gives -EINVAL, an unreadable table -EFAULT.
 * Two oddities: Xen enters the handler of 0x80 from user mode whatever its DPL (a fast path), and
 * QEMU before 8.0 makes the error code of int n in 64-bit mode n*16+2. The latter is found out
 * first: there, `int 0x48` stands for vector 0x90.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

const char test_name[] = "trap-int";

USER_CODE(user_int_80, "	int $0x80\n	syscall");
USER_CODE(user_int_90, "	int $0x90\n	syscall");
USER_CODE(user_int_48, "	int $0x48\n	syscall");
USER_CODE(user_int3, "	int3\n	syscall");

/* The emulator doubles vectors. */
static bool doubled;

static long gate(unsigned int vector, unsigned int dpl)
{
	struct trap_info ti[2] = {
		{ .vector = vector,
		  .flags = dpl,
		  .cs = FLAT_KERNEL_CS,
		  .address = trap_stub(vector) },
	};

	return hc_set_trap_table(ti);
}

static void raise_90(void)
{
	trap_reset();
	if (doubled)
		asm volatile (GUARDED("int $0x48") ::: "memory");
	else
		asm volatile (GUARDED("int $0x90") ::: "memory");
}

static void find_doubling(void)
{
	trap_reset();
	asm volatile (GUARDED("int $0x90") ::: "memory");
	expect(trap.frame.vector, GP);
	doubled = trap.frame.error == 0x90 * 16 + 2;
	if (doubled)
		printf("  the emulator doubles vectors in error codes\n");
	raise_90();
	expect_trap(GP, 0x90 * 8 + 2);
	expect(*(u8 *)trap.frame.rip, 0xcd);
}

static void from_kernel(void)
{
	for (unsigned int dpl = 0; dpl <= 3; dpl++) {
		must(gate(0x90, dpl));
		raise_90();
		if (dpl) {
			expect_trap(0x90, 0);
			expect(*(u8 *)(trap.frame.rip - 2), 0xcd);
			expect(trap.frame.cs & 3, 0);
		} else {
			expect_trap(GP, 0x90 * 8 + 2);
		}
	}
}

static void from_user(void)
{
	void (*raise)(void) = doubled ? user_int_48 : user_int_90;

	for (unsigned int dpl = 0; dpl <= 3; dpl++) {
		must(gate(0x90, dpl));
		user_run(raise, 0);
		if (dpl == 3) {
			expect_trap(0x90, 0);
			expect(trap.frame.rip, (u64)raise + 2);
		} else {
			expect_trap(GP, 0x90 * 8 + 2);
			expect(trap.frame.rip, raise);
		}
		expect(trap.frame.cs, FLAT_USER_CS);
	}
	must(gate(0x80, 3));
	user_run(user_int_80, 0);
	expect_trap(0x80, 0);
	expect(trap.frame.rip, (u64)user_int_80 + 2);
	must(gate(0x80, 0));
	user_run(user_int_80, 0);
	check(trap.frame.vector == 0x80 || trap.frame.vector == GP);
	must(gate(BP, 3));
	user_run(user_int3, 0);
	expect_trap(BP, 0);
	expect(trap.frame.rip, (u64)user_int3 + 1);
}

static void tables(void)
{
	struct trap_info ti[3] = {
		{ .vector = 0x90, .flags = 1, .cs = FLAT_KERNEL_CS, .address = trap_stub(0x90) },
		{ .vector = 0x92, .flags = 3, .cs = FLAT_KERNEL_CS, .address = 0x8000000000000000 },
	};

	must(gate(0x90, 0));
	/* The first entry is taken before the second is found bad. */
	expect(hc_set_trap_table(ti), -XEN_EINVAL);
	raise_90();
	expect_trap(0x90, 0);
	/* Merged: the others are still there. */
	trap_reset();
	asm volatile (GUARDED("ud2") ::: "memory");
	expect_trap(UD, 0);
	expect(hc_set_trap_table((void *)0x1000), -XEN_EFAULT);
	expect(hc_set_trap_table((void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
	trap_reset();
	asm volatile (GUARDED("ud2") ::: "memory");
	expect_trap(UD, 0);
	/* NULL empties the table; the kit's is put back at once. */
	expect(hc_set_trap_table(NULL), 0);
	trap_init();
	raise_90();
	expect_trap(GP, 0x90 * 8 + 2);
}

void test_main(void)
{
	trap_return(0x80);
	trap_return(0x90);
	user_init();
	find_doubling();
	from_kernel();
	from_user();
	tables();
}

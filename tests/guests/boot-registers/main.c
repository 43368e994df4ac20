/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot-registers: the state of the first instruction.
 *
 * What: general registers, selectors and flags as the domain builder leaves them, saved by the kit
 * before anything else runs.
 * Why: a guest kernel has nothing else to start from; Linux takes RSI for granted and resets the
 * rest.
 * Expected: RSI = start_info, RSP = top of a page inside the initial region, all other general
 * registers 0, CS 0xe033, SS 0xe02b, the data selectors null, RFLAGS = IF and the fixed bit only.
 * Events are held back (upcall mask 1) and none is pending.
 */
#include "kit.h"
#include "trap.h"

const char test_name[] = "boot-registers";

static void general_registers(void)
{
	const struct boot_regs *r = &boot_regs;

	expect(r->rsi, start_info);
	check(!((u64)start_info & 4095));
	check(r->rsp > (u64)kit_image_end);
	expect(r->rsp & 4095, 0);
	/* All others are zero, from the builder of dom0 and from libxc alike. */
	expect(r->rax, 0);
	expect(r->rbx, 0);
	expect(r->rcx, 0);
	expect(r->rdx, 0);
	expect(r->rdi, 0);
	expect(r->rbp, 0);
	expect(r->r8 | r->r9 | r->r10 | r->r11, 0);
	expect(r->r12 | r->r13 | r->r14 | r->r15, 0);
}

void test_main(void)
{
	general_registers();
	expect(boot_regs.cs & 0xffff, FLAT_KERNEL_CS);
	expect(boot_regs.ss & 0xffff, FLAT_KERNEL_SS);
	expect(boot_regs.ds & 0xffff, 0);
	expect(boot_regs.es & 0xffff, 0);
	expect(boot_regs.fs & 0xffff, 0);
	expect(boot_regs.gs & 0xffff, 0);
	expect(boot_regs.rflags & ~2UL, FLAG_IF);
	expect(vcpu0_info()->evtchn_upcall_mask, 1);
	for (int i = 0; i < 32; i++)
		expect(shared_info->vcpu_info[i].evtchn_upcall_mask, 1);
	for (int i = 0; i < 64; i++)
		expect(shared_info->evtchn_pending[i], 0);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * race-tables: two vCPUs at the same page tables.
 *
 * What: one pins and unpins a page as a table of two levels; the other maps it writable by
 * mmu_update, by update_va_mapping and by a store to the table, and makes it a descriptor page.
 * Why: XSA-280, 287, 401: type changes against mappings are the classic races.
 * Expected: at most one use at a time; while the page is a table there is no writable entry for
 * it; in the end it is free for anything.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

const char test_name[] = "race-tables";

#define PATIENCE 8000000000UL	/* ns */
#define DURATION 1500000000UL

extern const char event_entry[], failsafe_entry[], syscall_entry[], vcpu_entry[];

static struct vcpu_guest_context ctx;
static struct window w;
static u64 *target, *spare;
static volatile bool stop, stopped;
static volatile u64 mapped, emulated, described, pinned, refused, rounds;

static void second(void)
{
	u64 rw = leaf(target, LEAF_RW), frame = va_mfn(target), other = va_mfn(spare);
	volatile u64 *e = &w.l1[1];

	while (!READ_ONCE(stop)) {
		mapped += !table_set(w.l1, 0, rw);
		table_set(w.l1, 0, 0);
		mapped += !hc_update_va_mapping(WINDOW_VA, rw, UVMF_INVL);
		hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL);
		/* Refused stores fault, and are left out. */
		asm volatile (GUARDED("movq %1, (%0)") :: "r" (e), "r" (rw) : "memory");
		emulated += *e != 0;
		asm volatile (GUARDED("movq $0, (%0)") :: "r" (e) : "memory");
		if (!hc_set_gdt(&frame, 512)) {
			described++;
			must(hc_set_gdt(&other, 512));
		}
		/* Hands off for a while, so that the other has its turns. */
		for (volatile int i = 0; i < 3000; i++)
			;
		rounds++;
	}
	hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL);
	stopped = true;
	hc_vcpu_op(VCPUOP_down, 1, NULL);
	for (;;)
		hc_sched_op(SCHEDOP_block, NULL);
}

static void start_second(void)
{
	static u8 stack[8192] ALIGNED(16);

	memset(&ctx, 0, sizeof(ctx));
	ctx.flags = VGCF_IN_KERNEL;
	ctx.user_regs.rip = (u64)vcpu_entry;
	ctx.user_regs.cs = FLAT_KERNEL_CS;
	ctx.user_regs.ss = FLAT_KERNEL_SS;
	ctx.user_regs.rsp = (u64)stack + sizeof(stack);
	ctx.user_regs.rdi = (u64)second;
	ctx.kernel_ss = FLAT_KERNEL_SS;
	ctx.kernel_sp = (u64)stack + sizeof(stack);
	ctx.ctrlreg[0] = 0x80050033;
	ctx.ctrlreg[3] = xen_pfn_to_cr3(va_mfn(root_table));
	ctx.event_callback_eip = (u64)event_entry;
	ctx.failsafe_callback_eip = (u64)failsafe_entry;
	ctx.syscall_callback_eip = (u64)syscall_entry;
	for (int v = 0; v < 32; v++)
		ctx.trap_ctxt[v] = (struct trap_info){ v, 0, FLAT_KERNEL_CS, trap_stub(v) };
	must(hc_vcpu_op(VCPUOP_initialise, 1, &ctx));
	must(hc_vcpu_op(VCPUOP_up, 1, NULL));
}

static void one_round(int level)
{
	if (pin(level, target)) {
		refused++;
		return;
	}
	pinned++;
	for (int i = 0; i < 50; i++) {
		u64 a = READ_ONCE(w.l1[0]), b = READ_ONCE(w.l1[1]);

		if ((a & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW) || (b & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW)) {
			failure("a table is mapped writable: %#lx %#lx", a, b);
			break;
		}
	}
	expect(unpin(target), 0);
}

void test_main(void)
{
	u64 end;

	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		skip("there is no second vCPU");
	window_open(&w);
	target = page_alloc();
	spare = page_alloc();
	must(page_ro(target));
	must(page_ro(spare));
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	start_second();
	/*
	 * An emulator may let one vCPU run for long: the other gets a whole round before the race,
	 * with nobody in its way.
	 */
	end = system_time() + PATIENCE;
	while (!READ_ONCE(rounds) && system_time() < end)
		hc_sched_op(SCHEDOP_yield, NULL);
	end = system_time() + DURATION;
	/* On a busy machine it takes longer until both have had a turn. */
	while (system_time() < end || (!(READ_ONCE(mapped) && pinned) && system_time() < end + PATIENCE)) {
		one_round(1);
		one_round(2);
	}
	stop = true;
	while (!stopped)
		hc_sched_op(SCHEDOP_yield, NULL);
	printf("  mapped %lu, emulated %lu, descriptors %lu, pinned %lu, refused %lu\n", mapped, emulated,
	       described, pinned, refused);
	check(mapped && pinned);
	expect(w.l1[0] | w.l1[1], 0);
	expect(pin(2, target), 0);
	expect(unpin(target), 0);
	expect(page_rw(target), 0);
}

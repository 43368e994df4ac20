/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ptwr-refuse: stores to page tables that must not be emulated.
 *
 * What: bad values for leaf entries, entries of higher tables, read-only data, unaligned and
 * crossing stores, stores out of user mode.
 * Why: the emulation must apply every check of mmu_update, or it is a way around it.
 * Expected: the store does not happen and the guest gets the #PF that the processor raised (error
 * code P|W, with U from user mode), CR2 on the address.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

const char test_name[] = "ptwr-refuse";

static struct window w;
static u64 *data;

static void refused(volatile u64 *at, u64 val, const char *what)
{
	u64 before = *at;
	bool ok;

	trap_reset();
	asm volatile (GUARDED("movq %1, (%0)") :: "r" (at), "r" (val) : "memory");
	ok = expect(trap.frame.vector, PF);
	ok &= expect(trap.frame.error, PF_P | PF_W);
	ok &= expect(trap.cr2, at);
	ok &= expect(*at, before);
	if (!ok)
		printf("  the case: %s\n", what);
}

static void bad_values(void)
{
	refused(&w.l1[0], PTE_ADDR | LEAF_RO, "invalid frame");
	refused(&w.l1[0], PTE_ADDR | LEAF_RW, "invalid frame, writable");
	refused(&w.l1[0], leaf(w.l1, LEAF_RW), "a table, writable");
	refused(&w.l1[0], leaf(root_table, LEAF_RW), "the root, writable");
	must(table_set(w.l1, 0, leaf(w.l2, LEAF_RO)));
	refused(&w.l1[0], leaf(w.l2, LEAF_RW), "the writable bit alone");
	trap_reset();
	asm volatile (GUARDED("lock btsq $1, (%0)") :: "r" (&w.l1[0]) : "memory", "cc");
	expect_trap(PF, PF_P | PF_W);
	trap_reset();
	asm volatile (GUARDED("lock orb $2, (%0)") :: "r" (&w.l1[0]) : "memory", "cc");
	expect_trap(PF, PF_P | PF_W);
	expect(w.l1[0] & PTE_RW, 0);
	must(table_set(w.l1, 0, 0));
}

static void other_targets(void)
{
	must(page_ro(data));
	refused(&w.l2[1], leaf(w.l1, TABLE), "an L2 entry");
	refused(&w.l2[0], w.l2[0], "an L2 entry, unchanged");
	refused(&w.l3[1], 0, "an L3 entry");
	refused(&root_table[2], 0, "an L4 entry");
	refused(&data[0], 1, "read-only data");
	must(page_rw(data));
}

static void odd_stores(void)
{
	u8 *at = (u8 *)&w.l1[4];

	trap_reset();
	asm volatile (GUARDED("movq %1, (%0)") :: "r" (at + 1), "r" (0UL) : "memory");
	expect_trap(PF, PF_P | PF_W);
	trap_reset();
	asm volatile (GUARDED("movl %1, (%0)") :: "r" (at + 2), "r" (0) : "memory");
	expect_trap(PF, PF_P | PF_W);
	trap_reset();
	asm volatile (GUARDED("movq %1, (%0)") :: "r" ((u8 *)w.l1 + 4092), "r" (0UL) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(w.l1[4], 0);
}

USER_CODE(user_store,
	"	movq	$0x111, (%rdi)\n"
	"	syscall\n"
	"	ud2");

static void from_user_mode(void)
{
	expect(user_run(user_store, (u64)&w.l1[0]), PF);
	expect(trap.frame.error, PF_P | PF_W | PF_U);
	expect(trap.cr2, &w.l1[0]);
	expect(w.l1[0], 0);
}

/* A page that was a table, mapped writable in no way, is still only read-only data. */
static void former_table(void)
{
	u64 *t = page_alloc();

	must(page_ro(t));
	must(pin(1, t));
	asm volatile (GUARDED("movq %1, (%0)") :: "r" (&t[0]), "r" (2UL) : "memory");
	expect(t[0], 2);
	must(unpin(t));
	refused(&t[0], 4, "a former table");
}

void test_main(void)
{
	window_open(&w);
	data = page_alloc();
	user_init();
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	bad_values();
	other_targets();
	odd_stores();
	from_user_mode();
	former_table();
}

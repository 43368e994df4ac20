/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ptwr-string: string stores to a read-only leaf table.
 *
 * What: rep stos and rep movs over several entries, backwards, in bytes and dwords, with 32-bit
 * counts, from a source that is not there, and past the end of the table.
 * Why: a kernel copies and clears runs of entries; an emulation that does one element at a time
 * must leave RCX, RSI and RDI so that the instruction goes on.
 * Expected: the entries and the registers as on hardware; a source that is absent faults there,
 * with nothing stored; a store that runs into a read-only page faults with all before it done.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "ptwr-string";

static struct window w;
static u64 *data;

#define CLEAN(x)	((x) & ~(PTE_A | PTE_D | PTE_G | 0x7ffUL << 52))

static void stores(void)
{
	u64 rw = leaf(data, LEAF_RW), count = 5;
	u64 *to = &w.l1[8];

	asm volatile (GUARDED("rep stosq") : "+D" (to), "+c" (count) : "a" (rw) : "memory");
	expect(count, 0);
	expect(to, &w.l1[13]);
	for (int i = 8; i < 13; i++)
		expect(CLEAN(w.l1[i]), CLEAN(rw));
	expect(w.l1[7] | w.l1[13], 0);
	/* Five writable references stand behind them. */
	expect(pin(1, data), -XEN_EINVAL);
	count = 40;
	to = &w.l1[8];
	asm volatile (GUARDED("rep stosb") : "+D" (to), "+c" (count) : "a" (0UL) : "memory");
	expect(count, 0);
	expect(to, &w.l1[13]);
	expect(w.l1[8] | w.l1[9] | w.l1[12], 0);
	count = 0;
	asm volatile (GUARDED("rep stosq") : "+D" (to), "+c" (count) : "a" (rw) : "memory");
	expect(to, &w.l1[13]);
	expect(w.l1[13], 0);
}

static void copies(void)
{
	u64 from[4] = { leaf(data, LEAF_RO), leaf(data, LEAF_RW), 0x1000, leaf(data, LEAF_RW) };
	const u64 *src = &from[3];
	u64 *to = &w.l1[23], count = 4;

	asm volatile ("std\n" GUARDED("rep movsq") "cld"
		      : "+D" (to), "+S" (src), "+c" (count) :: "memory", "cc");
	expect(count, 0);
	expect(to, &w.l1[19]);
	expect((u64)src, (u64)from - 8);
	for (int i = 0; i < 4; i++)
		expect(CLEAN(w.l1[20 + i]), CLEAN(from[i]));
	memset(from, 0, sizeof(from));
	src = from;
	to = &w.l1[20];
	count = 8;
	asm volatile (GUARDED("rep movsl") : "+D" (to), "+S" (src), "+c" (count) :: "memory");
	expect(count, 0);
	expect(w.l1[20] | w.l1[21] | w.l1[22] | w.l1[23], 0);
}

static void faults(void)
{
	u64 *src = (u64 *)0x1000, *to = &w.l1[511], count = 2;

	asm volatile (GUARDED("movsq") : "+D" (to), "+S" (src) :: "memory");
	expect(trap.frame.vector, PF);
	expect(trap.cr2, 0x1000);
	expect(to, &w.l1[511]);
	trap_reset();
	/* A bad entry: not stored, and the fault is the guest's. */
	to = &w.l1[30];
	asm volatile (GUARDED("stosq") : "+D" (to) : "a" (0xfffffffff007UL) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(to, &w.l1[30]);
	expect(w.l1[30], 0);
	trap_reset();
	/* The last entry is done before the page behind the table is found wanting. */
	to = &w.l1[511];
	must(page_ro(&w.l1[512]));
	asm volatile (GUARDED("rep stosq") : "+D" (to), "+c" (count) : "a" (0x2000UL) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(trap.cr2, &w.l1[512]);
	expect(count, 1);
	expect(w.l1[511], 0x2000);
	trap_reset();
}

void test_main(void)
{
	/* The table must have a page of ours behind it. */
	window_open(&w);
	data = page_alloc();
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	stores();
	copies();
	expect_no_trap();
	faults();
}

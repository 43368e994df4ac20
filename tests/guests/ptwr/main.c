/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ptwr: stores to read-only leaf tables, emulated.
 *
 * What: mov, xchg, cmpxchg, lock and/or/xor/btr/bts/btc and the byte, word and dword forms, on an
 * entry of an L1 table in use, from kernel mode, with VMASST_TYPE_writable_pagetables.
 * Why: Linux changes live entries like this all the time (ptep_get_and_clear, fork, reclaim).
 * Expected: the instruction does what it would do to memory, flags and registers included, and
 * references move as with mmu_update. Without the assist the store faults; but Xen emulates the
 * initial domain's stores in any case (the same path serves its read-only device memory).
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "ptwr";

static struct window w;
static u64 *data, *other;
static volatile u64 *e;	/* the entry under test, through its read-only mapping */

#define CLEAN(x)	((x) & ~(PTE_A | PTE_D | PTE_G | 0x7ffUL << 52))

static void without_assist(void)
{
	trap_reset();
	asm volatile (GUARDED("movq %1, (%0)") :: "r" (e), "r" (0UL) : "memory");
	expect_trap(PF, PF_P | PF_W);
	expect(trap.cr2, e);
	trap_reset();
}

static void movs(void)
{
	u64 a = leaf(data, LEAF_RW), b = leaf(other, LEAF_RO);

	asm volatile (GUARDED("movq %1, (%0)") :: "r" (e), "r" (a) : "memory");
	expect(CLEAN(*e), CLEAN(a));
	expect(*(volatile u64 *)WINDOW_VA, data[0]);
	expect(page_ro(data), 0);
	/* The mapping counts: the frame cannot become a table now. */
	expect(pin(1, data), -XEN_EINVAL);
	asm volatile (GUARDED("movq %1, (%0)") :: "r" (e), "r" (b) : "memory");
	expect(CLEAN(*e), CLEAN(b));
	expect(pin(1, data), 0);
	expect(unpin(data), 0);
	expect(page_rw(data), 0);
	asm volatile (GUARDED("movq $0, (%0)") :: "r" (e) : "memory");
	expect(*e, 0);
	/* With base, index and displacement. */
	asm volatile (GUARDED("movq %2, -0x40(%0, %1, 8)")
		      :: "r" (e), "r" (8UL), "r" (a) : "memory");
	expect(CLEAN(*e), CLEAN(a));
	/* Sign-extended immediate to a not-present entry. */
	asm volatile (GUARDED("movq $-2, (%0)") :: "r" (e) : "memory");
	expect(*e, -2);
	asm volatile (GUARDED("movq $0, (%0)") :: "r" (e) : "memory");
}

static void exchanges(void)
{
	u64 a = leaf(data, LEAF_RW), r = a, was;
	u8 equal;

	asm volatile (GUARDED("xchgq %0, (%1)") : "+r" (r) : "r" (e) : "memory");
	expect(r, 0);
	expect(CLEAN(*e), CLEAN(a));
	r = 0;
	asm volatile (GUARDED("lock xchgq %0, (%1)") : "+r" (r) : "r" (e) : "memory");
	expect(CLEAN(r), CLEAN(a));
	expect(*e, 0);

	was = 5;
	asm volatile (GUARDED("lock cmpxchgq %3, (%2)") "\n\tsete %1"
		      : "+a" (was), "=q" (equal) : "r" (e), "r" (a) : "memory", "cc");
	expect(equal, 0);
	expect(was, 0);
	expect(*e, 0);
	asm volatile (GUARDED("lock cmpxchgq %3, (%2)") "\n\tsete %1"
		      : "+a" (was), "=q" (equal) : "r" (e), "r" (a) : "memory", "cc");
	expect(equal, 1);
	expect(CLEAN(*e), CLEAN(a));
	asm volatile (GUARDED("xchgq %0, (%1)") : "+r" (r) : "r" (e) : "memory");
}

/* Set the entry by hypercall, run one instruction on it, look. */
#define ON_ENTRY(start, insn, operand, result) do {				\
	u64 op_ = (operand);							\
										\
	must(table_set(w.l1, 0, start));					\
	asm volatile (GUARDED(insn) : "+r" (op_) : "r" (e) : "memory", "cc");	\
	if (!expect(CLEAN(*e), CLEAN(result)))					\
		printf("  %s\n", insn);						\
} while (0)

static void read_modify_write(void)
{
	u64 rw = leaf(data, LEAF_RW), ro = leaf(data, LEAF_RW & ~PTE_RW);

	ON_ENTRY(rw, "lock andq %0, (%1)", ~PTE_RW, ro);
	ON_ENTRY(ro, "lock orq %0, (%1)", PTE_RW, rw);
	ON_ENTRY(ro, "lock xorq %0, (%1)", PTE_RW, rw);
	ON_ENTRY(rw, "andq %0, (%1)", ~PTE_RW, ro);
	ON_ENTRY(ro, "addq %0, (%1)", PTE_RW, rw);
	ON_ENTRY(rw, "subq %0, (%1)", PTE_RW, ro);
	ON_ENTRY(rw, "lock btrq %0, (%1)", 1, ro);
	ON_ENTRY(ro, "lock btsq %0, (%1)", 1, rw);
	ON_ENTRY(ro, "lock btcq %0, (%1)", 1, rw);
	ON_ENTRY(rw, "lock btrq $1, (%1)", 1, ro);
	ON_ENTRY(ro, "lock btsq $1, (%1)", 1, rw);
	ON_ENTRY(rw, "lock andb $0xfd, (%1)", 1, ro);
	ON_ENTRY(ro, "lock orb $2, (%1)", 1, rw);
	ON_ENTRY(rw, "lock andl $0xfffffffd, (%1)", 1, ro);
	ON_ENTRY(ro, "lock orl $2, (%1)", 1, rw);
	ON_ENTRY(rw, "lock andw $0xfffd, (%1)", 1, ro);
	ON_ENTRY(ro, "lock orw $0x200, (%1)", 1, ro | 0x200);
	ON_ENTRY(ro, "lock orb $2, 1(%1)", 1, ro | 0x200);
	ON_ENTRY(rw, "movb %b0, (%1)", (u8)LEAF_RO, ro);
	ON_ENTRY(rw, "movl %k0, (%1)", (u32)ro, ro);
	ON_ENTRY(rw, "lock btrl $1, (%1)", 1, ro);
	ON_ENTRY(rw, "notb 7(%1)", 1, rw ^ 0xffUL << 56);
	must(table_set(w.l1, 0, 0));
}

static void results_in_flags(void)
{
	u64 rw = leaf(data, LEAF_RW);
	u8 carry;

	must(table_set(w.l1, 0, rw));
	asm volatile (GUARDED("lock btrq $1, (%1)") "\n\tsetc %0"
		     : "=q" (carry)
		     : "r" (e)
		     : "memory", "cc");
	expect(carry, 1);
	asm volatile (GUARDED("lock btrq $1, (%1)") "\n\tsetc %0"
		     : "=q" (carry)
		     : "r" (e)
		     : "memory", "cc");
	expect(carry, 0);
	/* Reclaim: accessed bit set by the processor, then taken. */
	must(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
	(void)*(volatile u64 *)WINDOW_VA;
	asm volatile (GUARDED("lock btrq $5, (%1)") "\n\tsetc %0"
		     : "=q" (carry)
		     : "r" (e)
		     : "memory", "cc");
	expect(carry, 1);
	expect(*e & PTE_A, 0);
	asm volatile (GUARDED("lock andq $0, (%1)") "\n\tsetz %0"
		     : "=q" (carry)
		     : "r" (e)
		     : "memory", "cc");
	expect(carry, 1);
	expect(*e, 0);
}

/* String stores: Xen emulates them. Who does not must give the #PF and change nothing. */
static void string_store(void)
{
	u64 rw = leaf(data, LEAF_RW);
	const u64 *from = &rw;
	volatile u64 *to = &w.l1[20];

	trap_reset();
	asm volatile (GUARDED("movsq") : "+S" (from), "+D" (to) :: "memory");
	if (trap.frame.vector == NO_TRAP) {
		expect(CLEAN(w.l1[20]), CLEAN(rw));
		expect(to, &w.l1[21]);
		must(table_set(w.l1, 20, 0));
	} else {
		expect_trap(PF, PF_P | PF_W);
		expect(w.l1[20], 0);
		expect(to, &w.l1[20]);
	}
	trap_reset();
}

void test_main(void)
{
	window_open(&w);
	data = page_alloc();
	other = page_alloc();
	data[0] = 0x7776;	/* as an entry: not present */
	e = &w.l1[0];
	if (!is_dom0())
		without_assist();
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	movs();
	exchanges();
	read_modify_write();
	results_in_flags();
	expect_no_trap();
	string_store();
	must(hc_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables));
	if (!is_dom0())
		without_assist();
}

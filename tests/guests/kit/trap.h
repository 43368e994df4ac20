/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap.h: exceptions, events and system calls, as seen by a test.
 *
 * Every trap is recorded in `trap` (the newest one) and counted. What happens next:
 *  - a hook set by the test sees it first;
 *  - an instruction written with GUARDED() is skipped;
 *  - a trap out of user mode that was entered with user_run() ends user_run();
 *  - a vector for which trap_return(vec) was called is returned from;
 *  - anything else is printed, and the test ends without a verdict.
 */
#ifndef KIT_TRAP_H
#define KIT_TRAP_H

#include "types.h"

struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error, rip;
	u16 cs, pad0;
	u8 mask, pad1[3];
	u64 rflags, rsp, ss;
};

#define VEC_EVENT	256
#define VEC_SYSCALL	257
#define VEC_FAILSAFE	258
#define VEC_SYSCALL32	259
#define VEC_SYSENTER	260
#define NO_TRAP		~0UL

enum { DE = 0, DB = 1, BP = 3, OF = 4, UD = 6, NM = 7, NP = 11, SS = 12, GP = 13, PF = 14, MF = 16,
	AC = 17, XM = 19 };

struct trap_seen {
	unsigned int count;
	u64 cr2;
	u64 handler_ss, handler_cs, handler_rflags, handler_rsp;
	u8 handler_mask;
	struct trap_frame frame;
};

extern struct trap_seen trap;
extern u64 failsafe_selectors[4];
/* Returns true when it has dealt with the trap (it may change the frame). */
extern bool (*trap_hook)(struct trap_frame *f);

void trap_init(void);
void trap_return(unsigned int vector);
/* Forget the last trap: afterwards trap.frame.vector is NO_TRAP until one comes. */
void trap_reset(void);
/* The entry of vector n in the trap table that trap_init() installs. */
u64 trap_stub(unsigned int vector);

#define EX_ENTRY(from, to)					\
	".pushsection .ex_table, \"a\"\n"			\
	".quad " from ", " to "\n"				\
	".popsection\n"
/* One instruction that may fault: on a fault it is left out. */
#define GUARDED(insn)	"771:\t" insn "\n772:\n" EX_ENTRY("771b", "772b")

#define FLAG_CF		0x1
#define FLAG_TF		0x100
#define FLAG_IF		0x200
#define FLAG_DF		0x400
#define FLAG_IOPL	0x3000
#define FLAG_NT		0x4000
#define FLAG_RF		0x10000
#define FLAG_VM		0x20000
#define FLAG_AC		0x40000
#define FLAG_ID		0x200000

#define PF_P	1
#define PF_W	2
#define PF_U	4
#define PF_R	8
#define PF_I	16

/* What the newest trap was: check its vector and error code in one line. */
#define expect_trap(vec, err) do {				\
	expect(trap.frame.vector, vec);				\
	expect(trap.frame.error, err);				\
} while (0)
#define expect_no_trap() expect(trap.frame.vector, NO_TRAP)

static inline u64 read_rflags(void)
{
	u64 f;

	asm volatile ("pushfq; popq %0" : "=r" (f));
	return f;
}

#endif

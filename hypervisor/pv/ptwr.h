/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoder of instructions that write to page tables. Pure functions: bytes and
 * registers in, an operation out; no memory but the arguments is touched.
 */
#ifndef PV_PTWR_H
#define PV_PTWR_H

#include "lib/types.h"
#include <xen/xen.h>

enum ptwr_kind {
	PTWR_MOV, PTWR_XCHG, PTWR_XADD, PTWR_CMPXCHG,
	PTWR_ADD, PTWR_OR, PTWR_ADC, PTWR_SBB, PTWR_AND, PTWR_SUB, PTWR_XOR,
	PTWR_INC, PTWR_DEC, PTWR_NOT, PTWR_NEG,
	PTWR_BTS, PTWR_BTR, PTWR_BTC,
};

enum ptwr_segment { PTWR_SEG_FLAT, PTWR_SEG_FS, PTWR_SEG_GS };

struct ptwr_op {
	enum ptwr_kind kind;
	enum ptwr_segment seg;
	u64 ea;				/* offset in seg; the base is the caller's to add */
	u64 src;			/* operand; for BT* the bit, for CMPXCHG the new value */
	u8 size;			/* of the memory operand: 1, 2, 4, 8 */
	u8 len;				/* of the instruction */
	u8 reg;				/* register that XCHG and XADD load */
	bool high8;			/* it is AH, CH, DH or BH */
	/* MOVS and STOS: one element; with REP the instruction is left in place until it was the last. */
	bool string, rep, addr32;
	bool load;			/* MOVS: src is to be read from load_ea in load_seg first */
	enum ptwr_segment load_seg;
	u64 load_ea;
};

#define PTWR_MAX_INSN 15

/* False: not an instruction that we emulate, or not all of it is in n bytes. */
bool ptwr_decode(const u8 *insn, unsigned n, const struct cpu_user_regs *regs, struct ptwr_op *op);

/*
 * What the instruction does to a memory operand that reads old: the value to be
 * stored, with *store false if it stores none that differs by intent (a failed
 * cmpxchg). *regs gets the instruction's results, flags and RIP.
 */
u64 ptwr_execute(const struct ptwr_op *op, u64 old, struct cpu_user_regs *regs, bool *store);

#endif

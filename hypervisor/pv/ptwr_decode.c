/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: decoding the instructions with which kernels write page-table entries
 * (AMD APM vol. 3; 64-bit mode only), and what they compute.
 *
 * Supported, with a memory operand of 1, 2, 4 or 8 bytes in any addressing mode:
 * mov from register or immediate, movnti, xchg, xadd, cmpxchg, add or adc sbb and
 * sub xor, inc dec not neg, bts btr btc; movs and stos, an element at a time.
 * Anything else is refused: the guest then gets the page fault, as it would for
 * any read-only page. No state, no lock.
 */
#include "cpu/cpu.h"
#include "pv/ptwr.h"

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

#define F_CF 0x001u
#define F_PF 0x004u
#define F_AF 0x010u
#define F_ZF 0x040u
#define F_SF 0x080u
#define F_OF 0x800u
#define F_ALL (F_CF | F_PF | F_AF | F_ZF | F_SF | F_OF)

struct cursor {
	const u8 *p;
	unsigned n, at;
	bool bad;
	/* prefixes */
	u8 rex;
	bool opsize, adsize, lock, rep;
	/* ModRM */
	u8 reg, rm, mod;
};

static u64 *reg_ptr(struct cpu_user_regs *r, unsigned i)
{
	switch (i) {
	case 0: return &r->rax;
	case 1: return &r->rcx;
	case 2: return &r->rdx;
	case 3: return &r->rbx;
	case 4: return &r->rsp;
	case 5: return &r->rbp;
	case 6: return &r->rsi;
	case 7: return &r->rdi;
	case 8: return &r->r8;
	case 9: return &r->r9;
	case 10: return &r->r10;
	case 11: return &r->r11;
	case 12: return &r->r12;
	case 13: return &r->r13;
	case 14: return &r->r14;
	default: return &r->r15;
	}
}

static u64 reg_value(const struct cpu_user_regs *r, unsigned i)
{
	return *reg_ptr((struct cpu_user_regs *)r, i);
}

static u64 size_mask(unsigned size)
{
	return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

static s64 sign_extend(u64 v, unsigned size)
{
	unsigned shift = 64 - size * 8;

	return (s64)(v << shift) >> shift;
}

/* Next n bytes, little endian. */
static u64 fetch(struct cursor *c, unsigned n)
{
	u64 v = 0;

	if (c->n - c->at < n) {
		c->bad = true;
		c->at = c->n;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		v |= (u64)c->p[c->at + i] << (8 * i);
	c->at += n;
	return v;
}

static void decode_prefixes(struct cursor *c, struct ptwr_op *op)
{
	while (c->at < c->n) {
		u8 b = c->p[c->at];

		if (b == 0x66)
			c->opsize = true;
		else if (b == 0x67)
			c->adsize = true;
		else if (b == 0xf0)
			c->lock = true;
		else if (b == 0xf2 || b == 0xf3)
			c->rep = true;
		else if (b == 0x64)
			op->seg = PTWR_SEG_FS;
		else if (b == 0x65)
			op->seg = PTWR_SEG_GS;
		else if (b != 0x2e && b != 0x36 && b != 0x3e && b != 0x26)
			break;
		c->at++;
	}
	if (c->at < c->n && (c->p[c->at] & 0xf0) == 0x40)
		c->rex = c->p[c->at++];
}

static u64 decode_sib(struct cursor *c, const struct cpu_user_regs *regs)
{
	u8 sib = (u8)fetch(c, 1);
	unsigned index = (sib >> 3 & 7) | (c->rex & REX_X ? 8 : 0);
	unsigned base = (sib & 7) | (c->rex & REX_B ? 8 : 0);
	u64 ea = 0;

	if ((sib & 7) == 5 && c->mod == 0)
		ea = (u64)sign_extend(fetch(c, 4), 4);
	else
		ea = reg_value(regs, base);
	if (index != 4)
		ea += reg_value(regs, index) << (sib >> 6);
	return ea;
}

/* ModRM and what follows it; imm_bytes come after that, for RIP-relative addresses. */
static void decode_modrm(struct cursor *c, const struct cpu_user_regs *regs, unsigned imm_bytes,
			 struct ptwr_op *op)
{
	u8 b = (u8)fetch(c, 1);
	bool rip_relative = false;

	c->mod = b >> 6;
	c->reg = (b >> 3 & 7) | (c->rex & REX_R ? 8 : 0);
	c->rm = b & 7;
	if (c->mod == 3) {
		c->bad = true;
		return;
	}
	if (c->rm == 4) {
		op->ea = decode_sib(c, regs);
	} else if (c->rm == 5 && c->mod == 0) {
		op->ea = (u64)sign_extend(fetch(c, 4), 4);
		rip_relative = true;
	} else {
		op->ea = reg_value(regs, c->rm | (c->rex & REX_B ? 8u : 0u));
	}
	if (c->mod == 1)
		op->ea += (u64)sign_extend(fetch(c, 1), 1);
	else if (c->mod == 2)
		op->ea += (u64)sign_extend(fetch(c, 4), 4);
	if (rip_relative)
		op->ea += regs->rip + c->at + imm_bytes;
}

static u8 operand_size(const struct cursor *c, bool byte)
{
	if (byte)
		return 1;
	return c->rex & REX_W ? 8 : c->opsize ? 2 : 4;
}

/* The ModRM register as source (and for xchg, xadd as destination). */
static void take_reg(const struct cursor *c, const struct cpu_user_regs *regs, struct ptwr_op *op)
{
	op->reg = c->reg;
	if (op->size == 1 && !c->rex && c->reg >= 4) {
		op->high8 = true;
		op->reg = c->reg - 4;
		op->src = reg_value(regs, op->reg) >> 8 & 0xff;
	} else {
		op->src = reg_value(regs, c->reg) & size_mask(op->size);
	}
}

static const u8 group1[8] = {
	PTWR_ADD, PTWR_OR, PTWR_ADC, PTWR_SBB, PTWR_AND, PTWR_SUB, PTWR_XOR, 0xff,
};

static void decode_imm(struct cursor *c, const struct cpu_user_regs *regs, unsigned imm_bytes,
		       struct ptwr_op *op)
{
	decode_modrm(c, regs, imm_bytes, op);
	op->src = (u64)sign_extend(fetch(c, imm_bytes), imm_bytes) & size_mask(op->size);
}

static unsigned imm_size(const struct ptwr_op *op)
{
	return op->size == 8 ? 4 : op->size;
}

/* add, or, adc, sbb, and, sub, xor; cmp writes nothing and cannot fault on a read-only page. */
static void decode_alu(struct cursor *c, unsigned group, struct ptwr_op *op)
{
	if (group1[group] == 0xff)
		c->bad = true;
	else
		op->kind = group1[group];
}

/* MOVS, STOS: to ES:RDI, where no override reaches. A REP of no element stores nothing. */
static void decode_string(struct cursor *c, bool load, const struct cpu_user_regs *regs,
			  struct ptwr_op *op)
{
	op->kind = PTWR_MOV;
	op->string = true;
	op->rep = c->rep;
	op->addr32 = c->adsize;
	op->load = load;
	op->load_seg = op->seg;
	op->load_ea = c->adsize ? (u32)regs->rsi : regs->rsi;
	op->seg = PTWR_SEG_FLAT;
	op->ea = regs->rdi;
	op->src = load ? 0 : regs->rax & size_mask(op->size);
	c->bad |= c->rep && !(c->adsize ? (u32)regs->rcx : regs->rcx);
}

static void decode_one_byte(struct cursor *c, u8 b, const struct cpu_user_regs *regs,
			    struct ptwr_op *op, bool *lockable)
{
	op->size = operand_size(c, !(b & 1) && b != 0x83);
	*lockable = true;
	if (b < 0x40 && (b & 7) < 2) {
		decode_alu(c, b >> 3, op);
		decode_modrm(c, regs, 0, op);
		take_reg(c, regs, op);
		return;
	}
	switch (b) {
	case 0x80: case 0x81: case 0x83:
		decode_imm(c, regs, b == 0x81 ? imm_size(op) : 1, op);
		decode_alu(c, c->reg & 7, op);
		return;
	case 0xa4: case 0xa5: case 0xaa: case 0xab:
		*lockable = false;
		decode_string(c, b < 0xa8, regs, op);
		return;
	case 0x86: case 0x87:
		op->kind = PTWR_XCHG;
		decode_modrm(c, regs, 0, op);
		take_reg(c, regs, op);
		return;
	case 0x88: case 0x89:
		*lockable = false;
		op->kind = PTWR_MOV;
		decode_modrm(c, regs, 0, op);
		take_reg(c, regs, op);
		return;
	case 0xc6: case 0xc7:
		*lockable = false;
		op->kind = PTWR_MOV;
		decode_imm(c, regs, imm_size(op), op);
		c->bad |= (c->reg & 7) != 0;
		return;
	case 0xf6: case 0xf7:
		decode_modrm(c, regs, 0, op);
		c->bad |= (c->reg & 7) != 2 && (c->reg & 7) != 3;
		op->kind = (c->reg & 7) == 2 ? PTWR_NOT : PTWR_NEG;
		return;
	case 0xfe: case 0xff:
		decode_modrm(c, regs, 0, op);
		c->bad |= (c->reg & 7) > 1;
		op->kind = (c->reg & 7) ? PTWR_DEC : PTWR_INC;
		return;
	default:
		c->bad = true;
	}
}

/* Bit number in a register: it may point far beyond the operand named. */
static void bit_from_reg(const struct cursor *c, const struct cpu_user_regs *regs,
			 struct ptwr_op *op)
{
	unsigned bits = op->size * 8u;
	s64 n = sign_extend(reg_value(regs, c->reg), op->size);

	op->ea += (u64)((n >> (op->size == 8 ? 6 : op->size == 4 ? 5 : 4)) * (s64)op->size);
	op->src = (u64)n & (bits - 1);
}

static void decode_two_byte(struct cursor *c, u8 b, const struct cpu_user_regs *regs,
			    struct ptwr_op *op, bool *lockable)
{
	op->size = operand_size(c, b == 0xb0 || b == 0xc0);
	*lockable = true;
	switch (b) {
	case 0xab: case 0xb3: case 0xbb:
		op->kind = b == 0xab ? PTWR_BTS : b == 0xb3 ? PTWR_BTR : PTWR_BTC;
		decode_modrm(c, regs, 0, op);
		bit_from_reg(c, regs, op);
		return;
	case 0xba:
		decode_modrm(c, regs, 1, op);
		op->src = fetch(c, 1) & (op->size * 8u - 1);
		c->bad |= (c->reg & 7) < 5;
		op->kind = (c->reg & 7) == 5 ? PTWR_BTS : (c->reg & 7) == 6 ? PTWR_BTR : PTWR_BTC;
		return;
	case 0xb0: case 0xb1:
		op->kind = PTWR_CMPXCHG;
		break;
	case 0xc0: case 0xc1:
		op->kind = PTWR_XADD;
		break;
	case 0xc3:
		*lockable = false;
		op->kind = PTWR_MOV;
		c->bad |= c->opsize;
		break;
	default:
		c->bad = true;
		return;
	}
	decode_modrm(c, regs, 0, op);
	take_reg(c, regs, op);
}

bool ptwr_decode(const u8 *insn, unsigned n, const struct cpu_user_regs *regs, struct ptwr_op *op)
{
	struct cursor c = { .p = insn, .n = min(n, (unsigned)PTWR_MAX_INSN) };
	bool lockable = false;
	u8 b;

	*op = (struct ptwr_op){ .kind = PTWR_MOV };
	decode_prefixes(&c, op);
	b = (u8)fetch(&c, 1);
	if (b == 0x0f && !c.bad)
		decode_two_byte(&c, (u8)fetch(&c, 1), regs, op, &lockable);
	else
		decode_one_byte(&c, b, regs, op, &lockable);
	if (c.bad || (c.lock && !lockable) || (c.rep && !op->string))
		return false;
	if (c.adsize)
		op->ea = (u32)op->ea;
	op->len = (u8)c.at;
	return true;
}

static u32 result_flags(u64 r, unsigned size)
{
	u32 f = 0;

	if (!(r & size_mask(size)))
		f |= F_ZF;
	if (r >> (size * 8 - 1) & 1)
		f |= F_SF;
	if (!(__builtin_popcountll(r & 0xff) & 1))
		f |= F_PF;
	return f;
}

/* a + b + carry, or a - b - borrow, with all six flags. */
static u64 add_flags(u64 a, u64 b, bool carry, bool sub, unsigned size, u32 *flags)
{
	u64 m = size_mask(size), r = (sub ? a - b - carry : a + b + carry) & m;
	u64 c = sub ? (~a & b) | ((~a | b) & r) : (a & b) | ((a | b) & ~r);
	u64 o = sub ? (a ^ b) & (a ^ r) : ~(a ^ b) & (a ^ r);
	unsigned top = size * 8 - 1;

	*flags = result_flags(r, size) | (c >> top & 1 ? F_CF : 0) | (o >> top & 1 ? F_OF : 0) |
		 (c >> 3 & 1 ? F_AF : 0);
	return r;
}

static u64 alu(enum ptwr_kind kind, u64 a, u64 b, u32 old_flags, unsigned size, u32 *flags)
{
	bool cf = old_flags & F_CF;
	u64 r;

	switch (kind) {
	case PTWR_ADD: case PTWR_XADD:
		return add_flags(a, b, false, false, size, flags);
	case PTWR_ADC:
		return add_flags(a, b, cf, false, size, flags);
	case PTWR_SUB:
		return add_flags(a, b, false, true, size, flags);
	case PTWR_SBB:
		return add_flags(a, b, cf, true, size, flags);
	case PTWR_NEG:
		return add_flags(0, a, false, true, size, flags);
	case PTWR_INC: case PTWR_DEC:
		r = add_flags(a, 1, false, kind == PTWR_DEC, size, flags);
		*flags = (*flags & ~F_CF) | (old_flags & F_CF);
		return r;
	case PTWR_OR:
		r = a | b;
		break;
	case PTWR_AND:
		r = a & b;
		break;
	default:
		r = a ^ b;
		break;
	}
	*flags = result_flags(r, size);
	return r;
}

static void set_reg(struct cpu_user_regs *regs, const struct ptwr_op *op, unsigned reg,
		    bool high8, u64 v)
{
	u64 *p = reg_ptr(regs, reg);

	if (high8)
		*p = (*p & ~0xff00ull) | (v & 0xff) << 8;
	else if (op->size >= 4)
		*p = v & size_mask(op->size);
	else
		*p = (*p & ~size_mask(op->size)) | (v & size_mask(op->size));
}

static void advance(u64 *reg, s64 by, bool addr32)
{
	*reg = addr32 ? (u32)(*reg + (u64)by) : *reg + (u64)by;
}

/* After one element; false: there are more. */
static bool string_step(const struct ptwr_op *op, struct cpu_user_regs *regs)
{
	s64 by = regs->rflags & X86_EFLAGS_DF ? -(s64)op->size : op->size;

	advance(&regs->rdi, by, op->addr32);
	if (op->load)
		advance(&regs->rsi, by, op->addr32);
	if (!op->rep)
		return true;
	advance(&regs->rcx, -1, op->addr32);
	return !regs->rcx;
}

u64 ptwr_execute(const struct ptwr_op *op, u64 old, struct cpu_user_regs *regs, bool *store)
{
	u32 before = (u32)regs->rflags, flags = before & F_ALL;
	u64 bit = 1ull << (op->src & 63), mask = size_mask(op->size), new;

	*store = true;
	switch (op->kind) {
	case PTWR_MOV:
		new = op->src;
		break;
	case PTWR_XCHG:
		new = op->src;
		set_reg(regs, op, op->reg, op->high8, old);
		break;
	case PTWR_CMPXCHG:
		add_flags(regs->rax & mask, old & mask, false, true, op->size, &flags);
		*store = flags & F_ZF;
		new = *store ? op->src : old;
		if (!*store)
			set_reg(regs, op, 0, false, old);
		break;
	case PTWR_NOT:
		new = ~old & mask;
		break;
	case PTWR_BTS: case PTWR_BTR: case PTWR_BTC:
		new = old ^ bit;
		if (op->kind != PTWR_BTC)
			new = op->kind == PTWR_BTS ? old | bit : old & ~bit;
		flags = (flags & ~F_CF) | (old & bit ? F_CF : 0);
		break;
	default:
		new = alu(op->kind, old & mask, op->src, before, op->size, &flags);
		if (op->kind == PTWR_XADD)
			set_reg(regs, op, op->reg, op->high8, old);
		break;
	}
	regs->rflags = (regs->rflags & ~(u64)(F_ALL | X86_EFLAGS_RF)) | flags;
	if (!op->string || string_step(op, regs))
		regs->rip += op->len;
	return new & mask;
}

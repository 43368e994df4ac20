/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table write decoder: known encodings, random bytes, and each supported
 * instruction with random operands against the processor that runs the test.
 */
/* SOURCES: hypervisor/pv/ptwr_decode.c */
#include <cmocka.h>
#include "cpu/cpu.h"
#include "pv/ptwr.h"

#define FLAGS 0x8d5u

/* rax rcx rdx rbx rsp rbp rsi rdi r8-r15, flags, where to jump, our stack pointer */
__used u64 native[19];

/* Load native[], run the code at native[17], which jumps back, and store native[]. */
void run_native(void);
extern char native_back[];
__asm__(
	".text\n"
	"run_native:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	pushq native+128(%rip); popfq\n"
	"	mov native(%rip), %rax; mov native+8(%rip), %rcx; mov native+16(%rip), %rdx\n"
	"	mov native+24(%rip), %rbx; mov native+40(%rip), %rbp; mov native+48(%rip), %rsi\n"
	"	mov native+56(%rip), %rdi; mov native+64(%rip), %r8; mov native+72(%rip), %r9\n"
	"	mov native+80(%rip), %r10; mov native+88(%rip), %r11; mov native+96(%rip), %r12\n"
	"	mov native+104(%rip), %r13; mov native+112(%rip), %r14\n"
	"	mov native+120(%rip), %r15\n"
	"	jmp *native+136(%rip)\n"
	"native_back:\n"
	"	mov %rax, native(%rip); mov %rcx, native+8(%rip); mov %rdx, native+16(%rip)\n"
	"	mov %rbx, native+24(%rip); mov %rbp, native+40(%rip); mov %rsi, native+48(%rip)\n"
	"	mov %rdi, native+56(%rip); mov %r8, native+64(%rip); mov %r9, native+72(%rip)\n"
	"	mov %r10, native+80(%rip); mov %r11, native+88(%rip); mov %r12, native+96(%rip)\n"
	"	mov %r13, native+104(%rip); mov %r14, native+112(%rip)\n"
	"	mov %r15, native+120(%rip)\n"
	"	pushfq; popq native+128(%rip)\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static u64 rnd_state = 1;

static u64 rnd64(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state;
}

static u32 rnd(u32 n) { return (u32)((rnd64() >> 20) % n); }

static u64 *gpr(struct cpu_user_regs *r, unsigned i)
{
	u64 *p[16] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		       &r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15 };

	return p[i];
}

/* ---- an instruction with random operands ---- */

struct form { u8 esc, opcode, ext; bool byte,
	lockable; s8 imm; }; /* ext 8: /r; imm -1: operand size, 4 at most */

static const struct form forms[] = {
	{ 0, 0x88, 8, 1, 0, 0 }, { 0, 0x89, 8, 0, 0, 0 }, { 0, 0xc6, 0, 1, 0, 1 }, { 0, 0xc7, 0,
	0, 0, -1 },
	{ 0, 0x86, 8, 1, 1, 0 }, { 0, 0x87, 8, 0, 1, 0 },
	{ 0, 0x00, 8, 1, 1, 0 }, { 0, 0x01, 8, 0, 1, 0 }, { 0, 0x08, 8, 1, 1, 0 }, { 0, 0x09, 8,
	0, 1, 0 },
	{ 0, 0x10, 8, 1, 1, 0 }, { 0, 0x11, 8, 0, 1, 0 }, { 0, 0x18, 8, 1, 1, 0 }, { 0, 0x19, 8,
	0, 1, 0 },
	{ 0, 0x20, 8, 1, 1, 0 }, { 0, 0x21, 8, 0, 1, 0 }, { 0, 0x28, 8, 1, 1, 0 }, { 0, 0x29, 8,
	0, 1, 0 },
	{ 0, 0x30, 8, 1, 1, 0 }, { 0, 0x31, 8, 0, 1, 0 },
	{ 0, 0x80, 0, 1, 1, 1 }, { 0, 0x80, 4, 1, 1, 1 }, { 0, 0x81, 1, 0, 1, -1 }, { 0, 0x81, 2,
	0, 1, -1 },
	{ 0, 0x83, 4, 0, 1, 1 }, { 0, 0x83, 5, 0, 1, 1 }, { 0, 0x83, 3, 0, 1, 1 }, { 0, 0x83, 6,
	0, 1, 1 },
	{ 0, 0xf6, 2, 1, 1, 0 }, { 0, 0xf7, 2, 0, 1, 0 }, { 0, 0xf6, 3, 1, 1, 0 }, { 0, 0xf7, 3,
	0, 1, 0 },
	{ 0, 0xfe, 0, 1, 1, 0 }, { 0, 0xff, 0, 0, 1, 0 }, { 0, 0xfe, 1, 1, 1, 0 }, { 0, 0xff, 1,
	0, 1, 0 },
	{ 0x0f, 0xab, 8, 0, 1, 0 }, { 0x0f, 0xb3, 8, 0, 1, 0 }, { 0x0f, 0xbb, 8, 0, 1, 0 },
	{ 0x0f, 0xba, 5, 0, 1, 1 }, { 0x0f, 0xba, 6, 0, 1, 1 }, { 0x0f, 0xba, 7, 0, 1, 1 },
	{ 0x0f, 0xb0, 8, 1, 1, 0 }, { 0x0f, 0xb1, 8, 0, 1, 0 }, { 0x0f, 0xc0, 8, 1, 1, 0 },
	{ 0x0f, 0xc1, 8, 0, 1, 0 }, { 0x0f, 0xc3, 8, 0, 0, 0 },
};

struct insn { u8 b[32]; unsigned n; bool bit_reg; u8 reg; };

static void put_bytes(struct insn *in, u64 v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		in->b[in->n++] = (u8)(v >> (8 * i));
}

/* ModRM, SIB and displacement; sets the base register so that the operand is at target. */
static void make_address(struct insn *in, u8 reg, u8 rex, u64 target, u64 code, unsigned imm,
			 struct cpu_user_regs *regs)
{
	unsigned mod = rnd(3), base, index, scale = rnd(4);
	u64 disp = mod == 1 ? (u64)(s64)(s8)rnd(256) : mod == 2
		? (u64)(s64)(s32)(rnd(65536) - 32768) : 0;

	if (rnd(8) == 0) {				/* RIP-relative */
		in->b[in->n++] = (u8)(reg << 3 | 5);
		put_bytes(in, target - (code + in->n + 4 + imm), 4);
		return;
	}
	do {
		base = rnd(16);
	} while (base == 4 || ((rex & 1) << 3 | (base & 7)) != base || (mod == 0 &&
		(base & 7) == 5));
	if (rnd(2) && (base & 7) != 4) {
		in->b[in->n++] = (u8)(mod << 6 | reg << 3 | (base & 7));
		*gpr(regs, base) = target - disp;
	} else {
		do {
			index = rnd(8) | (rex & 2) << 2;
		} while (index == base);
		in->b[in->n++] = (u8)(mod << 6 | reg << 3 | 4);
		in->b[in->n++] = (u8)(scale << 6 | (index & 7) << 3 | (base & 7));
		*gpr(regs, base) = target - disp;
		if (index != 4) {
			*gpr(regs, index) = rnd64() & 0xffff;
			*gpr(regs, base) -= *gpr(regs, index) << scale;
		}
	}
	put_bytes(in, disp, mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static unsigned make_insn(struct insn *in, const struct form *f, u64 target, u64 code,
	struct cpu_user_regs *regs)
{
	bool movnti = f->esc && f->opcode == 0xc3, op16 = !f->byte && !movnti && rnd(4) == 0;
	u8 rex = rnd(3) ? 0x40 | rnd(16) : 0, reg = f->ext == 8 ? (u8)rnd(8) : f->ext;
	unsigned size = f->byte ? 1 : rex & 8 ? 8 : op16 ? 2 : 4;
	unsigned imm = f->imm < 0 ? (size == 8 ? 4 : size) : (unsigned)f->imm;

	if (f->ext == 8 && reg == 4 && !(rex & 4) && (!f->byte || rex))
		reg = 6;				/* RSP is the test's own */
	in->n = 0;
	if (f->lockable && rnd(2))
		in->b[in->n++] = 0xf0;
	if (op16)
		in->b[in->n++] = 0x66;
	if (rex)
		in->b[in->n++] = rex;
	if (f->esc)
		in->b[in->n++] = f->esc;
	in->b[in->n++] = f->opcode;
	in->bit_reg = f->esc && (f->opcode == 0xab || f->opcode == 0xb3 || f->opcode == 0xbb);
	in->reg = reg | (rex & 4) << 1;
	make_address(in, reg, rex, target, code, imm, regs);
	put_bytes(in, rnd64(), imm);
	return size;
}

static void run_on_cpu(u8 *code, const struct insn *in, const struct cpu_user_regs *regs)
{
	u64 back = (u64)native_back;

	memcpy(code, in->b, in->n);
	memcpy(code + in->n, "\xff\x25\x00\x00\x00\x00", 6);
	memcpy(code + in->n + 6, &back, 8);
	for (unsigned i = 0; i < 16; i++)
		native[i] = *gpr((struct cpu_user_regs *)regs, i);
	native[16] = regs->rflags;
	native[17] = (u64)code;
	run_native();
}

static void compare_once(u8 *page)
{
	const struct form *f = &forms[rnd(ARRAY_SIZE(forms))];
	u8 *code = page, *mem = page + 4096 + 2048, before[512], after[512];
	struct cpu_user_regs regs = { 0 }, out;
	struct ptwr_op op;
	struct insn in;
	u64 target, old = 0, new;
	unsigned size;
	bool store;

	for (unsigned i = 0; i < 16; i++)
		*gpr(&regs, i) = rnd(4) ? rnd64() : rnd(3) - 1ull;
	for (unsigned i = 0; i < 512; i++)
		(mem - 256)[i] = (u8)(rnd(3) ? rnd64() >> 30 : 0);
	regs.rflags = (rnd64() & FLAGS) | 2;
	regs.rip = (u64)code;
	target = (u64)mem + rnd(8) * 8;
	size = make_insn(&in, f, target, (u64)code, &regs);
	if (in.bit_reg) { /* keep the bit near, and the register not in the address */
		u64 saved = *gpr(&regs, in.reg);

		*gpr(&regs, in.reg) = (rnd64() & ~0xffffull) | (rnd(1024) - 512);
		if (size >= 4)
			*gpr(&regs, in.reg) = (u64)(s64)(s32)(rnd(1024) - 512);
		if (ptwr_decode(in.b, in.n, &regs, &op) && op.ea - (u64)(mem - 128) > 256)
			*gpr(&regs, in.reg) = saved;	/* it was base or index */
	} else if (f->esc && f->opcode <= 0xb1 && rnd(2)) {
		memcpy(mem + (target - (u64)mem), &regs.rax, 8);	/* cmpxchg that succeeds */
	}
	assert_true(ptwr_decode(in.b, in.n, &regs, &op));
	assert_int_equal(op.len, in.n);
	assert_int_equal(op.size, size);
	if (op.ea - (u64)(mem - 256) > 500)
		return;
	if (!in.bit_reg)
		assert_int_equal(op.ea, target);
	memcpy(before, mem - 256, 512);
	run_on_cpu(code, &in, &regs);
	memcpy(after, mem - 256, 512);

	out = regs;
	memcpy(&old, before + (op.ea - (u64)(mem - 256)), size);
	new = ptwr_execute(&op, old, &out, &store);
	memcpy(before + (op.ea - (u64)(mem - 256)), &new, size);
	assert_memory_equal(before, after, 512);
	for (unsigned i = 0; i < 16; i++)
		if (i != 4)
			assert_int_equal(*gpr(&out, i), native[i]);
	/* AF is undefined after and, or, xor. */
	if (op.kind == PTWR_AND || op.kind == PTWR_OR || op.kind == PTWR_XOR)
		assert_int_equal(out.rflags & FLAGS & ~0x10u, native[16] & FLAGS & ~0x10u);
	/* ZF is kept by bt*, the others are undefined but CF. */
	else if (op.kind >= PTWR_BTS)
		assert_int_equal(out.rflags & 0x41, native[16] & 0x41);
	else
		assert_int_equal(out.rflags & FLAGS, native[16] & FLAGS);
	assert_int_equal(out.rip, regs.rip + in.n);
}

static void test_against_processor(void **state)
{
	u8 *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE |
		MAP_ANONYMOUS, -1, 0);

	assert_true(page != MAP_FAILED);
	for (unsigned i = 0; i < 200000; i++)
		compare_once(page);
	munmap(page, 3 * 4096);
}

static void test_known(void **state)
{
	static const struct {
		u8 b[16];
		unsigned n;
		enum ptwr_kind kind;
		unsigned size;
		u64 ea, src;
	} k[] = {
		{ { 0x48, 0x87, 0x07 }, 3, PTWR_XCHG, 8, 0x7000, 0xa }, /* xchg %rax,(%rdi) */
		{ { 0xf0, 0x48, 0x0f, 0xba, 0x37, 5 }, 6, PTWR_BTR, 8, 0x7000, 5 },
			/* lock btrq $5,(%rdi) */
		{ { 0xf0, 0x80, 0x27, 0xfd }, 4, PTWR_AND, 1, 0x7000, 0xfd },
			/* lock andb $~2,(%rdi) */
		{ { 0x48, 0x89, 0x04, 0x24 }, 4, PTWR_MOV, 8, 0x4000, 0xa }, /* mov %rax,(%rsp) */
		{ { 0x48, 0xc7, 0x07, 0, 0, 0, 0x80 }, 7, PTWR_MOV, 8, 0x7000,
			0xffffffff80000000ull },
		{ { 0x65, 0x88, 0x27 }, 3, PTWR_MOV, 1, 0x7000, 0 }, /* mov %ah,%gs:(%rdi) */
		{ { 0x67, 0x89, 0x47, 0x80 }, 4, PTWR_MOV, 4, 0x6f80, 0xa },
			/* mov %eax,-128(%edi) */
		{ { 0x48, 0x89, 0x05, 0, 1, 0, 0 }, 7, PTWR_MOV, 8, 0x100107, 0xa },
			/* mov %rax,256(%rip) */
		{ { 0x48, 0x89, 0x04, 0x25, 0, 0x10, 0, 0 }, 8, PTWR_MOV, 8, 0x1000, 0xa },
	};
	struct cpu_user_regs regs = { .rax = 0xa, .rdi = 0x7000, .rsp = 0x4000, .rip = 0x100000 };
	struct ptwr_op op;

	for (unsigned i = 0; i < ARRAY_SIZE(k); i++) {
		assert_true(ptwr_decode(k[i].b, k[i].n, &regs, &op));
		assert_int_equal(op.kind, k[i].kind);
		assert_int_equal(op.size, k[i].size);
		assert_int_equal(op.ea, k[i].ea);
		assert_int_equal(op.src, k[i].src);
		assert_int_equal(op.len, k[i].n);
		for (unsigned n = 0; n < k[i].n; n++)			/* cut short */
			assert_false(ptwr_decode(k[i].b, n, &regs, &op));
	}
}

static void test_refused(void **state)
{
	static const u8 bad[][8] = {
		{ 0xf0, 0x48, 0x89, 0x07 },		/* lock mov */
		{ 0x48, 0x89, 0xc7 },			/* register operand */
		{ 0x48, 0x8b, 0x07 },			/* load */
		{ 0x48, 0x39, 0x07 },			/* cmp */
		{ 0x48, 0x83, 0x3f, 1 },		/* cmp */
		{ 0xf6, 0x07, 1 },			/* test */
		{ 0xff, 0x17 },				/* call */
		{ 0x0f, 0xba, 0x27, 1 },		/* bt */
		{ 0xc7, 0x4f, 0, 0, 0, 0, 0 },		/* c7 /1 */
		{ 0xf3, 0x48, 0xab },			/* rep stos */
		{ 0xc5, 0xf9, 0x7f, 0x07 },		/* vmovdqa */
		{ 0x66, 0x0f, 0xc3, 0x07 },		/* movnti with 66 */
		{ 0xf4 },
	};
	struct cpu_user_regs regs = { .rip = 0x100000 };
	struct ptwr_op op;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(ptwr_decode(bad[i], 8, &regs, &op));
}

static void test_random_bytes(void **state)
{
	struct cpu_user_regs regs = { 0 };
	struct ptwr_op op;

	for (unsigned i = 0; i < 300000; i++) {
		unsigned n = rnd(17);
		u8 *b = malloc(n ? n : 1); /* exactly: the sanitizer sees one byte too many */
		bool store;

		for (unsigned j = 0; j < n; j++)
			b[j] = (u8)(rnd64() >> 17);
		if (n && rnd(2))
			b[0] = (u8[]){ 0x0f, 0xf0, 0x48, 0x66, 0x81, 0x64, 0x67, 0x80 }[rnd(8)];
		for (unsigned j = 0; j < 16; j++)
			*gpr(&regs, j) = rnd64();
		if (ptwr_decode(b, n, &regs, &op)) {
			assert_true(op.len <= n && op.len <= PTWR_MAX_INSN);
			assert_true(op.size == 1 || op.size == 2 || op.size == 4 || op.size == 8);
			ptwr_execute(&op, rnd64(), &regs, &store);
		}
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random_bytes), cmocka_unit_test(test_against_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

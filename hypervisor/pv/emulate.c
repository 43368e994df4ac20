/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions of PV guests, which run in ring 3 and so take #GP:
 * a decoder for the few that PV kernels use. What is not here gets the #GP.
 *
 * Only reached with error code 0. Registers change only when the instruction
 * has been decoded wholly and allowed; then RIP moves past it.
 */
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/fpu.h"
#include "cpu/uaccess.h"
#include "cpu/uaccess_asm.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/debugreg.h"
#include "pv/pv.h"
#include "pv/types.h"

struct insn {
	struct cpu_user_regs *regs;
	struct vcpu *v;
	u8 bytes[15];
	unsigned len, pos;		/* fetched, decoded */
	bool wide;			/* 64-bit code segment */
	bool opsize16, rep, addr32;
	u8 rex;
	int seg;			/* segment override prefix, 0: none */
};

u64 *pv_gpr(struct cpu_user_regs *r, unsigned n)
{
	u64 *const map[16] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
			       &r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15 };

	return map[n & 15];
}

/* Is the code segment a 64-bit one? LAR reads the L bit with the guest's own tables. */
static bool code_is_64bit(u16 cs)
{
	if (cs == FLAT_RING3_CS64)
		return true;
	return lar_safe(cs) & 1u << 21;
}

static int next_byte(struct insn *i)
{
	return i->pos < i->len ? i->bytes[i->pos++] : -1;
}

/* Up to 15 bytes, fewer at the end of what is mapped. */
static void fetch(struct insn *i)
{
	const u8 *p = (const u8 *)i->regs->rip;

	i->len = sizeof(i->bytes);
	if (!copy_from_guest(i->bytes, p, i->len))
		return;
	i->len = (unsigned)min((u64)i->len, PAGE_SIZE - ((u64)p & ~PAGE_MASK));
	if (copy_from_guest(i->bytes, p, i->len))
		i->len = 0;
}

/* Prefixes; returns the first opcode byte or -1. */
static int decode_prefixes(struct insn *i)
{
	for (;;) {
		int b = next_byte(i);

		switch (b) {
		case 0x66: i->opsize16 = true; break;
		case 0x67: i->addr32 = true; break;
		case 0xf2: case 0xf3: i->rep = true; break;
		case 0xf0: return -1;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: i->seg = b; break;
		case 0x40 ... 0x4f:
			if (!i->wide)
				return b;
			i->rex = (u8)b;
			return next_byte(i);
		default: return b;
		}
	}
}

static void io_in(struct insn *i, u16 port, unsigned size)
{
	u32 val = pv_io_read(i->v, port, size);

	if (size == 4)
		i->regs->rax = val;
	else
		memcpy(&i->regs->rax, &val, size);
}

static bool emulate_in_out(struct insn *i, int op)
{
	unsigned size = !(op & 1) ? 1 : i->opsize16 ? 2 : 4;
	u16 port = (u16)i->regs->rdx;

	if (op < 0xe8) {
		int imm = next_byte(i);

		if (imm < 0)
			return false;
		port = (u16)imm;
	}
	if (!pv_io_allowed(i->v, port, size))
		return false;
	if (op & 2)
		pv_io_write(i->v, port, size, (u32)i->regs->rax);
	else
		io_in(i, port, size);
	return true;
}

/* INS and OUTS: one element a call; with REP the instruction is left in place until RCX is 0. */
static bool emulate_string_io(struct insn *i, int op, bool *again)
{
	unsigned size = !(op & 1) ? 1 : i->opsize16 ? 2 : 4;
	bool out = op & 2;
	u64 *index = out ? &i->regs->rsi : &i->regs->rdi, base = 0;
	u64 mask = i->wide && !i->addr32 ? ~0ull : 0xffffffffull;
	u32 val = 0;
	u64 addr;

	if (i->rep && !(i->regs->rcx & mask))
		return true;
	if (!pv_io_allowed(i->v, (u16)i->regs->rdx, size))
		return false;
	if (out && (i->seg == 0x64 || i->seg == 0x65))
		base = rdmsr(i->seg == 0x64 ? MSR_FS_BASE : MSR_GS_BASE);
	addr = base + (*index & mask);
	if (out) {
		if (copy_from_guest(&val, (void *)addr, size)) {
			pv_inject_pf(addr, i->v->pv->kernel_mode ? 0 : PFEC_user);
			*again = true;
			return true;
		}
		pv_io_write(i->v, (u16)i->regs->rdx, size, val);
	} else {
		/* The page must be writable before the device gives up its data. */
		if (copy_from_guest(&val, (void *)addr, size) || copy_to_guest((void *)addr, &val, size)) {
			pv_inject_pf(addr, PFEC_write | (i->v->pv->kernel_mode ? 0 : PFEC_user));
			*again = true;
			return true;
		}
		val = pv_io_read(i->v, (u16)i->regs->rdx, size);
		if (copy_to_guest((void *)addr, &val, size))
			return false;
	}
	addr = *index + (i->regs->rflags & X86_EFLAGS_DF ? -(u64)size : size);
	*index = (*index & ~mask) | (addr & mask);
	if (i->rep) {
		i->regs->rcx = (i->regs->rcx & ~mask) | ((i->regs->rcx - 1) & mask);
		*again = i->regs->rcx & mask;
	}
	return true;
}

u64 pv_read_cr4(const struct vcpu *v)
{
	return (cpu_cr4_host() & (X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)) |
	       (v->pv->cr4 & (X86_CR4_TSD | X86_CR4_DE | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE));
}

static bool read_cr(struct insn *i, unsigned cr, u64 *val)
{
	struct pv_vcpu *pv = i->v->pv;

	switch (cr) {
	case 0: *val = (read_cr0() & ~(u64)X86_CR0_TS) | pv->ctrl0_ts; return true;
	case 2: *val = i->v->info->arch.cr2; return true;
	case 3: *val = xen_pfn_to_cr3(pv->guest_table); return true;
	case 4: *val = pv_read_cr4(i->v); return true;
	}
	return false;
}

/* As MMUEXT_NEW_BASEPTR, with all the work that it may find half done. */
static bool new_root(struct insn *i, u64 val, bool *again)
{
	int rc = put_old_guest_table(i->v);

	if (!rc)
		rc = pv_new_baseptr(xen_cr3_to_pfn(val));
	*again = rc == -ERESTART;
	return !rc || *again;
}

static bool write_cr(struct insn *i, unsigned cr, u64 val, bool *again)
{
	struct pv_vcpu *pv = i->v->pv;

	switch (cr) {
	case 0:
		if ((val ^ read_cr0()) & ~(u64)X86_CR0_TS)
			return false;
		pv->ctrl0_ts = val & X86_CR0_TS;
		write_cr0((read_cr0() & ~(u64)X86_CR0_TS) | pv->ctrl0_ts);
		return true;
	case 2:
		i->v->info->arch.cr2 = val;
		return true;
	case 3:
		return new_root(i, val, again);
	case 4:
		/* Bits that are not the guest's to change are dropped silently (ABI). */
		pv->cr4 = val & (X86_CR4_TSD | X86_CR4_DE |
				 (cpu_features.xsave ? X86_CR4_OSXSAVE : 0));
		write_cr4(cpu_cr4_host() | (pv->cr4 & (X86_CR4_TSD | X86_CR4_DE)));
		return true;
	}
	return false;
}

static bool emulate_mov_cr_dr(struct insn *i, int op, bool *again)
{
	int modrm = next_byte(i);
	unsigned reg;
	u64 *gpr, val;

	if (modrm < 0xc0)
		return false;
	reg = (unsigned)(modrm >> 3 & 7) | (i->rex & 4 ? 8 : 0);
	gpr = pv_gpr(i->regs, (unsigned)(modrm & 7) | (i->rex & 1 ? 8 : 0));
	switch (op) {
	case 0x20:
		return read_cr(i, reg, gpr);
	case 0x22:
		return write_cr(i, reg, *gpr, again);
	case 0x21:
		if (pv_get_debugreg(i->v, reg, &val))
			return false;
		*gpr = val;
		return true;
	default:
		return !pv_set_debugreg(i->v, reg, *gpr);
	}
}

static bool emulate_msr(struct insn *i, bool write)
{
	struct cpu_user_regs *r = i->regs;
	u32 msr = (u32)r->rcx;
	u64 val;

	if (write)
		return !pv_wrmsr(i->v, msr, (r->rdx << 32) | (u32)r->rax);
	if (pv_rdmsr(i->v, msr, &val)) {
		/* So early that nobody could handle the #GP: an answer of 0 lets the kernel live. */
		if (i->v->pv->traps[TRAP_gp].address || rdmsr_safe(msr, &val))
			return false;
		val = 0;
	}
	r->rax = (u32)val;
	r->rdx = val >> 32;
	return true;
}

static bool emulate_0f01(struct insn *i)
{
	struct cpu_user_regs *r = i->regs;
	int b = next_byte(i);
	u64 tsc;

	switch (b) {
	case 0xd1:	/* XSETBV */
		return (u32)r->rcx == 0 && (i->v->pv->cr4 & X86_CR4_OSXSAVE) &&
		       !fpu_set_xcr0(i->v, (r->rdx << 32) | (u32)r->rax);
	case 0xf9:	/* RDTSCP, when CR4.TSD is set; the kernel may */
		if (!i->v->pv->kernel_mode)
			return false;
		tsc = rdtsc();
		r->rax = (u32)tsc;
		r->rdx = tsc >> 32;
		r->rcx = i->v->pv->tsc_aux;
		return true;
	}
	return false;
}

static bool emulate_two_byte(struct insn *i, bool *again)
{
	int op = next_byte(i);
	u64 tsc;

	if (op == 0x31) {
		if (!i->v->pv->kernel_mode)
			return false;
		tsc = rdtsc();
		i->regs->rax = (u32)tsc;
		i->regs->rdx = tsc >> 32;
		return true;
	}
	if (!i->v->pv->kernel_mode)
		return false;
	switch (op) {
	case 0x01:
		return emulate_0f01(i);
	case 0x06:	/* CLTS */
		i->v->pv->ctrl0_ts = 0;
		write_cr0(read_cr0() & ~(u64)X86_CR0_TS);
		return true;
	case 0x09:	/* WBINVD, WBNOINVD */
		if (i->v->domain->needs_device_rights)
			wbinvd();
		return true;
	case 0x20 ... 0x23:
		return emulate_mov_cr_dr(i, op, again);
	case 0x30:
		return emulate_msr(i, true);
	case 0x32:
		return emulate_msr(i, false);
	}
	return false;
}

bool pv_emulate_privileged(struct cpu_user_regs *regs)
{
	struct insn i = { .regs = regs, .v = current, .wide = code_is_64bit(regs->cs) };
	bool again = false, ok;
	int op;

	fetch(&i);
	op = decode_prefixes(&i);
	switch (op) {
	case 0x6c ... 0x6f:
		ok = emulate_string_io(&i, op, &again);
		break;
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		ok = emulate_in_out(&i, op);
		break;
	case 0xfa:	/* CLI, STI: harmless where the virtual IOPL would allow them */
	case 0xfb:
		ok = i.v->pv->iopl >= (i.v->pv->kernel_mode ? 1 : 3);
		break;
	case 0x0f:
		ok = emulate_two_byte(&i, &again);
		break;
	default:
		ok = false;
	}
	if (ok && !again) {
		regs->rip += i.pos;
		regs->rflags &= ~(u64)X86_EFLAGS_RF;
	}
	return ok;
}

/* ud2 "xen" cpuid: the CPUID that tells a PV guest what it may use. User mode may ask as well. */
bool pv_emulate_invalid_op(struct cpu_user_regs *regs)
{
	static const u8 prefix[7] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	u8 insn[sizeof(prefix)];
	u32 a, b, c, d;

	if (copy_from_guest(insn, (void *)regs->rip, sizeof(insn)) || memcmp(insn, prefix, sizeof(prefix)))
		return false;
	guest_cpuid(current, (u32)regs->rax, (u32)regs->rcx, &a, &b, &c, &d);
	regs->rax = a;
	regs->rbx = b;
	regs->rcx = c;
	regs->rdx = d;
	regs->rip += sizeof(prefix);
	return true;
}

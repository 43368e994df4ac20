/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions that a PV guest raised. Each is either work for us (a privileged
 * instruction, a write to a page table, an LDT page not yet shown) or goes to
 * the guest's own handler (pv/bounce.c).
 *
 * CR2 and DR6 are read before interrupts are turned on.
 * A page fault of the guest's own takes 370 instructions, 140 of them in the bounce.
 */
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/traps.h"
#include "cpu/uaccess.h"
#include "mm/map.h"
#include "pv/pv.h"
#include "pv/types.h"

static inline bool in_ldt_window(u64 va)
{
	return va - LDT_VIRT(smp_cpu_id()) < PV_MAX_LDT_FRAMES * PAGE_SIZE;
}

static void page_fault(struct cpu_user_regs *regs)
{
	u64 cr2 = read_cr2();
	struct vcpu *v = current;
	u32 ec = regs->error_code;

	irq_enable();
	if (unlikely(in_ldt_window(cr2)) && !(ec & PFEC_user)) {
		/* The processor read a descriptor for the guest, which cannot get there itself. */
		if (!pv_map_ldt_page(v, (unsigned)((cr2 - LDT_VIRT(smp_cpu_id())) >> PAGE_SHIFT)))
			pv_inject_pf(v->pv->ldt_base + (cr2 - LDT_VIRT(smp_cpu_id())), 0);
		return;
	}
	if (v->pv->kernel_mode) {
		if ((ec & (PFEC_present | PFEC_write | PFEC_reserved | PFEC_insn)) ==
			    (PFEC_present | PFEC_write) &&
		    test_bit(VMASST_TYPE_writable_pagetables, &v->domain->vm_assist) &&
		    guest_range_ok((void *)cr2, 8) && pv_emulate_pt_write(regs, cr2))
			return;
		/* A PV kernel runs in ring 3, but sees itself as supervisor. */
		ec &= ~PFEC_user;
	}
	pv_inject_pf(cr2, ec);
}

/* Error code of the #GP that INT n gets from a gate of too low a DPL. */
static inline u32 int_error_code(unsigned n)
{
	return n << 3 | 2;
}

/*
 * The vector of an INT n that ended in #GP, -1: it was something else. The error
 * code has it; but QEMU before 8.0 counts 16 there for a vector in long mode, so
 * the instruction is looked at. Whatever the guest makes us read there, the
 * vector that comes out is one it may raise.
 */
static int refused_vector(const struct cpu_user_regs *regs)
{
	u32 ec = regs->error_code;
	u8 insn[2];

	if ((ec & 7) != 2)
		return -1;
	if (!copy_from_guest(insn, (const void *)regs->rip, sizeof(insn)) && insn[0] == 0xcd &&
	    (ec == int_error_code(insn[1]) || ec == int_error_code(insn[1] * 2u)))
		return insn[1];
	return ec >> 3 & 0xff;
}

static bool may_raise(const struct vcpu *v, unsigned vector)
{
	const struct trap_info *t = &v->pv->traps[vector];
	unsigned dpl = TI_GET_DPL(t);

	return t->address && (dpl == 3 || (dpl && v->pv->kernel_mode));
}

static void general_protection(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	int vector;

	irq_enable();
	vector = refused_vector(regs);
	if (vector < 0) {
		if (regs->error_code || !pv_emulate_privileged(regs))
			pv_inject(TRAP_gp, regs->error_code);
		return;
	}
	/* Stopped by the DPL of our gate: ask the guest's table instead. */
	if (may_raise(v, (unsigned)vector)) {
		regs->rip += 2;
		pv_inject((unsigned)vector, 0);
	} else {
		pv_inject(TRAP_gp, int_error_code((unsigned)vector));
	}
}

/* Our gate for it has DPL 3. RIP is behind the instruction already. */
static void int80(struct cpu_user_regs *regs)
{
	irq_enable();
	if (likely(may_raise(current, TRAP_int80))) {
		pv_inject(TRAP_int80, 0);
		return;
	}
	regs->rip -= 2;
	pv_inject(TRAP_gp, int_error_code(TRAP_int80));
}

static void debug_trap(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	u64 dr6;

	__asm__ __volatile__("mov %%dr6, %0" : "=r"(dr6));
	__asm__ __volatile__("mov %0, %%dr6" :: "r"(0xffff0ff0ull));
	irq_enable();
	v->pv->dr6 |= dr6 & 0xe00full;
	pv_inject(TRAP_db, 0);
}

static void device_not_available(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	write_cr0(read_cr0() & ~(u64)X86_CR0_TS);
	irq_enable();
	if (v->pv->ctrl0_ts) {
		v->pv->ctrl0_ts = 0;
		pv_inject(TRAP_nm, 0);
	}
}

void pv_trap(struct cpu_user_regs *regs)
{
	switch (regs->entry_vector) {
	case TRAP_pf:
		page_fault(regs);
		break;
	case TRAP_gp:
		general_protection(regs);
		break;
	case TRAP_ud:
		irq_enable();
		if (!pv_emulate_invalid_op(regs))
			pv_inject(TRAP_ud, 0);
		break;
	case TRAP_nm:
		device_not_available(regs);
		break;
	case TRAP_db:
		debug_trap(regs);
		break;
	case TRAP_int80:
		int80(regs);
		break;
	default:
		irq_enable();
		pv_inject(regs->entry_vector & 0xff, regs->error_code);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to read-only L1 tables, done for the guest.
 *
 * A PV kernel that enabled VMASST_TYPE_writable_pagetables stores to its L1
 * tables as if it could (xchg when unmapping, lock btr for ageing, mov at boot).
 * The write faults; we decode the instruction, compute the new entry and put it
 * in under the rules of every other change, by compare-and-swap on the entry so
 * that no A or D bit that the processor sets meanwhile is lost.
 *
 * Everything that does not fit is refused, and the guest gets its page fault:
 * user mode, tables above L1, foreign frames, misaligned or wide accesses, an
 * entry that may not be.
 */
#include "cpu/cpu.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"
#include "pv/ptwr.h"
#include "pv/pv.h"
#include "pv/types.h"

/* The bytes at RIP, as many as there are. */
static unsigned fetch_insn(const struct cpu_user_regs *regs, u8 *buf)
{
	unsigned first = (unsigned)min((u64)PTWR_MAX_INSN, PAGE_SIZE - (regs->rip & ~PAGE_MASK));

	if (copy_from_guest(buf, (const void *)regs->rip, first))
		return 0;
	if (first == PTWR_MAX_INSN ||
	    copy_from_guest(buf + first, (const void *)(regs->rip + first), PTWR_MAX_INSN - first))
		return first;
	return PTWR_MAX_INSN;
}

static u64 segment_base(enum ptwr_segment seg)
{
	switch (seg) {
	case PTWR_SEG_FS:
		return rdmsr(MSR_FS_BASE);
	case PTWR_SEG_GS:
		return rdmsr(MSR_GS_BASE);
	default:
		return 0;
	}
}

/* The L1 table that va shows read-only, referenced and locked. */
static struct page *target_table(u64 va)
{
	struct page *pg;
	u64 l1e;

	if (!l1_read(va, &l1e) || (l1e & _PAGE_RW) || !mfn_valid(pte_mfn(l1e)))
		return NULL;
	pg = mfn_get(pte_mfn(l1e), current_domain());
	if (!pg)
		return NULL;
	/* Cheap look first: most faults on read-only pages are none of ours. */
	if ((READ_ONCE(pg->type) & PGT_type_mask) == PGT_l1_page_table && page_lock(pg)) {
		if (pgt_level(READ_ONCE(pg->type)) == 1)
			return pg;
		page_unlock(pg);
	}
	page_put(pg);
	return NULL;
}

/* MOVS reads its operand now. It could a moment ago, or the fault would have been another. */
static bool load_operand(struct ptwr_op *op)
{
	op->src = 0;
	return !copy_from_guest(&op->src, (const void *)(segment_base(op->load_seg) + op->load_ea), op->size);
}

/* A plain store, the usual case: touches no register. */
static int store_on(u64 *entry, unsigned shift, u64 mask, const struct ptwr_op *op,
		    struct cpu_user_regs *regs)
{
	u64 old;
	int rc;

	do {
		old = READ_ONCE(*entry);
		rc = l1_entry_cmpxchg(entry, old, (old & ~mask) | (op->src << shift & mask),
				      current_domain());
	} while (rc == -EAGAIN);
	if (!rc) {
		regs->rip += op->len;
		regs->rflags &= ~(u64)X86_EFLAGS_RF;
	}
	return rc;
}

/* Do op on the table; *regs becomes what the guest goes on with. */
static int emulate_on(struct page *table, u64 va, const struct ptwr_op *op,
		      struct cpu_user_regs *regs)
{
	u64 *entry = (u64 *)((u8 *)page_to_virt(table) + (va & ~PAGE_MASK & ~7ul));
	unsigned shift = (va & 7) * 8;
	u64 mask = (op->size == 8 ? ~0ull : (1ull << op->size * 8) - 1) << shift;
	struct cpu_user_regs after;
	u64 old, new;
	bool store;
	int rc;

	if (likely(op->kind == PTWR_MOV && !op->string))
		return store_on(entry, shift, mask, op, regs);
	do {
		old = READ_ONCE(*entry);
		after = *regs;
		new = ptwr_execute(op, (old & mask) >> shift, &after, &store);
		new = (old & ~mask) | (new << shift & mask);
		rc = store ? l1_entry_cmpxchg(entry, old, new, current_domain()) : 0;
	} while (rc == -EAGAIN);
	if (!rc)
		*regs = after;
	return rc;
}

/* Instructions: 950 with the fault itself, half of them fetching and decoding; 200 more for another frame. */
bool pv_emulate_pt_write(struct cpu_user_regs *regs, u64 va)
{
	u32 pfec = (u32)regs->error_code & (PFEC_present | PFEC_write | PFEC_reserved | PFEC_insn);
	struct vcpu *v = current;
	u8 insn[PTWR_MAX_INSN];
	struct page *table;
	struct ptwr_op op;
	int rc;

	if (pfec != (PFEC_present | PFEC_write) || !guest_kernel_mode(v) ||
	    !(v->domain->vm_assist & 1ull << VMASST_TYPE_writable_pagetables))
		return false;
	table = target_table(va);
	if (!table)
		return false;
	rc = -EINVAL;
	if (ptwr_decode(insn, fetch_insn(regs, insn), regs, &op) &&
	    op.ea + segment_base(op.seg) == va && !(va & (op.size - 1)) && (!op.load || load_operand(&op)))
		rc = emulate_on(table, va, &op, regs);
	page_unlock(table);
	page_put(table);
	if (rc)
		return false;
	if (unlikely(regs->rflags & X86_EFLAGS_TF)) {
		v->pv->dr6 |= 0x4000;			/* single step */
		pv_inject(TRAP_db, 0);
	}
	return true;
}

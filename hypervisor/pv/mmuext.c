/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op: pins, root tables, flushes, LDT, page clearing and copying.
 *
 * A list like mmu_update's, with the same rules for *done and continuation.
 * Pinning and page operations may be for another domain that the caller has
 * rights over; all else acts on the calling vCPU.
 */
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/smp.h"
#include "cpu/uaccess.h"
#include "lib/string.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "pv/types.h"

static struct page *page_of(u64 mfn, struct domain *d)
{
	return mfn_valid(_mfn(mfn)) ? mfn_get(_mfn(mfn), d) : NULL;
}

static int op_pin(const struct mmuext_op *op, struct domain *d, u64 type)
{
	struct page *pg = page_of(op->arg1.mfn, d);
	int rc;

	if (!pg)
		return -EINVAL;
	rc = page_pin(pg, d, type);
	page_put(pg);
	return rc;
}

static int op_unpin(const struct mmuext_op *op, struct domain *d)
{
	struct page *pg = page_of(op->arg1.mfn, d);
	int rc;

	if (!pg)
		return -EINVAL;
	rc = page_unpin(current, pg);
	page_put(pg);
	/* What is left to do is in old_guest_table: the op itself is done. */
	return rc == -ERESTART ? 0 : rc;
}

static void drop_root(u64 mfn)
{
	if (mfn)
		page_put_and_type_preemptible(current, mfn_to_page(_mfn(mfn)));
}

/* Type and general reference on a root table of the current domain. */
static int get_root(u64 mfn)
{
	struct domain *d = current_domain();

	if (!mfn_valid(_mfn(mfn)))
		return -EINVAL;
	return page_get_and_type(mfn_to_page(_mfn(mfn)), d, PGT_l4_page_table, true);
}

/* Budget: 350 instructions for a pinned table; 470 as a hypercall of one op. */
int pv_new_baseptr(u64 mfn)
{
	struct pv_vcpu *pv = current->pv;
	u64 old = pv->guest_table;
	int rc = get_root(mfn);

	if (rc)
		return rc;
	if (pv->ldt_ents)
		pv_invalidate_ldt(current);
	pv->guest_table = mfn;
	pv_load_cr3(current);
	drop_root(old);
	return 0;
}

static int op_new_user_baseptr(u64 mfn)
{
	struct pv_vcpu *pv = current->pv;
	u64 old = pv->guest_table_user;
	int rc;

	if (mfn == old)
		return 0;
	if (mfn) {
		rc = get_root(mfn);
		if (rc)
			return rc;
	}
	pv->guest_table_user = mfn;
	drop_root(old);
	return 0;
}

static int op_set_ldt(u64 va, u32 ents)
{
	struct pv_vcpu *pv = current->pv;

	if ((va & ~PAGE_MASK) || ents > 8192 || !guest_range_ok((const void *)va, ents * 8ul))
		return -EINVAL;
	if (pv->ldt_base == va && pv->ldt_ents == ents)
		return 0;
	pv_invalidate_ldt(current);
	pv->ldt_base = va;
	pv->ldt_ents = ents;
	desc_load_ldt(ents);
	return 0;
}

static int op_flush(const struct mmuext_op *op)
{
	struct domain *d = current_domain();
	cpumask_t mask;
	bool all, one_page = false;

	switch (op->cmd) {
	case MMUEXT_INVLPG_LOCAL:
		one_page = true;
		/* fall through */
	case MMUEXT_TLB_FLUSH_LOCAL:
		mask = CPUMASK(smp_cpu_id());
		break;
	case MMUEXT_INVLPG_ALL:
		one_page = true;
		/* fall through */
	case MMUEXT_TLB_FLUSH_ALL:
		mask = READ_ONCE(d->dirty_cpus);
		break;
	default:
		one_page = op->cmd == MMUEXT_INVLPG_MULTI;
		/* Here the ABI has -EINVAL for a pointer that does not work. */
		if (vcpumask_to_cpus(d, op->arg2.vcpumask.p, &mask))
			return -EINVAL;
	}
	all = !one_page;
	if (all)
		tlb_flush_mask(mask);
	else if (is_canonical(op->arg1.linear_addr))
		tlb_flush_page_mask(mask, op->arg1.linear_addr);
	return 0;
}

static void wbinvd_here(void *arg)
{
	wbinvd();
}

static int op_flush_cache(bool global)
{
	if (!current_domain()->needs_device_rights)
		return global ? -EINVAL : -EACCES;
	wbinvd();
	if (global)
		smp_call(READ_ONCE(cpu_online_map) & ~CPUMASK(smp_cpu_id()), wbinvd_here, NULL);
	return 0;
}

static int op_clear_or_copy(const struct mmuext_op *op, struct domain *d)
{
	struct page *dst, *src = NULL;
	int rc = -EINVAL;

	if (!mfn_valid(_mfn(op->arg1.mfn)))
		return -EINVAL;
	dst = mfn_to_page(_mfn(op->arg1.mfn));
	if (op->cmd == MMUEXT_COPY_PAGE) {
		src = page_of(op->arg2.src_mfn, d);
		if (!src)
			return -EINVAL;
	}
	if (page_get_writable(dst, d)) {
		if (src)
			memmove(page_to_virt(dst), page_to_virt(src), PAGE_SIZE);
		else
			memset(page_to_virt(dst), 0, PAGE_SIZE);
		page_put_writable(dst);
		rc = 0;
	}
	if (src)
		page_put(src);
	return rc;
}

static int own_op(const struct mmuext_op *op)
{
	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR:
		return pv_new_baseptr(op->arg1.mfn);
	case MMUEXT_NEW_USER_BASEPTR:
		return op_new_user_baseptr(op->arg1.mfn);
	case MMUEXT_SET_LDT:
		return op_set_ldt(op->arg1.linear_addr, op->arg2.nr_ents);
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
		return op_flush(op);
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		return op_flush_cache(op->cmd == MMUEXT_FLUSH_CACHE_GLOBAL);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}

static int one_op(const struct mmuext_op *op, struct domain *pg_owner)
{
	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return op_pin(op, pg_owner, pgt_of_level(op->cmd - MMUEXT_PIN_L1_TABLE + 1));
	case MMUEXT_UNPIN_TABLE:
		return op_unpin(op, pg_owner);
	case MMUEXT_CLEAR_PAGE:
	case MMUEXT_COPY_PAGE:
		return op_clear_or_copy(op, pg_owner);
	default:
		return pg_owner == current_domain() ? own_op(op) : -EPERM;
	}
}

static int run_ops(const struct mmuext_op __guest *ops, u32 count, struct domain *pg_owner, u32 *i)
{
	int rc = 0;

	for (*i = 0; *i < count; ++*i) {
		struct mmuext_op op;

		if (unlikely(current->old_guest_table) || (*i && hypercall_preempt_check())) {
			rc = -ERESTART;
			break;
		}
		rc = copy_from_guest(&op, ops + *i, sizeof(op));
		if (!rc)
			rc = one_op(&op, pg_owner);
		if (rc)
			break;
	}
	if (!rc && current->old_guest_table)
		rc = -ERESTART;
	return rc;
}

long hc_mmuext_op(struct hc_args *a)
{
	const struct mmuext_op __guest *ops = (const void *)a->arg[0];
	u32 count = (u32)a->arg[1], done = 0, i = 0;
	u32 __guest *pdone = (void *)a->arg[2];
	struct domain *pg_owner;
	int rc = put_old_guest_table(current);

	_Static_assert(sizeof(struct mmuext_op) == 24, "ABI");
	if (rc)
		return rc;
	if (count & MMU_PREEMPTED) {
		count &= ~MMU_PREEMPTED;
		if (pdone && copy_from_guest(&done, pdone, sizeof(done)))
			return -EFAULT;
	}
	if (!guest_range_ok(ops, (size_t)count * sizeof(*ops)))
		return -EFAULT;
	pg_owner = mmu_get_pg_owner((u32)a->arg[3] & 0xffff, &rc);
	if (pg_owner) {
		rc = pg_owner->ops == &pv_guest_ops ? run_ops(ops, count, pg_owner, &i) : -EINVAL;
		domain_put(pg_owner);
	}
	done += i;
	if (pdone && copy_to_guest(pdone, &done, sizeof(done)) && (!rc || rc == -ERESTART))
		rc = -EFAULT;
	if (rc == -ERESTART) {
		a->arg[0] = (u64)(ops + i);
		a->arg[1] = (count - i) | MMU_PREEMPTED;
	}
	return rc;
}

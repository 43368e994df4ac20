/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update: a list of changes to page tables and to the M2P.
 *
 * The call stops at the first request that fails; *done tells how many did not,
 * and is written on every way out once the domains' ids were looked at. A
 * continued call has MMU_PREEMPTED in its count and finds its earlier total in
 * *done: a guest that changes it there deceives nobody but itself.
 *
 * The page table that the last request changed stays referenced and locked for
 * the next one, as guests send them in runs.
 */
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/cpu.h"
#include "cpu/uaccess.h"
#include "pv/pv.h"
#include "pv/types.h"

struct mmu_batch {
	struct domain *pt_owner, *pg_owner;
	struct page *table;		/* referenced; NULL: none */
	u64 table_mfn;
	bool locked;			/* a table; else a page with a writable reference */
};

struct domain *mmu_get_pg_owner(u32 domid, int *err)
{
	struct domain *cur = current_domain(), *d;

	*err = 0;
	if (likely(domid == DOMID_SELF)) {
		domain_ref(cur);
		return cur;
	}
	*err = -ESRCH;
	if (domid == cur->domain_id)
		return NULL;
	if (domid == DOMID_IO || domid == DOMID_XEN) {
		d = domid == DOMID_IO ? dom_io : dom_xen;
		domain_ref(d);
	} else {
		d = domain_get((domid_t)domid);
		if (!d)
			return NULL;
		if (READ_ONCE(d->is_dying) != DOMDYING_alive) {
			domain_put(d);
			return NULL;
		}
	}
	*err = d == dom_io ? 0 : rights_target(d);
	if (*err) {
		domain_put(d);
		return NULL;
	}
	return d;
}

/* Upper half of foreigndom: whose tables; 0: our own. */
static struct domain *get_pt_owner(u32 id_plus1, int *err)
{
	struct domain *d;

	if (likely(!id_plus1) || id_plus1 == current_domain()->domain_id + 1u) {
		*err = 0;
		domain_ref(current_domain());
		return current_domain();
	}
	d = mmu_get_pg_owner(id_plus1 - 1, err);
	if (d && d->ops != &pv_guest_ops) {
		domain_put(d);
		*err = -EINVAL;
		return NULL;
	}
	return d;
}

static void batch_leave_page(struct mmu_batch *b)
{
	if (!b->table)
		return;
	if (b->locked)
		page_unlock(b->table);
	else
		page_put_type_writable(b->table);
	page_put(b->table);
	b->table = NULL;
}

static int batch_enter_page(struct mmu_batch *b, u64 mfn)
{
	struct page *pg;

	if (b->table && b->table_mfn == mfn)
		return 0;
	batch_leave_page(b);
	if (!mfn_valid(_mfn(mfn)))
		return -EINVAL;
	pg = mfn_get(_mfn(mfn), b->pt_owner);
	if (!pg)
		return -EINVAL;
	b->locked = page_lock(pg);
	if (!b->locked && !page_get_type_writable(pg)) {
		page_put(pg);
		return -EINVAL;
	}
	b->table = pg;
	b->table_mfn = mfn;
	return 0;
}

static int update_entry(struct mmu_batch *b, u64 ptr, u64 val, bool preserve_ad)
{
	int rc = batch_enter_page(b, ptr >> PAGE_SHIFT);
	unsigned level;
	u64 *entry;

	if (rc)
		return rc;
	entry = (u64 *)((u8 *)page_to_virt(b->table) + (ptr & ~PAGE_MASK));
	if (!b->locked) {
		WRITE_ONCE(*entry, val);
		return 0;
	}
	level = pgt_level(READ_ONCE(b->table->type));
	if (likely(level == 1))
		return l1_entry_mod(entry, val, b->table, b->pt_owner, b->pg_owner, preserve_ad);
	if (b->pg_owner != b->pt_owner)
		return -EINVAL;
	return upper_entry_mod(entry, val, level, b->table, b->pt_owner, preserve_ad);
}

static int update_m2p(struct mmu_batch *b, u64 ptr, u64 pfn)
{
	mfn_t mfn = maddr_to_mfn(ptr);
	struct page *pg = mfn_valid(mfn) ? mfn_get(mfn, b->pg_owner) : NULL;

	if (!pg)
		return -EINVAL;
	m2p_set(mfn, pfn);
	page_put(pg);
	return 0;
}

static int one_request(struct mmu_batch *b, const struct mmu_update *req)
{
	u64 ptr = req->ptr & ~7ull;

	switch (req->ptr & 7) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		return update_entry(b, ptr, req->val, false);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return update_entry(b, ptr, req->val, true);
	case MMU_MACHPHYS_UPDATE:
		return update_m2p(b, ptr, req->val);
	default:
		return -ENOSYS;
	}
}

/*
 * Instructions per request: 160 of our own (50 to copy it in, preemption check, same
 * page, dispatch) beside those of l1_entry_mod(). A hypercall of one: 460 with them.
 */
static int run_requests(struct mmu_batch *b, const struct mmu_update __guest *reqs, u32 count,
			u32 *i)
{
	int rc = 0;

	for (*i = 0; *i < count; ++*i) {
		struct mmu_update req;

		if (unlikely(current->old_guest_table) || (*i && hypercall_preempt_check())) {
			rc = -ERESTART;
			break;
		}
		rc = copy_from_guest(&req, reqs + *i, sizeof(req));
		if (!rc)
			rc = one_request(b, &req);
		if (rc)
			break;
	}
	batch_leave_page(b);
	/* A table put that stopped midway: come back for it even if the list is done. */
	if (!rc && current->old_guest_table)
		rc = -ERESTART;
	return rc;
}

long hc_mmu_update(struct hc_args *a)
{
	const struct mmu_update __guest *reqs = (const void *)a->arg[0];
	u32 count = (u32)a->arg[1], dom = (u32)a->arg[3], done = 0, i = 0;
	u32 __guest *pdone = (void *)a->arg[2];
	struct mmu_batch b = { 0 };
	int rc = put_old_guest_table(current);

	if (rc)
		return rc;
	if (count & MMU_PREEMPTED) {
		count &= ~MMU_PREEMPTED;
		if (pdone && copy_from_guest(&done, pdone, sizeof(done)))
			return -EFAULT;
	}
	if (!guest_range_ok(reqs, (size_t)count * sizeof(*reqs)))
		return -EFAULT;
	b.pt_owner = get_pt_owner(dom >> 16, &rc);
	if (!b.pt_owner)
		return rc;
	b.pg_owner = mmu_get_pg_owner(dom & 0xffff, &rc);
	if (b.pg_owner) {
		rc = run_requests(&b, reqs, count, &i);
		domain_put(b.pg_owner);
	}
	domain_put(b.pt_owner);
	done += i;
	if (pdone && copy_to_guest(pdone, &done, sizeof(done)) && (!rc || rc == -ERESTART))
		rc = -EFAULT;
	if (rc == -ERESTART) {
		a->arg[0] = (u64)(reqs + i);
		a->arg[1] = (count - i) | MMU_PREEMPTED;
	}
	return rc;
}

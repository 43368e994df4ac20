/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: taking a dead PV domain's memory away from it.
 *
 * Its vCPUs do not run and nobody can start an operation for it any more. First
 * the vCPUs let go of tables and descriptors; then each frame of the domain's
 * list loses what can hold it without anybody's help: the pin, the page's own
 * reference of a validation that stopped midway, and the allocation. Type
 * references go strictly downward, so with the outermost ones gone everything
 * unravels: there are no cycles to break. What is left in the end is held by
 * others: foreign mappings, grants mapped elsewhere.
 *
 * The walk holds a reference on the page where it is (d->relinquish_cursor, its
 * frame + 1), so that the page stays on the list while others leave it. The work
 * may stop after any page and, through v->old_guest_table and PGT_partial_self,
 * within a tree of tables.
 */
#include "core/hypercall.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "pv/types.h"

static int drop_root(struct vcpu *v, u64 *root)
{
	u64 mfn = *root;

	*root = 0;
	return mfn ? page_put_and_type_preemptible(v, mfn_to_page(_mfn(mfn))) : 0;
}

static int relinquish_vcpu(struct vcpu *v)
{
	int rc = put_old_guest_table(v);

	if (rc || !v->pv)
		return rc;
	rc = drop_root(v, &v->pv->guest_table);
	if (!rc)
		rc = drop_root(v, &v->pv->guest_table_user);
	if (rc)
		return rc;
	pv_destroy_gdt(v);
	v->pv->ldt_ents = 0;
	pv_invalidate_ldt(v);
	return 0;
}

/* The caller holds a general reference. */
static int relinquish_page(struct page *pg)
{
	int rc;

	if (READ_ONCE(pg->type) & PGT_pinned) {
		rc = page_unpin(NULL, pg);
		if (rc == -ERESTART)
			return rc;
	}
	rc = page_drop_partial(pg);
	if (rc)
		return rc;
	if (!(READ_ONCE(pg->count) & PGC_xen_heap))
		page_release(pg);
	return 0;
}

/* The next page of the list that can be referenced, after cur (NULL: the first). */
static struct page *next_page(struct domain *d, struct page *cur)
{
	struct page *pg = NULL;
	u32 i;

	spin_lock(&d->page_lock);
	for (i = cur ? cur->next : d->page_list; i != PAGE_LIST_END; i = pg->next) {
		pg = mfn_to_page(_mfn(i));
		if (page_get(pg, d))
			break;
	}
	spin_unlock(&d->page_lock);
	return i == PAGE_LIST_END ? NULL : pg;
}

static int relinquish_pages(struct domain *d)
{
	struct page *cur = NULL;

	if (d->relinquish_cursor) {
		cur = mfn_to_page(_mfn(d->relinquish_cursor - 1));
		d->relinquish_cursor = 0;
	} else {
		cur = next_page(d, NULL);
	}
	while (cur) {
		int rc = relinquish_page(cur);

		if (!rc) {
			struct page *next = next_page(d, cur);

			page_put(cur);
			cur = next;
		}
		if (cur && (rc || hypercall_preempt_check())) {
			d->relinquish_cursor = (u32)mfn_x(page_to_mfn(cur)) + 1;
			return -ERESTART;
		}
	}
	return 0;
}

int pv_relinquish_memory(struct domain *d)
{
	struct vcpu *v;
	int rc;

	for_each_vcpu(d, v) {
		rc = relinquish_vcpu(v);
		if (rc)
			return rc;
	}
	return relinquish_pages(d);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames and their owners. A frame of a domain is on d->page_list from
 * assign_pages() until its count reaches 0 (or page_steal() takes it); the
 * hypervisor's pages that a domain may map are counted in d->xen_pages only. As
 * long as a domain has frames of either kind they hold one reference on it.
 *
 * The one place in mm/ that knows struct domain well: its page list and totals
 * are ours. Lock: d->page_lock.
 */
#include "core/domain.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "mm/heap_priv.h"
#include "mm/page.h"
#include "mm/tlb.h"

static void link_page(struct domain *d, struct page *pg)
{
	u32 n = (u32)mfn_x(page_to_mfn(pg));

	pg->prev = PAGE_LIST_END;
	pg->next = d->page_list;
	if (d->page_list != PAGE_LIST_END)
		mfn_to_page(_mfn(d->page_list))->prev = n;
	d->page_list = n;
}

static void unlink_page(struct domain *d, struct page *pg)
{
	if (pg->prev != PAGE_LIST_END)
		mfn_to_page(_mfn(pg->prev))->next = pg->next;
	else
		d->page_list = pg->next;
	if (pg->next != PAGE_LIST_END)
		mfn_to_page(_mfn(pg->next))->prev = pg->prev;
}

int assign_pages(struct domain *d, struct page *pg, unsigned order)
{
	u64 n = 1ull << order;
	int rc = 0;

	spin_lock(&d->page_lock);
	if (d->is_dying) {
		rc = -EINVAL;
	} else if (n > d->max_pages || d->tot_pages > d->max_pages - n) {
		rc = -E2BIG;
	} else {
		if (!d->tot_pages && !d->xen_pages)
			domain_ref(d);
		d->tot_pages += n;
		heap_claim_used(d, n);
		for (u64 i = 0; i < n; i++) {
			ASSERT(!pg[i].count);
			pg[i].owner = d->domain_id;
			/* A stolen frame that comes back must still be flushed for what it was. */
			pg[i].type &= PGT_type_mask | PGT_sticky;
			pg[i].info = 0;
			link_page(d, &pg[i]);
			/* From here on it can be found. */
			__atomic_store_n(&pg[i].count, PGC_allocated | 1, __ATOMIC_RELEASE);
		}
	}
	spin_unlock(&d->page_lock);
	return rc;
}

struct page *alloc_domain_pages(struct domain *d, unsigned order, unsigned bits)
{
	struct page *pg;

	/* A cheap look first: a domain at its limit must not cost us scrubbing. */
	if (order > MAX_ORDER || d->is_dying || READ_ONCE(d->tot_pages) + (1ull << order) > d->max_pages)
		return NULL;
	pg = heap_alloc_for(d, order, bits);
	if (pg && assign_pages(d, pg, order)) {
		heap_free(pg, order);
		pg = NULL;
	}
	return pg;
}

bool page_steal(struct domain *d, struct page *pg)
{
	u64 x = PGC_allocated | 2;
	bool last = false, ok = false;

	spin_lock(&d->page_lock);
	if (pg->owner == d->domain_id && !(READ_ONCE(pg->type) & (PGT_count_mask | PGT_pinned | PGT_partial)))
		ok = __atomic_compare_exchange_n(&pg->count, &x, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (ok) {
		pg->owner = DOMID_INVALID;
		/* A type stays behind at count 0; what it was matters until the next flush. */
		pg->stamp = tlb_clock();
		unlink_page(d, pg);
		last = !--d->tot_pages && !d->xen_pages;
	}
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
	return ok;
}

bool page_release(struct page *pg)
{
	if (!(__atomic_fetch_and(&pg->count, ~PGC_allocated, __ATOMIC_SEQ_CST) & PGC_allocated))
		return false;
	page_put(pg);
	return true;
}

void free_domain_page(struct page *pg)
{
	struct domain *d = domain_get(pg->owner);
	bool xen_heap = pg->count & PGC_xen_heap, last;

	/* The frame itself kept its owner alive. */
	BUG_ON(!d || pg->type & PGT_count_mask || pg->count & PGC_allocated);
	m2p_set(page_to_mfn(pg), M2P_INVALID);
	spin_lock(&d->page_lock);
	if (xen_heap) {
		d->xen_pages--;
	} else {
		unlink_page(d, pg);
		d->tot_pages--;
	}
	last = !d->tot_pages && !d->xen_pages;
	spin_unlock(&d->page_lock);
	pg->count = 0;
	heap_free(pg, 0);
	if (last)
		domain_put(d);
	domain_put(d);
}

void share_page_with_guest(void *p, struct domain *d, bool rw)
{
	struct page *pg = virt_to_page(p);

	m2p_set(page_to_mfn(pg), M2P_INVALID);
	spin_lock(&d->page_lock);
	if (!d->tot_pages && !d->xen_pages)
		domain_ref(d);
	d->xen_pages++;
	pg->owner = d->domain_id;
	/* One type reference for ever: so it can become nothing else. */
	pg->type = (rw ? PGT_writable_page : PGT_none) | PGT_validated | 1;
	__atomic_store_n(&pg->count, PGC_xen_heap | PGC_allocated | 1, __ATOMIC_RELEASE);
	spin_unlock(&d->page_lock);
}

void unshare_and_free_page(void *p)
{
	struct page *pg = virt_to_page(p);

	BUG_ON(!(READ_ONCE(pg->count) & PGC_xen_heap));
	pg->stamp = tlb_clock();
	__atomic_sub_fetch(&pg->type, 1, __ATOMIC_SEQ_CST);
	if (!page_release(pg))
		BUG();
}

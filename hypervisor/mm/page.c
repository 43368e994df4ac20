/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References on frames: general ones, and the writable type. Both counters are
 * changed by compare-and-exchange only; each refuses to overflow.
 *
 * The type protocol, shared with pv/types.c. While the type count is 0 anybody
 * who takes the first reference chooses the type: it sets type and count 1
 * without PGT_validated, does what the change needs (here: flush processors that
 * may still use the frame as a page table), and then sets PGT_validated. Others
 * who want the same type wait for that bit, so nobody can use the frame as its
 * new self before the flush.
 */
#include "core/domain.h"
#include "cpu/cpu.h"
#include "lib/bug.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/tlb.h"

static bool cmpxchg64(u64 *p, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool page_get(struct page *pg, const struct domain *d)
{
	u64 x = READ_ONCE(pg->count);

	if (READ_ONCE(pg->owner) != d->domain_id)
		return false;
	do {
		/* 0: free or being freed. All ones: one more would make it 0. */
		if (!(x & PGC_count_mask) || (x & PGC_count_mask) == PGC_count_mask)
			return false;
	} while (!cmpxchg64(&pg->count, &x, x + 1));
	/* It may have changed hands before we held it; now it cannot any more. */
	if (likely(READ_ONCE(pg->owner) == d->domain_id))
		return true;
	page_put(pg);
	return false;
}

void page_put(struct page *pg)
{
	u64 x = __atomic_sub_fetch(&pg->count, 1, __ATOMIC_SEQ_CST);

	ASSERT((x & PGC_count_mask) != PGC_count_mask);
	if (unlikely(!(x & PGC_count_mask)))
		free_domain_page(pg);
}

struct page *mfn_get(mfn_t mfn, const struct domain *d)
{
	struct page *pg;

	if (!mfn_valid(mfn))
		return NULL;
	pg = mfn_to_page(mfn);
	return page_get(pg, d) ? pg : NULL;
}

bool page_get_type_writable(struct page *pg)
{
	u64 x = READ_ONCE(pg->type), new;

	for (;;) {
		if (x & PGT_count_mask) {
			if ((x & PGT_type_mask) != PGT_writable_page || (x & PGT_count_mask) == PGT_count_mask)
				return false;
			if (unlikely(!(x & PGT_validated))) {
				cpu_relax();
				x = READ_ONCE(pg->type);
				continue;
			}
			new = x + 1;
		} else if (unlikely(x & (PGT_partial | PGT_pinned | PGT_locked))) {
			return false;
		} else {
			new = PGT_writable_page | (x & PGT_sticky) | 1;
			if ((x & PGT_type_mask) == PGT_writable_page || (x & PGT_type_mask) == PGT_none)
				new |= PGT_validated;
		}
		if (cmpxchg64(&pg->type, &x, new))
			break;
	}
	if (unlikely(!(new & PGT_validated))) {
		/* It was a table: a processor may still walk through what the guest is about to change. */
		tlb_flush_for_page(pg, cpu_online_map);
		__atomic_fetch_or(&pg->type, PGT_validated, __ATOMIC_SEQ_CST);
	}
	return true;
}

void page_put_type_writable(struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	do {
		ASSERT((x & PGT_type_mask) == PGT_writable_page && x & PGT_count_mask);
		/* Before the count falls to 0: from then on the next user looks at it. */
		if ((x & PGT_count_mask) == 1)
			WRITE_ONCE(pg->stamp, tlb_clock());
	} while (!cmpxchg64(&pg->type, &x, x - 1));
}

bool page_get_writable(struct page *pg, const struct domain *d)
{
	if (!page_get(pg, d))
		return false;
	if (page_get_type_writable(pg))
		return true;
	page_put(pg);
	return false;
}

void page_put_writable(struct page *pg)
{
	page_put_type_writable(pg);
	page_put(pg);
}

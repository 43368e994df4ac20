/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: changing single entries of validated tables.
 *
 * Order: check and take what the new entry needs, write it, drop what the old one
 * held; with a flush before the drop where the old one pointed to a table (see
 * types.c, "unhook, flush, drop"). The table is locked by the caller, so that
 * only the processor, setting A and D, changes an entry at the same time.
 */
#include "cpu/cpu.h"
#include "lib/errno.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "pv/types.h"

#define AD_BITS (_PAGE_ACCESSED | _PAGE_DIRTY)

static inline bool entry_cas(u64 *entry, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(entry, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* Store; returns what was there. */
static inline u64 entry_write(u64 *entry, u64 old, u64 new, bool preserve_ad)
{
	if (!preserve_ad)
		return __atomic_exchange_n(entry, new, __ATOMIC_SEQ_CST);
	while (!entry_cas(entry, &old, new | (old & AD_BITS)))
		;
	return old;
}

/* Both present, same frame, and only bits differ that no reference depends on. */
static inline bool only_fast_bits(u64 old, u64 new)
{
	return (old & new & _PAGE_PRESENT) && !((old ^ new) & ~FAST_BITS);
}

static inline u64 l1e_adjust(u64 e)
{
	return e & _PAGE_USER ? e : e | _PAGE_USER | 1ull << 52;
}

/* Budget: 40 instructions for flag changes and for clearing, 150 for a new frame. */
int l1_entry_mod(u64 *entry, u64 new, struct page *table, struct domain *pt_owner,
		 struct domain *pg_owner, bool preserve_ad)
{
	u64 old = READ_ONCE(*entry);
	int rc;

	if (!(new & _PAGE_PRESENT)) {
		old = entry_write(entry, old, new, preserve_ad);
		l1e_put(old, pt_owner);
		return 0;
	}
	if (only_fast_bits(old, new)) {
		entry_write(entry, old, l1e_adjust(new), preserve_ad);
		return 0;
	}
	rc = l1e_get(&new, pt_owner, pg_owner);
	if (rc)
		return rc;
	old = entry_write(entry, old, new, preserve_ad);
	l1e_put(old, pt_owner);
	return 0;
}

int l1_entry_cmpxchg(u64 *entry, u64 old, u64 new, struct domain *d)
{
	u64 seen = old;
	int rc;

	if ((new & _PAGE_PRESENT) && only_fast_bits(old, new))
		return entry_cas(entry, &seen, l1e_adjust(new)) ? 0 : -EAGAIN;
	rc = l1e_get(&new, d, d);
	if (rc)
		return rc;
	if (!entry_cas(entry, &seen, new)) {
		l1e_put(new, d);
		return -EAGAIN;
	}
	l1e_put(old, d);
	return 0;
}

/* What an entry of a table of this level stands for: the table below. *held as in type_get(). */
int upper_entry_get(u64 e, unsigned level, struct domain *d, bool preemptible, bool *held)
{
	struct page *child;
	int rc;

	*held = false;
	if (!(e & _PAGE_PRESENT))
		return 0;
	if ((e & ~UPPER_ALLOWED) || !mfn_valid(pte_mfn(e)))
		return -EINVAL;
	child = mfn_get(pte_mfn(e), d);
	if (!child)
		return -EINVAL;
	rc = type_get(child, pgt_of_level(level - 1), preemptible, held);
	if (rc && !*held)
		page_put(child);
	return rc;
}

/* -ERESTART: the references are still held. */
int upper_entry_put(u64 e, bool preemptible)
{
	struct page *child;
	int rc;

	if (!(e & _PAGE_PRESENT))
		return 0;
	child = mfn_to_page(pte_mfn(e));
	rc = type_put(child, preemptible);
	if (!rc)
		page_put(child);
	return rc;
}

static int upper_new_get(u64 new, unsigned level, struct domain *d)
{
	bool held;
	int rc = upper_entry_get(new, level, d, true, &held);

	if (held) {
		struct page *child = mfn_to_page(pte_mfn(new));

		type_abandon(child, rc);
		page_put(child);
	}
	return rc;
}

/*
 * Budget: 100 instructions for a table that is valid already and an entry that
 * was empty; a flush of the owner's CPUs more if it was not.
 */
int upper_entry_mod(u64 *entry, u64 new, unsigned level, struct page *table, struct domain *d,
		    bool preserve_ad)
{
	u64 old = READ_ONCE(*entry);
	int rc;

	if (level == 4 && !is_guest_slot(((u64)entry & ~PAGE_MASK) / sizeof(*entry)))
		return -EINVAL;
	if (new & _PAGE_PRESENT) {
		if (new & ~UPPER_ALLOWED)
			return -EINVAL;
		new = upper_entry_adjust(new, level);
		if (only_fast_bits(old, new)) {
			entry_write(entry, old, new, preserve_ad);
			if ((old ^ new) & ~(AD_BITS | _PAGE_AVAIL | _PAGE_AVAIL_HIGH))
				tlb_flush_mask(READ_ONCE(d->dirty_cpus));
			return 0;
		}
		rc = upper_new_get(new, level, d);
		if (rc)
			return rc;
	}
	old = entry_write(entry, old, new, preserve_ad);
	if (!(old & _PAGE_PRESENT))
		return 0;
	tlb_flush_mask(READ_ONCE(d->dirty_cpus));
	page_put_and_type_preemptible(current, mfn_to_page(pte_mfn(old)));
	return 0;
}

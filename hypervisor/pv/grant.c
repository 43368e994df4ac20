/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Granted frames in a PV guest's page tables.
 *
 * grant/ has taken the references that a leaf entry stands for (general, and
 * writable unless read-only) before it calls create; from then on the entry owns
 * them. remove clears the entry and hands the references back to the caller, who
 * drops them after the flush. An entry that the guest overwrites or destroys by
 * itself drops them as any other does, and remove will not find it.
 *
 * The entry is named by its machine address or by an address that it maps. Both
 * act on tables of the calling domain.
 */
#include "cpu/cpu.h"
#include "grant/grant.h"
#include "pv/pv.h"
#include "pv/types.h"

/* The L1 entry that addr names, its table referenced and locked; NULL: there is none. */
static u64 *find_entry(struct domain *d, u64 addr, unsigned flags, struct page **table)
{
	mfn_t mfn = maddr_to_mfn(addr);
	struct page *pg;

	if (!(flags & GNTMAP_contains_pte))
		return l1_walk(addr, table);
	if ((addr & 7) || !mfn_valid(mfn))
		return NULL;
	pg = mfn_get(mfn, d);
	if (!pg)
		return NULL;
	if (page_lock(pg)) {
		if (pgt_level(READ_ONCE(pg->type)) == 1) {
			*table = pg;
			return (u64 *)((u8 *)page_to_virt(pg) + (addr & ~PAGE_MASK));
		}
		page_unlock(pg);
	}
	page_put(pg);
	return NULL;
}

static u64 make_entry(mfn_t mfn, unsigned flags)
{
	u64 e = pte_make(mfn, _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX);

	if (!(flags & GNTMAP_readonly))
		e |= _PAGE_RW;
	if (!(flags & GNTMAP_application_map))
		e |= 1ull << 52;			/* kernel page, see pv/l1e.c */
	return e | ((u64)(flags >> _GNTMAP_guest_avail0 & 7) << 9);
}

int guest_create_grant_mapping(struct domain *d, u64 addr, mfn_t mfn, unsigned flags)
{
	struct page *table;
	u64 *entry, old;

	if (d != current_domain())
		return GNTST_general_error;
	entry = find_entry(d, addr, flags, &table);
	if (!entry)
		return flags & GNTMAP_contains_pte ? GNTST_general_error : GNTST_bad_virt_addr;
	if (!(flags & GNTMAP_readonly) && mfn_valid(mfn) && mfn_to_page(mfn)->owner != d->domain_id)
		page_mark_foreign(mfn_to_page(mfn));
	old = __atomic_exchange_n(entry, make_entry(mfn, flags), __ATOMIC_SEQ_CST);
	l1e_put(old, d);
	l1_walk_end(table);
	return GNTST_okay;
}

int guest_remove_grant_mapping(struct domain *d, u64 addr, mfn_t mfn, unsigned flags)
{
	u64 want = _PAGE_PRESENT | (flags & GNTMAP_readonly ? 0 : _PAGE_RW);
	struct page *table;
	u64 *entry, old;
	int rc = GNTST_general_error;

	if (d != current_domain())
		return GNTST_general_error;
	entry = find_entry(d, addr, flags, &table);
	if (!entry)
		return flags & GNTMAP_contains_pte ? GNTST_general_error : GNTST_bad_virt_addr;
	old = READ_ONCE(*entry);
	if (mfn_eq(pte_mfn(old), mfn) && (old & (_PAGE_PRESENT | _PAGE_RW)) == want) {
		/* The lock keeps everybody out but the processor, which sets A and D only. */
		__atomic_store_n(entry, 0, __ATOMIC_SEQ_CST);
		rc = GNTST_okay;
	}
	l1_walk_end(table);
	return rc;
}

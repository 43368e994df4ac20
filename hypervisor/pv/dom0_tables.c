/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first page tables of domain 0 and its p2m list. Everything in
 * [base, base + end_pfn pages) is mapped in 4 KiB pages, the table frames
 * themselves read-only; tables come from [pt_pfn, pt_pfn + nr_pt), the root
 * first. If the kernel wants its p2m list elsewhere (INIT_P2M), the list's
 * frames and their tables follow in [p2m_pfn, p2m_pfn + nr_p2m_frames) and are
 * mapped only there.
 *
 * The entries are written as plain data; dom0_pin_root() then has the root
 * validated like any guest's, which takes all the references.
 */
#include "lib/bug.h"
#include "mm/map.h"
#include "pv/dom0.h"
#include "pv/types.h"

#define LEAF (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)

/* PFNs that tables are taken from. */
struct pool {
	u64 next, end;
};

static u64 __init tables_of_level(u64 s, u64 e, unsigned shift)
{
	return ((e - 1) >> shift) - (s >> shift) + 1;
}

u64 __init dom0_count_tables(u64 s, u64 e)
{
	return tables_of_level(s, e, 21) + tables_of_level(s, e, 30) + tables_of_level(s, e, 39);
}

static void __init map_one(struct dom0_build *b, struct pool *pool, u64 va, mfn_t mfn, u64 flags)
{
	u64 *table = dom0_page(b, b->pt_pfn);

	for (unsigned shift = 39; shift > 12; shift -= 9) {
		u64 *e = &table[va >> shift & 511];

		if (!(*e & _PAGE_PRESENT)) {
			BUG_ON(pool->next == pool->end);
			*e = pte_make(dom0_mfn(b, pool->next++), LEAF);
		}
		table = mfn_to_virt(pte_mfn(*e));
	}
	table[l1_index(va)] = pte_make(mfn, flags);
}

void __init dom0_build_tables(struct dom0_build *b)
{
	/* The root is the first of its pool. */
	struct pool region = { b->pt_pfn + 1, b->pt_pfn + b->nr_pt };
	struct pool p2m = { b->p2m_pfn + b->nr_list_frames, b->p2m_pfn + b->nr_p2m_frames };

	for (u64 pfn = 0; pfn < b->end_pfn; pfn++) {
		bool table = pfn >= b->pt_pfn && pfn < b->pt_pfn + b->nr_pt;

		map_one(b, &region, b->base + (pfn << PAGE_SHIFT), dom0_mfn(b, pfn),
			table ? LEAF & ~_PAGE_RW : LEAF);
	}
	if (!b->kernel.notes.init_p2m_given)
		return;
	for (u64 i = 0; i < b->nr_list_frames; i++)
		map_one(b, &p2m, b->kernel.notes.init_p2m + (i << PAGE_SHIFT), dom0_mfn(b, b->p2m_pfn + i), LEAF);
}

void __init dom0_fill_p2m(struct dom0_build *b)
{
	u64 *list = NULL;

	for (u64 pfn = 0; pfn < b->nr_list_frames * PTES_PER_PAGE; pfn++) {
		unsigned i = pfn % PTES_PER_PAGE;

		if (!i)
			list = dom0_page(b, b->p2m_pfn + pfn / PTES_PER_PAGE);
		list[i] = pfn < b->nr_pages ? mfn_x(dom0_mfn(b, pfn)) : M2P_INVALID;
	}
}

int __init dom0_pin_root(struct dom0_build *b)
{
	struct page *root = mfn_to_page(dom0_mfn(b, b->pt_pfn));
	int rc = page_get_and_type(root, b->d, PGT_l4_page_table, false);

	if (!rc)
		__atomic_fetch_or(&root->type, PGT_pinned, __ATOMIC_SEQ_CST);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: taking and dropping the references of all entries of a table.
 *
 * Called by types.c alone, with the page in state "locked": nobody else looks at
 * its entries, no guest can write to them. pg->info and *child say how far the
 * entries are referenced (types.c), on entry and, if not everything could be
 * done, on return. Validation runs upward from there, devalidation downward.
 * At least one entry is dealt with per call, so restarts come to an end.
 */
#include "core/hypercall.h"
#include "lib/errno.h"
#include "pv/pv.h"
#include "pv/types.h"

static int stopped_at(struct page *pg, unsigned index, bool *child, bool held, int rc)
{
	pg->info = (u16)index;
	*child = held;
	return rc;
}

/* Budget: 512 entries at 12 instructions if not present, 60 if they map RAM. */
static int validate_l1(struct page *pg, struct domain *d, bool *child)
{
	u64 *table = page_to_virt(pg);

	for (unsigned i = pg->info; i < PTES_PER_PAGE; i++) {
		u64 e = READ_ONCE(table[i]), ne = e;
		int rc;

		if (!(e & _PAGE_PRESENT))
			continue;
		rc = l1e_get(&ne, d, d);
		if (rc)
			return stopped_at(pg, i, child, false, rc);
		if (ne != e)
			WRITE_ONCE(table[i], ne);
	}
	return 0;
}

static int validate_upper(struct page *pg, unsigned level, struct domain *d, bool *child,
			  bool preemptible)
{
	u64 *table = page_to_virt(pg);
	bool resume = *child;

	for (unsigned i = pg->info; i < PTES_PER_PAGE; i++) {
		u64 e = READ_ONCE(table[i]);
		bool held = resume;
		int rc;

		if (!(e & _PAGE_PRESENT) || (level == 4 && !is_guest_slot(i)))
			continue;
		if (resume)
			rc = type_complete(mfn_to_page(pte_mfn(e)), preemptible);
		else
			rc = upper_entry_get(e, level, d, preemptible, &held);
		if (rc)
			return stopped_at(pg, i, child, held, rc);
		resume = false;
		WRITE_ONCE(table[i], upper_entry_adjust(e, level));
		if (preemptible && i < PTES_PER_PAGE - 1 && hypercall_preempt_check())
			return stopped_at(pg, i + 1, child, false, -ERESTART);
	}
	if (level == 4)
		map_fill_root(table);
	return 0;
}

static int validate_descriptors(struct page *pg, bool *child)
{
	u64 *desc = page_to_virt(pg);

	for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
		if (pv_check_descriptor(&desc[i]))
			return stopped_at(pg, 0, child, false, -EINVAL);
	return 0;
}

int table_validate(struct page *pg, u64 type, bool *child, bool preemptible)
{
	struct domain *d = page_owner(pg);

	if (!d)
		return -EINVAL;
	switch (type) {
	case PGT_l1_page_table:
		return validate_l1(pg, d, child);
	case PGT_l2_page_table:
	case PGT_l3_page_table:
	case PGT_l4_page_table:
		return validate_upper(pg, pgt_level(type), d, child, preemptible);
	case PGT_seg_desc_page:
		return validate_descriptors(pg, child);
	default:
		return -EINVAL;
	}
}

static int devalidate_upper(struct page *pg, unsigned level, bool *child, bool preemptible)
{
	u64 *table = page_to_virt(pg);
	unsigned i = pg->info + (*child ? 1 : 0);

	while (i-- > 0) {
		u64 e = READ_ONCE(table[i]);
		int rc;

		if (!(e & _PAGE_PRESENT) || (level == 4 && !is_guest_slot(i)))
			continue;
		rc = upper_entry_put(e, preemptible);
		if (rc)
			return stopped_at(pg, i, child, true, rc);
		if (preemptible && i && hypercall_preempt_check())
			return stopped_at(pg, i, child, false, -ERESTART);
	}
	return 0;
}

int table_devalidate(struct page *pg, u64 type, bool *child, bool preemptible)
{
	u64 *table = page_to_virt(pg);
	struct domain *d;

	if (type == PGT_seg_desc_page)
		return 0;
	if (type != PGT_l1_page_table)
		return devalidate_upper(pg, pgt_level(type), child, preemptible);
	d = page_owner(pg);
	for (unsigned i = 0; i < pg->info; i++)
		l1e_put(READ_ONCE(table[i]), d);
	return 0;
}

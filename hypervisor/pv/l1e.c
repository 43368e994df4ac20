/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: what one leaf entry may map, and the references that it stands for.
 *
 * RAM that belongs to pg_owner: a general reference, and a writable one if the
 * entry allows writing. Frames that are no RAM of ours or belong to dom_io
 * (devices, firmware): no references, but rights; whether a frame is one of
 * these never changes while it is mapped. -ENOENT is never returned: the tools
 * take it for a frame that will come back and ask again for ever.
 */
#include "core/rights.h"
#include "cpu/features.h"
#include "lib/errno.h"
#include "pv/pv.h"
#include "pv/types.h"

/* Write-back, write-through and write-protected make no sense for devices: uncached. */
static u64 io_cache_bits(u64 e)
{
	switch (e & L1_CACHE_BITS) {
	case 0:
	case _PAGE_PWT:
	case _PAGE_PWT | _PAGE_PAT:
		return (e & ~L1_CACHE_BITS) | _PAGE_PWT | _PAGE_PCD;
	default:
		return e;
	}
}

static bool is_io_frame(mfn_t mfn)
{
	return !mfn_valid(mfn) || READ_ONCE(mfn_to_page(mfn)->owner) == dom_io->domain_id;
}

static int io_get(u64 *l1e, struct domain *l1_owner, struct domain *pg_owner)
{
	u64 mfn = mfn_x(pte_mfn(*l1e));

	if (mfn >> (cpu_features.paddr_bits - PAGE_SHIFT))
		return -EINVAL;
	if (pg_owner == dom_io)
		pg_owner = current_domain();
	if (!iomem_access_permitted(pg_owner, mfn, mfn))
		return -EPERM;
	if (pg_owner != l1_owner && !iomem_access_permitted(l1_owner, mfn, mfn))
		return -EPERM;
	*l1e = io_cache_bits(*l1e) | (*l1e & _PAGE_USER ? 0 : 1ull << 52) | _PAGE_USER;
	return 0;
}

static int ram_cache_check(u64 e, struct page *pg)
{
	if (READ_ONCE(pg->count) & PGC_xen_heap)
		return -EACCES;
	if (e & _PAGE_RW)
		__atomic_fetch_or(&pg->type, PGT_noncoherent, __ATOMIC_SEQ_CST);
	return 0;
}

/* Budget: 60 instructions for RAM. The entry may come back changed: US set, caching of devices. */
int l1e_get(u64 *l1e, struct domain *l1_owner, struct domain *pg_owner)
{
	u64 e = *l1e;
	mfn_t mfn = pte_mfn(e);
	struct page *pg;

	if (!(e & _PAGE_PRESENT))
		return 0;
	if (e & ~(L1_ALLOWED | (l1_owner->needs_device_rights ? L1_CACHE_BITS : 0)))
		return -EINVAL;
	if (unlikely(is_io_frame(mfn)))
		return io_get(l1e, l1_owner, pg_owner);

	pg = mfn_to_page(mfn);
	if (unlikely(!page_get(pg, pg_owner)))
		return -EBUSY;
	if (e & _PAGE_RW) {
		if (unlikely(!page_get_type_writable(pg))) {
			page_put(pg);
			return -EBUSY;
		}
		if (unlikely(pg_owner != l1_owner))
			page_mark_foreign(pg);
	}
	if (unlikely(e & L1_CACHE_BITS)) {
		int rc = ram_cache_check(e, pg);

		if (rc) {
			l1e_put(e, l1_owner);
			return rc;
		}
	}
	/* US always; bit 52 remembers that the guest meant a kernel page, as the ABI has it. */
	if (!(e & _PAGE_USER))
		*l1e = e | _PAGE_USER | 1ull << 52;
	return 0;
}

/* Budget: 35 instructions. */
void l1e_put(u64 l1e, struct domain *l1_owner)
{
	mfn_t mfn = pte_mfn(l1e);
	struct page *pg;

	if (!(l1e & _PAGE_PRESENT) || unlikely(is_io_frame(mfn)))
		return;
	pg = mfn_to_page(mfn);
	if (l1e & _PAGE_RW) {
		page_put_writable(pg);
		return;
	}
	/* A guest that gives up its view of an LDT page wants it back: let go of our view. */
	if (unlikely((READ_ONCE(pg->type) & PGT_type_mask) == PGT_seg_desc_page) &&
	    current && current->pv && current->domain == l1_owner)
		pv_invalidate_ldt(current);
	page_put(pg);
}

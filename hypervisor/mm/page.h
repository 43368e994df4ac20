/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct page: one for each frame of RAM below max_page, in the frame table.
 *
 * A frame has two counters, both 0 when free:
 *   count  who uses it at all: 1 for being allocated to a domain (PGC_allocated)
 *          plus 1 for every mapping, table entry, grant map or passing reference.
 *   type   what it is used as, in PGT_type_mask, and by how many, in
 *          PGT_count_mask. The type may change only while that count is 0.
 *          pv/types.c is the only file that changes it for tables.
 * Every type reference is accompanied by a general one.
 *
 * The owner is a domain id: a frame belongs to a domain from assign_pages() until
 * its count reaches 0, and a domain's struct lives as long as it owns frames.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "lib/types.h"
#include <xen/xen.h>

struct domain;

struct page {
	u32 next, prev;		/* links of the free list or of the owner's list (frame numbers) */
	u64 count;		/* PGC_* */
	u64 type;		/* PGT_* */
	u32 stamp;		/* TLB clock when the last type reference went (mm/tlb.h) */
	u16 owner;		/* domid_t; DOMID_INVALID: nobody (hypervisor or free) */
	u16 info;		/* free: order; table being validated: entries done (pv/types.c) */
};
_Static_assert(sizeof(struct page) == 32, "struct page: 32 bytes a frame");

#define PGC_allocated	(1ull << 63)	/* the owner's allocation holds one count */
#define PGC_xen_heap	(1ull << 62)	/* hypervisor's page shared with a guest: never stolen or freed by it */
#define PGC_free	(1ull << 61)	/* on a free list */
#define PGC_offline	(1ull << 60)
#define PGC_dirty	(1ull << 59)	/* on a free list, not scrubbed since its last use */
#define PGC_hole	(1ull << 58)	/* no RAM of ours: never changes but for map_free_init() */
#define PGC_count_mask	((1ull << 48) - 1)

#define PGT_none		(0ull << 61)	/* no special use */
#define PGT_l1_page_table	(1ull << 61)
#define PGT_l2_page_table	(2ull << 61)
#define PGT_l3_page_table	(3ull << 61)
#define PGT_l4_page_table	(4ull << 61)
#define PGT_seg_desc_page	(5ull << 61)	/* GDT or LDT */
#define PGT_writable_page	(7ull << 61)
#define PGT_type_mask		(7ull << 61)
#define PGT_locked		(1ull << 60)	/* bit spinlock: entries of a table are being changed */
#define PGT_pinned		(1ull << 59)
#define PGT_validated		(1ull << 58)
#define PGT_partial		(1ull << 57)	/* validation or its undoing was preempted */
#define PGT_partial_child	(1ull << 56)	/* ... and entry pg->info holds a reference too */
#define PGT_noncoherent		(1ull << 54)	/* was mapped writable, not write-back: flush before it is a table */
#define PGT_foreign		(1ull << 53)	/* was mapped writable by another domain than its owner */
#define PGT_sticky		(PGT_noncoherent | PGT_foreign)	/* kept until the type changes */
#define PGT_count_mask		((1ull << 32) - 1)

extern struct page *frame_table;
extern u64 max_page;			/* frames in the frame table */

static inline mfn_t page_to_mfn(const struct page *pg) { return _mfn((u64)(pg - frame_table)); }
static inline struct page *mfn_to_page(mfn_t mfn) { return frame_table + mfn_x(mfn); }

/*
 * RAM from 1 MiB up; false for MMIO, holes and firmware, which dom0 may map as it
 * maps devices. The hypervisor's own frames are valid, but have no owner, so that
 * nobody gets a reference.
 */
bool mfn_valid(mfn_t mfn);

/* Directly mapped view of a frame of RAM, and back. */
void *mfn_to_virt(mfn_t mfn);
mfn_t virt_to_mfn(const void *p);
static inline void *page_to_virt(const struct page *pg) { return mfn_to_virt(page_to_mfn(pg)); }
static inline struct page *virt_to_page(const void *p) { return mfn_to_page(virt_to_mfn(p)); }

/*
 * General references. page_get() takes one if the frame belongs to d and is in
 * use, else (free, foreign, overflow) returns false and changes nothing.
 * page_put() drops one; at 0 the frame goes back to the heap, scrubbed.
 */
bool page_get(struct page *pg, const struct domain *d);
void page_put(struct page *pg);
/* Combination on a frame number: NULL unless valid, owned by d and referenced. */
struct page *mfn_get(mfn_t mfn, const struct domain *d);

/*
 * Type references for data: writable or none. The table types are in pv/types.h.
 * page_get_writable() takes a general and a writable reference: what every
 * writable mapping, grant map or registered area needs.
 */
bool page_get_writable(struct page *pg, const struct domain *d);
void page_put_writable(struct page *pg);
/* Type reference only; the caller holds a general one. */
bool page_get_type_writable(struct page *pg);
void page_put_type_writable(struct page *pg);

/* The machine-to-physical table, readable by guests at 0xffff800000000000. */
#define M2P_INVALID (~0ull)
void m2p_set(mfn_t mfn, u64 pfn);
u64 m2p_get(mfn_t mfn);
/* First frame of the table's chunk i: 2 MiB, for 1 GiB of frames; gigabytes without RAM share one chunk. */
mfn_t m2p_chunk_mfn(unsigned i);
extern u64 m2p_entries;			/* max_mfn + 1 as the ABI's machphys_mapping says */

#endif

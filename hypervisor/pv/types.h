/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of page-table and descriptor pages; essay in pv/types.c. */
#ifndef PV_TYPES_H
#define PV_TYPES_H

#include "core/domain.h"
#include "mm/map.h"
#include "mm/page.h"

/* More bits of pg->type, beside those of mm/page.h. */
#define PGT_partial_self	(1ull << 55)	/* the page itself holds a type and a general one */

static inline unsigned pgt_level(u64 type) { return (unsigned)(type >> 61); }
static inline u64 pgt_of_level(unsigned level) { return (u64)level << 61; }

/*
 * Take a type reference on pg, which the caller holds a general reference on.
 * 0; -EINVAL (wrong type in use, or bad contents); -ERESTART (only where
 * preemptible: some of the work is done and kept by the page; call again).
 * Except with 0 the caller holds no new reference.
 * type is PGT_l1_page_table .. PGT_l4_page_table or PGT_seg_desc_page.
 */
int page_get_type(struct page *pg, u64 type, bool preemptible);
/* Drop one; the last devalidates. With -ERESTART the caller still holds it: put again. */
int page_put_type(struct page *pg, bool preemptible);
/* General and type together, checking the owner. */
int page_get_and_type(struct page *pg, struct domain *d, u64 type, bool preemptible);
void page_put_and_type(struct page *pg);
/* The same where the work may stop: -ERESTART means that put_old_guest_table(v) goes on. */
int page_put_and_type_preemptible(struct vcpu *v, struct page *pg);
/* current's kernel root. -ERESTART: call again; pv/mmuext.c. */
int pv_new_baseptr(u64 mfn);
/* Work left over in v->old_guest_table: 0 or -ERESTART. First thing in every MMU hypercall. */
int put_old_guest_table(struct vcpu *v);
/* Drop what PGT_partial_self holds, if set (teardown): 0, or -ERESTART with the bit set again. */
int page_drop_partial(struct page *pg);
/* The page itself takes over a type and a general reference that the caller holds. */
void page_keep_partial(struct page *pg);
/* Pin: one general and one type reference until unpinned. */
int page_pin(struct page *pg, struct domain *d, u64 type);
int page_unpin(struct vcpu *v, struct page *pg);	/* -EINVAL: is not; -ERESTART as above */

/* PGT_locked of a validated table, level 1-4; false if it is none. */
bool page_lock(struct page *pg);
void page_unlock(struct page *pg);
struct domain *page_owner(const struct page *pg);	/* of a referenced page; NULL: nobody */

/* Inside: types.c calls types_validate.c's functions with the page locked; see there. */
int type_get(struct page *pg, u64 type, bool preemptible, bool *held);
int type_complete(struct page *pg, bool preemptible);
int type_put(struct page *pg, bool preemptible);
void type_abandon(struct page *pg, int rc);
int table_validate(struct page *pg, u64 type, bool *child, bool preemptible);
int table_devalidate(struct page *pg, u64 type, bool *child, bool preemptible);

/* A domain that is not the owner maps pg writable, and holds the reference for it. */
static inline void page_mark_foreign(struct page *pg)
{
	if (!(READ_ONCE(pg->type) & PGT_foreign))
		__atomic_fetch_or(&pg->type, PGT_foreign, __ATOMIC_SEQ_CST);
}

/* One L1 entry: take (drop) what a mapping needs. pg_owner: whose frames; l1_owner: whose table. */
int l1e_get(u64 *l1e, struct domain *l1_owner, struct domain *pg_owner);
void l1e_put(u64 l1e, struct domain *l1_owner);

/* Entries of the levels above. */
#define UPPER_ALLOWED (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY | \
		       _PAGE_AVAIL | _PAGE_AVAIL_HIGH | _PAGE_NX | PTE_MFN_MASK)
#define L1_ALLOWED (UPPER_ALLOWED | _PAGE_GLOBAL)
#define L1_CACHE_BITS (_PAGE_PWT | _PAGE_PCD | _PAGE_PAT)
/* What may change without looking at the frame again. Never _PAGE_RW. */
#define FAST_BITS (_PAGE_NX | _PAGE_AVAIL | _PAGE_AVAIL_HIGH | _PAGE_ACCESSED | _PAGE_DIRTY | \
		   _PAGE_USER)

static inline bool is_guest_slot(unsigned i) { return i < HV_FIRST_SLOT || i > HV_LAST_SLOT; }
int upper_entry_get(u64 e, unsigned level, struct domain *d, bool preemptible, bool *held);
int upper_entry_put(u64 e, bool preemptible);
static inline u64 upper_entry_adjust(u64 e, unsigned level)
{
	return e | _PAGE_USER | (level == 4 ? _PAGE_ACCESSED : 0);
}

/*
 * Change one entry of a table; checks, takes, writes, drops. The page is locked
 * by the caller with page_lock(). upper_entry_mod() may leave work in
 * current->old_guest_table; -ERESTART: nothing was written, call again.
 */
int l1_entry_mod(u64 *entry, u64 new, struct page *table, struct domain *pt_owner,
		 struct domain *pg_owner, bool preserve_ad);
int upper_entry_mod(u64 *entry, u64 new, unsigned level, struct page *table, struct domain *d,
		    bool preserve_ad);
/* The same if the entry still is old (else -EAGAIN, nothing changed): for write emulation. */
int l1_entry_cmpxchg(u64 *entry, u64 old, u64 new, struct domain *d);

/*
 * The L1 entry that maps va in the kernel tables of current: its table is
 * referenced and locked; NULL if there is none. l1_walk_end() undoes it.
 */
u64 *l1_walk(u64 va, struct page **table);
void l1_walk_end(struct page *table);
/* Reads only; false if there is no present L1 entry. */
bool l1_read(u64 va, u64 *l1e);

/* foreigndom's low half: a referenced domain that current may map frames of, NULL and *err. */
struct domain *mmu_get_pg_owner(u32 domid, int *err);
/* CPUs that a guest's bitmap of its vCPUs stands for. */
int vcpumask_to_cpus(struct domain *d, const void __guest *bitmap, cpumask_t *out);

/* Internal state of a continued call, in its count argument. */
#define MMU_PREEMPTED (1u << 31)

/* Teardown of a dead domain's memory: 0 or -ERESTART. */
int pv_relinquish_memory(struct domain *d);
/* New root's hypervisor slots are written by l4 validation (mm/map.h: map_fill_root). */

/* pv/ptwr.c: a write fault on a read-only L1 table: true if emulated. Also decoder. */
bool pv_emulate_pt_write(struct cpu_user_regs *regs, u64 va);

#endif

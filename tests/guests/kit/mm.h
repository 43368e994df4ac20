/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm.h: pages and page tables of a kit kernel, on direct paging.
 *
 * Pages come from a static pool inside the image, so that each has a fixed virtual address and a
 * pseudo-physical frame; the p2m list gives the machine frame. Page tables are read through the
 * mapping that the domain builder made for them, or through the pool.
 */
#ifndef KIT_MM_H
#define KIT_MM_H

#include "kit.h"

#define PTE_P		0x001UL
#define PTE_RW		0x002UL
#define PTE_US		0x004UL
#define PTE_PWT		0x008UL
#define PTE_PCD		0x010UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_PSE		0x080UL
#define PTE_G		0x100UL
#define PTE_AVAIL	0xe00UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
/* A plain leaf, read-only or writable; and a table reference. */
#define LEAF_RO		(PTE_P | PTE_US | PTE_A)
#define LEAF_RW		(PTE_P | PTE_US | PTE_A | PTE_D | PTE_RW)
#define TABLE		(PTE_P | PTE_US | PTE_A | PTE_D | PTE_RW)

#define UVMF_INVL	(UVMF_INVLPG | UVMF_LOCAL)
/* A virtual address in no use by anybody: L4 slot 1, and where struct window puts its pages. */
#define WINDOW_VA	0x8000000000UL

static inline u64 va_pfn(const void *va)
{
	return ((u64)va - VIRT_BASE) >> PAGE_SHIFT;
}

static inline u64 pfn_mfn(u64 pfn)
{
	return READ_ONCE(((u64 *)start_info->mfn_list)[pfn]);
}

static inline u64 va_mfn(const void *va)
{
	return pfn_mfn(va_pfn(va));
}

static inline u64 va_maddr(const void *va)
{
	return va_mfn(va) << PAGE_SHIFT | ((u64)va & ~PAGE_MASK);
}

static inline u64 mfn_pfn(u64 mfn)
{
	return READ_ONCE(machine_to_phys_mapping[mfn]);
}

static inline void *mfn_va(u64 mfn)
{
	return (void *)(VIRT_BASE + (mfn_pfn(mfn) << PAGE_SHIFT));
}

static inline u64 leaf(const void *page, u64 flags)
{
	return va_mfn(page) << PAGE_SHIFT | flags;
}

static inline unsigned int table_index(u64 va, int level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & 511;
}

void mm_init(void);
/* A zeroed page of the pool, mapped writable; never given back. */
void *page_alloc(void);
/* The root table in use, by its virtual address (the builder's, unless the test moved). */
extern u64 *root_table;
/* The entry that maps va at a level (1 = leaf), or NULL if a table on the way is absent. */
u64 *pte_of(u64 va, int level);
u64 pte_maddr(u64 va, int level);

long page_protect(void *page, u64 flags);	/* new leaf flags for a pool page */
long page_ro(void *page);
long page_rw(void *page);
long page_unmap(void *page);
/* One mmu_update of the entry at a machine address. */
long mmu_set(u64 maddr, u64 val);
long mmu_set_foreign(u64 maddr, u64 val, unsigned int dom);
long mmuext(unsigned int cmd, u64 arg1, u64 arg2);
long mmuext_mfn(unsigned int cmd, u64 mfn);
long pin(int level, const void *table);
long unpin(const void *table);

/* Set an entry of a table that is in use; the table is a pool page, mapped read-only. */
static inline long table_set(u64 *table, unsigned int index, u64 val)
{
	return mmu_set(va_maddr(&table[index]), val);
}

/*
 * A little address space of its own under L4 slot 1: one table a level, all pool pages. The leaf
 * table is empty; entry n maps WINDOW_VA + n * 4096.
 */
struct window {
	u64 *l3, *l2, *l1;
};

void window_open(struct window *w);
/* The same in any root table that is in use, around any address. */
void window_open_at(struct window *w, u64 *root, u64 va);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own address space, L4 slots 256-271, the same in every root
 * table:
 *   256  ffff8000 00000000  M2P, readable by guests (2 MiB pages, supervisor+user, read-only)
 *   257  ffff8080 00000000  M2P, writable by us
 *   258  ffff8100 00000000  frame table
 *   259  ffff8180 00000000  per-CPU: GDT, LDT and syscall stub windows
 *   260  ffff8200 00000000  ioremap area
 *   261  ffff8280 00000000  the image, at HV_IMAGE_VIRT
 *   262- ffff8300 00000000  all RAM, directly mapped, up to 5 TiB
 */
#ifndef MM_MAP_H
#define MM_MAP_H

#include "lib/types.h"

#define L4_SLOT_VIRT(n) (0xffff000000000000ull | (u64)(n) << 39)
#define M2P_GUEST_VIRT	L4_SLOT_VIRT(256)
#define M2P_VIRT	L4_SLOT_VIRT(257)
#define FRAMETABLE_VIRT	L4_SLOT_VIRT(258)
#define PERCPU_VIRT	L4_SLOT_VIRT(259)
#define IOREMAP_VIRT	L4_SLOT_VIRT(260)
#define HV_IMAGE_VIRT	L4_SLOT_VIRT(261)
#define DIRECTMAP_VIRT	L4_SLOT_VIRT(262)
#define HV_FIRST_SLOT 256
#define HV_LAST_SLOT 271

/* Per-CPU windows: 64 pages each. */
#define PERCPU_STRIDE	(64ul << PAGE_SHIFT)
#define GDT_VIRT(cpu)	(PERCPU_VIRT + (cpu) * PERCPU_STRIDE)
#define LDT_VIRT(cpu)	(GDT_VIRT(cpu) + (16ul << PAGE_SHIFT))
#define STUB_VIRT(cpu)	(GDT_VIRT(cpu) + (32ul << PAGE_SHIFT))	/* read-only, executable */

/* Page-table entry bits. */
#define _PAGE_PRESENT	0x001ull
#define _PAGE_RW	0x002ull
#define _PAGE_USER	0x004ull
#define _PAGE_PWT	0x008ull
#define _PAGE_PCD	0x010ull
#define _PAGE_ACCESSED	0x020ull
#define _PAGE_DIRTY	0x040ull
#define _PAGE_PSE	0x080ull	/* L2, L3 */
#define _PAGE_PAT	0x080ull	/* L1 */
#define _PAGE_GLOBAL	0x100ull
#define _PAGE_AVAIL	0xe00ull
#define _PAGE_AVAIL_HIGH (0x7ffull << 52)
#define _PAGE_NX	(1ull << 63)
#define PTE_MFN_MASK	0x000ffffffffff000ull

#define PTES_PER_PAGE 512
#define l1_index(va) (((va) >> 12) & 511)
#define l2_index(va) (((va) >> 21) & 511)
#define l3_index(va) (((va) >> 30) & 511)
#define l4_index(va) (((va) >> 39) & 511)

static inline mfn_t pte_mfn(u64 pte) { return _mfn((pte & PTE_MFN_MASK) >> PAGE_SHIFT); }
static inline u64 pte_make(mfn_t mfn, u64 flags) { return mfn_x(mfn) << PAGE_SHIFT | flags; }

/* Boot, mm/early.c: memory before there is a heap. early_init() needs boot_info. */
void early_init(void);
paddr_t early_alloc(u64 size, u64 align, u64 limit);	/* from the top, zeroed if below 4 GiB; panics */
void early_to_heap(void);		/* all that is left; no early_alloc() after it */

void map_init(void);			/* boot: frame table, M2P, direct map; leaves the boot tables */
void m2p_init(void);			/* called by it */
void map_protect_image(void);		/* W^X for text, rodata, data; direct map of the text read-only */
void map_free_init(void);		/* gives .init.* back to the heap */
/* Map npages of our own at va with flags; page tables come from the heap. 0 or -ENOMEM. */
int map_pages(u64 va, mfn_t mfn, u64 npages, u64 flags);
/* Boot: the same with large pages where they fit; pa and size are page-aligned. */
void map_range(u64 va, paddr_t pa, u64 size, u64 flags, bool large);
/* Our L1 entry for va, NULL if no table. */
u64 *map_pte(u64 va);
/* Device memory, uncached; never unmapped. NULL when the window is full. */
void *ioremap(paddr_t pa, size_t n);
/* Write the hypervisor's slots into a root table. */
void map_fill_root(u64 *l4);
extern u64 *hv_root;			/* our own root, used by idle vCPUs; hv_root_maddr for CR3 */
extern u64 hv_root_cr3;			/* the same for boot/trampoline.S */
paddr_t hv_root_maddr(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own address space (layout: mm/map.h). The L3 tables of slots
 * 256-271 are made once, before any root is filled, so all roots see every later
 * change below them. Nothing is writable and executable at once after
 * map_protect_image().
 *
 * No lock: tables are installed with one compare-and-exchange, and a virtual
 * address has one user.
 */
#include "boot/boot.h"
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/percpu.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/tlb.h"

#define SIZE_2M (1ul << 21)
#define SIZE_1G (1ul << 30)
#define FLAGS_TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define FLAGS_RO (_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX)
#define FLAGS_RW (FLAGS_RO | _PAGE_RW)
#define FLAGS_TEXT (_PAGE_PRESENT | _PAGE_ACCESSED)
#define FRAMES_PER_2M (SIZE_2M / sizeof(struct page))

extern u8 _image_start[], _image_end[], _text[], _etext[], _init_start[], _init_text_end[], _init_end[];
extern u8 _rodata[], _erodata[], _data[];

struct page *frame_table = (struct page *)FRAMETABLE_VIRT;
u64 max_page;
u64 *hv_root;
u64 hv_root_cr3;
static bool heap_ready;
static u64 ioremap_next = IOREMAP_VIRT;

void *mfn_to_virt(mfn_t mfn)
{
	return (void *)(DIRECTMAP_VIRT + mfn_to_maddr(mfn));
}

mfn_t virt_to_mfn(const void *p)
{
	u64 va = (u64)p;

	if (va >= DIRECTMAP_VIRT)
		return maddr_to_mfn(va - DIRECTMAP_VIRT);
	BUG_ON(va < (u64)_image_start || va >= (u64)_image_end);
	return maddr_to_mfn(va - HV_IMAGE_VIRT);
}

bool mfn_valid(mfn_t mfn)
{
	return mfn_x(mfn) < max_page && !(READ_ONCE(mfn_to_page(mfn)->count) & PGC_hole);
}

paddr_t hv_root_maddr(void)
{
	return hv_root_cr3;
}

void map_fill_root(u64 *l4)
{
	memcpy(l4 + HV_FIRST_SLOT, hv_root + HV_FIRST_SLOT,
	       (HV_LAST_SLOT - HV_FIRST_SLOT + 1) * sizeof(u64));
}

/* A zeroed page for a table. */
static u64 *alloc_table(void)
{
	if (heap_ready)
		return alloc_page();
	return mfn_to_virt(maddr_to_mfn(early_alloc(PAGE_SIZE, PAGE_SIZE, 1ull << 32)));
}

/* The table below entry e; made if make is set. NULL: none, or no memory. */
static u64 *next_table(u64 *e, bool make)
{
	u64 *t, old = READ_ONCE(*e), new;

	if (old & _PAGE_PRESENT) {
		BUG_ON(old & _PAGE_PSE);
		return mfn_to_virt(pte_mfn(old));
	}
	if (!make)
		return NULL;
	t = alloc_table();
	if (!t)
		return NULL;
	new = pte_make(virt_to_mfn(t), FLAGS_TABLE);
	if (!__atomic_compare_exchange_n(e, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		free_page(t);
		t = mfn_to_virt(pte_mfn(old));
	}
	return t;
}

/* The L1 entry for va. */
static u64 *walk(u64 va, bool make)
{
	u64 *l3 = next_table(&hv_root[l4_index(va)], make), *l2, *l1;

	l2 = l3 ? next_table(&l3[l3_index(va)], make) : NULL;
	l1 = l2 ? next_table(&l2[l2_index(va)], make) : NULL;
	return l1 ? &l1[l1_index(va)] : NULL;
}

u64 *map_pte(u64 va)
{
	return walk(va, false);
}

int map_pages(u64 va, mfn_t mfn, u64 npages, u64 flags)
{
	for (u64 i = 0; i < npages; i++) {
		u64 *pte = walk(va + (i << PAGE_SHIFT), true);

		if (!pte)
			return -ENOMEM;
		WRITE_ONCE(*pte, pte_make(mfn_add(mfn, i), flags));
	}
	return 0;
}

void __init map_range(u64 va, paddr_t pa, u64 size, u64 flags, bool large)
{
	while (size) {
		u64 *l3 = next_table(&hv_root[l4_index(va)], true), *l2, both = va | pa, step = PAGE_SIZE;

		if (large && cpu_features.page1gb && !(both & (SIZE_1G - 1)) && size >= SIZE_1G) {
			l3[l3_index(va)] = pa | flags | _PAGE_PSE;
			step = SIZE_1G;
		} else {
			l2 = next_table(&l3[l3_index(va)], true);
			if (large && !(both & (SIZE_2M - 1)) && size >= SIZE_2M) {
				l2[l2_index(va)] = pa | flags | _PAGE_PSE;
				step = SIZE_2M;
			} else {
				next_table(&l2[l2_index(va)], true)[l1_index(va)] = pa | flags;
			}
		}
		va += step;
		pa += step;
		size -= step;
	}
}

void *ioremap(paddr_t pa, size_t n)
{
	u64 offset = pa & ~PAGE_MASK, size = ROUND_UP(offset + n, PAGE_SIZE);
	/* An unmapped page stays between two windows. */
	u64 va = __atomic_fetch_add(&ioremap_next, size + PAGE_SIZE, __ATOMIC_RELAXED);

	if (va + size > IOREMAP_VIRT + (1ull << 38) ||
	    map_pages(va, maddr_to_mfn(pa), size >> PAGE_SHIFT, FLAGS_RW | _PAGE_PCD | _PAGE_PWT))
		return NULL;
	return (void *)(va + offset);
}

/* Firmware's tables are read through the direct map too: ACPI, and reserved areas below 4 GiB. */
static bool __init in_direct_map(const struct e820_entry *e)
{
	return e->type == E820_RAM || e->type == E820_ACPI || e->type == E820_NVS ||
	       (e->type == E820_RESERVED && e->addr + e->size <= 1ull << 32);
}

/* [s, e) except for the 2 MiB pages that hold the image: these are mapped in small pages. */
static void __init map_direct(paddr_t s, paddr_t e)
{
	paddr_t is = ROUND_DOWN((u64)_image_start - HV_IMAGE_VIRT, SIZE_2M);
	paddr_t ie = ROUND_UP((u64)_image_end - HV_IMAGE_VIRT, SIZE_2M);
	paddr_t a = max(s, is), b = max(s, ie);

	if (e > 5ull << 40)
		panic("The machine has memory above 5 TiB: limit it with mem=.");
	a = min(a, e);
	b = min(b, e);
	map_range(DIRECTMAP_VIRT + s, s, a - s, FLAGS_RW, true);
	map_range(DIRECTMAP_VIRT + a, a, b - a, FLAGS_RW, false);
	map_range(DIRECTMAP_VIRT + b, b, e - b, FLAGS_RW, true);
}

static bool __init ram_between(paddr_t s, paddr_t e)
{
	const struct e820_map *m = &boot_info.e820;

	for (unsigned i = 0; i < m->nr; i++)
		if (m->e[i].type == E820_RAM && m->e[i].addr < e && m->e[i].addr + m->e[i].size > s)
			return true;
	return false;
}

/* The frame table: RAM in chunks of 2 MiB for 256 MiB of frames; one chunk of holes stands for all the rest. */
static void __init frame_table_init(void)
{
	paddr_t hole = early_alloc(SIZE_2M, SIZE_2M, ~0ull);
	const struct e820_map *m = &boot_info.e820;
	struct page *pg = mfn_to_virt(maddr_to_mfn(hole));

	max_page = e820_end(m, E820_RAM) >> PAGE_SHIFT;
	for (u64 i = 0; i < FRAMES_PER_2M; i++)
		pg[i] = (struct page){ .count = PGC_hole, .owner = DOMID_INVALID };
	for (u64 i = 0; i < max_page; i += FRAMES_PER_2M) {
		bool ram = ram_between(i << PAGE_SHIFT, (i + FRAMES_PER_2M) << PAGE_SHIFT);
		paddr_t pa = ram ? early_alloc(SIZE_2M, SIZE_2M, ~0ull) : hole;

		if (ram)
			memcpy(mfn_to_virt(maddr_to_mfn(pa)), pg, SIZE_2M);
		map_range((u64)(frame_table + i), pa, SIZE_2M, ram ? FLAGS_RW : FLAGS_RO, true);
	}
	for (unsigned i = 0; i < m->nr; i++) {
		u64 s = max(m->e[i].addr, 1ull << 20), e = m->e[i].addr + m->e[i].size;

		for (; m->e[i].type == E820_RAM && s < e; s += PAGE_SIZE)
			mfn_to_page(maddr_to_mfn(s))->count = 0;
	}
}

void __init map_init(void)
{
	const struct e820_map *m = &boot_info.e820;

	hv_root = alloc_table();
	hv_root_cr3 = mfn_to_maddr(virt_to_mfn(hv_root));
	for (unsigned slot = HV_FIRST_SLOT; slot <= HV_LAST_SLOT; slot++)
		next_table(&hv_root[slot], true);
	map_range((u64)_image_start, (u64)_image_start - HV_IMAGE_VIRT,
		  (u64)(_image_end - _image_start), FLAGS_RW & ~_PAGE_NX, false);
	/* The first MiB in small pages: firmware's tables, the trampoline. */
	map_range(DIRECTMAP_VIRT, 0, 1 << 20, FLAGS_RW, false);
	for (unsigned i = 0; i < m->nr; i++)
		if (in_direct_map(&m->e[i]) && m->e[i].addr + m->e[i].size > 1 << 20) {
			u64 s = ROUND_DOWN(max(m->e[i].addr, 1ull << 20), PAGE_SIZE);

			map_direct(s, ROUND_UP(m->e[i].addr + m->e[i].size, PAGE_SIZE));
		}
	write_cr3(hv_root_cr3);
	frame_table_init();
	m2p_init();
	heap_init();
	early_to_heap();
	heap_ready = true;
}

/* Set the rights of [s, e) of the image, there and in the direct map. */
static void __init protect(const u8 *s, const u8 *e, u64 flags)
{
	u64 ro = flags & _PAGE_RW ? FLAGS_RW : FLAGS_RO;

	for (u64 va = (u64)s; va < (u64)e; va += PAGE_SIZE) {
		u64 pa = va - HV_IMAGE_VIRT;

		*walk(va, false) = pa | flags;
		*walk(DIRECTMAP_VIRT + pa, false) = pa | ro;
	}
}

void __init map_protect_image(void)
{
	protect(_text, _etext, FLAGS_TEXT);
	protect(_init_start, _init_text_end, FLAGS_TEXT);
	protect(_init_text_end, _init_end, FLAGS_RW);
	protect(_rodata, _erodata, FLAGS_RO);
	protect(_data, _image_end, FLAGS_RW);
	tlb_flush_mask(cpu_online_map);
}

void map_free_init(void)
{
	paddr_t s = (u64)_init_start - HV_IMAGE_VIRT, e = (u64)_init_end - HV_IMAGE_VIRT;

	for (u64 pa = s; pa < e; pa += PAGE_SIZE) {
		*walk(HV_IMAGE_VIRT + pa, false) = 0;
		*walk(DIRECTMAP_VIRT + pa, false) = pa | FLAGS_RW;
	}
	tlb_flush_mask(cpu_online_map);
	printk(LOG_INFO, "Freed %llu KiB of boot code and data\n", (unsigned long long)(e - s) >> 10);
	heap_add_range(s, e);
}

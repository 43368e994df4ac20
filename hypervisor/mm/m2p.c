/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine-to-physical table: what pseudo-physical frame each machine frame
 * is, as its owner says. It is advice for guests, never a base for decisions of
 * ours. Guests read it at M2P_GUEST_VIRT; we write it at M2P_VIRT.
 *
 * It consists of 2 MiB chunks, each for 1 GiB of frames. Gigabytes without RAM
 * share one chunk full of M2P_INVALID, so that every entry below m2p_entries can
 * be read. All chunks belong to DOMID_XEN: privileged domains may map them,
 * read-only (XENMEM_machphys_mfn_list).
 */
#include "boot/boot.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/map.h"
#include "mm/page.h"

#define CHUNK_SIZE (1ul << 21)
#define CHUNK_ENTRIES (CHUNK_SIZE / sizeof(u64))
#define FLAGS (_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX)

u64 m2p_entries;

static paddr_t __init new_chunk(void)
{
	paddr_t pa = early_alloc(CHUNK_SIZE, CHUNK_SIZE, ~0ull);

	memset(mfn_to_virt(maddr_to_mfn(pa)), 0xff, CHUNK_SIZE);
	for (u64 i = 0; i < CHUNK_SIZE >> PAGE_SHIFT; i++) {
		struct page *pg = mfn_to_page(mfn_add(maddr_to_mfn(pa), i));

		pg->owner = DOMID_XEN;
		pg->type = PGT_none | PGT_validated | 1;
		pg->count = PGC_allocated | PGC_xen_heap | 1;
	}
	return pa;
}

void __init m2p_init(void)
{
	const struct e820_map *m = &boot_info.e820;
	paddr_t hole = new_chunk();
	u64 *root = hv_root;

	m2p_entries = max_page;
	for (u64 i = 0; i < m2p_entries; i += CHUNK_ENTRIES) {
		u64 s = i << PAGE_SHIFT, e = (i + CHUNK_ENTRIES) << PAGE_SHIFT, offset = i * sizeof(u64);
		bool ram = false;
		paddr_t pa;

		for (unsigned j = 0; j < m->nr; j++)
			ram |= m->e[j].type == E820_RAM && m->e[j].addr < e &&
			       m->e[j].addr + m->e[j].size > s;
		pa = ram ? new_chunk() : hole;
		map_range(M2P_VIRT + offset, pa, CHUNK_SIZE, FLAGS | (ram ? _PAGE_RW : 0), true);
		map_range(M2P_GUEST_VIRT + offset, pa, CHUNK_SIZE, FLAGS | _PAGE_USER, true);
	}
	/* The way to the guests' view must be open to ring 3 at every level, and closed to writes. */
	root[l4_index(M2P_GUEST_VIRT)] = (root[l4_index(M2P_GUEST_VIRT)] | _PAGE_USER) & ~_PAGE_RW;
	root = mfn_to_virt(pte_mfn(root[l4_index(M2P_GUEST_VIRT)]));
	for (unsigned i = 0; i < PTES_PER_PAGE; i++)
		if (root[i] & _PAGE_PRESENT)
			root[i] = (root[i] | _PAGE_USER) & ~_PAGE_RW;
}

void m2p_set(mfn_t mfn, u64 pfn)
{
	if (mfn_valid(mfn))
		WRITE_ONCE(((u64 *)M2P_VIRT)[mfn_x(mfn)], pfn);
}

u64 m2p_get(mfn_t mfn)
{
	return mfn_x(mfn) < m2p_entries ? READ_ONCE(((u64 *)M2P_VIRT)[mfn_x(mfn)]) : M2P_INVALID;
}

mfn_t m2p_chunk_mfn(unsigned i)
{
	u64 va = M2P_GUEST_VIRT + i * CHUNK_SIZE, *l3, *l2;

	BUG_ON(i >= DIV_ROUND_UP(m2p_entries, CHUNK_ENTRIES));
	l3 = mfn_to_virt(pte_mfn(hv_root[l4_index(va)]));
	l2 = mfn_to_virt(pte_mfn(l3[l3_index(va)]));
	return _mfn(mfn_x(pte_mfn(l2[l2_index(va)])) & ~(u64)(PTES_PER_PAGE - 1));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm.c: the page pool, walks of the current page tables, and short forms of the mmu hypercalls.
 */
#include "mm.h"

#define POOL_PAGES	512

static u8 pool[POOL_PAGES][PAGE_SIZE] ALIGNED(PAGE_SIZE);
static unsigned int pool_used;

u64 *root_table;

void mm_init(void)
{
	root_table = (u64 *)start_info->pt_base;
}

void *page_alloc(void)
{
	if (pool_used == POOL_PAGES) {
		error("page pool exhausted");
		finish();
	}
	return pool[pool_used++];
}

u64 *pte_of(u64 va, int level)
{
	u64 *table = root_table;

	for (int l = 4; l > level; l--) {
		u64 e = READ_ONCE(table[table_index(va, l)]);

		if (!(e & PTE_P))
			return NULL;
		table = mfn_va((e & PTE_ADDR) >> PAGE_SHIFT);
	}
	return &table[table_index(va, level)];
}

u64 pte_maddr(u64 va, int level)
{
	u64 *pte = pte_of(va, level);

	return pte ? va_maddr(pte) : 0;
}

long page_protect(void *page, u64 flags)
{
	return hc_update_va_mapping((u64)page, leaf(page, flags), UVMF_INVL);
}

long page_ro(void *page)
{
	return page_protect(page, LEAF_RO);
}

long page_rw(void *page)
{
	return page_protect(page, LEAF_RW);
}

long page_unmap(void *page)
{
	return hc_update_va_mapping((u64)page, 0, UVMF_INVL);
}

long mmu_set_foreign(u64 maddr, u64 val, unsigned int dom)
{
	struct mmu_update req = { .ptr = maddr, .val = val };

	return hc_mmu_update(&req, 1, NULL, dom);
}

long mmu_set(u64 maddr, u64 val)
{
	return mmu_set_foreign(maddr, val, DOMID_SELF);
}

long mmuext(unsigned int cmd, u64 arg1, u64 arg2)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.linear_addr = arg1;
	op.arg2.nr_ents = arg2;
	/* Both unions hold 64-bit members: nr_ents alone would cut a pointer or frame short. */
	memcpy(&op.arg2, &arg2, sizeof(arg2));
	return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

long mmuext_mfn(unsigned int cmd, u64 mfn)
{
	return mmuext(cmd, mfn, 0);
}

long pin(int level, const void *table)
{
	return mmuext_mfn(MMUEXT_PIN_L1_TABLE + level - 1, va_mfn(table));
}

long unpin(const void *table)
{
	return mmuext_mfn(MMUEXT_UNPIN_TABLE, va_mfn(table));
}

void window_open_at(struct window *w, u64 *root, u64 va)
{
	w->l3 = page_alloc();
	w->l2 = page_alloc();
	w->l1 = page_alloc();
	w->l3[table_index(va, 3)] = leaf(w->l2, TABLE);
	w->l2[table_index(va, 2)] = leaf(w->l1, TABLE);
	must(page_ro(w->l3));
	must(page_ro(w->l2));
	must(page_ro(w->l1));
	must(table_set(root, table_index(va, 4), leaf(w->l3, TABLE)));
}

void window_open(struct window *w)
{
	window_open_at(w, root_table, WINDOW_VA);
}

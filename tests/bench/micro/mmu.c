/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu.c: page table changes of one entry: by hypercall, in a multicall, and by plain stores that
 * the hypervisor emulates; tables pinned and switched to.
 */
#include "micro.h"

static struct window w;
static u64 *data[8];
static u64 rw, ro, at;
static volatile u64 *e;

static void store(u64 val)
{
	asm volatile ("movq %1, (%0)" :: "r" (e), "r" (val) : "memory");
}

static void exchange(u64 val)
{
	asm volatile ("xchgq %0, (%1)" : "+r" (val) : "r" (e) : "memory");
}

static void bit_reset(void)
{
	asm volatile ("lock btrq $1, (%0)" :: "r" (e) : "memory");
}

static void by_hypercall(void)
{
	struct mmu_update req = { .ptr = at };

	BENCH("mmu_update_map", mmu_set(at, 0); req.val = rw,
	      hc_mmu_update(&req, 1, NULL, DOMID_SELF), );
	BENCH("mmu_update_protect", mmu_set(at, rw); req.val = ro,
	      hc_mmu_update(&req, 1, NULL, DOMID_SELF), );
	BENCH("mmu_update_clear", mmu_set(at, rw); req.val = 0,
	      hc_mmu_update(&req, 1, NULL, DOMID_SELF), );
	BENCH("update_va_mapping_map", mmu_set(at, 0), hc_update_va_mapping(WINDOW_VA, rw, 0), );
	BENCH("update_va_mapping_map_invlpg", mmu_set(at, 0),
	      hc_update_va_mapping(WINDOW_VA, rw, UVMF_INVL), );
	BENCH("update_va_mapping_clear", mmu_set(at, rw),
	      hc_update_va_mapping(WINDOW_VA, 0, 0), );
	mmu_set(at, 0);
}

static void batches(void)
{
	static struct multicall_entry mc[8];
	static struct mmu_update req[8];

	for (int i = 0; i < 8; i++) {
		mc[i].op = __HYPERVISOR_update_va_mapping;
		mc[i].args[0] = WINDOW_VA + i * PAGE_SIZE;
		mc[i].args[1] = leaf(data[i], LEAF_RW);
		mc[i].args[2] = 0;
		req[i].ptr = va_maddr(&w.l1[i]);
	}
	BENCH("multicall_8_update_va_mapping",
	      for (int i = 0; i < 8; i++) mmu_set(va_maddr(&w.l1[i]), 0),
	      hc_multicall(mc, 8), );
	BENCH("mmu_update_8_clear", hc_multicall(mc, 8),
	      hc_mmu_update(req, 8, NULL, DOMID_SELF), );
}

static void by_store(void)
{
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	BENCH("ptwr_mov_map", mmu_set(at, 0), store(rw), );
	BENCH("ptwr_mov_clear", mmu_set(at, rw), store(0), );
	BENCH("ptwr_xchg_clear", mmu_set(at, rw), exchange(0), );
	BENCH("ptwr_btr_protect", mmu_set(at, rw), bit_reset(), );
	mmu_set(at, 0);
}

static void tables(void)
{
	u64 *table = page_alloc();

	must(page_ro(table));
	BENCH("pin_l1_empty", , pin(1, table), unpin(table));
	BENCH("unpin_l1_empty", pin(1, table), unpin(table), );
	BENCH("new_baseptr", , mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(root_table)), );
	BENCH("invlpg_local", , mmuext(MMUEXT_INVLPG_LOCAL, WINDOW_VA, 0), );
	BENCH("tlb_flush_local", , mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), );
}

void bench_mmu(void)
{
	for (int i = 0; i < 8; i++)
		data[i] = page_alloc();
	window_open(&w);
	e = (volatile u64 *)w.l1;
	at = va_maddr(w.l1);
	rw = leaf(data[0], LEAF_RW);
	ro = leaf(data[0], LEAF_RO);
	by_hypercall();
	batches();
	by_store();
	tables();
}

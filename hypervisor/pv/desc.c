/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: a guest's GDT and LDT frames, and what a descriptor may say.
 *
 * The processor reads descriptors from frames of the guest, through a window of
 * this CPU. Each such frame has a seg_desc type reference (so nobody can write to
 * it but through update_descriptor) and a general one, in v->pv->gdt_frames or
 * ldt_frames. They are changed by the vCPU itself or while it cannot run.
 *
 * LDT pages are taken one by one, when the processor first faults on the window.
 * After a switch of CPUs the window is empty and fills again from ldt_frames.
 */
#include "core/hypercall.h"
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "pv/types.h"

#define DESC_PRESENT	(1ull << 47)
#define DESC_S		(1ull << 44)		/* code or data */
#define DESC_TYPE	(0xfull << 40)
#define DESC_DPL3	(3ull << 45)
#define DESC_PER_PAGE	(PAGE_SIZE / 8)

/*
 * Code and data get DPL 3. Everything else that is present could change the
 * privilege level or the task (gates, TSS, LDT) and is refused; type 0 is the
 * upper half of something and faults when used.
 */
int pv_check_descriptor(u64 *desc)
{
	u64 v = *desc;

	if (!(v & DESC_PRESENT))
		return 0;
	if (v & DESC_S) {
		if ((v & DESC_DPL3) != DESC_DPL3)
			*desc = v | DESC_DPL3;
		return 0;
	}
	return v & DESC_TYPE ? -EINVAL : 0;
}

static void put_frames(const u64 *frames, unsigned n)
{
	while (n--)
		page_put_and_type(mfn_to_page(_mfn(frames[n])));
}

static int get_desc_frame(struct domain *d, u64 mfn)
{
	if (!mfn_valid(_mfn(mfn)))
		return -EINVAL;
	return page_get_and_type(mfn_to_page(_mfn(mfn)), d, PGT_seg_desc_page, false) ? -EINVAL : 0;
}

/* After a change of the frames: before the old ones are let go. */
static void refresh_window(struct vcpu *v)
{
	u64 flags;

	if (v != current)
		return;
	flags = irq_save();
	desc_show_gdt(v);
	tlb_flush_local();
	irq_restore(flags);
}

int pv_set_gdt(struct vcpu *v, const u64 *frames, unsigned entries)
{
	struct pv_vcpu *pv = v->pv;
	unsigned n = DIV_ROUND_UP(entries, DESC_PER_PAGE), old_n = pv->nr_gdt_frames;
	u64 old[PV_MAX_GDT_FRAMES];

	if (entries > PV_GDT_LIMIT)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++) {
		if (get_desc_frame(v->domain, frames[i])) {
			put_frames(frames, i);
			return -EINVAL;
		}
	}
	for (unsigned i = 0; i < old_n; i++)
		old[i] = pv->gdt_frames[i];
	for (unsigned i = 0; i < n; i++)
		pv->gdt_frames[i] = frames[i];
	pv->nr_gdt_frames = n;
	pv->gdt_ents = entries;
	refresh_window(v);
	put_frames(old, old_n);
	return 0;
}

void pv_destroy_gdt(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;
	unsigned n = pv->nr_gdt_frames;

	pv->nr_gdt_frames = 0;
	pv->gdt_ents = 0;
	refresh_window(v);
	put_frames(pv->gdt_frames, n);
}

long hc_set_gdt(struct hc_args *a)
{
	unsigned entries = (unsigned)a->arg[1];
	u64 frames[PV_MAX_GDT_FRAMES];
	size_t size = DIV_ROUND_UP(entries, DESC_PER_PAGE) * sizeof(*frames);

	if (entries > PV_GDT_LIMIT)
		return -EINVAL;
	if (copy_from_guest(frames, (const void *)a->arg[0], size))
		return -EFAULT;
	return pv_set_gdt(current, frames, entries);
}

/* Budget: 100 instructions. */
long hc_update_descriptor(struct hc_args *a)
{
	paddr_t pa = a->arg[0];
	mfn_t mfn = maddr_to_mfn(pa);
	u64 desc = a->arg[1], *slot;
	struct page *pg;
	bool is_desc, ok;

	if ((pa & 7) || pv_check_descriptor(&desc) || !mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_get(mfn, current_domain());
	if (!pg)
		return -EINVAL;
	is_desc = (READ_ONCE(pg->type) & PGT_type_mask) == PGT_seg_desc_page;
	ok = is_desc ? !page_get_type(pg, PGT_seg_desc_page, false) : page_get_type_writable(pg);
	if (ok) {
		slot = (u64 *)((u8 *)page_to_virt(pg) + (pa & ~PAGE_MASK));
		__atomic_store_n(slot, desc, __ATOMIC_SEQ_CST);
		if (is_desc)
			page_put_type(pg, false);
		else
			page_put_type_writable(pg);
	}
	page_put(pg);
	return ok ? 0 : -EINVAL;
}

bool pv_map_ldt_page(struct vcpu *v, unsigned page)
{
	struct pv_vcpu *pv = v->pv;
	u64 l1e;

	if (page >= PV_MAX_LDT_FRAMES || page * DESC_PER_PAGE >= pv->ldt_ents)
		return false;
	if (!pv->ldt_frames[page]) {
		if (!l1_read(pv->ldt_base + page * PAGE_SIZE, &l1e) ||
		    get_desc_frame(v->domain, mfn_x(pte_mfn(l1e))))
			return false;
		pv->ldt_frames[page] = mfn_x(pte_mfn(l1e));
	}
	/* Writable, for the processor sets the accessed bit of descriptors. */
	*map_pte(LDT_VIRT(smp_cpu_id()) + page * PAGE_SIZE) =
		pte_make(_mfn(pv->ldt_frames[page]),
			 _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX);
	return true;
}

/* Give up all LDT pages; they come back on demand as long as ldt_ents says so. */
void pv_invalidate_ldt(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;
	u64 old[PV_MAX_LDT_FRAMES];
	unsigned n = 0;

	for (unsigned i = 0; i < PV_MAX_LDT_FRAMES; i++) {
		if (pv->ldt_frames[i])
			old[n++] = pv->ldt_frames[i];
		pv->ldt_frames[i] = 0;
	}
	if (!n)
		return;
	refresh_window(v);
	put_frames(old, n);
}

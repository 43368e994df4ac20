/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * update_va_mapping: change the L1 entry of an address in the current tables.
 *
 * The walk reads tables that other vCPUs may be changing or freeing. That is
 * harmless: each step checks that it reads RAM, and the L1 page that comes out
 * is used only after it was referenced as the domain's own and locked as an L1.
 */
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/cpu.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "pv/types.h"

/* Machine address of the L1 entry for va; 0: none. */
static paddr_t find_l1e(u64 va)
{
	mfn_t mfn = _mfn(current->pv->guest_table);

	if (!is_canonical(va) || !is_guest_slot(l4_index(va)))
		return 0;
	for (unsigned level = 4; level > 1; level--) {
		unsigned shift = PAGE_SHIFT + 9 * (level - 1);
		u64 e;

		if (!mfn_valid(mfn))
			return 0;
		e = READ_ONCE(((u64 *)mfn_to_virt(mfn))[(va >> shift) & 511]);
		if (!(e & _PAGE_PRESENT) || (e & _PAGE_PSE))
			return 0;
		mfn = pte_mfn(e);
	}
	return mfn_valid(mfn) ? mfn_to_maddr(mfn) + l1_index(va) * sizeof(u64) : 0;
}

u64 *l1_walk(u64 va, struct page **table)
{
	paddr_t pa = find_l1e(va);
	struct page *pg;

	if (!pa)
		return NULL;
	pg = mfn_get(maddr_to_mfn(pa), current_domain());
	if (!pg)
		return NULL;
	if (page_lock(pg)) {
		if (pgt_level(READ_ONCE(pg->type)) == 1) {
			*table = pg;
			return (u64 *)((u8 *)page_to_virt(pg) + (pa & ~PAGE_MASK));
		}
		page_unlock(pg);
	}
	page_put(pg);
	return NULL;
}

void l1_walk_end(struct page *table)
{
	page_unlock(table);
	page_put(table);
}

bool l1_read(u64 va, u64 *l1e)
{
	paddr_t pa = find_l1e(va);

	if (!pa)
		return false;
	*l1e = READ_ONCE(*(u64 *)((u8 *)mfn_to_virt(maddr_to_mfn(pa)) + (pa & ~PAGE_MASK)));
	return *l1e & _PAGE_PRESENT;
}

int vcpumask_to_cpus(struct domain *d, const void __guest *bitmap, cpumask_t *out)
{
	u64 bits = 0;

	_Static_assert(MAX_VCPUS <= 64, "one word of vCPUs");
	*out = 0;
	/* Always a whole word, as the ABI has it: a kernel's bitmaps are arrays of them. */
	if (copy_from_guest(&bits, bitmap, sizeof(bits)))
		return -EFAULT;
	for (; bits; bits &= bits - 1) {
		struct vcpu *v = domain_vcpu(d, ffs64(bits));

		if (v)
			*out |= CPUMASK(READ_ONCE(v->cpu)) | READ_ONCE(v->dirty_cpu);
	}
	*out &= READ_ONCE(d->dirty_cpus);
	return 0;
}

static int flush_as_asked(u64 va, u64 flags)
{
	struct domain *d = current_domain();
	u64 how = flags & UVMF_FLUSHTYPE_MASK, who = flags & ~(u64)UVMF_FLUSHTYPE_MASK;
	cpumask_t mask;
	int rc;

	if (how != UVMF_TLB_FLUSH && how != UVMF_INVLPG)
		return 0;
	if (who == UVMF_LOCAL) {
		mask = CPUMASK(smp_cpu_id());
	} else if (who == UVMF_ALL) {
		mask = READ_ONCE(d->dirty_cpus);
	} else {
		rc = vcpumask_to_cpus(d, (const void *)who, &mask);
		if (rc)
			return rc;
	}
	if (how == UVMF_TLB_FLUSH)
		tlb_flush_mask(mask);
	else
		tlb_flush_page_mask(mask, va);
	return 0;
}

/* Instructions: 350 with the walk, beside l1_entry_mod() and the flush. */
static int do_update(u64 va, u64 val, u64 flags, u32 domid)
{
	struct domain *pg_owner;
	struct page *table;
	u64 *entry;
	int rc = put_old_guest_table(current);

	if (rc)
		return rc;
	pg_owner = mmu_get_pg_owner(domid, &rc);
	if (!pg_owner)
		return rc;
	entry = l1_walk(va, &table);
	if (entry) {
		rc = l1_entry_mod(entry, val, table, current_domain(), pg_owner, false);
		l1_walk_end(table);
	} else {
		rc = -EINVAL;
	}
	domain_put(pg_owner);
	return rc ? rc : flush_as_asked(va, flags);
}

long hc_update_va_mapping(struct hc_args *a)
{
	return do_update(a->arg[0], a->arg[1], a->arg[2], DOMID_SELF);
}

long hc_update_va_mapping_otherdomain(struct hc_args *a)
{
	return do_update(a->arg[0], a->arg[1], a->arg[2], (u32)a->arg[3] & 0xffff);
}

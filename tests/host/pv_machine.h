/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the tests of page types: one PV domain with POOL frames and two
 * vCPUs, a model of each processor's TLB that is as lazy as hardware may be, and
 * pm_check(), which recomputes every count of every frame from the tables
 * themselves and compares.
 *
 * The TLB model: a processor that ran the domain remembers every writable leaf
 * mapping and every table reachable from its root that ever existed at a check,
 * until it flushes. A remembered writable frame must not be a table (I1); a
 * remembered table must not become anything else (I1, for the walker).
 */
#ifndef TESTS_HOST_PV_MACHINE_H
#define TESTS_HOST_PV_MACHINE_H

#include <cmocka.h>
#include "core/domain.h"
#include "core/hypercall.h"
#include "cpu/desc.h"
#include "cpu/features.h"
#include "lib/bug.h"
#include "mm/heap.h"
#include "mm/heap_priv.h"
#include "mm/map.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "pv/types.h"

#define FRAMES 512
#define POOL 64
#define PM_HV_ENTRY 0x00000000deadb003ull

static struct domain *pm_d;
static struct pv_vcpu pm_pv[2];
static u64 pm_mfn[POOL];		/* frames of the domain */
static u64 pm_gdt_window[64];		/* entries of the descriptor window */

const struct guest_ops pv_guest_ops = { .name = "PV" };
struct cpu_features cpu_features = { .paddr_bits = 40 };

/* ---- preemption: at the n-th check from now (0: never), then each pm_preempt_again-th ---- */
static unsigned pm_preempt_in, pm_preempt_again;
static u64 pm_preempt_calls;

bool hypercall_preempt_check(void)
{
	pm_preempt_calls++;
	if (!pm_preempt_in || --pm_preempt_in)
		return false;
	pm_preempt_in = pm_preempt_again;
	return true;
}

/* ---- TLB model ---- */
static u32 pm_clock = 1, pm_time[4];
static u8 pm_tlb_rw[4][FRAMES], pm_walk[4][FRAMES];

static void pm_flush(unsigned cpu)
{
	pm_time[cpu] = ++pm_clock;
	memset(pm_tlb_rw[cpu], 0, FRAMES);
	memset(pm_walk[cpu], 0, FRAMES);
	shim_counts.tlb_flushes++;
}

u32 tlb_clock(void) { return pm_clock; }

cpumask_t tlb_stale_cpus(cpumask_t mask, u32 stamp)
{
	cpumask_t stale = 0;

	for (unsigned cpu = 0; cpu < 4; cpu++)
		if ((mask & CPUMASK(cpu)) && (s32)(pm_time[cpu] - stamp) <= 0)
			stale |= CPUMASK(cpu);
	return stale;
}

void tlb_flush_mask(cpumask_t mask)
{
	for (unsigned cpu = 0; cpu < 4; cpu++)
		if (mask & CPUMASK(cpu))
			pm_flush(cpu);
}

void tlb_flush_local(void) { pm_flush(smp_cpu_id()); }
void tlb_flush_page_mask(cpumask_t mask, u64 va) { }		/* may drop nothing that matters */
void tlb_handle_ipi(void) { }

void tlb_flush_for_page(const struct page *pg, cpumask_t dirty)
{
	tlb_flush_mask(tlb_stale_cpus(dirty, pg->stamp));
}

/* ---- what pv/ needs of others ---- */
void pv_load_cr3(struct vcpu *v)
{
	pm_flush(v->cpu);
	v->domain->dirty_cpus |= CPUMASK(v->cpu);
}

static unsigned pm_injected;
void pv_inject(unsigned vector, u32 error_code) { pm_injected++; }
void desc_show_gdt(struct vcpu *v) { }
void desc_load_ldt(unsigned ents) { }
u64 *map_pte(u64 va) { return &pm_gdt_window[va >> PAGE_SHIFT & 63]; }

void map_fill_root(u64 *l4)
{
	for (unsigned i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		l4[i] = PM_HV_ENTRY;
}

struct page *heap_alloc_for(const struct domain *d, unsigned order, unsigned bits)
{
	return heap_alloc(order, bits);
}

void heap_claim_used(struct domain *d, u64 n) { }

/* ---- the domain ---- */
static struct page *pm_page(unsigned i) { return mfn_to_page(_mfn(pm_mfn[i])); }
static u64 *pm_table(unsigned i) { return mfn_to_virt(_mfn(pm_mfn[i])); }
static u64 pm_e(unsigned i, u64 flags) { return pm_mfn[i] << PAGE_SHIFT | flags; }
static u64 pm_ptr(unsigned i, unsigned slot) { return (pm_mfn[i] << PAGE_SHIFT) + slot * 8; }
static u64 pm_count(unsigned i) { return pm_page(i)->type & PGT_count_mask; }
static u64 pm_type(unsigned i) { return pm_page(i)->type & PGT_type_mask; }

#define E_RO (_PAGE_PRESENT | _PAGE_USER)
#define E_RW (_PAGE_PRESENT | _PAGE_USER | _PAGE_RW)

static int pm_setup(void **state)
{
	host_machine_init(FRAMES);
	dom_io = host_domain_new(DOMID_IO, 0);
	dom_xen = host_domain_new(DOMID_XEN, 0);
	pm_d = host_domain_new(1, 2);
	pm_d->ops = &pv_guest_ops;
	pm_d->vm_assist = 1ull << VMASST_TYPE_writable_pagetables;
	memset(pm_pv, 0, sizeof(pm_pv));
	for (unsigned i = 0; i < 2; i++) {
		pm_d->vcpu[i]->pv = &pm_pv[i];
		pm_pv[i].kernel_mode = true;
		host_run_on(i, pm_d->vcpu[i]);
		pm_d->dirty_cpus |= CPUMASK(i);
	}
	for (unsigned i = 0; i < POOL; i++) {
		struct page *pg = alloc_domain_pages(pm_d, 0, 0);

		assert_non_null(pg);
		pm_mfn[i] = mfn_x(page_to_mfn(pg));
		memset(page_to_virt(pg), 0, PAGE_SIZE);
	}
	pm_preempt_in = pm_preempt_again = 0;
	memset(pm_tlb_rw, 0, sizeof(pm_tlb_rw));
	memset(pm_walk, 0, sizeof(pm_walk));
	host_run_on(0, pm_d->vcpu[0]);
	return 0;
}

/* ---- the checker ---- */
struct pm_expect { u64 refs, types[8]; };
static struct pm_expect pm_want[FRAMES];

static void pm_want_type(u64 mfn, unsigned kind)
{
	assert_true(mfn_valid(_mfn(mfn)));
	pm_want[mfn].refs++;
	pm_want[mfn].types[kind]++;
}

static bool pm_covered(u64 type)
{
	return (type & PGT_count_mask) && (type & (PGT_validated | PGT_partial)) &&
		pgt_level(type) >= 1 &&
	       pgt_level(type) <= 4;
}

static void pm_expect_entries(u64 mfn)
{
	struct page *pg = mfn_to_page(_mfn(mfn));
	unsigned level = pgt_level(pg->type), n = pg->type & PGT_validated ? 512 : pg->info;
	u64 *t = mfn_to_virt(_mfn(mfn));

	if (!(pg->type & PGT_validated) && (pg->type & PGT_partial_child))
		n++;
	for (unsigned i = 0; i < n; i++) {
		u64 e = t[i];

		if (level == 4 && !is_guest_slot(i)) {
			if (pg->type & PGT_validated)
				assert_int_equal(e, PM_HV_ENTRY);		/* I3 */
			continue;
		}
		if (!(e & _PAGE_PRESENT))
			continue;
		assert_true(e & _PAGE_USER || pg->type & PGT_partial);		/* I6 */
		assert_int_equal(e & ~(level == 1 ? L1_ALLOWED : UPPER_ALLOWED), 0);
		if (level > 1) {
			pm_want_type(pte_mfn(e).v, level - 1);
		} else if (mfn_valid(pte_mfn(e)) && mfn_to_page(pte_mfn(e))->owner != DOMID_IO) {
			if (e & _PAGE_RW)
				pm_want_type(pte_mfn(e).v, 7);
			else
				pm_want[pte_mfn(e).v].refs++;
		}
	}
}

static void pm_expect_vcpu(struct vcpu *v)
{
	if (v->pv->guest_table)
		pm_want_type(v->pv->guest_table, 4);
	if (v->pv->guest_table_user)
		pm_want_type(v->pv->guest_table_user, 4);
	if (v->old_guest_table)
		pm_want_type(page_to_mfn(v->old_guest_table).v,
			pgt_level(v->old_guest_table->type));
	for (unsigned i = 0; i < v->pv->nr_gdt_frames; i++)
		pm_want_type(v->pv->gdt_frames[i], 5);
	for (unsigned i = 0; i < PV_MAX_LDT_FRAMES; i++)
		if (v->pv->ldt_frames[i])
			pm_want_type(v->pv->ldt_frames[i], 5);
}

/* Everything that processor can walk to from a table goes into its caches. */
static void pm_cache_walk(unsigned cpu, u64 mfn, unsigned level)
{
	u64 *t = mfn_to_virt(_mfn(mfn));

	pm_walk[cpu][mfn] = (u8)level;
	for (unsigned i = 0; i < 512; i++) {
		if (!(t[i] & _PAGE_PRESENT) || (level == 4 && !is_guest_slot(i)) ||
			!mfn_valid(pte_mfn(t[i])))
			continue;
		if (level > 1)
			pm_cache_walk(cpu, pte_mfn(t[i]).v, level - 1);
		else if (t[i] & _PAGE_RW)
			pm_tlb_rw[cpu][pte_mfn(t[i]).v] = 1;
	}
}

static void pm_check_tlbs(void)
{
	struct vcpu *v;

	for (unsigned cpu = 0; cpu < 4; cpu++) {
		for (u64 m = 1; m < FRAMES; m++) {
			u64 t = frame_table[m].type;

			if ((t & PGT_count_mask) && pgt_level(t) >= 1 && pgt_level(t) <= 5)
				assert_int_equal(pm_tlb_rw[cpu][m], 0);			/* I1 */
			if (pm_walk[cpu][m])
				assert_true((t & PGT_count_mask) &&
					pgt_level(t) == pm_walk[cpu][m]);
		}
	}
	for_each_vcpu(pm_d, v) {
		if (v->pv->guest_table)
			pm_cache_walk(v->cpu, v->pv->guest_table, 4);
	}
}

/* Between two hypercalls: all counts are what the tables say. */
static void pm_check(void)
{
	struct vcpu *v;

	memset(pm_want, 0, sizeof(pm_want));
	for (u64 m = 1; m < FRAMES; m++) {
		struct page *pg = &frame_table[m];

		assert_false(pg->type & PGT_locked);
		if ((pg->type & PGT_count_mask) && pgt_level(pg->type) <= 5 && pgt_level(pg->type))
			assert_int_not_equal(!!(pg->type & PGT_validated),
				!!(pg->type & PGT_partial));
		if (pg->count & PGC_allocated)
			pm_want[m].refs++;
		if (pg->type & PGT_pinned)
			pm_want_type(m, pgt_level(pg->type));
		if (pg->type & PGT_partial_self)
			pm_want_type(m, pgt_level(pg->type));
		if (pm_covered(pg->type))
			pm_expect_entries(m);
	}
	for_each_vcpu(pm_d, v)
		pm_expect_vcpu(v);
	for (u64 m = 1; m < FRAMES; m++) {
		struct page *pg = &frame_table[m];
		u64 types = 0;

		if (pg->owner != pm_d->domain_id)
			continue;
		for (unsigned k = 0; k < 8; k++) {
			types += pm_want[m].types[k];
			if (pm_want[m].types[k])
				assert_int_equal(pgt_level(pg->type), k);
		}
		assert_int_equal(pg->type & PGT_count_mask, types);
		assert_int_equal(pg->count & PGC_count_mask, pm_want[m].refs);		/* I2 */
	}
	pm_check_tlbs();
}

/* A hypercall to its end; pm_between runs where it was preempted. */
static void (*pm_between)(void);

static long pm_call(hypercall_fn fn, u64 a0, u64 a1, u64 a2, u64 a3)
{
	struct hc_args a = { .arg = { a0, a1, a2, a3 }, .nr = 4 };
	struct vcpu *v = current;
	long rc;

	while ((rc = fn(&a)) == -ERESTART) {
		pm_check();
		if (pm_between) {
			pm_between();
			host_run_on(v->cpu, v);
		}
	}
	return rc;
}

static long pm_mmuext(unsigned cmd, u64 arg1, u64 arg2)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = arg1;
	op.arg2.src_mfn = arg2;
	return pm_call(hc_mmuext_op, (u64)&op, 1, 0, DOMID_SELF);
}

static long pm_update(u64 ptr, u64 val)
{
	struct mmu_update r = { .ptr = ptr, .val = val };

	return pm_call(hc_mmu_update, (u64)&r, 1, 0, DOMID_SELF);
}

static long pm_pin(unsigned level, unsigned i)
{
	return pm_mmuext(MMUEXT_PIN_L1_TABLE + level - 1, pm_mfn[i], 0);
}

static long pm_unpin(unsigned i) { return pm_mmuext(MMUEXT_UNPIN_TABLE, pm_mfn[i], 0); }

/* The domain dies; nothing of it may remain. */
static int pm_teardown(void **state)
{
	u64 tries = 0;

	pm_between = NULL;
	pm_check();
	pm_d->is_dying = DOMDYING_dying;
	while (pv_relinquish_memory(pm_d) == -ERESTART)
		assert_true(++tries < 1000000);
	assert_int_equal(pm_d->tot_pages, 0);
	assert_int_equal(pm_d->refcnt, 1);
	host_domain_free(pm_d);
	host_domain_free(dom_io);
	host_domain_free(dom_xen);
	dom_io = dom_xen = NULL;
	host_machine_fini();
	return 0;
}

/* frames: 0 root, 1 L3, 2 L2, 3 L1, 4.. data; the L1 maps data RW and all tables RO. */
static void pm_build_tree(void)
{
	pm_table(0)[5] = pm_e(1, E_RW);
	pm_table(1)[6] = pm_e(2, E_RW);
	pm_table(2)[7] = pm_e(3, E_RW);
	for (unsigned i = 0; i < 4; i++)
		pm_table(3)[i] = pm_e(i, E_RO);
	for (unsigned i = 4; i < 8; i++)
		pm_table(3)[i] = pm_e(i, E_RW);
}

#define PM_VA(slot) (5ull << 39 | 6ull << 30 | 7ull << 21 | (u64)(slot) << 12)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* mmu_update, update_va_mapping, mmuext_op, grant entries, and long random runs of all of them. */
/* SOURCES: hypervisor/pv/types.c hypervisor/pv/types_validate.c hypervisor/pv/l1e.c */
/* SOURCES: hypervisor/pv/entries.c hypervisor/pv/mmu_update.c hypervisor/pv/va_mapping.c */
/* SOURCES: hypervisor/pv/mmuext.c hypervisor/pv/desc.c hypervisor/pv/relinquish.c */
/* SOURCES: hypervisor/pv/grant.c hypervisor/pv/ptwr.c hypervisor/pv/ptwr_decode.c */
/* SOURCES: hypervisor/mm/page.c hypervisor/mm/domain_pages.c */
#include "cpu/cpu.h"
#include "grant/grant.h"
#include "pv_machine.h"

static void use_tree(void)
{
	pm_build_tree();
	assert_int_equal(pm_pin(4, 0), 0);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, pm_mfn[0], 0), 0);
	pm_check();
}

static void test_done_counts(void **state)
{
	struct mmu_update r[4];
	u32 done = 77;

	use_tree();
	for (unsigned i = 0; i < 4; i++)
		r[i] = (struct mmu_update){ pm_ptr(3, 100 + i), pm_e(20 + i, E_RW) };
	r[2].val = pm_e(0, E_RW);				/* a table, writable */
	assert_int_equal(pm_call(hc_mmu_update, (u64)r, 4, (u64)&done, DOMID_SELF), -EBUSY);
	assert_int_equal(done, 2);
	assert_int_equal(pm_call(hc_mmu_update, (u64)r, 4, (u64)&done, 5), -ESRCH);
	assert_int_equal(done, 0);
	assert_int_equal(pm_call(hc_mmu_update, (u64)r, 4, (u64)&done, 1), -ESRCH);	/* own id */
	done = 77;
	assert_int_equal(pm_call(hc_mmu_update, (u64)r, 4, (u64)&done, DOMID_XEN), -EPERM);
	assert_int_equal(done, 0);
	r[2].val = 0;
	pm_preempt_in = pm_preempt_again = 1;
	assert_int_equal(pm_call(hc_mmu_update, (u64)r, 4, (u64)&done, DOMID_SELF), 0);
	assert_int_equal(done, 4);
	pm_preempt_in = 0;
	r[0].ptr |= 5;
	assert_int_equal(pm_call(hc_mmu_update, (u64)r, 4, (u64)&done, DOMID_SELF), -ENOSYS);
	assert_int_equal(pm_call(hc_mmu_update, 0xffff800000000000ull, 4, 0, DOMID_SELF), -EFAULT);
	pm_check();
}

static void test_error_codes(void **state)
{
	use_tree();
	assert_int_equal(pm_update(pm_ptr(3, 50), E_RO | PTE_MFN_MASK), -EINVAL); /* all ones */
	assert_int_equal(pm_update(pm_ptr(3, 50), (u64)FRAMES << PAGE_SHIFT | E_RO), -EPERM);
	assert_int_equal(pm_update(pm_ptr(3, 50), pm_e(9, E_RO | _PAGE_PCD)), -EINVAL);
	assert_int_equal(pm_update(pm_ptr(0, 256), pm_e(1, E_RO)), -EINVAL); /* our slots */
	assert_int_equal(pm_update(pm_ptr(0, 271), 0), -EINVAL);
	assert_int_equal(pm_update(pm_ptr(0, 272), pm_e(1, E_RW)), 0);
	assert_int_equal(pm_update(pm_ptr(2, 8), pm_e(3, E_RW | _PAGE_PSE)), -EINVAL);
	assert_int_equal(pm_update(pm_ptr(1, 8), pm_e(3, E_RW)), -EINVAL); /* L3 -> L1 */
	assert_int_equal(pm_update(((u64)FRAMES + 5) << PAGE_SHIFT, 0), -EINVAL);
	assert_int_equal(pm_update((FRAMES - 1) << PAGE_SHIFT, 0), -EINVAL); /* free frame */
	pm_check();
	assert_int_equal(pm_update(pm_ptr(30, 1), 0x1234), 0); /* plain page */
	assert_int_equal(pm_table(30)[1], 0x1234);
	assert_int_equal(pm_update(pm_ptr(30, 0) | MMU_MACHPHYS_UPDATE, 99), 0);
	assert_int_equal(m2p_get(_mfn(pm_mfn[30])), 99);
	assert_int_equal(pm_update(((u64)FRAMES << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 99), -EINVAL);
	pm_check();
}

static void test_preserve_ad(void **state)
{
	use_tree();
	pm_table(3)[4] |= _PAGE_ACCESSED | _PAGE_DIRTY;
	assert_int_equal(pm_update(pm_ptr(3, 4) | MMU_PT_UPDATE_PRESERVE_AD, pm_e(4, E_RO)), 0);
	assert_int_equal(pm_table(3)[4], pm_e(4, E_RO | _PAGE_ACCESSED | _PAGE_DIRTY));
	assert_int_equal(pm_update(pm_ptr(3, 4), pm_e(4, E_RO)), 0);
	assert_int_equal(pm_table(3)[4], pm_e(4, E_RO));
	pm_check();
}

static void test_device_frames(void **state)
{
	u64 dev = (u64)(FRAMES + 16) << PAGE_SHIFT;

	use_tree();
	pm_d->is_hardware = true; /* the shim permits it all I/O memory */
	pm_d->needs_device_rights = true;
	assert_int_equal(pm_update(pm_ptr(3, 60), dev | E_RW), 0);
	assert_int_equal(pm_table(3)[60], dev | E_RW | _PAGE_PWT | _PAGE_PCD); /* made uncached */
	assert_int_equal(pm_update(pm_ptr(3, 60), dev | E_RW | _PAGE_PAT), 0); /* WC stays */
	assert_int_equal(pm_table(3)[60], dev | E_RW | _PAGE_PAT);
	assert_int_equal(pm_update(pm_ptr(3, 60), (1ull << 40) | E_RW), -EINVAL);
	assert_int_equal(pm_update(pm_ptr(3, 60), 0), 0);
	pm_check();
	pm_d->is_hardware = pm_d->needs_device_rights = false;
	assert_int_equal(pm_update(pm_ptr(3, 60), dev | E_RW), -EPERM);
}

static void test_va_mapping(void **state)
{
	use_tree();
	assert_int_equal(pm_call(hc_update_va_mapping, PM_VA(20), pm_e(20, E_RW), 0, 0), 0);
	assert_int_equal(pm_table(3)[20], pm_e(20, E_RW));
	assert_int_equal(pm_call(hc_update_va_mapping, PM_VA(20), pm_e(2, E_RW), 0, 0), -EBUSY);
	assert_int_equal(pm_call(hc_update_va_mapping, 0, pm_e(20, E_RW), 0, 0), -EINVAL);
	assert_int_equal(pm_call(hc_update_va_mapping, 0xffff800000000000ull, 0, 0, 0), -EINVAL);
	assert_int_equal(pm_call(hc_update_va_mapping, 1ull << 63, 0, 0, 0), -EINVAL);
	assert_int_equal(pm_call(hc_update_va_mapping, PM_VA(20), 0, UVMF_TLB_FLUSH | UVMF_ALL,
		0), 0);
	assert_int_equal(pm_call(hc_update_va_mapping_otherdomain, PM_VA(20), 0, 0, 9), -ESRCH);
	pm_check();
}

static void test_roots(void **state)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE };

	use_tree();
	assert_int_equal(pm_unpin(0), 0);
	pm_check();						/* CR3 holds it */
	assert_int_equal(pm_type(0), PGT_l4_page_table);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_USER_BASEPTR, pm_mfn[40], 0), 0); /* empty page */
	assert_int_equal(pm_mmuext(MMUEXT_NEW_USER_BASEPTR, pm_mfn[3], 0), -EINVAL);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, 0, 0), -EINVAL);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, FRAMES + 1, 0), -EINVAL);
	pm_check();
	assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, pm_mfn[40], 0), 0);
	pm_check();						/* the tree came down */
	assert_int_equal(pm_count(3), 0);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	assert_int_equal(pm_mmuext(MMUEXT_MARK_SUPER, 0, 0), -EOPNOTSUPP);
	assert_int_equal(pm_mmuext(14, 0, 0), -ENOSYS);
	assert_int_equal(pm_mmuext(99, 0, 0), -ENOSYS);
	assert_int_equal(pm_mmuext(MMUEXT_FLUSH_CACHE, 0, 0), -EACCES);
	assert_int_equal(pm_mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), -EINVAL);
	assert_int_equal(pm_call(hc_mmuext_op, (u64)&op, 1, 0, DOMID_IO), -EINVAL);
	assert_int_equal(pm_mmuext(MMUEXT_CLEAR_PAGE, pm_mfn[40], 0), -EINVAL);		/* a root */
	assert_int_equal(pm_mmuext(MMUEXT_COPY_PAGE, pm_mfn[41], pm_mfn[0]), 0);
	assert_int_equal(pm_table(41)[5], pm_table(0)[5]);
	pm_check();
}

static void test_grant_entries(void **state)
{
	struct page *pg = pm_page(30);
	unsigned pte = GNTMAP_host_map | GNTMAP_contains_pte;

	use_tree();
	assert_true(page_get_writable(pg, pm_d));
	assert_int_equal(guest_create_grant_mapping(pm_d, pm_ptr(3, 70), _mfn(pm_mfn[30]), pte),
		GNTST_okay);
	pm_check();
	assert_int_equal(guest_remove_grant_mapping(pm_d, pm_ptr(3, 70), _mfn(pm_mfn[30]), pte |
		GNTMAP_readonly),
			 GNTST_general_error);
	assert_int_equal(guest_remove_grant_mapping(pm_d, pm_ptr(3, 70), _mfn(pm_mfn[31]), pte),
			 GNTST_general_error);
	assert_int_equal(guest_remove_grant_mapping(pm_d, pm_ptr(3, 70) + 4, _mfn(pm_mfn[30]), pte),
			 GNTST_general_error);
	assert_int_equal(guest_remove_grant_mapping(pm_d, PM_VA(70), _mfn(pm_mfn[30]),
		GNTMAP_host_map),
			 GNTST_okay);
	page_put_writable(pg);
	pm_check();
	assert_int_equal(guest_create_grant_mapping(pm_d, pm_ptr(2, 70), _mfn(pm_mfn[30]), pte),
			 GNTST_general_error);
	assert_int_equal(guest_create_grant_mapping(pm_d, 0x1000, _mfn(pm_mfn[30]),
		GNTMAP_host_map),
			 GNTST_bad_virt_addr);
}

/* ---- random runs ---- */

static u64 rnd_state;

static u32 rnd(u32 n)
{
	rnd_state = rnd_state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(rnd_state >> 33) % n;
}

/* Frames 0-5 like to be roots, -11 L3s, -19 L2s, -31 L1s: so that much of it is legal. */
static unsigned rnd_of_level(unsigned level)
{
	static const u8 base[] = { 24, 20, 12, 6, 0 }, n[] = { 40, 12, 8, 6, 6 };

	return rnd(level ? 16 : 2) ? base[level] + rnd(n[level]) : rnd(POOL);
}

static u64 rnd_entry(unsigned level)
{
	u64 flags = E_RO | (rnd(2) ? _PAGE_RW : 0) | (rnd(4) ? 0 : _PAGE_ACCESSED | _PAGE_DIRTY);

	if (!rnd(4))
		return rnd(3) ? 0 : (u64)rnd(1 << 30) << 1;
	if (!rnd(40))
		flags |= 1ull << rnd(64);
	if (!rnd(8))
		flags &= ~_PAGE_USER;
	return pm_e(rnd_of_level(level - 1), flags);
}

static unsigned rnd_slot(void) { return rnd(6) * 90 + rnd(2) * 35; }

/* The guest writes to a page by itself, where it could. */
static void raw_write(void)
{
	unsigned level = 1 + rnd(4), i = rnd_of_level(level);

	if (!pm_count(i) || pm_type(i) == PGT_writable_page)
		pm_table(i)[rnd_slot()] = rnd_entry(level);
}

static void rnd_ptwr(void)
{
	static u8 xchg[16] = { 0x48, 0x87, 0x07 }, btr[16] = { 0xf0, 0x48, 0x0f, 0xba, 0x37, 1 };
	struct cpu_user_regs regs = { .error_code = PFEC_present | PFEC_write | PFEC_user };
	u64 va = (u64)rnd_slot() << 39 | (u64)rnd_slot() << 30 | (u64)rnd_slot() << 21 |
		 (u64)rnd_slot() << 12 | rnd(512) * 8;

	regs.rip = (u64)(rnd(2) ? xchg : btr);
	regs.rdi = va;
	regs.rax = rnd_entry(1);
	if (is_guest_slot(l4_index(va)))
		pv_emulate_pt_write(&regs, va);
}

static void rnd_batch(void)
{
	struct mmu_update r[8];
	u32 done;

	for (unsigned i = 0; i < ARRAY_SIZE(r); i++) {
		unsigned level = 1 + rnd(4);

		r[i].ptr = pm_ptr(rnd_of_level(level), rnd_slot()) | (rnd(5) ? 0
			: MMU_PT_UPDATE_PRESERVE_AD);
		r[i].val = rnd_entry(level);
	}
	pm_call(hc_mmu_update, (u64)r, ARRAY_SIZE(r), (u64)&done, DOMID_SELF);
}

static void rnd_gdt(void)
{
	u64 f[2] = { pm_mfn[rnd(POOL)], pm_mfn[rnd(POOL)] };

	pm_call(hc_set_gdt, (u64)f, rnd(1025), 0, 0);
}

static void rnd_op(void)
{
	unsigned level = 1 + rnd(4);

	switch (rnd(14)) {
	case 0: case 1:
		pm_pin(level, rnd_of_level(level));
		break;
	case 2: case 3:
		pm_unpin(rnd_of_level(level));
		break;
	case 4:
		if (rnd(3))
			raw_write();
		else
			pm_mmuext(MMUEXT_NEW_BASEPTR, pm_mfn[rnd_of_level(4)], 0);
		break;
	case 5:
		pm_mmuext(MMUEXT_NEW_USER_BASEPTR, rnd(3) ? pm_mfn[rnd_of_level(4)] : 0, 0);
		break;
	case 6:
		rnd_gdt();
		break;
	case 7:
		rnd_ptwr();
		break;
	case 8:
		pm_mmuext(rnd(2) ? MMUEXT_CLEAR_PAGE : MMUEXT_COPY_PAGE, pm_mfn[rnd(POOL)],
			pm_mfn[rnd(POOL)]);
		break;
	case 9:
		pm_call(hc_update_va_mapping, (u64)rnd_slot() << 12, rnd_entry(1), rnd(3), 0);
		break;
	default:
		rnd_batch();
	}
}

static unsigned between_depth;

/* While one vCPU's call waits to go on, the other one does something, preempted or not. */
static void rnd_between(void)
{
	unsigned in = pm_preempt_in;

	if (between_depth >= 2 || !rnd(3))
		return;
	between_depth++;
	pm_preempt_in = 0;
	host_run_on(1 - current->cpu, pm_d->vcpu[1 - current->id]);
	rnd_op();
	raw_write();
	between_depth--;
	pm_preempt_in = in;
}

/* Both vCPUs on a tree that reaches down to data: frames 0/1, 6, 12, 20. */
static void rnd_start(void)
{
	pm_table(0)[0] = pm_table(1)[90] = pm_e(6, E_RW);
	for (unsigned k = 0; k < 3; k++) {
		pm_table(6)[k * 90] = pm_e(12 + k, E_RW);
		pm_table(12 + k)[k * 90] = pm_e(20, E_RW);
	}
	for (unsigned v = 0; v < 2; v++) {
		host_run_on(v, pm_d->vcpu[v]);
		assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, pm_mfn[v], 0), 0);
	}
}

static void random_run(u64 seed, unsigned ops)
{
	rnd_state = seed;
	pm_between = rnd_between;
	rnd_start();
	for (unsigned i = 0; i < ops; i++) {
		unsigned v = rnd(2);

		for (unsigned k = 0; k < 4; k++)
			raw_write();
		host_run_on(v, pm_d->vcpu[v]);
		pm_preempt_in = rnd(3) ? 1 + rnd(20) : 0;
		pm_preempt_again = 1 + rnd(5);
		rnd_op();
		pm_check();
	}
	pm_between = NULL;
	pm_preempt_in = pm_preempt_again = 3;
}

static void test_random_1(void **state) { random_run(1, 2500); }
static void test_random_2(void **state) { random_run(20261121, 2500); }

static void test_random_given(void **state)
{
	const char *seed = getenv("SEED"), *ops = getenv("OPS");

	random_run(seed ? strtoull(seed, NULL, 0) : 7, ops ? (unsigned)strtoul(ops, NULL, 0) : 500);
}

#define T(f) cmocka_unit_test_setup_teardown(f, pm_setup, pm_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_done_counts), T(test_error_codes), T(test_preserve_ad),
		T(test_device_frames),
		T(test_va_mapping), T(test_roots), T(test_grant_entries), T(test_random_1),
		T(test_random_2),
		T(test_random_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

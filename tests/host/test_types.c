/* SPDX-License-Identifier: GPL-2.0-only */
/* Page types: entries at each level, pins, type changes, preempted validation, death. */
/* SOURCES: hypervisor/pv/types.c hypervisor/pv/types_validate.c hypervisor/pv/l1e.c */
/* SOURCES: hypervisor/pv/entries.c hypervisor/pv/mmu_update.c hypervisor/pv/va_mapping.c */
/* SOURCES: hypervisor/pv/mmuext.c hypervisor/pv/desc.c hypervisor/pv/relinquish.c */
/* SOURCES: hypervisor/mm/page.c hypervisor/mm/domain_pages.c */
#include "pv_machine.h"

static void test_pin_tree(void **state)
{
	pm_build_tree();
	assert_int_equal(pm_pin(4, 0), 0);
	pm_check();
	assert_int_equal(pm_type(3), PGT_l1_page_table);
	assert_int_equal(pm_pin(4, 0), -EINVAL);		/* twice */
	assert_int_equal(pm_pin(3, 0), -EINVAL);		/* other type */
	assert_int_equal(pm_unpin(1), -EINVAL);			/* not pinned */
	pm_check();
	assert_int_equal(pm_unpin(0), 0);
	assert_int_equal(pm_count(3), 0);
	pm_check();
}

static void test_reserved_bits(void **state)
{
	static const u64 bad[] = { _PAGE_PSE, _PAGE_PWT, _PAGE_PCD };

	for (unsigned level = 1; level <= 4; level++) {
		for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
			pm_build_tree();
			pm_table(4 - level)[100] = pm_e(level == 1 ? 4 : 4 - level + 1, E_RO |
				bad[i]);
			assert_int_equal(pm_pin(level, 4 - level), -EINVAL);
			pm_check();
			assert_int_equal(pm_count(4 - level), 0);
			pm_table(4 - level)[100] = 0;
		}
	}
}

static void test_bad_frames(void **state)
{
	static const struct { u64 mfn; int rc; } bad[] = {
		{ 0, -EPERM }, { FRAMES, -EPERM }, { 1ull << 28, -EINVAL }, { (1ull << 40) - 1,
		-EINVAL },
		{ FRAMES - 1, -EBUSY },		/* free */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		pm_table(3)[511] = bad[i].mfn << PAGE_SHIFT | E_RO;
		assert_int_equal(pm_pin(1, 3), bad[i].rc);
		pm_check();
		pm_table(2)[0] = bad[i].mfn << PAGE_SHIFT | E_RO;
		assert_int_equal(pm_pin(2, 2), -EINVAL);
		pm_check();
		pm_table(2)[0] = 0;
	}
}

static void test_recursive_refused(void **state)
{
	for (unsigned level = 2; level <= 4; level++) {
		unsigned i = 4 - level;

		memset(pm_table(i), 0, PAGE_SIZE);
		pm_table(i)[3] = pm_e(i, E_RO);
		assert_int_equal(pm_pin(level, i), -EINVAL);
		pm_check();
	}
}

static void test_no_writable_table(void **state)
{
	pm_build_tree();
	pm_table(3)[9] = pm_e(3, E_RW);			/* the L1 maps itself writable */
	assert_int_equal(pm_pin(4, 0), -EBUSY);
	pm_check();
	pm_table(3)[9] = 0;
	assert_int_equal(pm_pin(4, 0), 0);
	assert_int_equal(pm_update(pm_ptr(3, 9), pm_e(2, E_RW)), -EBUSY);
	assert_int_equal(pm_update(pm_ptr(3, 9), pm_e(2, E_RO)), 0);
	assert_int_equal(pm_update(pm_ptr(3, 9), pm_e(2, E_RW)), -EBUSY); /* not by flags either */
	pm_check();
	assert_int_equal(pm_pin(1, 4), -EINVAL);		/* mapped writable: no table */
	pm_check();
}

static void test_type_change_flushes(void **state)
{
	pm_build_tree();
	assert_int_equal(pm_pin(4, 0), 0);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, pm_mfn[0], 0), 0);
	pm_check();						/* caches frame 4 writable */
	assert_int_equal(pm_update(pm_ptr(3, 4), 0), 0);
	assert_true(pm_tlb_rw[0][pm_mfn[4]]);
	assert_int_equal(pm_pin(1, 4), 0);
	assert_false(pm_tlb_rw[0][pm_mfn[4]]);
	pm_check();
	assert_int_equal(pm_unpin(4), 0);
	assert_int_equal(pm_update(pm_ptr(3, 4), pm_e(4, E_RW)), 0);
	pm_check();
}

/* A CPU that never ran the owner may have it too: in the name of whom it was granted to. */
static void test_foreign_writer_flushes(void **state)
{
	struct page *pg = mfn_to_page(_mfn(pm_mfn[5]));
	cpumask_t online = cpu_online_map;

	cpu_online_map = 0xf;
	assert_true(page_get_writable(pg, pm_d));
	pm_tlb_rw[3][pm_mfn[5]] = 1;
	page_mark_foreign(pg);
	page_put_writable(pg);
	/* The owner's own use in between changes nothing. */
	assert_true(page_get_writable(pg, pm_d));
	page_put_writable(pg);
	assert_int_equal(pm_pin(1, 5), 0);
	assert_false(pm_tlb_rw[3][pm_mfn[5]]);
	assert_false(pg->type & PGT_foreign);
	assert_int_equal(pm_unpin(5), 0);
	/* Otherwise it is left in peace. */
	assert_true(page_get_writable(pg, pm_d));
	pm_tlb_rw[3][pm_mfn[6]] = 1;
	page_put_writable(pg);
	assert_int_equal(pm_pin(1, 5), 0);
	assert_true(pm_tlb_rw[3][pm_mfn[6]]);
	pm_flush(3);
	assert_int_equal(pm_unpin(5), 0);
	cpu_online_map = online;
	pm_check();
}

/* Stop the n-th time that anybody asks, for every n: always the same result. */
static void test_preempt_everywhere(void **state)
{
	for (unsigned again = 0; again < 3; again++) {
		for (unsigned n = 1; n < 12; n++) {
			pm_build_tree();
			pm_table(0)[300] = pm_e(1, E_RW);
			pm_table(1)[8] = pm_e(2, E_RW);
			pm_table(1)[9] = pm_e(10, E_RW);
			pm_table(2)[9] = pm_e(11, E_RO);
			pm_preempt_in = n;
			pm_preempt_again = again;
			assert_int_equal(pm_pin(4, 0), 0);
			pm_check();
			pm_preempt_in = n;
			assert_int_equal(pm_unpin(0), 0);
			pm_check();
			assert_int_equal(pm_count(0) + pm_count(1) + pm_count(2) + pm_count(3), 0);
			assert_null(current->old_guest_table);
		}
	}
}

/* A bad entry after much good work: the undoing is preempted too. */
static void test_preempt_failure(void **state)
{
	for (unsigned n = 1; n < 14; n++) {
		pm_build_tree();
		pm_table(1)[8] = pm_e(2, E_RW);
		pm_table(1)[500] = pm_e(12, E_RW);
		pm_table(12)[500] = pm_e(1, E_RO);	/* L2 entry to an L3 */
		for (unsigned i = 0; i < 20; i++)
			pm_table(12)[i * 3] = pm_e(20 + i, E_RO);
		pm_preempt_in = n;
		pm_preempt_again = n % 3;
		assert_int_equal(pm_pin(4, 0), -EINVAL);
		pm_check();
		pm_preempt_in = 0;
		assert_int_equal(pm_call(hc_mmuext_op, 0, 0, 0, DOMID_SELF), 0);
		pm_check();
		for (unsigned i = 0; i < 40; i++)
			assert_int_equal(pm_count(i), 0);
		memset(pm_table(12), 0, PAGE_SIZE);
		pm_table(1)[500] = 0;
	}
}

/* Another vCPU wants a part of the tree while it is half validated. */
static unsigned meddle_with, meddle_level, meddle_left;

static void meddle(void)
{
	unsigned saved = pm_preempt_in;

	if (!meddle_left)		/* it could undo our work for ever */
		return;
	meddle_left--;
	pm_preempt_in = 0;
	host_run_on(1, pm_d->vcpu[1]);
	if (pm_pin(meddle_level, meddle_with) == 0) {
		pm_check();
		assert_int_equal(pm_unpin(meddle_with), 0);
	}
	pm_check();
	pm_preempt_in = saved;
}

static void test_preempt_and_meddle(void **state)
{
	pm_between = meddle;
	for (unsigned who = 0; who < 4; who++) {
		for (unsigned level = 1; level <= 4; level++) {
			meddle_with = who;
			meddle_level = level;
			for (unsigned n = 1; n < 8; n++) {
				pm_build_tree();
				pm_table(1)[8] = pm_e(2, E_RW);
				pm_table(2)[9] = pm_e(11, E_RO);
				pm_preempt_in = n;
				pm_preempt_again = 2;
				meddle_left = 4;
				pm_pin(4, 0);
				pm_check();
				pm_unpin(0);
				pm_preempt_in = 0;
				pm_check();
			}
		}
	}
	pm_between = NULL;
}

static void test_die_half_done(void **state)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE };
	struct hc_args a = { .arg = { (u64)&op, 1, 0, DOMID_SELF } };

	pm_build_tree();
	pm_table(1)[8] = pm_e(2, E_RW);
	pm_table(2)[9] = pm_e(11, E_RO);
	op.arg1.mfn = pm_mfn[0];
	pm_preempt_in = 1;
	assert_int_equal(hc_mmuext_op(&a), -ERESTART);
	assert_true(pm_page(0)->type & PGT_partial_self);
	pm_preempt_in = pm_preempt_again = 2;		/* the teardown is preempted as well */
}

static void test_descriptors(void **state)
{
	u64 frame = pm_mfn[5], code = 0x00af9b000000ffffull, gate = 0x00008c0000000000ull;

	pm_table(5)[1] = code;
	assert_int_equal(pm_call(hc_set_gdt, (u64)&frame, 16, 0, 0), 0);
	assert_int_equal(pm_table(5)[1] >> 45 & 3, 3);		/* DPL forced */
	pm_check();
	assert_int_equal(pm_call(hc_update_descriptor, pm_ptr(5, 2), code, 0, 0), 0);
	assert_int_equal(pm_call(hc_update_descriptor, pm_ptr(5, 2), gate, 0, 0), -EINVAL);
	assert_int_equal(pm_call(hc_update_descriptor, pm_ptr(5, 2) + 4, code, 0, 0), -EINVAL);
	assert_int_equal(pm_call(hc_set_gdt, (u64)&frame, 7169, 0, 0), -EINVAL);
	pm_table(3)[0] = pm_e(5, E_RW);
	assert_int_equal(pm_pin(1, 3), -EBUSY);			/* no writable mapping of it */
	pm_check();
	pm_table(6)[0] = gate;
	frame = pm_mfn[6];
	assert_int_equal(pm_call(hc_set_gdt, (u64)&frame, 16, 0, 0), -EINVAL);
	pm_check();
}

static void test_ldt(void **state)
{
	pm_build_tree();
	pm_table(3)[5] = pm_e(5, E_RO);
	assert_int_equal(pm_mmuext(MMUEXT_NEW_BASEPTR, pm_mfn[0], 0), 0);
	assert_int_equal(pm_mmuext(MMUEXT_SET_LDT, PM_VA(5) + 8, 16), -EINVAL);
	assert_int_equal(pm_mmuext(MMUEXT_SET_LDT, PM_VA(5), 16), 0);
	assert_false(pv_map_ldt_page(current, 1));
	assert_true(pv_map_ldt_page(current, 0));
	assert_int_equal(pm_type(5), PGT_seg_desc_page);
	pm_check();
	assert_int_equal(pm_update(pm_ptr(3, 9), pm_e(5, E_RW)), -EBUSY);
	assert_int_equal(pm_mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	assert_int_equal(pm_update(pm_ptr(3, 9), pm_e(5, E_RW)), 0);
	pm_check();
}

#define T(f) cmocka_unit_test_setup_teardown(f, pm_setup, pm_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pin_tree), T(test_reserved_bits), T(test_bad_frames),
		T(test_recursive_refused),
		T(test_no_writable_table), T(test_type_change_flushes), T(test_foreign_writer_flushes),
		T(test_preempt_everywhere),
		T(test_preempt_failure), T(test_preempt_and_meddle), T(test_die_half_done),
		T(test_descriptors), T(test_ldt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

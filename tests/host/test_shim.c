/* SPDX-License-Identifier: GPL-2.0-only */
/* The shim itself: frames, references and domains behave as the contract says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/domain.h"
#include "cpu/uaccess.h"
#include "mm/heap.h"

static void test_frames(void **state)
{
	struct domain *d = host_domain_new(1, 2);
	struct page *pg = alloc_domain_pages(d, 1, 0);
	u64 free_before = heap_free_pages();

	assert_non_null(pg);
	assert_int_equal(d->tot_pages, 2);
	assert_true(page_get_writable(pg, d));
	assert_false(page_steal(d, pg));
	page_put_writable(pg);
	assert_true(page_release(pg));
	assert_true(page_release(pg + 1));
	assert_int_equal(heap_free_pages(), free_before + 2);
	assert_int_equal(d->refcnt, 1);
	host_domain_free(d);
}

static void test_guest_copy(void **state)
{
	u64 a = 5, b = 0;

	assert_int_equal(copy_from_guest(&b, &a, sizeof(a)), 0);
	assert_int_equal(b, 5);
	shim_fault_start = (u64)&a;
	shim_fault_end = shim_fault_start + 1;
	assert_int_not_equal(copy_from_guest(&b, &a, sizeof(a)), 0);
	assert_int_equal(b, 0);
	shim_fault_start = shim_fault_end = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_guest_copy),
	};
	int rc;

	host_machine_init(64);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

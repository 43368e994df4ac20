/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/lib/rangeset.c */
/* Rangesets against a plain array of bits, and at the ends of the number range. */
#include <cmocka.h>
#include "lib/rangeset.h"

#define N 64

static void test_random(void **state)
{
	struct rangeset *r = rangeset_new("test");
	bool want[N] = { false };

	srand(1);
	for (unsigned round = 0; round < 3000; round++) {
		unsigned s = (unsigned)rand() % N, e = s + (unsigned)rand() % (N - s), a, b;
		bool all = true, some = false;
		int rc;

		if (rand() & 1)
			rc = rangeset_add(r, s, e);
		else
			rc = rangeset_remove(r, s, e), all = false;
		assert_int_equal(rc, 0);
		for (unsigned i = s; i <= e; i++)
			want[i] = all;
		a = (unsigned)rand() % N;
		b = a + (unsigned)rand() % (N - a);
		all = true;
		for (unsigned i = a; i <= b; i++) {
			all &= want[i];
			some |= want[i];
		}
		assert_int_equal(rangeset_contains(r, a, b), all);
		assert_int_equal(rangeset_overlaps(r, a, b), some);
	}
	assert_int_equal(rangeset_remove(r, 0, ~0ull), 0);
	assert_true(rangeset_is_empty(r));
	rangeset_free(r);
}

static void test_ends(void **state)
{
	struct rangeset *r = rangeset_new("test");

	assert_int_equal(rangeset_add(r, 5, 4), -EINVAL);
	assert_int_equal(rangeset_add(r, 0, ~0ull), 0);
	assert_true(rangeset_contains(r, 0, ~0ull));
	assert_int_equal(rangeset_remove(r, ~0ull, ~0ull), 0);
	assert_int_equal(rangeset_remove(r, 0, 0), 0);
	assert_false(rangeset_overlaps(r, 0, 0));
	assert_false(rangeset_overlaps(r, ~0ull, ~0ull));
	assert_true(rangeset_contains(r, 1, ~0ull - 1));
	assert_int_equal(rangeset_add(r, ~0ull, ~0ull), 0);
	assert_true(rangeset_contains(r, 1, ~0ull));
	rangeset_free(r);
	rangeset_free(NULL);
	assert_false(rangeset_contains(NULL, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random), cmocka_unit_test(test_ends) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

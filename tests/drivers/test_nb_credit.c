/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_nb_credit.c: the rate limit: what the toolstack may write, and that neither more nor much
 * less goes.
 *
 * SOURCES: linux/drivers/xen/netback/credit.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netback/credit.h>

static void parse(void **state)
{
	static const char * const bad[] = {
		"", ",", "1", "1,", ",1", "-1,5", "1,-5", "1,5x", "x", " 1,5", "1, 5", "1,5,6",
		"18446744073709551616,1", "1,99999999999999999999999", "0x10,5", "+1,2",
	};
	u64 b = 7, u = 7;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(nb_credit_parse(bad[i], &b, &u), -EINVAL);
	assert_true(b == 7 && u == 7);
	assert_int_equal(nb_credit_parse("62500,50000", &b, &u), 0);
	assert_true(b == 62500 && u == 50000);
	assert_int_equal(nb_credit_parse("18446744073709551615,0", &b, &u), 0);
	assert_true(b == NB_CREDIT_UNLIMITED && !u);
}

static void unlimited(void **state)
{
	struct nb_credit c;
	u64 now;

	(void)state;
	nb_credit_set(&c, NB_CREDIT_UNLIMITED, 0, 0);
	for (now = 0; now < 1000; now++)
		assert_true(nb_credit_take(&c, 65535, now) == 0);
	nb_credit_set(&c, 5, 0, 0);	/* no time: no limit */
	assert_true(nb_credit_take(&c, 65535, 1) == 0);
}

/* Sends as fast as it may for ten seconds. */
static u64 sent(u64 bytes, u64 usec, u32 size, u64 late)
{
	struct nb_credit c;
	u64 now = 1000, total = 0, wait;

	nb_credit_set(&c, bytes, usec, now);
	while (now < 10001000) {
		wait = nb_credit_take(&c, size, now);
		if (wait) {
			assert_true(wait <= usec);
			now += wait + late;
		} else {
			total += size;
		}
	}
	return total;
}

static void rates(void **state)
{
	static const u64 bytes[] = { 1000, 62500, 1000000 }, usecs[] = { 1000, 50000, 1000000 };
	static const u32 sizes[] = { 60, 1514, 65535 };
	size_t b, u, s, l;

	(void)state;
	for (b = 0; b < ARRAY_SIZE(bytes); b++)
		for (u = 0; u < ARRAY_SIZE(usecs); u++)
			for (s = 0; s < ARRAY_SIZE(sizes); s++)
				for (l = 0; l < 2; l++) {
					u64 want = bytes[b] * 10000000 / usecs[u];
					u64 late = NB_CREDIT_LATE_USEC / usecs[u];
					u64 burst = late > 1 ? late * bytes[b] : bytes[b];
					u64 got;

					if (burst < NB_CREDIT_BURST)
						burst = NB_CREDIT_BURST;
					if (usecs[u] == 1000 && bytes[b] == 1000000)
						continue;	/* 8 Gbit/s, one packet at a time */
					/* Timers are late by up to 4 ms. */
					got = sent(bytes[b], usecs[u], sizes[s], l * 4000);
					assert_true(got <= want + burst + sizes[s]);
					assert_true(got + burst + sizes[s] >= want * 9 / 10);
				}
}

static void zero_and_huge(void **state)
{
	struct nb_credit c;
	u64 now = 5;
	int i;

	(void)state;
	nb_credit_set(&c, 0, 50000, now);
	for (i = 0; i < 100; i++) {
		u64 wait = nb_credit_take(&c, 60, now);

		assert_true(wait > 0 && wait <= 50000);
		now += wait;
	}
	nb_credit_set(&c, NB_CREDIT_UNLIMITED - 1, ~0ULL, now);
	assert_true(nb_credit_take(&c, 65535, now) == 0);
	nb_credit_set(&c, 1, ~0ULL, now);
	assert_true(nb_credit_take(&c, 60, now) <= NB_CREDIT_USEC_MAX);
	assert_true(nb_credit_take(&c, 60, ~0ULL) <= NB_CREDIT_USEC_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(unlimited),
		cmocka_unit_test(rates),
		cmocka_unit_test(zero_and_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

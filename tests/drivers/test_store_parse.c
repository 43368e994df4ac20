/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_store_parse.c: numbers of the store, as peers and toolstacks write them, and as they
 * should not.
 *
 * SOURCES: linux/drivers/xen/xenbus/parse.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xenbus/parse.h>

/* The value lies in memory of exactly its length, so that one byte too far is seen. */
static int parse_bytes(const char *bytes, unsigned int len, u64 min, u64 max, u64 *out)
{
	char *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, bytes, len);
	err = xb_parse_u64(copy, len, min, max, out);
	free(copy);
	return err;
}

static int parse(const char *text, u64 min, u64 max, u64 *out)
{
	return parse_bytes(text, (unsigned int)strlen(text), min, max, out);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		u64 value;
	} good[] = {
		{ "0", 0 }, { "1", 1 }, { "007", 7 }, { "4294967295", 4294967295u },
		{ "4294967296", 4294967296u }, { "18446744073709551615", UINT64_MAX },
		{ "00000000000000000009", 9 }, { "9999999999999999999", 9999999999999999999u },
	};
	u64 out;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		out = 77;
		assert_int_equal(parse(good[i].text, 0, UINT64_MAX, &out), 0);
		assert_true(out == good[i].value);
	}
	assert_int_equal(parse_bytes("42\0", 3, 0, 100, &out), 0);
	assert_int_equal(out, 42);
}

static void malformed(void **state)
{
	static const char * const bad[] = {
		"", "-1", "+1", " 1", "1 ", "1\n", "0x10", "1e3", "1.0", "1,2", "one", "1;2", "\xff",
		"000000000000000000001", "184467440737095516150", "1-", "--", "\t",
	};
	u64 out = 77;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(bad[i], 0, UINT64_MAX, &out), -EINVAL);
	assert_int_equal(parse_bytes("\0", 1, 0, 9, &out), -EINVAL);
	assert_int_equal(parse_bytes("4\0\0", 3, 0, 9, &out), -EINVAL);
	assert_int_equal(parse_bytes("4\0005", 3, 0, 999, &out), -EINVAL);
	assert_int_equal(parse_bytes("\0004", 2, 0, 9, &out), -EINVAL);
	assert_int_equal(out, 77);
}

static void ranges(void **state)
{
	u64 out = 77;

	(void)state;
	assert_int_equal(parse("18446744073709551616", 0, UINT64_MAX, &out), -ERANGE);
	assert_int_equal(parse("18446744073709551625", 0, UINT64_MAX, &out), -ERANGE);
	assert_int_equal(parse("99999999999999999999", 0, UINT64_MAX, &out), -ERANGE);
	assert_int_equal(parse("4294967296", 0, UINT32_MAX, &out), -ERANGE);
	assert_int_equal(parse("0", 1, 8, &out), -ERANGE);
	assert_int_equal(parse("9", 1, 8, &out), -ERANGE);
	assert_int_equal(out, 77);
	assert_int_equal(parse("1", 1, 8, &out), 0);
	assert_int_equal(parse("8", 1, 8, &out), 0);
	assert_int_equal(out, 8);
}

/* Against the C library: every string of up to 4 characters out of those that matter. */
static void exhaustive(void **state)
{
	static const char set[] = "019-+ x\n";
	const unsigned int n = sizeof(set) - 1;
	char text[5];

	(void)state;
	for (unsigned int i = 0; i < n * n * n * n * 4; i++) {
		unsigned int k = i / 4, len = i % 4 + 1, j, digits = 0;
		u64 out = 77;
		int err;

		for (j = 0; j < len; j++, k /= n)
			text[j] = set[k % n];
		text[len] = '\0';
		for (j = 0; j < len; j++)
			digits += text[j] >= '0' && text[j] <= '9';
		err = parse(text, 0, UINT64_MAX, &out);
		assert_int_equal(err, digits == len ? 0 : -EINVAL);
		assert_true(out == (err ? 77 : strtoull(text, NULL, 10)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(malformed),
		cmocka_unit_test(ranges),
		cmocka_unit_test(exhaustive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

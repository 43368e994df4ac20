/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/blkfront/naming.c */
/* test_bf_naming.c: numbers of disks and what they are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <blkfront/naming.h>

static void check(u32 vdevice, const char *text, u32 minor, u32 nr_minors)
{
	struct bf_name n;

	assert_int_equal(bf_name_of(vdevice, &n), 0);
	assert_string_equal(n.text, text);
	assert_int_equal(n.minor, minor);
	assert_int_equal(n.nr_minors, nr_minors);
}

static void refuse(u32 vdevice)
{
	struct bf_name n;

	assert_int_equal(bf_name_of(vdevice, &n), -ENODEV);
}

static void xvd_numbers(void **state)
{
	(void)state;
	check(51712, "xvda", 0, 16);
	check(51713, "xvda1", 1, 1);
	check(51727, "xvda15", 15, 1);
	check(51728, "xvdb", 16, 16);
	check(51744, "xvdc", 32, 16);
	check(51760, "xvdd", 48, 16);
	check(202 << 8 | 240, "xvdp", 240, 16);
}

static void ide_numbers(void **state)
{
	(void)state;
	check(3 << 8, "xvda", 0, 16);
	check(3 << 8 | 64, "xvdb", 16, 16);
	check(22 << 8, "xvdc", 32, 16);
	check(22 << 8 | 64, "xvdd", 48, 16);
	/* Their partitions do not fit: the whole disk is meant. */
	check(3 << 8 | 65, "xvdb", 16, 16);
}

static void scsi_numbers(void **state)
{
	(void)state;
	check(8 << 8, "xvda", 0, 16);
	check(8 << 8 | 17, "xvdb1", 17, 1);
	check(65 << 8, "xvdq", 256, 16);
	check(71 << 8 | 255, "xvddx15", 7 * 256 + 255, 1);
	check(128 << 8, "xvddy", 8 * 256, 16);
	check(135 << 8 | 240, "xvdiv", 15 * 256 + 240, 16);
}

static void extended_numbers(void **state)
{
	struct bf_name n;

	(void)state;
	check(1u << 28, "xvda", 0, 256);
	check(1u << 28 | 256, "xvdb", 256, 256);
	check(1u << 28 | 256 * 26, "xvdaa", 256 * 26, 256);
	check(1u << 28 | 256 * 701, "xvdzz", 256 * 701, 256);
	check(1u << 28 | 256 * 702, "xvdaaa", 256 * 702, 256);
	check(1u << 28 | 257, "xvdb1", 257, 1);
	check(1u << 28 | 0xfffff, "xvdfan255", 0xfffff, 1);
	refuse(1u << 28 | 1u << 20);
	refuse(2u << 28);
	refuse(~0u);
	bf_name_of(1u << 28 | 256 * 3, &n);
	assert_true(n.maybe_emulated);
	bf_name_of(1u << 28 | 256 * 4, &n);
	assert_false(n.maybe_emulated);
}

static void other_majors(void **state)
{
	(void)state;
	refuse(0);
	refuse(1 << 8);
	refuse(9 << 8);
	refuse(64 << 8);
	refuse(72 << 8);
	refuse(127 << 8);
	refuse(136 << 8);
	refuse(203 << 8);
	refuse(202 << 16);
}

/* Whatever is accepted fits into 20 bits, and its text ends. */
static void all_numbers(void **state)
{
	struct bf_name n;
	u32 v;

	(void)state;
	for (v = 0; v < 1u << 17; v++) {
		if (bf_name_of(v, &n))
			continue;
		assert_true(n.minor + n.nr_minors <= 1u << 20);
		assert_true(strlen(n.text) >= 4 && strlen(n.text) < sizeof(n.text));
	}
	for (v = 1u << 28; v < 3u << 28; v += 255) {
		if (bf_name_of(v, &n))
			continue;
		assert_true(n.minor + n.nr_minors <= 1u << 20);
		assert_true(strlen(n.text) < sizeof(n.text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xvd_numbers),
		cmocka_unit_test(ide_numbers),
		cmocka_unit_test(scsi_numbers),
		cmocka_unit_test(extended_numbers),
		cmocka_unit_test(other_majors),
		cmocka_unit_test(all_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

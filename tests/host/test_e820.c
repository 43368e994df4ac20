/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/boot/e820.c */
/* Memory maps as bad firmware gives them. */
#include <cmocka.h>
#include "boot/boot.h"

static struct e820_map map;

static void put(u64 s, u64 e, u32 type)
{
	map.e[map.nr++] = (struct e820_entry){ s, e - s, type };
}

static void check(unsigned i, u64 s, u64 e, u32 type)
{
	assert_true(i < map.nr);
	assert_int_equal(map.e[i].addr, s);
	assert_int_equal(map.e[i].addr + map.e[i].size, e);
	assert_int_equal(map.e[i].type, type);
}

static int setup(void **state)
{
	memset(&map, 0, sizeof(map));
	return 0;
}

static void test_overlap(void **state)
{
	put(0x100000, 0x800000, E820_RAM);
	put(0x0, 0x9fc00, E820_RAM);
	put(0x200000, 0x300000, E820_RESERVED);
	put(0x280000, 0x400000, E820_ACPI);
	e820_sanitise(&map);
	assert_int_equal(map.nr, 5);
	check(0, 0, 0x9f000, E820_RAM);
	check(1, 0x100000, 0x200000, E820_RAM);
	check(2, 0x200000, 0x300000, E820_RESERVED);
	check(3, 0x300000, 0x400000, E820_ACPI);
	check(4, 0x400000, 0x800000, E820_RAM);
	assert_true(e820_all(&map, 0x100000, 0x200000, E820_RAM));
	assert_false(e820_all(&map, 0x100000, 0x200001, E820_RAM));
	assert_false(e820_all(&map, 0x9f000, 0xa0000, E820_RAM));
}

static void test_merge_and_cut(void **state)
{
	put(0x100000, 0x200000, E820_RAM);
	put(0x200000, 0x300000, E820_RAM);
	put(0x150800, 0x150900, E820_RESERVED);
	put(0x500000, 0x500000, E820_RAM);
	e820_sanitise(&map);
	/* The page with a reserved byte in it is no RAM. */
	check(0, 0x100000, 0x150000, E820_RAM);
	check(1, 0x150800, 0x150900, E820_RESERVED);
	check(2, 0x151000, 0x300000, E820_RAM);
	assert_int_equal(map.nr, 3);
}

static void test_wrap_and_types(void **state)
{
	put(0xfffffffffffff000ull, 0x1000, 77);		/* wraps; unknown type */
	put(0x1000, 0x2000, 0);
	e820_sanitise(&map);
	assert_int_equal(map.nr, 1);
	check(0, 0x1000, 0x2000, E820_RESERVED);
}

static void test_full(void **state)
{
	for (unsigned i = 0; i < E820_MAX; i++)
		put(i * 0x4000ull + 0x1000, i * 0x4000ull + 0x3000, i & 1 ? E820_RAM : E820_RESERVED);
	e820_sanitise(&map);
	assert_int_equal(map.nr, E820_MAX);
	for (unsigned i = 1; i < map.nr; i++)
		assert_true(map.e[i - 1].addr + map.e[i - 1].size <= map.e[i].addr);
}

static void test_limit(void **state)
{
	put(0, 0x40000000, E820_RAM);
	put(0x100000000, 0x200000000, E820_RAM);
	e820_sanitise(&map);
	e820_limit(&map, 0x20000fff);
	check(0, 0, 0x20000000, E820_RAM);
	assert_int_equal(e820_end(&map, E820_RAM), 0x20000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_overlap, setup),
		cmocka_unit_test_setup(test_merge_and_cut, setup),
		cmocka_unit_test_setup(test_wrap_and_types, setup),
		cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_limit, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

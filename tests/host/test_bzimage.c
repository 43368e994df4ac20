/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/boot/bzimage.c */
/* The header of a bzImage: what is refused, and that nothing outside the file is read. */
#include <cmocka.h>
#include "boot/bzimage.h"

#define SIZE 4096u
#define SETUP 4u
#define OFFSET 0x100u
#define START ((SETUP + 1) * 512 + OFFSET)

static u8 image[SIZE];

static void put32(u32 at, u32 v)
{
	memcpy(image + at, &v, 4);
}

static int make(void **state)
{
	memset(image, 0, sizeof(image));
	image[0x1f1] = SETUP;
	memcpy(image + 0x202, "HdrS", 4);
	image[0x206] = 0x0f;
	image[0x207] = 0x02;
	put32(0x248, OFFSET);
	put32(0x24c, SIZE - START);
	memcpy(image + START, "\375" "7zXZ\0", 6);
	put32(SIZE - 4, 12345);
	return 0;
}

static const char *parse(size_t n, struct bzimage *b)
{
	u8 *copy = malloc(n ? n : 1);
	const char *why;
	u8 x = 0;

	memcpy(copy, image, n);
	why = bzimage_parse(copy, n, b);
	for (u64 i = 0; !why && i < b->payload_size; i++)
		x ^= b->payload[i];
	free(copy);
	return why || x == 1 ? why : NULL;
}

static void test_good(void **state)
{
	struct bzimage b;

	assert_null(parse(SIZE, &b));
	assert_int_equal(b.kind, PAYLOAD_XZ);
	assert_int_equal(b.output_size, 12345);
	assert_int_equal(b.payload_size, SIZE - START - 4);
	memcpy(image + START, "\050\265\057\375", 4);
	assert_null(parse(SIZE, &b));
	assert_int_equal(b.kind, PAYLOAD_ZSTD);
	memcpy(image + START, "\037\213\010\000", 4);
	assert_non_null(parse(SIZE, &b));
	image[0x1f1] = 0;
	memcpy(image + START, "\375" "7zXZ\0", 6);
	assert_null(parse(SIZE, &b));
}

static void test_lengths(void **state)
{
	struct bzimage b;

	for (size_t n = 0; n < SIZE; n++)
		assert_non_null(parse(n, &b));
}

static void test_fields(void **state)
{
	static const u32 values[] = { 0, 1, 15, 16, SIZE, 0x7fffffff, 0xfffffff0, 0xffffffff };
	struct bzimage b;

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		for (unsigned j = 0; j < ARRAY_SIZE(values); j++) {
			put32(0x248, values[i]);
			put32(0x24c, values[j]);
			parse(SIZE, &b);
		}
	make(NULL);
	image[0x206] = 7;
	assert_non_null(parse(SIZE, &b));
	make(NULL);
	put32(SIZE - 4, 0);
	assert_non_null(parse(SIZE, &b));
	put32(SIZE - 4, 0xffffffff);
	assert_non_null(parse(SIZE, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, make), cmocka_unit_test_setup(test_lengths, make),
		cmocka_unit_test_setup(test_fields, make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/blkfront/limits.c */
/* test_bf_limits.c: what a backend may say about its disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <blkfront/limits.h>
#include <blkfront/wire.h>

static const struct bf_offer usual = {
	.sectors = 16384, .sector_size = 512, .physical = 4096, .max_segs = 256,
	.discard_granularity = 4096, .flush = true, .barrier = true, .discard = true,
	.persistent = true,
};

static const struct bf_wish wish = { .max_segs = 256, .persistent = true };

static struct bf_limits accept(const struct bf_offer *o, const struct bf_wish *w)
{
	struct bf_limits l;
	const char *why;

	assert_int_equal(bf_limits_check(o, w, &l, &why), 0);
	assert_null(why);
	return l;
}

static void refuse(const struct bf_offer *o)
{
	struct bf_limits l;
	const char *why;

	assert_int_equal(bf_limits_check(o, &wish, &l, &why), -EINVAL);
	assert_non_null(why);
}

static void usual_disk(void **state)
{
	struct bf_limits l = accept(&usual, &wish);

	(void)state;
	assert_int_equal(l.sectors, 16384);
	assert_int_equal(l.block, 512);
	assert_int_equal(l.physical, 4096);
	assert_int_equal(l.segs, 256);
	assert_true(l.flush);
	assert_false(l.barrier);	/* a flush of its own is better */
	assert_true(l.discard);
	assert_int_equal(l.discard_granularity, 4096);
	assert_true(l.persistent && l.bounce);
	assert_null(l.note);
}

static void block_sizes(void **state)
{
	static const u32 bad[] = { 0, 1, 256, 511, 513, 768, 1536, 8192, 65536, 1u << 31, ~0u };
	static const u32 good[] = { 512, 1024, 2048, 4096 };
	struct bf_offer o = usual;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		o.sector_size = bad[i];
		refuse(&o);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		o.sector_size = good[i];
		assert_int_equal(accept(&o, &wish).block, good[i]);
	}
}

static void sizes(void **state)
{
	struct bf_offer o = usual;
	struct bf_limits l;

	(void)state;
	o.sectors = 0;
	refuse(&o);
	o.info = BF_INFO_CDROM;
	assert_int_equal(accept(&o, &wish).sectors, 0);
	o.info = 0;
	o.sectors = (1ull << 54) - 1;
	assert_int_equal(accept(&o, &wish).sectors, (1ull << 54) - 1);
	o.sectors = 1ull << 54;
	refuse(&o);
	o.sectors = ~0ull;
	refuse(&o);
	o.sector_size = 4096;
	o.sectors = 1001;
	l = accept(&o, &wish);
	assert_int_equal(l.sectors, 1000);
	assert_non_null(l.note);
}

static void hints(void **state)
{
	static const u32 bad[] = { 0, 1, 511, 513, 3000, 1u << 21, ~0u };
	struct bf_offer o = usual;
	struct bf_limits l;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		o.physical = bad[i];
		l = accept(&o, &wish);
		assert_int_equal(l.physical, 512);
		assert_non_null(l.note);
	}
	o = usual;
	o.discard_granularity = 1000;
	assert_int_equal(accept(&o, &wish).discard_granularity, 4096);
	o.discard_granularity = ~0u;
	assert_int_equal(accept(&o, &wish).discard_granularity, 4096);
	o.discard_granularity = 0;
	l = accept(&o, &wish);
	assert_int_equal(l.discard_granularity, 4096);
	assert_null(l.note);
	o.discard_granularity = 8192;
	o.discard_alignment = 4096;
	assert_int_equal(accept(&o, &wish).discard_alignment, 4096);
	o.discard_alignment = 8192;
	assert_int_equal(accept(&o, &wish).discard_alignment, 0);
	o.discard_alignment = 100;
	assert_int_equal(accept(&o, &wish).discard_alignment, 0);
	o.discard = false;
	o.discard_secure = true;
	assert_false(accept(&o, &wish).discard_secure);
}

static void transfers(void **state)
{
	static const struct { u32 offer, wish, segs; } rows[] = {
		{ 0, 256, 11 }, { 1, 256, 11 }, { 11, 256, 11 }, { 12, 256, 12 },
		{ 256, 32, 32 }, { ~0u, 256, 256 }, { ~0u, ~0u, BF_MAX_SEGS }, { 256, 0, 11 },
	};
	struct bf_offer o = usual;
	struct bf_wish w = wish;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		o.max_segs = rows[i].offer;
		w.max_segs = rows[i].wish;
		assert_int_equal(accept(&o, &w).segs, rows[i].segs);
	}
}

static void trust(void **state)
{
	struct bf_offer o = usual;
	struct bf_wish w = wish;

	(void)state;
	o.persistent = false;
	assert_false(accept(&o, &w).bounce);
	w.untrusted = true;
	assert_true(accept(&o, &w).bounce);
	assert_false(accept(&o, &w).persistent);
	o.persistent = true;
	w.persistent = false;
	assert_false(accept(&o, &w).persistent);
}

static void flushes(void **state)
{
	struct bf_offer o = usual;

	(void)state;
	o.flush = false;
	assert_true(accept(&o, &wish).flush && accept(&o, &wish).barrier);
	o.barrier = false;
	assert_false(accept(&o, &wish).flush || accept(&o, &wish).barrier);
}

static void resizes(void **state)
{
	struct bf_limits l = accept(&usual, &wish);
	u64 out = 7;

	(void)state;
	assert_int_equal(bf_limits_resize(&l, 1ull << 54, &out), -EINVAL);
	assert_int_equal(bf_limits_resize(&l, 0, &out), -EINVAL);
	assert_int_equal(out, 7);
	assert_int_equal(bf_limits_resize(&l, 12345, &out), 0);
	assert_int_equal(out, 12345);
	l.block = 4096;
	assert_int_equal(bf_limits_resize(&l, 12345, &out), 0);
	assert_int_equal(out, 12344);
}

static void rings(void **state)
{
	static const struct { u32 max, irq, poll, got_irq, got_poll; } rows[] = {
		{ 0, 4, 0, 1, 0 }, { 1, 4, 2, 1, 0 }, { 2, 4, 2, 1, 1 }, { 4, 4, 2, 2, 2 },
		{ 8, 4, 2, 4, 2 }, { ~0u, 4, 0, 4, 0 }, { 4, 0, 0, 1, 0 }, { 3, 1, 1, 1, 1 },
		{ 4, 4, ~0u, 1, 3 },
	};
	size_t i;
	u32 irq, poll;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bf_limits_rings(rows[i].max, rows[i].irq, rows[i].poll, &irq, &poll);
		assert_int_equal(irq, rows[i].got_irq);
		assert_int_equal(poll, rows[i].got_poll);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_disk), cmocka_unit_test(block_sizes),
		cmocka_unit_test(sizes), cmocka_unit_test(hints), cmocka_unit_test(transfers),
		cmocka_unit_test(trust), cmocka_unit_test(flushes), cmocka_unit_test(resizes),
		cmocka_unit_test(rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_bb_request.c: the block backend's reading and checking of requests: both layouts byte for byte,
 * every count of segments, every pair of first and last sector, edges of the disk, indices of the ring,
 * answers, and that no byte of a slot is read twice.
 *
 * Owns nothing but its slots. No lock.
 */
/* SOURCES: linux/drivers/xen/blkback/request.c linux/drivers/xen/blkback/keys.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "blkback/request.h"

static const struct bb_limits disk = { .sectors = 1000, .discard = true, .zeroes = true };
static const struct bb_limits disk4k = { .sectors = 1024, .sector_mask = 7, .discard = true };

/* ---- the frontend's side, from the published structures */
struct layout {
	enum bb_abi abi;
	unsigned int id, size;
};

static const struct layout layouts[] = {
	{ BB_ABI_X86_32, 4, 108 },
	{ BB_ABI_X86_64, 8, 112 },
};

static void put(u8 *p, u64 v, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		p[i] = (u8)(v >> (8 * i));
}

static void put_rw(u8 *slot, const struct layout *l, u8 op, u8 nr, u64 id, u64 sector)
{
	memset(slot, 0xee, l->size);
	slot[0] = op;
	slot[1] = nr;
	put(slot + 2, 0xbeef, 2);
	put(slot + l->id, id, 8);
	put(slot + l->id + 8, sector, 8);
}

static void put_seg(u8 *slot, const struct layout *l, unsigned int i, u32 gref, u8 first, u8 last)
{
	u8 *p = slot + l->id + 16 + 8 * i;

	put(p, gref, 4);
	p[4] = first;
	p[5] = last;
	p[6] = p[7] = 0x55;
}

static void put_indirect(u8 *slot, const struct layout *l, u8 op, u16 nr, u64 sector)
{
	unsigned int i;

	memset(slot, 0xee, l->size);
	slot[0] = BB_OP_INDIRECT;
	slot[1] = op;
	put(slot + 2, nr, 2);
	put(slot + l->id, 77, 8);
	put(slot + l->id + 8, sector, 8);
	for (i = 0; i < 8; i++)
		put(slot + l->id + 20 + 4 * i, 1000 + i, 4);
}

static void put_range(u8 *slot, const struct layout *l, u8 op, u8 flag, u64 sector, u64 nr)
{
	memset(slot, 0xee, l->size);
	slot[0] = op;
	slot[1] = flag;
	put(slot + l->id, 99, 8);
	put(slot + l->id + 8, sector, 8);
	put(slot + l->id + 16, nr, 8);
}

/* Slots lie at odd multiples of 4 in memory that ends right behind them, so that ASan sees beyond. */
static u8 *slot_alloc(const struct layout *l, u8 **base)
{
	*base = malloc(l->size + 4);
	assert_non_null(*base);
	return *base + 4;
}

#define each_layout(l) for (l = layouts; l < layouts + ARRAY_SIZE(layouts); l++)

static void test_rw_fields(void **state)
{
	const struct layout *l;
	struct bb_req r;
	unsigned int i, nr;

	(void)state;
	each_layout(l) {
		for (nr = 1; nr <= 11; nr++) {
			u8 *base, *slot = slot_alloc(l, &base);

			put_rw(slot, l, nr & 1 ? BB_OP_READ : BB_OP_WRITE, nr, 0x1122334455667788, 16);
			for (i = 0; i < nr; i++)
				put_seg(slot, l, i, 0x80000000 + i, i % 8, 7);
			bb_req_read(&r, slot, l->abi);
			free(base);
			assert_int_equal(r.op, nr & 1 ? BB_OP_READ : BB_OP_WRITE);
			assert_int_equal(r.rsp_op, r.op);
			assert_int_equal(r.kind, nr & 1 ? BB_READ : BB_WRITE);
			assert_int_equal(r.nr_segs, nr);
			assert_false(r.indirect);
			assert_true(r.id == 0x1122334455667788 && r.sector == 16);
			for (i = 0; i < nr; i++) {
				assert_int_equal(bb_seg_gref(r.u.seg[i]), 0x80000000 + i);
				assert_int_equal(bb_seg_first(r.u.seg[i]), i % 8);
				assert_int_equal(bb_seg_last(r.u.seg[i]), 7);
				assert_int_equal(bb_seg_sectors(r.u.seg[i]), 8 - i % 8);
			}
			assert_int_equal(bb_req_check(&r, &disk), BB_GOOD);
		}
	}
}

static void test_every_count(void **state)
{
	const struct layout *l;
	struct bb_req r;
	unsigned int i, nr, op;

	(void)state;
	each_layout(l) {
		for (op = 0; op < 4; op++) {
			for (nr = 0; nr < 256; nr++) {
				u8 *base, *slot = slot_alloc(l, &base);
				bool good = nr <= 11 && (nr || op >= 2);

				put_rw(slot, l, op, nr, 1, 0);
				for (i = 0; i < 11; i++)
					put_seg(slot, l, i, i, 0, 7);
				bb_req_read(&r, slot, l->abi);
				free(base);
				assert_int_equal(bb_req_check(&r, &disk), good ? BB_GOOD : BB_BAD_COUNT);
				if (good)
					assert_true(r.nr_sectors == 8 * nr);
			}
		}
	}
}

static void test_every_segment(void **state)
{
	const struct layout *l = &layouts[1];
	unsigned int first, last;
	u8 *base, *slot = slot_alloc(l, &base);
	struct bb_req r;

	(void)state;
	for (first = 0; first < 256; first++) {
		for (last = 0; last < 256; last++) {
			bool good = last < 8 && first <= last;

			put_rw(slot, l, BB_OP_READ, 1, 1, 8);
			put_seg(slot, l, 0, 5, first, last);
			bb_req_read(&r, slot, l->abi);
			assert_int_equal(bb_req_check(&r, &disk), good ? BB_GOOD : BB_BAD_SEGMENT);
			if (good)
				assert_true(r.nr_sectors == last - first + 1);
			assert_int_equal(bb_req_check(&r, &disk4k), !good ? BB_BAD_SEGMENT :
					 first == 0 && last == 7 ? BB_GOOD : BB_BAD_ALIGNMENT);
		}
	}
	free(base);
}

static enum bb_verdict verdict_at(u64 sector, unsigned int nr_segs, const struct bb_limits *limits)
{
	const struct layout *l = &layouts[0];
	u8 *base, *slot = slot_alloc(l, &base);
	struct bb_req r;
	unsigned int i;

	put_rw(slot, l, BB_OP_WRITE, nr_segs, 1, sector);
	for (i = 0; i < nr_segs; i++)
		put_seg(slot, l, i, 5, 0, 7);
	bb_req_read(&r, slot, l->abi);
	free(base);
	return bb_req_check(&r, limits);
}

static void test_range(void **state)
{
	static const struct bb_limits empty = { .sectors = 0 };
	static const struct bb_limits huge = { .sectors = UINT64_MAX };
	unsigned int back;

	(void)state;
	assert_int_equal(verdict_at(0, 1, &disk), BB_GOOD);
	assert_int_equal(verdict_at(992, 1, &disk), BB_GOOD);
	assert_int_equal(verdict_at(993, 1, &disk), BB_BAD_RANGE);
	assert_int_equal(verdict_at(1000, 1, &disk), BB_BAD_RANGE);
	assert_int_equal(verdict_at(1001, 1, &disk), BB_BAD_RANGE);
	assert_int_equal(verdict_at(912, 11, &disk), BB_GOOD);
	assert_int_equal(verdict_at(913, 11, &disk), BB_BAD_RANGE);
	assert_int_equal(verdict_at(0, 1, &empty), BB_BAD_RANGE);
	for (back = 1; back < 200; back++) {
		assert_int_equal(verdict_at(0 - (u64)back, 11, &disk), BB_BAD_RANGE);
		assert_int_equal(verdict_at(0 - (u64)back, 11, &huge),
				 back >= 89 ? BB_GOOD : BB_BAD_RANGE);
	}
	for (back = 0; back < 16; back++)
		assert_int_equal(verdict_at(64 + back, 1, &disk4k), back % 8 ? BB_BAD_ALIGNMENT : BB_GOOD);
}

static void test_read_only(void **state)
{
	static const struct bb_limits ro = { .sectors = 1000, .readonly = true, .discard = true,
					     .zeroes = true };
	const struct layout *l = &layouts[1];
	static const struct { u8 op, nr; enum bb_verdict v; } c[] = {
		{ BB_OP_READ, 1, BB_GOOD }, { BB_OP_WRITE, 1, BB_READ_ONLY },
		{ BB_OP_WRITE_BARRIER, 1, BB_READ_ONLY }, { BB_OP_WRITE_BARRIER, 0, BB_READ_ONLY },
		{ BB_OP_FLUSH, 0, BB_GOOD }, { BB_OP_FLUSH, 1, BB_READ_ONLY },
		{ BB_OP_DISCARD, 0, BB_READ_ONLY }, { XB_BLKIF_OP_WRITE_ZEROES, 0, BB_READ_ONLY },
	};
	u8 *base, *slot = slot_alloc(l, &base);
	struct bb_req r;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		put_rw(slot, l, c[i].op, c[i].nr, 1, 0);
		put_seg(slot, l, 0, 5, 0, 7);
		bb_req_read(&r, slot, l->abi);
		assert_int_equal(bb_req_check(&r, &ro), c[i].v);
	}
	put_indirect(slot, l, BB_OP_WRITE, 20, 0);
	bb_req_read(&r, slot, l->abi);
	assert_int_equal(bb_req_check(&r, &ro), BB_READ_ONLY);
	free(base);
}

static void test_flush_ignores_sector(void **state)
{
	(void)state;
	const struct layout *l = &layouts[1];
	u8 *base, *slot = slot_alloc(l, &base);
	struct bb_req r;

	put_rw(slot, l, BB_OP_FLUSH, 0, 1, UINT64_MAX);
	bb_req_read(&r, slot, l->abi);
	assert_int_equal(bb_req_check(&r, &disk), BB_GOOD);
	assert_int_equal(r.kind, BB_FLUSH);
	assert_int_equal(r.nr_segs, 0);
	free(base);
}

static void test_operations(void **state)
{
	const struct layout *l;
	struct bb_req r;
	unsigned int op;

	(void)state;
	each_layout(l) {
		for (op = 0; op < 256; op++) {
			u8 *base, *slot = slot_alloc(l, &base);
			bool known = op < 4 || op == 5 || op == 6 || op == XB_BLKIF_OP_WRITE_ZEROES;

			put_rw(slot, l, op, 1, 0xabc, 0);
			put_seg(slot, l, 0, 5, 0, 7);
			bb_req_read(&r, slot, l->abi);
			free(base);
			assert_true(r.id == 0xabc);
			if (!known) {
				assert_int_equal(bb_req_check(&r, &disk), BB_BAD_OP);
				assert_int_equal(r.rsp_op, op);
				assert_int_equal(bb_verdict_status(BB_BAD_OP), BB_RSP_EOPNOTSUPP);
			} else {
				assert_int_not_equal(bb_req_check(&r, &disk), BB_BAD_OP);
			}
		}
	}
}

static void test_indirect(void **state)
{
	const struct layout *l;
	struct bb_req r;
	unsigned int nr, op, i;

	(void)state;
	each_layout(l) {
		u8 *base, *slot = slot_alloc(l, &base);

		for (nr = 0; nr < 65536; nr++) {
			put_indirect(slot, l, BB_OP_READ, nr, 8);
			bb_req_read(&r, slot, l->abi);
			assert_int_equal(r.nr_segs, nr);
			assert_int_equal(bb_req_check(&r, &disk),
					 nr >= 1 && nr <= 256 ? BB_GOOD : BB_BAD_COUNT);
		}
		for (i = 0; i < 8; i++)
			assert_int_equal(r.u.gref[i], 1000 + i);
		for (op = 0; op < 256; op++) {
			put_indirect(slot, l, op, 12, 8);
			bb_req_read(&r, slot, l->abi);
			assert_true(r.indirect && r.id == 77 && r.sector == 8);
			assert_int_equal(r.rsp_op, op);
			assert_int_equal(bb_req_check(&r, &disk), op < 2 ? BB_GOOD : BB_BAD_INNER);
		}
		free(base);
	}
	assert_int_equal(bb_verdict_status(BB_BAD_INNER), BB_RSP_ERROR);
}

static void test_indirect_segments(void **state)
{
	u8 page[XB_PAGE_SIZE] __attribute__((aligned(8)));
	u64 seg[BB_MAX_SEGS];
	struct bb_req r = { .sector = 0 };
	static const struct bb_limits big = { .sectors = 2048 };
	unsigned int i;

	(void)state;
	memset(page, 0xcc, sizeof(page));
	for (i = 0; i < BB_MAX_SEGS; i++) {
		put(page + 8 * i, 4000 + i, 4);
		page[8 * i + 4] = 0;
		page[8 * i + 5] = 7;
	}
	bb_segs_read(seg, page, BB_MAX_SEGS);
	for (i = 0; i < BB_MAX_SEGS; i++)
		assert_int_equal(bb_seg_gref(seg[i]), 4000 + i);
	assert_int_equal(bb_segs_check(&r, seg, BB_MAX_SEGS, &big), BB_GOOD);
	assert_true(r.nr_sectors == 2048);
	r.sector = 1;
	assert_int_equal(bb_segs_check(&r, seg, BB_MAX_SEGS, &big), BB_BAD_RANGE);
	r.sector = 0;
	for (i = 0; i < BB_MAX_SEGS; i++) {
		u64 keep = seg[i];

		seg[i] = 1 | 3ull << 32 | 2ull << 40;
		assert_int_equal(bb_segs_check(&r, seg, BB_MAX_SEGS, &big), BB_BAD_SEGMENT);
		seg[i] = 1 | 0ull << 32 | 8ull << 40;
		assert_int_equal(bb_segs_check(&r, seg, BB_MAX_SEGS, &big), BB_BAD_SEGMENT);
		seg[i] = keep;
	}
}

static void test_discard(void **state)
{
	static const struct bb_limits without = { .sectors = 1000 };
	static const struct { u64 sector, nr; enum bb_verdict v; } c[] = {
		{ 0, 0, BB_GOOD }, { 0, 1000, BB_GOOD }, { 0, 1001, BB_BAD_RANGE },
		{ 1000, 0, BB_GOOD }, { 1000, 1, BB_BAD_RANGE }, { 1001, 0, BB_BAD_RANGE },
		{ 1, UINT64_MAX, BB_BAD_RANGE }, { UINT64_MAX, 1, BB_BAD_RANGE },
		{ UINT64_MAX, UINT64_MAX, BB_BAD_RANGE }, { 999, 1, BB_GOOD },
	};
	const struct layout *l;
	struct bb_req r;
	unsigned int i, k;

	(void)state;
	each_layout(l) {
		u8 *base, *slot = slot_alloc(l, &base);

		for (k = 0; k < 2; k++) {
			u8 op = k ? XB_BLKIF_OP_WRITE_ZEROES : BB_OP_DISCARD;

			for (i = 0; i < ARRAY_SIZE(c); i++) {
				put_range(slot, l, op, 1, c[i].sector, c[i].nr);
				bb_req_read(&r, slot, l->abi);
				assert_int_equal(r.kind, k ? BB_ZEROES : BB_DISCARD);
				assert_int_equal(r.flag, 1);
				assert_int_equal(r.nr_segs, 0);
				assert_true(r.nr_sectors == c[i].nr && r.sector == c[i].sector);
				assert_int_equal(bb_req_check(&r, &disk), c[i].v);
				assert_int_equal(bb_req_check(&r, &without), BB_NOT_OFFERED);
			}
		}
		put_range(slot, l, BB_OP_DISCARD, 0, 8, 4);
		bb_req_read(&r, slot, l->abi);
		assert_int_equal(bb_req_check(&r, &disk4k), BB_BAD_ALIGNMENT);
		free(base);
	}
	assert_int_equal(bb_verdict_status(BB_NOT_OFFERED), BB_RSP_EOPNOTSUPP);
}

static void test_ring_indices(void **state)
{
	static const u32 starts[] = { 0, 1, 31, 0x7fffffff, 0xffffffe0, 0xffffffff };
	u32 slots, i, taken, d;

	(void)state;
	for (slots = 1; slots <= 64; slots *= 2) {
		for (i = 0; i < ARRAY_SIZE(starts); i++) {
			u32 rsp = starts[i];

			for (taken = 0; taken <= slots; taken++) {
				for (d = 0; d < 4 * slots; d++) {
					u32 prod = rsp + d - slots;
					int n = bb_ring_avail(prod, rsp + taken, rsp, slots);
					bool good = d >= slots + taken && d <= 2 * slots;

					if (good)
						assert_int_equal(n, d - slots - taken);
					else
						assert_int_equal(n, -EPROTO);
				}
			}
		}
	}
	assert_int_equal(bb_ring_slots(BB_ABI_X86_32, 1), 32);
	assert_int_equal(bb_ring_slots(BB_ABI_X86_64, 1), 32);
	assert_int_equal(bb_ring_slots(BB_ABI_X86_32, 2), 64);
	assert_int_equal(bb_ring_slots(BB_ABI_X86_64, 16), 512);
	assert_int_equal(bb_ring_slots(BB_ABI_X86_32, 16), 512);
}

static void test_answer(void **state)
{
	u8 slot[20] __attribute__((aligned(4)));
	unsigned int i;

	(void)state;
	memset(slot, 0xaa, sizeof(slot));
	bb_rsp_write(slot + 4, 0x0102030405060708, BB_OP_WRITE, BB_RSP_ERROR);
	for (i = 0; i < 8; i++)
		assert_int_equal(slot[4 + i], 8 - i);
	assert_int_equal(slot[12], BB_OP_WRITE);
	assert_int_equal(slot[13], 0);
	assert_int_equal(slot[14], 0xff);
	assert_int_equal(slot[15], 0xff);
	/* Nothing of ours behind the status, and not a byte too far. */
	for (i = 16; i < 20; i++)
		assert_int_equal(slot[i], 0);
	assert_int_equal(slot[3], 0xaa);
	bb_rsp_write(slot + 4, 1, 255, BB_RSP_EOPNOTSUPP);
	assert_int_equal(slot[12], 255);
	assert_int_equal(slot[14], 0xfe);
}

static void test_physdev(void **state)
{
	static const struct { const char *text; int err; u32 a, b; } c[] = {
		{ "7:0", 0, 7, 0 }, { "fe:10", 0, 0xfe, 0x10 }, { "FE:aB", 0, 0xfe, 0xab },
		{ "0x7:0x1f", 0, 7, 0x1f }, { "fff:fffff", 0, 0xfff, 0xfffff }, { "0:0", 0, 0, 0 },
		{ "1000:0", -EINVAL, 0, 0 }, { "0:100000", -EINVAL, 0, 0 }, { "", -EINVAL, 0, 0 },
		{ ":", -EINVAL, 0, 0 }, { "7", -EINVAL, 0, 0 }, { "7:", -EINVAL, 0, 0 },
		{ ":7", -EINVAL, 0, 0 }, { "7:0 ", -EINVAL, 0, 0 }, { " 7:0", -EINVAL, 0, 0 },
		{ "-7:0", -EINVAL, 0, 0 }, { "7:-1", -EINVAL, 0, 0 }, { "7:0:1", -EINVAL, 0, 0 },
		{ "g:0", -EINVAL, 0, 0 }, { "0x:0", -EINVAL, 0, 0 }, { "7:0\n", -EINVAL, 0, 0 },
		{ "ffffffffffffffff1:0", -EINVAL, 0, 0 }, { "0x7:0x", -EINVAL, 0, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		u32 a = 12345, b = 54321;

		assert_int_equal(bb_parse_physdev(c[i].text, &a, &b), c[i].err);
		assert_int_equal(a, c[i].err ? 12345 : c[i].a);
		assert_int_equal(b, c[i].err ? 54321 : c[i].b);
	}
}

static void test_protocol_and_name(void **state)
{
	enum bb_abi abi;
	char name[16];

	(void)state;
	assert_int_equal(bb_parse_protocol(NULL, &abi), 0);
	assert_int_equal(abi, BB_ABI_X86_32);
	assert_int_equal(bb_parse_protocol("x86_64-abi", &abi), 0);
	assert_int_equal(abi, BB_ABI_X86_64);
	assert_int_equal(bb_parse_protocol("x86_32-abi", &abi), 0);
	assert_int_equal(abi, BB_ABI_X86_32);
	assert_int_equal(bb_parse_protocol("native", &abi), 0);
	assert_int_equal(abi, BB_ABI_X86_64);
	assert_int_equal(bb_parse_protocol("arm-abi", &abi), -EINVAL);
	assert_int_equal(bb_parse_protocol("", &abi), -EINVAL);
	assert_int_equal(bb_parse_protocol("x86_64-abi ", &abi), -EINVAL);

	bb_thread_name(name, sizeof(name), 3, "xvda");
	assert_string_equal(name, "3.xvda");
	bb_thread_name(name, sizeof(name), 12, "/dev/xvdb1");
	assert_string_equal(name, "12.xvdb1");
	bb_thread_name(name, sizeof(name), 4294967295u, "a-name-that-is-much-too-long");
	assert_int_equal(strlen(name), 15);
	bb_thread_name(name, sizeof(name), 1, "");
	assert_string_equal(name, "1.");
}

static void test_names(void **state)
{
	unsigned int v;

	(void)state;
	for (v = 0; v < BB_NR_VERDICTS; v++)
		assert_true(strlen(bb_verdict_name(v)) > 2);
	assert_string_equal(bb_verdict_name(BB_NR_VERDICTS), "?");
	assert_int_equal(bb_verdict_status(BB_GOOD), BB_RSP_OKAY);
	for (v = BB_READ_ONLY; v < BB_NR_VERDICTS; v++)
		assert_int_equal(bb_verdict_status(v), BB_RSP_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rw_fields),
		cmocka_unit_test(test_every_count),
		cmocka_unit_test(test_every_segment),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_flush_ignores_sector),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_indirect_segments),
		cmocka_unit_test(test_discard),
		cmocka_unit_test(test_ring_indices),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_physdev),
		cmocka_unit_test(test_protocol_and_name),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("bb_request", tests, NULL, NULL);
}

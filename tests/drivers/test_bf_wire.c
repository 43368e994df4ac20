/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/blkfront/limits.c */
/* test_bf_wire.c: requests as bytes, responses as claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <blkfront/wire.h>

/* The published layout, byte by byte. */
static void request_bytes(void **state)
{
	struct bf_wire_req r;
	u8 b[sizeof(r)];
	u64 id, sector, seg;
	u32 gref;
	u16 handle;

	(void)state;
	memset(&r, 0xee, sizeof(r));
	bf_wire_rw(&r, BF_OP_WRITE, 3, 0xca00, 0x1122334455667788ull, 0x99aabbccddeeff00ull);
	xb_write_once(r.u.seg[2], bf_wire_seg(0x01020304, 1, 6));
	memcpy(b, &r, sizeof(b));
	memcpy(&handle, b + 2, 2);
	memcpy(&id, b + 8, 8);
	memcpy(&sector, b + 16, 8);
	memcpy(&gref, b + 24 + 16, 4);
	assert_int_equal(b[0], 1);
	assert_int_equal(b[1], 3);
	assert_int_equal(handle, 0xca00);
	assert_true(id == 0x1122334455667788ull);
	assert_true(sector == 0x99aabbccddeeff00ull);
	assert_int_equal(gref, 0x01020304);
	assert_int_equal(b[24 + 20], 1);
	assert_int_equal(b[24 + 21], 6);

	bf_wire_indirect(&r, BF_OP_READ, 256, 7, 5, 6);
	xb_write_once(r.u.ind.gref[0], 0xabcdef01u);
	memcpy(b, &r, sizeof(b));
	assert_int_equal(b[0], 6);
	assert_int_equal(b[1], 0);
	assert_int_equal(b[2] | b[3] << 8, 256);
	assert_int_equal(b[24] | b[25] << 8, 7);
	memcpy(&gref, b + 28, 4);
	assert_int_equal(gref, 0xabcdef01u);

	bf_wire_range(&r, BF_OP_DISCARD, BF_DISCARD_SECURE, 0, 5, 6, 77);
	memcpy(b, &r, sizeof(b));
	memcpy(&seg, b + 24, 8);
	assert_int_equal(b[0], 5);
	assert_int_equal(b[1], 1);
	assert_int_equal(seg, 77);
}

static void ring_sizes(void **state)
{
	(void)state;
	assert_int_equal(bf_ring_entries(1), 32);
	assert_int_equal(bf_ring_entries(2), 64);
	assert_int_equal(bf_ring_entries(4), 128);
	assert_int_equal(bf_ring_entries(16), 512);
}

static void segments(void **state)
{
	u32 bytes;

	(void)state;
	for (bytes = 512; bytes <= 1 << 20; bytes += 512) {
		u32 segs = bf_segs_of(bytes);

		assert_int_equal((segs - 1) * 8 + bf_last_sect(bytes) + 1, bytes / 512);
	}
	assert_int_equal(bf_ind_pages(1), 0);
	assert_int_equal(bf_ind_pages(11), 0);
	assert_int_equal(bf_ind_pages(12), 1);
	assert_int_equal(bf_ind_pages(512), 1);
	assert_int_equal(bf_ind_pages(513), 2);
	assert_int_equal(bf_ind_pages(BF_MAX_SEGS), BF_MAX_IND_PAGES);
}

static void indices(void **state)
{
	(void)state;
	assert_int_equal(bf_ring_ready(0, 0, 0), 0);
	assert_int_equal(bf_ring_ready(5, 0, 5), 5);
	assert_int_equal(bf_ring_ready(6, 0, 5), -EPROTO);
	assert_int_equal(bf_ring_ready(4, 5, 8), -EPROTO);
	assert_int_equal(bf_ring_ready(~0u, 0, 32), -EPROTO);
	assert_int_equal(bf_ring_ready(3, ~0u - 2, 4), 6);
	assert_int_equal(bf_ring_ready(5, ~0u - 2, 4), -EPROTO);
	assert_int_equal(bf_ring_ready(~0u - 3, ~0u - 2, 4), -EPROTO);
}

static void events(void **state)
{
	(void)state;
	assert_true(bf_crossed(0, 1, 1));
	assert_false(bf_crossed(1, 2, 1));
	assert_true(bf_crossed(1, 5, 3));
	assert_false(bf_crossed(1, 5, 6));
	assert_true(bf_crossed(~0u, 1, 0));
	assert_false(bf_crossed(7, 7, 7));
	assert_false(bf_crossed(100, 132, 100 + (1u << 30)));
}

static void ids(void **state)
{
	(void)state;
	assert_true(bf_id_valid(bf_id(0, 0), 1, 32));
	assert_true(bf_id_valid(bf_id(3, 511), 4, 512));
	assert_false(bf_id_valid(bf_id(0, 32), 1, 32));
	assert_false(bf_id_valid(bf_id(1, 0), 1, 32));
	assert_false(bf_id_valid(~0ull, 64, 512));
	assert_false(bf_id_valid(1ull << 48, 64, 512));
	assert_false(bf_id_valid(1ull << 32, 64, 512));
}

static void verdicts(void **state)
{
	struct bf_wire_rsp shared = { .id = 9, .rest = 0xffffull << 16 | BF_OP_WRITE };
	struct bf_rsp r = bf_wire_take(&shared);

	(void)state;
	assert_int_equal(r.id, 9);
	assert_int_equal(r.op, BF_OP_WRITE);
	assert_int_equal(r.status, -1);
	assert_int_equal(bf_rsp_check(&r, true, BF_OP_WRITE), BF_GOOD);
	assert_int_equal(bf_rsp_check(&r, false, BF_OP_WRITE), BF_NOT_PENDING);
	assert_int_equal(bf_rsp_check(&r, true, BF_OP_READ), BF_WRONG_OP);
	r.status = 0;
	assert_int_equal(bf_rsp_check(&r, true, BF_OP_WRITE), BF_GOOD);
	r.status = -2;
	assert_int_equal(bf_rsp_check(&r, true, BF_OP_WRITE), BF_GOOD);
	r.status = -3;
	assert_int_equal(bf_rsp_check(&r, true, BF_OP_WRITE), BF_WRONG_STATUS);
	r.status = 1;
	assert_int_equal(bf_rsp_check(&r, true, BF_OP_WRITE), BF_WRONG_STATUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_bytes), cmocka_unit_test(ring_sizes),
		cmocka_unit_test(segments), cmocka_unit_test(indices), cmocka_unit_test(events),
		cmocka_unit_test(ids), cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

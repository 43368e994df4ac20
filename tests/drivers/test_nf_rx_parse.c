/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_nf_rx_parse.c: netfront's view of the published receive ring: chains of every shape.
 *
 * SOURCES: linux/drivers/xen/netfront/rx_parse.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netfront/rx_parse.h>

#define VALID	0x1u
#define BLANK	0x2u
#define MORE	0x4u
#define EXTRA	0x8u

static u64 ring[NF_RX_RING];

static void data(u32 idx, u32 off, int status, u32 flags)
{
	ring[idx % NF_RX_RING] = (u64)(idx % NF_RX_RING) | (u64)off << 16 | (u64)flags << 32 |
				 (u64)(u16)status << 48;
}

static void extra(u32 idx, u8 type, bool more, u64 rest)
{
	ring[idx % NF_RX_RING] = type | (u64)more << 8 | rest << 16;
}

#define GSO(size, type)	((u64)(size) | (u64)(type) << 16)
#define HASH(type, alg, v) ((u64)(type) | (u64)(alg) << 8 | (u64)(v) << 16)
#define XDP(headroom)	((u64)(headroom))

static const u32 starts[] = { 0, 1, 250, 255, 256, 0xffffffffu - 3, 0x7fffffffu };

/* Every number of slots, every length of the last one, at every place of the ring. */
static void chains(void **state)
{
	static const int lens[] = { 0, 1, 13, 14, 60, 256, 257, 4095, 4096 };
	struct nf_rx_pkt p;

	(void)state;
	for (u32 s = 0; s < ARRAY_SIZE(starts); s++)
		for (u32 nr = 1; nr <= NF_RX_MAX_SLOTS; nr++)
			for (u32 l = 0; l < ARRAY_SIZE(lens); l++) {
				u32 at = starts[s], total = (nr - 1) * 3000 + lens[l];

				for (u32 i = 0; i < nr; i++)
					data(at + i, i + 1 < nr ? 5 : 0,
					     i + 1 < nr ? 3000 : lens[l], i + 1 < nr ? MORE : 0);
				for (u32 have = 0; have < nr; have++)
					assert_int_equal(nf_rx_parse(ring, at, at + have, &p), 0);
				assert_int_equal(nf_rx_parse(ring, at, at + nr, &p), 1);
				assert_int_equal(p.nr, nr);
				assert_int_equal(p.nr_extra, 0);
				assert_int_equal(p.len, total);
				assert_false(p.drop);
				assert_int_equal(p.slot[nr - 1].len, lens[l]);
			}
}

static void every_length(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	for (int len = -300; len <= 5000; len++)
		for (u32 off = 0; off <= 4200; off += off < 300 ? 1 : 97) {
			data(0, off, len, VALID | BLANK);
			if (len >= 0 && off + len > 4096) {
				assert_int_equal(nf_rx_parse(ring, 0, 1, &p), -EPROTO);
				assert_non_null(p.why);
				continue;
			}
			assert_int_equal(nf_rx_parse(ring, 0, 1, &p), 1);
			assert_int_equal(p.drop, len < 0);
			assert_int_equal(p.len, len < 0 ? 0 : len);
			assert_true(p.csum_blank && p.csum_valid);
			assert_true(p.slot[0].off + p.slot[0].len <= 4096);
		}
}

static void too_many_slots(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	for (u32 i = 0; i < NF_RX_RING; i++)
		data(i, 0, 1, MORE);
	assert_int_equal(nf_rx_parse(ring, 0, NF_RX_MAX_SLOTS, &p), 0);
	assert_int_equal(nf_rx_parse(ring, 0, NF_RX_MAX_SLOTS + 1, &p), -EPROTO);
	assert_int_equal(nf_rx_parse(ring, 3, 3 + NF_RX_RING, &p), -EPROTO);
}

static void wrong_id(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	for (u32 id = 0; id < 0x10000; id += id < 300 ? 1 : 255) {
		data(7, 0, 60, 0);
		ring[7] = (ring[7] & ~0xffffull) | id;
		assert_int_equal(nf_rx_parse(ring, 7, 8, &p), id == 7 ? 1 : -EPROTO);
		/* In a later slot as well. */
		data(6, 0, 60, MORE);
		assert_int_equal(nf_rx_parse(ring, 6, 8, &p), id == 7 ? 1 : -EPROTO);
	}
}

static void extras(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	data(0, 0, 100, EXTRA | MORE);
	extra(1, 1, true, GSO(1448, 1));
	extra(2, 4, false, HASH(1, 1, 0x01020304));
	data(3, 0, 200, 0);
	for (u32 have = 0; have < 4; have++)
		assert_int_equal(nf_rx_parse(ring, 0, have, &p), 0);
	assert_int_equal(nf_rx_parse(ring, 0, 4, &p), 1);
	assert_int_equal(p.nr, 2);
	assert_int_equal(p.nr_extra, 2);
	assert_int_equal(p.len, 300);
	assert_int_equal(p.gso_size, 1448);
	assert_int_equal(p.gso_type, 1);
	assert_int_equal(p.hash_type, 2);
	assert_int_equal(p.hash, 0x01020304);
	assert_false(p.drop);

	/* Extra slots that never end, or come twice. */
	for (u32 i = 1; i < NF_RX_RING; i++)
		extra(i, i % 5 + 1, true, GSO(1, 1));
	data(0, 0, 100, EXTRA);
	assert_int_equal(nf_rx_parse(ring, 0, 200, &p), -EPROTO);
	extra(1, 1, true, GSO(1448, 1));
	extra(2, 1, false, GSO(1448, 1));
	assert_int_equal(nf_rx_parse(ring, 0, 3, &p), -EPROTO);
	for (u32 i = 1; i < NF_RX_RING; i++)
		extra(i, 40 + i, true, 0);
	assert_int_equal(nf_rx_parse(ring, 0, 200, &p), -EPROTO);
}

static void extra_types(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	for (u32 type = 0; type < 256; type++) {
		data(0, 0, 100, EXTRA);
		extra(1, type, false, type == 5 ? XDP(0) : GSO(1448, 1));
		assert_int_equal(nf_rx_parse(ring, 0, 2, &p), 1);
		assert_int_equal(p.drop, type != 1 && type != 4 && type != 5);
	}
	/* A segment size without a kind, and the reverse. */
	extra(1, 1, false, GSO(0, 1));
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), 1);
	assert_true(p.drop);
	extra(1, 1, false, GSO(1448, 0));
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), 1);
	assert_true(p.drop);
	/* A hash of an unknown kind is none. */
	extra(1, 4, false, HASH(4, 1, 1));
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), 1);
	assert_int_equal(p.hash_type, 0);
	extra(1, 4, false, HASH(1, 2, 1));
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), 1);
	assert_int_equal(p.hash_type, 0);
}

/* Both readings of headroom: told in the offset, or counted in the length as Linux does. */
static void headroom(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	data(0, 0, 356, EXTRA | MORE);
	extra(1, 5, false, XDP(256));
	data(2, 0, 300, 0);
	assert_int_equal(nf_rx_parse(ring, 0, 3, &p), 1);
	assert_int_equal(p.slot[0].off, 256);
	assert_int_equal(p.slot[0].len, 100);
	assert_int_equal(p.slot[1].off, 256);
	assert_int_equal(p.slot[1].len, 44);
	data(0, 256, 100, EXTRA);
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), 1);
	assert_int_equal(p.slot[0].off, 256);
	assert_int_equal(p.slot[0].len, 100);
	/* Told in the offset, the further slots have none, and may be full or short. */
	for (int last = 1; last <= 4096; last += 455) {
		data(0, 256, 3840, EXTRA | MORE);
		data(2, 0, 4096, MORE);
		data(3, 0, last, 0);
		assert_int_equal(nf_rx_parse(ring, 0, 4, &p), 1);
		assert_int_equal(p.slot[0].off, 256);
		assert_int_equal(p.slot[1].off, 0);
		assert_int_equal(p.slot[1].len, 4096);
		assert_int_equal(p.slot[2].off, 0);
		assert_int_equal(p.slot[2].len, last);
		assert_int_equal(p.len, 3840 + 4096 + last);
	}
	/* Fewer bytes than headroom; headroom beyond the page. */
	data(0, 0, 255, EXTRA);
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), -EPROTO);
	data(0, 0, 4096, EXTRA);
	extra(1, 5, false, XDP(5000));
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), -EPROTO);
	data(0, 256, 3841, EXTRA);
	extra(1, 5, false, XDP(256));
	assert_int_equal(nf_rx_parse(ring, 0, 2, &p), -EPROTO);
}

static void too_long(void **state)
{
	struct nf_rx_pkt p;

	(void)state;
	for (u32 i = 0; i < 17; i++)
		data(i, 0, i < 16 ? 4096 : 1, i < 16 ? MORE : 0);
	assert_int_equal(nf_rx_parse(ring, 0, 17, &p), 1);
	assert_true(p.drop);
	data(15, 0, 4094, MORE);
	assert_int_equal(nf_rx_parse(ring, 0, 17, &p), 1);
	assert_int_equal(p.len, 65535);
	assert_false(p.drop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains),
		cmocka_unit_test(every_length),
		cmocka_unit_test(too_many_slots),
		cmocka_unit_test(wrong_id),
		cmocka_unit_test(extras),
		cmocka_unit_test(extra_types),
		cmocka_unit_test(headroom),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

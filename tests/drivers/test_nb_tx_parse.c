/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_nb_tx_parse.c: chains of 1 to 24 slots with every kind of length, extras known and not,
 * chains that never end, from every place of the ring.
 *
 * SOURCES: linux/drivers/xen/netback/tx_parse.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netback/tx_parse.h>

#define FATAL 20u

static union nb_tx_slot ring[NB_RING_SIZE];
static struct nb_tx_packet pkt;

static union nb_tx_slot *slot(u32 i)
{
	return &ring[i % NB_RING_SIZE];
}

static enum nb_tx_verdict parse(u32 first, u32 avail)
{
	memset(&pkt, 0xa5, sizeof(pkt));
	return nb_tx_parse(ring, first, avail, FATAL, &pkt);
}

/* A chain of N fragments of SIZE bytes each; the first slot says TOTAL. */
static void chain(u32 first, u32 n, u32 size, u32 total)
{
	u32 i;

	for (i = 0; i < n; i++) {
		slot(first + i)->req = (struct nb_tx_req){
			.gref = 100 + i,
			.offset = 0,
			.flags = i + 1 < n ? NB_TXF_MORE_DATA : 0,
			.id = (u16)i,
			.size = (u16)size,
		};
	}
	slot(first)->req.size = (u16)total;
}

/* What holds for each packet that is accepted. */
static void check_packet(u32 avail)
{
	u32 i, sum = 0;

	assert_in_range(pkt.nr_frags, 1, NB_TX_FRAGS_MAX);
	assert_int_equal(pkt.slots, pkt.nr_frags + pkt.nr_extra);
	assert_true(pkt.slots <= avail);
	for (i = 0; i < pkt.nr_frags; i++) {
		assert_true((u32)pkt.frag[i].offset + pkt.frag[i].size <= XB_PAGE_SIZE);
		sum += pkt.frag[i].size;
	}
	assert_int_equal(sum, pkt.len);
	assert_true(pkt.len >= NB_TX_LEN_MIN && pkt.len <= 65535);
}

static void chains(void **state)
{
	static const u32 sizes[] = { 0, 1, 13, 14, 60, 1000, 4095, 4096 };
	u32 n, s, firsts[] = { 0, 5, 250, 0xfffffff8u }, f, head;

	(void)state;
	for (f = 0; f < ARRAY_SIZE(firsts); f++)
		for (n = 1; n <= 24; n++)
			for (s = 0; s < ARRAY_SIZE(sizes); s++)
				for (head = 0; head <= 4096; head += 64) {
					u32 total = (n - 1) * sizes[s] + head;
					enum nb_tx_verdict v;

					if (total > 65535)
						continue;
					chain(firsts[f], n, sizes[s], total);
					v = parse(firsts[f], n);
					if (n > FATAL) {
						assert_int_equal(v, NB_TX_FATAL);
					} else if (n > NB_TX_FRAGS_MAX || total < NB_TX_LEN_MIN) {
						assert_int_equal(v, NB_TX_DROP);
						assert_int_equal(pkt.slots, n);
						assert_non_null(pkt.why);
					} else {
						assert_int_equal(v, NB_TX_PACKET);
						assert_int_equal(pkt.slots, n);
						assert_int_equal(pkt.len, total);
						assert_int_equal(pkt.frag[0].size, head);
						check_packet(n);
					}
				}
}

static void too_short(void **state)
{
	u32 n, avail;

	(void)state;
	/* The last slot promises another. */
	for (n = 2; n <= 19; n++)
		for (avail = 1; avail < n; avail++) {
			chain(0, n, 100, 100 * n);
			assert_int_equal(parse(0, avail), NB_TX_FATAL);
		}
}

static void never_ends(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < NB_RING_SIZE; i++)
		ring[i].req = (struct nb_tx_req){ .flags = NB_TXF_MORE_DATA, .size = 0 };
	assert_int_equal(parse(7, NB_RING_SIZE), NB_TX_FATAL);
	for (i = 0; i < NB_RING_SIZE; i++)
		ring[i].extra = (struct nb_extra){ .type = NB_EXTRA_XDP, .flags = NB_EXTRAF_MORE };
	slot(7)->req = (struct nb_tx_req){ .flags = NB_TXF_EXTRA_INFO, .size = 60 };
	assert_int_equal(parse(7, NB_RING_SIZE), NB_TX_FATAL);
	assert_true(pkt.slots <= 3);
}

static void pages(void **state)
{
	u32 off, size, which;

	(void)state;
	for (which = 0; which < 3; which++)
		for (off = 0; off <= 65535; off += off < 4090 ? 409 : off < 4100 ? 1 : 3001)
			for (size = 0; size <= 4097; size += size < 4090 ? 409 : 1) {
				chain(0, 3, 100, 300);
				slot(which)->req.offset = (u16)off;
				if (which)
					slot(which)->req.size = (u16)size;
				slot(0)->req.size = (u16)(which ? 200 + size : 200 + size);
				if (off + size > 4096) {
					assert_int_equal(parse(0, 3), NB_TX_FATAL);
				} else {
					assert_int_equal(parse(0, 3), NB_TX_PACKET);
					check_packet(3);
				}
			}
}

static void sum_mismatch(void **state)
{
	(void)state;
	chain(0, 3, 4096, 4096 * 2 - 1);	/* the others are longer than all */
	assert_int_equal(parse(0, 3), NB_TX_DROP);
	assert_int_equal(pkt.slots, 3);
	chain(0, 3, 4096, 4096 * 3 + 1);	/* what is left for the first is over a page */
	assert_int_equal(parse(0, 3), NB_TX_FATAL);
	chain(0, 17, 4096, 0);			/* 64 KiB overflowed the sum */
	assert_int_equal(parse(0, 17), NB_TX_DROP);
	assert_int_equal(pkt.slots, 17);
}

static void extras(void **state)
{
	u32 type, again, size, gso;

	(void)state;
	for (type = 0; type < 256; type++) {
		chain(0, 1, 60, 60);
		slot(0)->req.flags = NB_TXF_EXTRA_INFO;
		slot(1)->extra = (struct nb_extra){ .type = (u8)type };
		slot(1)->extra.u.gso.size = 1448;
		slot(1)->extra.u.gso.type = 1;
		if (type == NB_EXTRA_MCAST_ADD || type == NB_EXTRA_MCAST_DEL) {
			assert_int_equal(parse(0, 2), NB_TX_MCAST);
			assert_int_equal(pkt.mcast_add, type == NB_EXTRA_MCAST_ADD);
			assert_int_equal(pkt.slots, 2);
		} else if (type && type < NB_EXTRA_TYPES) {
			assert_int_equal(parse(0, 2), NB_TX_PACKET);
			assert_int_equal(pkt.nr_extra, 1);
			check_packet(2);
		} else {
			assert_int_equal(parse(0, 2), NB_TX_FATAL);
		}
		assert_int_equal(parse(0, 1), NB_TX_FATAL);	/* it is not there */
	}
	for (again = 1; again < NB_EXTRA_TYPES; again++) {	/* each type twice */
		slot(1)->extra = (struct nb_extra){ .type = (u8)again, .flags = NB_EXTRAF_MORE };
		slot(1)->extra.u.gso.size = 1000;
		slot(1)->extra.u.gso.type = 2;
		*slot(2) = *slot(1);
		assert_int_equal(parse(0, 10), NB_TX_FATAL);
	}
	for (size = 0; size <= 65535; size += 4369)
		for (gso = 0; gso < 256; gso++) {
			slot(1)->extra = (struct nb_extra){ .type = NB_EXTRA_GSO };
			slot(1)->extra.u.gso.size = (u16)size;
			slot(1)->extra.u.gso.type = (u8)gso;
			if (size && (gso == 1 || gso == 2)) {
				assert_int_equal(parse(0, 2), NB_TX_PACKET);
				assert_int_equal(pkt.gso_size, size);
				assert_int_equal(pkt.gso_type, gso);
			} else {
				assert_int_equal(parse(0, 2), NB_TX_FATAL);
			}
		}
}

static void extras_and_data(void **state)
{
	u32 n;

	(void)state;
	for (n = 1; n <= 19; n++) {
		chain(250, n + 2, 100, 100 * n);
		slot(250)->req.flags = NB_TXF_EXTRA_INFO | (n > 1 ? NB_TXF_MORE_DATA : 0);
		slot(251)->extra = (struct nb_extra){ .type = NB_EXTRA_GSO, .flags = NB_EXTRAF_MORE };
		slot(251)->extra.u.gso.size = 536;
		slot(251)->extra.u.gso.type = 1;
		slot(252)->extra = (struct nb_extra){ .type = NB_EXTRA_HASH };
		slot(252)->extra.u.hash.type = 3;
		slot(252)->extra.u.hash.value[0] = 0x42;
		assert_int_equal(parse(250, n + 2), NB_TX_PACKET);
		assert_int_equal(pkt.nr_extra, 2);
		assert_int_equal(pkt.nr_frags, n);
		assert_int_equal(pkt.slots, n + 2);
		assert_int_equal(pkt.gso_size, 536);
		assert_int_equal(pkt.hash_type, 4);
		assert_int_equal(pkt.hash & 0xff, 0x42);
		check_packet(n + 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains),
		cmocka_unit_test(too_short),
		cmocka_unit_test(never_ends),
		cmocka_unit_test(pages),
		cmocka_unit_test(sum_mismatch),
		cmocka_unit_test(extras),
		cmocka_unit_test(extras_and_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

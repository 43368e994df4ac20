/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_nb_hash.c: Toeplitz against the published examples, headers found and not, and the control
 * ring's seven messages with wrong offsets and sizes.
 *
 * SOURCES: linux/drivers/xen/netback/hash.c linux/drivers/xen/netback/packet.c
 * SOURCES: linux/drivers/xen/netback/ctrl_parse.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netback/ctrl_parse.h>

/* The key and the first three rows of the verification suite of receive-side scaling. */
static const u8 key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

struct example {
	u8 src[4], dst[4];
	u16 sport, dport;
	u32 ip, tcp;
};

static const struct example examples[] = {
	{ { 66, 9, 149, 187 }, { 161, 142, 100, 80 }, 2794, 1766, 0x323e8fc2, 0x51ccc178 },
	{ { 199, 92, 111, 2 }, { 65, 69, 140, 83 }, 14230, 4739, 0xd718262a, 0xc626b0ea },
	{ { 24, 19, 198, 95 }, { 12, 22, 207, 184 }, 12898, 38024, 0xd2d0a5de, 0x5c2b394a },
};

static struct nb_hash hash;

static void set_key(void)
{
	memset(&hash, 0, sizeof(hash));
	memcpy(hash.key, key, sizeof(key));
	hash.alg = NB_HASH_TOEPLITZ;
	hash.flags = NB_HASH_FLAGS;
	nb_hash_table(&hash);
}

static u32 frame(u8 *p, const struct example *e, u8 proto)
{
	memset(p, 0, 14 + 20 + 20);
	p[12] = 8;
	p[14] = 0x45;
	p[14 + 9] = proto;
	memcpy(p + 26, e->src, 4);
	memcpy(p + 30, e->dst, 4);
	p[34] = (u8)(e->sport >> 8);
	p[35] = (u8)e->sport;
	p[36] = (u8)(e->dport >> 8);
	p[37] = (u8)e->dport;
	p[34 + 12] = 0x50;
	return 54;
}

static void toeplitz(void **state)
{
	struct nb_headers h;
	u8 p[64];
	u32 i, len, value;

	(void)state;
	set_key();
	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		len = frame(p, &examples[i], 6);
		nb_headers_find(p, len, &h);
		assert_int_equal(nb_hash_packet(&hash, &h, p, &value), 2);
		assert_int_equal(value, examples[i].tcp);
		len = frame(p, &examples[i], 17);
		nb_headers_find(p, len, &h);
		assert_int_equal(nb_hash_packet(&hash, &h, p, &value), 1);
		assert_int_equal(value, examples[i].ip);
		p[20] = 0x20;	/* a fragment has no ports */
		p[23] = 6;
		nb_headers_find(p, len, &h);
		assert_int_equal(nb_hash_packet(&hash, &h, p, &value), 1);
	}
	/* No key: always 0. Types that were not asked for: none. */
	memset(hash.key, 0, sizeof(hash.key));
	nb_hash_table(&hash);
	assert_int_equal(nb_hash_packet(&hash, &h, p, &value), 1);
	assert_int_equal(value, 0);
	hash.flags = NB_HASH_IPV6 | NB_HASH_IPV6_TCP;
	assert_int_equal(nb_hash_packet(&hash, &h, p, &value), 0);
	hash.flags = NB_HASH_FLAGS;
	hash.alg = NB_HASH_NONE;
	assert_int_equal(nb_hash_packet(&hash, &h, p, &value), 0);
}

/* Bit by bit, as the protocol's text says. */
static u32 slow(const u8 *data, u32 len)
{
	u64 window = 0, sum = 0;
	u32 i, bit, next = 8;

	for (i = 0; i < 8; i++)
		window = window << 8 | key[i];
	for (i = 0; i < len; i++, next++) {
		for (bit = 0; bit < 8; bit++, window <<= 1)
			if (data[i] & (0x80 >> bit))
				sum ^= window;
		window |= next < sizeof(key) ? key[next] : 0;
	}
	return (u32)(sum >> 32);
}

static void table(void **state)
{
	u8 data[NB_HASH_INPUT_MAX];
	u32 i, len, round;

	(void)state;
	set_key();
	srand(1);
	for (round = 0; round < 2000; round++) {
		len = (u32)rand() % (sizeof(data) + 1);
		for (i = 0; i < sizeof(data); i++)
			data[i] = (u8)rand();
		assert_int_equal(nb_hash_bytes(&hash, data, len), slow(data, len));
	}
}

static void headers(void **state)
{
	static const u8 tags[] = { 0x81, 0, 0, 5, 0x88, 0xa8, 0, 6 };
	struct nb_headers h;
	u8 p[200], q[200], *exact;
	u32 len, full;

	(void)state;
	full = frame(p, &examples[0], 6);
	memcpy(q, p, 12);
	memcpy(q + 12, tags, 8);
	memcpy(q + 20, p + 12, full - 12);
	nb_headers_find(q, full + 8, &h);
	assert_true(h.l3 == 4 && h.l4 == 6 && h.l4_off == 42 && h.end == 62);
	/* Cut off anywhere: nothing that is not there is found. */
	for (len = 0; len <= full + 8; len++) {
		exact = malloc(len ? len : 1);
		memcpy(exact, q, len);
		nb_headers_find(exact, len, &h);
		assert_true(h.end <= len);
		assert_int_equal(!!h.end, len == full + 8);
		free(exact);
	}
	/* IPv6 with options, a routing header and UDP. */
	memset(p, 0, sizeof(p));
	p[12] = 0x86;
	p[13] = 0xdd;
	p[14] = 0x60;
	p[20] = 0;
	p[54] = 43;
	p[55] = 1;
	p[70] = 17;
	nb_headers_find(p, 86, &h);
	assert_true(h.l3 == 6 && h.l4 == 17 && h.l4_off == 78 && h.end == 86);
	nb_headers_find(p, 85, &h);
	assert_true(h.l3 == 6 && !h.l4 && !h.end);
	p[55] = 255;	/* far beyond */
	nb_headers_find(p, 86, &h);
	assert_true(h.l3 == 6 && !h.l4);
}

static u32 ask(u32 type, u32 a, u32 b, u32 c, u32 *bytes)
{
	struct nb_ctrl_req req = { .type = (u16)type, .data = { a, b, c } };

	return nb_ctrl_check(&hash, &req, bytes);
}

static u32 apply(u32 type, u32 a, u32 b, u32 c, const void *data, u32 *out)
{
	struct nb_ctrl_req req = { .id = 9, .type = (u16)type, .data = { a, b, c } };
	struct nb_ctrl_rsp rsp = { .id = 9 };

	nb_ctrl_apply(&hash, &req, data, 4, &rsp);
	*out = rsp.data;
	return rsp.status;
}

static void control(void **state)
{
	static const u32 map[8] = { 0, 1, 2, 3, 3, 2, 1, 0 }, wrong[2] = { 1, 4 };
	u32 n, count, off, out;

	(void)state;
	memset(&hash, 0, sizeof(hash));
	assert_int_equal(ask(NB_CTRL_GET_HASH_FLAGS, 0, 0, 0, &n), NB_CTRL_NOT_SUPPORTED);
	assert_int_equal(ask(NB_CTRL_SET_HASH_FLAGS, 1, 0, 0, &n), NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(ask(NB_CTRL_SET_HASH_ALGORITHM, 2, 0, 0, &n), NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(ask(NB_CTRL_SET_HASH_ALGORITHM, 1, 0, 0, &n), NB_CTRL_SUCCESS);
	assert_int_equal(apply(NB_CTRL_SET_HASH_ALGORITHM, 1, 0, 0, map, &out), NB_CTRL_SUCCESS);
	assert_int_equal(ask(NB_CTRL_GET_HASH_FLAGS, 0, 0, 0, &n), NB_CTRL_SUCCESS);
	assert_int_equal(apply(NB_CTRL_GET_HASH_FLAGS, 0, 0, 0, map, &out), NB_CTRL_SUCCESS);
	assert_int_equal(out, 15);
	assert_int_equal(ask(NB_CTRL_SET_HASH_FLAGS, 16, 0, 0, &n), NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(ask(NB_CTRL_SET_HASH_FLAGS, 15, 0, 0, &n), NB_CTRL_SUCCESS);
	for (n = 0, count = 0; count < 100; count++)
		assert_int_equal(ask(NB_CTRL_SET_HASH_KEY, 7, count, 0, &n),
				 count > 40 ? NB_CTRL_BUFFER_OVERFLOW : NB_CTRL_SUCCESS);
	assert_int_equal(ask(NB_CTRL_SET_HASH_KEY, 7, ~0u, 0, &n), NB_CTRL_BUFFER_OVERFLOW);
	assert_int_equal(ask(NB_CTRL_SET_HASH_MAPPING_SIZE, 129, 0, 0, &n),
			 NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(ask(NB_CTRL_SET_HASH_MAPPING_SIZE, ~0u, 0, 0, &n),
			 NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(apply(NB_CTRL_SET_HASH_MAPPING_SIZE, 8, 0, 0, map, &out), NB_CTRL_SUCCESS);
	for (count = 0; count < 140; count++)
		for (off = 0; off < 140; off++) {
			u32 want = count > NB_HASH_MAP_MAX ? NB_CTRL_BUFFER_OVERFLOW :
				   off + count > 8 ? NB_CTRL_INVALID_PARAMETER : NB_CTRL_SUCCESS;

			assert_int_equal(ask(NB_CTRL_SET_HASH_MAPPING, 1, count, off, &n), want);
			assert_int_equal(n, want ? 0 : count * 4);
		}
	assert_int_equal(ask(NB_CTRL_SET_HASH_MAPPING, 1, 2, ~0u, &n), NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(ask(NB_CTRL_SET_HASH_MAPPING, 1, ~0u, 2, &n), NB_CTRL_BUFFER_OVERFLOW);
	assert_int_equal(apply(NB_CTRL_SET_HASH_MAPPING, 1, 8, 0, map, &out), NB_CTRL_SUCCESS);
	assert_int_equal(nb_hash_queue(&hash, 12, 4), 3);
	/* The table is older than the queues. */
	assert_int_equal(nb_hash_queue(&hash, 12, 2), 1);
	assert_int_equal(apply(NB_CTRL_SET_HASH_MAPPING, 1, 2, 6, wrong, &out),
			 NB_CTRL_INVALID_PARAMETER);
	assert_int_equal(ask(0, 0, 0, 0, &out), NB_CTRL_NOT_SUPPORTED);
	for (n = 8; n < 65536; n++)
		assert_int_equal(ask(n, 0, 0, 0, &out), NB_CTRL_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(toeplitz),
		cmocka_unit_test(table),
		cmocka_unit_test(headers),
		cmocka_unit_test(control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

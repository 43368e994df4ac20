/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_nf_meta.c: where headers end, what segmentation is believed, addresses, adaptive polling.
 *
 * SOURCES: linux/drivers/xen/netfront/meta.c linux/drivers/xen/netfront/busy.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netfront/busy.h>
#include <netfront/meta.h>

/* A packet of TYPE with TAGS VLAN tags, in memory that ends where the packet ends. */
static u8 *packet(u32 len, u16 type, u32 tags, u32 *ip)
{
	u8 *p = calloc(1, len ? len : 1);
	u32 off = 12;

	for (; tags-- && off + 4 <= len; off += 4) {
		p[off] = 0x81;
		p[off + 1] = 0;
	}
	if (off + 2 <= len) {
		p[off] = type >> 8;
		p[off + 1] = (u8)type;
	}
	*ip = off + 2;
	return p;
}

static void headers_v4(void **state)
{
	struct nf_hdr h;
	u32 ip;
	u8 *p;

	(void)state;
	for (u32 tags = 0; tags < 3; tags++)
		for (u32 ihl = 5; ihl <= 15; ihl++)
			for (u32 doff = 5; doff <= 15; doff++) {
				p = packet(NF_HDR_MAX, 0x0800, tags, &ip);
				p[ip] = 0x40 | ihl;
				p[ip + 9] = 6;
				p[ip + ihl * 4 + 12] = doff << 4;
				nf_hdr_find(p, NF_HDR_MAX, &h);
				assert_int_equal(h.ip, 4);
				assert_int_equal(h.proto, 6);
				assert_int_equal(h.len, ip + ihl * 4 + doff * 4);
				p[ip + 9] = 17;
				nf_hdr_find(p, NF_HDR_MAX, &h);
				assert_int_equal(h.len, ip + ihl * 4 + 8);
				p[ip + 7] = 1;		/* a fragment: no transport header */
				nf_hdr_find(p, NF_HDR_MAX, &h);
				assert_int_equal(h.proto, 0);
				assert_int_equal(h.len, ip + ihl * 4);
				free(p);
			}
}

static void headers_v6(void **state)
{
	struct nf_hdr h;
	u32 ip;
	u8 *p = packet(NF_HDR_MAX, 0x86dd, 0, &ip);

	(void)state;
	p[ip] = 0x60;
	p[ip + 6] = 6;
	p[ip + 40 + 12] = 8 << 4;
	nf_hdr_find(p, NF_HDR_MAX, &h);
	assert_int_equal(h.ip, 6);
	assert_int_equal(h.len, 14 + 40 + 32);
	p[ip + 6] = 0;
	nf_hdr_find(p, NF_HDR_MAX, &h);
	assert_int_equal(h.len, 14 + 40);
	free(p);
}

/* Cut after every byte, with every first byte of the IP header: never beyond, never too long. */
static void headers_cut(void **state)
{
	static const u16 types[] = { 0x0800, 0x86dd, 0x0806, 0x8100 };
	struct nf_hdr h;

	(void)state;
	for (u32 len = 0; len <= 100; len++)
		for (u32 t = 0; t < ARRAY_SIZE(types); t++)
			for (u32 tags = 0; tags < 4; tags++)
				for (u32 first = 0; first < 256; first++) {
					u32 ip;
					u8 *p = packet(len, types[t], tags, &ip);

					if (ip < len)
						p[ip] = first;
					if (ip + 9 < len)
						p[ip + 9] = 6;
					if (ip + 6 < len)
						p[ip + 6] = types[t] == 0x86dd ? 6 : 0;
					nf_hdr_find(p, len, &h);
					assert_true(h.len <= len);
					assert_true(len < 14 || h.len >= 14);
					free(p);
				}
}

static void segmentation(void **state)
{
	const struct nf_hdr tcp4 = { .len = 54, .ip = 4, .proto = 6 };
	const struct nf_hdr udp4 = { .len = 42, .ip = 4, .proto = 17 };
	const struct nf_hdr tcp6 = { .len = 74, .ip = 6, .proto = 6 };
	const struct nf_hdr ext6 = { .len = 54, .ip = 6, .proto = 0 };
	const struct nf_hdr arp = { .len = 14 };
	const struct {
		u16 size;
		u8 type;
		const struct nf_hdr *h;
		u32 len;
		int want;
		u16 left;
	} t[] = {
		{ 0, 0, &arp, 60, 0, 0 }, { 0, 0, &arp, 13, -EPROTO, 0 },
		{ 0, 0, &arp, 65536, -EPROTO, 0 },
		{ 1448, 1, &tcp4, 65000, 0, 1448 }, { 1448, 2, &tcp6, 65000, 0, 1448 },
		{ 1448, 2, &ext6, 65000, 0, 1448 },
		{ 1448, 2, &tcp4, 65000, -EPROTO, 0 }, { 1448, 1, &tcp6, 65000, -EPROTO, 0 },
		{ 1448, 1, &udp4, 65000, -EPROTO, 0 }, { 1448, 1, &arp, 65000, -EPROTO, 0 },
		{ 1448, 3, &tcp4, 65000, -EPROTO, 0 }, { 1448, 255, &tcp4, 65000, -EPROTO, 0 },
		{ 1448, 0, &tcp4, 65000, -EPROTO, 0 }, { 0, 1, &tcp4, 65000, -EPROTO, 0 },
		{ 1, 1, &tcp4, 65000, -EPROTO, 0 }, { 7, 1, &tcp4, 65000, -EPROTO, 0 },
		{ 8, 1, &tcp4, 65000, 0, 8 },
		/* One segment. */
		{ 1448, 1, &tcp4, 54 + 1448, 0, 0 }, { 1448, 1, &tcp4, 54 + 1449, 0, 1448 },
		{ 65535, 1, &tcp4, 65535, 0, 0 },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		struct nf_meta m = { .gso_size = t[i].size, .gso_type = t[i].type };

		assert_int_equal(nf_meta_check(&m, t[i].h, t[i].len), t[i].want);
		if (!t[i].want) {
			assert_int_equal(m.gso_size, t[i].left);
			assert_int_equal(!m.gso_type, !t[i].left);
		}
	}
}

static void addresses(void **state)
{
	static const char * const bad[] = {
		"", ":", "00:16:3e:00:00", "00:16:3e:00:00:01:", "00:16:3e:00:00:01:02",
		"00:16:3e:00:00:1g", "00:00:00:00:00:00", "01:16:3e:00:00:01", "ff:ff:ff:ff:ff:ff",
		"00-16-3e-00-00-01", " 00:16:3e:00:00:01", "00:16:3e:00:00:001", "::::::",
	};
	static const u8 want[6] = { 0x00, 0x16, 0x3e, 0xaB, 0x00, 0x01 };
	u8 mac[6];

	(void)state;
	assert_int_equal(nf_mac_parse("00:16:3e:aB:00:01", mac), 0);
	assert_memory_equal(mac, want, 6);
	assert_int_equal(nf_mac_parse("0:16:3E:ab:0:1", mac), 0);
	assert_memory_equal(mac, want, 6);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(nf_mac_parse(bad[i], mac), -EINVAL);
	assert_memory_equal(mac, want, 6);
}

static void pages(void **state)
{
	(void)state;
	assert_int_equal(nf_pages(0, 1), 1);
	assert_int_equal(nf_pages(0, 4096), 1);
	assert_int_equal(nf_pages(1, 4096), 2);
	assert_int_equal(nf_pages(4095, 2), 2);
	assert_int_equal(nf_pages(4096 + 4095, 65535), 17);
}

/* Where polling never pays, it is tried ever more rarely; where it pays, it goes on. */
static void polling(void **state)
{
	struct nf_busy b;
	u64 now = 1000;
	u32 tries = 0, sleeps = 0;

	(void)state;
	nf_busy_init(&b, 0);
	assert_false(nf_busy_wanted(&b));
	assert_false(nf_busy_idle(&b, now));

	nf_busy_init(&b, 20000);
	while (sleeps < 10000) {
		u64 start = now;

		while (nf_busy_idle(&b, now))
			now += 500;
		tries += now != start;
		assert_true(now - start <= 20500);
		sleeps++;
	}
	assert_in_range(tries, 10, 60);

	b.skip = 0;
	for (u32 i = 0; i < 100; i++) {
		assert_true(nf_busy_idle(&b, now));
		now += 1000;
		nf_busy_hit(&b);
	}
	assert_int_equal(b.window_ns, 20000);
	assert_int_equal(b.fails, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_v4),
		cmocka_unit_test(headers_v6),
		cmocka_unit_test(headers_cut),
		cmocka_unit_test(segmentation),
		cmocka_unit_test(addresses),
		cmocka_unit_test(pages),
		cmocka_unit_test(polling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

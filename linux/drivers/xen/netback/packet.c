/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.c: link layer (with up to two VLAN tags), IPv4, IPv6 with its extension headers, TCP, UDP.
 * Plain C.
 *
 * Invariants: no byte beyond LEN is read; when l4 is set, 14 <= l3_off < l4_off < end <= LEN.
 */
#include "packet.h"

static u32 be16_at(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

static void find_l4(const u8 *data, u32 len, u32 off, u32 proto, struct nb_headers *h)
{
	u32 size;

	if (proto == NB_PROTO_TCP) {
		if (off + 20 > len)
			return;
		size = (data[off + 12] >> 4) * 4u;
		if (size < 20)
			return;
	} else if (proto == NB_PROTO_UDP) {
		size = 8;
	} else {
		return;
	}
	if (off + size > len)
		return;
	h->l4 = (u8)proto;
	h->l4_off = (u16)off;
	h->end = (u16)(off + size);
}

static void find_ipv4(const u8 *data, u32 len, u32 off, struct nb_headers *h)
{
	u32 size;

	if (off + 20 > len || data[off] >> 4 != 4)
		return;
	size = (data[off] & 15) * 4u;
	if (size < 20 || off + size > len)
		return;
	h->l3 = 4;
	h->l3_off = (u16)off;
	if (be16_at(data + off + 6) & 0x3fff)	/* more fragments, or not the first */
		return;
	find_l4(data, len, off + size, data[off + 9], h);
}

static void find_ipv6(const u8 *data, u32 len, u32 off, struct nb_headers *h)
{
	u32 proto, i;

	if (off + 40 > len || data[off] >> 4 != 6)
		return;
	h->l3 = 6;
	h->l3_off = (u16)off;
	proto = data[off + 6];
	off += 40;
	for (i = 0; i < 8; i++) {
		/* hop-by-hop options, routing, destination options; all others end the search */
		if (proto != 0 && proto != 43 && proto != 60)
			break;
		if (off + 8 > len)
			return;
		proto = data[off];
		off += 8 + data[off + 1] * 8u;
	}
	find_l4(data, len, off, proto, h);
}

void nb_headers_find(const u8 *data, u32 len, struct nb_headers *h)
{
	u32 off = 12, type, tags = 0;

	*h = (struct nb_headers){ 0 };
	if (len > 0xffff)
		len = 0xffff;
	for (;;) {
		if (off + 2 > len)
			return;
		type = be16_at(data + off);
		off += 2;
		if ((type != 0x8100 && type != 0x88a8) || ++tags > 2)
			break;
		off += 2;
	}
	if (type == 0x0800)
		find_ipv4(data, len, off, h);
	else if (type == 0x86dd)
		find_ipv6(data, len, off, h);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* meta.c: see meta.h. Invariant: no byte at or beyond LEN is read, whatever the headers claim. */
#include "meta.h"

#define ETH		14u
#define PROTO_TCP	6u
#define PROTO_UDP	17u

static u32 be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* Length of the transport header at OFF, as far as it is there. */
static u32 transport(const u8 *p, u32 off, u32 len, u8 proto)
{
	u32 n = 0;

	if (proto == PROTO_UDP)
		n = 8;
	else if (proto == PROTO_TCP && off + 13 <= len)
		n = (p[off + 12] >> 4) * 4u < 20 ? 20 : (p[off + 12] >> 4) * 4u;
	return off + n < len ? off + n : len;
}

static void ipv4(const u8 *p, u32 off, u32 len, struct nf_hdr *h)
{
	u32 n;

	if (off + 20 > len)
		return;
	n = (p[off] & 15u) * 4;
	if (p[off] >> 4 != 4 || n < 20 || off + n > len)
		return;
	h->ip = 4;
	h->len = off + n;
	if (be16(p + off + 6) & 0x3fff)		/* a fragment */
		return;
	h->proto = p[off + 9];
	h->len = transport(p, off + n, len, h->proto);
}

static void ipv6(const u8 *p, u32 off, u32 len, struct nf_hdr *h)
{
	if (off + 40 > len || p[off] >> 4 != 6)
		return;
	h->ip = 6;
	h->proto = p[off + 6];			/* with extension headers: neither TCP nor UDP */
	h->len = transport(p, off + 40, len, h->proto);
}

void nf_hdr_find(const u8 *p, u32 len, struct nf_hdr *h)
{
	u32 off = ETH, type, tags = 0;

	h->ip = 0;
	h->proto = 0;
	h->len = len < ETH ? len : ETH;
	if (len < ETH)
		return;
	type = be16(p + 12);
	while ((type == 0x8100 || type == 0x88a8) && tags++ < 2 && off + 4 <= len) {
		type = be16(p + off + 2);
		off += 4;
	}
	h->len = off;
	if (type == 0x0800)
		ipv4(p, off, len, h);
	else if (type == 0x86dd)
		ipv6(p, off, len, h);
}

int nf_meta_check(struct nf_meta *m, const struct nf_hdr *h, u32 len)
{
	if (len < ETH || len > 65535)
		return -EPROTO;
	if (!m->gso_size && !m->gso_type)
		return 0;
	if (m->gso_size < NF_GSO_MIN || m->gso_type < 1 || m->gso_type > 2)
		return -EPROTO;
	/* IPv6 with extension headers in front of TCP is left to the kernel, which checks again. */
	if (h->ip != (m->gso_type == 1 ? 4 : 6) || (h->ip == 4 && h->proto != PROTO_TCP) ||
	    h->proto == PROTO_UDP)
		return -EPROTO;
	if (len <= h->len + m->gso_size) {
		m->gso_size = 0;
		m->gso_type = 0;
	}
	return 0;
}

int nf_mac_parse(const char *s, u8 mac[6])
{
	u8 out[6], any = 0;
	int i, hi, lo;

	for (i = 0; i < 6; i++) {
		hi = hex_to_bin(*s);
		if (hi < 0)
			return -EINVAL;
		lo = hex_to_bin(*++s);
		if (lo >= 0) {
			hi = hi * 16 + lo;
			s++;
		}
		out[i] = hi;
		any |= hi;
		if (*s != (i == 5 ? '\0' : ':'))
			return -EINVAL;
		s += i != 5;
	}
	if (!any || (out[0] & 1))
		return -EINVAL;
	memcpy(mac, out, sizeof(out));
	return 0;
}

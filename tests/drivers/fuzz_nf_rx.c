/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_nf_rx.c: netfront and a backend that writes what it likes into the receive ring, and into
 * the packets.
 *
 * The input: where the ring's indices are, the entries, then bytes of a packet. Ids are made right
 * for most inputs, as nearly all others would end at the first slot.
 *
 * SOURCES: linux/drivers/xen/netfront/rx_parse.c linux/drivers/xen/netfront/meta.c
 */
#include <stdlib.h>
#include <netfront/meta.h>
#include <netfront/rx_parse.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_packet(const struct nf_rx_pkt *p, u32 have)
{
	u32 i, len = 0;

	check(p->nr >= 1 && p->nr <= NF_RX_MAX_SLOTS && p->nr_extra <= NF_RX_MAX_EXTRA);
	check(p->nr + p->nr_extra <= have);
	for (i = 0; i < p->nr; i++) {
		check(p->slot[i].off + p->slot[i].len <= XB_PAGE_SIZE);
		len += p->slot[i].len;
	}
	check(len == p->len && (p->drop || len <= 65535));
	check(p->hash_type <= 4);
}

static void check_bytes(const struct nf_rx_pkt *p, const uint8_t *bytes, size_t size)
{
	struct nf_meta m = { .gso_size = p->gso_size, .gso_type = p->gso_type };
	u32 n = size < NF_HDR_MAX ? size : NF_HDR_MAX;
	u8 *copy = malloc(n ? n : 1);
	struct nf_hdr h;

	memcpy(copy, bytes, n);
	nf_hdr_find(copy, n, &h);
	check(h.len <= n);
	if (!nf_meta_check(&m, &h, p->len)) {
		check(!m.gso_size == !m.gso_type);
		check(!m.gso_size || (m.gso_size >= NF_GSO_MIN && p->len > h.len + m.gso_size));
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static u64 ring[NF_RX_RING];
	struct nf_rx_pkt p;
	u32 cons, prod, i, nr;
	bool fix;
	int ret;

	if (size < 8)
		return 0;
	memcpy(&cons, bytes, sizeof(cons));
	nr = bytes[4] + (bytes[5] & 1u);
	fix = bytes[6] & 7;
	bytes += 8;
	size -= 8;
	memset(ring, 0, sizeof(ring));
	for (i = 0; i < nr && size >= 8; i++, bytes += 8, size -= 8) {
		u64 *slot = &ring[(cons + i) % NF_RX_RING];

		memcpy(slot, bytes, 8);
		if (fix && !(bytes[7] & 0x40))
			*slot = (*slot & ~0xffffull) | (cons + i) % NF_RX_RING;
	}
	for (prod = cons + i; cons != prod; cons += p.nr + p.nr_extra) {
		ret = nf_rx_parse(ring, cons, prod, &p);
		check(ret == 0 || ret == 1 || ret == -EPROTO);
		if (ret < 0)
			check(p.why);
		if (ret <= 0)
			break;
		check_packet(&p, prod - cons);
		check_bytes(&p, bytes, size);
	}
	return 0;
}

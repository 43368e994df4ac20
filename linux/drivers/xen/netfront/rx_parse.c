/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rx_parse.c: see rx_parse.h.
 *
 * Invariants: an entry is read once, as a whole; nothing about it is taken from the ring again.
 * What is refused is what no correct peer does (a slot beyond its page, another request's id, too
 * many slots); what only spoils one packet (a failed copy, an unknown extra) drops that packet.
 */
#include "rx_parse.h"

#define RX_VALIDATED	0x1u
#define RX_BLANK	0x2u
#define RX_MORE		0x4u
#define RX_EXTRA	0x8u

#define EXTRA_GSO	1u
#define EXTRA_HASH	4u
#define EXTRA_XDP	5u
#define EXTRA_MORE	0x1u

#define HASH_TOEPLITZ	1u

struct raw {
	u16 id, off, flags;
	s16 status;
};

struct raw_extra {
	u8 type, flags;
	u8 b[6];
};

_Static_assert(sizeof(struct raw) == 8 && sizeof(struct raw_extra) == 8, "an entry is 8 bytes");

static u64 entry(const u64 *slots, u32 idx)
{
	return xb_read_once(slots[idx % NF_RX_RING]);
}

static int refuse(struct nf_rx_pkt *pkt, const char *why)
{
	pkt->why = why;
	return -EPROTO;
}

static void take_extra(struct nf_rx_pkt *pkt, const struct raw_extra *x, u16 *headroom)
{
	switch (x->type) {
	case EXTRA_GSO:
		pkt->gso_size = x->b[0] | x->b[1] << 8;
		pkt->gso_type = x->b[2];
		/* A size without a type, or the reverse, is left for the check of the packet. */
		if (!pkt->gso_type || !pkt->gso_size)
			pkt->drop = true;
		break;
	case EXTRA_HASH:
		if (x->b[0] < 4 && x->b[1] == HASH_TOEPLITZ)
			pkt->hash_type = x->b[0] + 1;
		memcpy(&pkt->hash, &x->b[2], sizeof(pkt->hash));
		break;
	case EXTRA_XDP:
		*headroom = x->b[0] | x->b[1] << 8;
		break;
	default:
		pkt->drop = true;
	}
}

/* The extra slots from IDX on; 1 when their end was found. */
static int parse_extras(const u64 *slots, u32 idx, u32 prod, struct nf_rx_pkt *pkt, u16 *headroom)
{
	struct raw_extra x;
	u32 seen = 0;
	u64 raw;

	do {
		if (idx == prod)
			return 0;
		if (pkt->nr_extra == NF_RX_MAX_EXTRA)
			return refuse(pkt, "too many extra slots");
		raw = entry(slots, idx++);
		memcpy(&x, &raw, sizeof(x));
		if (x.type < 32 && (seen & 1u << x.type))
			return refuse(pkt, "an extra slot twice");
		if (x.type < 32)
			seen |= 1u << x.type;
		take_extra(pkt, &x, headroom);
		pkt->nr_extra++;
	} while (x.flags & EXTRA_MORE);
	return 1;
}

/*
 * Where the bytes are. A peer that leaves headroom either says so in the offset, counts the bytes
 * only, and leaves none in a packet's further slots; or it leaves the offset 0, its count starts at
 * the page, and each slot has headroom: Linux's does. The first slot tells which of the two it is.
 */
static int place(const struct raw *r, u16 *headroom, struct nf_rx_slot *s)
{
	u32 off = r->off, end = off + r->status;

	if (off) {
		*headroom = 0;
	} else if (*headroom) {
		off = *headroom;
		end = r->status;
	}
	if (end < off || end > XB_PAGE_SIZE)
		return -EPROTO;
	s->off = off;
	s->len = end - off;
	return 0;
}

int nf_rx_parse(const u64 *slots, u32 cons, u32 prod, struct nf_rx_pkt *pkt)
{
	u16 headroom = 0;
	u32 idx = cons;
	struct raw r;
	u64 raw;
	int ret;

	pkt->len = 0;
	pkt->nr = 0;
	pkt->nr_extra = 0;
	pkt->drop = false;
	pkt->gso_type = 0;
	pkt->gso_size = 0;
	pkt->hash_type = 0;
	pkt->why = NULL;
	do {
		if (idx == prod)
			return 0;
		if (pkt->nr == NF_RX_MAX_SLOTS)
			return refuse(pkt, "a packet of too many slots");
		raw = entry(slots, idx);
		memcpy(&r, &raw, sizeof(r));
		if (r.id != idx % NF_RX_RING)
			return refuse(pkt, "response to another request than its slot's");
		idx++;
		if (!pkt->nr) {
			pkt->csum_blank = r.flags & RX_BLANK;
			pkt->csum_valid = r.flags & RX_VALIDATED;
			if (r.flags & RX_EXTRA) {
				ret = parse_extras(slots, idx, prod, pkt, &headroom);
				if (ret <= 0)
					return ret;
				idx += pkt->nr_extra;
			}
		}
		if (r.status < 0) {
			pkt->drop = true;
			r.status = 0;
			r.off = 0;
			pkt->slot[pkt->nr] = (struct nf_rx_slot){ 0 };
		} else if (place(&r, &headroom, &pkt->slot[pkt->nr])) {
			return refuse(pkt, "data beyond the page");
		}
		pkt->len += pkt->slot[pkt->nr++].len;
	} while (r.flags & RX_MORE);
	if (pkt->len > 65535)
		pkt->drop = true;
	return 1;
}

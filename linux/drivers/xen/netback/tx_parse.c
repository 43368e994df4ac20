/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tx_parse.c: counts and checks the slots of packets that a guest sends. Plain C.
 *
 * Invariants: reads only private copies, so that nothing changes between a check and its use. At
 * most AVAIL slots are looked at, at most NB_TX_FRAGS_MAX are kept. On NB_TX_PACKET every fragment
 * lies in one page and their sizes add up to len.
 */
#include "tx_parse.h"

static enum nb_tx_verdict fatal(struct nb_tx_packet *p, const char *why)
{
	p->why = why;
	return NB_TX_FATAL;
}

static const struct nb_tx_req *slot_req(const union nb_tx_slot *ring, u32 i)
{
	return &ring[i & (NB_RING_SIZE - 1)].req;
}

static enum nb_tx_verdict take_gso(const struct nb_extra *e, struct nb_tx_packet *p)
{
	if (!e->u.gso.size)
		return fatal(p, "segment size 0");
	if (e->u.gso.type != NB_GSO_TCPV4 && e->u.gso.type != NB_GSO_TCPV6)
		return fatal(p, "unknown type of segmentation");
	p->gso_size = e->u.gso.size;
	p->gso_type = e->u.gso.type;
	return NB_TX_PACKET;
}

static void take_hash(const struct nb_extra *e, struct nb_tx_packet *p)
{
	if (e->u.hash.type > 3)
		return;
	p->hash_type = 1 + e->u.hash.type;
	memcpy(&p->hash, e->u.hash.value, sizeof(p->hash));
}

/* The extras behind the first slot; each type at most once, so that there are five at most. */
static enum nb_tx_verdict take_extras(const union nb_tx_slot *ring, u32 first, u32 avail,
				      struct nb_tx_packet *p)
{
	enum nb_tx_verdict v = NB_TX_PACKET;
	const struct nb_extra *e;
	u32 seen = 0;

	do {
		if (p->slots >= avail)
			return fatal(p, "extra info is missing");
		e = &ring[(first + p->slots) & (NB_RING_SIZE - 1)].extra;
		if (!e->type || e->type >= NB_EXTRA_TYPES)
			return fatal(p, "unknown type of extra info");
		if (seen & (1u << e->type))
			return fatal(p, "extra info of one type twice");
		seen |= 1u << e->type;
		p->slots++;
		p->nr_extra++;
		switch (e->type) {
		case NB_EXTRA_GSO:
			if (take_gso(e, p) == NB_TX_FATAL)
				return NB_TX_FATAL;
			break;
		case NB_EXTRA_MCAST_ADD:
		case NB_EXTRA_MCAST_DEL:
			memcpy(p->mcast, e->u.mcast, sizeof(p->mcast));
			p->mcast_add = e->type == NB_EXTRA_MCAST_ADD;
			v = NB_TX_MCAST;
			break;
		case NB_EXTRA_HASH:
			take_hash(e, p);
			break;
		default:
			break;
		}
	} while (e->flags & NB_EXTRAF_MORE);
	return v;
}

/* The fragments behind the first; p->len becomes what is left for the first. */
static enum nb_tx_verdict take_frags(const union nb_tx_slot *ring, u32 first, u32 avail,
				     u32 fatal_frags, struct nb_tx_packet *p)
{
	enum nb_tx_verdict v = NB_TX_PACKET;
	const struct nb_tx_req *r;
	u32 count = 1;

	do {
		if (p->slots >= avail)
			return fatal(p, "a packet goes on beyond what was sent");
		if (count >= fatal_frags)
			return fatal(p, "a packet in too many slots");
		r = slot_req(ring, first + p->slots);
		p->slots++;
		count++;
		if ((u32)r->offset + r->size > XB_PAGE_SIZE)
			return fatal(p, "a fragment goes over its page");
		if (count > NB_TX_FRAGS_MAX) {
			p->why = "a packet in too many slots";
			v = NB_TX_DROP;
		} else if (r->size > p->len) {
			p->why = "fragments longer than their packet";
			v = NB_TX_DROP;
		}
		if (v == NB_TX_PACKET) {
			p->frag[count - 1] = (struct nb_tx_frag){ r->gref, r->offset, r->size };
			p->nr_frags = count;
			p->len -= r->size;
		}
	} while (r->flags & NB_TXF_MORE_DATA);
	return v;
}

enum nb_tx_verdict nb_tx_parse(const union nb_tx_slot *ring, u32 first, u32 avail, u32 fatal_frags,
			       struct nb_tx_packet *p)
{
	const struct nb_tx_req *r = slot_req(ring, first);
	enum nb_tx_verdict v = NB_TX_PACKET;

	p->slots = 1;
	p->nr_extra = 0;
	p->nr_frags = 1;
	p->len = r->size;
	p->flags = r->flags;
	p->gso_size = 0;
	p->gso_type = 0;
	p->hash_type = 0;
	p->why = NULL;

	if (r->flags & NB_TXF_EXTRA_INFO) {
		v = take_extras(ring, first, avail, p);
		if (v != NB_TX_PACKET)
			return v;
	}
	if (r->flags & NB_TXF_MORE_DATA) {
		v = take_frags(ring, first, avail, fatal_frags, p);
		if (v != NB_TX_PACKET)
			return v;
	}
	if (r->size < NB_TX_LEN_MIN) {
		p->why = "a packet without a whole header";
		return NB_TX_DROP;
	}
	if ((u32)r->offset + p->len > XB_PAGE_SIZE)
		return fatal(p, "a fragment goes over its page");
	p->frag[0] = (struct nb_tx_frag){ r->gref, r->offset, (u16)p->len };
	p->len = r->size;
	return NB_TX_PACKET;
}

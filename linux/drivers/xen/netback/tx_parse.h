/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tx_parse.h: from slots of a TX ring, copied into private memory, to packets.
 */
#ifndef NB_TX_PARSE_H
#define NB_TX_PARSE_H

#include "wire.h"

/* The first and 18 more: what Linux's backend has always taken. The protocol promises 18. */
#define NB_TX_FRAGS_MAX		19u
#define NB_TX_LEN_MIN		14u	/* a packet has a link-layer header */

struct nb_tx_frag {
	u32 gref;
	u16 offset;
	u16 size;		/* may be 0; offset + size is at most a page */
};

struct nb_tx_packet {
	u32 slots;		/* taken from the ring, extras included; at least 1 */
	u32 nr_extra;		/* of those, right behind the first */
	u32 nr_frags;
	u32 len;		/* the sum of the fragments' sizes */
	u16 flags;		/* NB_TXF_* of the first slot */
	u16 gso_size;		/* 0: none */
	u8 gso_type;
	u8 hash_type;		/* 0: none, else 1 + the number of the type */
	u8 mcast[6];
	bool mcast_add;
	u32 hash;
	const char *why;	/* for NB_TX_DROP and NB_TX_FATAL */
	struct nb_tx_frag frag[NB_TX_FRAGS_MAX];
};

enum nb_tx_verdict {
	NB_TX_PACKET,		/* copy it and hand it on */
	NB_TX_MCAST,		/* an address for the list of multicast addresses; no data */
	NB_TX_DROP,		/* answer with an error; the frontend may be just buggy */
	NB_TX_FATAL,		/* the ring makes no sense any more */
};

/*
 * The packet that begins at index FIRST of RING (NB_RING_SIZE slots, private); AVAIL slots are
 * there, at least one and at most NB_RING_SIZE. Packets of more than FATAL_FRAGS slots of data
 * are fatal.
 */
enum nb_tx_verdict nb_tx_parse(const union nb_tx_slot *ring, u32 first, u32 avail, u32 fatal_frags,
			       struct nb_tx_packet *p);

#endif

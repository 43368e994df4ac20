/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rx_parse.h: what the responses of the published receive ring say, taken from hostile memory.
 *
 * A packet is a chain: a data slot, extra slots if its flags say so, more data slots while the
 * flags of the one before say so. Plain C: nothing is allocated, granted or printed here.
 */
#ifndef NF_RX_PARSE_H
#define NF_RX_PARSE_H

#include <xb/plain.h>

#define NF_RX_RING	256u		/* slots of the ring, of 8 bytes each */
#define NF_RX_MAX_SLOTS	19u		/* data slots; 18, or 19 with a short first one */
#define NF_RX_MAX_EXTRA	5u		/* one of each known type */

struct nf_rx_slot {
	u16 off;			/* where in its page the bytes are: off + len <= 4096 */
	u16 len;
};

struct nf_rx_pkt {
	u32 len;			/* of all slots */
	u8 nr;				/* data slots */
	u8 nr_extra;			/* extra slots, which follow the first data slot */
	bool drop;			/* a chain, but no packet: the peer says it failed */
	bool csum_blank;
	bool csum_valid;
	u8 gso_type;			/* XEN_NETIF_GSO_TYPE_* as found, 0 when there was none */
	u8 hash_type;			/* 0 none, else 1 + the type's bit number */
	u16 gso_size;
	u32 hash;
	const char *why;		/* after -EPROTO: what was wrong */
	struct nf_rx_slot slot[NF_RX_MAX_SLOTS];
};

/*
 * SLOTS: the ring's entries; responses CONS up to PROD are there (PROD was checked by the caller:
 * at most NF_RX_RING after CONS). Each entry is read once. Returns 1 and fills PKT: the packet
 * takes nr + nr_extra slots; 0: its end is not there yet; -EPROTO: no honest peer says so.
 */
int nf_rx_parse(const u64 *slots, u32 cons, u32 prod, struct nf_rx_pkt *pkt);

#endif

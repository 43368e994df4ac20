/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h: finds the headers of a packet in private memory.
 */
#ifndef NB_PACKET_H
#define NB_PACKET_H

#include <xb/plain.h>

#define NB_PROTO_TCP	6u
#define NB_PROTO_UDP	17u

struct nb_headers {
	u8 l3;			/* 4, 6, or 0: neither IPv4 nor IPv6 */
	u8 l4;			/* NB_PROTO_TCP, NB_PROTO_UDP, or 0: another, or a fragment */
	u16 l3_off;		/* where the IP header begins */
	u16 l4_off;		/* where the TCP or UDP header begins */
	u16 end;		/* where it ends; 0 when l4 is 0 */
};

/* DATA: the first LEN bytes of a frame, from the link-layer header on. */
void nb_headers_find(const u8 *data, u32 len, struct nb_headers *h);

#endif

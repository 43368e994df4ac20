/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h: what lies in the slots of the published rings, for the plain-C parts, which can not
 * include the kernel's own header. The kernel parts check at compile time that sizes and numbers
 * agree.
 */
#ifndef NB_WIRE_H
#define NB_WIRE_H

#include <xb/plain.h>

#define NB_RING_SIZE		256u	/* slots of a TX or RX ring: one page of them */

#define NB_TXF_CSUM_BLANK	0x0001u
#define NB_TXF_DATA_VALIDATED	0x0002u
#define NB_TXF_MORE_DATA	0x0004u
#define NB_TXF_EXTRA_INFO	0x0008u

struct nb_tx_req {
	u32 gref;
	u16 offset;
	u16 flags;
	u16 id;
	u16 size;		/* first slot of a packet: of all of it */
};

#define NB_EXTRA_GSO		1u
#define NB_EXTRA_MCAST_ADD	2u
#define NB_EXTRA_MCAST_DEL	3u
#define NB_EXTRA_HASH		4u
#define NB_EXTRA_XDP		5u
#define NB_EXTRA_TYPES		6u	/* 0 is none */
#define NB_EXTRAF_MORE		0x01u

struct nb_extra {
	u8 type;
	u8 flags;
	union {
		struct {
			u16 size;
			u8 type;
			u8 pad;
			u16 features;
		} gso;
		u8 mcast[6];
		struct {
			u8 type;
			u8 algorithm;
			u8 value[4];
		} hash;
		struct {
			u16 headroom;
			u16 pad[2];
		} xdp;
	} u;
};

union nb_tx_slot {
	struct nb_tx_req req;
	struct nb_extra extra;
};

_Static_assert(sizeof(union nb_tx_slot) == 12, "a TX slot");
_Static_assert(sizeof(struct nb_extra) == 8, "an extra");

#define NB_GSO_TCPV4		1u
#define NB_GSO_TCPV6		2u

#define NB_CTRL_GET_HASH_FLAGS		1u
#define NB_CTRL_SET_HASH_FLAGS		2u
#define NB_CTRL_SET_HASH_KEY		3u
#define NB_CTRL_GET_HASH_MAPPING_SIZE	4u
#define NB_CTRL_SET_HASH_MAPPING_SIZE	5u
#define NB_CTRL_SET_HASH_MAPPING	6u
#define NB_CTRL_SET_HASH_ALGORITHM	7u

#define NB_CTRL_SUCCESS			0u
#define NB_CTRL_NOT_SUPPORTED		1u
#define NB_CTRL_INVALID_PARAMETER	2u
#define NB_CTRL_BUFFER_OVERFLOW		3u

struct nb_ctrl_req {
	u16 id;
	u16 type;
	u32 data[3];
};

struct nb_ctrl_rsp {
	u16 id;
	u16 type;
	u32 status;
	u32 data;
};

#endif

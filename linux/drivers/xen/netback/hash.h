/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.h: the Toeplitz hash by which a guest steers packets to its queues, and its settings.
 */
#ifndef NB_HASH_H
#define NB_HASH_H

#include "packet.h"
#include "wire.h"

#define NB_HASH_NONE		0u
#define NB_HASH_TOEPLITZ	1u

#define NB_HASH_IPV4		0x1u
#define NB_HASH_IPV4_TCP	0x2u
#define NB_HASH_IPV6		0x4u
#define NB_HASH_IPV6_TCP	0x8u
#define NB_HASH_FLAGS		0xfu

#define NB_HASH_KEY_MAX		40u
#define NB_HASH_MAP_MAX		128u
#define NB_HASH_INPUT_MAX	36u	/* two IPv6 addresses, two ports */

struct nb_hash {
	u32 alg;
	u32 flags;
	u32 map_size;			/* 0: queue = hash modulo the number of queues */
	u32 map[NB_HASH_MAP_MAX];
	u8 key[NB_HASH_KEY_MAX];	/* zeroes behind what was set */
	u32 table[2 * NB_HASH_INPUT_MAX][16];	/* of the key: half a byte at a time */
};

/* After the key was set. */
void nb_hash_table(struct nb_hash *h);
u32 nb_hash_bytes(const struct nb_hash *h, const u8 *data, u32 len);
/*
 * The hash of a frame whose headers were found in DATA: 1 + the number of the type of hash, or 0
 * when no type that was asked for fits.
 */
u32 nb_hash_packet(const struct nb_hash *h, const struct nb_headers *hdr, const u8 *data,
		   u32 *value);
/* Below NR_QUEUES, which is at least 1. */
u32 nb_hash_queue(const struct nb_hash *h, u32 value, u32 nr_queues);

#endif

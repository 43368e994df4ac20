/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.c: Toeplitz over addresses and ports. Plain C.
 *
 * The hash is linear: it is the exclusive or of what each half byte of the input contributes, so
 * a table of 16 words for each of the 72 half bytes, made when the key is set, replaces shifting
 * the key bit by bit, and no cache of flows is needed.
 */
#include "hash.h"

/* The 32 bits of the key from bit number BIT on. */
static u32 key_window(const u8 *key, u32 bit)
{
	u64 v = 0;
	u32 i;

	for (i = 0; i < 5; i++) {
		u32 at = bit / 8 + i;

		v = v << 8 | (at < NB_HASH_KEY_MAX ? key[at] : 0);
	}
	return (u32)(v >> (8 - bit % 8));
}

void nb_hash_table(struct nb_hash *h)
{
	u32 half, value, bit;

	for (half = 0; half < 2 * NB_HASH_INPUT_MAX; half++) {
		for (value = 0; value < 16; value++) {
			u32 sum = 0;

			for (bit = 0; bit < 4; bit++)
				if (value & (8u >> bit))
					sum ^= key_window(h->key, half * 4 + bit);
			h->table[half][value] = sum;
		}
	}
}

u32 nb_hash_bytes(const struct nb_hash *h, const u8 *data, u32 len)
{
	u32 i, sum = 0;

	if (len > NB_HASH_INPUT_MAX)
		len = NB_HASH_INPUT_MAX;
	for (i = 0; i < len; i++)
		sum ^= h->table[2 * i][data[i] >> 4] ^ h->table[2 * i + 1][data[i] & 15];
	return sum;
}

u32 nb_hash_packet(const struct nb_hash *h, const struct nb_headers *hdr, const u8 *data,
		   u32 *value)
{
	bool v6 = hdr->l3 == 6, tcp = hdr->l4 == NB_PROTO_TCP;
	u32 addr_len = v6 ? 32 : 8, addr_off = hdr->l3_off + (v6 ? 8u : 12u), type;
	u8 input[NB_HASH_INPUT_MAX];

	if (!hdr->l3 || h->alg != NB_HASH_TOEPLITZ)
		return 0;
	type = v6 ? 2 : 0;
	if (tcp && (h->flags & (2u << type)))
		type++;
	else if (!(h->flags & (1u << type)))
		return 0;
	memcpy(input, data + addr_off, addr_len);
	if (type & 1) {
		memcpy(input + addr_len, data + hdr->l4_off, 4);
		addr_len += 4;
	}
	*value = nb_hash_bytes(h, input, addr_len);
	return 1 + type;
}

u32 nb_hash_queue(const struct nb_hash *h, u32 value, u32 nr_queues)
{
	u32 queue = h->map_size ? h->map[value % h->map_size] : value;

	return queue % nr_queues;
}

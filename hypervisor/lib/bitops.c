/* SPDX-License-Identifier: GPL-2.0-only */
/* Searching in bitmaps. */
#include "lib/bitops.h"

/* invert: ~0 to look for clear bits. */
static unsigned find(const u64 *p, unsigned size, unsigned start, u64 invert)
{
	while (start < size) {
		u64 w = (p[start / 64] ^ invert) >> (start % 64);

		if (w) {
			start += ffs64(w);
			return start < size ? start : size;
		}
		start = (start | 63) + 1;
	}
	return size;
}

unsigned find_next_bit(const u64 *p, unsigned size, unsigned start)
{
	return find(p, size, start, 0);
}

unsigned find_next_zero_bit(const u64 *p, unsigned size, unsigned start)
{
	return find(p, size, start, ~0ull);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits in memory. The plain forms are locked operations that are also full
 * barriers, usable on memory shared with guests; __x forms are for memory that
 * only the caller touches. Bit n is in word n/64.
 */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include "lib/types.h"

#define BITS_PER_LONG 64
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) u64 name[BITS_TO_LONGS(bits)]

static inline bool test_and_set_bit(unsigned nr, volatile void *p)
{
	volatile u64 *w = (volatile u64 *)p + nr / 64;
	return __atomic_fetch_or(w, 1ull << (nr % 64), __ATOMIC_SEQ_CST) >> (nr % 64) & 1;
}

static inline bool test_and_clear_bit(unsigned nr, volatile void *p)
{
	volatile u64 *w = (volatile u64 *)p + nr / 64;
	return __atomic_fetch_and(w, ~(1ull << (nr % 64)), __ATOMIC_SEQ_CST) >> (nr % 64) & 1;
}

static inline void set_bit(unsigned nr, volatile void *p) { (void)test_and_set_bit(nr, p); }
static inline void clear_bit(unsigned nr, volatile void *p) { (void)test_and_clear_bit(nr, p); }

static inline bool test_bit(unsigned nr, const volatile void *p)
{
	return ((const volatile u64 *)p)[nr / 64] >> (nr % 64) & 1;
}

static inline void __set_bit(unsigned nr, u64 *p) { p[nr / 64] |= 1ull << (nr % 64); }
static inline void __clear_bit(unsigned nr, u64 *p) { p[nr / 64] &= ~(1ull << (nr % 64)); }

/* Index of the lowest set bit; undefined for 0. */
static inline unsigned ffs64(u64 x) { return (unsigned)__builtin_ctzll(x); }
/* Index of the highest set bit; undefined for 0. */
static inline unsigned fls64(u64 x) { return 63u - (unsigned)__builtin_clzll(x); }
static inline unsigned hweight64(u64 x) { unsigned n = 0; for (; x; x &= x - 1) n++; return n; }

/* First set (clear) bit at or after start; size if there is none. */
unsigned find_next_bit(const u64 *p, unsigned size, unsigned start);
unsigned find_next_zero_bit(const u64 *p, unsigned size, unsigned start);

/* Smallest order with 2^order >= n pages; n > 0. */
static inline unsigned order_for(u64 n) { return n <= 1 ? 0 : fls64(n - 1) + 1; }

#endif

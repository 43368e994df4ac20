/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scalar types of the whole hypervisor. Frame numbers are structs so that the
 * compiler refuses to mix them up; at -O2 they cost nothing.
 *
 *   mfn_t   a frame of the machine
 *   gfn_t   a frame as a guest names it (for PV domains that is a machine frame
 *           or, where the ABI says so, a pseudo-physical one)
 *   paddr_t a byte address in machine memory
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything is in one image: the compiler may address it all relative to RIP. */
#ifndef KRYPTON_HOST_TEST
#pragma GCC visibility push(hidden)
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long ssize_t;

typedef u64 paddr_t;
typedef struct { u64 v; } mfn_t;
typedef struct { u64 v; } gfn_t;

#define MFN_INVALID_RAW (~0ull)

static inline mfn_t _mfn(u64 v) { return (mfn_t){ v }; }
static inline u64 mfn_x(mfn_t m) { return m.v; }
static inline gfn_t _gfn(u64 v) { return (gfn_t){ v }; }
static inline u64 gfn_x(gfn_t g) { return g.v; }
static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.v == b.v; }
static inline mfn_t mfn_add(mfn_t m, u64 n) { return _mfn(m.v + n); }

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

static inline mfn_t maddr_to_mfn(paddr_t a) { return _mfn(a >> PAGE_SHIFT); }
static inline paddr_t mfn_to_maddr(mfn_t m) { return m.v << PAGE_SHIFT; }

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ROUND_UP(n, a) (((n) + (a) - 1) & ~((typeof(n))(a) - 1))
#define ROUND_DOWN(n, a) ((n) & ~((typeof(n))(a) - 1))
/* Each use has names of its own, so that they may be nested. */
#define MINMAX_(op, a, b, n) MINMAX__(op, a, b, n)
#define MINMAX__(op, a, b, n) ({ typeof(a) a_##n = (a); typeof(b) b_##n = (b); a_##n op b_##n ? a_##n : b_##n; })
#define min(a, b) MINMAX_(<, a, b, __COUNTER__)
#define max(a, b) MINMAX_(>, a, b, __COUNTER__)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __noreturn __attribute__((noreturn))
#define __used __attribute__((used))
#define __unused __attribute__((unused))
#define __must_check __attribute__((warn_unused_result))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define noinline __attribute__((noinline))
#define __always_inline inline __attribute__((always_inline))

/* A pointer that a guest gave: only cpu/uaccess.h may look behind it. */
#define __guest

#ifdef KRYPTON_HOST_TEST
#define __init
#define __initdata
#define __initconst
#else
/* Code and data that are given back to the heap before domain 0 starts. */
#define __init __attribute__((section(".init.text"), cold))
#define __initdata __attribute__((section(".init.data")))
#define __initconst __attribute__((section(".init.rodata")))
#endif

#define ACCESS_ONCE(x) (*(volatile typeof(x) *)&(x))
#define READ_ONCE(x) ACCESS_ONCE(x)
#define WRITE_ONCE(x, val) (ACCESS_ONCE(x) = (val))
#define barrier() __asm__ __volatile__("" ::: "memory")

#endif

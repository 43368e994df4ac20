/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h: what plain.h takes from the kernel, made from C's own library for tests on the host.
 */
#ifndef XB_HOST_H
#define XB_HOST_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;
typedef __INT8_TYPE__ s8;
typedef __INT16_TYPE__ s16;
typedef __INT32_TYPE__ s32;
typedef __INT64_TYPE__ s64;

#define xb_read_once(x)		(*(__volatile__ __typeof__(x) *)&(x))
#define xb_write_once(x, v)	(*(__volatile__ __typeof__(x) *)&(x) = (v))
#define xb_mb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xb_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xb_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)

#define xb_no_export(name)	_Static_assert(1, #name)
#define EXPORT_SYMBOL_GPL	xb_no_export
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

/* The value of a hexadecimal digit, or -1. */
static inline int hex_to_bin(unsigned char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *d = c ? strchr(digits, c) : NULL;

	return d ? (int)((d - digits) % 16) : -1;
}

#endif

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

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define xb_read_once(x)		(*(volatile __typeof__(x) *)&(x))
#define xb_write_once(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define xb_mb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xb_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xb_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)

#define EXPORT_SYMBOL_GPL(name)	_Static_assert(1, #name)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#endif

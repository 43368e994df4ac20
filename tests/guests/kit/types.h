/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h: the integer types, the published ABI headers, and the layout of a kit kernel.
 *
 * Everything a guest shares with the hypervisor comes from the <xen/...> headers that the
 * distribution ships; nothing of the ABI is typed in again here.
 */
#ifndef KIT_TYPES_H
#define KIT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/errno.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define VIRT_BASE	0xffffffff80000000UL
#define PAGE_SHIFT	12
#define PAGE_SIZE	4096UL
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ALIGNED(n)	__attribute__((aligned(n)))
#define NORETURN	__attribute__((noreturn))
#define barrier()	asm volatile ("" ::: "memory")
#define READ_ONCE(x)	(*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif

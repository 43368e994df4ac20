/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plain.h: what the plain-C parts of the drivers build on, in the kernel and on the host alike.
 *
 * A file that includes only this header (and others which do the same) can be linked into
 * a host test or a fuzzer unchanged. Such files allocate nothing, lock nothing and print
 * nothing: they look at private copies of what a peer wrote and say what it means.
 */
#ifndef XB_PLAIN_H
#define XB_PLAIN_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/kernel.h>
#include <asm/barrier.h>

#define xb_read_once(x)		READ_ONCE(x)
#define xb_write_once(x, v)	WRITE_ONCE(x, v)
/* Barriers against the other domain, which may run on another CPU even where we have only one. */
#define xb_mb()			virt_mb()	/* as smp_mb() */
#define xb_rmb()		virt_rmb()	/* as smp_rmb() */
#define xb_wmb()		virt_wmb()	/* as smp_wmb() */
#else
#include <xb/host.h>
#endif

#define XB_PAGE_SIZE	4096u	/* a grant covers this much, whatever the kernel's page size */
#define XB_PAGE_SHIFT	12

#endif

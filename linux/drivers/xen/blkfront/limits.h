/* SPDX-License-Identifier: GPL-2.0-only */
/* limits.h: what a backend says about its disk, and what of it is accepted. Plain C. */
#ifndef BF_LIMITS_H
#define BF_LIMITS_H

#include <xb/plain.h>

#define BF_INFO_CDROM		0x1u
#define BF_INFO_REMOVABLE	0x2u
#define BF_INFO_READONLY	0x4u

/* As read, well-formed numbers of any size. */
struct bf_offer {
	u64 sectors;
	u32 sector_size;
	u32 physical;
	u32 info;
	u32 max_segs;			/* of an indirect request; 0: it knows none */
	u32 discard_granularity;
	u32 discard_alignment;
	bool flush, barrier;
	bool discard, discard_secure, zeroes;
	bool persistent;
};

/* What we would like. */
struct bf_wish {
	u32 max_segs;
	bool persistent;
	bool untrusted;
};

/* Checked, and what the disk is set up with. */
struct bf_limits {
	u64 sectors;			/* 512 bytes each; a whole number of blocks */
	u32 block;			/* logical block size */
	u32 physical;
	u32 segs;			/* of the largest request */
	u32 discard_granularity;
	u32 discard_alignment;
	bool cdrom, removable, readonly;
	bool flush, barrier;
	bool discard, discard_secure, zeroes;
	bool persistent;
	bool bounce;			/* data goes through pages of ours that stay granted */
	const char *note;		/* something was odd, and was put right: what; or NULL */
};

/* 0, or -EINVAL and *why: such a disk cannot be served. */
int bf_limits_check(const struct bf_offer *o, const struct bf_wish *w, struct bf_limits *l,
		    const char **why);
/* A new size for a disk in use: the sectors to set, or -EINVAL. */
int bf_limits_resize(const struct bf_limits *l, u64 sectors, u64 *out);

/* Rings to use: of MAX offered (0 stands for 1), those with interrupts and those to be polled. */
void bf_limits_rings(u32 max, u32 want_irq, u32 want_poll, u32 *irq, u32 *poll);

#endif

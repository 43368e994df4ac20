/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * credit.h: the rate limit of a queue: so many bytes each so many microseconds.
 */
#ifndef NB_CREDIT_H
#define NB_CREDIT_H

#include <xb/plain.h>

#define NB_CREDIT_UNLIMITED	(~0ULL)
#define NB_CREDIT_BURST		131072ull	/* a packet of any size has to get through */
#define NB_CREDIT_LATE_USEC	8000ull		/* how late timers are: two ticks */
#define NB_CREDIT_USEC_MAX	3600000000ull

struct nb_credit {
	u64 bytes;		/* NB_CREDIT_UNLIMITED: no limit */
	u64 usec;
	u64 left;
	u64 window;		/* microseconds: when credit was added last */
};

/* "bytes,usec": 0, or -EINVAL for anything that is not two whole decimal numbers. */
int nb_credit_parse(const char *text, u64 *bytes, u64 *usec);
void nb_credit_set(struct nb_credit *c, u64 bytes, u64 usec, u64 now);
/* 0: SIZE bytes may go, and are taken off; else how many microseconds to wait. */
u64 nb_credit_take(struct nb_credit *c, u32 size, u64 now);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * busy.h: whether to go on polling for a short time before asking the peer for an event.
 *
 * Polling pays when the peer runs at the same time on another processor and answers soon, and costs
 * otherwise. So the time is doubled by success and halved by failure, and after failures in a row
 * an attempt is made only at every 2nd, 4th, ... 256th time. Plain C: the caller brings the clock.
 */
#ifndef NF_BUSY_H
#define NF_BUSY_H

#include <xb/plain.h>

#define NF_BUSY_MIN_NS	2000u

struct nf_busy {
	u32 max_ns;		/* 0: never */
	u32 window_ns;
	u32 skip;		/* idle moments to be let pass before the next attempt */
	u32 fails;		/* in a row */
	bool on;		/* an attempt is running, since ... */
	u64 since;
};

void nf_busy_init(struct nf_busy *b, u32 max_ns);

/* Nothing to do: go on polling? */
static inline bool nf_busy_wanted(const struct nf_busy *b)
{
	return b->max_ns;
}

bool nf_busy_idle(struct nf_busy *b, u64 now);

/* There was something to do. */
void __nf_busy_hit(struct nf_busy *b);

static inline void nf_busy_hit(struct nf_busy *b)
{
	if (b->on)
		__nf_busy_hit(b);
}

#endif

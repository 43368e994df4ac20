/* SPDX-License-Identifier: GPL-2.0-only */
/* busy.c: see busy.h. One context at a time uses a struct nf_busy: the queue's NAPI. */
#include "busy.h"

void nf_busy_init(struct nf_busy *b, u32 max_ns)
{
	*b = (struct nf_busy){ .max_ns = max_ns, .window_ns = max_ns };
}

bool nf_busy_idle(struct nf_busy *b, u64 now)
{
	if (!b->max_ns)
		return false;
	if (!b->on) {
		if (b->skip) {
			b->skip--;
			return false;
		}
		b->on = true;
		b->since = now;
		return true;
	}
	if (now - b->since < b->window_ns)
		return true;
	b->on = false;
	b->fails = b->fails < 8 ? b->fails + 1 : 8;
	b->skip = (1u << b->fails) - 1;
	b->window_ns = b->window_ns / 2 > NF_BUSY_MIN_NS ? b->window_ns / 2 : NF_BUSY_MIN_NS;
	return false;
}

void __nf_busy_hit(struct nf_busy *b)
{
	b->on = false;
	b->fails = 0;
	b->skip = 0;
	b->window_ns = b->window_ns * 2 < b->max_ns ? b->window_ns * 2 : b->max_ns;
}

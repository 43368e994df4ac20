/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * credit.c: the rate limit of a queue. Plain C.
 *
 * Invariants: what is left never exceeds the bytes of a window, of NB_CREDIT_LATE_USEC, or
 * NB_CREDIT_BURST, whichever is most, so that a quiet guest can not save up; a packet of 64 KiB
 * gets through however small the limit is, unless that is zero. Not locked: one context uses it.
 */
#include "credit.h"

static const char *take_number(const char *s, u64 *out)
{
	u64 v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		u64 digit = (u64)(*s - '0');

		if (v > (~0ULL - digit) / 10)
			return NULL;
		v = v * 10 + digit;
	}
	*out = v;
	return s;
}

int nb_credit_parse(const char *text, u64 *bytes, u64 *usec)
{
	u64 b, u;

	text = take_number(text, &b);
	if (!text || *text != ',')
		return -EINVAL;
	text = take_number(text + 1, &u);
	if (!text || *text)
		return -EINVAL;
	*bytes = b;
	*usec = u;
	return 0;
}

void nb_credit_set(struct nb_credit *c, u64 bytes, u64 usec, u64 now)
{
	if (!usec)
		bytes = NB_CREDIT_UNLIMITED;
	c->bytes = bytes;
	c->usec = usec < NB_CREDIT_USEC_MAX ? usec : NB_CREDIT_USEC_MAX;
	c->left = bytes;
	c->window = now;
}

/* What may be saved up: one window, but no less than timers are late, nor than NB_CREDIT_BURST. */
static u64 most_credit(const struct nb_credit *c)
{
	u64 windows = NB_CREDIT_LATE_USEC / c->usec, most = c->bytes;

	if (windows > 1)
		most = c->bytes > ~0ULL / windows ? ~0ULL : c->bytes * windows;
	return most > NB_CREDIT_BURST ? most : NB_CREDIT_BURST;
}

/* Credit for the windows that have passed. A late caller loses none but what goes over the most. */
static void add_credit(struct nb_credit *c, u64 now)
{
	u64 most = most_credit(c);
	u64 windows = (now - c->window) / c->usec;

	c->window += windows * c->usec;
	if (c->left >= most || (c->bytes && windows > (most - c->left) / c->bytes))
		c->left = most;
	else
		c->left += windows * c->bytes;
}

u64 nb_credit_take(struct nb_credit *c, u32 size, u64 now)
{
	if (c->bytes == NB_CREDIT_UNLIMITED)
		return 0;
	if (size > c->left)
		add_credit(c, now);
	if (size > c->left)
		return c->usec - (now - c->window);
	c->left -= size;
	return 0;
}

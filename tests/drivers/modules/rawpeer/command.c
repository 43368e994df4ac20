/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command.c: rawpeer's commands, one function each; see rawpeer.h for what they do.
 *
 * Invariant: a value may be anything, a place only inside what was shared or mapped under that name.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <xb/plain.h>
#include "rawpeer.h"

#define MAX_WORDS 70

void raw_say(struct raw_peer *p, const char *fmt, ...)
{
	size_t n = strlen(p->answer);
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->answer + n, sizeof(p->answer) - n, fmt, args);
	va_end(args);
}

static irqreturn_t raw_event(int irq, void *data)
{
	struct xb_evtchn *ch = data;

	xb_evtchn_eoi(ch, true);
	return IRQ_HANDLED;
}

/* number WORD: decimal, hexadecimal or negative; what is no number counts as 0. */
static u64 number(const char *word)
{
	u64 v = 0;

	if (word[0] == '-' && !kstrtou64(word + 1, 0, &v))
		return -v;
	return kstrtou64(word, 0, &v) ? 0 : v;
}

static void store(void *at, unsigned int width, u64 v)
{
	switch (width) {
	case 8:
		WRITE_ONCE(*(u8 *)at, v);
		break;
	case 16:
		WRITE_ONCE(*(u16 *)at, v);
		break;
	case 32:
		WRITE_ONCE(*(u32 *)at, v);
		break;
	default:
		WRITE_ONCE(*(u64 *)at, v);
	}
}

static u64 load(const void *at, unsigned int width)
{
	switch (width) {
	case 8:
		return READ_ONCE(*(const u8 *)at);
	case 16:
		return READ_ONCE(*(const u16 *)at);
	case 32:
		return READ_ONCE(*(const u32 *)at);
	default:
		return READ_ONCE(*(const u64 *)at);
	}
}

/* place T OFF WIDTH: where that is, or NULL when it is not inside. */
static void *place(const struct raw_thing *t, u64 off, unsigned int width)
{
	if (width != 8 && width != 16 && width != 32 && width != 64)
		return NULL;
	if (!t->va || off % (width / 8) || off + width / 8 > (u64)t->nr * XB_PAGE_SIZE)
		return NULL;
	return t->va + off;
}

static int do_area(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	unsigned int i, nr = number(w[2]);
	int err;

	if (!nr || nr > 1024)
		return -EINVAL;
	err = raw_share(p, t, nr, n > 3 && !strcmp(w[3], "ro"));
	if (err)
		return err;
	for (i = 0; i < nr && i < 40; i++)
		raw_say(p, "%u ", t->grefs[i]);
	return 0;
}

static int do_map(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	grant_ref_t grefs[MAX_WORDS];
	int i, err;

	for (i = 2; i < n; i++)
		grefs[i - 2] = number(w[i]);
	err = xb_area_map(p->dev, &t->map, grefs, n - 2);
	if (err)
		return err;
	t->va = t->map.va;
	t->nr = t->map.nr;
	return 0;
}

static int do_port(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	int err = xb_evtchn_alloc(p->dev, &t->ch, raw_event, &t->ch, "raw-%s", t->name);

	if (!err)
		raw_say(p, "%u", t->ch.port);
	return err;
}

static int do_bind(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	return xb_evtchn_bind(p->dev, &t->ch, number(w[2]), raw_event, &t->ch, "raw-%s", t->name);
}

static int do_drop(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	raw_drop(p, t);
	return 0;
}

static int do_revoke(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	u64 i = number(w[2]);

	if (!t->grefs || i >= t->nr || !t->grefs[i])
		return -EINVAL;
	if (!gnttab_try_end_foreign_access(t->grefs[i])) {
		raw_say(p, "busy");
		return 0;
	}
	t->grefs[i] = 0;
	raw_say(p, "ended");
	return 0;
}

static int do_notify(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	u64 count = n > 2 ? number(w[2]) : 1;

	if (!t->ch.port)
		return -EINVAL;
	while (count--) {
		xb_evtchn_notify(&t->ch);
		cond_resched();
	}
	raw_say(p, "%lu", t->ch.events);
	return 0;
}

static int do_poke(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	u64 off = number(w[2]), v = number(w[4]), count = n > 5 ? number(w[5]) : 1;
	u64 stride = n > 6 ? number(w[6]) : 0, step = n > 7 ? number(w[7]) : 0;
	unsigned int width = number(w[3]);
	void *at;

	for (; count; count--, off += stride, v += step) {
		at = place(t, off, width);
		if (!at)
			return -ERANGE;
		store(at, width, v);
	}
	return 0;
}

static int do_peek(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	unsigned int width = number(w[3]);
	void *at = place(t, number(w[2]), width);

	if (!at)
		return -ERANGE;
	raw_say(p, "%llu", load(at, width));
	return 0;
}

static int do_flip(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	unsigned int width = number(w[3]), i;
	void *at = place(t, number(w[2]), width);
	unsigned long end = jiffies + msecs_to_jiffies(min_t(u64, number(w[6]), 10000));
	u64 a = number(w[4]), b = number(w[5]);

	if (!at)
		return -ERANGE;
	while (time_before(jiffies, end)) {
		for (i = 0; i < 1000; i++) {
			store(at, width, a);
			store(at, width, b);
		}
		cond_resched();
	}
	return 0;
}

static const struct {
	const char *name;
	int words;		/* at least, itself included */
	bool makes;		/* its first argument is a new name */
	int (*run)(struct raw_peer *p, struct raw_thing *t, char **w, int n);
} commands[] = {
	{ "area", 3, true, do_area },	{ "map", 3, true, do_map },
	{ "port", 2, true, do_port },	{ "bind", 3, true, do_bind },
	{ "drop", 2, false, do_drop },	{ "revoke", 3, false, do_revoke },
	{ "notify", 2, false, do_notify }, { "poke", 5, false, do_poke },
	{ "peek", 4, false, do_peek },	{ "flip", 7, false, do_flip },
};

int raw_command(struct raw_peer *p, char *line)
{
	struct raw_thing *t;
	char *w[MAX_WORDS], *word;
	int n = 0, i, err;

	while (n < MAX_WORDS && (word = strsep(&line, " \t\n")))
		if (*word)
			w[n++] = word;
	if (n == 2 && !strcmp(w[0], "state"))
		return xb_switch_state(p->dev, number(w[1]));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!n || strcmp(w[0], commands[i].name))
			continue;
		if (n < commands[i].words)
			return -EINVAL;
		t = commands[i].makes ? raw_new(p, w[1]) : raw_find(p, w[1]);
		if (!t)
			return -ENOENT;
		err = commands[i].run(p, t, w, n);
		if (err && commands[i].makes)
			raw_drop(p, t);
		return err;
	}
	raw_say(p, "no such command");
	return -EINVAL;
}

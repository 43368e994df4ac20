/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command.c: rawpeer's commands, one function each; see rawpeer.h for what they do.
 *
 * Invariant: a value may be anything, a place only inside what was shared or mapped under that name.
 * Lock: the peer's mutex, held by the caller.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <xb/plain.h>
#include "rawpeer.h"

#define MAX_WORDS 70
#define MAX_WAIT_MS 60000u
#define POLL_MS 5u

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
	/* Structures of 32-bit guests have 64-bit fields at any multiple of four. */
	if (!t->va || off % min(width / 8, 4u) || off + width / 8 > (u64)t->nr * XB_PAGE_SIZE)
		return NULL;
	return t->va + off;
}

static int do_area(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	unsigned int i, nr = number(w[2]);
	bool readonly = n > 3 && !strcmp(w[3], "ro");
	domid_t to = n > 4 ? number(w[4]) : p->dev->otherend_id;
	int err;

	if (!nr || nr > 1024)
		return -EINVAL;
	err = raw_share(p, t, nr, readonly, to);
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
	if (t->pinned)
		return -EBUSY;
	raw_drop(p, t);
	return 0;
}

static int do_drop_all(struct raw_peer *p, struct raw_thing *unused, char **w, int n)
{
	struct raw_thing *t, *next;
	int err = 0;

	list_for_each_entry_safe(t, next, &p->things, list) {
		if (t->pinned)
			err = -EBUSY;
		else
			raw_drop(p, t);
	}
	return err;
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

static void store_all(void *at, unsigned int width, u64 v, u64 count, u64 stride)
{
	for (; count; count--, at += stride)
		store(at, width, v);
}

static int do_flip(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	unsigned int width = number(w[3]), i;
	u64 off = number(w[2]), a = number(w[4]), b = number(w[5]);
	u64 count = n > 7 ? number(w[7]) : 1, stride = n > 8 ? number(w[8]) : 0;
	unsigned long end = jiffies + msecs_to_jiffies(min_t(u64, number(w[6]), 10000));
	void *at = place(t, off, width);

	if (!at || !count || count > 1024 || stride > XB_PAGE_SIZE ||
	    !place(t, off + (count - 1) * stride, width))
		return -ERANGE;
	t->pinned = true;
	mutex_unlock(&p->lock);
	while (time_before(jiffies, end)) {
		for (i = 0; i < 1000 / count + 1; i++) {
			store_all(at, width, a, count, stride);
			store_all(at, width, b, count, stride);
		}
		cond_resched();
	}
	mutex_lock(&p->lock);
	t->pinned = false;
	return 0;
}

static bool closing(struct raw_peer *p)
{
	enum xenbus_state state = xb_read_state(p->dev->otherend);

	return state == XenbusStateClosing || state == XenbusStateClosed;
}

static int wait_for(struct raw_peer *p, struct raw_thing *t, char **w, bool or_more)
{
	unsigned int width = number(w[3]), try;
	void *at = place(t, number(w[2]), width);
	unsigned long end = jiffies + msecs_to_jiffies(min_t(u64, number(w[5]), MAX_WAIT_MS));
	u64 v;

	if (!at)
		return -ERANGE;
	for (try = 0;; try++) {
		v = load(at, width);
		/* What it did before it closed counts less than that it closed. */
		if (try % 8 == 0 && closing(p)) {
			raw_say(p, "closing");
			return 0;
		}
		if (v == number(w[4]) || (or_more && (s32)(v - number(w[4])) > 0)) {
			raw_say(p, "is");
			return 0;
		}
		if (time_after(jiffies, end)) {
			raw_say(p, "%llu", v);
			return 0;
		}
		msleep(POLL_MS);
	}
}

static int do_until(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	return wait_for(p, t, w, false);
}

static int do_reach(struct raw_peer *p, struct raw_thing *t, char **w, int n)
{
	return wait_for(p, t, w, true);
}

static int do_state(struct raw_peer *p, struct raw_thing *unused, char **w, int n)
{
	return xb_switch_state(p->dev, number(w[1]));
}

static int do_key(struct raw_peer *p, struct raw_thing *unused, char **w, int n)
{
	u64 count = n > 3 ? number(w[3]) : 1;
	int err = 0;

	while (!err && count--) {
		err = xb_write(XB_NIL, p->dev->nodename, w[1], strcmp(w[2], "-") ? w[2] : "");
		cond_resched();
	}
	return err;
}

static int do_rm(struct raw_peer *p, struct raw_thing *unused, char **w, int n)
{
	int i, err = 0;

	for (i = 1; i < n && (!err || err == -ENOENT); i++)
		err = xb_rm(XB_NIL, p->dev->nodename, w[i]);
	return err == -ENOENT ? 0 : err;
}

static int do_peer(struct raw_peer *p, struct raw_thing *unused, char **w, int n)
{
	char *text = xb_read(XB_NIL, p->dev->otherend, w[1], NULL);

	if (IS_ERR(text))
		return PTR_ERR(text);
	raw_say(p, "%s", text);
	kfree(text);
	return 0;
}

static int do_await(struct raw_peer *p, struct raw_thing *unused, char **w, int n)
{
	unsigned long end = jiffies + msecs_to_jiffies(min_t(u64, number(w[1]), MAX_WAIT_MS));
	enum xenbus_state state;
	int i;

	for (;;) {
		state = xb_read_state(p->dev->otherend);
		for (i = 2; i < n; i++) {
			if (number(w[i]) == state) {
				raw_say(p, "%d", state);
				return 0;
			}
		}
		if (time_after(jiffies, end)) {
			raw_say(p, "the peer is in state %d", state);
			return -ETIMEDOUT;
		}
		msleep(POLL_MS);
	}
}

enum which { NEW, OLD, NONE };		/* what the first argument is the name of */

static const struct {
	const char *name;
	int words;		/* at least, itself included */
	enum which first;
	int (*run)(struct raw_peer *p, struct raw_thing *t, char **w, int n);
} commands[] = {
	{ "area", 3, NEW, do_area },	{ "map", 3, NEW, do_map },
	{ "port", 2, NEW, do_port },	{ "bind", 3, NEW, do_bind },
	{ "drop", 2, OLD, do_drop },	{ "revoke", 3, OLD, do_revoke },
	{ "notify", 2, OLD, do_notify }, { "poke", 5, OLD, do_poke },
	{ "peek", 4, OLD, do_peek },	{ "flip", 7, OLD, do_flip },
	{ "until", 6, OLD, do_until },	{ "reach", 6, OLD, do_reach },
	{ "drop-all", 1, NONE, do_drop_all },
	{ "state", 2, NONE, do_state },	{ "key", 3, NONE, do_key },
	{ "rm", 2, NONE, do_rm },	{ "peer", 2, NONE, do_peer },
	{ "await", 3, NONE, do_await },
};

static int one_command(struct raw_peer *p, char *line)
{
	struct raw_thing *t = NULL;
	char *w[MAX_WORDS], *word;
	int n = 0, i, err;

	while (n < MAX_WORDS && (word = strsep(&line, " \t\n")))
		if (*word)
			w[n++] = word;
	if (!n)
		return 0;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(w[0], commands[i].name))
			continue;
		if (n < commands[i].words)
			return -EINVAL;
		if (commands[i].first != NONE) {
			t = commands[i].first == NEW ? raw_new(p, w[1]) : raw_find(p, w[1]);
			if (!t)
				return -ENOENT;
		}
		err = commands[i].run(p, t, w, n);
		if (err && commands[i].first == NEW)
			raw_drop(p, t);
		if (err)
			raw_say(p, " (%s)", w[0]);
		return err;
	}
	raw_say(p, "no such command: %s", w[0]);
	return -EINVAL;
}

int raw_command(struct raw_peer *p, char *lines)
{
	char *line;
	int err = 0;

	while (!err && (line = strsep(&lines, ";"))) {
		if (p->answer[0] && p->answer[strlen(p->answer) - 1] != ' ')
			raw_say(p, " ");
		err = one_command(p, line);
	}
	return err;
}

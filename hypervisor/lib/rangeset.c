/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of closed ranges as a sorted list without overlaps or neighbours.
 * Invariant: for successive ranges a, b: a.e + 1 < b.s (no wrap: a.e < ~0).
 * Lock: the set's own (LOCK_LEAF), and because the allocator's lock comes before
 * that level, memory is allocated before the lock is taken and freed after it.
 */
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/printk.h"
#include "lib/rangeset.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sync/spinlock.h"

struct range {
	struct list list;
	u64 s, e;
};

struct rangeset {
	spinlock_t lock;
	struct list ranges;
	char name[24];
};

struct rangeset *rangeset_new(const char *name)
{
	struct rangeset *r = knew(struct rangeset);

	if (!r)
		return NULL;
	spin_lock_init(&r->lock, LOCK_LEAF);
	list_init(&r->ranges);
	strlcpy(r->name, name, sizeof(r->name));
	return r;
}

static void free_list(struct list *l)
{
	struct range *x, *n;

	list_for_each_entry_safe(x, n, l, list)
		kfree(x);
}

void rangeset_free(struct rangeset *r)
{
	if (!r)
		return;
	free_list(&r->ranges);
	kfree(r);
}

int rangeset_add(struct rangeset *r, u64 s, u64 e)
{
	struct list *pos, dead = LIST_INIT(dead);
	struct range *x, *n, *fresh;
	u64 flags;

	if (s > e)
		return -EINVAL;
	fresh = knew(struct range);
	if (!fresh)
		return -ENOMEM;
	flags = spin_lock_irqsave(&r->lock);
	pos = &r->ranges;
	list_for_each_entry_safe(x, n, &r->ranges, list) {
		if (x->e < s && s - x->e > 1) {
			pos = &x->list;		/* wholly below */
			continue;
		}
		if (x->s > e && x->s - e > 1)
			break;			/* wholly above */
		s = min(s, x->s);
		e = max(e, x->e);
		list_del(&x->list);
		list_add(&x->list, &dead);
	}
	fresh->s = s;
	fresh->e = e;
	list_add(&fresh->list, pos);
	spin_unlock_irqrestore(&r->lock, flags);
	free_list(&dead);
	return 0;
}

int rangeset_remove(struct rangeset *r, u64 s, u64 e)
{
	struct range *x, *n, *fresh;
	struct list dead = LIST_INIT(dead);
	u64 flags;

	if (s > e)
		return -EINVAL;
	/* Needed if [s, e] lies inside one range; allocated in advance so that nothing can fail. */
	fresh = knew(struct range);
	if (!fresh)
		return -ENOMEM;
	flags = spin_lock_irqsave(&r->lock);
	list_for_each_entry_safe(x, n, &r->ranges, list) {
		if (x->e < s || x->s > e)
			continue;
		if (x->s < s && x->e > e) {
			fresh->s = e + 1;
			fresh->e = x->e;
			x->e = s - 1;
			list_add(&fresh->list, &x->list);
			fresh = NULL;
			break;
		}
		if (x->s < s) {
			x->e = s - 1;
		} else if (x->e > e) {
			x->s = e + 1;
		} else {
			list_del(&x->list);
			list_add(&x->list, &dead);
		}
	}
	spin_unlock_irqrestore(&r->lock, flags);
	free_list(&dead);
	kfree(fresh);
	return 0;
}

bool rangeset_contains(struct rangeset *r, u64 s, u64 e)
{
	struct range *x;
	bool found = false;
	u64 flags;

	if (!r || s > e)
		return false;
	flags = spin_lock_irqsave(&r->lock);
	list_for_each_entry(x, &r->ranges, list)
		if (x->s <= s && e <= x->e) {
			found = true;
			break;
		}
	spin_unlock_irqrestore(&r->lock, flags);
	return found;
}

bool rangeset_overlaps(struct rangeset *r, u64 s, u64 e)
{
	struct range *x;
	bool found = false;
	u64 flags;

	if (!r || s > e)
		return false;
	flags = spin_lock_irqsave(&r->lock);
	list_for_each_entry(x, &r->ranges, list)
		if (x->s <= e && s <= x->e) {
			found = true;
			break;
		}
	spin_unlock_irqrestore(&r->lock, flags);
	return found;
}

bool rangeset_is_empty(struct rangeset *r)
{
	return !r || list_empty(&r->ranges);
}

void rangeset_print(struct rangeset *r)
{
	struct range *x;
	u64 flags;

	if (!r)
		return;
	flags = spin_lock_irqsave(&r->lock);
	printk(LOG_INFO, "%s:", r->name);
	list_for_each_entry(x, &r->ranges, list)
		printk(LOG_INFO, " %llx-%llx", (unsigned long long)x->s, (unsigned long long)x->e);
	printk(LOG_INFO, "\n");
	spin_unlock_irqrestore(&r->lock, flags);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.c: what rawpeer shares and maps, by name.
 *
 * Invariant: a page that was granted is freed only after its grant was ended; one that the peer still
 * maps is left to the kernel's deferred list, as a well-behaved frontend does. A test peer lies in what
 * it writes, not in how it treats its own kernel's memory.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <xen/page.h>
#include "rawpeer.h"

struct raw_thing *raw_find(struct raw_peer *p, const char *name)
{
	struct raw_thing *t;

	list_for_each_entry(t, &p->things, list)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

struct raw_thing *raw_new(struct raw_peer *p, const char *name)
{
	struct raw_thing *t;

	if (raw_find(p, name))
		return NULL;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	strscpy(t->name, name, sizeof(t->name));
	list_add_tail(&t->list, &p->things);
	return t;
}

int raw_share(struct raw_peer *p, struct raw_thing *t, unsigned int nr, bool readonly, domid_t to)
{
	unsigned int i;
	int ref;

	t->pages = kcalloc(nr, sizeof(*t->pages), GFP_KERNEL);
	t->grefs = kcalloc(nr, sizeof(*t->grefs), GFP_KERNEL);
	if (!t->pages || !t->grefs)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		t->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!t->pages[i])
			return -ENOMEM;
		t->nr = i + 1;
		ref = gnttab_grant_foreign_access(to, xen_page_to_gfn(t->pages[i]), readonly);
		if (ref < 0)
			return ref;
		t->grefs[i] = ref;
	}
	t->va = vmap(t->pages, nr, VM_MAP, PAGE_KERNEL);
	return t->va ? 0 : -ENOMEM;
}

void raw_drop(struct raw_peer *p, struct raw_thing *t)
{
	unsigned int i;

	xb_evtchn_free(&t->ch);
	if (t->map.nr)
		xb_area_unmap(p->dev, &t->map);
	else if (t->va)
		vunmap(t->va);
	for (i = 0; t->pages && i < t->nr; i++) {
		if (t->grefs[i])
			gnttab_end_foreign_access(t->grefs[i], t->pages[i]);
		else
			__free_page(t->pages[i]);
	}
	kfree(t->pages);
	kfree(t->grefs);
	list_del(&t->list);
	kfree(t);
}

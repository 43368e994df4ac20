/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * area.c: the frontend's half of shared areas: pages of ours that the peer may map.
 *
 * Owns the pages, their mapping in one piece, and their grants. Invariant: a page goes back to
 * the kernel only when its grant is ended; gnttab_end_foreign_access takes over our reference to
 * the page for as long as the peer holds on to it. No lock: an area belongs to one context at a
 * time.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <xen/page.h>
#include <xb/area.h>
#include "internal.h"
#include "area.h"

/* The first GRANTED pages may be in the peer's hands; the others are simply ours. */
static void area_drop(struct xb_area *a, unsigned int granted)
{
	unsigned int i;

	if (a->nr > 1 && a->va)
		vunmap(a->va);
	for (i = 0; i < a->nr; i++) {
		if (i < granted)
			gnttab_end_foreign_access(a->grefs[i], a->pages[i]);
		else if (a->pages[i])
			__free_page(a->pages[i]);
		if (!(i % XB_AREA_BATCH))
			cond_resched();
	}
	kvfree(a->pages);
	kvfree(a->grefs);
	memset(a, 0, sizeof(*a));
}

static int area_pages(struct xb_area *a, unsigned int nr)
{
	unsigned int i;

	a->nr = nr;
	a->pages = kvcalloc(nr, sizeof(*a->pages), GFP_KERNEL);
	a->grefs = kvcalloc(nr, sizeof(*a->grefs), GFP_KERNEL);
	if (!a->pages || !a->grefs) {
		a->nr = 0;
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		a->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!a->pages[i])
			return -ENOMEM;
	}
	a->va = nr > 1 ? vmap(a->pages, nr, VM_MAP, PAGE_KERNEL) : page_address(a->pages[0]);
	return a->va ? 0 : -ENOMEM;
}

int xb_area_alloc(struct xb_device *dev, struct xb_area *a, unsigned int nr)
{
	grant_ref_t head;
	unsigned int i;
	int err;

	memset(a, 0, sizeof(*a));
	if (!nr || nr > XB_AREA_MAX_PAGES)
		return -EINVAL;
	err = area_pages(a, nr);
	if (!err)
		err = gnttab_alloc_grant_references(nr, &head);
	if (err) {
		area_drop(a, 0);
		return err;
	}
	for (i = 0; i < nr; i++) {
		a->grefs[i] = gnttab_claim_grant_reference(&head);
		gnttab_grant_foreign_access_ref(a->grefs[i], dev->otherend_id,
						xen_page_to_gfn(a->pages[i]), 0);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(xb_area_alloc);

void xb_area_free(struct xb_device *dev, struct xb_area *a)
{
	if (a->nr)
		area_drop(a, a->nr);
}
EXPORT_SYMBOL_GPL(xb_area_free);

int xb_area_publish(struct xb_device *dev, const struct xb_area *a, struct xb_area *dir)
{
	struct xb_area_dir *page;
	unsigned int i;
	int err;

	memset(dir, 0, sizeof(*dir));
	if (a->nr > XB_AREA_DIR_MAX)
		return -E2BIG;
	err = xb_area_alloc(dev, dir, 1);
	if (err)
		return err;
	page = dir->va;
	for (i = 0; i < a->nr; i++)
		page->grefs[i] = a->grefs[i];
	page->count = a->nr;
	return 0;
}
EXPORT_SYMBOL_GPL(xb_area_publish);

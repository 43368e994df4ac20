/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * area_map.c: the backend's half of shared areas: pages of the peer, mapped in one piece.
 *
 * In a PV domain the hypervisor writes the page table entries itself: it is given the addresses of
 * a range that vmap() made of entries that are not present. In other domains foreign pages go to
 * places in our physical memory where no memory is, and vmap() puts these in a row.
 *
 * Owns the handles. Invariants: all pages are mapped or none; a place whose unmapping fails is
 * never used again. No lock: a map belongs to one context at a time.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/xen/hypercall.h>
#include <xen/features.h>
#include <xen/page.h>
#include "area.h"
#include "internal.h"

#define NO_HANDLE	((grant_handle_t)~0u)
#define EAGAIN_TRIES	50u	/* the peer's page is on its way back from a pager: half a second */
#define EAGAIN_MS	10u

static bool in_pv(void)
{
	return !xen_feature(XENFEAT_auto_translated_physmap);
}

/* Where the hypervisor is to put page I. */
static phys_addr_t place_of(const struct xb_area_map *m, unsigned int i)
{
	if (in_pv())
		return (unsigned long)m->va + ((unsigned long)i << XB_PAGE_SHIFT);
	return (unsigned long)page_address(m->pages[i]);
}

/*
 * A range of NR pages in which nothing is mapped; and without which vunmap would not be used
 * later.
 */
static int range_alloc(struct xb_area_map *m)
{
	unsigned int i;

	if (!in_pv())
		return gnttab_alloc_pages(m->nr, m->pages);
	for (i = 0; i < m->nr; i++)
		m->pages[i] = ZERO_PAGE(0);
	m->va = vmap(m->pages, m->nr, VM_MAP | VM_IOREMAP, __pgprot(0));
	return m->va ? 0 : -ENOMEM;
}

/* Nothing of the peer's is mapped any more; with LEAK, perhaps something is. */
static void range_free(struct xb_area_map *m, bool leak)
{
	if (leak)
		return;
	if (m->va)
		vunmap(m->va);
	if (!in_pv())
		gnttab_free_pages(m->nr, m->pages);
}

/*
 * Entries that the hypervisor did not fill are not present but not zero either; vunmap wants
 * zero.
 */
static void range_clear_hole(struct xb_area_map *m, unsigned int i)
{
	if (in_pv() && HYPERVISOR_update_va_mapping(place_of(m, i), __pte(0), UVMF_NONE))
		pr_warn_once("xen-xenbus: a page table entry could not be cleared\n");
}

static int map_error(s16 status)
{
	switch (status) {
	case GNTST_okay:
		return 0;
	case GNTST_no_device_space:
	case GNTST_no_space:
		return -ENOSPC;
	case GNTST_eagain:
		return -EAGAIN;
	default:
		return -EINVAL;
	}
}

static int map_again(struct gnttab_map_grant_ref *op)
{
	unsigned int try;

	for (try = 0; op->status == GNTST_eagain && try < EAGAIN_TRIES; try++) {
		msleep(EAGAIN_MS);
		if (HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, op, 1))
			return -EIO;
	}
	return map_error(op->status);
}

/* Maps pages FIRST ... FIRST+N-1, as many of them as can be. */
static int map_batch(struct xb_device *dev, struct xb_area_map *m, const grant_ref_t *grefs,
		     unsigned int first, unsigned int n)
{
	struct gnttab_map_grant_ref ops[XB_AREA_BATCH];
	unsigned int i;
	int err = 0, one;

	for (i = 0; i < n; i++)
		gnttab_set_map_op(&ops[i], place_of(m, first + i), GNTMAP_host_map,
				  grefs[first + i], dev->otherend_id);
	if (HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, ops, n))
		return -EIO;
	for (i = 0; i < n; i++) {
		one = err && ops[i].status == GNTST_eagain ? -EAGAIN : map_again(&ops[i]);
		if (one)
			err = err ? err : one;
		else
			m->handles[first + i] = ops[i].handle;
	}
	return err;
}

/* False: some page may still be mapped. */
static bool unmap_batch(struct xb_area_map *m, unsigned int first, unsigned int n)
{
	struct gnttab_unmap_grant_ref ops[XB_AREA_BATCH];
	unsigned int i, used = 0;
	bool done = true;

	for (i = first; i < first + n; i++) {
		if (m->handles[i] == NO_HANDLE) {
			range_clear_hole(m, i);
			continue;
		}
		gnttab_set_unmap_op(&ops[used++], place_of(m, i), GNTMAP_host_map, m->handles[i]);
	}
	if (used && HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, ops, used))
		return false;
	for (i = 0; i < used; i++)
		done &= ops[i].status == GNTST_okay;
	return done;
}

static void area_map_drop(struct xb_device *dev, struct xb_area_map *m)
{
	bool done = true;
	unsigned int i;

	for (i = 0; i < m->nr; i += XB_AREA_BATCH) {
		done &= unmap_batch(m, i, min(XB_AREA_BATCH, m->nr - i));
		cond_resched();
	}
	if (!done)
		dev_err(dev->dev, "%u shared pages could not be unmapped and are lost\n", m->nr);
	range_free(m, !done);
	kvfree(m->pages);
	kvfree(m->handles);
	memset(m, 0, sizeof(*m));
}

static int area_map_alloc(struct xb_area_map *m, unsigned int nr)
{
	unsigned int i;
	int err;

	memset(m, 0, sizeof(*m));
	if (!nr || nr > XB_AREA_MAX_PAGES)
		return -EINVAL;
	m->nr = nr;
	m->pages = kvcalloc(nr, sizeof(*m->pages), GFP_KERNEL);
	m->handles = kvcalloc(nr, sizeof(*m->handles), GFP_KERNEL);
	err = m->pages && m->handles ? range_alloc(m) : -ENOMEM;
	if (err) {
		kvfree(m->pages);
		kvfree(m->handles);
		memset(m, 0, sizeof(*m));
		return err;
	}
	for (i = 0; i < nr; i++)
		m->handles[i] = NO_HANDLE;
	return 0;
}

int xb_area_map(struct xb_device *dev, struct xb_area_map *m, const grant_ref_t *grefs,
		unsigned int nr)
{
	unsigned int i;
	int err;

	err = area_map_alloc(m, nr);
	if (err)
		return err;
	for (i = 0; i < nr && !err; i += XB_AREA_BATCH) {
		err = map_batch(dev, m, grefs, i, min(XB_AREA_BATCH, nr - i));
		cond_resched();
	}
	if (!err && !in_pv()) {
		m->va = vmap(m->pages, nr, VM_MAP | VM_IOREMAP, PAGE_KERNEL);
		if (!m->va)
			err = -ENOMEM;
	}
	if (err)
		area_map_drop(dev, m);
	return err;
}
EXPORT_SYMBOL_GPL(xb_area_map);

void xb_area_unmap(struct xb_device *dev, struct xb_area_map *m)
{
	if (m->nr)
		area_map_drop(dev, m);
}
EXPORT_SYMBOL_GPL(xb_area_unmap);

/* The hypervisor copies the directory, so that it is ours before anything looks at it. */
static int dir_copy(struct xb_device *dev, struct xb_area_dir *to, grant_ref_t gref)
{
	struct gnttab_copy op = {
		.source.u.ref = gref,
		.source.domid = dev->otherend_id,
		.dest.u.gmfn = virt_to_gfn(to),
		.dest.domid = DOMID_SELF,
		.len = XB_PAGE_SIZE,
		.flags = GNTCOPY_source_gref,
	};
	unsigned int try;

	for (try = 0; try < EAGAIN_TRIES; try++) {
		if (HYPERVISOR_grant_table_op(GNTTABOP_copy, &op, 1))
			return -EIO;
		if (op.status != GNTST_eagain)
			break;
		msleep(EAGAIN_MS);
	}
	return map_error(op.status);
}

int xb_area_map_dir(struct xb_device *dev, struct xb_area_map *m, grant_ref_t dir,
		    unsigned int max)
{
	struct xb_area_dir *copy;
	int err;

	memset(m, 0, sizeof(*m));
	copy = (void *)__get_free_page(GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = dir_copy(dev, copy, dir);
	if (!err && (!copy->count || copy->count > min(max, XB_AREA_DIR_MAX)))
		err = -EINVAL;
	if (!err)
		err = xb_area_map(dev, m, copy->grefs, copy->count);
	free_page((unsigned long)copy);
	return err;
}
EXPORT_SYMBOL_GPL(xb_area_map_dir);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grants.c: pools of grants.
 *
 * Owns pages that are granted when they are allocated and stay so while the device is connected,
 * and references without a page for requests that show the peer their own pages. A request takes
 * what it needs in one piece and gives it back in one piece. Pages are zeroed before they are
 * granted and hold nothing but this disk's data afterwards.
 *
 * Invariants: a pool never has more than max; reserve of them were allocated beforehand, so that
 * the largest request can always be served when nothing else is in flight, whatever memory does.
 * Lock: the queue's lock, but for init and destroy.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <xen/page.h>
#include "blkfront.h"

void bf_chain_splice(struct bf_chain *to, struct bf_chain *from)
{
	from->tail->next = to->head;
	if (!to->head)
		to->tail = from->tail;
	to->head = from->head;
	to->nr += from->nr;
	from->head = NULL;
	from->tail = NULL;
	from->nr = 0;
}

static void chain_push(struct bf_chain *c, struct bf_grant *g)
{
	g->next = c->head;
	if (!c->head)
		c->tail = g;
	c->head = g;
	c->nr++;
}

/* Moves the first NR, of which there are as many. */
static void chain_cut(struct bf_chain *from, u32 nr, struct bf_chain *out)
{
	struct bf_grant *last = from->head;
	u32 i;

	out->head = last;
	for (i = 1; i < nr; i++)
		last = last->next;
	from->head = last->next;
	if (!from->head)
		from->tail = NULL;
	last->next = NULL;
	out->tail = last;
	out->nr = nr;
	from->nr -= nr;
}

static bool grant_page(struct bf_dev *dev, struct bf_grant *g, gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_ZERO);
	int ref;

	if (!page)
		return false;
	ref = gnttab_grant_foreign_access(dev->xb->otherend_id, xen_page_to_gfn(page), 0);
	if (ref < 0) {
		__free_page(page);
		return false;
	}
	g->va = page_address(page);
	g->ref = ref;
	return true;
}

static bool grant_reference(struct bf_grant *g)
{
	grant_ref_t head;
	int ref;

	if (gnttab_alloc_grant_references(1, &head))
		return false;
	ref = gnttab_claim_grant_reference(&head);
	gnttab_free_grant_references(head);
	if (ref < 0)
		return false;
	g->va = NULL;
	g->ref = ref;
	return true;
}

static bool pool_grow(struct bf_dev *dev, struct bf_pool *p, gfp_t gfp)
{
	struct bf_grant *g;

	if (p->total >= p->max)
		return false;
	g = kmalloc(sizeof(*g), gfp);
	if (!g)
		return false;
	if (!(p->pages ? grant_page(dev, g, gfp) : grant_reference(g))) {
		kfree(g);
		return false;
	}
	chain_push(&p->free, g);
	p->total++;
	return true;
}

int bf_pool_init(struct bf_dev *dev, struct bf_pool *p, bool pages, u32 reserve, u32 max)
{
	memset(p, 0, sizeof(*p));
	p->pages = pages;
	p->reserve = reserve;
	p->max = max(max, reserve);
	while (p->total < reserve) {
		if (!pool_grow(dev, p, GFP_NOIO)) {
			bf_pool_destroy(p);
			return -ENOMEM;
		}
	}
	p->least = p->total;
	return 0;
}

/* NR grants, all or none. */
bool bf_pool_take(struct bf_dev *dev, struct bf_pool *p, u32 nr, struct bf_chain *out)
{
	while (unlikely(p->free.nr < nr)) {
		if (p->cold.nr)
			bf_chain_splice(&p->free, &p->cold);
		else if (!pool_grow(dev, p, GFP_NOWAIT | __GFP_NOWARN))
			return false;
	}
	chain_cut(&p->free, nr, out);
	if (p->free.nr < p->least)
		p->least = p->free.nr;
	return true;
}

/* The page goes to the kernel now, or as soon as the peer does not map it any more. */
static void grant_free(struct bf_grant *g)
{
	if (!g->ref)
		;
	else if (g->va)
		gnttab_end_foreign_access(g->ref, virt_to_page(g->va));
	else
		gnttab_free_grant_reference(g->ref);
	kfree(g);
}

static void chain_free(struct bf_chain *c)
{
	struct bf_grant *g, *next;

	for (g = c->head; g; g = next) {
		next = g->next;
		grant_free(g);
	}
	memset(c, 0, sizeof(*c));
}

void bf_pool_destroy(struct bf_pool *p)
{
	chain_free(&p->free);
	chain_free(&p->cold);
	p->total = 0;
}

/* Takes the coldest NR out of the free ones. */
static void cut_coldest(struct bf_chain *free, u32 nr, struct bf_chain *out)
{
	struct bf_chain keep = {};

	if (nr < free->nr)
		chain_cut(free, free->nr - nr, &keep);
	*out = *free;
	*free = keep;
}

/*
 * Gives memory back that was not needed since the last time. What the peer keeps mapped can not
 * be freed; it is set aside, to be taken before a new one is made.
 */
void bf_pool_trim(struct bf_queue *q, struct bf_pool *p)
{
	struct bf_chain idle = {}, still = {};
	struct bf_grant *g;
	u32 nr = 0;

	spin_lock_bh(&q->lock);
	if (p->total > p->reserve)
		nr = min(min(p->least, p->free.nr), p->total - p->reserve);
	if (nr)
		cut_coldest(&p->free, nr, &idle);
	if (p->cold.nr) {
		nr += p->cold.nr;
		if (idle.nr)
			bf_chain_splice(&idle, &p->cold);
		else
			swap(idle, p->cold);
	}
	p->least = p->free.nr;
	p->total -= nr;
	spin_unlock_bh(&q->lock);

	while ((g = idle.head)) {
		idle.head = g->next;
		if (!g->va) {
			grant_free(g);
		} else if (gnttab_try_end_foreign_access(g->ref)) {
			__free_page(virt_to_page(g->va));
			kfree(g);
		} else {
			chain_push(&still, g);
		}
	}
	if (!still.nr)
		return;
	spin_lock_bh(&q->lock);
	p->total += still.nr;
	bf_chain_splice(&p->cold, &still);
	spin_unlock_bh(&q->lock);
}

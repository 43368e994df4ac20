/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: give frames back and get as many others, contiguous or below
 * some address. Domain 0 builds its DMA buffers with hundreds of these calls,
 * and many are meant to fail: a failure must leave everything as it was.
 *
 * Work goes in chunks: the larger of the two extent sizes. For each chunk the
 * new frames are allocated first, then all lists are read, then the old frames
 * are stolen; only then is anything changed for good. Frames that were stolen
 * belong to nobody and are linked through page->next. A call is preempted
 * between chunks only, with nr_exchanged written back.
 *
 * Locks: those of mm/. Nothing is held while guest memory is copied.
 */
#include "memory/memory.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "mm/heap.h"

struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned in_order, out_order;	/* extents per chunk, as orders */
	u32 stolen, fresh;		/* lists of frames and of extents, linked by next */
};

static void push(u32 *list, struct page *pg)
{
	pg->next = *list;
	*list = (u32)mfn_x(page_to_mfn(pg));
}

static struct page *pop(u32 *list)
{
	struct page *pg;

	if (*list == PAGE_LIST_END)
		return NULL;
	pg = mfn_to_page(_mfn(*list));
	*list = pg->next;
	return pg;
}

static int check_request(struct exchange *e)
{
	const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;
	unsigned max_order = memory_max_order(current_domain());

	if (in->extent_order > max_order || out->extent_order > max_order)
		return -EPERM;
	if (e->x.nr_exchanged > in->nr_extents || in->domid != out->domid ||
	    in->nr_extents > ~0ull >> in->extent_order ||
	    out->nr_extents > ~0ull >> out->extent_order ||
	    in->nr_extents << in->extent_order != out->nr_extents << out->extent_order)
		return -EINVAL;
	if (in->nr_extents > ~0ull / sizeof(xen_pfn_t) ||
	    out->nr_extents > ~0ull / sizeof(xen_pfn_t) ||
	    !guest_range_ok(in->extent_start.p, in->nr_extents * sizeof(xen_pfn_t)) ||
	    !guest_range_ok(out->extent_start.p, out->nr_extents * sizeof(xen_pfn_t)))
		return -EFAULT;
	if (in->extent_order <= out->extent_order)
		e->in_order = out->extent_order - in->extent_order;
	else
		e->out_order = in->extent_order - out->extent_order;
	return 0;
}

static int alloc_fresh(struct exchange *e)
{
	unsigned bits = XENMEMF_get_address_bits(e->x.out.mem_flags);
	struct page *pg;
	u64 i;

	if (bits && bits <= PAGE_SHIFT)
		return -ENOMEM;
	for (i = 0; i < 1ull << e->out_order; i++) {
		pg = heap_alloc(e->x.out.extent_order, bits);
		if (!pg)
			return -ENOMEM;
		push(&e->fresh, pg);
	}
	return 0;
}

/* Its list entries must be readable before the point of no return. */
static int probe_out(const struct exchange *e, u64 chunk)
{
	xen_pfn_t gpfn;
	u64 i;

	for (i = 0; i < 1ull << e->out_order; i++) {
		if (get_guest_index(&gpfn, e->x.out.extent_start, (chunk << e->out_order) + i))
			return -EFAULT;
	}
	return 0;
}

/* The guest must have given up every use of the frame: only the allocation is left. */
static int steal_frame(struct exchange *e, u64 mfn)
{
	struct page *pg = mfn_get(_mfn(mfn), e->d);

	if (!pg)
		return -EINVAL;
	if (pg->count & PGC_xen_heap || !page_steal(e->d, pg)) {
		page_put(pg);
		return -EINVAL;
	}
	push(&e->stolen, pg);
	return 0;
}

static int steal_chunk(struct exchange *e, u64 chunk)
{
	xen_pfn_t mfn;
	u64 i, j;
	int rc = 0;

	for (i = 0; !rc && i < 1ull << e->in_order; i++) {
		if (get_guest_index(&mfn, e->x.in.extent_start, (chunk << e->in_order) + i))
			return -EFAULT;
		for (j = 0; !rc && j < 1ull << e->x.in.extent_order; j++)
			rc = steal_frame(e, mfn + j);
	}
	return rc;
}

/* The heap flushes and clears frames before it gives them to anybody else. */
static void free_stolen(struct page *pg)
{
	m2p_set(page_to_mfn(pg), M2P_INVALID);
	heap_free(pg, 0);
}

static void roll_back(struct exchange *e)
{
	struct page *pg;

	while ((pg = pop(&e->fresh)))
		heap_free(pg, e->x.out.extent_order);
	while ((pg = pop(&e->stolen))) {
		/* Fails for a dying domain, or if its other vCPUs used up the room meanwhile. */
		if (assign_pages(e->d, pg, 0))
			free_stolen(pg);
	}
}

static int hand_over(struct exchange *e, u64 chunk)
{
	u64 i, j, n = 1ull << e->x.out.extent_order;
	struct page *pg;
	int rc = 0;

	for (i = 0; (pg = pop(&e->fresh)); i++) {
		u64 index = (chunk << e->out_order) + i;
		xen_pfn_t gpfn, mfn = mfn_x(page_to_mfn(pg));

		if (assign_pages(e->d, pg, e->x.out.extent_order)) {
			heap_free(pg, e->x.out.extent_order);
			rc = -ENOMEM;
			continue;
		}
		/* A list that faults only now was changed under us: the frames stay its. */
		if (get_guest_index(&gpfn, e->x.out.extent_start, index) ||
		    put_guest_index(e->x.out.extent_start, index, &mfn)) {
			rc = -EFAULT;
			continue;
		}
		for (j = 0; j < n; j++)
			m2p_set(_mfn(mfn + j), gpfn + j);
	}
	return rc;
}

static int exchange_chunk(struct exchange *e, u64 chunk)
{
	struct page *pg;
	int rc;

	e->stolen = e->fresh = PAGE_LIST_END;
	rc = alloc_fresh(e);
	if (!rc)
		rc = probe_out(e, chunk);
	if (!rc)
		rc = steal_chunk(e, chunk);
	if (rc) {
		roll_back(e);
		return rc;
	}
	while ((pg = pop(&e->stolen)))
		free_stolen(pg);
	return hand_over(e, chunk);
}

long memory_exchange(struct hc_args *a)
{
	struct xen_memory_exchange __guest *arg = (void __guest *)a->arg[1];
	struct exchange e = { .d = NULL };
	u64 chunk, first, chunks;
	long rc;

	if (copy_from_guest(&e.x, arg, sizeof(e.x)))
		return -EFAULT;
	rc = check_request(&e);
	if (rc)
		return rc;
	e.d = domain_get_any(e.x.in.domid);
	if (!e.d)
		return -ESRCH;
	rc = rights_target(e.d);
	first = chunk = e.x.nr_exchanged >> e.in_order;
	chunks = e.x.in.nr_extents >> e.in_order;
	while (!rc && chunk < chunks) {
		if (chunk != first && hypercall_preempt_check())
			rc = -ERESTART;
		else
			rc = exchange_chunk(&e, chunk);
		if (!rc)
			chunk++;
	}
	domain_put(e.d);
	if (rc == -EPERM)
		return rc;
	e.x.nr_exchanged = chunk << e.in_order;
	if (copy_to_guest(&arg->nr_exchanged, &e.x.nr_exchanged, sizeof(e.x.nr_exchanged)))
		rc = -EFAULT;
	return rc;
}

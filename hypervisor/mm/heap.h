/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame allocator: binary buddies over all RAM, with frames scrubbed when a
 * domain gives them up (before anybody else can get them), and what is built on
 * it. Lock: heap_lock (LOCK_HEAP).
 */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include "mm/page.h"

#define MAX_ORDER 20

/* Boot: heap_init() comes first; then heap_add_range() gives [s, e) to the allocator. */
void heap_init(void);
void heap_add_range(paddr_t s, paddr_t e);

/* 2^order frames, contiguous and naturally aligned, all below 2^bits bytes (0: any). NULL if none. */
struct page *heap_alloc(unsigned order, unsigned bits);
void heap_free(struct page *pg, unsigned order);
/* Any number of contiguous frames, clean; given back whole. */
struct page *heap_alloc_exact(u64 frames);
void heap_free_exact(struct page *pg, u64 frames);
u64 heap_free_pages(void);
u64 heap_total_pages(void);
/* Frames free below 2^bits (0: any); for sysctl availheap. */
u64 heap_free_pages_below(unsigned bits);

/* Claims (XENMEM_claim_pages): pages set aside for a domain. 0 or -errno. */
int heap_claim(struct domain *d, u64 pages);
u64 heap_claimed_pages(void);

/*
 * Domain memory. alloc_domain_pages() allocates 2^order frames and assigns them
 * to d: owner, count 1 (PGC_allocated), on d->page_list, tot_pages up. NULL when
 * over max_pages, out of memory, or d is dying. With no_count the frames are
 * hypervisor's own on behalf of d.
 */
#define ALLOC_BITS(n) (n)
struct page *alloc_domain_pages(struct domain *d, unsigned order, unsigned bits);
/*
 * Take a frame away from d that nobody else uses (exchange): true when only the
 * allocation and the caller's own reference were left; the page then has no
 * owner, count 0, and is the caller's.
 */
bool page_steal(struct domain *d, struct page *pg);
/* Give 2^order frames without owner, as heap_alloc() or page_steal() left them, to d. 0, -E2BIG (max_pages), -EINVAL (dying). */
int assign_pages(struct domain *d, struct page *pg, unsigned order);
/* Drop the allocation reference of one frame of d (decrease_reservation, teardown). False if it was gone. */
bool page_release(struct page *pg);
/* Called at count 0 by page_put(). */
void free_domain_page(struct page *pg);

/* Zeroed pages of the hypervisor's own, directly mapped. */
void *alloc_pages(unsigned order);
void free_pages(void *p, unsigned order);
static inline void *alloc_page(void) { return alloc_pages(0); }
static inline void free_page(void *p) { free_pages(p, 0); }

/* A page of ours that a guest may map: owner d, PGC_xen_heap, type writable (or none for rw = false). */
void share_page_with_guest(void *p, struct domain *d, bool rw);
/* Before freeing such a page: true when no guest maps it any more; else it is freed by the last page_put(). */
void unshare_and_free_page(void *p);

/* Byte-sized objects; zeroed; NULL when there is no memory. kfree(NULL) is fine. */
void *kmalloc(size_t n);
void kfree(void *p);
#define knew(type) ((type *)kmalloc(sizeof(type)))
#define knew_array(type, n) ((type *)kmalloc(sizeof(type) * (n)))

#endif

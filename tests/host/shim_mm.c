/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of the host tests' machine: a frame table over a piece of anonymous
 * memory, a first-fit allocator, and plain versions of what mm/page.c and
 * mm/heap.c do. Weak, symbol by symbol; tests of mm/ itself link the real ones.
 * Guarded by nothing: one thread.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "core/domain.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "util.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/page.h"
#include "mm/tlb.h"

#define WEAK __attribute__((weak))

WEAK struct page *frame_table;
WEAK u64 max_page;
WEAK u64 m2p_entries;
WEAK u64 *hv_root;
u8 *shim_ram;
unsigned shim_fail_alloc;
long shim_live_allocs;

static u64 *shim_m2p;
static u64 ram_frames;
static struct pcpu host_pcpu[4];

/* True when this allocation is the one that the test wants to see fail. */
static bool alloc_fails(void)
{
	return shim_fail_alloc && --shim_fail_alloc == 0;
}

void host_machine_init(u64 frames)
{
	u64 i;

	ram_frames = max_page = frames;
	m2p_entries = frames;
	shim_ram = mmap(NULL, frames << PAGE_SHIFT, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	frame_table = calloc(frames, sizeof(*frame_table));
	shim_m2p = calloc(frames, sizeof(u64));
	if (shim_ram == MAP_FAILED || !frame_table || !shim_m2p)
		abort();
	for (i = 0; i < frames; i++) {
		frame_table[i].count = i ? PGC_free : 0;
		frame_table[i].owner = DOMID_INVALID;
		shim_m2p[i] = M2P_INVALID;
	}
	nr_cpus = ARRAY_SIZE(host_pcpu);
	for (i = 0; i < nr_cpus; i++) {
		host_pcpu[i] = (struct pcpu){ .id = (unsigned)i, .apic_id = (u32)i };
		pcpus[i] = &host_pcpu[i];
		shim_cpu_info[i].cpu = pcpus[i];
		shim_cpu_info[i].cpu_id = (unsigned)i;
		cpu_online_map |= CPUMASK(i);
	}
}

__attribute__((weak)) void heap_init(void);
__attribute__((weak)) void heap_add_range(paddr_t s, paddr_t e);
unsigned host_restarts;

void host_machine_init_real(u64 frames)
{
	u64 i;

	host_machine_init(frames);
	for (i = 0; i < frames; i++)
		frame_table[i].count = 0;
	heap_init();
	heap_add_range(1 << 20, frames << PAGE_SHIFT);
}

void host_machine_fini(void)
{
	munmap(shim_ram, ram_frames << PAGE_SHIFT);
	free(frame_table);
	free(shim_m2p);
	frame_table = NULL;
	shim_m2p = NULL;
	shim_ram = NULL;
}

WEAK bool mfn_valid(mfn_t mfn) { return mfn_x(mfn) && mfn_x(mfn) < ram_frames; }

WEAK void *mfn_to_virt(mfn_t mfn)
{
	if (mfn_x(mfn) >= ram_frames)
		bug_at(__FILE__, __LINE__, "mfn_to_virt of no RAM");
	return shim_ram + (mfn_x(mfn) << PAGE_SHIFT);
}

WEAK mfn_t virt_to_mfn(const void *p)
{
	u64 off = (u64)((const u8 *)p - shim_ram);

	if (off >= ram_frames << PAGE_SHIFT)
		bug_at(__FILE__, __LINE__, "virt_to_mfn of no RAM");
	return _mfn(off >> PAGE_SHIFT);
}

WEAK void m2p_set(mfn_t mfn, u64 pfn) { shim_m2p[mfn_x(mfn)] = pfn; }
WEAK u64 m2p_get(mfn_t mfn) { return mfn_x(mfn) < ram_frames ? shim_m2p[mfn_x(mfn)] : M2P_INVALID; }
WEAK mfn_t m2p_chunk_mfn(unsigned i) { return _mfn(512ull * (i + 1)); }

/* ---- allocator ---- */

WEAK struct page *heap_alloc(unsigned order, unsigned bits)
{
	u64 n = 1ull << order, i, j, limit = ram_frames;

	if (alloc_fails() || order > MAX_ORDER)
		return NULL;
	if (bits && bits < 52)
		limit = min(limit, bits > PAGE_SHIFT ? 1ull << (bits - PAGE_SHIFT) : 0);
	for (i = n; i + n <= limit; i += n) {
		for (j = i; j < i + n && frame_table[j].count == PGC_free; j++)
			;
		if (j < i + n)
			continue;
		for (j = i; j < i + n; j++) {
			frame_table[j].count = 0;
			frame_table[j].type = 0;
			frame_table[j].owner = DOMID_INVALID;
		}
		return frame_table + i;
	}
	return NULL;
}

WEAK void heap_free(struct page *pg, unsigned order)
{
	u64 i;

	for (i = 0; i < 1ull << order; i++) {
		if (pg[i].count & PGC_free)
			bug_at(__FILE__, __LINE__, "frame freed twice");
		if (pg[i].count & PGC_count_mask || pg[i].type & PGT_count_mask)
			bug_at(__FILE__, __LINE__, "frame freed in use");
		pg[i].count = PGC_free;
		pg[i].type = 0;
		pg[i].owner = DOMID_INVALID;
		memset(page_to_virt(pg + i), 0xdf, PAGE_SIZE);
	}
}

WEAK u64 heap_free_pages(void)
{
	u64 i, n = 0;

	for (i = 0; i < ram_frames; i++)
		n += frame_table[i].count == PGC_free;
	return n;
}

WEAK u64 heap_total_pages(void) { return ram_frames - 1; }
WEAK u64 heap_free_pages_below(unsigned bits) { return heap_free_pages(); }

WEAK int heap_claim(struct domain *d, u64 pages)
{
	if (!pages) {
		d->claimed_pages = 0;
		return 0;
	}
	if (d->claimed_pages || pages <= d->tot_pages || pages > d->max_pages)
		return -EINVAL;
	if (pages - d->tot_pages > heap_free_pages())
		return -ENOMEM;
	d->claimed_pages = pages - d->tot_pages;
	return 0;
}

WEAK u64 heap_claimed_pages(void) { return 0; }

WEAK void *alloc_pages(unsigned order)
{
	struct page *pg = heap_alloc(order, 0);
	void *p = pg ? page_to_virt(pg) : NULL;

	if (!p)
		return NULL;
	shim_live_allocs++;
	return memset(p, 0, PAGE_SIZE << order);
}

WEAK void free_pages(void *p, unsigned order)
{
	if (!p)
		return;
	shim_live_allocs--;
	heap_free(virt_to_page(p), order);
}

WEAK void *kmalloc(size_t n)
{
	void *p = alloc_fails() ? NULL : calloc(1, n ? n : 1);

	shim_live_allocs += p != NULL;
	return p;
}

WEAK void kfree(void *p)
{
	shim_live_allocs -= p != NULL;
	free(p);
}

/* ---- domain memory ---- */

WEAK int assign_pages(struct domain *d, struct page *pg, unsigned order)
{
	u64 i, n = 1ull << order;

	if (d->is_dying)
		return -EINVAL;
	if (d->tot_pages + n > d->max_pages)
		return -E2BIG;
	for (i = 0; i < n; i++) {
		pg[i].owner = d->domain_id;
		pg[i].count = PGC_allocated | 1;
		pg[i].type = 0;
	}
	if (!d->tot_pages)
		domain_ref(d);
	d->tot_pages += n;
	return 0;
}

WEAK struct page *alloc_domain_pages(struct domain *d, unsigned order, unsigned bits)
{
	struct page *pg = heap_alloc(order, bits);

	if (pg && assign_pages(d, pg, order)) {
		heap_free(pg, order);
		pg = NULL;
	}
	return pg;
}

static struct domain *page_domain(const struct page *pg)
{
	struct domain *d = domain_get(pg->owner);

	if (!d)
		bug_at(__FILE__, __LINE__, "frame of no domain");
	domain_put(d);
	return d;
}

static void domain_lost_page(struct domain *d)
{
	if (--d->tot_pages == 0)
		domain_put(d);
}

WEAK void free_domain_page(struct page *pg)
{
	struct domain *d = page_domain(pg);
	bool special = pg->count & PGC_xen_heap;

	pg->count = 0;
	pg->type = 0;
	m2p_set(page_to_mfn(pg), M2P_INVALID);
	heap_free(pg, 0);
	if (special) {
		shim_live_allocs--;
		d->xen_pages--;
	} else {
		domain_lost_page(d);
	}
}

WEAK bool page_get(struct page *pg, const struct domain *d)
{
	if (!(pg->count & PGC_count_mask) || pg->owner != d->domain_id)
		return false;
	pg->count++;
	return true;
}

WEAK void page_put(struct page *pg)
{
	if (!(pg->count & PGC_count_mask))
		bug_at(__FILE__, __LINE__, "reference dropped that nobody holds");
	if ((--pg->count & PGC_count_mask) == 0)
		free_domain_page(pg);
}

WEAK struct page *mfn_get(mfn_t mfn, const struct domain *d)
{
	return mfn_valid(mfn) && page_get(mfn_to_page(mfn), d) ? mfn_to_page(mfn) : NULL;
}

WEAK bool page_get_type_writable(struct page *pg)
{
	if (pg->type & PGT_count_mask && (pg->type & PGT_type_mask) != PGT_writable_page)
		return false;
	pg->type = PGT_writable_page | PGT_validated | ((pg->type & PGT_count_mask) + 1);
	return true;
}

WEAK void page_put_type_writable(struct page *pg)
{
	if ((pg->type & PGT_type_mask) != PGT_writable_page || !(pg->type & PGT_count_mask))
		bug_at(__FILE__, __LINE__, "writable reference dropped that nobody holds");
	pg->type--;
}

WEAK bool page_get_writable(struct page *pg, const struct domain *d)
{
	if (!page_get(pg, d))
		return false;
	if (page_get_type_writable(pg))
		return true;
	page_put(pg);
	return false;
}

WEAK void page_put_writable(struct page *pg)
{
	page_put_type_writable(pg);
	page_put(pg);
}

WEAK bool page_release(struct page *pg)
{
	if (!(pg->count & PGC_allocated))
		return false;
	pg->count &= ~PGC_allocated;
	page_put(pg);
	return true;
}

WEAK bool page_steal(struct domain *d, struct page *pg)
{
	if (pg->owner != d->domain_id || pg->count != (PGC_allocated | 2) ||
	    pg->type & PGT_count_mask)
		return false;
	pg->count = 0;
	pg->type = 0;
	pg->owner = DOMID_INVALID;
	domain_lost_page(d);
	return true;
}

WEAK void share_page_with_guest(void *p, struct domain *d, bool rw)
{
	struct page *pg = virt_to_page(p);

	pg->owner = d->domain_id;
	pg->count = PGC_xen_heap | PGC_allocated | 1;
	pg->type = rw ? PGT_writable_page | PGT_validated | 1 : 0;
	d->xen_pages++;
}

WEAK void unshare_and_free_page(void *p)
{
	struct page *pg = virt_to_page(p);

	if (pg->type & PGT_count_mask)
		pg->type--;
	page_release(pg);
}

/* ---- translation buffers ---- */

WEAK u32 tlb_clock(void) { return 1; }
WEAK cpumask_t tlb_stale_cpus(cpumask_t mask, u32 stamp) { return mask; }
WEAK void tlb_flush_local(void) { shim_counts.tlb_flushes++; }
WEAK void tlb_flush_mask(cpumask_t mask) { shim_counts.tlb_flushes++; }
WEAK void tlb_flush_page_mask(cpumask_t mask, u64 va) { shim_counts.tlb_flushes++; }
WEAK void tlb_flush_for_page(const struct page *pg, cpumask_t dirty) { shim_counts.tlb_flushes++; }

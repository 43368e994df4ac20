/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/mm/heap.c hypervisor/mm/domain_pages.c hypervisor/mm/page.c */
/* The frame allocator and the life of a domain's frames. */
#include <cmocka.h>
#include "core/domain.h"
#include "mm/heap.h"
#include "mm/tlb.h"

#define FRAMES 4096u
#define FIRST 256u

static int setup(void **state)
{
	host_machine_init(FRAMES);
	for (unsigned i = 0; i < FRAMES; i++)
		frame_table[i].count = i < FIRST ? PGC_hole : 0;
	heap_init();
	heap_add_range(0x100000, (u64)FRAMES << PAGE_SHIFT);
	return 0;
}

static int teardown(void **state)
{
	host_machine_fini();
	return 0;
}

static void test_buddies(void **state)
{
	struct page *all[FRAMES];
	unsigned n = 0;

	assert_int_equal(heap_free_pages(), FRAMES - FIRST);
	assert_int_equal(heap_total_pages(), FRAMES - FIRST);
	while ((all[n] = heap_alloc(0, 0)))
		n++;
	assert_int_equal(n, FRAMES - FIRST);
	assert_int_equal(heap_free_pages(), 0);
	/* In an order that makes merging work for it. */
	for (unsigned step = 0; step < 7; step++)
		for (unsigned i = step; i < n; i += 7)
			heap_free(all[i], 0);
	assert_int_equal(heap_free_pages(), FRAMES - FIRST);
	all[0] = heap_alloc(11, 0);
	assert_non_null(all[0]);
	assert_int_equal(mfn_x(page_to_mfn(all[0])) & 2047, 0);
	assert_null(heap_alloc(11, 0));
	heap_free(all[0], 11);
	assert_null(heap_alloc(MAX_ORDER + 1, 0));
}

static void test_limits(void **state)
{
	struct page *pg = heap_alloc(0, 0);

	/* Unlimited requests leave low memory alone. */
	assert_true(mfn_x(page_to_mfn(pg)) >= FRAMES / 2);
	heap_free(pg, 0);
	pg = heap_alloc(3, 22);
	assert_non_null(pg);
	assert_true(mfn_x(page_to_mfn(pg)) + 8 <= 1024);
	heap_free(pg, 3);
	assert_null(heap_alloc(0, 20));
	assert_null(heap_alloc(0, 5));
	assert_int_equal(heap_free_pages_below(22), 1024 - FIRST);
	assert_int_equal(heap_free_pages_below(0), FRAMES - FIRST);
}

static void test_scrub_and_exact(void **state)
{
	struct page *pg = heap_alloc_exact(100);
	u8 *p = page_to_virt(pg);

	assert_int_equal(heap_free_pages(), FRAMES - FIRST - 100);
	memset(p, 0x55, 100 * PAGE_SIZE);
	heap_free_exact(pg, 100);
	assert_int_equal(heap_free_pages(), FRAMES - FIRST);
	pg = heap_alloc(11, 0);
	p = page_to_virt(pg);
	for (unsigned i = 0; i < 2048 * PAGE_SIZE; i++)
		if (p[i])
			fail();
	heap_free(pg, 11);
}

static void test_references(void **state)
{
	struct domain *d = host_domain_new(1, 1), *e = host_domain_new(2, 1);
	u64 before = heap_free_pages(), tot = d->tot_pages;
	struct page *pg = alloc_domain_pages(d, 0, 0);

	assert_non_null(pg);
	assert_int_equal(d->tot_pages, tot + 1);
	assert_false(page_get(pg, e));
	assert_true(page_get_writable(pg, d));
	assert_false(page_steal(d, pg));
	assert_true(page_release(pg));
	assert_false(page_release(pg));
	/* Still mapped: still there. */
	assert_int_equal(heap_free_pages(), before - 1);
	page_put_writable(pg);
	assert_int_equal(heap_free_pages(), before);
	assert_int_equal(d->tot_pages, tot);
	assert_false(page_get(pg, d));
	host_domain_free(d);
	host_domain_free(e);
}

static void test_overflow(void **state)
{
	struct domain *d = host_domain_new(1, 1);
	struct page *pg = alloc_domain_pages(d, 0, 0);
	u64 count = pg->count;

	pg->count = PGC_allocated | PGC_count_mask;
	assert_false(page_get(pg, d));
	pg->count = count;
	pg->type = PGT_writable_page | PGT_validated | PGT_count_mask;
	assert_false(page_get_type_writable(pg));
	pg->type = PGT_l1_page_table | PGT_validated | 1;
	assert_false(page_get_writable(pg, d));
	assert_int_equal(pg->count, count);
	pg->type = 0;
	assert_true(page_release(pg));
	host_domain_free(d);
}

static void test_steal_and_assign(void **state)
{
	struct domain *d = host_domain_new(1, 1);
	struct page *pg = alloc_domain_pages(d, 0, 0);
	u64 tot = d->tot_pages;

	assert_true(page_get(pg, d));
	assert_true(page_steal(d, pg));
	assert_int_equal(d->tot_pages, tot - 1);
	assert_false(page_get(pg, d));
	assert_int_equal(assign_pages(d, pg, 0), 0);
	assert_int_equal(d->tot_pages, tot);
	d->max_pages = tot;
	assert_null(alloc_domain_pages(d, 0, 0));
	d->max_pages = tot + 1;
	assert_null(alloc_domain_pages(d, 1, 0));
	d->is_dying = DOMDYING_dying;
	assert_null(alloc_domain_pages(d, 0, 0));
	d->is_dying = DOMDYING_alive;
	assert_true(page_release(pg));
	host_domain_free(d);
}

static void test_claims(void **state)
{
	struct domain *d = host_domain_new(1, 1);
	u64 all = heap_free_pages(), tot = d->tot_pages;
	struct page *pg;

	d->max_pages = ~0ull;
	assert_int_equal(heap_claim(d, tot), tot ? -EINVAL : 0);
	assert_int_equal(heap_claim(d, tot + all + 1), -ENOMEM);
	assert_int_equal(heap_claim(d, tot + all - 4), 0);
	assert_int_equal(heap_claim(d, tot + 1), -EINVAL);
	/* Others get what is not claimed, and no more. */
	pg = heap_alloc(2, 0);
	assert_non_null(pg);
	assert_null(heap_alloc(0, 0));
	heap_free(pg, 2);
	pg = alloc_domain_pages(d, 3, 0);
	assert_non_null(pg);
	assert_int_equal(heap_claimed_pages(), all - 4 - 8);
	assert_int_equal(heap_claim(d, 0), 0);
	assert_int_equal(heap_claimed_pages(), 0);
	for (unsigned i = 0; i < 8; i++)
		assert_true(page_release(pg + i));
	host_domain_free(d);
}

static void test_shared_pages(void **state)
{
	struct domain *d = host_domain_new(1, 1);
	u64 xen = d->xen_pages, before = heap_free_pages();
	void *p = alloc_page();
	struct page *pg = virt_to_page(p);

	share_page_with_guest(p, d, false);
	assert_int_equal(d->xen_pages, xen + 1);
	assert_true(page_get(pg, d));
	assert_false(page_get_type_writable(pg));
	assert_false(page_steal(d, pg));
	unshare_and_free_page(p);
	assert_int_equal(heap_free_pages(), before - 1);
	page_put(pg);
	assert_int_equal(heap_free_pages(), before);
	assert_int_equal(d->xen_pages, xen);
	host_domain_free(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_buddies), TEST(test_limits), TEST(test_scrub_and_exact), TEST(test_references),
		TEST(test_overflow), TEST(test_steal_and_assign), TEST(test_claims), TEST(test_shared_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

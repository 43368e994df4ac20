/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op with the real frame allocator: reservations, exchange, maps,
 * resources; refusals, faults, and that no frame is lost.
 */
/* SOURCES: hypervisor/memory/op.c hypervisor/memory/reservation.c hypervisor/memory/exchange.c */
/* SOURCES: hypervisor/memory/maps.c hypervisor/memory/memmap.c hypervisor/memory/resource.c */
/* SOURCES: hypervisor/memory/physmap.c hypervisor/grant/table.c hypervisor/grant/maptrack.c */
/* SOURCES: hypervisor/mm/page.c hypervisor/mm/domain_pages.c hypervisor/mm/heap.c */
/* SOURCES: hypervisor/lib/rangeset.c */
#include "util.h"
#include "boot/boot.h"
#include "grant/grant.h"
#include "memory/memory.h"

#define FRAMES 8192
#define OP(op, arg) host_call(hc_memory_op, op, arg, 0)

static struct domain *d0, *d1;
static long live;
static u64 free_frames;
static xen_pfn_t list[2048], out_list[2048];

static int setup(void **state)
{
	live = shim_live_allocs;
	free_frames = heap_free_pages();
	d0 = host_domain_new(0, 1);
	d1 = host_domain_new(1, 1);
	host_run_on(0, d0->vcpu[0]);
	memset(list, 0, sizeof(list));
	memset(out_list, 0, sizeof(out_list));
	counts_reset();
	return 0;
}

static void free_all(struct domain *d)
{
	heap_claim(d, 0);
	d->is_dying = DOMDYING_dying;
	while (d->page_list != PAGE_LIST_END)
		assert_true(page_release(mfn_to_page(_mfn(d->page_list))));
	memory_domain_free(d);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->refcnt, 1);
	host_domain_free(d);
}

static int teardown(void **state)
{
	shim_preempt_every = 0;
	shim_fault_after = -1;
	shim_fault_start = shim_fault_end = 0;
	shim_copy_hook = NULL;
	free_all(d0);
	free_all(d1);
	assert_int_equal(heap_free_pages(), free_frames);
	assert_int_equal(heap_claimed_pages(), 0);
	assert_int_equal(shim_live_allocs, live);
	return 0;
}

static struct xen_memory_reservation res(domid_t dom, xen_pfn_t *l, u64 nr, unsigned order,
					 u32 flags)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr, .extent_order = order, .mem_flags = flags, .domid = dom,
	};

	r.extent_start.p = l;
	return r;
}

/* nr extents at pfns 1000, 1000 + 2^order, ... of d1; the list then has machine frames. */
static void populate(domid_t dom, unsigned nr, unsigned order)
{
	struct xen_memory_reservation r = res(dom, list, nr, order, 0);
	unsigned i;

	for (i = 0; i < nr; i++)
		list[i] = 1000 + ((u64)i << order);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), nr);
}

static void test_populate(void **state)
{
	unsigned i;

	populate(1, 10, 2);
	assert_int_equal(d1->tot_pages, 40);
	for (i = 0; i < 10; i++) {
		assert_int_equal(mfn_to_page(_mfn(list[i]))->owner, 1);
		assert_int_equal(m2p_get(_mfn(list[i] + 3)), 1000 + i * 4 + 3);
		assert_int_equal(list[i] & 3, 0);
	}
}

static void test_populate_limit(void **state)
{
	struct xen_memory_reservation r = res(DOMID_SELF, list, 100, 0, 0);

	host_run_on(0, d1->vcpu[0]);
	d1->max_pages = 30;
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 30);
	assert_int_equal(d1->tot_pages, 30);
	r = res(DOMID_SELF, list, 1, 0, 0);
	assert_int_equal(OP(XENMEM_increase_reservation, &r), 0);
}

static void test_reservation_refused(void **state)
{
	struct xen_memory_reservation r = res(0, list, 1, 0, 0);

	/* Another domain, no domain, too large, at the end, on demand, below a page. */
	host_run_on(0, d1->vcpu[0]);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	r = res(55, list, 1, 0, 0);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	r = res(1, list, 1, 10, 0);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	r = res(1, list, 1, 0xffffffff, 0);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 0);
	r = res(1, list, 1, 64, 0);
	assert_int_equal(OP(XENMEM_increase_reservation, &r), 0);
	r = res(1, list, ~0ull, 0, 0);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	r = res(1, list, 1, 0, XENMEMF_populate_on_demand);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	r = res(1, list, 1, 0, 12);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	r = res(1, list, 1, 0, 0);
	assert_int_equal(OP(MEMOP_CONT(XENMEM_populate_physmap, 5), &r), 5);
	assert_int_equal(OP(MEMOP_CONT(XENMEM_populate_physmap, 1), &r), 1);
	assert_int_equal(OP(XENMEM_populate_physmap, NULL), 0);
	r = res(1, (void *)0xffff800000000000ull, 1, 0, 0);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	/* A list that would wrap around. */
	r = res(1, (void *)-8ull, 1ull << 50, 0, 0);
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 0);
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 0);
	assert_int_equal(d1->tot_pages, 0);
}

static void test_populate_fault(void **state)
{
	struct xen_memory_reservation r = res(1, list, 4, 0, 0);

	/* The request and three list accesses work: one extent done, the second's answer faults. */
	shim_fault_after = 4;
	assert_int_equal(OP(XENMEM_populate_physmap, &r), 1);
	assert_int_equal(d1->tot_pages, 1);
}

static void test_increase(void **state)
{
	struct xen_memory_reservation r = res(1, list, 3, 1, 0);

	assert_int_equal(OP(XENMEM_increase_reservation, &r), 3);
	assert_int_equal(m2p_get(_mfn(list[0])), M2P_INVALID);
	r = res(1, NULL, 3, 1, 0);
	assert_int_equal(OP(XENMEM_increase_reservation, &r), 3);
	assert_int_equal(d1->tot_pages, 12);
}

static void test_preempted(void **state)
{
	shim_preempt_every = 3;
	populate(1, 1000, 0);
	assert_true(host_restarts > 300);
	assert_int_equal(d1->tot_pages, 1000);
	shim_preempt_every = 2;
	{
		struct xen_memory_reservation r = res(1, list, 1000, 0, 0);

		assert_int_equal(OP(XENMEM_decrease_reservation, &r), 1000);
	}
	assert_true(host_restarts > 400);
	assert_int_equal(d1->tot_pages, 0);
}

static void test_decrease(void **state)
{
	struct xen_memory_reservation r;
	struct page *pg;

	populate(1, 8, 0);
	/* One frame is still in use elsewhere: it leaves when that ends. */
	pg = mfn_to_page(_mfn(list[3]));
	assert_true(page_get_writable(pg, d1));
	r = res(1, list, 8, 0, 0);
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 8);
	assert_int_equal(d1->tot_pages, 1);
	assert_int_equal(m2p_get(_mfn(list[3])), 1003);
	assert_int_equal(m2p_get(_mfn(list[2])), M2P_INVALID);
	page_put_writable(pg);
	assert_int_equal(d1->tot_pages, 0);
	assert_int_equal(m2p_get(_mfn(list[3])), M2P_INVALID);
	/* Not ours any more, never ours, no frame at all. */
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 0);
	list[0] = ~0ull;
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 0);
	list[0] = FRAMES;
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 0);
}

static void test_decrease_twice_in_one_list(void **state)
{
	struct xen_memory_reservation r;
	struct page *pg;

	populate(1, 2, 0);
	list[1] = list[0];
	pg = mfn_to_page(_mfn(list[0]));
	assert_true(page_get(pg, d1));
	r = res(1, list, 2, 0, 0);
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 2);
	assert_int_equal(pg->count & PGC_count_mask, 1);
	page_put(pg);
}

static void test_hypervisor_page_stays(void **state)
{
	void *p = alloc_page();
	struct xen_memory_reservation r = res(1, list, 1, 0, 0);

	share_page_with_guest(p, d1, true);
	list[0] = mfn_x(virt_to_mfn(p));
	assert_int_equal(OP(XENMEM_decrease_reservation, &r), 0);
	unshare_and_free_page(p);
}

static struct xen_memory_exchange xchg(u64 nin, unsigned oin, u64 nout, unsigned oout, u32 flags)
{
	struct xen_memory_exchange x = {
		.in = res(DOMID_SELF, list, nin, oin, 0),
		.out = res(DOMID_SELF, out_list, nout, oout, flags),
	};

	return x;
}

static void test_exchange_swiotlb(void **state)
{
	struct xen_memory_exchange x;
	u64 total;

	populate(0, 64, 0);
	total = heap_free_pages();
	memset(mfn_to_virt(_mfn(list[5])), 0x55, PAGE_SIZE);
	/* First below 256 KiB, where nothing is: everything stays as it was. */
	out_list[0] = 1000;
	x = xchg(64, 0, 1, 6, 18);
	assert_int_equal(OP(XENMEM_exchange, &x), -ENOMEM);
	assert_int_equal(x.nr_exchanged, 0);
	assert_int_equal(d0->tot_pages, 64);
	assert_int_equal(m2p_get(_mfn(list[5])), 1005);
	assert_int_equal(((u8 *)mfn_to_virt(_mfn(list[5])))[7], 0x55);
	assert_int_equal(heap_free_pages(), total);

	x = xchg(64, 0, 1, 6, 24);
	assert_int_equal(OP(XENMEM_exchange, &x), 0);
	assert_int_equal(x.nr_exchanged, 64);
	assert_int_equal(d0->tot_pages, 64);
	assert_int_equal(heap_free_pages(), total);
	assert_int_equal(out_list[0] & 63, 0);
	assert_true(out_list[0] + 64 <= 1 << 12);
	assert_int_equal(m2p_get(_mfn(out_list[0] + 63)), 1063);
	assert_int_equal(m2p_get(_mfn(list[5])), M2P_INVALID);
	assert_int_equal(mfn_to_page(_mfn(out_list[0]))->owner, 0);
	assert_int_equal(((u8 *)mfn_to_virt(_mfn(out_list[0])))[7], 0);
}

static void test_exchange_split(void **state)
{
	struct xen_memory_exchange x;
	unsigned i;

	populate(0, 2, 4);
	for (i = 0; i < 32; i++)
		out_list[i] = 5000 + i;
	x = xchg(2, 4, 32, 0, 0);
	shim_preempt_every = 1;
	assert_int_equal(OP(XENMEM_exchange, &x), 0);
	assert_int_equal(host_restarts, 1);
	assert_int_equal(x.nr_exchanged, 2);
	for (i = 0; i < 32; i++)
		assert_int_equal(m2p_get(_mfn(out_list[i])), 5000 + i);
}

static void test_exchange_refused(void **state)
{
	struct xen_memory_exchange x;

	populate(0, 4, 0);
	x = xchg(4, 0, 1, 1, 0);
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	x = xchg(4, 0, 1, 2, 0);
	x.out.domid = 1;
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	x = xchg(4, 0, 1, 2, 0);
	x.nr_exchanged = 5;
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	x = xchg(1ull << 63, 1, 1, 0, 0);
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	x = xchg(4, 63, 4, 63, 0);
	assert_int_equal(OP(XENMEM_exchange, &x), -EPERM);
	x = xchg(4, 0, 1, 2, 0);
	x.in.domid = x.out.domid = 44;
	assert_int_equal(OP(XENMEM_exchange, &x), -ESRCH);
	x = xchg(4, 0, 1, 2, 0);
	x.out.extent_start.p = (void *)0xffff800000000000ull;
	assert_int_equal(OP(XENMEM_exchange, &x), -EFAULT);
	x = xchg(1ull << 61, 0, 1ull << 61, 0, 0);
	assert_int_equal(OP(XENMEM_exchange, &x), -EFAULT);
	assert_int_equal(OP(XENMEM_exchange, NULL), -EFAULT);
	assert_int_equal(d0->tot_pages, 4);

	host_run_on(0, d1->vcpu[0]);
	x = xchg(4, 0, 1, 2, 0);
	x.in.domid = x.out.domid = 0;
	assert_int_equal(OP(XENMEM_exchange, &x), -EPERM);
	x = xchg(1024, 0, 1, 10, 0);
	assert_int_equal(OP(XENMEM_exchange, &x), -EPERM);
}

static void test_exchange_frame_in_use(void **state)
{
	struct xen_memory_exchange x;
	u64 total;
	struct page *pg;

	populate(0, 4, 0);
	total = heap_free_pages();
	pg = mfn_to_page(_mfn(list[2]));
	assert_true(page_get(pg, d0));
	x = xchg(4, 0, 1, 2, 0);
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	assert_int_equal(x.nr_exchanged, 0);
	page_put(pg);
	/* The same frame twice, somebody else's, none. What was taken comes back as it was. */
	pg->type |= PGT_writable_page | PGT_foreign;
	list[3] = list[2];
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	assert_int_equal(pg->type, PGT_writable_page | PGT_foreign);
	pg->type = 0;
	list[3] = ~0ull;
	assert_int_equal(OP(XENMEM_exchange, &x), -EINVAL);
	assert_int_equal(d0->tot_pages, 4);
	assert_int_equal(heap_free_pages(), total);
	assert_int_equal(pg->count, PGC_allocated | 1);
	assert_int_equal(m2p_get(page_to_mfn(pg)), 1002);
}

static void test_exchange_faults(void **state)
{
	struct xen_memory_exchange x;
	unsigned n;
	u64 total;

	populate(0, 4, 0);
	total = heap_free_pages();
	/* Request, out list, four in entries: a fault at each of them changes nothing. */
	for (n = 1; n < 6; n++) {
		x = xchg(4, 0, 1, 2, 0);
		shim_fault_after = (int)n;
		assert_int_equal(OP(XENMEM_exchange, &x), -EFAULT);
		shim_fault_after = -1;
		assert_int_equal(d0->tot_pages, 4);
		assert_int_equal(heap_free_pages(), total);
	}
	/* After the point of no return the frames are the domain's all the same. */
	x = xchg(4, 0, 1, 2, 0);
	shim_fault_after = 6;
	assert_int_equal(OP(XENMEM_exchange, &x), -EFAULT);
	assert_int_equal(d0->tot_pages, 4);
	assert_int_equal(heap_free_pages(), total);
}

static void test_limits(void **state)
{
	struct xen_memory_domain q = { .domid = 1 };

	populate(1, 7, 0);
	assert_int_equal(OP(XENMEM_maximum_ram_page, NULL), FRAMES);
	assert_int_equal(OP(XENMEM_current_reservation, &q), 7);
	d1->max_pages = ~0ull;
	assert_int_equal(OP(XENMEM_maximum_reservation, &q), 0xffffffffl);
	assert_int_equal(OP(XENMEM_maximum_gpfn, &q), 0);
	d1->shared_info->arch.max_pfn = 4096;
	assert_int_equal(OP(XENMEM_maximum_gpfn, &q), 4095);
	d1->shared_info->arch.max_pfn = ~0ul;
	assert_true(OP(XENMEM_maximum_gpfn, &q) > 0);
	q.domid = 9;
	assert_int_equal(OP(XENMEM_current_reservation, &q), -ESRCH);
	assert_int_equal(OP(XENMEM_current_reservation, NULL), -EFAULT);
	host_run_on(0, d1->vcpu[0]);
	q.domid = 0;
	assert_int_equal(OP(XENMEM_maximum_reservation, &q), -EPERM);
	q.domid = DOMID_SELF;
	assert_int_equal(OP(XENMEM_current_reservation, &q), 7);
}

static void test_claim(void **state)
{
	struct xen_memory_reservation r = res(1, NULL, 100, 0, 0);

	populate(1, 10, 0);
	assert_int_equal(OP(XENMEM_claim_pages, &r), 0);
	assert_int_equal(d1->claimed_pages, 90);
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	r.nr_extents = 0;
	assert_int_equal(OP(XENMEM_claim_pages, &r), 0);
	assert_int_equal(d1->claimed_pages, 0);
	r.nr_extents = 10;
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	r.nr_extents = 100000;
	assert_int_equal(OP(XENMEM_claim_pages, &r), -ENOMEM);
	r.nr_extents = d1->max_pages + 1;
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	r = res(1, list, 100, 0, 0);
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	r = res(1, NULL, 100, 1, 0);
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	r = res(1, NULL, 100, 0, 1);
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	r = res(12, NULL, 100, 0, 0);
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EINVAL);
	host_run_on(0, d1->vcpu[0]);
	r = res(1, NULL, 100, 0, 0);
	assert_int_equal(OP(XENMEM_claim_pages, &r), -EPERM);
}

static void test_guest_map(void **state)
{
	struct e820_entry in[2] = { { 0, 0xa0000, 1 }, { 0x100000, 0x700000, 1 } }, out[3];
	struct xen_foreign_memory_map f = { .domid = 1, .map.nr_entries = 2 };
	struct xen_memory_map m = { .nr_entries = 3 };

	f.map.buffer.p = in;
	m.buffer.p = out;
	assert_int_equal(OP(XENMEM_memory_map, &m), -ENOSYS);
	assert_int_equal(OP(XENMEM_set_memory_map, &f), 0);
	assert_int_equal(OP(XENMEM_set_memory_map, &f), 0);
	f.map.nr_entries = 129;
	assert_int_equal(OP(XENMEM_set_memory_map, &f), -EINVAL);
	f.map.nr_entries = 0xffffffff;
	assert_int_equal(OP(XENMEM_set_memory_map, &f), -EINVAL);
	f.map.nr_entries = 1;
	f.map.buffer.p = NULL;
	assert_int_equal(OP(XENMEM_set_memory_map, &f), -EFAULT);
	f.domid = 9;
	assert_int_equal(OP(XENMEM_set_memory_map, &f), -ESRCH);
	host_run_on(0, d1->vcpu[0]);
	f.domid = 0;
	assert_int_equal(OP(XENMEM_set_memory_map, &f), -EPERM);
	assert_int_equal(OP(XENMEM_memory_map, &m), 0);
	assert_int_equal(m.nr_entries, 2);
	assert_memory_equal(in, out, sizeof(in));
	m.nr_entries = 1;
	assert_int_equal(OP(XENMEM_memory_map, &m), 0);
	assert_int_equal(m.nr_entries, 1);
}

/* All frames but the IO-APIC's and the local APIC's megabyte. */
bool iomem_access_permitted(struct domain *d, u64 s, u64 e)
{
	return rangeset_contains(d->iomem_caps, s, e);
}

static void test_machine_map(void **state)
{
	static const struct e820_entry host[] = {
		{ 0, 0x9fc00, 1 }, { 0x9fc00, 0x400, 2 }, { 0xf0000, 0x10000, 2 },
		{ 0x100000, 0x3fe00000, 1 }, { 0xfffc0000, 0x40000, 2 },
	};
	struct e820_entry out[16];
	struct xen_memory_map m = { .nr_entries = 16 };

	d0->iomem_caps = rangeset_new("iomem");
	assert_int_equal(rangeset_add(d0->iomem_caps, 0, 0xfffffff), 0);
	assert_int_equal(rangeset_remove(d0->iomem_caps, 0xfec00, 0xfec00), 0);
	assert_int_equal(rangeset_remove(d0->iomem_caps, 0xfee00, 0xfeeff), 0);
	boot_info.e820.nr = ARRAY_SIZE(host);
	memcpy(boot_info.e820.e, host, sizeof(host));
	m.buffer.p = NULL;
	assert_int_equal(OP(XENMEM_machine_memory_map, &m), 0);
	assert_int_equal(m.nr_entries, 7);
	m.buffer.p = out;
	m.nr_entries = 5;
	assert_int_equal(OP(XENMEM_machine_memory_map, &m), -EINVAL);
	m.nr_entries = 6;
	assert_int_equal(OP(XENMEM_machine_memory_map, &m), -EINVAL);
	m.nr_entries = 16;
	assert_int_equal(OP(XENMEM_machine_memory_map, &m), 0);
	assert_int_equal(m.nr_entries, 7);
	assert_memory_equal(out, host, 4 * sizeof(host[0]));
	assert_true(out[4].addr == 0xfec00000 && out[4].size == 0x1000 && out[4].type == 2);
	assert_true(out[5].addr == 0xfee00000 && out[5].size == 0x100000 && out[5].type == 2);
	assert_memory_equal(&out[6], &host[4], sizeof(host[4]));
	host_run_on(0, d1->vcpu[0]);
	assert_int_equal(OP(XENMEM_machine_memory_map, &m), -EPERM);
	rangeset_free(d0->iomem_caps);
	d0->iomem_caps = NULL;
	boot_info.e820.nr = 0;
}

static void test_machphys(void **state)
{
	struct xen_machphys_mapping m;
	struct xen_machphys_mfn_list l = { .max_extents = 10 };

	assert_int_equal(OP(XENMEM_machphys_mapping, &m), 0);
	assert_true(m.v_start == 0xffff800000000000ul && m.v_end == 0xffff804000000000ul);
	assert_int_equal(m.max_mfn, FRAMES - 1);
	l.extent_start.p = list;
	assert_int_equal(OP(XENMEM_machphys_mfn_list, &l), 0);
	assert_int_equal(l.nr_extents, 1);
	assert_int_equal(list[0], mfn_x(m2p_chunk_mfn(0)));
	l.extent_start.p = NULL;
	assert_int_equal(OP(XENMEM_machphys_mfn_list, &l), -EFAULT);
	l.max_extents = 0;
	assert_int_equal(OP(XENMEM_machphys_mfn_list, &l), 0);
}

static struct xen_mem_acquire_resource acq(domid_t dom, u64 frame, u32 nr, xen_pfn_t *l)
{
	struct xen_mem_acquire_resource r = {
		.domid = dom, .type = XENMEM_resource_grant_table, .frame = frame, .nr_frames = nr,
	};

	r.frame_list.p = l;
	return r;
}

static void test_resource(void **state)
{
	struct xen_mem_acquire_resource r = acq(1, 0, 0, NULL);

	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	assert_int_equal(grant_table_init(d1, 8, 8, 1), 0);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), 0);
	assert_int_equal(r.nr_frames, 8);
	r = acq(1, 0, 1, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), 0);
	assert_int_equal(mfn_to_page(_mfn(list[0]))->owner, 1);
	assert_int_equal(grant_table_nr_frames(d1), 1);
	shim_preempt_every = 1;
	r = acq(1, 2, 4, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), 0);
	assert_int_equal(host_restarts, 3);
	assert_int_equal(grant_table_nr_frames(d1), 6);
	assert_true(list[0] && list[3] && list[0] != list[3]);
	shim_preempt_every = 0;
	r = acq(1, 5, 4, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(1, ~0ull, 2, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(1, 0, 0xffffffff, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(1, 0, 1, NULL);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(1, 0, 1, list);
	r.pad = 1;
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(1, 0, 1, list);
	r.id = XENMEM_resource_grant_table_id_status;
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(1, 0, 1, list);
	r.type = XENMEM_resource_ioreq_server;
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EINVAL);
	r = acq(0, 0, 1, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EPERM);
	r = acq(DOMID_SELF, 0, 1, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -ESRCH);
	host_run_on(0, d1->vcpu[0]);
	r = acq(0, 0, 1, list);
	assert_int_equal(OP(XENMEM_acquire_resource, &r), -EPERM);
	grant_table_destroy(d1);
	grant_table_free(d1);
}

static void test_refusals(void **state)
{
	struct xen_add_to_physmap add = { .domid = 1 };
	struct xen_remove_from_physmap rem = { .domid = 1 };
	struct xen_pod_target pod = { .domid = 1 };

	assert_int_equal(OP(XENMEM_add_to_physmap, &add), -EACCES);
	assert_int_equal(OP(XENMEM_remove_from_physmap, &rem), -EACCES);
	assert_int_equal(OP(XENMEM_set_pod_target, &pod), -EINVAL);
	add.domid = 30;
	assert_int_equal(OP(XENMEM_add_to_physmap, &add), -ESRCH);
	assert_int_equal(OP(XENMEM_add_to_physmap_batch, NULL), -EFAULT);
	assert_int_equal(OP(XENMEM_get_sharing_freed_pages, NULL), -ENOSYS);
	assert_int_equal(OP(XENMEM_get_sharing_shared_pages, NULL), -ENOSYS);
	assert_int_equal(OP(XENMEM_machphys_compat_mfn_list, NULL), -EOPNOTSUPP);
	assert_int_equal(OP(XENMEM_get_vnumainfo, NULL), -EOPNOTSUPP);
	assert_int_equal(OP(XENMEM_reserved_device_memory_map, NULL), -EOPNOTSUPP);
	assert_int_equal(OP(8, NULL), -ENOSYS);
	assert_int_equal(OP(63, NULL), -ENOSYS);
	host_run_on(0, d1->vcpu[0]);
	add.domid = 0;
	assert_int_equal(OP(XENMEM_add_to_physmap, &add), -EPERM);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_populate), T(test_populate_limit), T(test_reservation_refused),
		T(test_populate_fault), T(test_increase), T(test_preempted), T(test_decrease),
		T(test_decrease_twice_in_one_list), T(test_hypervisor_page_stays),
		T(test_exchange_swiotlb), T(test_exchange_split), T(test_exchange_refused),
		T(test_exchange_frame_in_use), T(test_exchange_faults), T(test_limits),
		T(test_claim), T(test_guest_map), T(test_machine_map), T(test_machphys),
		T(test_resource), T(test_refusals),
	};
	int rc;

	host_machine_init_real(FRAMES);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables with the real frame allocator: map, unmap, copy and the rest;
 * refusals, entries that change between check and use, and that after all no
 * pin, reference, handle or frame is left.
 */
/* SOURCES: hypervisor/grant/op.c hypervisor/grant/table.c hypervisor/grant/pin.c */
/* SOURCES: hypervisor/grant/map.c hypervisor/grant/copy.c hypervisor/grant/maptrack.c */
/* SOURCES: hypervisor/mm/page.c hypervisor/mm/domain_pages.c hypervisor/mm/heap.c */
#include "util.h"
#include "grant/private.h"
#include "lib/cmdline.h"

#define N 40
#define OP(op, arg, n) host_call(hc_grant_table_op, GNTTABOP_##op, arg, n)

static struct domain *d0, *d1, *d2;
static struct page *page1[N], *page0[N];
static long live;
static u64 free_frames;

/* ---- the page tables of the guests, as far as grants see them ---- */

static struct pte { struct domain *d; u64 addr; mfn_t mfn; bool present, ro; } ptes[64];
static unsigned clears_before_flush;

static struct pte *pte_of(struct domain *d, u64 addr)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(ptes); i++)
		if (ptes[i].present && ptes[i].d == d && ptes[i].addr == addr)
			return &ptes[i];
	return NULL;
}

/* What any overwritten entry does. */
static void pte_zap(struct pte *p)
{
	p->present = false;
	grant_drop_refs(mfn_to_page(p->mfn), PIN_HOST, p->ro);
}

int guest_create_grant_mapping(struct domain *d, u64 addr, mfn_t mfn, unsigned flags)
{
	struct pte *old = pte_of(d, addr);
	unsigned i;

	if (addr & 7)
		return GNTST_general_error;
	if (old)
		pte_zap(old);
	for (i = 0; i < ARRAY_SIZE(ptes); i++) {
		if (!ptes[i].present) {
			ptes[i] = (struct pte){ d, addr, mfn, true, flags & GNTMAP_readonly };
			return GNTST_okay;
		}
	}
	return GNTST_general_error;
}

int guest_remove_grant_mapping(struct domain *d, u64 addr, mfn_t mfn, unsigned flags)
{
	struct pte *p = pte_of(d, addr);

	if (!p || !mfn_eq(p->mfn, mfn) || p->ro != !!(flags & GNTMAP_readonly))
		return GNTST_general_error;
	p->present = false;
	clears_before_flush++;
	/* The frame must still be held now: others may reach it until the flush. */
	assert_true(mfn_to_page(mfn)->count & PGC_count_mask);
	return GNTST_okay;
}

/* ---- machine ---- */

static int setup(void **state)
{
	unsigned i;

	live = shim_live_allocs;
	free_frames = heap_free_pages();
	memset(ptes, 0, sizeof(ptes));
	d0 = host_domain_new(0, 1);
	d1 = host_domain_new(1, 1);
	d2 = host_domain_new(2, 1);
	assert_int_equal(grant_table_init(d0, -1, -1, 1), 0);
	assert_int_equal(grant_table_init(d1, 4, 2, 1), 0);
	assert_int_equal(grant_table_init(d2, 4, 1, 1), 0);
	for (i = 0; i < N; i++) {
		page1[i] = alloc_domain_pages(d1, 0, 0);
		page0[i] = alloc_domain_pages(d0, 0, 0);
	}
	host_run_on(0, d0->vcpu[0]);
	counts_reset();
	return 0;
}

static unsigned total_pins(struct domain *d)
{
	unsigned n = 0;
	u32 ref;

	for (ref = 0; ref < d->grant->nr_frames * GRANTS_PER_FRAME; ref++) {
		struct active *a = active_entry(d->grant, ref);

		n += a->host_r + a->host_w + a->dev_r + a->dev_w;
	}
	return n;
}

static void kill_one(struct domain *d)
{
	unsigned i;
	int rc;

	d->is_dying = DOMDYING_dying;
	while ((rc = grant_table_release_mappings(d)) == -ERESTART)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(d->grant->used_handles, 0);
	/* Its page tables go next. */
	for (i = 0; i < ARRAY_SIZE(ptes); i++)
		if (ptes[i].present && ptes[i].d == d)
			pte_zap(&ptes[i]);
}

static void free_one(struct domain *d)
{
	while (d->page_list != PAGE_LIST_END)
		assert_true(page_release(mfn_to_page(_mfn(d->page_list))));
	assert_int_equal(total_pins(d), 0);
	grant_table_destroy(d);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(d->xen_pages, 0);
	assert_int_equal(d->refcnt, 1);
	grant_table_free(d);
	host_domain_free(d);
}

static int teardown(void **state)
{
	shim_preempt_every = 0;
	shim_fault_after = -1;
	shim_copy_hook = NULL;
	kill_one(d0);
	kill_one(d1);
	kill_one(d2);
	free_one(d0);
	free_one(d1);
	free_one(d2);
	assert_int_equal(heap_free_pages(), free_frames);
	assert_int_equal(shim_live_allocs, live);
	return 0;
}

static grant_entry_v1_t *entry(u32 ref) { return shared_entry(d1->grant, ref); }

/* d1 grants its page i under reference 8 + i to dom. */
static u32 grant(unsigned i, domid_t dom, u16 flags)
{
	*entry(8 + i) = (grant_entry_v1_t){
		.flags = GTF_permit_access | flags, .domid = dom,
		.frame = (u32)mfn_x(page_to_mfn(page1[i])),
	};
	return 8 + i;
}

static struct gnttab_map_grant_ref map_op(u32 ref, u64 addr, u32 flags)
{
	return (struct gnttab_map_grant_ref){
		.host_addr = addr, .flags = flags, .ref = ref, .dom = 1 };
}

static int map(struct gnttab_map_grant_ref *op)
{
	assert_int_equal(OP(map_grant_ref, op, 1), 0);
	return op->status;
}

static int unmap(u32 handle, u64 addr, u64 dev)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .dev_bus_addr = dev, .handle = handle };

	assert_int_equal(OP(unmap_grant_ref, &op, 1), 0);
	return op.status;
}

static void test_map_unmap(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map);

	assert_int_equal(map(&op), GNTST_okay);
	assert_int_equal(op.dev_bus_addr, mfn_to_maddr(page_to_mfn(page1[0])));
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(page1[0]->count & PGC_count_mask, 2);
	assert_int_equal(page1[0]->type & PGT_count_mask, 1);
	assert_non_null(pte_of(d0, 0x1000));
	counts_reset();
	assert_int_equal(unmap(op.handle, 0x1000, 0), GNTST_okay);
	assert_int_equal(shim_counts.tlb_flushes, 1);
	assert_int_equal(entry(ref)->flags, GTF_permit_access);
	assert_int_equal(page1[0]->count & PGC_count_mask, 1);
	assert_int_equal(page1[0]->type & PGT_count_mask, 0);
	assert_int_equal(unmap(op.handle, 0x1000, 0), GNTST_bad_handle);
}

static void test_map_readonly(void **state)
{
	u32 ref = grant(0, 0, GTF_readonly);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map);

	assert_int_equal(map(&op), GNTST_general_error);
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_readonly);
	op.flags |= GNTMAP_readonly;
	assert_int_equal(map(&op), GNTST_okay);
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_readonly | GTF_reading);
	assert_int_equal(page1[0]->type & PGT_count_mask, 0);
	/* A read pin does not make a write pin possible. */
	op = map_op(ref, 0x2000, GNTMAP_host_map);
	assert_int_equal(map(&op), GNTST_general_error);
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_readonly | GTF_reading);
}

static void test_map_twice(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref a = map_op(ref, 0x1000, GNTMAP_host_map | GNTMAP_readonly);
	struct gnttab_map_grant_ref b = map_op(ref, 0x2000, GNTMAP_host_map);

	assert_int_equal(map(&a), GNTST_okay);
	/* The guest points the entry elsewhere: the pinned frame counts. */
	entry(ref)->frame = (u32)mfn_x(page_to_mfn(page1[7]));
	assert_int_equal(map(&b), GNTST_okay);
	assert_int_equal(b.dev_bus_addr, a.dev_bus_addr);
	assert_int_equal(page1[7]->count & PGC_count_mask, 1);
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(unmap(b.handle, 0x2000, 0), GNTST_okay);
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_reading);
	assert_int_equal(unmap(a.handle, 0x1000, 0), GNTST_okay);
	assert_int_equal(entry(ref)->flags, GTF_permit_access);
	/* Now the new frame is what is granted. */
	assert_int_equal(map(&b), GNTST_okay);
	assert_int_equal(b.dev_bus_addr, mfn_to_maddr(page_to_mfn(page1[7])));
}

static void test_map_refused(void **state)
{
	struct gnttab_map_grant_ref op;
	u32 ref = grant(0, 2, 0);

	op = map_op(ref, 0x1000, GNTMAP_host_map);	/* granted to another */
	assert_int_equal(map(&op), GNTST_general_error);
	op = map_op(ref, 0x1000, 0);
	assert_int_equal(map(&op), GNTST_bad_gntref);
	op = map_op(512, 0x1000, GNTMAP_host_map);
	assert_int_equal(map(&op), GNTST_bad_gntref);
	op = map_op(0xffffffff, 0x1000, GNTMAP_host_map);
	assert_int_equal(map(&op), GNTST_bad_gntref);
	op = map_op(100, 0x1000, GNTMAP_host_map);	/* empty entry */
	assert_int_equal(map(&op), GNTST_general_error);
	op.dom = 9;
	assert_int_equal(map(&op), GNTST_bad_domain);
	op.dom = DOMID_SELF;
	assert_int_equal(map(&op), GNTST_bad_domain);
	grant(0, 0, GTF_sub_page);
	op = map_op(ref, 0x1000, GNTMAP_host_map);
	assert_int_equal(map(&op), GNTST_general_error);
	grant(0, 0, 0);
	entry(ref)->flags = GTF_accept_transfer;
	assert_int_equal(map(&op), GNTST_general_error);
	grant(0, 0, 0);
	entry(ref)->frame = 0xffffffff;
	assert_int_equal(map(&op), GNTST_bad_page);
	entry(ref)->frame = (u32)mfn_x(page_to_mfn(page0[0]));	/* not the granter's */
	assert_int_equal(map(&op), GNTST_bad_page);
	assert_int_equal(entry(ref)->flags, GTF_permit_access);
	grant(0, 0, 0);
	page1[0]->type = PGT_l1_page_table | PGT_validated | 1;
	assert_int_equal(map(&op), GNTST_general_error);
	op.flags |= GNTMAP_readonly;
	assert_int_equal(map(&op), GNTST_okay);
	assert_int_equal(unmap(op.handle, 0x1000, 0), GNTST_okay);
	page1[0]->type = 0;
	op = map_op(ref, 0x1001, GNTMAP_host_map);	/* the page tables refuse */
	assert_int_equal(map(&op), GNTST_general_error);
	d1->is_dying = DOMDYING_dying;
	op = map_op(ref, 0x1000, GNTMAP_host_map);
	assert_int_equal(map(&op), GNTST_general_error);
	d1->is_dying = DOMDYING_alive;
	assert_int_equal(total_pins(d1), 0);
	assert_int_equal(d0->grant->used_handles, 0);
	assert_int_equal(page1[0]->count & PGC_count_mask, 1);
}

static void test_unmap_refused(void **state)
{
	u32 r0 = grant(0, 0, 0), r1 = grant(1, 0, 0);
	struct gnttab_map_grant_ref a = map_op(r0, 0x1000, GNTMAP_host_map);
	struct gnttab_map_grant_ref b = map_op(r1, 0x2000, GNTMAP_host_map | GNTMAP_readonly);

	assert_int_equal(map(&a), GNTST_okay);
	assert_int_equal(map(&b), GNTST_okay);
	assert_int_equal(unmap(511, 0x1000, 0), GNTST_bad_handle);
	assert_int_equal(unmap(0xffffffff, 0x1000, 0), GNTST_bad_handle);
	assert_int_equal(unmap(a.handle, 0x2000, 0), GNTST_general_error);
	assert_int_equal(unmap(b.handle, 0x1000, 0), GNTST_general_error);
	assert_int_equal(unmap(a.handle, 0x3000, 0), GNTST_general_error);
	/* Neither address: nothing happens, no error. */
	assert_int_equal(unmap(a.handle, 0, 0), GNTST_okay);
	assert_int_equal(unmap(a.handle, 0, 0x5000), GNTST_okay);
	host_run_on(1, d2->vcpu[0]);
	assert_int_equal(unmap(a.handle, 0x1000, 0), GNTST_bad_handle);
	host_run_on(0, d0->vcpu[0]);
	/* The entry's rights changed: an unmap for other rights does not find it. */
	pte_of(d0, 0x2000)->ro = false;
	assert_int_equal(unmap(b.handle, 0x2000, 0), GNTST_general_error);
	pte_of(d0, 0x2000)->ro = true;
	assert_int_equal(unmap(a.handle, 0x1000, 0), GNTST_okay);
	assert_int_equal(unmap(b.handle, 0x2000, 0), GNTST_okay);
}

static void test_host_and_device(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map | GNTMAP_device_map);
	struct gnttab_unmap_grant_ref u[3];

	assert_int_equal(map(&op), GNTST_okay);
	assert_int_equal(page1[0]->count & PGC_count_mask, 3);
	assert_int_equal(page1[0]->type & PGT_count_mask, 2);
	assert_int_equal(unmap(op.handle, 0x1000, op.dev_bus_addr + 4096), GNTST_general_error);
	assert_non_null(pte_of(d0, 0x1000));
	/* Each half once, both in one batch; the handle is freed once. */
	u[0] = (struct gnttab_unmap_grant_ref){ .host_addr = 0x1000, .handle = op.handle };
	u[1] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr = op.dev_bus_addr,
						.handle = op.handle };
	u[2] = u[1];
	assert_int_equal(OP(unmap_grant_ref, u, 3), 0);
	assert_int_equal(u[0].status, GNTST_okay);
	assert_int_equal(u[1].status, GNTST_okay);
	assert_int_equal(u[2].status, GNTST_bad_handle);
	assert_int_equal(d0->grant->used_handles, 0);
	assert_int_equal(page1[0]->count & PGC_count_mask, 1);
}

/* The flush comes once per batch, after all entries were cleared. */
static void test_batches(void **state)
{
	struct gnttab_map_grant_ref m[N];
	struct gnttab_unmap_grant_ref u[N];
	unsigned i;

	for (i = 0; i < N; i++)
		m[i] = map_op(grant(i, 0, 0), 0x10000 + i * 8, GNTMAP_host_map);
	shim_preempt_every = 1;
	assert_int_equal(OP(map_grant_ref, m, N), 0);
	assert_int_equal(host_restarts, 1);
	for (i = 0; i < N; i++) {
		assert_int_equal(m[i].status, GNTST_okay);
		u[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = m[i].host_addr, .handle = m[i].handle };
	}
	counts_reset();
	clears_before_flush = 0;
	assert_int_equal(OP(unmap_grant_ref, u, N), 0);
	assert_int_equal(shim_counts.tlb_flushes, 2);
	assert_int_equal(clears_before_flush, N);
	for (i = 0; i < N; i++)
		assert_int_equal(u[i].status, GNTST_okay);
	assert_int_equal(total_pins(d1), 0);
	assert_int_equal(OP(map_grant_ref, m, 0), 0);
	assert_int_equal(OP(map_grant_ref, m, 0x80000000), -EINVAL);
	assert_int_equal(OP(map_grant_ref, NULL, 1), -EFAULT);
}

static void test_handles_run_out(void **state)
{
	struct gnttab_map_grant_ref op;
	u32 handles[1024], n = 0, ref;
	int rc;

	/* d2 may have one page of handles: device maps need no page table. */
	host_run_on(1, d2->vcpu[0]);
	grant(0, 2, 0);
	grant(1, 2, 0);
	grant(2, 2, 0);
	for (;;) {
		ref = 8 + n % 3;
		op = map_op(ref, 0, GNTMAP_device_map);
		rc = map(&op);
		if (rc)
			break;
		handles[n++] = op.handle;
	}
	assert_int_equal(rc, GNTST_no_space);
	assert_int_equal(n, HANDLES_PER_PAGE);
	while (n--)
		assert_int_equal(unmap(handles[n], 0, mfn_to_maddr(page_to_mfn(page1[n % 3]))),
				 GNTST_okay);
	assert_int_equal(d2->grant->used_handles, 0);
}

static void test_pin_overflow(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref op;
	unsigned n;

	for (n = 0; n < 1000; n++) {
		op = map_op(ref, 0, GNTMAP_device_map);
		if (map(&op))
			break;
	}
	assert_int_equal(n, PIN_MAX);
	assert_int_equal(op.status, GNTST_general_error);
	/* Released in bits by the mapper's death. */
	d0->is_dying = DOMDYING_dying;
	shim_preempt_every = 1;
	for (n = 0; grant_table_release_mappings(d0) == -ERESTART; n++)
		;
	assert_int_equal(n, 3);
	assert_int_equal(page1[0]->count & PGC_count_mask, 1);
	d0->is_dying = DOMDYING_alive;
}

/* The mapper overwrites its own entry: references go there, the handle is stuck until death. */
static void test_zapped_mapping(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map), again;

	assert_int_equal(map(&op), GNTST_okay);
	pte_zap(pte_of(d0, 0x1000));
	assert_int_equal(page1[0]->count & PGC_count_mask, 1);
	assert_int_equal(unmap(op.handle, 0x1000, 0), GNTST_general_error);
	assert_int_equal(total_pins(d1), 1);
	/* The granter frees the frame; a new map of the stale pin must not reach it. */
	page_release(page1[0]);
	again = map_op(ref, 0x2000, GNTMAP_host_map);
	assert_int_equal(map(&again), GNTST_bad_page);
	assert_int_equal(total_pins(d1), 1);
}

static void test_granter_dies_first(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map);

	assert_int_equal(map(&op), GNTST_okay);
	d1->is_dying = DOMDYING_dying;
	page_release(page1[0]);
	assert_int_equal(page1[0]->owner, 1);
	grant_table_destroy(d1);
	assert_int_equal(d1->xen_pages, 0);
	assert_int_equal(unmap(op.handle, 0x1000, 0), GNTST_okay);
	assert_int_equal(total_pins(d1), 0);
	assert_int_equal(map(&op), GNTST_general_error);
	d1->is_dying = DOMDYING_alive;
	assert_int_equal(map(&op), GNTST_bad_gntref);
}

static void test_map_own(void **state)
{
	u32 ref = grant(0, 1, 0);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map);

	host_run_on(1, d1->vcpu[0]);
	assert_int_equal(map(&op), GNTST_okay);
	assert_int_equal(unmap(op.handle, 0x1000, 0), GNTST_okay);
}

static void test_replace(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_map_grant_ref op = map_op(ref, 0x1000, GNTMAP_host_map);
	struct gnttab_unmap_and_replace r;

	assert_int_equal(map(&op), GNTST_okay);
	r = (struct gnttab_unmap_and_replace){ .host_addr = 0x1000, .new_addr = 0x2000,
					       .handle = op.handle };
	assert_int_equal(OP(unmap_and_replace, &r, 1), 0);
	assert_int_equal(r.status, GNTST_general_error);
	r.new_addr = 0;
	assert_int_equal(OP(unmap_and_replace, &r, 1), 0);
	assert_int_equal(r.status, GNTST_okay);
	assert_int_equal(total_pins(d1), 0);
}

/* ---- copy ---- */

static struct gnttab_copy from_grant(u32 ref, unsigned to, u16 soff, u16 doff, u16 len)
{
	return (struct gnttab_copy){
		.source = { .u.ref = ref, .domid = 1, .offset = soff },
		.dest = { .u.gmfn = mfn_x(page_to_mfn(page0[to])), .domid = DOMID_SELF,
			  .offset = doff },
		.len = len, .flags = GNTCOPY_source_gref,
	};
}

static int copy(struct gnttab_copy *op)
{
	assert_int_equal(OP(copy, op, 1), 0);
	return op->status;
}

static void test_copy(void **state)
{
	u32 ref = grant(0, 0, GTF_readonly), ref2 = grant(1, 0, 0);
	struct gnttab_copy op = from_grant(ref, 0, 100, 200, 50), back;
	u8 *src = page_to_virt(page1[0]), *dst = page_to_virt(page0[0]);
	unsigned i;

	for (i = 0; i < 4096; i++)
		src[i] = (u8)(i * 7);
	memset(dst, 0, 4096);
	assert_int_equal(copy(&op), GNTST_okay);
	assert_memory_equal(dst + 200, src + 100, 50);
	assert_int_equal(dst[199] | dst[250], 0);
	assert_int_equal(entry(ref)->flags, GTF_permit_access | GTF_readonly);
	back = (struct gnttab_copy){
		.source = { .u.gmfn = mfn_x(page_to_mfn(page0[0])), .domid = DOMID_SELF },
		.dest = { .u.ref = ref2, .domid = 1 }, .len = 4096, .flags = GNTCOPY_dest_gref,
	};
	assert_int_equal(copy(&back), GNTST_okay);
	assert_memory_equal(page_to_virt(page1[1]), dst, 4096);
	back.dest.u.ref = ref;
	assert_int_equal(copy(&back), GNTST_general_error);
	/* Grant to grant, and within one page with overlap. */
	op = (struct gnttab_copy){ .source = { .u.ref = ref2, .domid = 1, .offset = 0 },
		.dest = { .u.ref = ref2, .domid = 1, .offset = 16 }, .len = 4080,
		.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref };
	assert_int_equal(copy(&op), GNTST_okay);
	assert_memory_equal((u8 *)page_to_virt(page1[1]) + 16, dst, 4080);
	assert_int_equal(total_pins(d1), 0);
}

static void test_copy_refused(void **state)
{
	u32 ref = grant(0, 0, 0);
	struct gnttab_copy op = from_grant(ref, 0, 4000, 0, 97);

	assert_int_equal(copy(&op), GNTST_bad_copy_arg);
	op = from_grant(ref, 0, 0, 4095, 2);
	assert_int_equal(copy(&op), GNTST_bad_copy_arg);
	op = from_grant(ref, 0, 0xffff, 0xffff, 0xffff);
	assert_int_equal(copy(&op), GNTST_bad_copy_arg);
	op = from_grant(ref, 0, 4096, 4096, 0);
	assert_int_equal(copy(&op), GNTST_okay);
	op = from_grant(ref, 0, 0, 0, 8);
	op.dest.domid = 0;			/* by number, even one's own: no */
	assert_int_equal(copy(&op), GNTST_permission_denied);
	op.dest.domid = 1;
	assert_int_equal(copy(&op), GNTST_permission_denied);
	op = from_grant(ref, 0, 0, 0, 8);
	op.source.domid = 40;
	assert_int_equal(copy(&op), GNTST_bad_domain);
	op = from_grant(513, 0, 0, 0, 8);
	assert_int_equal(copy(&op), GNTST_bad_gntref);
	op = from_grant(ref, 0, 0, 0, 8);
	op.dest.u.gmfn = mfn_x(page_to_mfn(page1[3]));
	assert_int_equal(copy(&op), GNTST_bad_page);
	op.dest.u.gmfn = ~0ull;
	assert_int_equal(copy(&op), GNTST_bad_page);
	op = from_grant(ref, 0, 0, 0, 8);
	page0[0]->type = PGT_l4_page_table | PGT_validated | 1;
	assert_int_equal(copy(&op), GNTST_general_error);
	page0[0]->type = 0;
	entry(ref)->domid = 2;
	assert_int_equal(copy(&op), GNTST_general_error);
	assert_int_equal(total_pins(d1), 0);
	assert_int_equal(page0[0]->count & PGC_count_mask, 1);
}

static void flip_frame(void *dst, const void *src, size_t n)
{
	entry(8)->frame = (u32)mfn_x(page_to_mfn(page0[9]));
}

static unsigned flip_calls;

static void flip_second(void *dst, const void *src, size_t n)
{
	if (++flip_calls == 2)
		flip_frame(dst, src, n);
}

/* Many pieces of one page in one call: resolved once, and what was resolved stays. */
static void test_copy_kept_end(void **state)
{
	struct gnttab_copy op[N];
	u32 ref = grant(0, 0, 0);
	u8 *src = page_to_virt(page1[0]);
	unsigned i;

	for (i = 0; i < N; i++) {
		src[i * 64] = (u8)(i + 1);
		op[i] = from_grant(ref, 0, (u16)(i * 64), (u16)i, 1);
	}
	/* From its second batch on, the entry names a frame that is not d1's. */
	shim_copy_hook = flip_second;
	flip_calls = 0;
	assert_int_equal(OP(copy, op, N), 0);
	assert_int_equal(flip_calls, 2);
	shim_copy_hook = NULL;
	for (i = 0; i < N; i++)
		assert_int_equal(op[i].status, GNTST_okay);
	for (i = 0; i < N; i++)
		assert_int_equal(((u8 *)page_to_virt(page0[0]))[i], i + 1);
	assert_int_equal(total_pins(d1), 0);
	/* In the next call it is looked at anew. */
	shim_copy_hook = flip_frame;
	assert_int_equal(OP(copy, op, 1), 0);
	assert_int_equal(op[0].status, GNTST_bad_page);
}

static void test_copy_preempted(void **state)
{
	struct gnttab_copy op[200];
	u32 ref = grant(0, 0, 0);
	unsigned i;

	for (i = 0; i < 200; i++)
		op[i] = from_grant(ref, i % N, 0, 0, 4096);
	shim_preempt_every = 1;
	assert_int_equal(OP(copy, op, 200), 0);
	assert_int_equal(host_restarts, 6);
	for (i = 0; i < 200; i++)
		assert_int_equal(op[i].status, GNTST_okay);
	shim_preempt_every = 0;
	shim_fault_after = 2;
	assert_int_equal(OP(copy, op, 200), -EFAULT);
	shim_fault_after = -1;
	assert_int_equal(total_pins(d1), 0);
}

/* ---- the table ---- */

static void test_setup_table(void **state)
{
	xen_pfn_t frames[8];
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 3 };
	struct gnttab_query_size q = { .dom = 1 };

	op.frame_list.p = frames;
	host_run_on(1, d1->vcpu[0]);
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(frames[2], mfn_x(virt_to_mfn(d1->grant->shared[2])));
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	op.nr_frames = 5;
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_general_error);
	op.nr_frames = 0xffffffff;
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_general_error);
	op.nr_frames = 0;
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(OP(setup_table, &op, 2), -EINVAL);
	assert_int_equal(OP(setup_table, &op, 0), -EINVAL);
	op.dom = 0;
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_permission_denied);
	op.dom = 66;
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_domain);
	/* No place for the list. */
	op = (struct gnttab_setup_table){ .dom = 1, .nr_frames = 2 };
	assert_int_equal(OP(setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_virt_addr);

	assert_int_equal(OP(query_size, &q, 1), 0);
	assert_int_equal(q.nr_frames, 3);
	assert_int_equal(q.max_nr_frames, 4);
	q.dom = 0;
	assert_int_equal(OP(query_size, &q, 1), 0);
	assert_int_equal(q.status, GNTST_permission_denied);
}

static void test_versions(void **state)
{
	struct gnttab_set_version sv = { 1 };
	struct gnttab_get_version gv = { .dom = DOMID_SELF };
	struct gnttab_get_status_frames sf = { .dom = DOMID_SELF, .nr_frames = 1 };

	assert_int_equal(OP(set_version, &sv, 1), 0);
	assert_int_equal(sv.version, 1);
	sv.version = 2;
	assert_int_equal(OP(set_version, &sv, 1), -ENOSYS);
	sv.version = 3;
	assert_int_equal(OP(set_version, &sv, 1), -EINVAL);
	assert_int_equal(OP(get_version, &gv, 1), 0);
	assert_int_equal(gv.version, 1);
	gv.dom = 70;
	assert_int_equal(OP(get_version, &gv, 1), -ESRCH);
	assert_int_equal(OP(get_status_frames, &sf, 1), 0);
	assert_int_equal(sf.status, GNTST_general_error);
	host_run_on(1, d1->vcpu[0]);
	gv.dom = 0;
	assert_int_equal(OP(get_version, &gv, 1), -EPERM);
}

static void test_swap(void **state)
{
	u32 a = grant(0, 0, 0), b = grant(1, 0, GTF_readonly);
	struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b };
	struct gnttab_map_grant_ref m = map_op(a, 0x1000, GNTMAP_host_map | GNTMAP_readonly);

	host_run_on(1, d1->vcpu[0]);
	assert_int_equal(OP(swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(entry(a)->frame, mfn_x(page_to_mfn(page1[1])));
	assert_int_equal(entry(b)->flags, GTF_permit_access);
	op.ref_b = 512;
	assert_int_equal(OP(swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_gntref);
	host_run_on(0, d0->vcpu[0]);
	assert_int_equal(map(&m), GNTST_okay);
	host_run_on(1, d1->vcpu[0]);
	op.ref_b = b;
	assert_int_equal(OP(swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_eagain);
	op.ref_b = a;
	assert_int_equal(OP(swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
}

static void test_others_refused(void **state)
{
	struct gnttab_transfer t[2] = { { .domid = 1 }, { .domid = 1 } };
	struct gnttab_cache_flush c = { .length = 1 };

	assert_int_equal(OP(transfer, t, 2), 0);
	assert_int_equal(t[0].status, GNTST_general_error);
	assert_int_equal(t[1].status, GNTST_general_error);
	assert_int_equal(OP(cache_flush, &c, 1), -EOPNOTSUPP);
	assert_int_equal(OP(dump_table, &c, 1), -ENOSYS);
	assert_int_equal(host_call(hc_grant_table_op, 99, &c, 1), -ENOSYS);
}

static void test_init_limits(void **state)
{
	struct domain *d = host_domain_new(3, 1);
	unsigned i;

	opts.gnttab_max_frames = 16;
	assert_int_equal(grant_table_init(d, 17, 1, 1), -EINVAL);
	assert_int_equal(grant_table_init(d, 0, 1, 1), -EINVAL);
	assert_int_equal(grant_table_init(d, 4, 1, 2), -EINVAL);
	assert_int_equal(grant_table_init(d, 4, 1, 0), -EINVAL);
	assert_int_equal(grant_table_init(d, 4, 2000, 1), -EINVAL);
	assert_null(d->grant);
	for (i = 1; i < 6; i++) {
		shim_fail_alloc = i;
		assert_int_equal(grant_table_init(d, 4, 1, 1), -ENOMEM);
		assert_null(d->grant);
	}
	shim_fail_alloc = 0;
	assert_int_equal(grant_table_init(d, -1, -1, 1), 0);
	assert_int_equal(grant_table_max_frames(d), 16);
	opts.gnttab_max_frames = 0;
	grant_table_destroy(d);
	grant_table_free(d);
	assert_int_equal(d->refcnt, 1);
	host_domain_free(d);
}

static void test_random(void **state)
{
	struct { u32 handle; u64 addr, dev; bool used; } m[48] = { 0 };
	u32 r = 99, i, k;

	for (i = 0; i < N; i++)
		grant(i, 0, i % 3 ? 0 : GTF_readonly);
	for (i = 0; i < 30000; i++) {
		r = r * 1664525 + 1013904223;
		k = (r >> 8) % 48;
		if (r >> 28 == 0) {
			/* The granter scribbles. */
			u64 junk = (u64)r * 0x9e3779b97f4a7c15ull;

			memcpy(entry(8 + (r >> 4) % N), &junk, 8);
		} else if (r >> 28 == 1) {
			grant((r >> 4) % N, 0, 0);
		} else if (!m[k].used) {
			struct gnttab_map_grant_ref op = map_op(8 + (r >> 16) % N, 0x1000 + k * 8,
								1 + (r >> 5) % 3 + (r & 4));

			if (map(&op) == 0) {
				m[k].used = true;
				m[k].handle = op.handle;
				m[k].addr = op.flags & GNTMAP_host_map ? op.host_addr : 0;
				m[k].dev = op.flags & GNTMAP_device_map ? op.dev_bus_addr : 0;
			}
		} else {
			assert_int_equal(unmap(m[k].handle, m[k].addr, m[k].dev), GNTST_okay);
			m[k].used = false;
		}
	}
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_map_unmap), T(test_map_readonly), T(test_map_twice), T(test_map_refused),
		T(test_unmap_refused), T(test_host_and_device), T(test_batches),
		T(test_handles_run_out), T(test_pin_overflow), T(test_zapped_mapping),
		T(test_granter_dies_first), T(test_map_own), T(test_replace), T(test_copy),
		T(test_copy_refused), T(test_copy_kept_end), T(test_copy_preempted),
		T(test_setup_table), T(test_versions), T(test_swap), T(test_others_refused),
		T(test_init_limits), T(test_random),
	};
	int rc;

	host_machine_init_real(2048);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory-exchange: XENMEM_exchange.
 *
 * What: many single frames for one extent and back, address limits, frames in use, mismatched
 * sizes.
 * Why: Linux builds its DMA pools so, hundreds of calls at boot, and BUGs when a call is neither
 * done nor undone.
 * Expected: result 0 with nr_exchanged = all, the new frames contiguous, zero, below the limit and
 * in the M2P; on failure nr_exchanged = 0 and the old frames still ours; frames in use or not ours
 * -EINVAL; sizes that differ -EINVAL.
 */
#include "mm.h"
#include "trap.h"

#include <xen/memory.h>

const char test_name[] = "memory-exchange";

static struct window w;
static xen_pfn_t in[128], out[128];
static struct xen_memory_exchange x;

/* Pseudo-physical frames near the end of the domain, which nothing maps. */
static u64 spare(unsigned int n)
{
	return start_info->nr_pages - 256 + n;
}

static void prepare(u64 nr_in, u32 in_order, u64 nr_out, u32 out_order, u32 bits)
{
	memset(&x, 0, sizeof(x));
	set_xen_guest_handle(x.in.extent_start, in);
	x.in.nr_extents = nr_in;
	x.in.extent_order = in_order;
	x.in.domid = DOMID_SELF;
	set_xen_guest_handle(x.out.extent_start, out);
	x.out.nr_extents = nr_out;
	x.out.extent_order = out_order;
	x.out.mem_flags = XENMEMF_address_bits(bits);
	x.out.domid = DOMID_SELF;
	for (unsigned int i = 0; i < 128; i++) {
		in[i] = pfn_mfn(spare(i));
		out[i] = spare(i);
	}
}

static void still_ours(void)
{
	for (unsigned int i = 0; i < 64; i += 9) {
		expect(table_set(w.l1, 0, pfn_mfn(spare(i)) << PAGE_SHIFT | LEAF_RW), 0);
		expect(mfn_pfn(pfn_mfn(spare(i))), spare(i));
	}
	must(hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL));
}

static void gather(void)
{
	u64 *p2m = (u64 *)start_info->mfn_list, sum = 0;

	prepare(64, 0, 1, 6, 32);
	expect(hc_memory_op(XENMEM_exchange, &x), 0);
	expect(x.nr_exchanged, 64);
	expect(out[0] & 63, 0);
	check(out[0] + 64 <= 1UL << 20);
	for (unsigned int i = 0; i < 64; i++) {
		expect(mfn_pfn(out[0] + i), spare(i));
		p2m[spare(i)] = out[0] + i;
		must(table_set(w.l1, i, (out[0] + i) << PAGE_SHIFT | LEAF_RW));
	}
	for (unsigned int i = 0; i < 64 * 512; i += 64)
		sum |= ((volatile u64 *)WINDOW_VA)[i];
	expect(sum, 0);
	for (unsigned int i = 0; i < 64; i++)
		must(table_set(w.l1, i, 0));
	must(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
}

static void scatter(void)
{
	u64 *p2m = (u64 *)start_info->mfn_list;

	prepare(1, 6, 64, 0, 0);
	in[0] = pfn_mfn(spare(0));
	expect(hc_memory_op(XENMEM_exchange, &x), 0);
	/* Counted in extents of the input. */
	expect(x.nr_exchanged, 1);
	for (unsigned int i = 0; i < 64; i++) {
		expect(mfn_pfn(out[i]), spare(i));
		p2m[spare(i)] = out[i];
	}
	still_ours();
}

static void impossible_address(void)
{
	prepare(64, 0, 1, 6, 13);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_ENOMEM);
	expect(x.nr_exchanged, 0);
	still_ours();
}

static void in_use(void)
{
	/* A mapping of one of them. */
	must(table_set(w.l1, 5, pfn_mfn(spare(20)) << PAGE_SHIFT | LEAF_RO));
	prepare(64, 0, 1, 6, 32);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	expect(x.nr_exchanged, 0);
	must(table_set(w.l1, 5, 0));
	still_ours();
	/* One that does not exist, one twice. */
	prepare(64, 0, 1, 6, 32);
	in[63] = 0xfffffffff;
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	expect(x.nr_exchanged, 0);
	still_ours();
	prepare(64, 0, 1, 6, 32);
	in[63] = in[0];
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	expect(x.nr_exchanged, 0);
	still_ours();
	prepare(1, 0, 1, 0, 32);
	in[0] = start_info->shared_info >> PAGE_SHIFT;
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
}

/*
 * Long lists go piece by piece; a failure leaves the pieces before it done, and says how far it
 * came.
 */
static void half_done(void)
{
	u64 *p2m = (u64 *)start_info->mfn_list;

	prepare(128, 0, 2, 6, 32);
	out[1] = spare(64);
	in[100] = 0xfffffffff;
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	expect(x.nr_exchanged, 64);
	expect(out[1], spare(64));
	for (unsigned int i = 0; i < 64; i++) {
		expect(mfn_pfn(out[0] + i), spare(i));
		p2m[spare(i)] = out[0] + i;
	}
	for (unsigned int i = 64; i < 128; i++)
		expect(mfn_pfn(pfn_mfn(spare(i))), spare(i));
	still_ours();
}

static void sizes(void)
{
	prepare(64, 0, 1, 5, 32);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	prepare(63, 0, 1, 6, 32);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	prepare(1, 60, 1, 60, 32);
	check(hc_memory_op(XENMEM_exchange, &x) < 0);
	prepare(1UL << 58, 0, 1UL << 52, 6, 32);
	in[0] = 0xfffffffff;
	check(hc_memory_op(XENMEM_exchange, &x) < 0);
	prepare(64, 0, 1, 6, 32);
	x.nr_exchanged = 65;
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	prepare(64, 0, 1, 6, 32);
	x.out.domid = 0x1234;
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
	still_ours();
}

static void pointers(void)
{
	prepare(64, 0, 1, 6, 32);
	set_xen_guest_handle(x.in.extent_start, (xen_pfn_t *)0x1000);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EFAULT);
	/* In the hypervisor's range (XSA-212). */
	prepare(64, 0, 1, 6, 32);
	set_xen_guest_handle(x.in.extent_start, (xen_pfn_t *)HYPERVISOR_VIRT_START);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EFAULT);
	prepare(64, 0, 1, 6, 32);
	set_xen_guest_handle(x.out.extent_start, (xen_pfn_t *)0xffff830000000000);
	expect(hc_memory_op(XENMEM_exchange, &x), -XEN_EFAULT);
	expect(hc_memory_op(XENMEM_exchange, (void *)0x1000), -XEN_EFAULT);
	still_ours();
}

void test_main(void)
{
	window_open(&w);
	gather();
	scatter();
	impossible_address();
	in_use();
	half_done();
	sizes();
	pointers();
	expect_no_trap();
}

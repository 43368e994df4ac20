/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: batches of hypercalls.
 *
 * What: results, order, failing entries, nesting, unknown numbers, long batches, bad pointers.
 * Why: Linux sends nearly all of its page-table work in batches, and BUGs if the batch itself
 * fails.
 * Expected: 0 for the batch whatever its entries give; each result in its entry; entries run in
 * order, a failed one does not stop the rest; a multicall within a multicall -EINVAL; unreadable
 * entries -EFAULT.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

#include <xen/version.h>

const char test_name[] = "multicall";

static struct multicall_entry calls[256];

static void entry(struct multicall_entry *e, u64 op, u64 a, u64 b, u64 c, u64 d)
{
	memset(e, 0, sizeof(*e));
	e->op = op;
	e->result = 0x5555;
	e->args[0] = a;
	e->args[1] = b;
	e->args[2] = c;
	e->args[3] = d;
}

static void results(void)
{
	static struct xen_feature_info fi;

	entry(&calls[0], __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	entry(&calls[1], 63, 0, 0, 0, 0);
	entry(&calls[2], __HYPERVISOR_sched_op, 99, 0, 0, 0);
	entry(&calls[3], __HYPERVISOR_xen_version, XENVER_get_features, (u64)&fi, 0, 0);
	entry(&calls[4], ~0UL, 0, 0, 0, 0);
	entry(&calls[5], 1UL << 32 | __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	entry(&calls[6], __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	expect(hc_multicall(calls, 7), 0);
	expect(calls[0].result, 4 << 16 | 17);
	expect(calls[1].result, -XEN_ENOSYS);
	expect(calls[2].result, -XEN_ENOSYS);
	expect(calls[3].result, 0);
	check(fi.submap);
	expect(calls[4].result, -XEN_ENOSYS);
	expect(calls[6].result, 4 << 16 | 17);
	/* The entry is otherwise as it was. */
	expect(calls[0].op, __HYPERVISOR_xen_version);
	expect(calls[3].args[1], &fi);
	expect(hc_multicall(calls, 0), 0);
	expect(hc_multicall(NULL, 0), 0);
}

/* Mapping, using and unmapping in one batch needs each step to be in force for the next. */
static void order(void)
{
	struct window w;
	u64 *data = page_alloc(), *l1 = page_alloc();
	static struct mmu_update req;
	static struct mmuext_op op;

	window_open(&w);
	req.ptr = va_maddr(&w.l2[1]);
	req.val = leaf(l1, TABLE);
	op.cmd = MMUEXT_UNPIN_TABLE;
	op.arg1.mfn = va_mfn(l1);
	entry(&calls[0], __HYPERVISOR_update_va_mapping, (u64)l1, leaf(l1, LEAF_RO), UVMF_INVL, 0);
	entry(&calls[1], __HYPERVISOR_mmu_update, (u64)&req, 1, 0, DOMID_SELF);
	entry(&calls[2], __HYPERVISOR_update_va_mapping, WINDOW_VA + (1UL << 21),
	      leaf(data, LEAF_RW), 0, 0);
	entry(&calls[3], __HYPERVISOR_mmuext_op, (u64)&op, 1, 0, DOMID_SELF);
	entry(&calls[4], __HYPERVISOR_update_va_mapping, WINDOW_VA + (1UL << 21), 0, UVMF_INVL, 0);
	expect(hc_multicall(calls, 5), 0);
	expect(calls[0].result, 0);
	expect(calls[1].result, 0);
	expect(calls[2].result, 0);
	expect(calls[3].result, -XEN_EINVAL);
	expect(calls[4].result, 0);
	expect(l1[0], 0);
}

static void nesting(void)
{
	static struct multicall_entry inner[2];

	entry(&inner[0], __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	entry(&inner[1], __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0);
	entry(&calls[0], __HYPERVISOR_multicall, (u64)inner, 2, 0, 0);
	entry(&calls[1], __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	expect(hc_multicall(calls, 2), 0);
	expect(calls[1].result, 4 << 16 | 17);
	/* Refused in Xen: one at a time. */
	expect(calls[0].result, -XEN_EINVAL);
	expect(inner[0].result, 0x5555);
}

static void long_batch(void)
{
	long port = evtchn_bind_ipi(0);
	static struct evtchn_send send;

	send.port = port;
	for (unsigned int i = 0; i < 256; i++) {
		if (i % 2)
			entry(&calls[i], __HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send,
			      0, 0);
		else
			entry(&calls[i], __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0);
	}
	upcalls_on();
	expect(hc_multicall(calls, 256), 0);
	upcalls_off();
	for (unsigned int i = 0; i < 256; i++) {
		if (!expect(calls[i].result, i % 2 ? 0 : 4096))
			break;
	}
	/* However often it was sent, at least one was taken. */
	check(event_count[port] >= 1);
}

static void pointers(void)
{
	struct multicall_entry *edge = (void *)((u8 *)page_alloc() + PAGE_SIZE);
	u8 *gone = page_alloc();

	if ((u8 *)edge != gone)
		error("the pool is not in order");
	expect(hc_multicall((void *)0x1000, 1), -XEN_EFAULT);
	expect(hc_multicall((void *)HYPERVISOR_VIRT_START, 1), -XEN_EFAULT);
	expect(hc_multicall((void *)0x8000000000000000, 1), -XEN_EFAULT);
	must(page_unmap(gone));
	entry(edge - 1, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	/* The first is done before the second cannot be read. */
	expect(hc_multicall(edge - 1, 2), -XEN_EFAULT);
	expect(edge[-1].result, 4 << 16 | 17);
	must(page_rw(gone));
}

static void read_only_entries(void)
{
	struct multicall_entry *ro = page_alloc();

	entry(ro, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	must(page_ro(ro));
	expect(hc_multicall(ro, 1), -XEN_EFAULT);
	expect(ro->result, 0x5555);
}

void test_main(void)
{
	results();
	order();
	nesting();
	long_batch();
	pointers();
	read_only_entries();
	expect_no_trap();
}

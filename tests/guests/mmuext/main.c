/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext: the operations of mmuext_op that are no pins and no base pointers.
 *
 * What: TLB and cache flushes, CLEAR_PAGE, COPY_PAGE, batches with the done count, retired and
 * unknown commands.
 * Why: Linux flushes other vCPUs only through these.
 * Expected: 0 with the flush made; an error for an unreadable vCPU bitmap; CLEAR and COPY work on
 * any own frame that can be writable; MARK_SUPER and UNMARK_SUPER -EOPNOTSUPP, other unknown
 * commands -ENOSYS; FLUSH_CACHE needs device rights (-EACCES without).
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "mmuext";

static struct window w;
static u64 *a, *b;

/* Change the window's page behind the TLB's back, then flush in the way under test. */
static void flush_works(unsigned int cmd, u64 arg1, const void *arg2)
{
	volatile u64 *va = (u64 *)WINDOW_VA;

	must(table_set(w.l1, 0, leaf(a, LEAF_RW)));
	must(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
	expect(va[0], 1);
	must(table_set(w.l1, 0, leaf(b, LEAF_RW)));
	if (!expect(mmuext(cmd, arg1, (u64)arg2), 0) || !expect(va[0], 2))
		printf("  command %u\n", cmd);
}

/* Xen turns the -EFAULT into -EINVAL here, though not in update_va_mapping: either will do. */
static void bad_bitmap(long rc)
{
	check(rc == -XEN_EINVAL || rc == -XEN_EFAULT);
}

static void flushes(void)
{
	static const u64 all_vcpus[2] = { ~0UL, ~0UL };

	flush_works(MMUEXT_TLB_FLUSH_LOCAL, 0, NULL);
	flush_works(MMUEXT_INVLPG_LOCAL, WINDOW_VA, NULL);
	flush_works(MMUEXT_TLB_FLUSH_ALL, 0, NULL);
	flush_works(MMUEXT_INVLPG_ALL, WINDOW_VA + 5, NULL);
	flush_works(MMUEXT_TLB_FLUSH_MULTI, 0, all_vcpus);
	flush_works(MMUEXT_INVLPG_MULTI, WINDOW_VA, all_vcpus);
	bad_bitmap(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, 0x1000));
	bad_bitmap(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, HYPERVISOR_VIRT_START));
	bad_bitmap(mmuext(MMUEXT_INVLPG_MULTI, WINDOW_VA, 0x1000));
	/* Addresses that are not the guest's: nothing to flush, nothing to complain about. */
	expect(mmuext(MMUEXT_INVLPG_LOCAL, HYPERVISOR_VIRT_START, 0), 0);
	expect(mmuext(MMUEXT_INVLPG_LOCAL, 0x8000000000000000, 0), 0);
	expect(mmuext(MMUEXT_INVLPG_ALL, 0x8000000000000000, 0), 0);
	expect(mmuext(MMUEXT_INVLPG_ALL, HYPERVISOR_VIRT_START, 0), 0);
}

static void caches(void)
{
	expect(mmuext(MMUEXT_FLUSH_CACHE, 0, 0), is_dom0() ? 0 : -XEN_EACCES);
	expect(mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), is_dom0() ? 0 : -XEN_EINVAL);
}

static void clear_and_copy(void)
{
	u64 *x = page_alloc(), *y = page_alloc();

	for (int i = 0; i < 512; i++)
		x[i] = i * 3 + 1;
	expect(mmuext(MMUEXT_COPY_PAGE, va_mfn(y), va_mfn(x)), 0);
	expect(memcmp(x, y, PAGE_SIZE), 0);
	expect(mmuext_mfn(MMUEXT_CLEAR_PAGE, va_mfn(x)), 0);
	expect(x[0] | x[511], 0);
	/* From a page table, one may read. */
	expect(mmuext(MMUEXT_COPY_PAGE, va_mfn(y), va_mfn(w.l2)), 0);
	expect(memcmp(y, w.l2, PAGE_SIZE), 0);
	/* Onto itself. */
	expect(mmuext(MMUEXT_COPY_PAGE, va_mfn(y), va_mfn(y)), 0);
	expect(mmuext_mfn(MMUEXT_CLEAR_PAGE, va_mfn(w.l1)), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_CLEAR_PAGE, 0xfffffffff), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_CLEAR_PAGE, 0xe0000), -XEN_EINVAL);
	expect(mmuext(MMUEXT_COPY_PAGE, va_mfn(w.l1), va_mfn(x)), -XEN_EINVAL);
	expect(mmuext(MMUEXT_COPY_PAGE, va_mfn(x), 0xfffffffff), -XEN_EINVAL);
	expect(mmuext(MMUEXT_COPY_PAGE, 0xfffffffff, va_mfn(x)), -XEN_EINVAL);
}

static void batches(void)
{
	static struct mmuext_op ops[4];
	unsigned int done = 99;

	for (int i = 0; i < 4; i++)
		ops[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
	expect(hc_mmuext_op(ops, 4, &done, DOMID_SELF), 0);
	expect(done, 4);
	ops[2].cmd = 99;
	done = 99;
	expect(hc_mmuext_op(ops, 4, &done, DOMID_SELF), -XEN_ENOSYS);
	expect(done, 2);
	expect(hc_mmuext_op(ops, 0, &done, DOMID_SELF), 0);
	expect(done, 0);
	expect(hc_mmuext_op((void *)0x1000, 1, NULL, DOMID_SELF), -XEN_EFAULT);
	expect(hc_mmuext_op(ops, 1, NULL, 0x1234), -XEN_ESRCH);
	/* A flush is nothing that one could ask for in the name of another. */
	if (is_dom0())
		check(hc_mmuext_op(ops, 1, NULL, DOMID_IO) < 0);
}

void test_main(void)
{
	window_open(&w);
	a = page_alloc();
	b = page_alloc();
	a[0] = 1;
	b[0] = 2;
	flushes();
	caches();
	clear_and_copy();
	batches();
	expect(mmuext(MMUEXT_MARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
	expect(mmuext(MMUEXT_UNMARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
	expect(mmuext(14, 0, 0), -XEN_ENOSYS);
	expect(mmuext(21, 0, 0), -XEN_ENOSYS);
	expect(mmuext(~0U, 0, 0), -XEN_ENOSYS);
	expect_no_trap();
}

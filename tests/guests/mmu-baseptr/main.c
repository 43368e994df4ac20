/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-baseptr: moving to another root table, for kernel and for user mode.
 *
 * What: MMUEXT_NEW_BASEPTR and MMUEXT_NEW_USER_BASEPTR, with pinned, unpinned and unfit frames.
 * Why: a context switch of the guest.
 * Expected: the new root is validated if it is not yet, and is held by the vCPU itself: unpinning
 * the old or the new one is fine, writing to either is not. The user root may be 0 (none). An
 * unfit frame gives an error and the old root stays.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

const char test_name[] = "mmu-baseptr";

static u64 cr3(void)
{
	u64 v;

	asm volatile ("mov %%cr3, %0" : "=r" (v));
	return v;
}

static u64 *copy_of_root(void)
{
	u64 *t = page_alloc();

	memcpy(t, root_table, PAGE_SIZE);
	must(page_ro(t));
	return t;
}

static void switch_roots(void)
{
	u64 *old = root_table, *new = copy_of_root();

	expect(cr3(), va_maddr(old));
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(new)), 0);
	expect(cr3(), va_maddr(new));
	root_table = new;
	/* The new root has type and reference from being loaded. */
	expect(page_rw(new), -XEN_EBUSY);
	expect(unpin(new), -XEN_EINVAL);
	/* The old one was pinned by the domain builder. */
	expect(page_rw(old), -XEN_EBUSY);
	expect(unpin(old), 0);
	expect(page_rw(old), 0);
	expect(page_ro(old), 0);
	/* Back again, this time unpinned to unpinned. */
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(old)), 0);
	root_table = old;
	expect(page_rw(new), 0);
	expect(pin(4, old), 0);
	/* To the root in use: nothing to do. */
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(old)), 0);
	expect(cr3(), va_maddr(old));
}

static void unfit_roots(void)
{
	struct window w;
	u64 *bad = copy_of_root(), *writable = page_alloc();
	long rc;

	window_open(&w);
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(w.l3)), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(writable)), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, 0xfffffffff), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_NEW_BASEPTR, 0xe0000), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(w.l1)), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(writable)), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, 0xfffffffff), -XEN_EINVAL);
	must(page_rw(bad));
	bad[2] = PTE_ADDR | TABLE;
	must(page_ro(bad));
	rc = mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(bad));
	expect(rc, -XEN_EINVAL);
	expect(cr3(), va_maddr(root_table));
	expect(page_rw(bad), 0);
}

USER_CODE(nothing, "	syscall\n	ud2");

static void user_roots(void)
{
	u64 *other = page_alloc();

	user_init();
	expect(user_run(nothing, 0), VEC_SYSCALL);
	/* None, and back. */
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, 0), 0);
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(user_root)), 0);
	expect(user_run(nothing, 0), VEC_SYSCALL);
	/* Held by the vCPU when no longer pinned. */
	expect(unpin(user_root), 0);
	expect(page_rw(user_root), -XEN_EBUSY);
	expect(user_run(nothing, 0), VEC_SYSCALL);
	other[511] = root_table[511];
	must(page_ro(other));
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(other)), 0);
	expect(page_rw(user_root), 0);
	expect(user_run(nothing, 0), VEC_SYSCALL);
	/* The same root for both modes is allowed. */
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(root_table)), 0);
	expect(user_run(nothing, 0), VEC_SYSCALL);
	expect(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(root_table)), 0);
}

void test_main(void)
{
	switch_roots();
	unfit_roots();
	user_roots();
}

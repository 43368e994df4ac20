/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-pin: pinning and unpinning tables of every level.
 *
 * What: pin and unpin of L1 to L4, twice, at the wrong level, with bad contents, of foreign
 * frames.
 * Why: a pin keeps a table validated while no other table refers to it. Linux pins every table of
 * a process.
 * Expected: a pin validates all 512 entries and needs no writable mapping of the frame; a pinned
 * frame cannot be mapped writable (-EBUSY) until unpinned; the second pin and the second unpin
 * give -EINVAL; a page pinned at one level cannot be pinned at another; children lose their types
 * with the last parent.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "mmu-pin";

static u64 *tables[5];	/* by level, each the only child of the next */

static void build(void)
{
	for (int level = 1; level <= 4; level++)
		tables[level] = page_alloc();
	tables[1][3] = leaf(page_alloc(), LEAF_RW);
	tables[2][3] = leaf(tables[1], TABLE);
	tables[3][3] = leaf(tables[2], TABLE);
	tables[4][3] = leaf(tables[3], TABLE);
}

static void one_level(int level)
{
	u64 *t = tables[level];

	/* Writable: no. */
	expect(pin(level, t), -XEN_EINVAL);
	must(page_ro(t));
	expect(pin(level, t), 0);
	expect(page_rw(t), -XEN_EBUSY);
	expect(pin(level, t), -XEN_EINVAL);
	for (int other = 1; other <= 4; other++) {
		if (other != level && !expect(pin(other, t), -XEN_EINVAL))
			printf("  pinned at level %d, then at %d\n", level, other);
	}
	expect(unpin(t), 0);
	expect(unpin(t), -XEN_EINVAL);
	expect(page_rw(t), 0);
	must(page_ro(t));
}

static void children(void)
{
	/* Only the root is pinned; its subtree is held by reference. */
	expect(pin(4, tables[4]), 0);
	for (int level = 1; level <= 3; level++) {
		expect(page_rw(tables[level]), -XEN_EBUSY);
		/* In use as its own type, it may be pinned as well. */
		expect(pin(level, tables[level]), 0);
	}
	expect(unpin(tables[4]), 0);
	expect(page_rw(tables[4]), 0);
	for (int level = 3; level >= 1; level--) {
		expect(page_rw(tables[level]), -XEN_EBUSY);
		expect(unpin(tables[level]), 0);
		expect(page_rw(tables[level]), 0);
	}
}

static void bad_contents(void)
{
	static const u64 bad[] = { PTE_ADDR | LEAF_RO, PTE_P | PTE_PSE | PTE_ADDR };
	u64 *t = page_alloc();

	for (int level = 1; level <= 4; level++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
			must(page_rw(t));
			t[511] = bad[i];
			must(page_ro(t));
			if (!expect(pin(level, t), -XEN_EINVAL))
				printf("  level %d, entry %#lx\n", level, bad[i]);
			expect(unpin(t), -XEN_EINVAL);
		}
	}
	/* Itself inside itself, writable. */
	must(page_rw(t));
	t[511] = 0;
	t[0] = leaf(t, LEAF_RW);
	must(page_ro(t));
	expect(pin(1, t), -XEN_EBUSY);
	must(page_rw(t));
	t[0] = leaf(t, LEAF_RO);
	must(page_ro(t));
	expect(pin(1, t), 0);
	expect(unpin(t), 0);
	must(page_rw(t));
}

/*
 * What a root holds in the hypervisor's slots before it is pinned is of no interest, and is
 * replaced.
 */
static void reserved_slots(void)
{
	u64 *t = page_alloc();

	for (int i = 256; i <= 271; i++)
		t[i] = PTE_ADDR | TABLE | PTE_PSE;
	must(page_ro(t));
	expect(pin(4, t), 0);
	for (int i = 256; i <= 271; i++)
		check(t[i] != (PTE_ADDR | TABLE | PTE_PSE));
	/* The M2P slot may wait until the table is loaded as a kernel root, as it does in Xen. */
	check(!t[256] || t[256] == root_table[256]);
	expect(unpin(t), 0);
}

static void bad_frames(void)
{
	static const u64 mfns[] = { 0xfffffffff, 0xe0000, ~0UL, 1UL << 40 };

	for (unsigned int i = 0; i < ARRAY_SIZE(mfns); i++) {
		for (unsigned int cmd = MMUEXT_PIN_L1_TABLE; cmd <= MMUEXT_UNPIN_TABLE; cmd++) {
			if (!expect(mmuext_mfn(cmd, mfns[i]), -XEN_EINVAL))
				printf("  command %u, frame %#lx\n", cmd, mfns[i]);
		}
	}
	/* The hypervisor's own page, shared with us, in use as writable. */
	expect(mmuext_mfn(MMUEXT_PIN_L1_TABLE, start_info->shared_info >> PAGE_SHIFT), -XEN_EINVAL);
	expect(mmuext_mfn(MMUEXT_UNPIN_TABLE, start_info->shared_info >> PAGE_SHIFT), -XEN_EINVAL);
}

void test_main(void)
{
	build();
	for (int level = 1; level <= 4; level++)
		one_level(level);
	children();
	bad_contents();
	reserved_slots();
	bad_frames();
	expect_no_trap();
}

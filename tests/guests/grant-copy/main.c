/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-copy: copying by grant reference and by frame.
 *
 * What: all four combinations of reference and frame, offsets and lengths at the limits, and
 * refusals.
 * Why: netback's receive path; the newest advisories (XSA-500, 523) are here.
 * Expected: status 0 and exactly those bytes; offset + length beyond a page -10 (bad_copy_arg), a
 * frame that cannot be written or read an error, both sides in one's own domain or by reference
 * only; nothing copied on error.
 */
#include "grant.h"
#include "trap.h"

const char test_name[] = "grant-copy";

static u8 *from, *to;

static long copy(u32 source, u16 source_off, u64 dest, u16 dest_off, u16 len, u16 flags)
{
	struct gnttab_copy op = { .len = len, .flags = flags };
	long rc;

	op.source.offset = source_off;
	op.source.domid = flags & GNTCOPY_source_gref ? own_domid : DOMID_SELF;
	if (flags & GNTCOPY_source_gref)
		op.source.u.ref = source;
	else
		op.source.u.gmfn = source;
	op.dest.offset = dest_off;
	op.dest.domid = flags & GNTCOPY_dest_gref ? own_domid : DOMID_SELF;
	if (flags & GNTCOPY_dest_gref)
		op.dest.u.ref = dest;
	else
		op.dest.u.gmfn = dest;
	rc = hc_grant_table_op(GNTTABOP_copy, &op, 1);
	return rc ? rc * 1000 : op.status;
}

static void combinations(void)
{
	const u16 flags[] = { 0, GNTCOPY_source_gref, GNTCOPY_dest_gref,
			      GNTCOPY_source_gref | GNTCOPY_dest_gref };

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		u64 s = flags[i] & GNTCOPY_source_gref ? 8 : va_mfn(from);
		u64 d = flags[i] & GNTCOPY_dest_gref ? 9 : va_mfn(to);

		memset(to, 0xee, PAGE_SIZE);
		expect(copy(s, 100, d, 200, 300, flags[i]), GNTST_okay);
		expect(to[199], 0xee);
		expect(memcmp(to + 200, from + 100, 300), 0);
		expect(to[500], 0xee);
		expect((grants[8].flags | grants[9].flags) & (GTF_reading | GTF_writing), 0);
	}
}

static void lengths(void)
{
	const u16 f = GNTCOPY_source_gref;

	memset(to, 0xee, PAGE_SIZE);
	expect(copy(8, 0, va_mfn(to), 0, 4096, f), GNTST_okay);
	expect(memcmp(to, from, PAGE_SIZE), 0);
	memset(to, 0xee, PAGE_SIZE);
	expect(copy(8, 5, va_mfn(to), 7, 0, f), GNTST_okay);
	expect(copy(8, 4095, va_mfn(to), 4095, 1, f), GNTST_okay);
	expect(to[4095], from[4095]);
	expect(to[4094], 0xee);
	to[4095] = 0xee;
	expect(copy(8, 1, va_mfn(to), 0, 4096, f), GNTST_bad_copy_arg);
	expect(copy(8, 0, va_mfn(to), 1, 4096, f), GNTST_bad_copy_arg);
	expect(copy(8, 0, va_mfn(to), 0, 4097, f), GNTST_bad_copy_arg);
	expect(copy(8, 4095, va_mfn(to), 0, 2, f), GNTST_bad_copy_arg);
	expect(copy(8, 0xffff, va_mfn(to), 0, 1, f), GNTST_bad_copy_arg);
	expect(copy(8, 0, va_mfn(to), 0xffff, 0xffff, f), GNTST_bad_copy_arg);
	for (unsigned int i = 0; i < PAGE_SIZE; i++) {
		if (to[i] != 0xee) {
			failure("byte %u was written by a refused copy", i);
			break;
		}
	}
	/* Onto itself. */
	expect(copy(8, 0, va_mfn(from), 0, 4096, f), GNTST_okay);
}

static void refusals(void)
{
	const u16 src = GNTCOPY_source_gref, dst = GNTCOPY_dest_gref;
	struct gnttab_copy op = { .len = 1 };

	memset(to, 0xee, PAGE_SIZE);
	check(copy(99, 0, va_mfn(to), 0, 8, src) < 0);
	expect(copy(1 << 20, 0, va_mfn(to), 0, 8, src), GNTST_bad_gntref);
	expect(copy(0xffffffff, 0, va_mfn(to), 0, 8, src), GNTST_bad_gntref);
	/* Read-only grant as target. */
	check(copy(va_mfn(from), 0, 10, 0, 8, dst) < 0);
	check(copy(8, 0, 0xfffffffff, 0, 8, src) < 0);
	check(copy(8, 0, va_mfn(root_table), 0, 8, src) < 0);
	check(copy(8, 0, 0xe0000, 0, 8, src) < 0);
	check(copy(8, 0, start_info->shared_info >> PAGE_SHIFT, 0, 0, src) <= 0);
	/* Reading a page table is harmless. */
	expect(copy(va_mfn(root_table), 0, va_mfn(to), 0, 8, 0), GNTST_okay);
	/* A frame may only be named in one's own domain. */
	op.source.domid = own_domid;
	op.source.u.gmfn = va_mfn(from);
	op.dest.domid = DOMID_SELF;
	op.dest.u.gmfn = va_mfn(to);
	expect(hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
	expect(op.status, GNTST_permission_denied);
	op.source.domid = 0x1234;
	op.flags = GNTCOPY_source_gref;
	expect(hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
	expect(op.status, GNTST_bad_domain);
	expect(hc_grant_table_op(GNTTABOP_copy, (void *)0x1000, 1), -XEN_EFAULT);
	expect((grants[8].flags | grants[9].flags | grants[10].flags) & (GTF_reading | GTF_writing),
	       0);
}

static void batch(void)
{
	static struct gnttab_copy ops[64];

	memset(to, 0, PAGE_SIZE);
	for (int i = 0; i < 64; i++) {
		ops[i].source.u.ref = i == 40 ? 99 : 8;
		ops[i].source.domid = own_domid;
		ops[i].source.offset = i * 64;
		ops[i].dest.u.gmfn = va_mfn(to);
		ops[i].dest.domid = DOMID_SELF;
		ops[i].dest.offset = (63 - i) * 64;
		ops[i].len = 64;
		ops[i].flags = GNTCOPY_source_gref;
	}
	expect(hc_grant_table_op(GNTTABOP_copy, ops, 64), 0);
	for (int i = 0; i < 64; i++) {
		check(!ops[i].status == (i != 40));
		if (i != 40)
			expect(memcmp(to + (63 - i) * 64, from + i * 64, 64), 0);
	}
}

void test_main(void)
{
	grant_init();
	from = page_alloc();
	to = page_alloc();
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		from[i] = i * 7 + (i >> 8);
	grant_access(8, from, own_domid, GTF_readonly);
	grant_access(9, to, own_domid, 0);
	grant_access(10, to, own_domid, GTF_readonly);
	combinations();
	lengths();
	refusals();
	batch();
	expect_no_trap();
}

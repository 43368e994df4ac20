/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: access to guests' memory by virtual address, the exception table, and
 * the places that become STAC and CLAC.
 *
 * Invariant: EFLAGS.AC is clear everywhere but inside raw_copy and raw_clear.
 */
#include "cpu/cpu.h"
#include "cpu/traps.h"
#include "cpu/uaccess.h"
#include "cpu/uaccess_asm.h"
#include "lib/errno.h"
#include "lib/string.h"

struct extable_entry { u64 from, to; };

extern const struct extable_entry __start___ex_table[], __stop___ex_table[];
extern const u64 __start___stac_sites[], __stop___stac_sites[];
extern const u64 __start___clac_sites[], __stop___clac_sites[];

int copy_from_guest(void *dst, const void __guest *src, size_t n)
{
	size_t left;

	if (unlikely(!guest_range_ok(src, n))) {
		memset(dst, 0, n);
		return -EFAULT;
	}
	left = raw_copy(dst, src, n);
	if (likely(!left))
		return 0;
	memset((char *)dst + n - left, 0, left);
	return -EFAULT;
}

int copy_to_guest(void __guest *dst, const void *src, size_t n)
{
	if (unlikely(!guest_range_ok(dst, n)) || unlikely(raw_copy(dst, src, n)))
		return -EFAULT;
	return 0;
}

int clear_guest(void __guest *dst, size_t n)
{
	return !guest_range_ok(dst, n) || raw_clear(dst, n) ? -EFAULT : 0;
}

/* A few dozen entries: a linear search is quicker than keeping them sorted. */
u64 extable_search(u64 rip)
{
	const struct extable_entry *e;

	for (e = __start___ex_table; e < __stop___ex_table; e++)
		if (e->from == rip)
			return e->to;
	return 0;
}

static void __init patch_sites(const u64 *s, const u64 *e, u8 last)
{
	for (; s < e; s++) {
		u8 *insn = (u8 *)*s;

		insn[0] = 0x0f;
		insn[1] = 0x01;
		insn[2] = last;
	}
}

/* Before map_protect_image() makes the text read-only and before other CPUs run. */
void __init uaccess_enable_smap(void)
{
	patch_sites(__start___stac_sites, __stop___stac_sites, 0xcb);
	patch_sites(__start___clac_sites, __stop___clac_sites, 0xca);
}

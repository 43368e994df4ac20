/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way to a guest's memory by virtual address. Every function checks
 * that [p, p+n) lies outside the hypervisor's part of the address space, opens
 * SMAP for its own duration, and survives faults through the exception table.
 * They return 0 or -EFAULT; a failed copy_from leaves *dst zero-filled in the
 * part that was not read. The address space used is the one in CR3: a PV
 * vCPU's kernel page tables during a hypercall.
 */
#ifndef CPU_UACCESS_H
#define CPU_UACCESS_H

#include "lib/types.h"

#define HV_VIRT_START 0xffff800000000000ull
#define HV_VIRT_END   0xffff880000000000ull	/* first byte after the hole */

int __must_check copy_from_guest(void *dst, const void __guest *src, size_t n);
int __must_check copy_to_guest(void __guest *dst, const void *src, size_t n);
int __must_check clear_guest(void __guest *dst, size_t n);

/* True if [p, p+n) has no byte in the hypervisor's hole and does not wrap. */
static inline bool guest_range_ok(const void __guest *p, size_t n)
{
	u64 s = (u64)p, e = s + n;

	return e >= s && (e <= HV_VIRT_START || s >= HV_VIRT_END);
}

/*
 * Single words without a call, for the few hottest places. Between begin and end nothing
 * but accesses; the caller has checked the range. On a fault: to the label, with the
 * access still open.
 */
#define UACCESS_SITE(section)							\
	__asm__ __volatile__("771:\t.byte 0x0f, 0x1f, 0x00\n"			\
			     "\t.pushsection " section ", \"a\"\n\t.quad 771b\n"	\
			     "\t.popsection" ::: "memory")
#define guest_access_begin() UACCESS_SITE("__stac_sites")
#define guest_access_end() UACCESS_SITE("__clac_sites")
#define UACCESS_EX(label) "\n\t.pushsection __ex_table, \"a\"\n\t.quad 772b, " label "\n\t.popsection"
#define guest_put_word(p, val, fault)						\
	__asm__ goto("772:\tmovq %0, %1" UACCESS_EX("%l2")			\
		     :: "er"((u64)(val)), "m"(*(u64 *)(p)) : "memory" : fault)

/* Handle forms: XEN_GUEST_HANDLE fields have .p */
#define get_guest(dst, handle) copy_from_guest(dst, (handle).p, sizeof(*(dst)))
#define get_guest_index(dst, handle, i) copy_from_guest(dst, (handle).p + (i), sizeof(*(dst)))
#define put_guest(handle, src) copy_to_guest((handle).p, src, sizeof(*(src)))
#define put_guest_index(handle, i, src) copy_to_guest((handle).p + (i), src, sizeof(*(src)))

#endif

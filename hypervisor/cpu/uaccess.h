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

/* Handle forms: XEN_GUEST_HANDLE fields have .p */
#define get_guest(dst, handle) copy_from_guest(dst, (handle).p, sizeof(*(dst)))
#define get_guest_index(dst, handle, i) copy_from_guest(dst, (handle).p + (i), sizeof(*(dst)))
#define put_guest(handle, src) copy_to_guest((handle).p, src, sizeof(*(src)))
#define put_guest_index(handle, i, src) copy_to_guest((handle).p + (i), src, sizeof(*(src)))

#endif

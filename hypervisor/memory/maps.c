/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain may ask about memory: limits, the machine-to-physical table; and
 * claims, which set memory aside for a domain that is being built. Owns nothing.
 */
#include "memory/memory.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "mm/heap.h"

#define M2P_CHUNK_ENTRIES ((2ul << 20) / sizeof(u64))

static long domain_limit(struct domain *d, unsigned op)
{
	u64 max_pfn;

	switch (op) {
	case XENMEM_current_reservation:
		return (long)d->tot_pages;
	case XENMEM_maximum_reservation:
		/* "Unlimited" must not look like an error number. */
		return (long)min(d->max_pages, (u64)UINT32_MAX);
	default:
		/* A PV guest keeps its own table: what it says is passed on, but positive. */
		max_pfn = d->shared_info ? READ_ONCE(d->shared_info->arch.max_pfn) : 0;
		return max_pfn ? (long)((max_pfn - 1) & INT64_MAX) : 0;
	}
}

static long limits(const void __guest *arg, unsigned op)
{
	struct xen_memory_domain q;
	struct domain *d;
	long rc;

	if (copy_from_guest(&q, arg, sizeof(q)))
		return -EFAULT;
	d = domain_get_any(q.domid);
	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	if (!rc)
		rc = domain_limit(d, op);
	domain_put(d);
	return rc;
}

static long machphys_mapping(void __guest *arg)
{
	struct xen_machphys_mapping m = {
		.v_start = MACH2PHYS_VIRT_START,
		.v_end = MACH2PHYS_VIRT_END,
		.max_mfn = (current_domain()->is_hardware ? max_page : m2p_entries) - 1,
	};

	return copy_to_guest(arg, &m, sizeof(m));
}

static long machphys_mfn_list(void __guest *arg)
{
	u64 chunks = DIV_ROUND_UP(max_page, M2P_CHUNK_ENTRIES);
	struct xen_machphys_mfn_list l;
	unsigned i;

	if (copy_from_guest(&l, arg, sizeof(l)))
		return -EFAULT;
	l.nr_extents = (unsigned)min((u64)l.max_extents, chunks);
	for (i = 0; i < l.nr_extents; i++) {
		xen_pfn_t mfn = mfn_x(m2p_chunk_mfn(i));

		if (put_guest_index(l.extent_start, i, &mfn))
			return -EFAULT;
	}
	return copy_to_guest(arg, &l, sizeof(l));
}

static long claim(struct hc_args *a)
{
	struct xen_memory_reservation r;
	struct domain *d;
	long rc;

	if (MEMOP_START(a->arg[0]))
		return -EINVAL;
	if (copy_from_guest(&r, (void __guest *)a->arg[1], sizeof(r)))
		return -EFAULT;
	if (r.extent_start.p || r.extent_order || r.mem_flags)
		return -EINVAL;
	if (rights_control())
		return -EPERM;
	d = domain_get(r.domid);
	if (!d)
		return -EINVAL;
	rc = heap_claim(d, r.nr_extents);
	domain_put(d);
	return rc;
}

long memory_maps(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[1];
	unsigned op = MEMOP_CMD(a->arg[0]);

	switch (op) {
	case XENMEM_maximum_ram_page:
		return (long)max_page;
	case XENMEM_machphys_mapping:
		return machphys_mapping(arg);
	case XENMEM_machphys_mfn_list:
		return machphys_mfn_list(arg);
	case XENMEM_claim_pages:
		return claim(a);
	default:
		return limits(arg, op);
	}
}

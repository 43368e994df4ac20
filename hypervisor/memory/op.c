/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_memory_op: which file does what. Owns nothing. */
#include "memory/memory.h"
#include "core/hypercall.h"

long hc_memory_op(struct hc_args *a)
{
	switch (MEMOP_CMD(a->arg[0])) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return memory_reservation(a);
	case XENMEM_exchange:
		return memory_exchange(a);
	case XENMEM_maximum_ram_page:
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
	case XENMEM_machphys_mfn_list:
	case XENMEM_machphys_mapping:
	case XENMEM_claim_pages:
		return memory_maps(a);
	case XENMEM_memory_map:
		return memory_guest_map(a);
	case XENMEM_set_memory_map:
		return memory_set_guest_map(a);
	case XENMEM_machine_memory_map:
		return memory_machine_map(a);
	case XENMEM_acquire_resource:
		return memory_resource(a);
	case XENMEM_add_to_physmap:
	case XENMEM_add_to_physmap_batch:
	case XENMEM_remove_from_physmap:
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		return memory_physmap(a);
	case XENMEM_machphys_compat_mfn_list:
	case XENMEM_get_vnumainfo:
	case XENMEM_reserved_device_memory_map:
		return -EOPNOTSUPP;
	/* The toolstack takes this error, and no other, as "no page is shared". */
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
	default:
		return -ENOSYS;
	}
}

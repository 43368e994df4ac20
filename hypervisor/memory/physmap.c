/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on a guest's physical map. A PV domain has none of its own, so here
 * are only the checks that come before, and the refusal. Owns nothing.
 */
#include "memory/memory.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"

/* The target's id, wherever the operation's struct has it. */
static int request_domid(unsigned op, const void __guest *arg, domid_t *domid)
{
	size_t at;

	switch (op) {
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		at = offsetof(struct xen_pod_target, domid);
		break;
	case XENMEM_add_to_physmap_batch:
		at = offsetof(struct xen_add_to_physmap_batch, domid);
		break;
	case XENMEM_add_to_physmap:
		at = offsetof(struct xen_add_to_physmap, domid);
		break;
	default:
		at = offsetof(struct xen_remove_from_physmap, domid);
	}
	return copy_from_guest(domid, (const u8 __guest *)arg + at, sizeof(*domid));
}

long memory_physmap(struct hc_args *a)
{
	unsigned op = MEMOP_CMD(a->arg[0]);
	struct domain *d;
	domid_t domid;
	long rc;

	if (request_domid(op, (void __guest *)a->arg[1], &domid))
		return -EFAULT;
	d = domain_get_any(domid);
	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	domain_put(d);
	if (rc)
		return rc;
	return op == XENMEM_set_pod_target || op == XENMEM_get_pod_target ? -EINVAL : -EACCES;
}

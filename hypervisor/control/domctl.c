/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall domctl: the toolstack's hand on domains. This file takes the request
 * in, finds the operation and the domain, checks rights, and brings the results
 * back; the operations are in domctl_*.c.
 *
 * One operation at a time: domctl_lock. It is only ever tried. Whoever does not
 * get it restarts the hypercall, and so passes through the scheduler: the holder
 * may be waiting for that very vCPU to be paused.
 */
#include "control/domctl.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"

static spinlock_t domctl_lock = SPINLOCK_INIT(LOCK_DOMCTL);

#define RESULT	1u			/* the request goes back when it worked ... */
#define ALWAYS	2u			/* ... and when it did not: it says where the fault is */
#define NODOM	4u			/* op->domain is not the domain to act on */

static int refuse_notsupp(struct domain *d, struct xen_domctl *op) { return -EOPNOTSUPP; }
static int refuse_nodev(struct domain *d, struct xen_domctl *op) { return -ENODEV; }

#define OP(name, flags) [XEN_DOMCTL_##name] = { domctl_##name, flags }
#define NO(name) [XEN_DOMCTL_##name] = { refuse_notsupp, 0 }

/*
 * Those marked NO are known and not offered: the tools say "not supported". What
 * is missing here is unknown: -ENOSYS.
 */
static const struct domctl_row {
	int (*fn)(struct domain *d, struct xen_domctl *op);
	unsigned flags;
} rows[] = {
	OP(createdomain, RESULT | NODOM),
	OP(destroydomain, 0),
	OP(pausedomain, 0),
	OP(unpausedomain, 0),
	OP(getdomaininfo, RESULT | NODOM),
	OP(setvcpuaffinity, RESULT),
	NO(shadow_op),
	OP(max_mem, 0),
	OP(setvcpucontext, 0),
	OP(getvcpucontext, RESULT),
	OP(getvcpuinfo, RESULT),
	OP(max_vcpus, 0),
	OP(scheduler_op, RESULT),
	OP(setdomainhandle, 0),
	NO(setdebugging),
	OP(irq_permission, 0),
	OP(iomem_permission, 0),
	OP(ioport_permission, 0),
	OP(hypercall_init, 0),
	OP(settimeoffset, 0),
	OP(getvcpuaffinity, RESULT),
	OP(resumedomain, 0),
	OP(sendtrigger, 0),
	OP(subscribe, 0),
	NO(gethvmcontext),
	NO(sethvmcontext),
	OP(set_address_size, 0),
	OP(get_address_size, RESULT),
	NO(assign_device),
	NO(bind_pt_irq),
	NO(memory_mapping),
	NO(ioport_mapping),
	NO(set_ext_vcpucontext),
	OP(get_ext_vcpucontext, RESULT),
	[XEN_DOMCTL_test_assign_device] = { refuse_notsupp, NODOM },
	NO(set_target),
	NO(deassign_device),
	NO(unbind_pt_irq),
	NO(get_device_group),
	NO(debug_op),
	NO(gethvmcontext_partial),
	NO(vm_event_op),
	NO(mem_sharing_op),
	OP(gettscinfo, RESULT),
	OP(settscinfo, 0),
	OP(getpageframeinfo3, 0),
	NO(setvcpuextstate),
	OP(getvcpuextstate, RESULT),
	NO(set_access_required),
	NO(audit_p2m),
	OP(set_virq_handler, 0),
	NO(set_broken_page_p2m),
	OP(setnodeaffinity, 0),
	OP(getnodeaffinity, RESULT),
	OP(get_vcpu_msrs, RESULT),
	OP(set_vcpu_msrs, RESULT),
	NO(setvnumainfo),
	[XEN_DOMCTL_psr_cmt_op] = { refuse_nodev, 0 },
	NO(monitor_op),
	[XEN_DOMCTL_psr_alloc] = { refuse_nodev, 0 },
	NO(soft_reset),
	NO(vuart_op),
	OP(get_cpu_policy, RESULT | ALWAYS),
	OP(set_cpu_policy, RESULT | ALWAYS),
	NO(vmtrace_op),
	[XEN_DOMCTL_get_paging_mempool_size] = { domctl_get_paging_mempool, RESULT },
	[XEN_DOMCTL_set_paging_mempool_size] = { domctl_set_paging_mempool, 0 },
};

static int domctl_run(const struct domctl_row *row, struct xen_domctl *op)
{
	struct domain *d = NULL;
	int rc;

	if (!(row->flags & NODOM)) {
		d = domain_get(op->domain);
		if (!d)
			return -ESRCH;
	}
	if (!spin_trylock(&domctl_lock)) {
		rc = -ERESTART;
	} else {
		rc = row->fn(d, op);
		spin_unlock(&domctl_lock);
	}
	if (d)
		domain_put(d);
	return rc;
}

long hc_domctl(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[0];
	const struct domctl_row *row;
	struct xen_domctl op;
	int rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	if (rights_control())
		return -EPERM;
	if (op.cmd >= XEN_DOMCTL_gdbsx_guestmemio && op.cmd <= XEN_DOMCTL_gdbsx_domstatus)
		return -EOPNOTSUPP;
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd].fn)
		return -ENOSYS;
	row = &rows[op.cmd];
	rc = domctl_run(row, &op);
	if (rc == -ERESTART)
		return rc;
	if ((row->flags & (rc ? ALWAYS : RESULT)) && copy_to_guest(arg, &op, sizeof(op)) && !rc)
		rc = -EFAULT;
	return rc;
}

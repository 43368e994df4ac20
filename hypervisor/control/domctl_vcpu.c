/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domctl operations on vCPUs: their registers, how they fare, and an NMI. A vCPU's
 * state is read and written only while it is paused. Under the domctl lock.
 */
#include "control/domctl.h"
#include "cpu/features.h"
#include "cpu/uaccess.h"
#include "evtchn/evtchn.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include <xen/callback.h>

#define XSAVE_HEADER_BYTES 16u		/* xcr0 and xcr0_accum, before the area itself */

int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c = NULL;
	int rc = 0;

	if (d == current_domain() || !v || d->is_dying)
		return -EINVAL;
	if (op->u.vcpucontext.ctxt.p) {
		c = knew(struct vcpu_guest_context);
		if (!c)
			return -ENOMEM;
		rc = get_guest(c, op->u.vcpucontext.ctxt);
	}
	if (!rc) {
		domain_pause(d);
		if (c)
			rc = d->ops->set_context(v, c);
		else
			rc = v->is_initialised ? -EOPNOTSUPP : 0;
		domain_unpause(d);
	}
	kfree(c);
	return rc;
}

int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	int rc;

	if (!v || v == current)
		return -EINVAL;
	if (!v->is_initialised)
		return -ENODATA;
	c = knew(struct vcpu_guest_context);
	if (!c)
		return -ENOMEM;
	vcpu_pause(v);
	d->ops->get_context(v, c);
	vcpu_unpause(v);
	rc = put_guest(op->u.vcpucontext.ctxt, c);
	kfree(c);
	return rc;
}

/* What vcpu_guest_context has no room for: the callbacks of 32-bit user code. */
int domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = domain_vcpu(d, e->vcpu);

	if (!v)
		return -ESRCH;
	if (v == current)
		return -EINVAL;
	vcpu_pause(v);
	*e = (struct xen_domctl_ext_vcpucontext){
		.vcpu = v->id, .size = sizeof(*e),
		.syscall32_callback_eip = v->pv->syscall32_callback,
		.sysenter_callback_eip = v->pv->sysenter_callback,
		.syscall32_disables_events = v->pv->callback_mask_events >> CALLBACKTYPE_syscall32 & 1,
		.sysenter_disables_events = v->pv->callback_mask_events >> CALLBACKTYPE_sysenter & 1,
	};
	vcpu_unpause(v);
	return 0;
}

/* How much there would be to save; the saving itself is not offered. */
int domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = domain_vcpu(d, e->vcpu);

	if (!v)
		return -ESRCH;
	if (e->buffer.p && e->size)
		return -EOPNOTSUPP;
	e->xfeature_mask = cpu_features.xcr0_mask;
	e->size = cpu_features.xsave ? XSAVE_HEADER_BYTES + cpu_features.xsave_size : 0;
	return 0;
}

/* No MSR of a PV vCPU needs to go with it beyond its context. */
int domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	if (!domain_vcpu(d, op->u.vcpu_msrs.vcpu))
		return -EINVAL;
	op->u.vcpu_msrs.msr_count = 0;
	return 0;
}

int domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	if (!domain_vcpu(d, op->u.vcpu_msrs.vcpu))
		return -EINVAL;
	return op->u.vcpu_msrs.msr_count ? -EOPNOTSUPP : 0;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
	struct vcpu *v = domain_vcpu(d, i->vcpu);

	if (i->vcpu >= d->max_vcpus)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	i->online = !(READ_ONCE(v->pause_flags) & VPF_down);
	i->blocked = !!(READ_ONCE(v->pause_flags) & VPF_blocked);
	i->running = READ_ONCE(v->is_running);
	i->cpu_time = vcpu_cpu_time(v);
	i->cpu = v->cpu;
	return 0;
}

/* The other triggers press buttons that a PV guest does not have. */
int domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

	if (op->u.sendtrigger.vcpu >= d->max_vcpus)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -EOPNOTSUPP;
	d->ops->inject_nmi(v);
	vcpu_unblock(v);
	vcpu_kick(v);
	return 0;
}

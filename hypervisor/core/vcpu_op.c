/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op and set_timer_op: what a guest does to its own virtual CPUs. They act
 * on vCPUs of the caller's domain only; hypercall_deadlock_lock keeps two
 * initialisations or registrations of one vCPU apart.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/vcpu.h"
#include "cpu/uaccess.h"
#include "evtchn/evtchn.h"
#include "mm/heap.h"
#include "sched/sched.h"
#include "time/time.h"

#define PERIOD_MIN MILLISECS(1)
#define PERIOD_MAX (1ull << 62)
#define TIMER_FAR_SHIFT 50

static long vcpuop_initialise(struct vcpu *v, const void __guest *arg)
{
	unsigned order = order_for(DIV_ROUND_UP(sizeof(struct vcpu_guest_context), PAGE_SIZE));
	struct vcpu_guest_context *ctxt;
	struct domain *d = v->domain;
	long rc;

	if (v->info == &v->dummy_info)
		return -EINVAL;
	ctxt = alloc_pages(order);
	if (!ctxt)
		return -ENOMEM;
	rc = copy_from_guest(ctxt, arg, sizeof(*ctxt));
	if (!rc) {
		spin_lock(&d->hypercall_deadlock_lock);
		rc = v->is_initialised ? -EEXIST : d->ops->set_context(v, ctxt);
		if (!rc)
			v->is_initialised = true;
		spin_unlock(&d->hypercall_deadlock_lock);
	}
	free_pages(ctxt, order);
	return rc;
}

static long vcpuop_runstate_area(struct vcpu *v, const void __guest *arg)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info r;

	if (copy_from_guest(&area, arg, sizeof(area)))
		return -EFAULT;
	if (!guest_range_ok(area.addr.v, sizeof(r)))
		return -EFAULT;
	v->runstate_guest = area.addr.v;
	if (v == current) {
		sched_runstate_guest_update(v);
	} else {
		/* A page that is not there yet is filled at the next switch. */
		vcpu_runstate_get(v, &r);
		(void)!copy_to_guest(area.addr.v, &r, sizeof(r));
	}
	return 0;
}

static long vcpuop_time_area(struct vcpu *v, const void __guest *arg)
{
	struct vcpu_register_time_memory_area area;

	if (copy_from_guest(&area, arg, sizeof(area)))
		return -EFAULT;
	if (!guest_range_ok(area.addr.v, sizeof(struct vcpu_time_info)))
		return -EFAULT;
	v->time_guest = area.addr.v;
	/* Another one's is written when it next runs. */
	v->time_pending = true;
	if (v == current)
		time_update_vcpu(v, true);
	return 0;
}

static long vcpuop_register_info(struct vcpu *v, const void __guest *arg)
{
	struct vcpu_register_vcpu_info info;
	struct domain *d = v->domain;
	long rc;

	if (copy_from_guest(&info, arg, sizeof(info)))
		return -EFAULT;
	spin_lock(&d->hypercall_deadlock_lock);
	rc = vcpu_map_info(v, info.mfn, info.offset);
	spin_unlock(&d->hypercall_deadlock_lock);
	return rc;
}

static long vcpuop_set_periodic(struct vcpu *v, const void __guest *arg)
{
	struct vcpu_set_periodic_timer t;

	if (copy_from_guest(&t, arg, sizeof(t)))
		return -EFAULT;
	if (t.period_ns < PERIOD_MIN || t.period_ns > PERIOD_MAX)
		return -EINVAL;
	return vcpu_set_periodic(v, t.period_ns);
}

/* A deadline in the past fires at once, whatever the flags say: kernels rely on the 0. */
static long vcpuop_set_singleshot(struct vcpu *v, const void __guest *arg)
{
	struct vcpu_set_singleshot_timer t;

	if (v != current)
		return -EINVAL;
	if (copy_from_guest(&t, arg, sizeof(t)))
		return -EFAULT;
	vcpu_set_singleshot(v, t.timeout_abs_ns);
	return 0;
}

static long vcpuop_send_nmi(struct vcpu *v, const void __guest *arg)
{
	if (arg)
		return -EINVAL;
	v->domain->ops->inject_nmi(v);
	vcpu_kick(v);
	return 0;
}

/* Of use only to a vCPU that stays where it is. */
static long vcpuop_get_physid(struct vcpu *v, void __guest *arg)
{
	cpumask_t mask = v->hard_affinity & cpu_online_map;
	struct vcpu_get_physid id;

	if (!v->domain->is_hardware || hweight64(mask) != 1)
		return -EINVAL;
	id.phys_id = pcpus[ffs64(mask)]->apic_id | (u64)pcpus[ffs64(mask)]->acpi_id << 32;
	return copy_to_guest(arg, &id, sizeof(id));
}

static long vcpuop_get_runstate(struct vcpu *v, void __guest *arg)
{
	struct vcpu_runstate_info r;

	vcpu_runstate_get(v, &r);
	return copy_to_guest(arg, &r, sizeof(r));
}

long hc_vcpu_op(struct hc_args *a)
{
	struct vcpu *v = domain_vcpu(current_domain(), (u32)a->arg[1]);
	void __guest *arg = (void *)a->arg[2];

	if (!v)
		return -ENOENT;
	switch ((s32)a->arg[0]) {
	case VCPUOP_initialise:
		return vcpuop_initialise(v, arg);
	case VCPUOP_up:
		return vcpu_up(v);
	case VCPUOP_down:
		return vcpu_down(v);
	case VCPUOP_is_up:
		return !(READ_ONCE(v->pause_flags) & VPF_down);
	case VCPUOP_get_runstate_info:
		return vcpuop_get_runstate(v, arg);
	case VCPUOP_register_runstate_memory_area:
		return vcpuop_runstate_area(v, arg);
	case VCPUOP_set_periodic_timer:
		return vcpuop_set_periodic(v, arg);
	case VCPUOP_stop_periodic_timer:
		return vcpu_set_periodic(v, 0);
	case VCPUOP_set_singleshot_timer:
		return vcpuop_set_singleshot(v, arg);
	case VCPUOP_stop_singleshot_timer:
		if (v != current)
			return -EINVAL;
		timer_stop(&v->singleshot_timer);
		return 0;
	case VCPUOP_register_vcpu_info:
		return vcpuop_register_info(v, arg);
	case VCPUOP_send_nmi:
		return vcpuop_send_nmi(v, arg);
	case VCPUOP_get_physid:
		return vcpuop_get_physid(v, arg);
	case VCPUOP_register_vcpu_time_memory_area:
		return vcpuop_time_area(v, arg);
	}
	return -ENOSYS;
}

/* The older interface. An absurd time is a miscalculation near now: come back soon. */
long hc_set_timer_op(struct hc_args *a)
{
	struct vcpu *v = current;
	s64 timeout = (s64)a->arg[0];
	u64 now = now_ns();
	s64 offset = timeout - (s64)now;

	if (!timeout)
		timer_stop(&v->singleshot_timer);
	else if (timeout < 0 || (offset > 0 && offset >> TIMER_FAR_SHIFT))
		vcpu_set_singleshot(v, now + MILLISECS(100));
	else
		vcpu_set_singleshot(v, (u64)timeout);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making, starting, stopping and unmaking virtual CPUs. A vCPU is found through
 * d->vcpu[], is published there when complete, and lives as long as its domain.
 */
#include "core/domain.h"
#include "core/vcpu.h"
#include "cpu/fpu.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "sched/sched.h"

struct vcpu *domain_vcpu(const struct domain *d, u64 id)
{
	u64 mask;

	if (id >= d->max_vcpus || !d->vcpu)
		return NULL;
	/* The number comes from a guest: no speculation beyond the array either. */
	mask = (u64)((s64)(id - d->max_vcpus) >> 63);
	__asm__ __volatile__("" : "+r"(mask));
	return READ_ONCE(d->vcpu[id & mask]);
}

struct vcpu *vcpu_create(struct domain *d, unsigned id)
{
	struct vcpu *v;

	if (id >= d->max_vcpus || d->vcpu[id])
		return NULL;
	v = knew(struct vcpu);
	if (!v)
		return NULL;
	v->id = id;
	v->domain = d;
	v->pause_flags = VPF_down;
	v->poll_port = -1;
	vcpu_info_init(v);
	if (fpu_vcpu_init(v))
		goto free;
	if (d->ops->vcpu_init(v))
		goto free_fpu;
	if (sched_vcpu_init(v))
		goto free_ops;
	vcpu_timers_init(v);
	__atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
	return v;

free_ops:
	d->ops->vcpu_destroy(v);
free_fpu:
	fpu_vcpu_free(v);
free:
	kfree(v);
	return NULL;
}

void vcpu_free(struct vcpu *v)
{
	vcpu_timers_kill(v);
	vcpu_unmap_info(v);
	sched_vcpu_destroy(v);
	v->domain->ops->vcpu_destroy(v);
	fpu_vcpu_free(v);
	kfree(v);
}

int vcpu_up(struct vcpu *v)
{
	if (!v->is_initialised)
		return -EINVAL;
	if (__atomic_fetch_and(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST) & VPF_down)
		vcpu_wake(v);
	return 0;
}

/*
 * A domain whose last vCPU goes down has powered itself off; that one stays up, paused
 * with its domain. Down first, then look: of two that go at once one sees the other.
 */
int vcpu_down(struct vcpu *v)
{
	struct domain *d = v->domain;
	struct vcpu *o;
	bool last = true;

	if (__atomic_fetch_or(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST) & VPF_down)
		return 0;
	for_each_vcpu(d, o)
		if (!(READ_ONCE(o->pause_flags) & VPF_down))
			last = false;
	if (!last) {
		vcpu_sleep_nosync(v);
		return 0;
	}
	__atomic_fetch_and(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
	domain_shutdown(d, SHUTDOWN_poweroff);
	return 0;
}

/* The domain is paused by the caller. */
void vcpu_reset(struct vcpu *v)
{
	v->domain->ops->vcpu_reset(v);
	fpu_vcpu_reset(v);
	__atomic_fetch_or(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&v->pause_flags, ~(VPF_blocked | VPF_polling), __ATOMIC_SEQ_CST);
	v->poll_active = false;
	v->is_initialised = false;
	v->nmi_pending = v->mce_pending = false;
	v->async_mask = 0;
	v->runstate_guest = NULL;
	v->time_guest = NULL;
	v->runstate_pending = v->time_pending = false;
	vcpu_sleep_nosync(v);
}

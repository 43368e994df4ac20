/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long each vCPU spent in which state, and the copy of it in the guest's
 * memory (VCPUOP_register_runstate_memory_area).
 *
 * v->runstate changes under v's scheduler lock. The area is named by a guest
 * kernel address, so it can be written only by the CPU that has that guest's
 * kernel page tables loaded: at a switch to or from the vCPU, or, when it was
 * in user mode then, as soon as it enters its kernel again.
 */
#include "core/domain.h"
#include "cpu/uaccess.h"
#include "sched/sched.h"
#include "time/time.h"

int sched_blocked_state(const struct vcpu *v)
{
	if (vcpu_is_runnable(v))
		return RUNSTATE_runnable;
	return READ_ONCE(v->pause_flags) & VPF_blocked ? RUNSTATE_blocked : RUNSTATE_offline;
}

void sched_runstate_change(struct vcpu *v, int state, u64 now)
{
	struct vcpu_runstate_info *r = &v->runstate;

	/* Clocks of two CPUs may differ by a little. */
	if (now > r->state_entry_time) {
		r->time[r->state] += now - r->state_entry_time;
		r->state_entry_time = now;
	}
	r->state = state;
}

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	u64 flags, now;
	spinlock_t *l = vcpu_sched_lock(v, &flags);

	*out = v->runstate;
	vcpu_sched_unlock(l, flags);
	now = now_ns();
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

u64 vcpu_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info r;

	vcpu_runstate_get(v, &r);
	return r.time[RUNSTATE_running];
}

u64 sched_cpu_idle_time(unsigned cpu)
{
	struct sched_cpu *sc = sched_cpu(cpu);
	u64 flags = spin_lock_irqsave(&sc->lock), now = now_ns(), t = sc->idle_time;

	if (is_idle_vcpu(sc->curr) && now > sc->idle_since)
		t += now - sc->idle_since;
	spin_unlock_irqrestore(&sc->lock, flags);
	return t;
}

/*
 * With the update flag assist the reader is told by bit 63 of state_entry_time
 * that a write is going on. A page that is not there is the guest's own loss.
 */
void sched_runstate_guest_update(struct vcpu *v)
{
	struct vcpu_runstate_info r = v->runstate;
	u64 __guest *entry = (u64 *)((char *)v->runstate_guest +
				     offsetof(struct vcpu_runstate_info, state_entry_time));
	bool flag = v->domain->vm_assist & (1ull << VMASST_TYPE_runstate_update_flag);
	u64 time = r.state_entry_time;

	v->runstate_pending = false;
	if (!v->runstate_guest)
		return;
	if (flag) {
		r.state_entry_time |= XEN_RUNSTATE_UPDATE;
		if (copy_to_guest(entry, &r.state_entry_time, sizeof(u64)))
			return;
		barrier();
	}
	if (copy_to_guest(v->runstate_guest, &r, sizeof(r)) || !flag)
		return;
	barrier();
	(void)!copy_to_guest(entry, &time, sizeof(u64));
}

void sched_runstate_guest_switch(struct vcpu *v)
{
	bool (*active)(const struct vcpu *) = v->domain->ops->kernel_tables_active;

	if (!v->runstate_guest)
		return;
	if (active && !active(v))
		v->runstate_pending = true;
	else
		sched_runstate_guest_update(v);
}

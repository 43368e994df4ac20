/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's timers: single shot, periodic, and the time-out of a poll. All end in
 * VIRQ_TIMER but the last. They follow the vCPU to the CPU where it runs; the
 * periodic one ticks only while it does.
 *
 * Timers have their own lock; the fields here are written by the vCPU itself,
 * or while it is being switched.
 */
#include "core/domain.h"
#include "core/vcpu.h"
#include "evtchn/evtchn.h"
#include "sched/sched.h"
#include "time/time.h"

static void singleshot_fn(void *arg) { send_guest_vcpu_virq(arg, VIRQ_TIMER); }
static void poll_fn(void *arg) { vcpu_unblock(arg); }

/* Start the next period; one that is over already is reported now, missed ones only once. */
static void periodic_work(struct vcpu *v)
{
	u64 now = now_ns(), period = v->periodic_period;

	if (!period)
		return;
	if (now >= v->periodic_last + period) {
		v->periodic_last = now;
		send_guest_vcpu_virq(v, VIRQ_TIMER);
	}
	timer_set(&v->periodic_timer, v->periodic_last + period);
}

static void periodic_fn(void *arg)
{
	struct vcpu *v = arg;

	if (READ_ONCE(v->is_running))
		periodic_work(v);
}

void vcpu_timers_init(struct vcpu *v)
{
	timer_init(&v->singleshot_timer, singleshot_fn, v, v->cpu);
	timer_init(&v->periodic_timer, periodic_fn, v, v->cpu);
	timer_init(&v->poll_timer, poll_fn, v, v->cpu);
}

void vcpu_timers_kill(struct vcpu *v)
{
	v->periodic_period = 0;
	timer_kill(&v->singleshot_timer);
	timer_kill(&v->periodic_timer);
	timer_kill(&v->poll_timer);
}

/* On cpu, interrupts off, no lock held; v is about to run there. */
void vcpu_timers_switch_in(struct vcpu *v, unsigned cpu)
{
	if (unlikely(v->singleshot_timer.cpu != cpu)) {
		timer_migrate(&v->singleshot_timer, cpu);
		timer_migrate(&v->periodic_timer, cpu);
		timer_migrate(&v->poll_timer, cpu);
	}
	if (unlikely(v->periodic_period))
		periodic_work(v);
}

void vcpu_timers_switch_out(struct vcpu *v)
{
	if (unlikely(v->periodic_period))
		timer_stop(&v->periodic_timer);
}

int vcpu_set_periodic(struct vcpu *v, u64 period)
{
	v->periodic_period = period;
	if (!period) {
		timer_stop(&v->periodic_timer);
		return 0;
	}
	v->periodic_last = now_ns();
	if (READ_ONCE(v->is_running))
		timer_set(&v->periodic_timer, v->periodic_last + period);
	return 0;
}

void vcpu_set_singleshot(struct vcpu *v, u64 deadline)
{
	timer_set(&v->singleshot_timer, deadline);
}

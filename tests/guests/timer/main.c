/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timer: VIRQ_TIMER from the single-shot, the periodic and the old timer, and poll time-outs.
 *
 * What: setting, cancelling, deadlines in the past and in the far future, wrong vCPUs.
 * Why: Linux BUGs unless set_singleshot_timer gives 0, for a deadline already past as well.
 * Expected: one event at or after the deadline and soon after it; none after stop; a past deadline
 * fires at once; the periodic timer repeats until stopped; only the current vCPU may set its
 * single-shot timer.
 */
#include "event.h"
#include "trap.h"

const char test_name[] = "timer";

#define MS 1000000UL

static long port;

static long singleshot(u64 at, u32 flags)
{
	struct vcpu_set_singleshot_timer op = { .timeout_abs_ns = at, .flags = flags };

	return hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

/* Wait for one event, not longer than limit after now; returns the time it took, or -1. */
static s64 wait_event(u64 limit)
{
	u64 start = system_time();

	wait_until(start + limit, &event_count[port]);
	return event_count[port] ? (s64)(system_time() - start) : -1;
}

static void single(void)
{
	u64 at;

	for (u64 delay = MS / 5; delay <= 20 * MS; delay *= 10) {
		event_reset();
		at = system_time() + delay;
		expect(singleshot(at, 0), 0);
		check(wait_event(500 * MS) >= 0);
		check(system_time() >= at);
		check(system_time() < at + 200 * MS);
		/* Once. */
		wait_until(system_time() + 3 * MS, NULL);
		expect(event_count[port], 1);
	}
	event_reset();
	expect(singleshot(1, 0), 0);
	check(wait_event(100 * MS) >= 0);
	event_reset();
	expect(singleshot(1, VCPU_SSHOTTMR_future), 0);
	check(wait_event(100 * MS) >= 0);
	/* A new deadline replaces the old one. */
	event_reset();
	expect(singleshot(system_time() + 2 * MS, 0), 0);
	expect(singleshot(system_time() + 20 * MS, 0), 0);
	wait_until(system_time() + 10 * MS, NULL);
	expect(event_count[port], 0);
	check(wait_event(200 * MS) >= 0);
}

static void stopping(void)
{
	event_reset();
	expect(singleshot(system_time() + 3 * MS, 0), 0);
	expect(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	wait_until(system_time() + 8 * MS, NULL);
	expect(event_count[port], 0);
	expect(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	/* Far away: nothing happens, and nothing overflows. */
	expect(singleshot(~0UL >> 1, 0), 0);
	wait_until(system_time() + 2 * MS, NULL);
	expect(event_count[port], 0);
	expect(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
}

static void periodic(void)
{
	struct vcpu_set_periodic_timer op = { .period_ns = 2 * MS };

	event_reset();
	expect(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), 0);
	for (int i = 0; i < 50 && event_count[port] < 3; i++)
		wait_until(system_time() + 2 * MS, NULL);
	check(event_count[port] >= 3);
	expect(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	event_reset();
	wait_until(system_time() + 6 * MS, NULL);
	expect(event_count[port], 0);
	op.period_ns = 999999;		/* less than a millisecond */
	expect(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), -XEN_EINVAL);
	op.period_ns = ~0UL;
	expect(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), -XEN_EINVAL);
}

static void timer_op(void)
{
	u64 at = system_time() + 2 * MS;

	event_reset();
	expect(hc_set_timer_op(at), 0);
	check(wait_event(200 * MS) >= 0);
	check(system_time() >= at);
	event_reset();
	expect(hc_set_timer_op(system_time() + 2 * MS), 0);
	expect(hc_set_timer_op(0), 0);
	wait_until(system_time() + 6 * MS, NULL);
	expect(event_count[port], 0);
	/* Nonsense far ahead is taken for a bug of the guest, and fires in 100 ms. */
	expect(hc_set_timer_op(~0UL >> 1), 0);
	check(wait_event(500 * MS) >= 0);
}

static void blocking(void)
{
	u64 at = system_time() + 5 * MS;

	/* Asleep until the timer: the usual way of an idle kernel. */
	event_reset();
	upcalls_off();
	expect(singleshot(at, 0), 0);
	while (!event_count[port]) {
		upcalls_off();
		expect(hc_sched_op(SCHEDOP_block, NULL), 0);
	}
	check(system_time() >= at);
	expect(event_count[port], 1);
	upcalls_on();
}

static void refusals(void)
{
	struct vcpu_set_singleshot_timer op = { .timeout_abs_ns = 1 };

	expect(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)0x1000), -XEN_EFAULT);
	expect(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, (void *)0x1000), -XEN_EFAULT);
	expect(hc_vcpu_op(VCPUOP_set_singleshot_timer, 4096, &op), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_stop_singleshot_timer, ~0U, NULL), -XEN_ENOENT);
	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) == 0) {
		expect(hc_vcpu_op(VCPUOP_set_singleshot_timer, 1, &op), -XEN_EINVAL);
		expect(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -XEN_EINVAL);
	}
}

void test_main(void)
{
	hush_toolstack();
	expect(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	/* Not bound: the expiry is dropped. */
	expect(singleshot(1, 0), 0);
	port = evtchn_bind_virq(VIRQ_TIMER, 0);
	check(port > 0);
	upcalls_on();
	single();
	stopping();
	periodic();
	timer_op();
	blocking();
	refusals();
	upcalls_off();
}

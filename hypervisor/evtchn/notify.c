/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From "an event is pending" to a vCPU that looks at it: the upcall flag, waking
 * a blocked vCPU, interrupting a running one, ending a poll.
 *
 * Order against a vCPU that goes to sleep: we set the flag, then look at its run
 * state; it changes its run state, then looks at the flag. Both with full
 * barriers, so one of the two sees the other. Lock: none of our own.
 */
#include "evtchn/evtchn.h"
#include "cpu/smp.h"
#include "sched/sched.h"

void vcpu_kick(struct vcpu *v)
{
	bool running = READ_ONCE(v->is_running);

	vcpu_unblock(v);
	/* current looks at its events on its way out; another CPU must be told to. */
	if (running && v != current && v->cpu != smp_cpu_id())
		smp_send_event_check(v->cpu);
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		vcpu_kick(v);
}

void evtchn_check_pollers(struct domain *d, u32 port)
{
	struct vcpu *v;

	/*
	 * The pending bit must be visible before we look who polls: the callers have set it
	 * by a locked operation, which is a full barrier for the processor.
	 */
	barrier();
	for_each_vcpu(d, v) {
		int want;

		if (likely(!READ_ONCE(v->poll_active)))
			continue;
		want = READ_ONCE(v->poll_port);
		if (want < 0 || (u32)want == port)
			vcpu_unblock(v);
	}
}

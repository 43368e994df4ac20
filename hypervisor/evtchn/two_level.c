/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two-level ABI: a bit per port in the shared info page, and in the vCPU a
 * selector with a bit per word of 64 ports. The memory is the guest's: we only
 * ever set or test bits there with locked operations and believe none of them
 * beyond "has the guest been told already". Lock: none.
 */
#include "evtchn/private.h"
#include "lib/bitops.h"

static void two_level_init(struct domain *d, struct evtchn *ch)
{
}

/* Hot: three locked operations on the first event, one when it is pending already. */
static void two_level_set_pending(struct vcpu *v, struct evtchn *ch)
{
	struct domain *d = v->domain;
	struct shared_info *s = d->shared_info;
	u32 port = ch->port;

	if (unlikely(!s) || test_and_set_bit(port, s->evtchn_pending))
		return;
	/* The domain left this ABI since we chose it: then nobody will look at that bit. */
	if (unlikely(READ_ONCE(d->fifo))) {
		evtchn_fifo_ops.set_pending(v, ch);
		return;
	}
	if (!test_bit(port, s->evtchn_mask) &&
	    !test_and_set_bit(port / BITS_PER_LONG, &v->info->evtchn_pending_sel))
		vcpu_mark_events_pending(v);
	evtchn_check_pollers(d, port);
}

static void two_level_clear_pending(struct domain *d, struct evtchn *ch)
{
	if (d->shared_info)
		clear_bit(ch->port, d->shared_info->evtchn_pending);
}

static bool two_level_unmask(struct domain *d, struct evtchn *ch)
{
	struct shared_info *s = d->shared_info;
	struct vcpu *v = domain_vcpu(d, ch->notify_vcpu);
	u32 port = ch->port;

	if (!s || !v || !test_and_clear_bit(port, s->evtchn_mask) ||
	    !test_bit(port, s->evtchn_pending) ||
	    test_and_set_bit(port / BITS_PER_LONG, &v->info->evtchn_pending_sel))
		return false;
	vcpu_mark_events_pending(v);
	return true;
}

static bool two_level_is_pending(const struct domain *d, const struct evtchn *ch)
{
	return d->shared_info && test_bit(ch->port, d->shared_info->evtchn_pending);
}

static bool two_level_is_masked(const struct domain *d, const struct evtchn *ch)
{
	return !d->shared_info || test_bit(ch->port, d->shared_info->evtchn_mask);
}

static int two_level_set_priority(struct domain *d, struct evtchn *ch, unsigned priority)
{
	return -ENOSYS;
}

const struct evtchn_ops evtchn_2l_ops = {
	.init = two_level_init,
	.set_pending = two_level_set_pending,
	.clear_pending = two_level_clear_pending,
	.unmask = two_level_unmask,
	.is_pending = two_level_is_pending,
	.is_masked = two_level_is_masked,
	.set_priority = two_level_set_priority,
	.max_ports = EVTCHN_2L_NR_CHANNELS,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched_op: what a guest tells the scheduler, and the ends of domains. The
 * watchdog slots belong to the domain, under its shutdown_lock.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "sched/sched.h"
#include "time/time.h"

#define POLL_MAX_PORTS 128

static long schedop_shutdown(const void __guest *arg)
{
	struct sched_shutdown s;

	if (copy_from_guest(&s, arg, sizeof(s)))
		return -EFAULT;
	domain_shutdown(current_domain(), (u8)s.reason);
	return 0;
}

/* The reason that a later shutdown will give, whatever that one says. */
static long schedop_shutdown_code(const void __guest *arg)
{
	struct domain *d = current_domain();
	struct sched_shutdown s;

	if (copy_from_guest(&s, arg, sizeof(s)))
		return -EFAULT;
	spin_lock(&d->shutdown_lock);
	if (d->shutdown_code == -1)
		d->shutdown_code = (u8)s.reason;
	spin_unlock(&d->shutdown_lock);
	return 0;
}

static long schedop_remote_shutdown(const void __guest *arg)
{
	struct sched_remote_shutdown s;
	struct domain *d;
	long rc;

	if (copy_from_guest(&s, arg, sizeof(s)))
		return -EFAULT;
	d = domain_get(s.domain_id);
	if (!d)
		return -ESRCH;
	rc = rights_control();
	if (!rc)
		domain_shutdown(d, (u8)s.reason);
	domain_put(d);
	return rc;
}

static long schedop_poll(const void __guest *arg)
{
	struct sched_poll p;
	u32 ports[POLL_MAX_PORTS];

	if (copy_from_guest(&p, arg, sizeof(p)))
		return -EFAULT;
	if (p.nr_ports > POLL_MAX_PORTS)
		return -EINVAL;
	if (copy_from_guest(ports, p.ports.p, p.nr_ports * sizeof(ports[0])))
		return -EFAULT;
	return vcpu_poll(ports, p.nr_ports, p.timeout);
}

/* id 0: take a slot, and return its number from 1 on. A time-out of 0 gives a slot back. */
static long watchdog_set(struct domain *d, u32 id, u32 timeout)
{
	unsigned i = id - 1;

	if (!id) {
		if (!timeout)
			return -EINVAL;
		for (i = 0; i < ARRAY_SIZE(d->watchdog) && d->watchdog[i].active; i++)
			;
		if (i == ARRAY_SIZE(d->watchdog))
			return -ENOSPC;
		d->watchdog[i].active = true;
	} else if (id > ARRAY_SIZE(d->watchdog) || !d->watchdog[i].active) {
		return -EINVAL;
	}
	if (timeout) {
		timer_set(&d->watchdog[i].timer, now_ns() + SECONDS(timeout));
	} else {
		timer_stop(&d->watchdog[i].timer);
		d->watchdog[i].active = false;
	}
	return id ? 0 : (long)i + 1;
}

static long schedop_watchdog(const void __guest *arg)
{
	struct domain *d = current_domain();
	struct sched_watchdog w;
	long rc;

	if (copy_from_guest(&w, arg, sizeof(w)))
		return -EFAULT;
	spin_lock(&d->shutdown_lock);
	rc = watchdog_set(d, w.id, w.timeout);
	spin_unlock(&d->shutdown_lock);
	return rc;
}

static long schedop_pin_override(const void __guest *arg)
{
	struct sched_pin_override p;

	if (rights_hardware())
		return -EPERM;
	if (copy_from_guest(&p, arg, sizeof(p)))
		return -EFAULT;
	return vcpu_pin_override(current, p.pcpu);
}

static long schedop_block(void)
{
	/* Events are on before we look for them, or one that is there would be slept over. */
	WRITE_ONCE(current->info->evtchn_upcall_mask, 0);
	vcpu_block();
	return 0;
}

long hc_sched_op(struct hc_args *a)
{
	const void __guest *arg = (void *)a->arg[1];

	switch ((u32)a->arg[0]) {
	case SCHEDOP_yield:
		vcpu_yield();
		return 0;
	case SCHEDOP_block:
		return schedop_block();
	case SCHEDOP_shutdown:
		return schedop_shutdown(arg);
	case SCHEDOP_poll:
		return schedop_poll(arg);
	case SCHEDOP_remote_shutdown:
		return schedop_remote_shutdown(arg);
	case SCHEDOP_shutdown_code:
		return schedop_shutdown_code(arg);
	case SCHEDOP_watchdog:
		return schedop_watchdog(arg);
	case SCHEDOP_pin_override:
		return schedop_pin_override(arg);
	}
	return -ENOSYS;
}

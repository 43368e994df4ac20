/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pausing, shutting down, resuming and crashing domains.
 *
 * Pauses are counted, atomically and without a lock: who takes a count from 0
 * to 1 makes the vCPUs stop, who takes it back wakes them. A shutdown is one
 * more pause of the whole domain, taken when is_shutting_down is set and given
 * back by domain_resume(), both under shutdown_lock.
 */
#include "acpi/acpi.h"
#include "core/domain.h"
#include "cpu/cpu.h"
#include "cpu/traps.h"
#include "evtchn/evtchn.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"

#define CONTROLLER_PAUSES_MAX 255
#define CRASH_REBOOT_SECONDS 5

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	int old = __atomic_fetch_sub(&v->pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(old <= 0);
	if (old == 1)
		vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v)
		vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	domain_pause_nosync(d);
	for_each_vcpu(d, v)
		vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
	int old = __atomic_fetch_sub(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	struct vcpu *v;

	BUG_ON(old <= 0);
	if (old != 1)
		return;
	d->creation_finished = true;
	for_each_vcpu(d, v)
		vcpu_wake(v);
}

int domain_pause_by_controller(struct domain *d)
{
	int old = READ_ONCE(d->controller_pause_count);

	do {
		if (old >= CONTROLLER_PAUSES_MAX)
			return -EBUSY;
	} while (!__atomic_compare_exchange_n(&d->controller_pause_count, &old, old + 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	domain_pause(d);
	return 0;
}

int domain_unpause_by_controller(struct domain *d)
{
	int old = READ_ONCE(d->controller_pause_count);

	do {
		if (old <= 0)
			return -EINVAL;
	} while (!__atomic_compare_exchange_n(&d->controller_pause_count, &old, old - 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	domain_unpause(d);
	return 0;
}

/* The machine does what the hardware domain does. */
static void __noreturn machine_follow(u8 reason)
{
	unsigned ms;

	switch (reason) {
	case SHUTDOWN_poweroff:
		printk(LOG_WARN, "Hardware Dom0 halted: halting machine\n");
		machine_halt();
	case SHUTDOWN_crash:
		printk(LOG_ERR, "Hardware Dom0 crashed: ");
		if (opts.noreboot) {
			printk(LOG_ERR, "'noreboot' set - not rebooting\n");
			machine_halt();
		}
		printk(LOG_ERR, "rebooting machine in %d seconds\n", CRASH_REBOOT_SECONDS);
		for (ms = 0; ms < CRASH_REBOOT_SECONDS * 1000; ms++)
			udelay(1000);
		machine_restart();
	case SHUTDOWN_watchdog:
		printk(LOG_ERR, "Hardware Dom0 shutdown: watchdog rebooting machine\n");
		machine_restart();
	default:
		printk(LOG_WARN, "Hardware Dom0 shutdown: rebooting machine\n");
		machine_restart();
	}
}

static void tell_controller(void *arg) { send_global_virq(VIRQ_DOM_EXC); }

/* By a tasklet: a domain may be crashed from under locks that come after those of events. */
static struct tasklet shutdown_tasklet = { .fn = tell_controller };

void domain_shutdown(struct domain *d, u8 reason)
{
	u32 port = 0;
	int code;

	spin_lock(&d->shutdown_lock);
	if (d->shutdown_code == -1)
		d->shutdown_code = reason;
	code = d->shutdown_code;
	if (d->is_hardware) {
		spin_unlock(&d->shutdown_lock);
		machine_follow((u8)code);
	}
	if (d->is_shutting_down) {
		spin_unlock(&d->shutdown_lock);
		return;
	}
	d->is_shutting_down = true;
	domain_pause_nosync(d);
	d->is_shut_down = true;
	if (code == SHUTDOWN_suspend)
		port = d->suspend_port;
	spin_unlock(&d->shutdown_lock);
	if (port)
		(void)evtchn_send(d, port);
	else
		tasklet_schedule_on(smp_cpu_id(), &shutdown_tasklet);
}

/* After a suspend that was called off, or when restoring: as if nothing had happened. */
void domain_resume(struct domain *d)
{
	bool was;

	domain_pause(d);
	spin_lock(&d->shutdown_lock);
	was = d->is_shutting_down;
	d->is_shutting_down = d->is_shut_down = false;
	d->shutdown_code = -1;
	spin_unlock(&d->shutdown_lock);
	if (was)
		domain_unpause(d);
	domain_unpause(d);
}

void __domain_crash(struct domain *d, const char *file, int line)
{
	if (d->is_special || (READ_ONCE(d->is_shutting_down) && !d->is_hardware))
		return;
	if (d == current_domain()) {
		printk(LOG_ERR, "domain_crash called from %s:%d\n", file, line);
		printk(LOG_ERR, "Domain %u (vcpu#%u) crashed on cpu#%u:\n", d->domain_id,
		       current->id, smp_cpu_id());
		show_registers(guest_regs());
	} else {
		printk(LOG_ERR, "Domain %u reported crashed by domain %u at %s:%d\n", d->domain_id,
		       current_domain()->domain_id, file, line);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}

void domain_crash_msg(struct domain *d, const char *fmt, ...)
{
	char buf[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	printk(LOG_ERR, "%pd: %s\n", (void *)d, buf);
	domain_crash(d);
}

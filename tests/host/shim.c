/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processor, locks, log, clock and interrupts of the host tests' machine. All
 * symbols are weak (shim.h). One thread only, so a lock that is already taken
 * is a deadlock and ends the test at once, as does a lock out of order.
 */
#include <stdio.h>
#include <stdlib.h>
#include "core/domain.h"
#include "core/hypercall.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "cpu/uaccess.h"
#include "irq/pirq.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"

#define WEAK __attribute__((weak))

struct cpu_info shim_cpu_info[SHIM_CPUS];
unsigned shim_cpu;
bool shim_irqs_on = true;
u64 shim_now = 1000000000, shim_tsc;
void (*shim_relax_hook)(void);
u64 shim_cr[5];
u32 (*shim_port_read)(u16 port, unsigned size);
void (*shim_port_write)(u16 port, unsigned size, u32 v);
u64 shim_fault_start, shim_fault_end;
int shim_fault_after = -1;
void (*shim_copy_hook)(void *dst, const void *src, size_t n);
unsigned shim_preempt_every;
struct shim_counts shim_counts;
bool shim_verbose;

WEAK cpumask_t cpu_online_map;
WEAK unsigned nr_cpus;
WEAK struct pcpu *pcpus[MAX_CPUS];
WEAK struct cmdline_options opts;
WEAK char cmdline_saved[1024];
WEAK u32 tsc_khz = 1000000;

static u64 msr_value[64];
static u32 msr_index[64];

static unsigned msr_slot(u32 msr)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(msr_index) - 1 && msr_index[i] && msr_index[i] != msr; i++)
		;
	msr_index[i] = msr;
	return i;
}

u64 shim_msr_read(u32 msr) { return msr_value[msr_slot(msr)]; }
void shim_msr_write(u32 msr, u64 v) { msr_value[msr_slot(msr)] = v; }
WEAK int rdmsr_safe(u32 msr, u64 *v) { *v = shim_msr_read(msr); return 0; }
WEAK int wrmsr_safe(u32 msr, u64 v) { shim_msr_write(msr, v); return 0; }

static void __attribute__((constructor)) shim_start(void)
{
	shim_verbose = getenv("KRYPTON_VERBOSE") != NULL;
}

/* ---- log and the ends of the world ---- */

static void shim_vprintk(const char *fmt, va_list ap)
{
	if (shim_verbose)
		vfprintf(stderr, fmt, ap);
}

WEAK void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	shim_vprintk(fmt, ap);
	va_end(ap);
}

WEAK void guest_printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	shim_vprintk(fmt, ap);
	va_end(ap);
}

WEAK void panic(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "panic: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	abort();
}

WEAK void bug_at(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s at %s:%d\n", what, file, line);
	abort();
}

WEAK size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t m = n < size ? n : size - 1;

		memcpy(dst, src, m);
		dst[m] = 0;
	}
	return n;
}

WEAK unsigned find_next_bit(const u64 *p, unsigned size, unsigned start)
{
	while (start < size && !test_bit(start, p))
		start++;
	return min(start, size);
}

WEAK unsigned find_next_zero_bit(const u64 *p, unsigned size, unsigned start)
{
	while (start < size && test_bit(start, p))
		start++;
	return min(start, size);
}

/* ---- locks ---- */

static unsigned held[SHIM_CPUS][64];	/* locks per level */
static unsigned held_total;

unsigned shim_locks_held(void) { return held_total; }

static void lock_take(spinlock_t *l, bool nested)
{
	unsigned lvl;

	if (l->cpu_plus1)
		bug_at(__FILE__, __LINE__, "lock is held already: deadlock");
	if (!l->level)
		bug_at(__FILE__, __LINE__, "lock without a level");
	for (lvl = l->level + nested; lvl < 64; lvl++) {
		if (held[shim_cpu][lvl]) {
			fprintf(stderr, "lock of level %u taken under level %u\n", l->level, lvl);
			bug_at(__FILE__, __LINE__, "lock order");
		}
	}
	held[shim_cpu][l->level]++;
	held_total++;
	l->cpu_plus1 = shim_cpu + 1;
}

WEAK void spin_lock_init(spinlock_t *l, enum lock_level level)
{
	*l = (spinlock_t)SPINLOCK_INIT(level);
}

WEAK void spin_lock(spinlock_t *l) { lock_take(l, false); }
WEAK void spin_lock_nested(spinlock_t *l) { lock_take(l, true); }

WEAK bool spin_trylock(spinlock_t *l)
{
	if (l->cpu_plus1)
		return false;
	lock_take(l, true);
	return true;
}

WEAK void spin_unlock(spinlock_t *l)
{
	if (l->cpu_plus1 != shim_cpu + 1)
		bug_at(__FILE__, __LINE__, "unlock of a lock that is not ours");
	l->cpu_plus1 = 0;
	held[shim_cpu][l->level]--;
	held_total--;
}

WEAK u64 spin_lock_irqsave(spinlock_t *l)
{
	u64 f = irq_save();

	lock_take(l, false);
	return f;
}

WEAK void spin_unlock_irqrestore(spinlock_t *l, u64 flags)
{
	if (irqs_enabled())
		bug_at(__FILE__, __LINE__, "interrupts on under an irqsave lock");
	spin_unlock(l);
	irq_restore(flags);
}

WEAK bool spin_is_locked_here(const spinlock_t *l) { return l->cpu_plus1 == shim_cpu + 1; }

/* ---- softirqs, processors, clock ---- */

WEAK void softirq_open(enum softirq nr, void (*fn)(void)) { }
WEAK void softirq_raise(enum softirq nr) { shim_counts.softirqs++; }
WEAK void softirq_raise_on(unsigned cpu, enum softirq nr) { shim_counts.softirqs++; }
WEAK void softirq_run(void) { }
WEAK void tasklet_schedule_on(unsigned cpu, struct tasklet *t) { t->fn(t->arg); }
WEAK void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg)
{
	unsigned cpu, self = shim_cpu;

	for_each_cpu(cpu, mask & cpu_online_map & ~CPUMASK(self)) {
		shim_cpu = cpu;
		fn(arg);
	}
	shim_cpu = self;
}
WEAK void smp_send_event_check(unsigned cpu) { shim_counts.kicks[cpu]++; }

WEAK u64 now_ns(void) { return shim_now; }
WEAK u64 tsc_to_ns(u64 delta) { return delta; }
WEAK u64 ns_to_tsc(u64 ns) { return ns; }
WEAK void time_update_vcpu(struct vcpu *v, bool force) { }
WEAK void time_update_wallclock(struct domain *d) { }
WEAK void udelay(unsigned us) { shim_now += us * 1000ull; }

WEAK void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned cpu)
{
	*t = (struct timer){ .fn = fn, .arg = arg, .cpu = (u16)cpu, .status = TIMER_INACTIVE };
}

WEAK void timer_set(struct timer *t, u64 expires)
{
	if (t->status == TIMER_KILLED)
		return;
	t->expires = expires;
	t->status = TIMER_ACTIVE;
}

WEAK void timer_stop(struct timer *t) { if (t->status == TIMER_ACTIVE) t->status = TIMER_INACTIVE; }
WEAK void timer_kill(struct timer *t) { t->status = TIMER_KILLED; }
WEAK void timer_migrate(struct timer *t, unsigned cpu) { t->cpu = (u16)cpu; }
WEAK bool timer_is_active(const struct timer *t) { return t->status == TIMER_ACTIVE; }

/* ---- guest memory and hypercalls ---- */

static bool copy_faults(const void *p, size_t n)
{
	u64 s = (u64)p;

	if (!guest_range_ok(p, n) || (n && s < PAGE_SIZE))
		return true;
	if (s < shim_fault_end && s + n > shim_fault_start)
		return true;
	if (shim_fault_after == 0)
		return true;
	if (shim_fault_after > 0)
		shim_fault_after--;
	return false;
}

WEAK int copy_from_guest(void *dst, const void __guest *src, size_t n)
{
	if (copy_faults(src, n)) {
		memset(dst, 0, n);
		return -EFAULT;
	}
	memcpy(dst, src, n);
	if (shim_copy_hook)
		shim_copy_hook(dst, src, n);
	return 0;
}

WEAK int copy_to_guest(void __guest *dst, const void *src, size_t n)
{
	if (copy_faults(dst, n))
		return -EFAULT;
	memcpy(dst, src, n);
	return 0;
}

WEAK int clear_guest(void __guest *dst, size_t n)
{
	if (copy_faults(dst, n))
		return -EFAULT;
	memset(dst, 0, n);
	return 0;
}

WEAK bool hypercall_preempt_check(void)
{
	static unsigned calls;

	return shim_preempt_every && ++calls % shim_preempt_every == 0;
}

/* ---- scheduler and interrupts that evtchn/ and core/ call ---- */

WEAK void vcpu_unblock(struct vcpu *v)
{
	shim_counts.unblocks++;
	v->pause_flags &= ~(VPF_blocked | VPF_polling);
	v->poll_active = false;
}

WEAK void vcpu_wake(struct vcpu *v) { }
WEAK void vcpu_sleep_nosync(struct vcpu *v) { }
WEAK void vcpu_sleep_sync(struct vcpu *v) { }
WEAK void vcpu_block(void) { current->pause_flags |= VPF_blocked; }
WEAK void vcpu_yield(void) { }

WEAK struct pirq *pirq_find(struct domain *d, u32 pirq)
{
	return d->pirqs && pirq < d->nr_pirqs ? d->pirqs[pirq] : NULL;
}

WEAK int pirq_guest_bind(struct vcpu *v, struct pirq *p, bool will_share)
{
	p->will_share = will_share;
	return 0;
}

WEAK void pirq_set_affinity(struct domain *d, struct pirq *p, unsigned cpu) { }
WEAK void pirq_guest_unbind(struct domain *d, struct pirq *p) { p->in_flight = false; }

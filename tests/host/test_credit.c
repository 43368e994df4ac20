/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SOURCES: hypervisor/sched/core.c hypervisor/sched/runstate.c hypervisor/sched/affinity.c
 * SOURCES: hypervisor/sched/credit.c hypervisor/sched/credit_acct.c
 */
/*
 * The credit scheduler under simulated load: virtual CPUs that compute, sleep and
 * wake on 1 to 4 processors, in steps of 100 us of simulated time. What is run is
 * the real scheduler with the real core around it; only the switch itself is ours.
 *
 * Expected: shares within 4 % of the weights, caps kept within 2 % of a CPU, nobody
 * starves, no CPU idles while somebody who may run there waits, affinity is obeyed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/domain.h"
#include "core/vcpu.h"
#include "evtchn/evtchn.h"
#include "lib/cmdline.h"
#include "mm/heap.h"
#include "sched/credit.h"
#include "sched/sched.h"
#include "sync/softirq.h"

#define STEP MICROSECS(100)
#define MAX_LOADS 64

static void (*schedule_fn)(void);
static bool resched[SHIM_CPUS];
static jmp_buf switched;

/* What a virtual CPU does: compute for run ns, sleep for idle ns, again. idle 0: never sleeps. */
static struct load {
	struct vcpu *v;
	u64 run, idle, left, wake_at;
	u64 waiting_since, max_wait;
	u64 start_time;
} loads[MAX_LOADS];
static unsigned nr_loads, sim_cpus;
static struct domain *doms[16];
static unsigned nr_doms;
static u64 idle_wrong;			/* longest time that a CPU idled with work to do */

void softirq_open(enum softirq nr, void (*fn)(void))
{
	if (nr == SOFTIRQ_SCHEDULE)
		schedule_fn = fn;
}
void softirq_raise(enum softirq nr) { resched[shim_cpu] = true; }
void softirq_raise_on(unsigned cpu, enum softirq nr) { resched[cpu] = true; }
int evtchn_port_is_pending(struct domain *d, u32 port) { return 0; }
void vcpu_timers_switch_in(struct vcpu *v, unsigned cpu) { }
void vcpu_timers_switch_out(struct vcpu *v) { }

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	assert_false(shim_irqs_on);
	assert_int_equal(shim_locks_held(), 0);
	if (!is_idle_vcpu(next)) {
		assert_true(next->is_running);
		assert_int_equal(next->cpu, shim_cpu);
		assert_true(next->hard_affinity & CPUMASK(shim_cpu));
		assert_true(vcpu_is_runnable(next));
	}
	current = next;
	sched_context_saved(prev);
	shim_irqs_on = true;
	longjmp(switched, 1);
}

static void sim_start(unsigned cpus)
{
	nr_loads = nr_doms = 0;
	idle_wrong = 0;
	host_machine_init(16);
	shim_now = 1000000000;
	sim_cpus = nr_cpus = cpus;
	cpu_online_map = CPUMASK(cpus) - 1;
	dom_idle = host_domain_new(0x7fff, 0);
	opts.sched_ratelimit_us = 1000;
	opts.sched_credit_tslice_ms = 30;
	list_init(&credit.domains);
	credit.acct_on = false;
	credit.idlers = 0;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		shim_cpu = cpu;
		pcpus[cpu]->sched = NULL;
		if (cpu == 0)
			sched_init();
		else
			sched_init_cpu(cpu);
		resched[cpu] = true;
	}
	shim_cpu = 0;
}

static void sim_end(void)
{
	for (unsigned cpu = 0; cpu < sim_cpus; cpu++) {
		kfree(sched_cpu(cpu)->priv);
		kfree(pcpus[cpu]->sched);
		kfree(pcpus[cpu]->idle);
		pcpus[cpu]->sched = NULL;
		shim_cpu_info[cpu].vcpu = NULL;
	}
	for (unsigned i = 0; i < nr_doms; i++) {
		struct vcpu *v;

		for_each_vcpu(doms[i], v)
			sched_vcpu_destroy(v);
		sched_domain_destroy(doms[i]);
		host_domain_free(doms[i]);
	}
	host_domain_free(dom_idle);
	host_machine_fini();
}

/* A domain whose vCPUs all have the same load. */
static struct domain *sim_domain(unsigned vcpus, unsigned weight, unsigned cap, u64 run, u64 idle)
{
	struct domain *d = host_domain_new(nr_doms + 1, vcpus);
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT,
					      .cmd = XEN_DOMCTL_SCHEDOP_putinfo };

	doms[nr_doms++] = d;
	assert_int_equal(sched_domain_init(d), 0);
	op.u.credit.weight = (u16)weight;
	op.u.credit.cap = (u16)cap;
	assert_int_equal(scheduler->adjust(d, &op), 0);
	for (unsigned i = 0; i < vcpus; i++) {
		struct vcpu *v = d->vcpu[i];

		v->cpu = 0;
		assert_int_equal(sched_vcpu_init(v), 0);
		/* Staggered, so that equal loads do not march in step. */
		loads[nr_loads] = (struct load){ .v = v, .run = run, .idle = idle,
						 .left = run ? run * (i + 1) / vcpus : 0 };
		nr_loads++;
		vcpu_wake(v);
	}
	return d;
}

static struct load *load_of(const struct vcpu *v)
{
	for (unsigned i = 0; i < nr_loads; i++)
		if (loads[i].v == v)
			return &loads[i];
	return NULL;
}

static void run_softirq(unsigned cpu)
{
	static unsigned n;

	shim_cpu = cpu;
	for (n = 0; resched[shim_cpu]; n++) {
		assert_true(n < 20);
		resched[shim_cpu] = false;
		if (!setjmp(switched))
			schedule_fn();
		assert_true(shim_irqs_on);
		assert_ptr_equal(current, sched_cpu(shim_cpu)->curr);
	}
}

static void fire(struct timer *t)
{
	if (t->status != TIMER_ACTIVE || t->expires > shim_now)
		return;
	t->status = TIMER_INACTIVE;
	shim_cpu = t->cpu;
	t->fn(t->arg);
}

static void compute(unsigned cpu)
{
	struct vcpu *v = sched_cpu(cpu)->curr;
	struct load *l = is_idle_vcpu(v) ? NULL : load_of(v);

	if (!l || !l->idle)
		return;
	l->left -= min(l->left, STEP);
	if (l->left)
		return;
	shim_cpu = cpu;
	l->wake_at = shim_now + l->idle;
	l->left = l->run;
	vcpu_block();
}

/* How long have runnable vCPUs been waiting, and is a CPU idle that could take them? */
static void watch(void)
{
	static u64 since;
	bool wrong = false;

	for (unsigned i = 0; i < nr_loads; i++) {
		struct load *l = &loads[i];
		struct vcpu *v = l->v;

		if (!vcpu_is_runnable(v) || v->is_running) {
			l->waiting_since = shim_now;
			continue;
		}
		l->max_wait = max(l->max_wait, shim_now - l->waiting_since);
		if (credit_class(v->sched) == CLASS_PARKED)
			continue;
		for (unsigned cpu = 0; cpu < sim_cpus; cpu++)
			if (is_idle_vcpu(sched_cpu(cpu)->curr) && (v->hard_affinity & CPUMASK(cpu)))
				wrong = true;
	}
	if (!wrong)
		since = shim_now;
	idle_wrong = max(idle_wrong, shim_now - since);
}

static void sim_step(void)
{
	shim_now += STEP;
	for (unsigned cpu = 0; cpu < sim_cpus; cpu++)
		compute(cpu);
	for (unsigned i = 0; i < nr_loads; i++) {
		struct load *l = &loads[i];

		if (l->wake_at && l->wake_at <= shim_now) {
			l->wake_at = 0;
			shim_cpu = i % sim_cpus;
			vcpu_unblock(l->v);
		}
	}
	fire(&credit.acct);
	for (unsigned cpu = 0; cpu < sim_cpus; cpu++)
		fire(&sched_cpu(cpu)->tick);
	for (unsigned cpu = 0; cpu < sim_cpus; cpu++)
		run_softirq(cpu);
	watch();
}

static void sim_run(u64 ns)
{
	u64 end = shim_now + ns;

	while (shim_now < end)
		sim_step();
}

/* Let it settle, then measure from here. */
static void sim_measure(u64 ns)
{
	sim_run(SECONDS(2));
	for (unsigned i = 0; i < nr_loads; i++) {
		loads[i].start_time = vcpu_cpu_time(loads[i].v);
		loads[i].max_wait = 0;
	}
	idle_wrong = 0;
	sim_run(ns);
}

static u64 used(const struct domain *d)
{
	u64 t = 0;

	for (unsigned i = 0; i < nr_loads; i++)
		if (loads[i].v->domain == d)
			t += vcpu_cpu_time(loads[i].v) - loads[i].start_time;
	return t;
}

/* d used want (in percent of one CPU, times 100) of the time, within tolerance percent of that. */
static void expect_share(const struct domain *d, u64 ns, double want, double tolerance)
{
	double got = (double)used(d) * 100 / (double)ns;

	if (shim_verbose)
		fprintf(stderr, "  d%u: %.2f %% of a CPU, wanted %.2f\n", d->domain_id, got, want);
	if (got < want * (1 - tolerance / 100) || got > want * (1 + tolerance / 100)) {
		fprintf(stderr, "d%u got %.2f %% of a CPU, wanted %.2f +- %.0f %%\n",
			d->domain_id, got, want, tolerance);
		fail();
	}
}

static void shares_one_cpu(void **state)
{
	struct domain *a, *b, *c;

	sim_start(1);
	a = sim_domain(1, 256, 0, 0, 0);
	b = sim_domain(1, 512, 0, 0, 0);
	c = sim_domain(1, 128, 0, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 100.0 * 256 / 896, 4);
	expect_share(b, SECONDS(20), 100.0 * 512 / 896, 4);
	expect_share(c, SECONDS(20), 100.0 * 128 / 896, 4);
	assert_int_equal(idle_wrong, 0);
	sim_end();
}

static void shares_many_cpus(void **state)
{
	struct domain *a, *b, *c, *e;

	sim_start(4);
	a = sim_domain(4, 256, 0, 0, 0);
	b = sim_domain(4, 512, 0, 0, 0);
	c = sim_domain(4, 1024, 0, 0, 0);
	e = sim_domain(3, 256, 0, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 400.0 * 256 / 2048, 4);
	expect_share(b, SECONDS(20), 400.0 * 512 / 2048, 4);
	expect_share(c, SECONDS(20), 400.0 * 1024 / 2048, 4);
	expect_share(e, SECONDS(20), 400.0 * 256 / 2048, 4);
	sim_end();
}

/* Equal weights, unequal numbers of vCPUs; three on two processors do not divide evenly. */
static void shares_uneven(void **state)
{
	struct domain *a, *b, *c;

	sim_start(2);
	a = sim_domain(1, 256, 0, 0, 0);
	b = sim_domain(1, 256, 0, 0, 0);
	c = sim_domain(1, 256, 0, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 200.0 / 3, 4);
	expect_share(b, SECONDS(20), 200.0 / 3, 4);
	expect_share(c, SECONDS(20), 200.0 / 3, 4);
	sim_end();

	sim_start(2);
	a = sim_domain(1, 256, 0, 0, 0);
	b = sim_domain(4, 256, 0, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 100, 4);
	expect_share(b, SECONDS(20), 100, 4);
	sim_end();
}

/* One vCPU cannot use more than a CPU, whatever its weight: the rest is the others'. */
static void share_beyond_one_cpu(void **state)
{
	struct domain *a, *b, *c;

	sim_start(4);
	a = sim_domain(1, 8192, 0, 0, 0);
	b = sim_domain(4, 256, 0, 0, 0);
	c = sim_domain(4, 512, 0, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 100, 4);
	expect_share(b, SECONDS(20), 100, 4);
	expect_share(c, SECONDS(20), 200, 4);
	sim_end();
}

/* Who sleeps gives his share away by weight, and still gets all that he wants. */
static void shares_with_sleeper(void **state)
{
	struct domain *a, *b, *c;

	sim_start(1);
	a = sim_domain(1, 512, 0, MILLISECS(1), MILLISECS(9));
	b = sim_domain(1, 256, 0, 0, 0);
	c = sim_domain(1, 768, 0, 0, 0);
	sim_measure(SECONDS(20));
	assert_in_range(used(a) * 1000 / SECONDS(20), 75, 101);
	expect_share(b, SECONDS(20), (100 - used(a) * 100.0 / SECONDS(20)) / 4, 4);
	expect_share(c, SECONDS(20), (100 - used(a) * 100.0 / SECONDS(20)) * 3 / 4, 4);
	/* Quick, too: no longer than the rate limit and two steps. */
	assert_in_range(load_of(a->vcpu[0])->max_wait, 0, MICROSECS(1300));
	sim_end();
}

static void caps(void **state)
{
	struct domain *a, *b, *c;

	sim_start(2);
	a = sim_domain(1, 256, 30, 0, 0);
	b = sim_domain(2, 256, 50, 0, 0);
	c = sim_domain(1, 4096, 5, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 30, 4);
	expect_share(b, SECONDS(20), 50, 4);
	expect_share(c, SECONDS(20), 5, 8);
	sim_end();

	/* More than one CPU; and hogs take what the capped one leaves. */
	sim_start(4);
	a = sim_domain(2, 256, 150, 0, 0);
	b = sim_domain(4, 256, 0, 0, 0);
	sim_measure(SECONDS(20));
	expect_share(a, SECONDS(20), 150, 4);
	expect_share(b, SECONDS(20), 250, 4);
	assert_in_range(idle_wrong, 0, MILLISECS(1));
	sim_end();
}

static void nobody_starves(void **state)
{
	struct domain *d[12];

	sim_start(2);
	for (unsigned i = 0; i < 12; i++)
		d[i] = sim_domain(1 + i % 3, i == 11 ? 1024 : 64 << i % 4, 0, 0, 0);
	sim_measure(SECONDS(30));
	for (unsigned i = 0; i < 12; i++)
		assert_true(used(d[i]) > MILLISECS(100));
	for (unsigned i = 0; i < nr_loads; i++)
		assert_in_range(loads[i].max_wait, 0, SECONDS(5));
	sim_end();
}

/* Many that wake and sleep: no processor may idle while one of them waits. */
static void work_conserving(void **state)
{
	u64 busy = 0;
	struct domain *d[5];

	sim_start(4);
	for (unsigned i = 0; i < 5; i++)
		d[i] = sim_domain(2, 256, 0, MICROSECS(1700) * (i + 1), MICROSECS(900) * (i + 2));
	sim_measure(SECONDS(20));
	assert_in_range(idle_wrong, 0, MILLISECS(1));
	for (unsigned i = 0; i < 5; i++)
		busy += used(d[i]);
	/* Load is about 6.1 CPUs' worth. */
	assert_true(busy > SECONDS(20) * 4 * 97 / 100);
	sim_end();

	/* Fewer hogs than CPUs: each has one for itself. */
	sim_start(4);
	d[0] = sim_domain(3, 256, 0, 0, 0);
	sim_measure(SECONDS(5));
	expect_share(d[0], SECONDS(5), 300, 1);
	sim_end();
}

static void affinity(void **state)
{
	struct domain *a, *b;
	cpumask_t one = CPUMASK(1), two = CPUMASK(0), none = 0, off = CPUMASK(7), both = 3;
	struct vcpu *v;

	sim_start(2);
	a = sim_domain(2, 256, 0, 0, 0);
	b = sim_domain(1, 256, 0, 0, 0);
	for_each_vcpu(a, v)
		assert_int_equal(vcpu_set_affinity(v, &one, NULL), 0);
	assert_int_equal(vcpu_set_affinity(a->vcpu[0], &none, NULL), -EINVAL);
	assert_int_equal(vcpu_set_affinity(a->vcpu[0], &off, NULL), -EINVAL);
	sim_measure(SECONDS(10));
	/* context_switch() checks the place; a has one CPU, b the other for itself. */
	expect_share(a, SECONDS(10), 100, 4);
	expect_share(b, SECONDS(10), 100, 4);

	/* While they run: over to the other side. */
	for_each_vcpu(a, v)
		assert_int_equal(vcpu_set_affinity(v, &two, NULL), 0);
	sim_run(MILLISECS(1));
	for_each_vcpu(a, v)
		assert_int_equal(v->cpu, 0);
	sim_measure(SECONDS(10));
	expect_share(a, SECONDS(10), 100, 4);
	expect_share(b, SECONDS(10), 100, 4);

	/* An override for a while, with another setting in the middle. */
	shim_cpu = 0;
	assert_int_equal(vcpu_pin_override(b->vcpu[0], -1), -EINVAL);
	assert_int_equal(vcpu_pin_override(b->vcpu[0], 9), -EINVAL);
	assert_int_equal(vcpu_pin_override(b->vcpu[0], 0), 0);
	assert_int_equal(vcpu_pin_override(b->vcpu[0], 1), -EBUSY);
	assert_int_equal(vcpu_set_affinity(b->vcpu[0], &both, NULL), 0);
	assert_true(b->vcpu[0]->hard_affinity == 1);
	sim_run(SECONDS(1));
	assert_int_equal(vcpu_pin_override(b->vcpu[0], -1), 0);
	assert_true(b->vcpu[0]->hard_affinity == both);
	sim_run(SECONDS(1));

	/* Soft: it comes home where it can choose. */
	assert_int_equal(vcpu_set_affinity(b->vcpu[0], NULL, &one), 0);
	sim_measure(SECONDS(5));
	assert_int_equal(b->vcpu[0]->cpu, 1);
	sim_end();
}

static u64 rnd(void)
{
	static u64 x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Everything at once; the invariants are checked by the core, the switch and the lock shim. */
static void soak(void **state)
{
	struct domain *d[6];

	sim_start(4);
	for (unsigned i = 0; i < 6; i++)
		d[i] = sim_domain(1 + i, 64 << i % 5, i == 3 ? 70 : 0, i % 2 ? MILLISECS(i) : 0,
				  i % 2 ? MILLISECS(2) : 0);
	for (unsigned n = 0; n < 30000; n++) {
		struct load *l = &loads[rnd() % nr_loads];
		struct vcpu *v = l->v;
		cpumask_t m = rnd() & 15;

		shim_cpu = rnd() % 4;
		switch (rnd() % 8) {
		case 0:
			(void)vcpu_set_affinity(v, &m, NULL);
			break;
		case 1:
			(void)vcpu_set_affinity(v, NULL, &m);
			break;
		case 2:
			v->pause_count++;
			vcpu_sleep_nosync(v);
			break;
		case 3:
		case 4:
			if (v->pause_count && !--v->pause_count)
				vcpu_wake(v);
			break;
		case 5:
			if (!is_idle_vcpu(current))
				vcpu_yield();
			break;
		case 6:
			vcpu_unblock(v);
			break;
		default:
			vcpu_wake(v);
		}
		for (unsigned cpu = 0; cpu < sim_cpus; cpu++)
			run_softirq(cpu);
		sim_step();
		assert_int_equal(shim_locks_held(), 0);
	}
	assert_in_range(idle_wrong, 0, MILLISECS(1));
	/* All come back. */
	for (unsigned i = 0; i < nr_loads; i++) {
		cpumask_t all = ~0ull;

		shim_cpu = 0;
		(void)vcpu_set_affinity(loads[i].v, &all, &all);
		loads[i].v->pause_count = 0;
		vcpu_unblock(loads[i].v);
		vcpu_wake(loads[i].v);
	}
	sim_measure(SECONDS(5));
	for (unsigned i = 0; i < 6; i++)
		assert_true(used(d[i]) > 0);
	sim_end();
}

static void yield_and_block(void **state)
{
	struct domain *a;
	struct vcpu *first, *other;

	sim_start(1);
	a = sim_domain(2, 256, 0, 0, 0);
	sim_run(MILLISECS(5));
	first = sched_cpu(0)->curr;
	other = a->vcpu[first == a->vcpu[0]];
	shim_cpu = 0;
	vcpu_yield();
	run_softirq(0);
	assert_ptr_equal(sched_cpu(0)->curr, other);

	/* An event that is there already is not slept over. */
	other->info->evtchn_upcall_pending = 1;
	other->info->evtchn_upcall_mask = 0;
	vcpu_block();
	assert_int_equal(other->pause_flags, 0);
	other->info->evtchn_upcall_pending = 0;
	vcpu_block();
	run_softirq(0);
	assert_ptr_equal(sched_cpu(0)->curr, first);
	assert_int_equal(other->runstate.state, RUNSTATE_blocked);

	/* A poll ends by its time-out's vcpu_unblock() too. */
	assert_int_equal(vcpu_poll(NULL, 0, shim_now + MILLISECS(1)), 0);
	assert_true(first->poll_active);
	run_softirq(0);
	assert_true(is_idle_vcpu(sched_cpu(0)->curr));
	vcpu_unblock(first);
	assert_false(first->poll_active);
	run_softirq(0);
	assert_ptr_equal(sched_cpu(0)->curr, first);
	vcpu_unblock(other);
	sim_run(MILLISECS(50));
	sim_end();
}

static void parameters(void **state)
{
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT,
					      .cmd = XEN_DOMCTL_SCHEDOP_getinfo };
	struct xen_sysctl_scheduler_op g = { .sched_id = XEN_SCHEDULER_CREDIT,
					     .cmd = XEN_SYSCTL_SCHEDOP_getinfo };
	struct domain *d;

	sim_start(1);
	d = sim_domain(1, 300, 40, 0, 0);
	assert_int_equal(scheduler->adjust(d, &op), 0);
	assert_int_equal(op.u.credit.weight, 300);
	assert_int_equal(op.u.credit.cap, 40);
	/* 0 and ~0: leave as it is. */
	op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.credit.weight = 0;
	op.u.credit.cap = 0xffff;
	assert_int_equal(scheduler->adjust(d, &op), 0);
	op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	assert_int_equal(scheduler->adjust(d, &op), 0);
	assert_int_equal(op.u.credit.weight, 300);
	assert_int_equal(op.u.credit.cap, 40);
	op.cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
	assert_int_equal(scheduler->adjust(d, &op), -EINVAL);
	op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	op.sched_id = XEN_SCHEDULER_CREDIT2;
	assert_int_equal(scheduler->adjust(d, &op), -EINVAL);

	assert_int_equal(scheduler->adjust_global(&g), 0);
	assert_int_equal(g.u.sched_credit.tslice_ms, 30);
	assert_int_equal(g.u.sched_credit.ratelimit_us, 1000);
	g.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	g.u.sched_credit.tslice_ms = 0;
	assert_int_equal(scheduler->adjust_global(&g), -EINVAL);
	g.u.sched_credit.tslice_ms = 1001;
	assert_int_equal(scheduler->adjust_global(&g), -EINVAL);
	g.u.sched_credit.tslice_ms = 1;
	g.u.sched_credit.ratelimit_us = 1001;
	assert_int_equal(scheduler->adjust_global(&g), -EINVAL);
	g.u.sched_credit.ratelimit_us = 1000;
	assert_int_equal(scheduler->adjust_global(&g), 0);
	assert_int_equal(credit.tslice, MILLISECS(1));
	sim_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_one_cpu),
		cmocka_unit_test(shares_many_cpus),
		cmocka_unit_test(shares_uneven),
		cmocka_unit_test(share_beyond_one_cpu),
		cmocka_unit_test(shares_with_sleeper),
		cmocka_unit_test(caps),
		cmocka_unit_test(nobody_starves),
		cmocka_unit_test(work_conserving),
		cmocka_unit_test(affinity),
		cmocka_unit_test(yield_and_block),
		cmocka_unit_test(parameters),
		cmocka_unit_test(soak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

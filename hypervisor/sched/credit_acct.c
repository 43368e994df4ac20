/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The credit scheduler's accounting, every 30 ms while anything runs, and its
 * parameters.
 *
 * What all CPUs can do in a period is divided among the domains that had a vCPU
 * running or wanting to, by weight. No account may hold more than one period's
 * worth; what would not fit into a domain's accounts (it used less than it may,
 * or has fewer vCPUs than it is entitled to CPUs) goes to the others, again by
 * weight. So under full load what is paid is what was used, and the balances
 * stay bounded; below full load all are full and nobody is OVER.
 *
 * Lock: credit.lock, and inside it one CPU's lock at a time, of the same level.
 */
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "sched/credit.h"
#include "sync/softirq.h"

#define RATELIMIT_MIN_US 100
#define RATELIMIT_MAX_US 500000

static s64 cap_per_period(const struct sched_domain *sd)
{
	return (s64)(CREDIT_PERIOD / 100 * sd->cap);
}

/* Running vCPUs pay up to now, so that all of the period is in the accounts. */
static void settle_running(u64 now)
{
	unsigned cpu;

	for_each_cpu(cpu, cpu_online_map) {
		struct sched_cpu *sc = sched_cpu(cpu);

		if (!sc)
			continue;
		spin_lock_nested(&sc->lock);
		if (sc->curr->sched)
			credit_burn(sc->curr->sched, now);
		spin_unlock(&sc->lock);
	}
}

/* Which vCPUs of the domain count, and how much their accounts can take. */
static void survey_domain(struct sched_domain *sd)
{
	struct vcpu *v;

	sd->nr_active = 0;
	sd->headroom = 0;
	sd->share = 0;
	sd->settled = false;
	for_each_vcpu(sd->d, v) {
		struct sched_unit *u = v->sched;

		if (!u)
			continue;
		u->active = __atomic_exchange_n(&u->ran, 0, __ATOMIC_RELAXED) ||
			    READ_ONCE(v->runstate.state) <= RUNSTATE_runnable;
		if (!u->active)
			continue;
		sd->nr_active++;
		sd->headroom += max(CREDIT_MAX - credit_of(u), (s64)0);
	}
}

/* Divide pool by weight; who cannot take his part gets what he can, the rest is divided again. */
static void divide(s64 pool)
{
	struct sched_domain *sd;
	bool again;

	do {
		s64 left = pool;
		u64 weights = 0;

		again = false;
		list_for_each_entry(sd, &credit.domains, all) {
			if (sd->settled)
				left -= sd->share;
			else if (sd->nr_active)
				weights += sd->weight;
		}
		list_for_each_entry(sd, &credit.domains, all) {
			if (sd->settled || !sd->nr_active)
				continue;
			sd->share = left > 0 ? left * sd->weight / (s64)weights : 0;
			if (sd->share > sd->headroom) {
				sd->share = sd->headroom;
				sd->settled = again = true;
			}
		}
	} while (again);
}

/* Same principle among the vCPUs of one domain: equal parts, bounded by what each can take. */
static void pay_domain(struct sched_domain *sd)
{
	s64 left = sd->share, cap = cap_per_period(sd);
	unsigned n = sd->nr_active;
	bool again = true;
	struct vcpu *v;

	while (n && left > 0 && again) {
		s64 part = left / n;

		again = false;
		for_each_vcpu(sd->d, v) {
			struct sched_unit *u = v->sched;
			s64 room;

			if (!u || !u->active)
				continue;
			room = CREDIT_MAX - credit_of(u);
			if (room > part)
				continue;
			if (room > 0) {
				__atomic_fetch_add(&u->credit, room, __ATOMIC_RELAXED);
				left -= room;
			}
			u->active = false;
			n--;
			again = true;
		}
	}
	for_each_vcpu(sd->d, v) {
		struct sched_unit *u = v->sched;

		if (!u || !u->active || !n)
			continue;
		if (credit_of(u) + left / n < CREDIT_MIN)
			__atomic_store_n(&u->credit, CREDIT_MIN, __ATOMIC_RELAXED);
		else
			__atomic_fetch_add(&u->credit, left / n, __ATOMIC_RELAXED);
	}
	if (cap)
		__atomic_store_n(&sd->budget, min(sd->budget + cap, cap), __ATOMIC_RELAXED);
}

/* Classes changed: does a queue now hold something better than what runs? */
static void reconsider(void)
{
	unsigned cpu;

	for_each_cpu(cpu, cpu_online_map) {
		struct sched_cpu *sc = sched_cpu(cpu);
		struct sched_unit *best, *curr;

		if (!sc)
			continue;
		spin_lock_nested(&sc->lock);
		best = credit_best(sc->priv, NULL);
		curr = sc->curr->sched;
		if (best && (!curr || credit_class(best) > credit_class(curr)))
			softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
		else if (best)
			credit_poke_idler(cpu);
		spin_unlock(&sc->lock);
	}
}

static void acct_fn(void *arg)
{
	u64 flags = spin_lock_irqsave(&credit.lock), now = now_ns();
	struct sched_domain *sd;
	bool any = false;

	/*
	 * First off, then look: a vCPU that wakes from here on either is seen by
	 * the survey or finds us off and starts us again.
	 */
	__atomic_store_n(&credit.acct_on, false, __ATOMIC_SEQ_CST);
	settle_running(now);
	list_for_each_entry(sd, &credit.domains, all) {
		survey_domain(sd);
		any |= sd->nr_active != 0;
	}
	divide((s64)(CREDIT_PERIOD * hweight64(cpu_online_map)));
	list_for_each_entry(sd, &credit.domains, all)
		pay_domain(sd);
	reconsider();
	if (any) {
		__atomic_store_n(&credit.acct_on, true, __ATOMIC_SEQ_CST);
		timer_set(&credit.acct, now + CREDIT_PERIOD);
	}
	spin_unlock_irqrestore(&credit.lock, flags);
}

void credit_acct_start(u64 now)
{
	if (!READ_ONCE(credit.acct_on) &&
	    !__atomic_exchange_n(&credit.acct_on, true, __ATOMIC_SEQ_CST))
		timer_set(&credit.acct, now + CREDIT_PERIOD);
}

void credit_acct_init(void)
{
	credit.tslice = MILLISECS(opts.sched_credit_tslice_ms ? opts.sched_credit_tslice_ms : 30);
	credit.ratelimit = min(MICROSECS(opts.sched_ratelimit_us), credit.tslice);
	credit.migrate_delay = MILLISECS(10);
	timer_init(&credit.acct, acct_fn, NULL, smp_cpu_id());
}

int credit_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	struct sched_domain *sd = d->sched;
	u64 flags;

	if (op->sched_id != XEN_SCHEDULER_CREDIT || !sd)
		return -EINVAL;
	switch (op->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		op->u.credit.weight = sd->weight;
		op->u.credit.cap = sd->cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		flags = spin_lock_irqsave(&credit.lock);
		if (op->u.credit.weight)
			sd->weight = op->u.credit.weight;
		if (op->u.credit.cap != (u16)~0u) {
			sd->cap = op->u.credit.cap;
			__atomic_store_n(&sd->budget, cap_per_period(sd), __ATOMIC_RELAXED);
		}
		spin_unlock_irqrestore(&credit.lock, flags);
		return 0;
	}
	return -EINVAL;
}

int credit_adjust_global(struct xen_sysctl_scheduler_op *op)
{
	struct xen_sysctl_credit_schedule *p = &op->u.sched_credit;

	if (op->sched_id != XEN_SCHEDULER_CREDIT)
		return -EINVAL;
	switch (op->cmd) {
	case XEN_SYSCTL_SCHEDOP_putinfo:
		if (p->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN ||
		    p->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX ||
		    (p->ratelimit_us && (p->ratelimit_us < RATELIMIT_MIN_US ||
					 p->ratelimit_us > RATELIMIT_MAX_US)) ||
		    MICROSECS(p->ratelimit_us) > MILLISECS(p->tslice_ms) ||
		    p->vcpu_migr_delay_us > XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US)
			return -EINVAL;
		credit.tslice = MILLISECS(p->tslice_ms);
		credit.ratelimit = MICROSECS(p->ratelimit_us);
		credit.migrate_delay = MICROSECS(p->vcpu_migr_delay_us);
		return 0;
	case XEN_SYSCTL_SCHEDOP_getinfo:
		p->tslice_ms = (u32)(credit.tslice / 1000000);
		p->ratelimit_us = (u32)(credit.ratelimit / 1000);
		p->vcpu_migr_delay_us = (u32)(credit.migrate_delay / 1000);
		return 0;
	}
	return -EINVAL;
}

static void dump_unit(const struct sched_unit *u)
{
	static const char *const names[] = { "parked", "over", "under", "boost" };

	printk(LOG_INFO, "  %pv %s credit %ld us, weight %u cap %u\n", (void *)u->v,
	       names[credit_class(u)], (long)(credit_of(u) / 1000), u->dom->weight, u->dom->cap);
}

void credit_dump(unsigned cpu)
{
	struct sched_cpu *sc = sched_cpu(cpu);
	struct credit_cpu *cc = sc->priv;
	struct sched_unit *u;

	if (sc->curr->sched)
		dump_unit(sc->curr->sched);
	list_for_each_entry(u, &cc->runq, runq)
		dump_unit(u);
}

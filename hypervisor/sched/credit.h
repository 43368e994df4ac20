/* SPDX-License-Identifier: GPL-2.0-only */
/* The credit scheduler's data, shared by its two halves: credit.c decides, credit_acct.c pays. */
#ifndef SCHED_CREDIT_H
#define SCHED_CREDIT_H

#include "lib/list.h"
#include "sched/sched.h"
#include "time/time.h"

#define CREDIT_PERIOD MILLISECS(30)		/* between accountings */
#define CREDIT_MAX ((s64)CREDIT_PERIOD)
#define CREDIT_MIN (-2 * (s64)CREDIT_PERIOD)
#define CREDIT_DEFAULT_WEIGHT 256

enum credit_class { CLASS_PARKED, CLASS_OVER, CLASS_UNDER, CLASS_BOOST };

struct sched_domain {
	struct list all;		/* credit.domains */
	struct domain *d;
	u16 weight, cap;		/* cap: percent of one CPU, 0: none */
	s64 budget;			/* ns left under the cap; atomic */
	/* Of the accounting that is going on. */
	unsigned nr_active;
	s64 headroom, share;
	bool settled;
};

struct sched_unit {
	struct list runq;		/* while queued */
	struct vcpu *v;
	struct sched_domain *dom;
	s64 credit;			/* ns; atomic */
	u64 ran;			/* ns since the last accounting; atomic */
	u64 burned_at;			/* its running is paid up to here */
	u64 since;			/* start of its slice */
	bool queued, boost, yield, active;
};

struct credit_cpu {
	struct list runq;
	unsigned nr_queued;
};

struct credit_state {
	spinlock_t lock;		/* domains and the accounting */
	struct list domains;
	struct timer acct;
	bool acct_on;
	u64 tslice, ratelimit, migrate_delay;
	cpumask_t idlers;		/* CPUs that found nothing to do; atomic */
};

extern struct credit_state credit;

static inline s64 credit_of(const struct sched_unit *u)
{
	return __atomic_load_n(&u->credit, __ATOMIC_RELAXED);
}

static inline enum credit_class credit_class(const struct sched_unit *u)
{
	if (u->dom->cap && __atomic_load_n(&u->dom->budget, __ATOMIC_RELAXED) <= 0)
		return CLASS_PARKED;
	if (u->boost)
		return CLASS_BOOST;
	return credit_of(u) > 0 ? CLASS_UNDER : CLASS_OVER;
}

/* Pay for u's running up to now; u's CPU lock is held. */
void credit_burn(struct sched_unit *u, u64 now);
/* The queued unit to run next on cpu, NULL if none may. */
struct sched_unit *credit_best(struct credit_cpu *cc, const struct sched_unit *except);
/* An idle CPU that may run something of cpu's queue is told to look. */
void credit_poke_idler(unsigned cpu);
/* Accounting is needed while anything runs. */
void credit_acct_start(u64 now);
void credit_acct_init(void);
int credit_adjust(struct domain *d, struct xen_domctl_scheduler_op *op);
int credit_adjust_global(struct xen_sysctl_scheduler_op *op);
void credit_dump(unsigned cpu);

#endif

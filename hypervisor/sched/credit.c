/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The credit scheduler: proportional shares with caps, over all CPUs.
 *
 * Every vCPU has an account of credit, in nanoseconds. Running costs what it
 * takes, exactly, so nobody gains by sleeping just before some tick. Every 30 ms
 * credit_acct.c hands out what all CPUs together can do in that time, to the
 * vCPUs that wanted to run, by the weights of their domains. A vCPU with credit
 * is UNDER, one without is OVER; OVER runs only where no UNDER wants to. Inside
 * a class the one with the most credit goes first, so debts are paid back in
 * proportion too. One that wakes up with credit is BOOSTed above both until it
 * has run for a third of a slice: that is what makes I/O quick. A domain with a
 * cap has a budget per period, whatever its credit; with none left its vCPUs are
 * PARKED: queued, and never picked, until the next accounting.
 *
 * Each CPU has its own queue. A CPU that would idle, or run an OVER vCPU, looks
 * at the other queues first and takes what is better (work conservation and
 * fairness across CPUs). A vCPU that wakes is put on the queue where it last
 * ran, and an idle CPU, if there is one, is told to fetch it.
 *
 * Invariants:
 *  - A unit is queued on the queue of v->cpu, or it is that CPU's curr, or it is
 *    not runnable (or about to be moved: migrate_pending).
 *  - curr is never queued outside of credit_pick().
 *  - A unit whose state is still being saved on a CPU (is_running) is not taken
 *    by another; the thief comes back a little later.
 *
 * Locks: the CPU's sched_cpu.lock for its queue and the units on it. A thief
 * holds his own and tries the victim's. credit and budget are atomic, because
 * the accounting pays them without these locks.
 */
#include "core/domain.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "sched/credit.h"
#include "sync/softirq.h"

#define STEAL_RETRY MICROSECS(200)
#define MIN_SLICE MICROSECS(250)

struct credit_state credit = {
	.lock = SPINLOCK_INIT(LOCK_SCHED),
	.domains = LIST_INIT(credit.domains),
};

static struct credit_cpu *credit_cpu(unsigned cpu) { return sched_cpu(cpu)->priv; }

static void enqueue(struct credit_cpu *cc, struct sched_unit *u)
{
	list_add_tail(&u->runq, &cc->runq);
	u->queued = true;
	WRITE_ONCE(cc->nr_queued, cc->nr_queued + 1);
}

static void dequeue(struct credit_cpu *cc, struct sched_unit *u)
{
	list_del(&u->runq);
	u->queued = false;
	WRITE_ONCE(cc->nr_queued, cc->nr_queued - 1);
}

void credit_burn(struct sched_unit *u, u64 now)
{
	s64 ns = (s64)(now - u->burned_at);

	if (ns <= 0)
		return;
	u->burned_at = now;
	__atomic_fetch_sub(&u->credit, ns, __ATOMIC_RELAXED);
	__atomic_fetch_add(&u->ran, (u64)ns, __ATOMIC_RELAXED);
	if (u->dom->cap)
		__atomic_fetch_sub(&u->dom->budget, ns, __ATOMIC_RELAXED);
}

struct sched_unit *credit_best(struct credit_cpu *cc, const struct sched_unit *except)
{
	struct sched_unit *u, *best = NULL;
	enum credit_class c, best_class = CLASS_PARKED;

	list_for_each_entry(u, &cc->runq, runq) {
		c = credit_class(u);
		if (u == except || c == CLASS_PARKED || c < best_class)
			continue;
		if (c > best_class || credit_of(u) > credit_of(best)) {
			best = u;
			best_class = c;
		}
	}
	return best;
}

static void poke(unsigned cpu)
{
	__atomic_fetch_and(&credit.idlers, ~CPUMASK(cpu), __ATOMIC_SEQ_CST);
	softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
}

/* An idle CPU for v, near ones of its soft affinity first; -1 if there is none. */
static int find_idler(const struct vcpu *v)
{
	cpumask_t mask = __atomic_load_n(&credit.idlers, __ATOMIC_SEQ_CST) & v->hard_affinity &
			 cpu_online_map;

	if (mask & v->soft_affinity)
		mask &= v->soft_affinity;
	if (!mask)
		return -1;
	return (int)(mask & CPUMASK(v->cpu) ? v->cpu : ffs64(mask));
}

void credit_poke_idler(unsigned cpu)
{
	struct sched_unit *u;

	if (!__atomic_load_n(&credit.idlers, __ATOMIC_SEQ_CST))
		return;
	list_for_each_entry(u, &credit_cpu(cpu)->runq, runq) {
		int idler = credit_class(u) != CLASS_PARKED ? find_idler(u->v) : -1;

		if (idler >= 0) {
			poke((unsigned)idler);
			return;
		}
	}
}

/* Someone to run here from another CPU's queue: of a better class, or with more credit. */
static struct sched_unit *steal_from(unsigned peer, unsigned cpu, enum credit_class class,
				     s64 credit_min, bool *busy)
{
	struct sched_unit *u, *best = NULL;
	enum credit_class c, best_class = class;

	list_for_each_entry(u, &credit_cpu(peer)->runq, runq) {
		c = credit_class(u);
		if (c == CLASS_PARKED || c < best_class || !(u->v->hard_affinity & CPUMASK(cpu)))
			continue;
		if (c == best_class && credit_of(u) <= credit_min)
			continue;
		/* Somewhere else than it likes only where nothing else is to be done. */
		if (class != CLASS_PARKED && !(u->v->soft_affinity & CPUMASK(cpu)) &&
		    (u->v->soft_affinity & u->v->hard_affinity & cpu_online_map))
			continue;
		if (READ_ONCE(u->v->is_running) || u->v->migrate_pending) {
			*busy = true;
			continue;
		}
		best = u;
		best_class = c;
		credit_min = credit_of(u);
	}
	if (best) {
		dequeue(credit_cpu(peer), best);
		WRITE_ONCE(best->v->cpu, cpu);
	}
	return best;
}

/* Look round the other CPUs, from the next one on. *busy: something was there, ask again soon. */
static struct sched_unit *steal(unsigned cpu, enum credit_class class, s64 credit_min, bool *busy)
{
	struct sched_unit *u = NULL;
	unsigned i;

	for (i = 1; i < nr_cpus && !u; i++) {
		unsigned peer = (cpu + i) % nr_cpus;

		if (!cpu_online(peer) || !sched_cpu(peer) ||
		    !READ_ONCE(credit_cpu(peer)->nr_queued))
			continue;
		if (!spin_trylock(&sched_cpu(peer)->lock)) {
			*busy = true;
			continue;
		}
		u = steal_from(peer, cpu, class, credit_min, busy);
		spin_unlock(&sched_cpu(peer)->lock);
	}
	return u;
}

/* How long may u run before we look again? */
static u64 slice_of(const struct sched_unit *u, u64 now)
{
	u64 end = u->since + (u->boost ? credit.tslice / 3 : credit.tslice);
	u64 slice = end > now ? end - now : 0;

	if (u->dom->cap) {
		/* vCPUs of one domain spend its budget together. */
		s64 left = __atomic_load_n(&u->dom->budget, __ATOMIC_RELAXED) /
			   (s64)max(u->dom->nr_active, 1u);

		slice = min(slice, left > 0 ? (u64)left : 0);
	}
	return max(slice, MIN_SLICE);
}

/* The running unit after it paid: queue it if it may go on here. False if it left this CPU. */
static bool requeue_curr(struct credit_cpu *cc, struct sched_unit *u, unsigned cpu)
{
	if (!vcpu_is_runnable(u->v)) {
		u->boost = false;
		return false;
	}
	if (!(u->v->hard_affinity & CPUMASK(cpu))) {
		u->v->migrate_pending = true;
		return false;
	}
	enqueue(cc, u);
	return true;
}

static struct sched_decision take(struct credit_cpu *cc, struct sched_unit *u,
				  struct sched_unit *curr, unsigned cpu, u64 now)
{
	if (u->queued)
		dequeue(cc, u);
	if (u != curr || now - u->since >= credit.tslice)
		u->since = now;
	u->burned_at = now;
	__atomic_fetch_and(&credit.idlers, ~CPUMASK(cpu), __ATOMIC_SEQ_CST);
	if (cc->nr_queued)
		credit_poke_idler(cpu);
	return (struct sched_decision){ u->v, slice_of(u, now) };
}

/*
 * Who runs next on cpu? Budget: 150 instructions with one other vCPU queued and
 * none to be stolen.
 */
static struct sched_decision credit_pick(unsigned cpu, u64 now)
{
	struct sched_cpu *sc = sched_cpu(cpu);
	struct credit_cpu *cc = sc->priv;
	struct sched_unit *curr = sc->curr->sched, *best, *other;
	enum credit_class class;
	bool stays = false, yields = false, mid_slice = false, busy = false;
	u64 left;

	if (curr) {
		credit_burn(curr, now);
		yields = curr->yield;
		curr->yield = false;
		if (curr->boost && now - curr->since >= credit.tslice / 3)
			curr->boost = false;
		stays = requeue_curr(cc, curr, cpu);
		class = credit_class(curr);
		mid_slice = stays && !yields && class != CLASS_PARKED &&
			    now - curr->since < credit.tslice;
		if (mid_slice && now - curr->since < credit.ratelimit) {
			/* Switching more often than this costs more than it gives. */
			dequeue(cc, curr);
			left = credit.ratelimit - (now - curr->since);
			return (struct sched_decision){ curr->v, min(left, slice_of(curr, now)) };
		}
	}

	best = credit_best(cc, yields && stays ? curr : NULL);
	if (!best && stays && yields && credit_class(curr) != CLASS_PARKED)
		best = curr;
	/* Within a slice only a better class takes the CPU away. */
	if (best && mid_slice && best != curr && credit_class(best) <= credit_class(curr))
		best = curr;
	class = best ? credit_class(best) : CLASS_PARKED;
	if (class <= CLASS_OVER) {
		/* Be known as idle before looking, or a wake-up in between goes unseen. */
		if (!best)
			__atomic_fetch_or(&credit.idlers, CPUMASK(cpu), __ATOMIC_SEQ_CST);
		other = steal(cpu, class, !best ? CREDIT_MIN * 1000 : mid_slice && best == curr ?
			      CREDIT_MAX : credit_of(best) + (s64)credit.migrate_delay, &busy);
		if (other)
			best = other;
	}
	if (best)
		return take(cc, best, curr, cpu, now);
	return (struct sched_decision){ pcpus[cpu]->idle, busy ? STEAL_RETRY : 0 };
}

static void credit_wake(struct vcpu *v, u64 now)
{
	struct sched_unit *u = v->sched, *curr;
	struct sched_cpu *sc = sched_cpu(v->cpu);
	enum credit_class class;
	int idler;

	if (u->queued || sc->curr == v || v->migrate_pending)
		return;
	u->boost = credit_of(u) > 0;
	u->burned_at = now;
	enqueue(sc->priv, u);
	credit_acct_start(now);
	class = credit_class(u);
	if (class == CLASS_PARKED)
		return;
	/* Queued before we look for an idler; he says that he is one before he looks at us. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	curr = sc->curr->sched;
	if (!curr) {
		poke(v->cpu);
		return;
	}
	idler = find_idler(v);
	if (idler >= 0)
		poke((unsigned)idler);
	else if (class > credit_class(curr))
		poke(v->cpu);
}

static void credit_sleep(struct vcpu *v)
{
	struct sched_unit *u = v->sched;

	if (sched_cpu(v->cpu)->curr == v)
		softirq_raise_on(v->cpu, SOFTIRQ_SCHEDULE);
	else if (u->queued)
		dequeue(credit_cpu(v->cpu), u);
}

static void credit_yield(struct vcpu *v)
{
	struct sched_unit *u = v->sched;

	u->yield = true;
}

/* Reads other CPUs' queue lengths without their locks: a hint is enough. */
static unsigned credit_pick_cpu(struct vcpu *v)
{
	cpumask_t mask = v->hard_affinity & cpu_online_map;
	unsigned cpu, best = v->cpu, best_load = ~0u;
	int idler = find_idler(v);

	if (idler >= 0)
		return (unsigned)idler;
	if (mask & v->soft_affinity)
		mask &= v->soft_affinity;
	for_each_cpu(cpu, mask) {
		struct sched_cpu *sc = sched_cpu(cpu);
		unsigned waiting = READ_ONCE(credit_cpu(cpu)->nr_queued);
		unsigned load = 2 * (waiting + !!READ_ONCE(sc->curr)->sched) + (cpu != v->cpu);

		if (load < best_load) {
			best = cpu;
			best_load = load;
		}
	}
	return best;
}

/* One that waits may have been allowed onto an idle CPU. */
static void credit_affinity_changed(struct vcpu *v)
{
	struct sched_unit *u = v->sched;
	int idler = u->queued && credit_class(u) != CLASS_PARKED ? find_idler(v) : -1;

	if (idler >= 0)
		poke((unsigned)idler);
}

static int credit_init(void)
{
	credit_acct_init();
	return 0;
}

static void *credit_cpu_alloc(unsigned cpu)
{
	struct credit_cpu *cc = knew(struct credit_cpu);

	if (cc)
		list_init(&cc->runq);
	return cc;
}

static int credit_domain_init(struct domain *d)
{
	struct sched_domain *sd = knew(struct sched_domain);
	u64 flags;

	if (!sd)
		return -ENOMEM;
	sd->d = d;
	sd->weight = CREDIT_DEFAULT_WEIGHT;
	d->sched = sd;
	flags = spin_lock_irqsave(&credit.lock);
	list_add_tail(&sd->all, &credit.domains);
	spin_unlock_irqrestore(&credit.lock, flags);
	return 0;
}

static void credit_domain_forget(struct domain *d)
{
	u64 flags;

	if (!d->sched)
		return;
	flags = spin_lock_irqsave(&credit.lock);
	list_del(&d->sched->all);
	spin_unlock_irqrestore(&credit.lock, flags);
}

static void credit_domain_destroy(struct domain *d)
{
	credit_domain_forget(d);
	kfree(d->sched);
	d->sched = NULL;
}

static int credit_vcpu_init(struct vcpu *v)
{
	struct sched_unit *u = knew(struct sched_unit);

	if (!u)
		return -ENOMEM;
	list_init(&u->runq);
	u->v = v;
	u->dom = v->domain->sched;
	v->sched = u;
	return 0;
}

static void credit_vcpu_destroy(struct vcpu *v)
{
	kfree(v->sched);
	v->sched = NULL;
}

const struct scheduler sched_credit = {
	.name = "SMP Credit Scheduler",
	.opt_name = "credit",
	.id = XEN_SCHEDULER_CREDIT,
	.init = credit_init,
	.cpu_alloc = credit_cpu_alloc,
	.domain_init = credit_domain_init,
	.domain_forget = credit_domain_forget,
	.domain_destroy = credit_domain_destroy,
	.vcpu_init = credit_vcpu_init,
	.vcpu_destroy = credit_vcpu_destroy,
	.wake = credit_wake,
	.sleep = credit_sleep,
	.yield = credit_yield,
	.pick = credit_pick,
	.pick_cpu = credit_pick_cpu,
	.affinity_changed = credit_affinity_changed,
	.adjust = credit_adjust,
	.adjust_global = credit_adjust_global,
	.dump = credit_dump,
};

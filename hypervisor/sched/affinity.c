/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs a vCPU may (hard) and should (soft) run on, and moving one that is
 * where it may not be.
 *
 * migrate_pending says that v must leave v->cpu. A vCPU moves only while it is
 * not running: whoever sets the flag looks at is_running after it, and the CPU
 * that saved v's state looks at the flag after clearing is_running, so that at
 * least one of them serves it; vcpu_migrate() is harmless when called twice.
 */
#include "core/domain.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"

/* Both CPUs' locks are held. */
static void migrate_locked(struct vcpu *v, unsigned cpu)
{
	if (!v->migrate_pending || v->is_running)
		return;
	v->migrate_pending = false;
	scheduler->sleep(v);
	WRITE_ONCE(v->cpu, cpu);
	if (vcpu_is_runnable(v))
		scheduler->wake(v, now_ns());
}

void vcpu_migrate(struct vcpu *v)
{
	bool done;

	do {
		unsigned old = READ_ONCE(v->cpu), new = scheduler->pick_cpu(v);
		struct sched_cpu *a = sched_cpu(min(old, new)), *b = sched_cpu(max(old, new));
		u64 flags = spin_lock_irqsave(&a->lock);

		if (a != b)
			spin_lock_nested(&b->lock);
		done = v->cpu == old && (v->hard_affinity & CPUMASK(new));
		if (done)
			migrate_locked(v, new);
		if (a != b)
			spin_unlock(&b->lock);
		spin_unlock_irqrestore(&a->lock, flags);
	} while (!done);
}

static void affinity_apply(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
	u64 flags;
	spinlock_t *l = vcpu_sched_lock(v, &flags);
	bool move;

	if (hard)
		v->hard_affinity = *hard;
	if (soft)
		v->soft_affinity = *soft;
	scheduler->affinity_changed(v);
	move = !(v->hard_affinity & CPUMASK(v->cpu));
	if (move) {
		WRITE_ONCE(v->migrate_pending, true);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (READ_ONCE(v->is_running)) {
			/* The switch away from it will see to it. */
			softirq_raise_on(v->cpu, SOFTIRQ_SCHEDULE);
			move = false;
		}
	}
	vcpu_sched_unlock(l, flags);
	if (move)
		vcpu_migrate(v);
}

int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
	if (hard && !(*hard & cpu_online_map))
		return -EINVAL;
	if (hard && v->affinity_override) {
		/* Takes effect when the override ends. */
		v->saved_affinity = *hard;
		hard = NULL;
	}
	affinity_apply(v, hard, soft);
	return 0;
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
	cpumask_t mask;

	if (cpu < 0) {
		if (!v->affinity_override)
			return -EINVAL;
		v->affinity_override = false;
		mask = v->saved_affinity;
	} else {
		if (!cpu_online((unsigned)cpu))
			return -EINVAL;
		if (v->affinity_override)
			return -EBUSY;
		v->saved_affinity = v->hard_affinity;
		v->affinity_override = true;
		mask = CPUMASK((unsigned)cpu);
	}
	affinity_apply(v, &mask, NULL);
	return 0;
}

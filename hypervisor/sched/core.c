/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all schedulers share: who is runnable, waking, blocking, and the softirq
 * that replaces what runs on a CPU.
 *
 * A vCPU has no stack of its own: it leaves its CPU only at the end of a
 * hypercall, exception or interrupt, when SOFTIRQ_SCHEDULE finds somebody else
 * to run. So to stop a vCPU means to make it not runnable and to raise that
 * softirq on its CPU; v->is_running falls once its state is in memory.
 *
 * Locks: each CPU's sched_cpu.lock guards its curr and the scheduler's queue,
 * and the scheduling state of every vCPU with v->cpu naming that CPU. v->cpu
 * changes under the locks of both the old and the new CPU. pause_flags are
 * changed atomically without a lock; whoever changes them then calls
 * vcpu_wake() or vcpu_sleep_nosync(), which look at them again under the lock.
 */
#include "core/domain.h"
#include "core/vcpu.h"
#include "cpu/cpu.h"
#include "evtchn/evtchn.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"

const struct scheduler *scheduler;

static const struct scheduler *const schedulers[] = { &sched_credit };

struct sched_cpu *sched_cpu(unsigned cpu) { return pcpus[cpu]->sched; }

spinlock_t *vcpu_sched_lock(struct vcpu *v, u64 *flags)
{
	for (;;) {
		unsigned cpu = READ_ONCE(v->cpu);
		spinlock_t *l = &sched_cpu(cpu)->lock;

		*flags = spin_lock_irqsave(l);
		if (likely(cpu == READ_ONCE(v->cpu)))
			return l;
		spin_unlock_irqrestore(l, *flags);
	}
}

void vcpu_sched_unlock(spinlock_t *l, u64 flags) { spin_unlock_irqrestore(l, flags); }

static void pause_flags_set(struct vcpu *v, unsigned f)
{
	__atomic_fetch_or(&v->pause_flags, f, __ATOMIC_SEQ_CST);
}

static unsigned pause_flags_clear(struct vcpu *v, unsigned f)
{
	return __atomic_fetch_and(&v->pause_flags, ~f, __ATOMIC_SEQ_CST);
}

void vcpu_wake(struct vcpu *v)
{
	u64 flags, now = now_ns();
	spinlock_t *l = vcpu_sched_lock(v, &flags);

	if (vcpu_is_runnable(v)) {
		if (v->runstate.state == RUNSTATE_blocked || v->runstate.state == RUNSTATE_offline)
			sched_runstate_change(v, RUNSTATE_runnable, now);
		scheduler->wake(v, now);
	} else if (v->runstate.state == RUNSTATE_blocked && !(v->pause_flags & VPF_blocked)) {
		sched_runstate_change(v, RUNSTATE_offline, now);
	}
	vcpu_sched_unlock(l, flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	u64 flags;
	spinlock_t *l = vcpu_sched_lock(v, &flags);

	if (!vcpu_is_runnable(v)) {
		if (v->runstate.state == RUNSTATE_runnable)
			sched_runstate_change(v, sched_blocked_state(v), now_ns());
		scheduler->sleep(v);
	}
	vcpu_sched_unlock(l, flags);
}

/*
 * Interrupts stay on while we wait, so that flush and call requests of the CPU
 * that we wait for are answered. Two vCPUs that pause each other would wait for
 * ever: control operations, the only callers, are one at a time.
 */
void vcpu_sleep_sync(struct vcpu *v)
{
	BUG_ON(v == current);
	vcpu_sleep_nosync(v);
	while (!vcpu_is_runnable(v) && READ_ONCE(v->is_running))
		cpu_relax();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void vcpu_block(void)
{
	struct vcpu *v = current;

	pause_flags_set(v, VPF_blocked);
	/* After the flag: whoever raises an event now sees that he must wake us. */
	if (vcpu_event_delivery_wanted(v) || v->nmi_pending || v->mce_pending)
		pause_flags_clear(v, VPF_blocked);
	else
		softirq_raise(SOFTIRQ_SCHEDULE);
}

/*
 * The poll is ended before the flags fall: once they have fallen v may poll again,
 * and what belongs to the new poll is not ours to touch. vcpu_poll() sets up in
 * the other order, so who comes late wakes v once too often, never too seldom.
 */
void vcpu_unblock(struct vcpu *v)
{
	if (unlikely(READ_ONCE(v->pause_flags) & VPF_polling)) {
		WRITE_ONCE(v->poll_active, false);
		timer_stop(&v->poll_timer);
	}
	if (pause_flags_clear(v, VPF_blocked | VPF_polling) & VPF_blocked)
		vcpu_wake(v);
}

/* Is one of the ports pending? 1, 0, -EINVAL for a bad one. */
static int poll_check(struct domain *d, const u32 *ports, unsigned nr)
{
	unsigned i;
	int rc;

	for (i = 0; i < nr; i++) {
		rc = evtchn_port_is_pending(d, ports[i]);
		if (rc)
			return rc;
	}
	return 0;
}

long vcpu_poll(const u32 *ports, unsigned nr, u64 timeout_ns)
{
	struct vcpu *v = current;
	int rc;

	v->poll_port = nr == 1 ? (int)ports[0] : -1;
	pause_flags_set(v, VPF_blocked | VPF_polling);
	__atomic_store_n(&v->poll_active, true, __ATOMIC_SEQ_CST);
	/* As in vcpu_block(): look only after all this is seen by senders. */
	rc = vcpu_event_delivery_wanted(v) ? 1 : poll_check(v->domain, ports, nr);
	if (rc) {
		pause_flags_clear(v, VPF_blocked | VPF_polling);
		v->poll_active = false;
		return rc < 0 ? rc : 0;
	}
	if (timeout_ns)
		timer_set(&v->poll_timer, timeout_ns);
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

void vcpu_yield(void)
{
	struct vcpu *v = current;
	u64 flags;
	spinlock_t *l = vcpu_sched_lock(v, &flags);

	scheduler->yield(v);
	vcpu_sched_unlock(l, flags);
	softirq_raise(SOFTIRQ_SCHEDULE);
}

static void idle_account(struct sched_cpu *sc, struct vcpu *prev, struct vcpu *next, u64 now)
{
	if (is_idle_vcpu(prev))
		sc->idle_time += now - sc->idle_since;
	if (is_idle_vcpu(next))
		sc->idle_since = now;
}

/*
 * SOFTIRQ_SCHEDULE. Returns only if the same vCPU goes on; otherwise interrupts
 * stay off from the decision until next's state is loaded.
 */
static void schedule(void)
{
	unsigned cpu = smp_cpu_id();
	struct sched_cpu *sc = sched_cpu(cpu);
	struct vcpu *prev = current, *next;
	struct sched_decision dec;
	u64 flags = spin_lock_irqsave(&sc->lock), now = now_ns();

	dec = scheduler->pick(cpu, now);
	next = dec.next;
	if (dec.slice)
		timer_set(&sc->tick, now + dec.slice);
	else
		timer_stop(&sc->tick);
	if (next == prev) {
		spin_unlock_irqrestore(&sc->lock, flags);
		return;
	}
	BUG_ON(next->is_running && !is_idle_vcpu(next));
	sched_runstate_change(prev, sched_blocked_state(prev), now);
	sched_runstate_change(next, RUNSTATE_running, now);
	idle_account(sc, prev, next, now);
	next->is_running = true;
	sc->curr = next;
	sc->switches++;
	spin_unlock(&sc->lock);

	if (!is_idle_vcpu(prev))
		vcpu_timers_switch_out(prev);
	if (!is_idle_vcpu(next))
		vcpu_timers_switch_in(next, cpu);
	context_switch(prev, next);
}

/* From here on prev may run elsewhere, and its domain may die: it is not ours any more. */
void sched_context_saved(struct vcpu *prev)
{
	if (is_idle_vcpu(prev))
		return;
	__atomic_store_n(&prev->is_running, false, __ATOMIC_SEQ_CST);
	if (unlikely(READ_ONCE(prev->migrate_pending)))
		vcpu_migrate(prev);
}

static void tick_fn(void *arg) { softirq_raise(SOFTIRQ_SCHEDULE); }

void sched_tick_program(unsigned cpu, u64 deadline) { timer_set(&sched_cpu(cpu)->tick, deadline); }

static struct vcpu *idle_vcpu_create(unsigned cpu)
{
	struct vcpu *v = knew(struct vcpu);

	if (!v)
		panic("no memory for the idle vCPU of CPU%u", cpu);
	v->id = cpu;
	v->domain = dom_idle;
	v->cpu = cpu;
	v->info = &v->dummy_info;
	v->info->evtchn_upcall_mask = 1;
	v->hard_affinity = v->soft_affinity = CPUMASK(cpu);
	v->is_running = v->is_initialised = true;
	v->runstate.state = RUNSTATE_running;
	v->poll_port = -1;
	if (dom_idle->vcpu && cpu < dom_idle->max_vcpus)
		dom_idle->vcpu[cpu] = v;
	return v;
}

void sched_init_cpu(unsigned cpu)
{
	struct pcpu *p = pcpus[cpu];
	struct sched_cpu *sc;

	if (p->sched)
		return;
	sc = knew(struct sched_cpu);
	if (!sc)
		panic("no memory for the scheduler of CPU%u", cpu);
	spin_lock_init(&sc->lock, LOCK_SCHED);
	timer_init(&sc->tick, tick_fn, NULL, cpu);
	sc->priv = scheduler->cpu_alloc(cpu);
	if (!sc->priv)
		panic("no memory for the scheduler of CPU%u", cpu);
	p->idle = idle_vcpu_create(cpu);
	sc->curr = p->idle;
	sc->idle_since = now_ns();
	p->idle->runstate.state_entry_time = sc->idle_since;
	p->sched = sc;
	if (cpu == smp_cpu_id())
		current = p->idle;
}

void sched_init(void)
{
	unsigned i;

	scheduler = schedulers[0];
	for (i = 0; i < ARRAY_SIZE(schedulers); i++)
		if (!strcmp(opts.sched, schedulers[i]->opt_name))
			scheduler = schedulers[i];
	if (opts.sched[0] && strcmp(opts.sched, scheduler->opt_name))
		printk(LOG_WARN, "sched=%s is not known\n", opts.sched);
	if (scheduler->init())
		panic("scheduler %s does not start: no memory", scheduler->name);
	printk(LOG_INFO, "Using scheduler: %s (%s)\n", scheduler->name, scheduler->opt_name);
	softirq_open(SOFTIRQ_SCHEDULE, schedule);
	sched_init_cpu(smp_cpu_id());
}

int sched_domain_init(struct domain *d) { return scheduler->domain_init(d); }
void sched_domain_forget(struct domain *d) { scheduler->domain_forget(d); }
void sched_domain_destroy(struct domain *d) { scheduler->domain_destroy(d); }

int sched_vcpu_init(struct vcpu *v)
{
	int rc;

	v->hard_affinity = v->soft_affinity = ~0ull;
	v->cpu = ffs64(cpu_online_map);
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = now_ns();
	rc = scheduler->vcpu_init(v);
	if (!rc)
		v->cpu = scheduler->pick_cpu(v);
	return rc;
}

void sched_vcpu_destroy(struct vcpu *v) { scheduler->vcpu_destroy(v); }

void sched_dump(void)
{
	unsigned cpu;

	printk(LOG_INFO, "Scheduler: %s (%s), now %lu ns\n", scheduler->name, scheduler->opt_name,
	       (unsigned long)now_ns());
	for_each_cpu(cpu, cpu_online_map) {
		struct sched_cpu *sc = sched_cpu(cpu);
		u64 flags = spin_lock_irqsave(&sc->lock);

		printk(LOG_INFO, "CPU%u: runs %pv, %lu switches, idle %lu ms\n", cpu,
		       (void *)sc->curr, (unsigned long)sc->switches,
		       (unsigned long)(sc->idle_time / 1000000));
		scheduler->dump(cpu);
		spin_unlock_irqrestore(&sc->lock, flags);
	}
}

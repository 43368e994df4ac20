/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedulers. sched/core.c owns the run states, blocking, waking, pausing and
 * the context switch; a struct scheduler only decides who runs next on a CPU.
 *
 * Each CPU has a struct sched_cpu with a lock (LOCK_SCHED, irqsave). A vCPU's
 * scheduling state is guarded by the lock of the CPU that it is assigned to
 * (v->cpu); vcpu_sched_lock() takes it, re-checking that it did not move.
 * The callbacks are called with it held, interrupts off.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "core/domain.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

struct sched_cpu {
	spinlock_t lock;
	struct vcpu *curr;		/* what runs */
	struct timer tick;		/* end of slice */
	u64 idle_time, idle_since;
	u64 switches;
	void *priv;			/* scheduler's */
};

struct sched_decision {
	struct vcpu *next;		/* idle vCPU if nothing is runnable */
	u64 slice;			/* ns until to be asked again, 0: only when something changes */
};

struct scheduler {
	const char *name, *opt_name;
	unsigned id;			/* XEN_SCHEDULER_* */
	int (*init)(void);
	void *(*cpu_alloc)(unsigned cpu);		/* priv of a CPU */
	int (*domain_init)(struct domain *d);
	void (*domain_forget)(struct domain *d);
	void (*domain_destroy)(struct domain *d);
	int (*vcpu_init)(struct vcpu *v);		/* v->sched */
	void (*vcpu_destroy)(struct vcpu *v);
	void (*wake)(struct vcpu *v, u64 now);		/* became runnable: queue it, poke a CPU */
	void (*sleep)(struct vcpu *v);			/* dequeue if queued; if it runs, poke its CPU */
	void (*yield)(struct vcpu *v);
	struct sched_decision (*pick)(unsigned cpu, u64 now);	/* curr is accounted and requeued if runnable */
	unsigned (*pick_cpu)(struct vcpu *v);		/* where to run, within affinity; needs no lock */
	void (*affinity_changed)(struct vcpu *v);
	int (*adjust)(struct domain *d, struct xen_domctl_scheduler_op *op);
	int (*adjust_global)(struct xen_sysctl_scheduler_op *op);
	void (*dump)(unsigned cpu);
};

extern const struct scheduler sched_credit;
extern const struct scheduler *scheduler;		/* the one of this boot */

void sched_init(void);					/* boot CPU: chooses scheduler by opts.sched */
void sched_init_cpu(unsigned cpu);			/* before the CPU starts: idle vCPU, lock */
int sched_domain_init(struct domain *d);
void sched_domain_destroy(struct domain *d);		/* after its vCPUs */
void sched_domain_forget(struct domain *d);		/* before them: the accounting leaves it alone */
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);

spinlock_t *vcpu_sched_lock(struct vcpu *v, u64 *flags);
void vcpu_sched_unlock(spinlock_t *l, u64 flags);

void vcpu_wake(struct vcpu *v);				/* re-evaluate: runnable? then queue */
void vcpu_sleep_nosync(struct vcpu *v);			/* re-evaluate: not runnable? then off the CPU soon */
void vcpu_sleep_sync(struct vcpu *v);			/* ... and wait for it */
void vcpu_block(void);					/* current waits for an event; returns at once if one is there */
void vcpu_unblock(struct vcpu *v);			/* an event came */
long vcpu_poll(const u32 *ports, unsigned nr, u64 timeout_ns);
void vcpu_yield(void);
int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft);
u64 vcpu_cpu_time(struct vcpu *v);			/* ns running */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
void sched_runstate_guest_update(struct vcpu *v);	/* writes the registered area of current */
/* The same at a switch: puts it off (v->runstate_pending) while user page tables are loaded. */
void sched_runstate_guest_switch(struct vcpu *v);
/* Accounting of a state change, with v's lock held. */
void sched_runstate_change(struct vcpu *v, int state, u64 now);
int sched_blocked_state(const struct vcpu *v);		/* RUNSTATE_* of one that does not run */
void vcpu_migrate(struct vcpu *v);			/* serves v->migrate_pending; v does not run */
/* SCHEDOP_pin_override: bind to one CPU for a while; cpu < 0 ends it. */
int vcpu_pin_override(struct vcpu *v, int cpu);
u64 sched_cpu_idle_time(unsigned cpu);
void sched_tick_program(unsigned cpu, u64 deadline);
struct sched_cpu *sched_cpu(unsigned cpu);
void sched_dump(void);					/* debug key r */

/* The switch itself (core/switch.c): saves prev, loads next, leaves to guest or idle loop. */
void __noreturn context_switch(struct vcpu *prev, struct vcpu *next);
/* Called by it once prev's state is saved: prev may run elsewhere. */
void sched_context_saved(struct vcpu *prev);

#endif

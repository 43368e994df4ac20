/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and their virtual CPUs.
 *
 * Lifetime. A domain is found by id through domain_get(), which takes a
 * reference; domain_put() drops it. The struct goes when the last reference has
 * gone; each frame that the domain owns (tot_pages + hypervisor-shared ones)
 * holds one, so d stays valid while anybody maps its memory. The vCPUs live as
 * long as their domain.
 *
 * Death. domain_kill() (DOMCTL destroydomain, restarted until it returns 0)
 * pauses the domain for good, sets is_dying, and lets each service give up what
 * it holds; then domain_get() no longer finds it once the last reference goes.
 *
 * Pausing is counted: a vCPU is runnable when it is up, not blocked, and both
 * its own pause_count and the domain's are 0.
 */
#ifndef CORE_DOMAIN_H
#define CORE_DOMAIN_H

#include "cpu/percpu.h"
#include "lib/list.h"
#include "lib/rangeset.h"
#include "mm/page.h"
#include "sync/softirq.h"
#include "sync/spinlock.h"
#include "time/timer.h"
#include <xen/xen.h>
#include <xen/vcpu.h>
#include <xen/sched.h>

#define MAX_VCPUS 64			/* per domain, limited by our bitmaps */

struct xen_domctl_createdomain;
struct vcpu_guest_context;
struct grant_table;
struct evtchn;
struct evtchn_fifo;
struct pirq;
struct sched_unit;

/* What a kind of guest (pv/, later hvm/) does in its own way. */
struct guest_ops {
	const char *name;
	int (*domain_init)(struct domain *d, const struct xen_domctl_createdomain *c);
	void (*domain_destroy)(struct domain *d);	/* last reference gone */
	int (*relinquish)(struct domain *d);		/* memory and tables: 0, or -ERESTART to be called again */
	int (*vcpu_init)(struct vcpu *v);
	void (*vcpu_destroy)(struct vcpu *v);
	int (*set_context)(struct vcpu *v, const struct vcpu_guest_context *c);
	void (*get_context)(struct vcpu *v, struct vcpu_guest_context *c);
	void (*vcpu_reset)(struct vcpu *v);
	void (*switch_from)(struct vcpu *v);	/* save segments, debug registers, ... */
	void (*switch_to)(struct vcpu *v);	/* load them, and CR3 */
	void (*trap)(struct cpu_user_regs *regs);	/* exception out of the guest; regs->entry_vector */
	void (*inject_nmi)(struct vcpu *v);
	/* A fault of the hypervisor's own on a guest's behalf (LDT window): true if it is to be retried. */
	bool (*hv_fault)(struct cpu_user_regs *regs, u64 cr2);
	/* May guest kernel addresses of v, which is current, be written now? NULL: always. */
	bool (*kernel_tables_active)(const struct vcpu *v);
};

enum vcpu_runstate { RUNSTATE_RUNNING, RUNSTATE_RUNNABLE, RUNSTATE_BLOCKED, RUNSTATE_OFFLINE };

/* pv/pv.h defines it; the size is all that others need to know. */
struct pv_vcpu;
struct pv_domain;

struct vcpu {
	/* What the exit path reads (cpu/entry.S; offsets checked in cpu/asm_check.c). */
	struct vcpu_info *info;			/* always valid: a private dummy for id >= 32 until registered */
	struct pv_vcpu *pv;
	bool nmi_pending, mce_pending;		/* towards the guest */
	u8 async_mask;				/* bit 0 NMI, bit 1 MCE in progress */
	u8 async_old_mask;			/* async_mask before the last delivery */
	unsigned id;
	struct domain *domain;
	unsigned cpu;				/* where it runs or last ran */

	/* The registers while it does not run; while it runs: guest_regs() of its CPU. */
	struct cpu_user_regs regs;
	void *xsave_area;
	u64 xcr0, xcr0_accum;

	/* Information pages. */
	struct page *info_page;			/* registered by VCPUOP_register_vcpu_info, else NULL */
	struct vcpu_info dummy_info;

	/* Scheduling: sched/. */
	struct sched_unit *sched;		/* scheduler's private part */
	cpumask_t hard_affinity, soft_affinity;
	unsigned pause_flags;			/* VPF_* */
	int pause_count;
	bool is_running;			/* on a CPU now, or its state is still being saved there */
	bool is_initialised;			/* VCPUOP_initialise or set_context was done */
	bool is_urgent;
	bool migrate_pending;			/* must leave v->cpu: sched/affinity.c */
	bool affinity_override;			/* SCHEDOP_pin_override is on, and what it replaced: */
	cpumask_t saved_affinity;
	u64 cpu_time_at;
	struct vcpu_runstate_info runstate;
	void __guest *runstate_guest;		/* guest virtual address, 0: not registered */
	void __guest *time_guest;		/* secondary time area */
	bool runstate_pending, time_pending;	/* to be written when kernel page tables are active */
	cpumask_t dirty_cpu;			/* CPU whose TLB may hold our mappings */

	/* Timers. */
	struct timer singleshot_timer, periodic_timer, poll_timer;
	u64 periodic_period;			/* ns, 0: none */
	u64 periodic_last;
	bool poll_active;
	int poll_port;				/* -1: several */
	u64 time_version_stamp;			/* time_stamp of the pcpu when last updated */

	/* Events. */
	u32 virq_to_evtchn[NR_VIRQS];
	struct evtchn_fifo_vcpu *fifo;		/* evtchn/fifo.c */

	/* Continuations. */
	struct page *old_guest_table;		/* pv/types.c: put to be finished */
	struct multicall_state {
		bool active;
		u64 entry_ptr;
	} mc;
};

#define VPF_down	(1u << 0)		/* not up */
#define VPF_blocked	(1u << 1)		/* waits for an event */
#define VPF_polling	(1u << 2)		/* SCHEDOP_poll, together with blocked */

enum domain_dying { DOMDYING_alive, DOMDYING_dying, DOMDYING_dead };

#define ASSIST(name) (1ull << VMASST_TYPE_##name)
#define VM_ASSIST_VALID (ASSIST(4gb_segments) | ASSIST(4gb_segments_notify) | \
			 ASSIST(writable_pagetables) | ASSIST(pae_extended_cr3) | \
			 ASSIST(architectural_iopl) | ASSIST(runstate_update_flag) | \
			 ASSIST(m2p_strict))

struct domain {
	domid_t domain_id;
	u16 pad;
	unsigned max_vcpus;
	struct vcpu **vcpu;			/* max_vcpus entries; NULL until DOMCTL_max_vcpus */
	const struct guest_ops *ops;
	struct list list;			/* core/domain.c: by id */
	u32 refcnt;				/* atomic */
	bool is_hardware;			/* domain 0: owns the devices */
	bool is_privileged;			/* may control others */
	bool is_special;			/* DOMID_IO, DOMID_XEN, idle: no vCPUs of its own */
	bool creation_finished;			/* has been unpaused once */
	enum domain_dying is_dying;
	int kill_step;				/* where domain_kill() goes on */
	int pause_count;			/* all pauses */
	int controller_pause_count;		/* those of domctl */
	u8 handle[16];
	u32 create_flags;			/* XEN_DOMCTL_CDF_* */
	u32 ssidref;

	/* Shutdown: shutdown_lock. */
	spinlock_t shutdown_lock;
	bool is_shutting_down, is_shut_down;
	int shutdown_code;			/* ~0: none */
	bool debugger_attached;

	/* Memory: page_lock. */
	spinlock_t page_lock;
	u32 page_list;				/* first frame, PAGE_LIST_END: empty */
	u64 tot_pages, max_pages, claimed_pages, xen_pages;
	cpumask_t dirty_cpus;			/* CPUs whose TLB may hold its mappings */
	u32 relinquish_cursor;
	struct shared_info *shared_info;
	u64 *e820;				/* guest_map entries, memory/memmap.c */
	void *memmap;				/* struct xen_memory_e820 copy */
	unsigned memmap_nr;

	/* Events: event_lock (irqsave). evtchn/evtchn.h */
	spinlock_t event_lock;
	struct evtchn **evtchn_buckets;
	unsigned max_evtchn_port;		/* highest usable port */
	unsigned valid_evtchns;			/* ports with a struct */
	unsigned active_evtchns;
	unsigned evtchn_hint;			/* no port below it is free */
	struct evtchn_fifo *fifo;		/* NULL: two-level */

	/* Physical interrupts. irq/pirq.h */
	struct pirq **pirqs;
	unsigned nr_pirqs;
	u64 *pirq_eoi_map;			/* registered bitmap page */
	struct page *pirq_eoi_page;
	bool pirq_auto_unmask;

	struct grant_table *grant;

	/* Rights: core/rights.c */
	struct rangeset *iomem_caps, *irq_caps, *ioport_caps;
	bool needs_device_rights;		/* has any of the above: cache attributes allowed */

	/* Time. */
	s64 time_offset;			/* seconds added to the wall clock */
	u32 tsc_incarnation;
	u32 tsc_mode;
	struct { bool active; struct timer timer; } watchdog[2];

	u64 vm_assist;				/* of VM_ASSIST_VALID */
	void *cpu_policy;			/* struct cpu_policy, control/policy.h */
	struct sched_domain *sched;		/* scheduler's private part */
	spinlock_t hypercall_deadlock_lock;	/* DOMCTL_max_vcpus and friends */
	u32 suspend_port;

	struct pv_domain *pv;
	struct tasklet destroy_tasklet;		/* core/domain.c: frees d after the last reference */
};

#define PAGE_LIST_END 0xffffffffu

extern struct domain *hardware_domain;		/* domain 0, NULL before it exists */
extern struct domain *dom_io;			/* owner of MMIO and firmware frames */
extern struct domain *dom_xen;			/* owner of M2P frames and the like */
extern struct domain *dom_idle;

#define for_each_vcpu(d, v) \
	for (unsigned vi_ = 0; vi_ < (d)->max_vcpus && (d)->vcpu; vi_++) \
		if (!((v) = (d)->vcpu[vi_])) continue; else

void domain_init_specials(void);		/* boot: dom_io, dom_xen, dom_idle */

/* Creation: returns d with one reference held by its being alive, or an error in *err. */
struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *c, bool privileged, int *err);
struct vcpu *vcpu_create(struct domain *d, unsigned id);

/*
 * Look up by id and take a reference; NULL if there is none. domain_get_any()
 * also understands DOMID_SELF. Dying domains are found; check is_dying.
 */
struct domain *domain_get(domid_t id);
struct domain *domain_get_any(domid_t id);
/* The first domain with an id >= id, for the list calls; referenced. */
struct domain *domain_get_from(domid_t id);
bool domain_tryget(struct domain *d);
void domain_ref(struct domain *d);		/* caller already has one */
void domain_put(struct domain *d);

void domain_pause(struct domain *d);		/* waits until no vCPU runs; never on current's own domain */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_controller(struct domain *d);
int domain_unpause_by_controller(struct domain *d);	/* -EINVAL if not so paused */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);

void domain_shutdown(struct domain *d, u8 reason);	/* SHUTDOWN_*; hardware domain: the machine follows */
void domain_resume(struct domain *d);
int domain_kill(struct domain *d);		/* 0 or -ERESTART */
/* The guest did something that it cannot survive; the reason goes to the log with registers. */
void __domain_crash(struct domain *d, const char *file, int line);
#define domain_crash(d) __domain_crash(d, __FILE__, __LINE__)
void domain_crash_msg(struct domain *d, const char *fmt, ...) __printf(2, 3);

/* VCPUOP_up/down and friends need them; also SCHEDOP. */
int vcpu_up(struct vcpu *v);
int vcpu_down(struct vcpu *v);

static inline bool vcpu_is_runnable(const struct vcpu *v)
{
	return !READ_ONCE(v->pause_flags) && !READ_ONCE(v->pause_count) &&
	       !READ_ONCE(v->domain->pause_count);
}

static inline bool is_idle_vcpu(const struct vcpu *v) { return v->domain == dom_idle; }
static inline struct domain *current_domain(void) { return current->domain; }

/* vcpu of a domain by number from a guest; NULL if there is none. */
struct vcpu *domain_vcpu(const struct domain *d, u64 id);

/* core/info.c: VCPUOP_register_vcpu_info; the page is referenced and writable for ever. */
int vcpu_map_info(struct vcpu *v, u64 mfn, u32 offset);
void vcpu_unmap_info(struct vcpu *v);

#endif

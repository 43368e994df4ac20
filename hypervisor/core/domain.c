/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of domains, and a domain's life from domain_create() to the moment
 * when the last reference goes.
 *
 * The list is sorted by id. A domain is on it until it is freed, so an id is not
 * given again while anything of its old owner is left. domlist_lock guards the
 * list; it is a leaf, so domain_get() may be called anywhere.
 *
 * The last domain_put() may come from deep inside some other domain's locks.
 * So the freeing is done by a tasklet, which holds none.
 */
#include "core/domain.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "cpu/smp.h"
#include "evtchn/evtchn.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/sched.h"
#include "time/time.h"
#include <xen/domctl.h>

#define DOMID_IDLE_ 0x7fff

struct domain *hardware_domain, *dom_io, *dom_xen, *dom_idle;

static struct list domains = LIST_INIT(domains);
static spinlock_t domlist_lock = SPINLOCK_INIT(LOCK_LEAF);

static void domain_free_fn(void *arg);

static void watchdog_fn(void *arg)
{
	struct domain *d = arg;

	printk(LOG_WARN, "%pd: watchdog expired\n", (void *)d);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

static struct domain *domain_alloc(domid_t id, unsigned max_vcpus)
{
	struct domain *d = knew(struct domain);
	unsigned i;

	if (!d)
		return NULL;
	d->domain_id = id;
	d->refcnt = 1;
	d->shutdown_code = -1;
	d->page_list = PAGE_LIST_END;
	list_init(&d->list);
	spin_lock_init(&d->shutdown_lock, LOCK_SHUTDOWN);
	spin_lock_init(&d->page_lock, LOCK_PAGE_ALLOC);
	spin_lock_init(&d->event_lock, LOCK_EVENT);
	spin_lock_init(&d->hypercall_deadlock_lock, LOCK_DOMLIST);
	d->destroy_tasklet = (struct tasklet){ .fn = domain_free_fn, .arg = d };
	for (i = 0; i < ARRAY_SIZE(d->watchdog); i++)
		timer_init(&d->watchdog[i].timer, watchdog_fn, d, smp_cpu_id());
	if (max_vcpus) {
		d->vcpu = knew_array(struct vcpu *, max_vcpus);
		d->max_vcpus = max_vcpus;
		if (!d->vcpu) {
			kfree(d);
			return NULL;
		}
	}
	return d;
}

static struct domain *special_domain(domid_t id, unsigned max_vcpus)
{
	struct domain *d = domain_alloc(id, max_vcpus);

	if (!d)
		panic("no memory for domain %u", id);
	d->is_special = true;
	d->creation_finished = true;
	d->max_pages = ~0ull;
	return d;
}

void domain_init_specials(void)
{
	dom_idle = special_domain(DOMID_IDLE_, MAX_CPUS);
	dom_xen = special_domain(DOMID_XEN, 0);
	dom_io = special_domain(DOMID_IO, 0);
}

/* False if the id is in use. */
static bool list_insert_domain(struct domain *d)
{
	u64 flags = spin_lock_irqsave(&domlist_lock);
	struct domain *o;
	bool free = true;

	list_for_each_entry(o, &domains, list) {
		if (o->domain_id >= d->domain_id) {
			free = o->domain_id != d->domain_id;
			break;
		}
	}
	/* o is the next higher one, or the list's head. */
	if (free)
		list_add_tail(&d->list, &o->list);
	spin_unlock_irqrestore(&domlist_lock, flags);
	return free;
}

struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *c, bool privileged,
			     int *err)
{
	const struct guest_ops *ops = services_guest_ops(c);
	struct domain *d;

	*err = -EINVAL;
	if (id >= DOMID_FIRST_RESERVED || !c->max_vcpus || c->max_vcpus > MAX_VCPUS)
		return NULL;
	*err = -EOPNOTSUPP;
	if (!ops)
		return NULL;
	*err = -ENOMEM;
	d = domain_alloc(id, c->max_vcpus);
	if (!d)
		return NULL;
	d->ops = ops;
	d->is_privileged = privileged;
	d->is_hardware = privileged && id == 0;
	d->create_flags = c->flags;
	d->ssidref = c->ssidref;
	memcpy(d->handle, c->handle, sizeof(d->handle));
	/* Domain 0 is started by boot itself, the others by whoever built them. */
	d->pause_count = 1;
	d->controller_pause_count = !d->is_hardware;
	if (!list_insert_domain(d)) {
		*err = -EEXIST;
		kfree(d->vcpu);
		kfree(d);
		return NULL;
	}
	*err = services_init(d, c);
	if (*err) {
		/* Whoever found it meanwhile keeps the shell until he lets go. */
		d->is_dying = DOMDYING_dying;
		while (domain_kill(d) == -ERESTART)
			;
		return NULL;
	}
	if (d->is_hardware)
		hardware_domain = d;
	return d;
}

/* The first domain with an id >= id that is not just being freed; exact: only that very id. */
static struct domain *find(domid_t id, bool exact)
{
	u64 flags = spin_lock_irqsave(&domlist_lock);
	struct domain *d, *found = NULL;

	list_for_each_entry(d, &domains, list) {
		if (d->domain_id < id)
			continue;
		if (exact && d->domain_id != id)
			break;
		if (domain_tryget(d)) {
			found = d;
			break;
		}
	}
	spin_unlock_irqrestore(&domlist_lock, flags);
	return found;
}

struct domain *domain_get(domid_t id) { return find(id, true); }
struct domain *domain_get_from(domid_t id) { return find(id, false); }

struct domain *domain_get_any(domid_t id)
{
	if (id != DOMID_SELF)
		return domain_get(id);
	domain_ref(current_domain());
	return current_domain();
}

bool domain_tryget(struct domain *d)
{
	u32 n = __atomic_load_n(&d->refcnt, __ATOMIC_RELAXED);

	while (n)
		if (__atomic_compare_exchange_n(&d->refcnt, &n, n + 1, false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

void domain_ref(struct domain *d) { BUG_ON(!__atomic_fetch_add(&d->refcnt, 1, __ATOMIC_ACQ_REL)); }

void domain_put(struct domain *d)
{
	u32 old = __atomic_fetch_sub(&d->refcnt, 1, __ATOMIC_ACQ_REL);

	BUG_ON(!old);
	if (old == 1)
		tasklet_schedule_on(smp_cpu_id(), &d->destroy_tasklet);
}

static void nothing(void *arg) { }

static void domain_free_fn(void *arg)
{
	struct domain *d = arg;
	struct vcpu *v;
	unsigned i;
	u64 flags;

	BUG_ON(d->is_special || d->is_dying != DOMDYING_dead);
	/*
	 * A CPU that switched away from one of its vCPUs looks at it once more after
	 * is_running fell (sched_context_saved). It does so with interrupts off, so when
	 * all CPUs have answered none is still there.
	 */
	smp_call(cpu_online_map, nothing, NULL);
	for (i = 0; i < ARRAY_SIZE(d->watchdog); i++)
		timer_kill(&d->watchdog[i].timer);
	/* The scheduler's accounting walks the vCPUs of the domains that it knows. */
	sched_domain_forget(d);
	for_each_vcpu(d, v)
		vcpu_free(v);
	services_free(d);
	flags = spin_lock_irqsave(&domlist_lock);
	list_del(&d->list);
	spin_unlock_irqrestore(&domlist_lock, flags);
	kfree(d->vcpu);
	kfree(d);
	send_global_virq(VIRQ_DOM_EXC);
}

/*
 * Restarted by the caller until it gives 0, one call at a time. The domain's own
 * reference goes at the end; frames that others still map keep the rest alive.
 */
int domain_kill(struct domain *d)
{
	int rc;

	if (d->is_special || d->is_hardware || (current && d == current_domain()))
		return -EINVAL;
	if (d->is_dying == DOMDYING_dead)
		return 0;
	if (d->kill_step == 0 && d->is_dying == DOMDYING_alive) {
		d->is_dying = DOMDYING_dying;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		domain_pause(d);
	}
	rc = services_kill(d);
	if (rc)
		return rc;
	d->is_dying = DOMDYING_dead;
	send_global_virq(VIRQ_DOM_EXC);
	domain_put(d);
	return 0;
}

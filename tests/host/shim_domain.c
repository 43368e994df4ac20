/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains of the host tests: a small table in place of core/domain.c. Weak, as
 * all of the shim. host_domain_new() makes what the services need to find; the
 * services themselves (event channels, grants) a test initialises on its own.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "boot/boot.h"
#include "core/domain.h"
#include "core/rights.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/heap.h"

#define WEAK __attribute__((weak))

WEAK struct domain *hardware_domain, *dom_io, *dom_xen, *dom_idle;
WEAK struct boot_info boot_info;

static struct domain *domains[16];

struct domain *host_domain_new(domid_t id, unsigned vcpus)
{
	struct domain *d = calloc(1, sizeof(*d));
	unsigned i;

	d->domain_id = id;
	d->refcnt = 1;
	d->page_list = PAGE_LIST_END;
	d->max_pages = 1 << 20;
	d->max_vcpus = vcpus;
	d->is_privileged = d->is_hardware = id == 0;
	d->is_special = id >= DOMID_FIRST_RESERVED;
	d->creation_finished = true;
	d->shutdown_code = -1;
	spin_lock_init(&d->shutdown_lock, LOCK_SHUTDOWN);
	spin_lock_init(&d->page_lock, LOCK_PAGE_ALLOC);
	spin_lock_init(&d->event_lock, LOCK_EVENT);
	spin_lock_init(&d->hypercall_deadlock_lock, LOCK_LEAF);
	d->shared_info = calloc(1, PAGE_SIZE);
	d->vcpu = calloc(vcpus ? vcpus : 1, sizeof(*d->vcpu));
	for (i = 0; i < vcpus; i++) {
		struct vcpu *v = calloc(1, sizeof(*v));

		v->id = i;
		v->domain = d;
		v->cpu = i % 4;
		v->is_initialised = true;
		v->hard_affinity = v->soft_affinity = ~0ull;
		v->poll_port = -1;
		v->info = i < 32 ? &d->shared_info->vcpu_info[i] : &v->dummy_info;
		v->info->evtchn_upcall_mask = 1;
		d->vcpu[i] = v;
	}
	for (i = 0; i < ARRAY_SIZE(domains) && domains[i]; i++)
		;
	if (i == ARRAY_SIZE(domains))
		abort();
	domains[i] = d;
	if (id == 0)
		hardware_domain = d;
	return d;
}

void host_domain_free(struct domain *d)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(domains); i++)
		if (domains[i] == d)
			domains[i] = NULL;
	for (i = 0; i < SHIM_CPUS; i++)
		if (shim_cpu_info[i].vcpu && shim_cpu_info[i].vcpu->domain == d)
			shim_cpu_info[i].vcpu = NULL;
	if (hardware_domain == d)
		hardware_domain = NULL;
	for (i = 0; i < d->max_vcpus; i++)
		free(d->vcpu[i]);
	free(d->vcpu);
	free(d->shared_info);
	free(d);
}

void host_run_on(unsigned cpu, struct vcpu *v)
{
	shim_cpu = cpu;
	if (current)
		current->is_running = false;
	current = v;
	if (v) {
		v->cpu = cpu;
		v->is_running = true;
	}
}

WEAK struct domain *domain_get(domid_t id)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(domains); i++) {
		if (domains[i] && domains[i]->domain_id == id) {
			domains[i]->refcnt++;
			return domains[i];
		}
	}
	return NULL;
}

WEAK struct domain *domain_get_any(domid_t id)
{
	return domain_get(id == DOMID_SELF ? current->domain->domain_id : id);
}

WEAK struct domain *domain_get_from(domid_t id)
{
	unsigned i;
	struct domain *best = NULL;

	for (i = 0; i < ARRAY_SIZE(domains); i++) {
		struct domain *d = domains[i];

		if (d && !d->is_special && d->domain_id >= id &&
		    (!best || d->domain_id < best->domain_id))
			best = d;
	}
	if (best)
		best->refcnt++;
	return best;
}

WEAK bool domain_tryget(struct domain *d) { d->refcnt++; return true; }
WEAK void domain_ref(struct domain *d) { d->refcnt++; }

WEAK void domain_put(struct domain *d)
{
	if (!d->refcnt)
		bug_at(__FILE__, __LINE__, "domain reference dropped that nobody holds");
	d->refcnt--;
}

WEAK struct vcpu *domain_vcpu(const struct domain *d, u64 id)
{
	return id < d->max_vcpus && d->vcpu ? d->vcpu[id] : NULL;
}

WEAK void domain_pause(struct domain *d) { d->pause_count++; }
WEAK void domain_pause_nosync(struct domain *d) { d->pause_count++; }
WEAK void domain_unpause(struct domain *d) { d->pause_count--; }
WEAK void vcpu_pause(struct vcpu *v) { v->pause_count++; }
WEAK void vcpu_pause_nosync(struct vcpu *v) { v->pause_count++; }
WEAK void vcpu_unpause(struct vcpu *v) { v->pause_count--; }

WEAK void domain_shutdown(struct domain *d, u8 reason)
{
	d->is_shutting_down = d->is_shut_down = true;
	d->shutdown_code = reason;
}

WEAK void __domain_crash(struct domain *d, const char *file, int line)
{
	shim_counts.crashes++;
	domain_shutdown(d, SHUTDOWN_crash);
}

WEAK void domain_crash_msg(struct domain *d, const char *fmt, ...)
{
	shim_counts.crashes++;
	domain_shutdown(d, SHUTDOWN_crash);
}

WEAK bool iomem_access_permitted(struct domain *d, u64 s_mfn, u64 e_mfn)
{
	return d->is_hardware || (d->iomem_caps && rangeset_contains(d->iomem_caps, s_mfn, e_mfn));
}

WEAK bool ioport_access_permitted(struct domain *d, u32 s, u32 e)
{
	return d->is_hardware || (d->ioport_caps && rangeset_contains(d->ioport_caps, s, e));
}

WEAK bool irq_access_permitted(struct domain *d, u32 irq)
{
	return d->is_hardware || (d->irq_caps && rangeset_contains(d->irq_caps, irq, irq));
}

WEAK bool rangeset_contains(struct rangeset *r, u64 s, u64 e) { return false; }

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's birth and death as the services see it. Each kill step may be
 * called again after it returned -ERESTART; d->kill_step remembers which is next.
 * Order of death: first nobody may send events to it or take new rights from it,
 * then it gives back what it holds of others, then its own memory.
 */
#include "control/policy.h"
#include "core/domain.h"
#include "core/rights.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "irq/pirq.h"
#include "lib/cmdline.h"
#include "memory/memory.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/time.h"
#include <xen/domctl.h>

const struct guest_ops *services_guest_ops(const struct xen_domctl_createdomain *c)
{
	return c->flags & XEN_DOMCTL_CDF_hvm ? NULL : &pv_guest_ops;
}

/* A negative number asks for the default. */
static unsigned limit(s32 wanted, unsigned def) { return wanted < 0 ? def : (unsigned)wanted; }

int services_init(struct domain *d, const struct xen_domctl_createdomain *c)
{
	int rc = rights_domain_init(d);

	if (!rc)
		rc = sched_domain_init(d);
	if (!rc)
		rc = shared_info_alloc(d);
	if (!rc)
		rc = evtchn_init(d, c->max_evtchn_port);
	if (!rc)
		rc = grant_table_init(d, limit(c->max_grant_frames, opts.gnttab_max_frames),
				      limit(c->max_maptrack_frames, opts.gnttab_max_maptrack_frames),
				      XEN_DOMCTL_GRANT_version(c->grant_opts));
	if (!rc)
		rc = policy_domain_init(d);
	if (!rc)
		rc = d->ops->domain_init(d, c);
	if (!rc)
		time_update_wallclock(d);
	return rc;
}

static int kill_vcpus(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v)
		vcpu_timers_kill(v);
	for (i = 0; i < ARRAY_SIZE(d->watchdog); i++)
		timer_kill(&d->watchdog[i].timer);
	return 0;
}

static int kill_pirqs(struct domain *d)
{
	pirq_unmap_all(d);
	return 0;
}

static int kill_info(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpu_unmap_info(v);
	shared_info_release(d);
	return 0;
}

/* A creation that failed early has neither memory nor tables. */
static int kill_memory(struct domain *d) { return d->pv ? d->ops->relinquish(d) : 0; }

static int kill_grant_maps(struct domain *d)
{
	return d->grant ? grant_table_release_mappings(d) : 0;
}

static int kill_claim(struct domain *d) { return heap_claim(d, 0); }

static int kill_grant_table(struct domain *d)
{
	if (d->grant)
		grant_table_destroy(d);
	return 0;
}

int services_kill(struct domain *d)
{
	static int (*const steps[])(struct domain *d) = {
		kill_vcpus, evtchn_destroy, kill_grant_maps, kill_pirqs, kill_info,
		kill_claim, kill_memory, kill_grant_table,
	};
	int rc;

	for (; d->kill_step < (int)ARRAY_SIZE(steps); d->kill_step++) {
		rc = steps[d->kill_step](d);
		if (rc)
			return rc;
	}
	return 0;
}

void services_free(struct domain *d)
{
	if (d->ops && d->pv)
		d->ops->domain_destroy(d);
	policy_domain_free(d);
	if (d->grant)
		grant_table_free(d);
	evtchn_free(d);
	pirq_destroy(d);
	memory_domain_free(d);
	sched_domain_destroy(d);
	rights_domain_free(d);
}

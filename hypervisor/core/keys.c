/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys of the core. They run in the context of whoever pressed them and change nothing. */
#include "core/domain.h"
#include "core/keys.h"
#include "cpu/traps.h"
#include "dev/keys.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "lib/printk.h"
#include "sched/sched.h"

static void dump_vcpu(struct vcpu *v)
{
	printk(LOG_INFO, "    VCPU%u: CPU%u%s flags %x pause %d,", v->id, v->cpu,
	       v->is_running ? " running" : "", v->pause_flags, v->pause_count);
	printk(LOG_INFO, " upcall pending %u mask %u, affinity %lx/%lx\n",
	       v->info->evtchn_upcall_pending, v->info->evtchn_upcall_mask,
	       (unsigned long)v->hard_affinity, (unsigned long)v->soft_affinity);
}

static void dump_domain(struct domain *d)
{
	struct vcpu *v;

	printk(LOG_INFO, "Domain %u: refs %u dying %d pause %d (%d) shutdown %d code %d\n",
	       d->domain_id, d->refcnt, d->is_dying, d->pause_count, d->controller_pause_count,
	       d->is_shut_down, d->shutdown_code);
	printk(LOG_INFO, "  pages %lu of %lu, ours %lu, claimed %lu, CPUs %lx, assists %lx\n",
	       (unsigned long)d->tot_pages, (unsigned long)d->max_pages,
	       (unsigned long)d->xen_pages,
	       (unsigned long)d->claimed_pages, (unsigned long)d->dirty_cpus,
	       (unsigned long)d->vm_assist);
	for_each_vcpu(d, v)
		dump_vcpu(v);
}

static void for_all_domains(void (*fn)(struct domain *d))
{
	struct domain *d;
	u32 id = 0;

	while (id < DOMID_FIRST_RESERVED && (d = domain_get_from((domid_t)id))) {
		id = d->domain_id + 1u;
		fn(d);
		domain_put(d);
	}
}

static void key_domains(char key) { for_all_domains(dump_domain); }
static void key_events(char key) { for_all_domains(evtchn_dump); }
static void key_grants(char key) { for_all_domains(grant_table_dump); }
static void key_runqueues(char key) { sched_dump(); }
static void key_registers(char key) { dump_all_cpus(); }

/* Those that do not run now; what runs on other CPUs key d shows. */
static void key_dom0(char key)
{
	struct vcpu *v;

	if (!hardware_domain)
		return;
	for_each_vcpu(hardware_domain, v) {
		printk(LOG_INFO, "%pv:\n", (void *)v);
		if (v == current) {
			show_registers(guest_regs());
		} else if (!READ_ONCE(v->is_running)) {
			show_registers(&v->regs);
		} else {
			printk(LOG_INFO, "  runs on CPU%u: see key d\n", v->cpu);
		}
	}
}

void core_keys_init(void)
{
	key_register('q', key_domains, "dump domains and vCPUs");
	key_register('r', key_runqueues, "dump run queues");
	key_register('0', key_dom0, "dump domain 0's registers");
	key_register('d', key_registers, "dump registers of all CPUs");
	key_register('e', key_events, "dump event channels");
	key_register('g', key_grants, "dump grant tables");
}

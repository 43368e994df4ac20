/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SOURCES: hypervisor/core/domain.c hypervisor/core/domain_state.c hypervisor/core/services.c
 * SOURCES: hypervisor/core/vcpu.c hypervisor/core/info.c hypervisor/core/vcpu_timer.c
 * SOURCES: hypervisor/core/hypercall.c hypervisor/core/multicall.c hypervisor/core/version.c
 * SOURCES: hypervisor/core/vcpu_op.c hypervisor/core/sched_op.c hypervisor/core/console_io.c
 */
/*
 * Domains from creation to the last reference, with every allocation failing once;
 * the counted pauses, shutdown and resume; vcpu_info placement; hypercall dispatch,
 * continuations and multicalls; vcpu_op, sched_op, xen_version, console_io.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "acpi/acpi.h"
#include "control/policy.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "core/vcpu.h"
#include "cpu/fpu.h"
#include "cpu/traps.h"
#include "cpu/uaccess.h"
#include "dev/console.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "irq/pirq.h"
#include "lib/cmdline.h"
#include "memory/memory.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "sync/softirq.h"
#include "time/time.h"
#include <xen/domctl.h>
#include <xen/features.h>
#include <xen/version.h>

/* ---- the services, as far as the core sees them ---- */

static unsigned order_nr, virqs_sent[NR_VIRQS], vcpu_virqs, wakes, sleeps, restarts_left;
static char order[32];
static jmp_buf machine_end;
static int machine_ended;
static struct tasklet *late;
static bool defer_tasklets;

static void note(char c) { if (order_nr < sizeof(order) - 1) order[order_nr++] = c; }
static int step(char c)
{
	if (restarts_left) {
		restarts_left--;
		return -ERESTART;
	}
	note(c);
	return 0;
}

static int may_fail(void **p)
{
	*p = kmalloc(8);
	return *p ? 0 : -ENOMEM;
}

int rights_domain_init(struct domain *d) { return may_fail((void **)&d->iomem_caps); }
void rights_domain_free(struct domain *d) { kfree(d->iomem_caps); }
int sched_domain_init(struct domain *d) { return may_fail((void **)&d->sched); }
void sched_domain_forget(struct domain *d) { }
void sched_domain_destroy(struct domain *d) { kfree(d->sched); }
int sched_vcpu_init(struct vcpu *v) { return may_fail((void **)&v->sched); }
void sched_vcpu_destroy(struct vcpu *v) { kfree(v->sched); }
int evtchn_init(struct domain *d, unsigned max) { return may_fail((void **)&d->evtchn_buckets); }
int evtchn_destroy(struct domain *d) { return step('e'); }
void evtchn_free(struct domain *d) { kfree(d->evtchn_buckets); }
int evtchn_send(struct domain *d, u32 port) { note('p'); return 0; }
int grant_table_init(struct domain *d, unsigned f, unsigned m, unsigned version)
{
	return may_fail((void **)&d->grant);
}
int grant_table_release_mappings(struct domain *d) { return step('g'); }
void grant_table_destroy(struct domain *d) { note('G'); }
void grant_table_free(struct domain *d) { kfree(d->grant); }
int policy_domain_init(struct domain *d) { return may_fail(&d->cpu_policy); }
void policy_domain_free(struct domain *d) { kfree(d->cpu_policy); }
void memory_domain_free(struct domain *d) { }
void pirq_unmap_all(struct domain *d) { note('i'); }
void pirq_destroy(struct domain *d) { }
void send_global_virq(unsigned virq) { virqs_sent[virq]++; }
void send_guest_vcpu_virq(struct vcpu *v, unsigned virq) { vcpu_virqs++; }
void vcpu_kick(struct vcpu *v) { }
void show_registers(const struct cpu_user_regs *regs) { }
int fpu_vcpu_init(struct vcpu *v) { return may_fail(&v->xsave_area); }
void fpu_vcpu_free(struct vcpu *v) { kfree(v->xsave_area); }
void fpu_vcpu_reset(struct vcpu *v) { }
void vcpu_wake(struct vcpu *v) { wakes++; }
void vcpu_sleep_nosync(struct vcpu *v) { sleeps++; }
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out) { *out = v->runstate; }
void sched_runstate_guest_update(struct vcpu *v) { v->runstate_pending = false; }
long vcpu_poll(const u32 *ports, unsigned nr, u64 timeout) { return nr; }
int vcpu_pin_override(struct vcpu *v, int cpu) { return cpu; }
void machine_halt(void) { machine_ended = 'h'; longjmp(machine_end, 1); }
void machine_restart(void) { machine_ended = 'r'; longjmp(machine_end, 1); }
void (*console_input_hook)(void), (*console_ring_hook)(void);
static char console_text[8192];
static size_t console_len;
void console_write_guest(const char *s, size_t n)
{
	assert_true(console_len + n <= sizeof(console_text));
	memcpy(console_text + console_len, s, n);
	console_len += n;
}
size_t console_read_guest(char *s, size_t n)
{
	static unsigned left = 3;
	size_t got = min(n, (size_t)left);

	memset(s, 'k', got);
	left -= (unsigned)got;
	return got;
}

void tasklet_schedule_on(unsigned cpu, struct tasklet *t)
{
	assert_null(late);
	if (defer_tasklets)
		late = t;
	else
		t->fn(t->arg);
}

/* The page goes back at once: no guest of ours maps it. */
void unshare_and_free_page(void *p)
{
	virt_to_page(p)->count = 0;
	virt_to_page(p)->type = 0;
	free_pages(p, 0);
}

static int pv_init(struct domain *d, const struct xen_domctl_createdomain *c)
{
	return may_fail((void **)&d->pv);
}
static void pv_destroy(struct domain *d) { kfree(d->pv); d->pv = NULL; }
static int pv_relinquish(struct domain *d) { return step('m'); }
static int pv_vcpu_init_(struct vcpu *v) { return may_fail((void **)&v->pv); }
static void pv_vcpu_destroy_(struct vcpu *v) { kfree(v->pv); }
static int pv_set_context_(struct vcpu *v, const struct vcpu_guest_context *c)
{
	return c->user_regs.rip ? 0 : -EINVAL;
}
static void pv_reset_(struct vcpu *v) { }
static void pv_nmi_(struct vcpu *v) { v->nmi_pending = true; }
const struct guest_ops pv_guest_ops = {
	.domain_init = pv_init, .domain_destroy = pv_destroy, .relinquish = pv_relinquish,
	.vcpu_init = pv_vcpu_init_, .vcpu_destroy = pv_vcpu_destroy_,
	.set_context = pv_set_context_, .vcpu_reset = pv_reset_, .inject_nmi = pv_nmi_,
};

/* ---- set-up ---- */

static struct domain *dom0;
static struct vcpu *idle;
static const struct xen_domctl_createdomain config = {
	.max_vcpus = 4, .max_evtchn_port = 1023, .max_grant_frames = -1, .max_maptrack_frames = -1,
	.grant_opts = 1, .handle = { 1, 2, 3 },
};

static struct domain *make(domid_t id)
{
	int err;
	struct domain *d = domain_create(id, &config, id == 0, &err);

	if (!d)
		return NULL;
	assert_int_equal(err, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(vcpu_create(d, i));
	return d;
}

static void run_as(struct vcpu *v)
{
	current = v;
}

static int setup(void **state)
{
	host_machine_init(512);
	memset(virqs_sent, 0, sizeof(virqs_sent));
	wakes = sleeps = restarts_left = 0;
	order_nr = 0;
	memset(order, 0, sizeof(order));
	shim_cpu = 0;
	shim_fail_alloc = 0;
	defer_tasklets = false;
	late = NULL;
	this_cpu()->softirq_pending = 0;
	domain_init_specials();
	idle = calloc(1, sizeof(*idle));
	idle->domain = dom_idle;
	idle->info = &idle->dummy_info;
	idle->info->evtchn_upcall_mask = 1;
	dom_idle->ops = &pv_guest_ops;
	run_as(idle);
	dom0 = make(0);
	assert_non_null(dom0);
	dom0->vcpu[0]->is_initialised = true;
	dom0->vcpu[0]->pause_flags = 0;
	run_as(dom0->vcpu[0]);
	return 0;
}

/* Not through domain_kill(): it refuses the hardware domain. */
static int teardown(void **state)
{
	struct domain *sp[] = { dom_idle, dom_io, dom_xen };

	run_as(idle);
	dom0->is_hardware = false;
	hardware_domain = NULL;
	dom0->kill_step = 0;
	dom0->is_dying = DOMDYING_alive;
	assert_int_equal(domain_kill(dom0), 0);
	assert_null(domain_get(0));
	run_as(NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(sp); i++) {
		kfree(sp[i]->vcpu);
		kfree(sp[i]);
	}
	free(idle);
	assert_int_equal(shim_live_allocs, 0);
	host_machine_fini();
	return 0;
}

/* ---- domains ---- */

static void list_and_references(void **state)
{
	struct domain *d5 = make(5), *d3 = make(3), *d7 = make(7), *d;
	int err;

	assert_true(dom0->is_hardware && dom0->is_privileged && !d3->is_privileged);
	assert_ptr_equal(hardware_domain, dom0);
	assert_null(domain_create(5, &config, false, &err));
	assert_int_equal(err, -EEXIST);
	assert_null(domain_create(DOMID_FIRST_RESERVED, &config, false, &err));
	assert_int_equal(err, -EINVAL);
	assert_null(domain_get(4));
	assert_null(domain_get(DOMID_IO));
	assert_null(domain_get(DOMID_SELF));
	assert_null(domain_get_from(8));

	d = domain_get_from(4);
	assert_ptr_equal(d, d5);
	domain_put(d);
	d = domain_get_any(DOMID_SELF);
	assert_ptr_equal(d, dom0);
	domain_put(d);

	/* A reference keeps a dead domain on the list; the last one frees it and says so. */
	d = domain_get(5);
	assert_int_equal(domain_kill(d5), 0);
	assert_int_equal(d5->is_dying, DOMDYING_dead);
	assert_int_equal(virqs_sent[VIRQ_DOM_EXC], 1);
	assert_int_equal(domain_kill(d5), 0);
	assert_int_equal(d5->refcnt, 1);
	assert_string_equal(order, "egimG");
	assert_null(domain_create(5, &config, false, &err));
	domain_put(d);
	assert_int_equal(virqs_sent[VIRQ_DOM_EXC], 2);
	assert_null(domain_get(5));

	/* Between the last put and the tasklet nobody can get it back. */
	defer_tasklets = true;
	assert_int_equal(domain_kill(d7), 0);
	assert_non_null(late);
	assert_null(domain_get(7));
	assert_null(domain_get_from(4));
	late->fn(late->arg);
	late = NULL;
	defer_tasklets = false;

	assert_int_equal(domain_kill(dom_io), -EINVAL);
	assert_int_equal(domain_kill(dom0), -EINVAL);
	assert_int_equal(domain_kill(d3), 0);
}

static void kill_restarts(void **state)
{
	struct domain *d = make(1);
	unsigned n = 0;

	restarts_left = 2;
	while (domain_kill(d) == -ERESTART) {
		n++;
		assert_int_equal(d->is_dying, DOMDYING_dying);
		assert_int_equal(d->pause_count, 2);
		if (n == 2)
			assert_int_equal(order_nr, 0);
	}
	assert_int_equal(n, 2);
	assert_string_equal(order, "egimG");
}

static void creation_fails_anywhere(void **state)
{
	long before = shim_live_allocs;
	unsigned n, err_count = 0;
	struct domain *d = NULL;
	int err;

	for (n = 1; !d; n++) {
		assert_true(n < 40);
		shim_fail_alloc = n;
		d = domain_create(9, &config, false, &err);
		shim_fail_alloc = 0;
		if (!d) {
			assert_int_equal(err, -ENOMEM);
			assert_int_equal(shim_live_allocs, before);
			assert_null(domain_get(9));
			err_count++;
		}
	}
	assert_true(err_count >= 8);
	before = shim_live_allocs;
	for (n = 1; !d->vcpu[0]; n++) {
		assert_true(n < 20);
		shim_fail_alloc = n;
		(void)vcpu_create(d, 0);
		shim_fail_alloc = 0;
		if (!d->vcpu[0])
			assert_int_equal(shim_live_allocs, before);
	}
	assert_null(vcpu_create(d, 0));
	assert_null(vcpu_create(d, 4));
	assert_int_equal(domain_kill(d), 0);
}

static void pauses(void **state)
{
	struct domain *d = make(1);

	/* Created paused by the controller. */
	assert_int_equal(d->controller_pause_count, 1);
	assert_false(d->creation_finished);
	assert_int_equal(domain_pause_by_controller(d), 0);
	assert_int_equal(d->pause_count, 2);
	assert_int_equal(domain_unpause_by_controller(d), 0);
	assert_int_equal(wakes, 0);
	assert_int_equal(domain_unpause_by_controller(d), 0);
	assert_int_equal(wakes, 4);
	assert_true(d->creation_finished);
	assert_int_equal(domain_unpause_by_controller(d), -EINVAL);
	assert_int_equal(d->pause_count, 0);
	for (unsigned i = 0; i < 255; i++)
		assert_int_equal(domain_pause_by_controller(d), 0);
	assert_int_equal(domain_pause_by_controller(d), -EBUSY);

	vcpu_pause(d->vcpu[1]);
	vcpu_pause_nosync(d->vcpu[1]);
	assert_false(vcpu_is_runnable(d->vcpu[1]));
	vcpu_unpause(d->vcpu[1]);
	wakes = 0;
	vcpu_unpause(d->vcpu[1]);
	assert_int_equal(wakes, 1);
	assert_int_equal(domain_kill(d), 0);
}

static void shutdowns(void **state)
{
	struct domain *d = make(1);

	assert_int_equal(domain_unpause_by_controller(d), 0);
	domain_shutdown(d, SHUTDOWN_suspend);
	assert_true(d->is_shut_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_suspend);
	assert_int_equal(d->pause_count, 1);
	assert_int_equal(virqs_sent[VIRQ_DOM_EXC], 1);
	/* Once is enough, and the first reason counts. */
	domain_shutdown(d, SHUTDOWN_crash);
	assert_int_equal(d->shutdown_code, SHUTDOWN_suspend);
	assert_int_equal(d->pause_count, 1);
	domain_resume(d);
	assert_int_equal(d->pause_count, 0);
	assert_int_equal(d->shutdown_code, -1);
	domain_resume(d);
	assert_int_equal(d->pause_count, 0);

	d->suspend_port = 5;
	domain_shutdown(d, SHUTDOWN_suspend);
	assert_string_equal(order, "p");
	assert_int_equal(virqs_sent[VIRQ_DOM_EXC], 1);
	domain_resume(d);
	domain_crash_msg(d, "%s", "test");
	assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
	order_nr = 0;
	assert_int_equal(domain_kill(d), 0);

	/* The machine follows domain 0. */
	if (!setjmp(machine_end))
		domain_shutdown(dom0, SHUTDOWN_poweroff);
	assert_int_equal(machine_ended, 'h');
	dom0->shutdown_code = -1;
	if (!setjmp(machine_end))
		domain_shutdown(dom0, SHUTDOWN_reboot);
	assert_int_equal(machine_ended, 'r');
	dom0->shutdown_code = -1;
	opts.noreboot = true;
	if (!setjmp(machine_end))
		domain_crash(dom0);
	assert_int_equal(machine_ended, 'h');
	opts.noreboot = false;
	dom0->shutdown_code = -1;
}

static void up_and_down(void **state)
{
	struct domain *d = make(1);
	struct vcpu *a = d->vcpu[0], *b = d->vcpu[1];

	assert_int_equal(vcpu_up(a), -EINVAL);
	a->is_initialised = b->is_initialised = true;
	assert_int_equal(vcpu_up(a), 0);
	assert_int_equal(vcpu_up(a), 0);
	assert_int_equal(wakes, 1);
	assert_int_equal(vcpu_up(b), 0);
	assert_int_equal(vcpu_down(a), 0);
	assert_true(a->pause_flags & VPF_down);
	assert_false(d->is_shut_down);
	/* The last one powers off. */
	assert_int_equal(vcpu_down(b), 0);
	assert_false(b->pause_flags & VPF_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_poweroff);
	assert_null(domain_vcpu(d, 4));
	assert_null(domain_vcpu(d, ~0ull));
	assert_null(domain_vcpu(d, 1ull << 32));
	assert_int_equal(domain_kill(d), 0);
}

static void info_placement(void **state)
{
	struct domain *d = make(1);
	struct vcpu *v = d->vcpu[1];
	struct vcpu_info *info = &d->shared_info->vcpu_info[1];
	struct page *pg;
	u64 mfn;

	d->max_pages = 10;
	pg = alloc_domain_pages(d, 0, 0);
	mfn = mfn_x(page_to_mfn(pg));
	assert_ptr_equal(v->info, info);
	info->evtchn_upcall_mask = 1;
	info->evtchn_pending_sel = 4;
	info->arch.cr2 = 99;
	assert_int_equal(vcpu_map_info(v, mfn, 4), -ENXIO);
	assert_int_equal(vcpu_map_info(v, mfn, PAGE_SIZE - sizeof(*info) + 8), -ENXIO);
	assert_int_equal(vcpu_map_info(v, mfn, ~0u - 7), -ENXIO);
	assert_int_equal(vcpu_map_info(v, ~0ull, 0), -EINVAL);
	assert_int_equal(vcpu_map_info(v, 511, 0), -EINVAL);
	assert_int_equal(vcpu_map_info(v, mfn_x(virt_to_mfn(dom0->shared_info)), 0), -EINVAL);
	v->pause_flags = 0;
	assert_int_equal(vcpu_map_info(v, mfn, 0), -EINVAL);
	v->pause_flags = VPF_down;
	assert_int_equal(vcpu_map_info(v, mfn, PAGE_SIZE - sizeof(*info)), 0);
	assert_ptr_equal(v->info, (char *)page_to_virt(pg) + PAGE_SIZE - sizeof(*info));
	assert_true(v->info->evtchn_pending_sel == ~0ul && v->info->evtchn_upcall_pending);
	assert_int_equal(v->info->evtchn_upcall_mask, 1);
	assert_int_equal(v->info->arch.cr2, 99);
	assert_int_equal(vcpu_map_info(v, mfn, 0), -EINVAL);
	assert_int_equal(pg->count & PGC_count_mask, 2);
	vcpu_unmap_info(v);
	assert_ptr_equal(v->info, &v->dummy_info);
	assert_int_equal(pg->count & PGC_count_mask, 1);
	assert_true(page_release(pg));
	assert_int_equal(domain_kill(d), 0);
}

/* ---- hypercalls ---- */

static unsigned long_left;
static u64 seen[8];
static unsigned nr_seen;

static long hc_long(struct hc_args *a)
{
	seen[nr_seen++ % 8] = a->arg[0];
	if (long_left) {
		long_left--;
		a->arg[0]++;
		return -ERESTART;
	}
	return (long)a->arg[0] + 1000;
}
static long hc_sum(struct hc_args *a)
{
	return (long)(a->arg[0] + a->arg[1] + a->arg[2] + a->arg[3] + a->arg[4]);
}
static long hc_iret_(struct hc_args *a) { return 77; }
static long hc_event(struct hc_args *a)
{
	this_cpu()->softirq_pending = 1;
	return 0;
}

const struct hypercall hypercall_table[NR_HYPERCALLS] = {
	[1] = { hc_long, 1 }, [2] = { hc_sum, 5 }, [3] = { hc_event, 0 },
	[13] = { hc_multicall, 2 }, [17] = { hc_xen_version, 2 }, [23] = { hc_iret_, 0 },
};

static void dispatch(void **state)
{
	static const u64 bad[] = { 0, 4, 63, 64, 65, 1ull << 32 | 2, ~0ull, 1ull << 63 };
	struct cpu_user_regs r = { .rax = 2, .rdi = 1, .rsi = 2, .rdx = 4, .r10 = 8, .r8 = 16,
				   .rip = 100 };

	hypercall_dispatch(&r);
	assert_int_equal(r.rax, 31);
	assert_int_equal(r.rip, 100);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		r.rax = bad[i];
		hypercall_dispatch(&r);
		assert_int_equal((long)r.rax, -ENOSYS);
		assert_int_equal(r.rip, 100);
	}
	/* Restarted: same number, arguments as left, on the instruction again. */
	r.rax = 1;
	r.rdi = 7;
	long_left = 1;
	hypercall_dispatch(&r);
	assert_int_equal(r.rax, 1);
	assert_int_equal(r.rdi, 8);
	assert_int_equal(r.rsi, 2);
	assert_int_equal(r.rip, 98);
	r.rip = 100;
	hypercall_dispatch(&r);
	assert_int_equal(r.rax, 1008);
	assert_int_equal(r.rip, 100);
}

static long call_multicall(struct multicall_entry *e, u64 n, struct hc_args *a)
{
	*a = (struct hc_args){ .arg = { (u64)e, n } };
	return hc_multicall(a);
}

static void multicalls(void **state)
{
	struct multicall_entry e[4] = { { .op = 2, .args = { 1, 1, 1, 1, 1, 100 } }, { .op = 99 },
					{ .op = 13 }, { .op = 2, .args = { 5 } } };
	struct hc_args a;

	assert_int_equal(call_multicall(e, 4, &a), 0);
	assert_int_equal(e[0].result, 5);
	assert_int_equal((long)e[1].result, -ENOSYS);
	assert_int_equal((long)e[2].result, -EINVAL);
	assert_int_equal(e[3].result, 5);
	assert_int_equal(call_multicall(e, 0, &a), 0);
	assert_int_equal(call_multicall((void *)8, 1, &a), -EFAULT);
	assert_int_equal(call_multicall((void *)HV_VIRT_START, 1, &a), -EFAULT);

	/* An entry that goes on later. */
	e[1] = (struct multicall_entry){ .op = 1, .args = { 7 } };
	long_left = 1;
	nr_seen = 0;
	assert_int_equal(call_multicall(e, 4, &a), -ERESTART);
	assert_ptr_equal((void *)a.arg[0], &e[1]);
	assert_int_equal(a.arg[1], 3);
	assert_int_equal(e[1].args[0], 8);
	assert_int_equal(hc_multicall(&a), 0);
	assert_int_equal(e[1].result, 1008);
	assert_int_equal(nr_seen, 2);

	/* Other work between two entries; never before the first. */
	e[0] = (struct multicall_entry){ .op = 3 };
	e[1] = (struct multicall_entry){ .op = 2, .args = { 3 } };
	assert_int_equal(call_multicall(e, 2, &a), -ERESTART);
	assert_ptr_equal((void *)a.arg[0], &e[1]);
	assert_int_equal(a.arg[1], 1);
	assert_int_equal(hc_multicall(&a), 0);
	assert_int_equal(e[1].result, 3);
	this_cpu()->softirq_pending = 0;

	/* iret ends the batch with its own result. */
	e[0] = (struct multicall_entry){ .op = 23, .result = 1 };
	e[1].result = 0;
	assert_int_equal(call_multicall(e, 2, &a), 77);
	assert_int_equal(e[0].result, 1);
	assert_int_equal(e[1].result, 0);
}

static long op3(long (*fn)(struct hc_args *), u64 x, u64 y, void *z)
{
	struct hc_args a = { .arg = { x, y, (u64)z } };

	return fn(&a);
}
#define vcpu_op(cmd, id, p) op3(hc_vcpu_op, cmd, id, p)
#define sched_op(cmd, p) op3(hc_sched_op, cmd, (u64)(p), NULL)

static void vcpu_ops(void **state)
{
	static struct vcpu_guest_context ctxt;
	struct vcpu *v = dom0->vcpu[1], *self = dom0->vcpu[0];
	struct vcpu_set_singleshot_timer ss = { .timeout_abs_ns = 5 };
	struct vcpu_set_periodic_timer p = { .period_ns = 999999 };
	struct vcpu_register_runstate_memory_area area = { .addr.p = HV_VIRT_START };
	static struct vcpu_runstate_info rs;
	struct hc_args a = { .arg = { 0 } };

	assert_int_equal(vcpu_op(VCPUOP_is_up, 0, NULL), 1);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 4, NULL), -ENOENT);
	assert_int_equal(vcpu_op(99, 0, NULL), -ENOSYS);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, NULL), -EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_initialise, 1, (void *)8), -EFAULT);
	assert_int_equal(vcpu_op(VCPUOP_initialise, 1, &ctxt), -EINVAL);
	assert_false(v->is_initialised);
	ctxt.user_regs.rip = 1;
	assert_int_equal(vcpu_op(VCPUOP_initialise, 1, &ctxt), 0);
	assert_int_equal(vcpu_op(VCPUOP_initialise, 1, &ctxt), -EEXIST);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, NULL), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, NULL), 1);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, NULL), 0);

	/* A past deadline is no error. */
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, &ss), 0);
	assert_true(timer_is_active(&self->singleshot_timer));
	assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 1, &ss), -EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -EINVAL);
	p.period_ns = MILLISECS(10);
	self->is_running = true;
	assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
	vcpu_virqs = 0;
	shim_now += MILLISECS(10);
	self->periodic_timer.fn(self);
	assert_int_equal(vcpu_virqs, 1);
	assert_int_equal(self->periodic_timer.expires, shim_now + MILLISECS(10));
	/* Off the CPU for three periods: one interrupt on return. */
	vcpu_timers_switch_out(self);
	assert_false(timer_is_active(&self->periodic_timer));
	shim_now += MILLISECS(30);
	vcpu_timers_switch_in(self, 1);
	assert_int_equal(vcpu_virqs, 2);
	assert_int_equal(self->periodic_timer.cpu, 1);
	assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);

	assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), -EFAULT);
	area.addr.v = &rs;
	assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 1, &area), 0);
	assert_ptr_equal(v->runstate_guest, &rs);
	assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 0, &rs), 0);
	assert_int_equal(vcpu_op(VCPUOP_send_nmi, 0, &rs), -EINVAL);
	assert_int_equal(vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
	assert_true(self->nmi_pending);
	assert_int_equal(vcpu_op(VCPUOP_get_physid, 0, &rs), -EINVAL);

	/* set_timer_op: 0 stops, nonsense comes back soon. */
	a.arg[0] = 1ull << 63;
	assert_int_equal(hc_set_timer_op(&a), 0);
	assert_int_equal(self->singleshot_timer.expires, shim_now + MILLISECS(100));
	a.arg[0] = shim_now + (1ull << 51);
	assert_int_equal(hc_set_timer_op(&a), 0);
	assert_int_equal(self->singleshot_timer.expires, shim_now + MILLISECS(100));
	a.arg[0] = shim_now + 5;
	assert_int_equal(hc_set_timer_op(&a), 0);
	assert_int_equal(self->singleshot_timer.expires, shim_now + 5);
	a.arg[0] = 0;
	assert_int_equal(hc_set_timer_op(&a), 0);
	assert_false(timer_is_active(&self->singleshot_timer));
}

static void sched_ops(void **state)
{
	struct sched_watchdog w = { .id = 0, .timeout = 60 };
	struct sched_remote_shutdown rs = { .domain_id = 999 };
	static evtchn_port_t ports[128];
	struct sched_poll poll = { .nr_ports = 129 };
	struct sched_shutdown code = { .reason = SHUTDOWN_reboot };
	struct domain *d = make(1);

	assert_int_equal(sched_op(SCHEDOP_yield, NULL), 0);
	assert_int_equal(sched_op(SCHEDOP_block, NULL), 0);
	assert_int_equal(current->info->evtchn_upcall_mask, 0);
	current->pause_flags = 0;
	poll.ports.p = ports;
	assert_int_equal(sched_op(SCHEDOP_poll, &poll), -EINVAL);
	poll.nr_ports = 128;
	assert_int_equal(sched_op(SCHEDOP_poll, &poll), 128);
	poll.ports.p = (void *)HV_VIRT_START;
	assert_int_equal(sched_op(SCHEDOP_poll, &poll), -EFAULT);
	poll.nr_ports = 0;
	assert_int_equal(sched_op(SCHEDOP_poll, &poll), 0);

	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), 1);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), 2);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), -ENOSPC);
	w.id = 2;
	w.timeout = 0;
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), 0);
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), -EINVAL);
	w.id = 3;
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), -EINVAL);
	w.id = 0;
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), -EINVAL);
	/* It bites. */
	run_as(d->vcpu[0]);
	w.timeout = 5;
	assert_int_equal(sched_op(SCHEDOP_watchdog, &w), 1);
	d->watchdog[0].timer.fn(d);
	assert_int_equal(d->shutdown_code, SHUTDOWN_watchdog);
	domain_resume(d);
	assert_int_equal(sched_op(SCHEDOP_shutdown_code, &code), 0);
	domain_shutdown(d, SHUTDOWN_poweroff);
	assert_int_equal(d->shutdown_code, SHUTDOWN_reboot);
	rs.domain_id = 0;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &rs), -EPERM);
	assert_int_equal(sched_op(SCHEDOP_pin_override, &rs), -EPERM);
	run_as(dom0->vcpu[0]);
	rs.domain_id = 999;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &rs), -ESRCH);
	rs.domain_id = DOMID_IO;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &rs), -ESRCH);
	domain_resume(d);
	rs.domain_id = 1;
	assert_int_equal(sched_op(SCHEDOP_remote_shutdown, &rs), 0);
	assert_true(d->is_shut_down);
	assert_int_equal(sched_op(8, NULL), -ENOSYS);
	assert_int_equal(domain_kill(d), 0);
}

static void version_and_console(void **state)
{
	static char text[1024];
	struct xen_feature_info fi = { .submap_idx = 0 };
	struct domain *d = make(1);

	strcpy(cmdline_saved, "dom0_mem=512M");
	assert_int_equal(op3(hc_xen_version, XENVER_version, 0, NULL), 4 << 16 | 17);
	memset(text, 'x', sizeof(text));
	assert_int_equal(op3(hc_xen_version, XENVER_extraversion, (u64)text, NULL), 0);
	assert_string_equal(text, ".krypton");
	assert_int_equal(text[15], 0);
	assert_int_equal(text[16], 'x');
	assert_int_equal(op3(hc_xen_version, XENVER_capabilities, (u64)text, NULL), 0);
	assert_int_equal(strncmp(text, "xen-3.0-x86_64 ", 15), 0);
	assert_int_equal(op3(hc_xen_version, XENVER_commandline, (u64)text, NULL), 0);
	assert_string_equal(text, "dom0_mem=512M");
	assert_int_equal(op3(hc_xen_version, XENVER_build_id, 0, NULL), -ENODATA);
	assert_int_equal(op3(hc_xen_version, XENVER_pagesize, 0, NULL), 4096);
	assert_int_equal(op3(hc_xen_version, XENVER_pagesize, 8, NULL), -EINVAL);
	assert_int_equal(op3(hc_xen_version, XENVER_guest_handle, 8, NULL), -EFAULT);
	assert_int_equal(op3(hc_vm_assist, VMASST_CMD_enable, 3, NULL), 0);
	assert_int_equal(op3(hc_vm_assist, VMASST_CMD_enable, 31, NULL), -EINVAL);
	assert_int_equal(op3(hc_vm_assist, VMASST_CMD_enable, 64 + 3, NULL), -EINVAL);
	assert_int_equal(op3(hc_vm_assist, 2, 3, NULL), -ENOSYS);
	assert_int_equal(op3(hc_xen_version, XENVER_get_features, (u64)&fi, NULL), 0);
	assert_int_equal(fi.submap, 0xf << 4 | 1 << 11 | 1 << 13 | 1 << 17);
	fi.submap_idx = 1;
	assert_int_equal(op3(hc_xen_version, XENVER_get_features, (u64)&fi, NULL), -EINVAL);

	memset(text, 'y', sizeof(text));
	assert_int_equal(op3(hc_console_io, CONSOLEIO_write, 1000, text), 0);
	assert_int_equal(console_len, 1000);
	assert_int_equal(op3(hc_console_io, CONSOLEIO_write, 1, (void *)8), -EFAULT);
	assert_int_equal(op3(hc_console_io, CONSOLEIO_read, 1000, text), 3);
	assert_int_equal(op3(hc_console_io, CONSOLEIO_read, 0xffffffff, text), -E2BIG);
	assert_int_equal(op3(hc_console_io, 2, 0, text), -ENOSYS);

	run_as(d->vcpu[0]);
	assert_int_equal(op3(hc_console_io, CONSOLEIO_write, 1, text), -EPERM);
	assert_int_equal(op3(hc_xen_version, XENVER_commandline, (u64)text, NULL), 0);
	assert_string_equal(text, "<denied>");
	run_as(dom0->vcpu[0]);
	assert_int_equal(domain_kill(d), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(list_and_references), T(kill_restarts), T(creation_fails_anywhere), T(pauses),
		T(shutdowns), T(up_and_down), T(info_placement), T(dispatch), T(multicalls),
		T(vcpu_ops), T(sched_ops), T(version_and_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

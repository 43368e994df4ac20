/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: every operation, its refusals, the two-level ABI, who is told.
 */
/* SOURCES: hypervisor/evtchn/core.c hypervisor/evtchn/ops.c hypervisor/evtchn/send.c */
/* SOURCES: hypervisor/evtchn/bind.c */
/* SOURCES: hypervisor/evtchn/two_level.c hypervisor/evtchn/fifo.c */
/* SOURCES: hypervisor/evtchn/fifo_control.c hypervisor/evtchn/notify.c */
#include "util.h"
#include "evtchn/evtchn.h"
#include "irq/pirq.h"

static struct domain *d0, *d1, *d2;
static long live;
static u64 free_frames;

#define OP(op, arg) host_call(hc_event_channel_op, EVTCHNOP_##op, arg, 0)

static int setup(void **state)
{
	live = shim_live_allocs;
	free_frames = heap_free_pages();
	d0 = host_domain_new(0, 2);
	d1 = host_domain_new(1, 2);
	d2 = host_domain_new(2, 1);
	assert_int_equal(evtchn_init(d0, -1), 0);
	assert_int_equal(evtchn_init(d1, 1023), 0);
	assert_int_equal(evtchn_init(d2, 1023), 0);
	host_run_on(0, d0->vcpu[0]);
	counts_reset();
	return 0;
}

static void kill_one(struct domain *d)
{
	int rc;

	d->is_dying = DOMDYING_dying;
	while ((rc = evtchn_destroy(d)) == -ERESTART)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(d->active_evtchns, 1);
	assert_int_equal(d->refcnt, 1);
	evtchn_free(d);
	host_domain_free(d);
}

static int teardown(void **state)
{
	shim_preempt_every = 0;
	shim_fault_start = shim_fault_end = 0;
	shim_fault_after = -1;
	/* A peer of a dead domain keeps an unbound port, never a reference. */
	evtchn_destroy(d0);
	evtchn_destroy(d1);
	kill_one(d0);
	kill_one(d1);
	kill_one(d2);
	assert_int_equal(shim_live_allocs, live);
	assert_int_equal(heap_free_pages(), free_frames);
	return 0;
}

static u32 unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };

	assert_int_equal(OP(alloc_unbound, &op), 0);
	return op.port;
}

static u32 bind(domid_t dom, u32 port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = dom, .remote_port = port };

	assert_int_equal(OP(bind_interdomain, &op), 0);
	return op.local_port;
}

static struct evtchn_status status_of(domid_t dom, u32 port)
{
	struct evtchn_status op = { .dom = dom, .port = port };

	assert_int_equal(OP(status, &op), 0);
	return op;
}

static long send_port(u32 port)
{
	struct evtchn_send op = { port };

	return OP(send, &op);
}

static long close_port(u32 port)
{
	struct evtchn_close op = { port };

	return OP(close, &op);
}

static bool pending(struct domain *d, u32 port)
{
	return test_bit(port, d->shared_info->evtchn_pending);
}

static void clear_upcall(struct vcpu *v)
{
	v->info->evtchn_upcall_pending = 0;
	v->info->evtchn_pending_sel = 0;
}

static void test_lowest_port(void **state)
{
	u32 a = unbound(DOMID_SELF, 1), b = unbound(DOMID_SELF, 1), c = unbound(DOMID_SELF, 1);

	assert_int_equal(a, 1);
	assert_int_equal(b, 2);
	assert_int_equal(c, 3);
	assert_int_equal(close_port(b), 0);
	assert_int_equal(unbound(DOMID_SELF, 1), b);
	assert_int_equal(unbound(DOMID_SELF, 1), 4);
}

static void test_interdomain(void **state)
{
	u32 remote = unbound(1, DOMID_SELF), local;
	struct evtchn_status st = status_of(1, remote);

	assert_int_equal(st.status, EVTCHNSTAT_unbound);
	assert_int_equal(st.u.unbound.dom, 0);
	local = bind(1, remote);
	assert_true(pending(d0, local));
	assert_true(d0->vcpu[0]->info->evtchn_upcall_pending);
	assert_false(pending(d1, remote));
	st = status_of(DOMID_SELF, local);
	assert_int_equal(st.status, EVTCHNSTAT_interdomain);
	assert_int_equal(st.u.interdomain.dom, 1);
	assert_int_equal(st.u.interdomain.port, remote);

	/* d1 runs on CPU 1: it must be interrupted, once. */
	d1->vcpu[0]->is_running = true;
	d1->vcpu[0]->cpu = 1;
	assert_int_equal(send_port(local), 0);
	assert_true(pending(d1, remote));
	assert_int_equal(d1->vcpu[0]->info->evtchn_pending_sel, 1);
	assert_int_equal(shim_counts.kicks[1], 1);
	assert_int_equal(send_port(local), 0);
	assert_int_equal(shim_counts.kicks[1], 1);

	/* Closing leaves the peer waiting for us. */
	assert_int_equal(close_port(local), 0);
	assert_false(pending(d0, local));
	st = status_of(1, remote);
	assert_int_equal(st.status, EVTCHNSTAT_unbound);
	assert_int_equal(st.u.unbound.dom, 0);
	assert_int_equal(status_of(DOMID_SELF, local).status, EVTCHNSTAT_closed);
	assert_int_equal(bind(1, remote), local);
}

static void test_masked_and_unmask(void **state)
{
	u32 remote = unbound(1, 0), local = bind(1, remote);
	struct evtchn_unmask op = { remote };

	set_bit(remote, d1->shared_info->evtchn_mask);
	assert_int_equal(send_port(local), 0);
	assert_true(pending(d1, remote));
	assert_false(d1->vcpu[0]->info->evtchn_upcall_pending);
	assert_int_equal(d1->vcpu[0]->info->evtchn_pending_sel, 0);
	host_run_on(1, d1->vcpu[0]);
	assert_int_equal(OP(unmask, &op), 0);
	assert_false(test_bit(remote, d1->shared_info->evtchn_mask));
	assert_true(d1->vcpu[0]->info->evtchn_upcall_pending);
	/* Again: nothing to do, no error; a closed port is none either. */
	clear_upcall(d1->vcpu[0]);
	assert_int_equal(OP(unmask, &op), 0);
	assert_false(d1->vcpu[0]->info->evtchn_upcall_pending);
	op.port = 60;
	assert_int_equal(OP(unmask, &op), 0);
	op.port = 5000;
	assert_int_equal(OP(unmask, &op), -EINVAL);
}

static void test_bind_refused(void **state)
{
	struct evtchn_bind_interdomain op = { .remote_dom = 1 };
	u32 for_d2 = unbound(1, 2), mine = unbound(1, 0);

	op.remote_port = for_d2;
	assert_int_equal(OP(bind_interdomain, &op), -EINVAL);
	op.remote_port = 0;
	assert_int_equal(OP(bind_interdomain, &op), -EINVAL);
	op.remote_port = 50;
	assert_int_equal(OP(bind_interdomain, &op), -EINVAL);
	op.remote_port = 0xffffffff;
	assert_int_equal(OP(bind_interdomain, &op), -EINVAL);
	op = (struct evtchn_bind_interdomain){ .remote_dom = 77, .remote_port = 1 };
	assert_int_equal(OP(bind_interdomain, &op), -ESRCH);
	bind(1, mine);
	op = (struct evtchn_bind_interdomain){ .remote_dom = 1, .remote_port = mine };
	assert_int_equal(OP(bind_interdomain, &op), -EINVAL);
	assert_int_equal(d0->active_evtchns, 2);
}

static void test_loopback(void **state)
{
	u32 a = unbound(DOMID_SELF, DOMID_SELF), b = bind(DOMID_SELF, a);

	assert_int_not_equal(a, b);
	assert_int_equal(send_port(b), 0);
	assert_true(pending(d0, a));
	assert_int_equal(close_port(a), 0);
	assert_int_equal(status_of(DOMID_SELF, b).status, EVTCHNSTAT_unbound);
	assert_int_equal(bind(DOMID_SELF, b), a);
}

static void test_rights(void **state)
{
	struct evtchn_alloc_unbound au = { .dom = 0, .remote_dom = 1 };
	struct evtchn_status st = { .dom = 0, .port = 1 };
	struct evtchn_reset rs = { .dom = 0 };

	host_run_on(1, d1->vcpu[0]);
	assert_int_equal(OP(alloc_unbound, &au), -EPERM);
	assert_int_equal(OP(status, &st), -EPERM);
	assert_int_equal(OP(reset, &rs), -EPERM);
	au.dom = st.dom = rs.dom = 99;
	assert_int_equal(OP(alloc_unbound, &au), -ESRCH);
	assert_int_equal(OP(status, &st), -ESRCH);
	assert_int_equal(OP(reset, &rs), -ESRCH);
	au.dom = 1;
	assert_int_equal(OP(alloc_unbound, &au), 0);
}

static void test_virq(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_TIMER, .vcpu = 1 };
	struct evtchn_bind_vcpu bv;
	u32 timer;

	assert_int_equal(OP(bind_virq, &op), 0);
	timer = op.port;
	assert_int_equal(OP(bind_virq, &op), -EEXIST);
	op.vcpu = 2;
	assert_int_equal(OP(bind_virq, &op), -ENOENT);
	op = (struct evtchn_bind_virq){ .virq = NR_VIRQS };
	assert_int_equal(OP(bind_virq, &op), -EINVAL);
	op = (struct evtchn_bind_virq){ .virq = 0xffffffff };
	assert_int_equal(OP(bind_virq, &op), -EINVAL);
	op = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
	assert_int_equal(OP(bind_virq, &op), -EINVAL);
	op.vcpu = 0;
	assert_int_equal(OP(bind_virq, &op), 0);

	send_guest_vcpu_virq(d0->vcpu[0], VIRQ_TIMER);
	assert_false(pending(d0, timer));
	send_guest_vcpu_virq(d0->vcpu[1], VIRQ_TIMER);
	assert_true(pending(d0, timer));
	assert_true(d0->vcpu[1]->info->evtchn_upcall_pending);
	assert_int_equal(status_of(0, timer).vcpu, 1);

	bv = (struct evtchn_bind_vcpu){ .port = timer, .vcpu = 0 };
	assert_int_equal(OP(bind_vcpu, &bv), -EINVAL);
	bv = (struct evtchn_bind_vcpu){ .port = op.port, .vcpu = 1 };
	clear_upcall(d0->vcpu[1]);
	assert_int_equal(OP(bind_vcpu, &bv), 0);
	send_global_virq(VIRQ_DOM_EXC);
	assert_true(pending(d0, op.port));
	assert_true(d0->vcpu[1]->info->evtchn_upcall_pending);

	assert_int_equal(close_port(timer), 0);
	assert_int_equal(d0->vcpu[1]->virq_to_evtchn[VIRQ_TIMER], 0);
	send_guest_vcpu_virq(d0->vcpu[1], VIRQ_TIMER);
	assert_false(pending(d0, timer));
}

static void test_virq_handler(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_CONSOLE };

	assert_int_equal(evtchn_set_virq_handler(d1, VIRQ_TIMER), -EINVAL);
	assert_int_equal(evtchn_set_virq_handler(d1, NR_VIRQS), -EINVAL);
	assert_int_equal(evtchn_set_virq_handler(d1, VIRQ_CONSOLE), 0);
	host_run_on(1, d1->vcpu[0]);
	assert_int_equal(OP(bind_virq, &op), 0);
	send_global_virq(VIRQ_CONSOLE);
	assert_true(pending(d1, op.port));
	assert_int_equal(d1->refcnt, 2);
	assert_int_equal(evtchn_set_virq_handler(d2, VIRQ_CONSOLE), 0);
	assert_int_equal(d1->refcnt, 1);
	/* d2's end clears it (in teardown), and a dying domain gets none. */
	d1->is_dying = DOMDYING_dying;
	assert_int_equal(evtchn_set_virq_handler(d1, VIRQ_CONSOLE), -EINVAL);
	d1->is_dying = DOMDYING_alive;
}

static void test_ipi(void **state)
{
	struct evtchn_bind_ipi op = { .vcpu = 1 };
	struct evtchn_bind_vcpu bv;

	assert_int_equal(OP(bind_ipi, &op), 0);
	assert_int_equal(send_port(op.port), 0);
	assert_true(pending(d0, op.port));
	assert_true(d0->vcpu[1]->info->evtchn_upcall_pending);
	assert_int_equal(status_of(0, op.port).status, EVTCHNSTAT_ipi);
	bv = (struct evtchn_bind_vcpu){ .port = op.port, .vcpu = 0 };
	assert_int_equal(OP(bind_vcpu, &bv), -EINVAL);
	bv.vcpu = 9;
	assert_int_equal(OP(bind_vcpu, &bv), -ENOENT);
	op.vcpu = 2;
	assert_int_equal(OP(bind_ipi, &op), -ENOENT);
}

static int affinity_cpu = -1;

void pirq_set_affinity(struct domain *d, struct pirq *p, unsigned cpu)
{
	affinity_cpu = (int)cpu;
}

static void test_pirq(void **state)
{
	struct pirq p9 = { .pirq = 9, .irq = 9 }, *table[16] = { [9] = &p9 };
	struct evtchn_bind_pirq op = { .pirq = 9, .flags = BIND_PIRQ__WILL_SHARE };
	struct evtchn_bind_vcpu bv = { .vcpu = 1 };

	assert_int_equal(OP(bind_pirq, &op), -EINVAL);
	d0->pirqs = table;
	d0->nr_pirqs = 16;
	assert_int_equal(OP(bind_pirq, &op), 0);
	assert_true(p9.will_share);
	assert_int_equal(p9.evtchn, op.port);
	assert_int_equal(OP(bind_pirq, &op), -EEXIST);
	send_guest_pirq(d0, 9);
	assert_true(pending(d0, op.port));
	send_guest_pirq(d0, 8);
	send_guest_pirq(d0, 800);
	assert_int_equal(status_of(0, op.port).u.pirq, 9);
	/* The line follows its port. */
	bv.port = op.port;
	d0->vcpu[1]->cpu = 3;
	assert_int_equal(OP(bind_vcpu, &bv), 0);
	assert_int_equal(affinity_cpu, 3);
	d0->vcpu[1]->cpu = 0;
	assert_int_equal(close_port(op.port), 0);
	assert_int_equal(p9.evtchn, 0);
	op.pirq = 8;
	assert_int_equal(OP(bind_pirq, &op), -EINVAL);
	d0->pirqs = NULL;
	d0->nr_pirqs = 0;
}

static void test_send_refused(void **state)
{
	struct evtchn_bind_virq v = { .virq = VIRQ_DEBUG };
	u32 u = unbound(DOMID_SELF, 1);

	assert_int_equal(send_port(u), 0);
	assert_int_equal(OP(bind_virq, &v), 0);
	assert_int_equal(send_port(v.port), -EINVAL);
	assert_int_equal(send_port(0), -EINVAL);
	assert_int_equal(send_port(63), -EINVAL);
	assert_int_equal(send_port(64), -EINVAL);
	assert_int_equal(send_port(0xffffffff), -EINVAL);
	assert_int_equal(close_port(0), -EINVAL);
	assert_int_equal(close_port(63), -EINVAL);
	assert_int_equal(close_port(1u << 31), -EINVAL);
}

static unsigned consumed;
static void consumer(struct vcpu *v, u32 port) { consumed++; }

static void test_consumer(void **state)
{
	u32 port = unbound(DOMID_SELF, 1), remote;
	struct evtchn_status st = { .dom = 0, .port = port };
	struct evtchn_bind_vcpu bv = { .port = port };

	evtchn_from_port(d0, port)->consumer = consumer;
	assert_int_equal(send_port(port), -EINVAL);
	assert_int_equal(close_port(port), -EINVAL);
	assert_int_equal(OP(status, &st), -EACCES);
	assert_int_equal(OP(bind_vcpu, &bv), -EINVAL);
	host_run_on(1, d1->vcpu[0]);
	remote = bind(0, port);
	consumed = 0;
	assert_int_equal(send_port(remote), 0);
	assert_int_equal(consumed, 1);
	assert_false(pending(d0, port));
}

static void test_limit(void **state)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = 0 };
	unsigned n = 0;
	long rc;

	host_run_on(1, d1->vcpu[0]);
	while ((rc = OP(alloc_unbound, &op)) == 0)
		n++;
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(n, 1023);
	host_run_on(0, d0->vcpu[0]);
	for (n = 0; (rc = OP(alloc_unbound, &op)) == 0; n++)
		;
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(n, 4095);
	assert_int_equal(close_port(2000), 0);
	assert_int_equal(unbound(DOMID_SELF, 0), 2000);
}

static void test_reset(void **state)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	unsigned i;
	u32 remote = unbound(1, 0), local = bind(1, remote);

	for (i = 0; i < 500; i++)
		unbound(DOMID_SELF, 1);
	shim_preempt_every = 1;
	assert_int_equal(OP(reset, &op), 0);
	assert_int_equal(host_restarts, 7);
	shim_preempt_every = 0;
	assert_int_equal(d0->active_evtchns, 1);
	assert_int_equal(status_of(1, remote).status, EVTCHNSTAT_unbound);
	assert_int_equal(status_of(0, local).status, EVTCHNSTAT_closed);
	op.dom = 1;
	assert_int_equal(OP(reset, &op), -EINVAL);
	d1->controller_pause_count = 1;
	assert_int_equal(OP(reset, &op), 0);
	assert_int_equal(d1->active_evtchns, 1);
}

static void test_dying(void **state)
{
	struct evtchn_alloc_unbound op = { .dom = 1, .remote_dom = 0 };
	u32 port = unbound(DOMID_SELF, 1), remote;

	host_run_on(1, d1->vcpu[0]);
	remote = bind(0, port);
	host_run_on(0, d0->vcpu[0]);
	d1->is_dying = DOMDYING_dying;
	assert_int_equal(OP(alloc_unbound, &op), -EINVAL);
	assert_int_equal(evtchn_destroy(d1), 0);
	assert_int_equal(d1->refcnt, 1);
	assert_int_equal(status_of(0, port).status, EVTCHNSTAT_unbound);
	assert_int_equal(status_of(0, port).u.unbound.dom, 1);
	assert_int_equal(send_port(port), 0);
	assert_int_equal(status_of(1, remote).status, EVTCHNSTAT_closed);
	d1->is_dying = DOMDYING_alive;
}

static void test_faults(void **state)
{
	struct evtchn_bind_ipi op = { .vcpu = 0 };
	unsigned before = d0->active_evtchns;

	assert_int_equal(OP(bind_ipi, NULL), -EFAULT);
	assert_int_equal(OP(bind_ipi, (void *)0xffff800000000000ull), -EFAULT);
	assert_int_equal(OP(bind_ipi, (void *)0xffff7ffffffffffeull), -EFAULT);
	/* In yes, out no: the port does not stay. */
	shim_fault_after = 1;
	assert_int_equal(OP(bind_ipi, &op), -EFAULT);
	shim_fault_after = -1;
	assert_int_equal(d0->active_evtchns, before);
	assert_int_equal(host_call(hc_event_channel_op, 14, &op, 0), -ENOSYS);
	assert_int_equal(host_call(hc_event_channel_op, 0xffffffff, &op, 0), -ENOSYS);
}

static void test_poll(void **state)
{
	u32 remote = unbound(1, 0), local = bind(1, remote);
	struct vcpu *v = d1->vcpu[1];

	/* Even a masked port ends a poll. */
	set_bit(remote, d1->shared_info->evtchn_mask);
	v->poll_active = true;
	v->poll_port = (int)remote + 1;
	assert_int_equal(send_port(local), 0);
	assert_int_equal(shim_counts.unblocks, 1);	/* d0's own, at bind */
	clear_bit(remote, d1->shared_info->evtchn_pending);
	v->poll_port = (int)remote;
	assert_int_equal(send_port(local), 0);
	assert_int_equal(shim_counts.unblocks, 2);
	assert_int_equal(evtchn_port_is_pending(d1, remote), 1);
	assert_int_equal(evtchn_port_is_pending(d1, remote + 1), 0);
	assert_int_equal(evtchn_port_is_pending(d1, 99999), -EINVAL);
	clear_bit(remote, d1->shared_info->evtchn_pending);
	v->poll_active = true;
	v->poll_port = -1;
	assert_int_equal(send_port(local), 0);
	assert_int_equal(shim_counts.unblocks, 3);
}

static void test_no_memory(void **state)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = 1 };
	unsigned i;

	for (i = 1; i < 64; i++)
		unbound(DOMID_SELF, 1);
	shim_fail_alloc = 1;
	assert_int_equal(OP(alloc_unbound, &op), -ENOMEM);
	assert_int_equal(unbound(DOMID_SELF, 1), 64);
}

static void test_two_level_has_no_priority(void **state)
{
	struct evtchn_set_priority op = { .port = unbound(DOMID_SELF, 1), .priority = 0 };
	struct evtchn_expand_array ea = { .array_gfn = 300 };

	assert_int_equal(OP(set_priority, &op), -ENOSYS);
	assert_int_equal(OP(expand_array, &ea), -EOPNOTSUPP);
	op.port = 4000;
	assert_int_equal(OP(set_priority, &op), -EINVAL);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lowest_port), T(test_interdomain), T(test_masked_and_unmask),
		T(test_bind_refused), T(test_loopback), T(test_rights), T(test_virq),
		T(test_virq_handler), T(test_ipi), T(test_pirq), T(test_send_refused),
		T(test_consumer), T(test_limit), T(test_reset), T(test_dying), T(test_faults),
		T(test_poll), T(test_no_memory), T(test_two_level_has_no_priority),
	};
	int rc;

	host_machine_init(512);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn-refuse: what event channel operations must not accept.
 *
 * What: ports 0, unallocated, the last and beyond; domains and vCPUs that do not exist; kinds of
 * port that an operation is not for; FIFO operations before init_control; bad pointers.
 * Why: ports index arrays (XSA-107, 221, 338, 342).
 * Expected: an error each time and nothing changed; see the tables below for which.
 */
#include "event.h"
#include "trap.h"

const char test_name[] = "evtchn-refuse";

static void ports(void)
{
	static const unsigned int bad[] = { 0, 900, 4095, 4096, 131071,
					    131072, 0x7fffffff, 0x80000000, ~0U };
	struct evtchn_bind_vcpu bv = { .vcpu = 0 };
	struct evtchn_set_priority pr = { .priority = 3 };
	struct evtchn_status st;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		bool ok;

		bv.port = pr.port = bad[i];
		ok = expect(evtchn_send(bad[i]), -XEN_EINVAL);
		ok &= expect(evtchn_close(bad[i]), -XEN_EINVAL);
		ok &= expect(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL);
		ok &= check(hc_event_channel_op(EVTCHNOP_set_priority, &pr) < 0);
		ok &= expect(evtchn_bind_interdomain(DOMID_SELF, bad[i]), -XEN_EINVAL);
		/* Port 0 may be asked about and unmasked: it is there, and closed. */
		if (bad[i])
			ok &= expect(evtchn_unmask(bad[i]), -XEN_EINVAL) &
			      expect(evtchn_status(bad[i], &st), -XEN_EINVAL);
		if (!ok)
			printf("  port %u\n", bad[i]);
	}
}

static void domains(void)
{
	struct evtchn_reset reset = { .dom = 0x1234 };
	struct evtchn_status st = { .dom = 0x1234, .port = 1 };

	expect(evtchn_alloc_unbound(0x1234, DOMID_SELF), -XEN_ESRCH);
	expect(evtchn_alloc_unbound(DOMID_IO, DOMID_SELF), -XEN_ESRCH);
	expect(evtchn_alloc_unbound(DOMID_INVALID, DOMID_SELF), -XEN_ESRCH);
	expect(evtchn_bind_interdomain(0x1234, 1), -XEN_ESRCH);
	expect(evtchn_bind_interdomain(DOMID_XEN, 1), -XEN_ESRCH);
	expect(hc_event_channel_op(EVTCHNOP_status, &st), -XEN_ESRCH);
	expect(hc_event_channel_op(EVTCHNOP_reset, &reset), -XEN_ESRCH);
}

static void vcpus_and_virqs(void)
{
	long port = evtchn_bind_ipi(0), timer;
	struct evtchn_bind_vcpu bv = { .port = port, .vcpu = 0 };

	check(port > 0);
	expect(evtchn_bind_ipi(4096), -XEN_ENOENT);
	expect(evtchn_bind_ipi(~0U), -XEN_ENOENT);
	expect(evtchn_bind_virq(VIRQ_DEBUG, 4096), -XEN_ENOENT);
	expect(evtchn_bind_virq(VIRQ_DEBUG, ~0U), -XEN_ENOENT);
	expect(evtchn_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	expect(evtchn_bind_virq(~0U, 0), -XEN_EINVAL);
	/* Global ones are bound on vCPU 0 only. */
	expect(evtchn_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL);
	/* An IPI stays where it is, and so does a per-vCPU virq. */
	expect(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL);
	timer = evtchn_bind_virq(VIRQ_TIMER, 0);
	check(timer > 0);
	bv.port = timer;
	expect(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL);
	/* One does not send to a virq. */
	expect(evtchn_send(timer), -XEN_EINVAL);
	expect(evtchn_close(timer), 0);
	expect(evtchn_close(port), 0);
	port = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
	bv.port = port;
	expect(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), 0);
	bv.vcpu = 4096;
	expect(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_ENOENT);
	expect(evtchn_close(port), 0);
}

static void fifo_too_early(void)
{
	struct evtchn_expand_array ex = { .array_gfn = 0 };
	struct evtchn_init_control ic = { .control_gfn = 0xfffffffff, .vcpu = 0 };
	long port = evtchn_bind_ipi(0);
	struct evtchn_set_priority pr = { .port = port, .priority = 16 };

	expect(hc_event_channel_op(EVTCHNOP_expand_array, &ex), -XEN_EOPNOTSUPP);
	expect(hc_event_channel_op(EVTCHNOP_init_control, &ic), -XEN_EINVAL);
	ic.vcpu = 4096;
	expect(hc_event_channel_op(EVTCHNOP_init_control, &ic), -XEN_ENOENT);
	ic.vcpu = 0;
	ic.offset = 4;
	expect(hc_event_channel_op(EVTCHNOP_init_control, &ic), -XEN_EINVAL);
	ic.offset = 4032;
	expect(hc_event_channel_op(EVTCHNOP_init_control, &ic), -XEN_EINVAL);
	pr.priority = 3;
	expect(hc_event_channel_op(EVTCHNOP_set_priority, &pr), -XEN_ENOSYS);
	/* None of this made it FIFO: two-level still works. */
	upcalls_on();
	event_reset();
	expect(evtchn_send(port), 0);
	expect(event_count[port], 1);
	upcalls_off();
	expect(evtchn_close(port), 0);
}

static void pointers(void)
{
	for (unsigned int cmd = 0; cmd <= 13; cmd++) {
		if (!expect(hc_event_channel_op(cmd, (void *)0x1000), -XEN_EFAULT) ||
		    !expect(hc_event_channel_op(cmd, (void *)HYPERVISOR_VIRT_START), -XEN_EFAULT) ||
		    !expect(hc_event_channel_op(cmd, (void *)0x8000000000000000), -XEN_EFAULT))
			printf("  operation %u\n", cmd);
	}
	expect(hc_event_channel_op(15, NULL), -XEN_ENOSYS);
	expect(hc_event_channel_op(-1, NULL), -XEN_ENOSYS);
}

void test_main(void)
{
	ports();
	domains();
	vcpus_and_virqs();
	fifo_too_early();
	pointers();
	expect_no_trap();
}

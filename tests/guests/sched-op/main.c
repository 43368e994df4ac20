/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched-op: yield, block, poll, watchdog and what they refuse.
 *
 * What: each scheduling operation that does not end the domain.
 * Why: Linux idles, spins and shuts down through these.
 * Expected: yield 0; block clears the upcall mask and comes back at once when an event is pending;
 * poll with no ports and a time-out ends after it with 0; more than 128 ports -EINVAL, bad port
 * -EINVAL, bad pointer -EFAULT; an unknown watchdog id -EINVAL (but id 0 with time-out 0 makes a
 * new one that fires at once); remote_shutdown of oneself is refused, of nobody -ESRCH; unknown
 * -ENOSYS.
 */
#include "event.h"
#include "trap.h"

const char test_name[] = "sched-op";

static void block(void)
{
	long port = evtchn_bind_ipi(0);

	check(port > 0);
	/* Pending while held back: block must take it, not sleep. */
	upcalls_off();
	event_reset();
	expect(evtchn_send(port), 0);
	expect(event_count[port], 0);
	expect(hc_sched_op(SCHEDOP_block, NULL), 0);
	expect(event_count[port], 1);
	expect(vcpu0_info()->evtchn_upcall_mask, 0);
	upcalls_off();
	evtchn_close(port);
}

static void poll_ports(void)
{
	static evtchn_port_t ports[129];
	struct sched_poll poll = { .timeout = 0 };
	long port = evtchn_bind_ipi(0);
	u64 before;

	check(port > 0);
	set_xen_guest_handle(poll.ports, ports);
	for (int i = 0; i < 129; i++)
		ports[i] = port;

	poll.nr_ports = 0;
	before = system_time();
	poll.timeout = before + 5000000;
	expect(hc_sched_op(SCHEDOP_poll, &poll), 0);
	check(system_time() >= before + 4900000);

	/* A masked port that is pending ends the poll, and stays pending. */
	port_mask(port);
	must(evtchn_send(port));
	poll.nr_ports = 1;
	poll.timeout = system_time() + 2000000000;
	before = system_time();
	expect(hc_sched_op(SCHEDOP_poll, &poll), 0);
	check(system_time() < before + 1000000000);
	check(port_pending(port));
	poll.nr_ports = 128;
	expect(hc_sched_op(SCHEDOP_poll, &poll), 0);
	poll.nr_ports = 129;
	expect(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL);
	port_clear(port);

	poll.nr_ports = 1;
	ports[0] = 4096;
	expect(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL);
	ports[0] = ~0U;
	expect(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL);
	set_xen_guest_handle(poll.ports, (evtchn_port_t *)HYPERVISOR_VIRT_START);
	expect(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EFAULT);
	expect(hc_sched_op(SCHEDOP_poll, (void *)0x1000), -XEN_EFAULT);
	evtchn_close(port);
}

static void watchdog(void)
{
	struct sched_watchdog dog = { .id = 0, .timeout = 60 };
	long id = hc_sched_op(SCHEDOP_watchdog, &dog);

	check(id > 0);
	dog.id = id;
	expect(hc_sched_op(SCHEDOP_watchdog, &dog), 0);
	dog.timeout = 0;
	expect(hc_sched_op(SCHEDOP_watchdog, &dog), 0);
	/* Stopped already. */
	dog.timeout = 60;
	expect(hc_sched_op(SCHEDOP_watchdog, &dog), -XEN_EINVAL);
	dog.id = 3;
	expect(hc_sched_op(SCHEDOP_watchdog, &dog), -XEN_EINVAL);
}

void test_main(void)
{
	struct sched_remote_shutdown rs = { .domain_id = 999, .reason = SHUTDOWN_poweroff };

	hush_toolstack();
	expect(hc_sched_op(SCHEDOP_yield, NULL), 0);
	block();
	poll_ports();
	watchdog();
	if (is_dom0()) {
		expect(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_ESRCH);
		rs.domain_id = DOMID_IO;
		expect(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_ESRCH);
	}
	expect(hc_sched_op(SCHEDOP_shutdown, (void *)0x1000), -XEN_EFAULT);
	expect(hc_sched_op(SCHEDOP_remote_shutdown, (void *)0x1000), -XEN_EFAULT);
	expect(hc_sched_op(SCHEDOP_watchdog, (void *)0x1000), -XEN_EFAULT);
	expect(hc_sched_op(8, NULL), -XEN_ENOSYS);
	expect(hc_sched_op(~0U, NULL), -XEN_ENOSYS);
	expect_no_trap();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn-2l: event channels in the two-level form, within one domain.
 *
 * What: IPI, interdomain to self, delivery, masks at each level, the unmask operation, closing,
 * port numbers, the upcall frame.
 * Why: every driver's notifications; a lost event hangs a guest.
 * Expected: send sets the pending bit, the selector bit and upcall_pending, and makes an upcall if
 * nothing is masked; a masked port only gets its pending bit; evtchn_unmask delivers what waits;
 * closing a port clears its pending bit, and its peer is unbound again; binding sets the new local
 * port pending; the lowest free port is given.
 */
#include "event.h"
#include "trap.h"

const char test_name[] = "evtchn-2l";

static struct trap_frame upcall_frame;

static bool keep_frame(struct trap_frame *f)
{
	upcall_frame = *f;
	return false;
}

static void ipi(void)
{
	struct evtchn_status st;
	long port = evtchn_bind_ipi(0);

	check(port > 0);
	expect(evtchn_status(port, &st), 0);
	expect(st.status, EVTCHNSTAT_ipi);
	expect(st.vcpu, 0);

	/* Held back by the upcall mask: all bits set, nothing delivered. */
	upcalls_off();
	event_reset();
	expect(evtchn_send(port), 0);
	expect(upcall_count, 0);
	check(port_pending(port));
	expect(vcpu0_info()->evtchn_upcall_pending, 1);
	check(vcpu0_info()->evtchn_pending_sel & 1UL << (port / 64));
	trap_hook = keep_frame;
	upcalls_on();
	trap_hook = NULL;
	expect(upcall_count, 1);
	expect(event_count[port], 1);
	check(!port_pending(port));
	expect(upcall_frame.vector, VEC_EVENT);
	expect(upcall_frame.cs, FLAT_KERNEL_CS & ~3);
	expect(upcall_frame.mask, 0);
	expect(upcall_frame.rflags & FLAG_IF, FLAG_IF);
	expect(vcpu0_info()->evtchn_upcall_mask, 0);

	/* Open: delivered before send returns. Twice is twice. */
	expect(evtchn_send(port), 0);
	expect(event_count[port], 2);
	expect(evtchn_send(port), 0);
	expect(event_count[port], 3);
	expect(evtchn_close(port), 0);
	expect(evtchn_status(port, &st), 0);
	expect(st.status, EVTCHNSTAT_closed);
}

static void masking(void)
{
	long port = evtchn_bind_ipi(0);

	event_reset();
	port_mask(port);
	expect(evtchn_send(port), 0);
	expect(upcall_count, 0);
	check(port_pending(port));
	expect(vcpu0_info()->evtchn_upcall_pending, 0);
	/* Sending again changes nothing. */
	expect(evtchn_send(port), 0);
	expect(evtchn_unmask(port), 0);
	expect(event_count[port], 1);
	check(!port_masked(port));
	/* Unmask with nothing pending. */
	port_mask(port);
	expect(evtchn_unmask(port), 0);
	expect(event_count[port], 1);
	expect(evtchn_unmask(port), 0);
	/*
	 * The pending bit goes with the port; the mask bit too, so that the next owner starts
	 * clean.
	 */
	port_mask(port);
	expect(evtchn_send(port), 0);
	expect(evtchn_close(port), 0);
	check(!port_pending(port));
	expect(evtchn_bind_ipi(0), port);
	port_unmask_bit(port);
	expect(evtchn_close(port), 0);
	expect(event_count[port], 1);
}

static void interdomain(void)
{
	struct evtchn_status st;
	long a, b;

	event_reset();
	a = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
	check(a > 0);
	expect(evtchn_status(a, &st), 0);
	expect(st.status, EVTCHNSTAT_unbound);
	/* Nobody there yet: sent into the void. */
	expect(evtchn_send(a), 0);
	expect(event_count[a], 0);
	b = evtchn_bind_interdomain(DOMID_SELF, a);
	check(b > 0 && b != a);
	/* The binder is told at once, in case something was sent before. */
	expect(event_count[b], 1);
	expect(evtchn_status(a, &st), 0);
	expect(st.status, EVTCHNSTAT_interdomain);
	expect(st.u.interdomain.port, b);
	expect(evtchn_status(b, &st), 0);
	expect(st.u.interdomain.port, a);
	expect(evtchn_send(a), 0);
	expect(event_count[b], 2);
	expect(evtchn_send(b), 0);
	expect(event_count[a], 1);
	/* A bound port cannot be bound to again. */
	expect(evtchn_bind_interdomain(DOMID_SELF, a), -XEN_EINVAL);
	expect(evtchn_close(b), 0);
	expect(evtchn_status(a, &st), 0);
	expect(st.status, EVTCHNSTAT_unbound);
	expect(evtchn_send(a), 0);
	/* And again with the other. */
	b = evtchn_bind_interdomain(DOMID_SELF, a);
	check(b > 0);
	expect(evtchn_close(a), 0);
	expect(evtchn_status(b, &st), 0);
	expect(st.status, EVTCHNSTAT_unbound);
	expect(evtchn_close(b), 0);
}

static void port_numbers(void)
{
	long ports[200], again;

	for (int i = 0; i < 200; i++)
		ports[i] = evtchn_bind_ipi(0);
	for (int i = 1; i < 200; i++)
		check(ports[i] == ports[i - 1] + 1);
	/* Across words of the bitmap. */
	event_reset();
	for (int i = 0; i < 200; i += 37) {
		expect(evtchn_send(ports[i]), 0);
		expect(event_count[ports[i]], 1);
	}
	expect(evtchn_close(ports[50]), 0);
	again = evtchn_bind_ipi(0);
	expect(again, ports[50]);
	for (int i = 0; i < 200; i++)
		expect(evtchn_close(ports[i]), 0);
}

static void many_at_once(void)
{
	long ports[4];

	upcalls_off();
	event_reset();
	for (int i = 0; i < 4; i++) {
		ports[i] = evtchn_bind_ipi(0);
		must(evtchn_send(ports[i]));
	}
	upcalls_on();
	expect(upcall_count, 1);
	for (int i = 0; i < 4; i++) {
		expect(event_count[ports[i]], 1);
		must(evtchn_close(ports[i]));
	}
}

static void virqs(void)
{
	struct evtchn_status st;
	long port = evtchn_bind_virq(VIRQ_DEBUG, 0);

	check(port > 0);
	expect(evtchn_status(port, &st), 0);
	expect(st.status, EVTCHNSTAT_virq);
	expect(st.u.virq, VIRQ_DEBUG);
	expect(evtchn_bind_virq(VIRQ_DEBUG, 0), -XEN_EEXIST);
	expect(evtchn_close(port), 0);
	port = evtchn_bind_virq(VIRQ_DEBUG, 0);
	check(port > 0);
	expect(evtchn_close(port), 0);
}

static void reset(void)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	struct evtchn_status st;
	long port = evtchn_bind_ipi(0);

	check(port > 0);
	expect(hc_event_channel_op(EVTCHNOP_reset, &op), 0);
	expect(evtchn_status(port, &st), 0);
	expect(st.status, EVTCHNSTAT_closed);
	expect(evtchn_bind_ipi(0), 1);
	expect(evtchn_close(1), 0);
}

void test_main(void)
{
	ipi();
	upcalls_on();
	masking();
	interdomain();
	port_numbers();
	many_at_once();
	virqs();
	if (is_dom0())
		reset();
}

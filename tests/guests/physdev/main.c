/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev: interrupt lines and I/O rights of the initial domain.
 *
 * What: the sequence in which Linux brings a line up (map_pirq, alloc_irq_vector, bind_pirq,
 * irq_status_query, eoi), reads of the I/O APIC, refusals.
 * Why: Linux loses an interrupt if a step fails.
 * Expected: a line maps to the pirq of its own number; alloc_irq_vector says 0; every line needs
 * an EOI; an EOI out of turn is 0; lines that do not exist -EINVAL; a domain without rights is
 * refused.
 */
#include "event.h"
#include "trap.h"

#include <xen/physdev.h>

const char test_name[] = "physdev";

#define LINE 16	/* a PCI line of the machine, not in use by the hypervisor */

static long map_line(int line, int pirq)
{
	struct physdev_map_pirq op = {
		.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = line, .pirq = pirq,
	};
	long rc = hc_physdev_op(PHYSDEVOP_map_pirq, &op);

	return rc ? rc : op.pirq;
}

static long bind(unsigned int pirq, unsigned int flags)
{
	struct evtchn_bind_pirq op = { .pirq = pirq, .flags = flags };
	long rc = hc_event_channel_op(EVTCHNOP_bind_pirq, &op);

	return rc ? rc : op.port;
}

static void line(void)
{
	struct physdev_setup_gsi setup = { .gsi = LINE, .triggering = 1, .polarity = 1 };
	struct physdev_irq_status_query query = { .irq = LINE };
	struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = LINE };
	struct physdev_irq vector = { .irq = LINE };
	struct physdev_eoi eoi = { .irq = LINE };
	struct evtchn_status st;
	long port;

	expect(map_line(LINE, LINE), LINE);
	expect(map_line(LINE, LINE), LINE);
	expect(hc_physdev_op(PHYSDEVOP_setup_gsi, &setup), 0);
	expect(hc_physdev_op(PHYSDEVOP_alloc_irq_vector, &vector), 0);
	port = bind(LINE, BIND_PIRQ__WILL_SHARE);
	check(port > 0);
	expect(bind(LINE, BIND_PIRQ__WILL_SHARE), -XEN_EEXIST);
	expect(evtchn_status(port, &st), 0);
	expect(st.status, EVTCHNSTAT_pirq);
	expect(st.u.pirq, LINE);
	expect(evtchn_send(port), -XEN_EINVAL);
	expect(hc_physdev_op(PHYSDEVOP_irq_status_query, &query), 0);
	expect(query.flags & XENIRQSTAT_needs_eoi, XENIRQSTAT_needs_eoi);
	expect(hc_physdev_op(PHYSDEVOP_eoi, &eoi), 0);
	expect(evtchn_unmask(port), 0);
	/* Once it is bound, the way it triggers is settled. */
	expect(hc_physdev_op(PHYSDEVOP_setup_gsi, &setup), -XEN_EEXIST);
	expect(evtchn_close(port), 0);
	expect(hc_physdev_op(PHYSDEVOP_unmap_pirq, &unmap), 0);
	check(bind(LINE, 0) < 0);
}

static void io_apic(void)
{
	struct physdev_apic apic = { .apic_physbase = 0xfec00000, .reg = 1 };

	expect(hc_physdev_op(PHYSDEVOP_apic_read, &apic), 0);
	/* Version, and 24 lines. */
	expect(apic.value >> 16 & 0xff, 23);
	apic.apic_physbase = 0x12345000;
	expect(hc_physdev_op(PHYSDEVOP_apic_read, &apic), -XEN_EINVAL);
}

static void refusals(void)
{
	struct physdev_eoi eoi = { .irq = 0x7fffffff };
	struct physdev_irq_status_query query = { .irq = 0x7fffffff };
	struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = 0x7fffffff };
	struct physdev_setup_gsi setup = { .gsi = 5000 };

	check(map_line(5000, 5000) < 0);
	check(map_line(-1, 3) < 0);
	check(map_line(LINE, 0x7fffffff) < 0);
	check(bind(5000, 0) < 0);
	check(bind(~0U, 0) < 0);
	expect(hc_physdev_op(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
	expect(hc_physdev_op(PHYSDEVOP_irq_status_query, &query), -XEN_EINVAL);
	expect(hc_physdev_op(PHYSDEVOP_unmap_pirq, &unmap), -XEN_EINVAL);
	check(hc_physdev_op(PHYSDEVOP_setup_gsi, &setup) < 0);
	expect(hc_physdev_op(99, &setup), -XEN_ENOSYS);
}

void test_main(void)
{
	struct physdev_apic apic = { .apic_physbase = 0xfec00000, .reg = 1 };

	if (is_dom0()) {
		line();
		io_apic();
		refusals();
		return;
	}
	expect(hc_physdev_op(PHYSDEVOP_apic_read, &apic), -XEN_EPERM);
	check(map_line(LINE, LINE) < 0);
	check(bind(LINE, 0) < 0);
}

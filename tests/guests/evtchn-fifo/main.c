/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn-fifo: event channels in the FIFO form.
 *
 * What: init_control, expand_array, queues by priority, masking, linking, a port beyond the array,
 * hostile words.
 * Why: what Linux uses whenever it is there.
 * Expected: an event sets PENDING and LINKED in its word and is linked to the queue of its
 * priority, whose bit is set in `ready`; order within a queue is kept; a masked one is PENDING
 * alone; events that were pending at the switch, or before their array page existed, are not lost;
 * a second control block, a bad offset or frame is refused.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

const char test_name[] = "evtchn-fifo";

static struct evtchn_fifo_control_block *control;
static volatile u32 *words;	/* the first array page: ports 0 to 1023 */
static unsigned int order[64], delivered;
static unsigned int first_own;	/* below it are the console's and XenStore's, where there are any */

#define BIT(n) (1U << (n))

/* Take everything that is linked, most important queue first. */
static bool take_all(struct trap_frame *f)
{
	u32 ready;

	if (f->vector != VEC_EVENT)
		return false;
	upcall_count++;
	vcpu0_info()->evtchn_upcall_pending = 0;
	ready = __atomic_exchange_n(&control->ready, 0, __ATOMIC_SEQ_CST);
	for (unsigned int q = 0; q < 16; q++) {
		u32 port = ready & BIT(q) ? control->head[q] : 0;

		while (port) {
			u32 word = words[port];

			if (port >= first_own && delivered < ARRAY_SIZE(order))
				order[delivered++] = port;
			__atomic_fetch_and(&words[port],
					   ~(BIT(EVTCHN_FIFO_LINKED) | BIT(EVTCHN_FIFO_PENDING) |
					     EVTCHN_FIFO_LINK_MASK),
					   __ATOMIC_SEQ_CST);
			port = word & EVTCHN_FIFO_LINK_MASK;
		}
		if (ready & BIT(q))
			control->head[q] = 0;
	}
	return true;
}

static long init(u64 gfn, u32 offset, u32 vcpu, u8 *link_bits)
{
	struct evtchn_init_control ic = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
	long rc = hc_event_channel_op(EVTCHNOP_init_control, &ic);

	if (link_bits)
		*link_bits = ic.link_bits;
	return rc;
}

static long expand(u64 gfn)
{
	struct evtchn_expand_array ex = { .array_gfn = gfn };

	return hc_event_channel_op(EVTCHNOP_expand_array, &ex);
}

static long priority(unsigned int port, unsigned int prio)
{
	struct evtchn_set_priority sp = { .port = port, .priority = prio };

	return hc_event_channel_op(EVTCHNOP_set_priority, &sp);
}

static void setting_up(unsigned int early)
{
	void *page = page_alloc(), *array = page_alloc();
	u8 bits = 0;

	/* Unfit frames: a page table, a read-only page is fine by type, nothing at all is not. */
	expect(init(va_mfn(root_table), 0, 0, NULL), -XEN_EINVAL);
	expect(init(0xfffffffff, 0, 0, NULL), -XEN_EINVAL);
	expect(init(va_mfn(page), 0, 0, &bits), 0);
	expect(bits, 17);
	control = page;
	expect(init(va_mfn(page), 0, 0, NULL), -XEN_EINVAL);
	expect(init(va_mfn(page), 64, 0, NULL), -XEN_EINVAL);

	/* Sent now, with no array page: remembered. */
	expect(evtchn_send(early + 1), 0);
	expect(expand(0xfffffffff), -XEN_EINVAL);
	expect(expand(va_mfn(root_table)), -XEN_EINVAL);
	words = array;
	/* Pages are held for writing: they cannot become tables. */
	expect(expand(va_mfn(array)), 0);
	must(page_ro(array));
	expect(pin(1, array), -XEN_EINVAL);
	must(page_rw(array));
	/* Nobody else is to stand in the queues: their daemons send when they like. */
	for (unsigned int port = 1; port < early; port++)
		__atomic_fetch_or(&words[port], BIT(EVTCHN_FIFO_MASKED), __ATOMIC_SEQ_CST);
	check(words[early] & BIT(EVTCHN_FIFO_PENDING));
	check(words[early + 1] & BIT(EVTCHN_FIFO_PENDING));
	/* The second page. */
	expect(expand(va_mfn(page_alloc())), 0);
	upcalls_on();
	expect(delivered, 2);
}

static void queues(unsigned int first)
{
	upcalls_off();
	delivered = 0;
	/* Three in one queue keep their order. */
	for (unsigned int i = 0; i < 3; i++)
		expect(evtchn_send(first + 2 - i), 0);
	expect(control->ready, BIT(EVTCHN_FIFO_PRIORITY_DEFAULT));
	expect(control->head[EVTCHN_FIFO_PRIORITY_DEFAULT], first + 2);
	expect(words[first + 2] & EVTCHN_FIFO_LINK_MASK, first + 1);
	check(words[first] & BIT(EVTCHN_FIFO_LINKED));
	/* Sent twice is linked once. */
	expect(evtchn_send(first), 0);
	upcalls_on();
	expect(delivered, 3);
	expect(order[0], first + 2);
	expect(order[1], first + 1);
	expect(order[2], first);
	expect(upcall_count > 0, 1);

	/* Priorities. */
	upcalls_off();
	delivered = 0;
	expect(priority(first, EVTCHN_FIFO_PRIORITY_MIN), 0);
	expect(priority(first + 1, EVTCHN_FIFO_PRIORITY_MAX), 0);
	expect(priority(first, 16), -XEN_EINVAL);
	for (unsigned int i = 0; i < 3; i++)
		expect(evtchn_send(first + i), 0);
	expect(control->ready, BIT(0) | BIT(7) | BIT(15));
	upcalls_on();
	expect(delivered, 3);
	expect(order[0], first + 1);
	expect(order[1], first + 2);
	expect(order[2], first);
	expect(priority(first, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
	expect(priority(first + 1, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
}

static void masking(unsigned int port)
{
	delivered = 0;
	__atomic_fetch_or(&words[port], BIT(EVTCHN_FIFO_MASKED), __ATOMIC_SEQ_CST);
	expect(evtchn_send(port), 0);
	expect(delivered, 0);
	expect(words[port] & (BIT(EVTCHN_FIFO_PENDING) | BIT(EVTCHN_FIFO_LINKED)),
	       BIT(EVTCHN_FIFO_PENDING));
	expect(evtchn_unmask(port), 0);
	expect(delivered, 1);
	expect(order[0], port);
	expect(words[port] & BIT(EVTCHN_FIFO_MASKED), 0);
}

/*
 * The guest scribbles over words and the control block. The hypervisor must live; what is lost is
 * ours.
 */
static void scribbles(unsigned int first)
{
	upcalls_off();
	for (unsigned int i = 0; i < 200; i++) {
		words[first + i % 3] = i * 0x9e3779b9;
		control->head[7] = i * 0x85ebca6b;
		control->ready = i;
		evtchn_send(first + i % 3);
		evtchn_unmask(first + (i + 1) % 3);
	}
	for (unsigned int i = 0; i < 3; i++)
		words[first + i] = 0;
	control->ready = 0;
	for (unsigned int q = 0; q < 16; q++)
		control->head[q] = 0;
	vcpu0_info()->evtchn_upcall_pending = 0;
	/* Linked from zeroed words, the queues start anew. */
	delivered = 0;
	upcalls_on();
	expect(evtchn_send(first), 0);
	expect(delivered, 1);
	expect(order[0], first);
}

static void closing(unsigned int port)
{
	upcalls_off();
	delivered = 0;
	expect(evtchn_send(port), 0);
	expect(evtchn_close(port), 0);
	expect(words[port] & BIT(EVTCHN_FIFO_PENDING), 0);
	/* Still linked: the guest takes it off its queue and finds nothing pending. */
	upcalls_on();
	expect(delivered, 1);
}

void test_main(void)
{
	long first = evtchn_bind_ipi(0);

	check(first > 0);
	first_own = first;
	expect(evtchn_bind_ipi(0), first + 1);
	expect(evtchn_bind_ipi(0), first + 2);
	trap_hook = take_all;
	upcalls_off();
	/* Pending in the two-level form, when the switch comes. */
	expect(evtchn_send(first), 0);
	setting_up(first);
	queues(first);
	masking(first);
	scribbles(first);
	closing(first + 2);
	trap_hook = NULL;
	upcalls_off();
}

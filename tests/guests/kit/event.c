/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.c: the event upcall, port bits, short forms of event_channel_op, and the clock.
 */
#include "event.h"

unsigned int event_count[EVENT_PORTS];
unsigned int upcall_count;

static void bit_clear(volatile unsigned long *word, unsigned int bit)
{
	asm volatile ("lock btrq %1, %0" : "+m" (*word) : "r" ((u64)bit) : "memory");
}

static void bit_set(volatile unsigned long *word, unsigned int bit)
{
	asm volatile ("lock btsq %1, %0" : "+m" (*word) : "r" ((u64)bit) : "memory");
}

void event_upcall(void)
{
	struct vcpu_info *vi = vcpu0_info();
	unsigned long sel;

	upcall_count++;
	while (__atomic_exchange_n(&vi->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST)) {
		sel = __atomic_exchange_n(&vi->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
		for (; sel; sel &= sel - 1) {
			unsigned int word = __builtin_ctzl(sel);
			unsigned long ready = READ_ONCE(shared_info->evtchn_pending[word]) &
					      ~READ_ONCE(shared_info->evtchn_mask[word]);

			for (; ready; ready &= ready - 1) {
				unsigned int port = word * 64 + __builtin_ctzl(ready);

				port_clear(port);
				event_count[port]++;
			}
		}
	}
}

void event_reset(void)
{
	memset(event_count, 0, sizeof(event_count));
	upcall_count = 0;
}

void port_mask(unsigned int port)
{
	bit_set(&shared_info->evtchn_mask[port / 64], port % 64);
}

void port_unmask_bit(unsigned int port)
{
	bit_clear(&shared_info->evtchn_mask[port / 64], port % 64);
}

void port_clear(unsigned int port)
{
	bit_clear(&shared_info->evtchn_pending[port / 64], port % 64);
}

void upcalls_on(void)
{
	WRITE_ONCE(vcpu0_info()->evtchn_upcall_mask, 0);
	barrier();
	/* Any hypercall looks for events on its way out. */
	if (READ_ONCE(vcpu0_info()->evtchn_upcall_pending))
		hc_xen_version(0, NULL);
}

void upcalls_off(void)
{
	WRITE_ONCE(vcpu0_info()->evtchn_upcall_mask, 1);
	barrier();
}

long evtchn_send(unsigned int port)
{
	struct evtchn_send op = { .port = port };

	return hc_event_channel_op(EVTCHNOP_send, &op);
}

long evtchn_unmask(unsigned int port)
{
	struct evtchn_unmask op = { .port = port };

	return hc_event_channel_op(EVTCHNOP_unmask, &op);
}

long evtchn_close(unsigned int port)
{
	struct evtchn_close op = { .port = port };

	return hc_event_channel_op(EVTCHNOP_close, &op);
}

long evtchn_bind_virq(unsigned int virq, unsigned int vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	long rc = hc_event_channel_op(EVTCHNOP_bind_virq, &op);

	return rc ? rc : op.port;
}

long evtchn_bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	long rc = hc_event_channel_op(EVTCHNOP_bind_ipi, &op);

	return rc ? rc : op.port;
}

long evtchn_alloc_unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
	long rc = hc_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : op.port;
}

long evtchn_bind_interdomain(domid_t remote, unsigned int remote_port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = remote_port };
	long rc = hc_event_channel_op(EVTCHNOP_bind_interdomain, &op);

	return rc ? rc : op.local_port;
}

long evtchn_status(unsigned int port, struct evtchn_status *st)
{
	st->dom = DOMID_SELF;
	st->port = port;
	return hc_event_channel_op(EVTCHNOP_status, st);
}

static u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile ("lfence; rdtsc" : "=a" (lo), "=d" (hi));
	return (u64)hi << 32 | lo;
}

u64 system_time(void)
{
	struct vcpu_time_info *t = &vcpu0_info()->time;
	u32 version;
	u64 delta, base;

	do {
		version = READ_ONCE(t->version);
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		delta = (unsigned __int128)delta * t->tsc_to_system_mul >> 32;
		base = t->system_time;
		barrier();
	} while (version & 1 || version != READ_ONCE(t->version));
	return base + delta;
}

void wait_until(u64 ns, volatile unsigned int *stop)
{
	while (system_time() < ns && !(stop && *stop))
		asm volatile ("pause");
}

/*
 * The toolstack's ends of console and store may ring at any time. A port that is pending
 * already rings no more and, masked, makes no upcall: so the test has the events to itself.
 */
static void hush(unsigned int port)
{
	u64 bit = 1UL << (port % 64);

	__atomic_fetch_or(&shared_info->evtchn_mask[port / 64], bit, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&shared_info->evtchn_pending[port / 64], bit, __ATOMIC_SEQ_CST);
}

void hush_toolstack(void)
{
	if (is_dom0())
		return;
	hush(start_info->console.domU.evtchn);
	hush(start_info->store_evtchn);
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

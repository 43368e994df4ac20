/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h: event channels of a kit kernel, two-level unless the test sets up otherwise.
 *
 * The upcall takes every pending, unmasked port, clears it and counts it in event_count[].
 */
#ifndef KIT_EVENT_H
#define KIT_EVENT_H

#include "kit.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define EVENT_PORTS	4096

extern unsigned int event_count[EVENT_PORTS];
extern unsigned int upcall_count;

void event_upcall(void);
void event_reset(void);

static inline bool port_pending(unsigned int port)
{
	return READ_ONCE(shared_info->evtchn_pending[port / 64]) >> (port % 64) & 1;
}

static inline bool port_masked(unsigned int port)
{
	return READ_ONCE(shared_info->evtchn_mask[port / 64]) >> (port % 64) & 1;
}

void port_mask(unsigned int port);
void port_unmask_bit(unsigned int port);	/* the bit alone, without the hypercall */
void port_clear(unsigned int port);
/* Let upcalls through (and take at once what waits), or hold them back. */
void upcalls_on(void);
void upcalls_off(void);

/* In a domU: no event of the toolstack's from here on. For tests that count or wait. */
void hush_toolstack(void);

long evtchn_send(unsigned int port);
long evtchn_unmask(unsigned int port);
long evtchn_close(unsigned int port);
/* These give the port, or a negative error. */
long evtchn_bind_virq(unsigned int virq, unsigned int vcpu);
long evtchn_bind_ipi(unsigned int vcpu);
long evtchn_alloc_unbound(domid_t dom, domid_t remote);
long evtchn_bind_interdomain(domid_t remote, unsigned int remote_port);
long evtchn_status(unsigned int port, struct evtchn_status *st);

u64 system_time(void);
/* Spin until the system time has passed or *stop is not 0. */
void wait_until(u64 ns, volatile unsigned int *stop);

#endif

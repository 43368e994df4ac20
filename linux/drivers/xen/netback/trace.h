/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h: tracepoints (events/xb_netback): one a batch, not one a packet.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xb_netback

#if !defined(NB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NB_TRACE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(nb_batch,
	TP_PROTO(const char *name, unsigned int queue, unsigned int packets, unsigned int copies),
	TP_ARGS(name, queue, packets, copies),
	TP_STRUCT__entry(
		__string(name, name)
		__field(unsigned int, queue)
		__field(unsigned int, packets)
		__field(unsigned int, copies)
	),
	TP_fast_assign(
		XB_ASSIGN_STR(name, name);
		__entry->queue = queue;
		__entry->packets = packets;
		__entry->copies = copies;
	),
	TP_printk("%s q%u packets %u copies %u", __get_str(name), __entry->queue,
		  __entry->packets, __entry->copies)
);

/* A poll took packets from the guest; copies: operations of its one grant copy, 0 when staged. */
DEFINE_EVENT(nb_batch, nb_from,
	TP_PROTO(const char *name, unsigned int queue, unsigned int packets, unsigned int copies),
	TP_ARGS(name, queue, packets, copies));

/* A batch went to the guest's ring. */
DEFINE_EVENT(nb_batch, nb_to,
	TP_PROTO(const char *name, unsigned int queue, unsigned int packets, unsigned int copies),
	TP_ARGS(name, queue, packets, copies));

/* The guest gives no room: the queue waits (packets: 0), or drops, or its carrier is gone. */
DEFINE_EVENT(nb_batch, nb_wait,
	TP_PROTO(const char *name, unsigned int queue, unsigned int packets, unsigned int copies),
	TP_ARGS(name, queue, packets, copies));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

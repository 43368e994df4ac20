/* SPDX-License-Identifier: GPL-2.0-only */
/* trace.h: tracepoints: packets as they pass, notifications, and why a device was stopped. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xb_netfront

#if !defined(NF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NF_TRACE_H

#include <linux/tracepoint.h>
#include <xb/compat.h>

DECLARE_EVENT_CLASS(nf_packet,
	TP_PROTO(const char *dev, unsigned int queue, unsigned int len, unsigned int gso,
		 bool staged),
	TP_ARGS(dev, queue, len, gso, staged),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(unsigned int, queue)
		__field(unsigned int, len)
		__field(unsigned int, gso)
		__field(bool, staged)
	),
	TP_fast_assign(
		XB_ASSIGN_STR(dev, dev);
		__entry->queue = queue;
		__entry->len = len;
		__entry->gso = gso;
		__entry->staged = staged;
	),
	TP_printk("%s queue=%u len=%u gso_size=%u %s", __get_str(dev), __entry->queue,
		  __entry->len, __entry->gso, __entry->staged ? "staged" : "ring")
);

DEFINE_EVENT(nf_packet, nf_tx,
	TP_PROTO(const char *dev, unsigned int queue, unsigned int len, unsigned int gso,
		 bool staged),
	TP_ARGS(dev, queue, len, gso, staged));

DEFINE_EVENT(nf_packet, nf_rx,
	TP_PROTO(const char *dev, unsigned int queue, unsigned int len, unsigned int gso,
		 bool staged),
	TP_ARGS(dev, queue, len, gso, staged));

TRACE_EVENT(nf_poll,
	TP_PROTO(const char *dev, unsigned int queue, int done, bool slept),
	TP_ARGS(dev, queue, done, slept),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(unsigned int, queue)
		__field(int, done)
		__field(bool, slept)
	),
	TP_fast_assign(
		XB_ASSIGN_STR(dev, dev);
		__entry->queue = queue;
		__entry->done = done;
		__entry->slept = slept;
	),
	TP_printk("%s queue=%u done=%d%s", __get_str(dev), __entry->queue, __entry->done,
		  __entry->slept ? " asleep" : "")
);

TRACE_EVENT(nf_stopped,
	TP_PROTO(const char *dev, const char *why),
	TP_ARGS(dev, why),
	TP_STRUCT__entry(
		__string(dev, dev)
		__string(why, why)
	),
	TP_fast_assign(
		XB_ASSIGN_STR(dev, dev);
		XB_ASSIGN_STR(why, why);
	),
	TP_printk("%s: %s", __get_str(dev), __get_str(why))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

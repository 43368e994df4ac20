/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h: tracepoints of xen-blkback (events/xen_blkback in tracefs): a request as it was taken
 * from the ring with what the check said, and the answer that it got. No state, no locks.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_blkback

#if !defined(BB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BB_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

TRACE_EVENT(blkback_request,
	TP_PROTO(struct device *dev, unsigned int ring, u64 id, u8 op, u64 sector, u16 nr_segs,
		 unsigned int verdict),
	TP_ARGS(dev, ring, id, op, sector, nr_segs, verdict),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(unsigned int, ring)
		__field(unsigned int, verdict)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, name, 24)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->sector = sector;
		__entry->ring = ring;
		__entry->verdict = verdict;
		__entry->nr_segs = nr_segs;
		__entry->op = op;
		strscpy(__entry->name, dev_name(dev), sizeof(__entry->name));
	),
	TP_printk("%s ring=%u id=%llu op=%u sector=%llu segs=%u verdict=%u", __entry->name,
		  __entry->ring, __entry->id, __entry->op, __entry->sector, __entry->nr_segs,
		  __entry->verdict)
);

TRACE_EVENT(blkback_response,
	TP_PROTO(struct device *dev, unsigned int ring, u64 id, u8 op, int status),
	TP_ARGS(dev, ring, id, op, status),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned int, ring)
		__field(int, status)
		__field(u8, op)
		__array(char, name, 24)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->ring = ring;
		__entry->status = status;
		__entry->op = op;
		strscpy(__entry->name, dev_name(dev), sizeof(__entry->name));
	),
	TP_printk("%s ring=%u id=%llu op=%u status=%d", __entry->name, __entry->ring, __entry->id,
		  __entry->op, __entry->status)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

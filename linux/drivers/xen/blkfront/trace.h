/* SPDX-License-Identifier: GPL-2.0-only */
/* trace.h: tracepoints: events/xen_blkfront in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_blkfront

#if !defined(BF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BF_TRACE_H

#include <linux/tracepoint.h>
#include "blkfront.h"

#define bf_op_name(op)								\
	__print_symbolic(op, { BF_OP_READ, "read" }, { BF_OP_WRITE, "write" },	\
			 { BF_OP_BARRIER, "barrier" }, { BF_OP_FLUSH, "flush" },	\
			 { BF_OP_DISCARD, "discard" }, { BF_OP_ZEROES, "zeroes" })

TRACE_EVENT(bf_request,
	    TP_PROTO(const struct bf_queue *q, u64 id, u8 op, u64 sector, u32 segs),
	    TP_ARGS(q, id, op, sector, segs),
	    TP_STRUCT__entry(__field(u32, minor)
			     __field(u16, queue)
			     __field(u8, op)
			     __field(u64, id)
			     __field(u64, sector)
			     __field(u32, segs)),
	    TP_fast_assign(__entry->minor = q->dev->name.minor;
			   __entry->queue = q->index;
			   __entry->op = op;
			   __entry->id = id;
			   __entry->sector = sector;
			   __entry->segs = segs;),
	    TP_printk("202:%u q%u id %llx %s sector %llu segs %u", __entry->minor, __entry->queue,
		      __entry->id, bf_op_name(__entry->op), __entry->sector, __entry->segs)
);

TRACE_EVENT(bf_response,
	    TP_PROTO(const struct bf_queue *q, u64 id, u8 op, int status),
	    TP_ARGS(q, id, op, status),
	    TP_STRUCT__entry(__field(u32, minor)
			     __field(u16, queue)
			     __field(u8, op)
			     __field(u64, id)
			     __field(int, status)),
	    TP_fast_assign(__entry->minor = q->dev->name.minor;
			   __entry->queue = q->index;
			   __entry->op = op;
			   __entry->id = id;
			   __entry->status = status;),
	    TP_printk("202:%u q%u id %llx %s status %d", __entry->minor, __entry->queue,
		      __entry->id, bf_op_name(__entry->op), __entry->status)
);

TRACE_EVENT(bf_notify,
	    TP_PROTO(const struct bf_queue *q, u32 in_flight),
	    TP_ARGS(q, in_flight),
	    TP_STRUCT__entry(__field(u32, minor)
			     __field(u16, queue)
			     __field(u32, in_flight)),
	    TP_fast_assign(__entry->minor = q->dev->name.minor;
			   __entry->queue = q->index;
			   __entry->in_flight = in_flight;),
	    TP_printk("202:%u q%u in flight %u", __entry->minor, __entry->queue,
		      __entry->in_flight)
);

TRACE_EVENT(bf_reaped,
	    TP_PROTO(const struct bf_queue *q, u32 nr, u32 left),
	    TP_ARGS(q, nr, left),
	    TP_STRUCT__entry(__field(u32, minor)
			     __field(u16, queue)
			     __field(u32, nr)
			     __field(u32, left)),
	    TP_fast_assign(__entry->minor = q->dev->name.minor;
			   __entry->queue = q->index;
			   __entry->nr = nr;
			   __entry->left = left;),
	    TP_printk("202:%u q%u %u responses, %u in flight", __entry->minor, __entry->queue,
		      __entry->nr, __entry->left)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

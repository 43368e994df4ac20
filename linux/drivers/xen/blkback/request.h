/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request.h: one request of a block ring, from the shared slot to a checked private copy.
 *
 * Plain C, without state and without locks. INVARIANTS:
 *  - Each byte of a slot, or of a page of segments, is read at most once, into private memory;
 *    what is checked is the copy, and what is acted upon is the copy.
 *  - A request that bb_req_check accepts lies within the disk, is a multiple of its sectors, and
 *    has 0 ... BB_MAX_SEGS segments; the segments of an indirect one are checked by bb_segs_check.
 *  - An answer is written whole: no byte of the slot keeps what was in our memory before.
 */
#ifndef BB_REQUEST_H
#define BB_REQUEST_H

#include <xb/plain.h>
#include <xb/blkif_ext.h>

/* The published numbers (xen/interface/io/blkif.h has them for kernel code only). */
#define BB_OP_READ		0
#define BB_OP_WRITE		1
#define BB_OP_WRITE_BARRIER	2
#define BB_OP_FLUSH		3
#define BB_OP_DISCARD		5
#define BB_OP_INDIRECT		6

#define BB_RSP_OKAY		0
#define BB_RSP_ERROR		(-1)
#define BB_RSP_EOPNOTSUPP	(-2)

#define BB_DISCARD_SECURE	0x01

#define BB_DIRECT_SEGS		11u	/* in the slot itself */
#define BB_MAX_SEGS		256u	/* in an indirect request: what we offer */
#define BB_INDIRECT_GREFS	8u	/* places for pages of segments in a slot */
#define BB_SEGS_PER_PAGE	(XB_PAGE_SIZE / 8u)
#define BB_PAGE_SECTORS		(XB_PAGE_SIZE / 512u)

/* How the frontend lays out its slots. "native" is the one of this kernel: x86_64. */
enum bb_abi { BB_ABI_X86_32, BB_ABI_X86_64 };

/* The head of a shared ring; the slots follow it. */
struct bb_sring {
	u32 req_prod, req_event;
	u32 rsp_prod, rsp_event;
	u8 pad[48];
};

_Static_assert(sizeof(struct bb_sring) == 64, "slots begin behind one cache line");

static inline u32 bb_slot_size(enum bb_abi abi)
{
	return abi == BB_ABI_X86_32 ? 108 : 112;
}

/* Slots in a ring of PAGES: as many as fit, a power of two. */
u32 bb_ring_slots(enum bb_abi abi, u32 pages);

/*
 * How many requests wait, when the frontend says that it has produced PROD, we have taken CONS and
 * answered RSP of them; or -EPROTO: PROD went back, or beyond what the ring holds.
 */
static inline int bb_ring_avail(u32 prod, u32 cons, u32 rsp, u32 slots)
{
	u32 avail = prod - cons;

	return avail <= slots - (cons - rsp) ? (int)avail : -EPROTO;
}

enum bb_kind { BB_READ, BB_WRITE, BB_BARRIER, BB_FLUSH, BB_DISCARD, BB_ZEROES, BB_UNKNOWN };

/* A segment as it is in memory: reference, first and last sector within the page. */
static inline u32 bb_seg_gref(u64 seg) { return (u32)seg; }
static inline u32 bb_seg_first(u64 seg) { return (u8)(seg >> 32); }
static inline u32 bb_seg_last(u64 seg) { return (u8)(seg >> 40); }
static inline u32 bb_seg_sectors(u64 seg) { return bb_seg_last(seg) - bb_seg_first(seg) + 1; }

struct bb_req {
	u64 id;
	u64 sector;
	u64 nr_sectors;		/* discards: as asked; direct reads and writes: the segments' sum */
	u16 nr_segs;
	u8 op;			/* as written in the slot */
	u8 rsp_op;		/* what the answer names: of an indirect request, what is inside */
	u8 kind;		/* enum bb_kind */
	u8 flag;		/* of discards and write zeroes */
	bool indirect;
	union {
		u64 seg[BB_DIRECT_SEGS];
		u32 gref[BB_INDIRECT_GREFS];
	} u;
};

/* What the disk takes now. */
struct bb_limits {
	u64 sectors;		/* of 512 bytes */
	u32 sector_mask;	/* its sector size in those, minus 1 */
	bool readonly;
	bool discard;
	bool zeroes;
};

enum bb_verdict {
	BB_GOOD,
	BB_BAD_OP,		/* answered "not supported" */
	BB_NOT_OFFERED,		/* likewise: discard or write zeroes on a disk without */
	BB_BAD_INNER,		/* neither read nor write in an indirect request */
	BB_READ_ONLY,
	BB_BAD_COUNT,		/* number of segments */
	BB_BAD_SEGMENT,		/* first and last sector of one */
	BB_BAD_ALIGNMENT,
	BB_BAD_RANGE,		/* wraps, or leaves the disk */
	BB_NR_VERDICTS
};

/* Takes a private copy of what is in SLOT. */
void bb_req_read(struct bb_req *r, const void *slot, enum bb_abi abi);

/*
 * All there is to be checked but the segments of an indirect request; fills nr_sectors of a direct
 * read or write.
 */
enum bb_verdict bb_req_check(struct bb_req *r, const struct bb_limits *l);

/* Takes a private copy of NR segments of a page of them. */
void bb_segs_read(u64 *seg, const void *page, u32 nr);

/* Checks NR segments of a read or write at r->sector, and fills r->nr_sectors. */
enum bb_verdict bb_segs_check(struct bb_req *r, const u64 *seg, u32 nr, const struct bb_limits *l);

/* What the frontend is told. */
static inline int bb_verdict_status(enum bb_verdict v)
{
	if (v == BB_GOOD)
		return BB_RSP_OKAY;
	return v == BB_BAD_OP || v == BB_NOT_OFFERED ? BB_RSP_EOPNOTSUPP : BB_RSP_ERROR;
}

const char *bb_verdict_name(enum bb_verdict v);

/* Writes an answer: 16 bytes, of which the published structure has 12 or 16. */
void bb_rsp_write(void *slot, u64 id, u8 op, s16 status);

/* ---- keys of the store */
/* "MAJOR:MINOR" in hexadecimal, and nothing else: 0 or -EINVAL. */
int bb_parse_physdev(const char *text, u32 *major, u32 *minor);
/* The value of "protocol"; NULL when there is none, which means x86_32: 0 or -EINVAL. */
int bb_parse_protocol(const char *text, enum bb_abi *abi);
/* How a ring's thread is called: "DOMID.NAME", NAME being DEV without its folder. */
void bb_thread_name(char *buf, size_t size, u32 domid, const char *dev);

#endif

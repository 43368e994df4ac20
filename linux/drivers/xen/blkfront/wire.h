/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h: the block ring as it lies in memory, how a request is written and a response is checked.
 *
 * Plain C: this file is compiled for the host by tests and fuzzers.
 *
 * Invariants.
 *  - The frontend writes ring memory and never believes what it reads back from it: a request
 *    is written field by field from private values, a response is read once, as two words.
 *  - An index of the peer is compared with private ones and refused when it is not between them.
 *  - Sectors, and the fields first and last of a segment, are 512 bytes, whatever the disk's block.
 */
#ifndef BF_WIRE_H
#define BF_WIRE_H

#include <xb/plain.h>

#define BF_OP_READ		0
#define BF_OP_WRITE		1
#define BF_OP_BARRIER		2	/* when answered, it and all before are on the disk */
#define BF_OP_FLUSH		3
#define BF_OP_DISCARD		5
#define BF_OP_INDIRECT		6
#define BF_OP_ZEROES		0x4b	/* XB_BLKIF_OP_WRITE_ZEROES */

#define BF_DISCARD_SECURE	0x01
#define BF_ZEROES_UNMAP		0x01	/* XB_BLKIF_ZEROES_UNMAP */

#define BF_RSP_OKAY		0
#define BF_RSP_ERROR		(-1)
#define BF_RSP_NOTSUPP		(-2)

#define BF_DIRECT_SEGS		11u	/* that fit into the request itself */
#define BF_SEGS_PER_PAGE	512u	/* ... into a page of an indirect request */
#define BF_MAX_IND_PAGES	8u
#define BF_MAX_SEGS		(BF_SEGS_PER_PAGE * BF_MAX_IND_PAGES)
#define BF_MAX_RING_ORDER	4u

struct bf_wire_req {
	u8 op;
	u8 sub;			/* segments; or a flag; or the operation that is indirect */
	u16 word;		/* the disk's handle; or the segments of an indirect request */
	u32 pad;
	u64 id;
	u64 sector;
	union {
		u64 seg[BF_DIRECT_SEGS];
		u64 nr_sectors;
		struct {
			u16 handle;
			u16 pad;
			u32 gref[BF_MAX_IND_PAGES];
		} ind;
	} u;
};

struct bf_wire_rsp {
	u64 id;
	u64 rest;		/* byte 0: operation; bytes 2 and 3: status */
};

union bf_wire_entry {
	struct bf_wire_req req;
	struct bf_wire_rsp rsp;
};

struct bf_wire_ring {
	u32 req_prod;
	u32 req_event;
	u32 rsp_prod;
	u32 rsp_event;
	u8 pad[48];
	union bf_wire_entry entry[];
};

_Static_assert(sizeof(struct bf_wire_req) == 112, "as the published header lays it out");
_Static_assert(sizeof(struct bf_wire_rsp) == 16, "as the published header lays it out");
_Static_assert(offsetof(struct bf_wire_req, u.ind.gref) == 28, "as published");

/* Entries of a ring of so many pages: what fits, rounded down to a power of two. */
static inline u32 bf_ring_entries(u32 pages)
{
	u32 fit = (pages * XB_PAGE_SIZE - sizeof(struct bf_wire_ring)) /
		  sizeof(union bf_wire_entry);
	u32 n = 1;

	while (n * 2 <= fit)
		n *= 2;
	return n;
}

static inline void bf_wire_ring_init(struct bf_wire_ring *r)
{
	memset(r, 0, sizeof(*r));
	r->req_event = 1;
	r->rsp_event = 1;
}

/* ---- requests */
static inline u32 bf_segs_of(u32 bytes)
{
	return (bytes + XB_PAGE_SIZE - 1) >> XB_PAGE_SHIFT;
}

static inline u32 bf_ind_pages(u32 segs)
{
	return segs <= BF_DIRECT_SEGS ? 0 : (segs + BF_SEGS_PER_PAGE - 1) / BF_SEGS_PER_PAGE;
}

/* The sector of its page that a packed transfer of BYTES ends with. */
static inline u32 bf_last_sect(u32 bytes)
{
	return ((bytes - 1) & (XB_PAGE_SIZE - 1)) >> 9;
}

/* Sectors FIRST to LAST, both included, of the page behind GREF. */
static inline u64 bf_wire_seg(u32 gref, u32 first, u32 last)
{
	return gref | (u64)first << 32 | (u64)last << 40;
}

static inline void bf_wire_rw(struct bf_wire_req *r, u8 op, u32 segs, u16 handle, u64 id,
			      u64 sector)
{
	xb_write_once(r->op, op);
	xb_write_once(r->sub, (u8)segs);
	xb_write_once(r->word, handle);
	xb_write_once(r->id, id);
	xb_write_once(r->sector, sector);
}

static inline void bf_wire_indirect(struct bf_wire_req *r, u8 op, u32 segs, u16 handle, u64 id,
				    u64 sector)
{
	xb_write_once(r->op, BF_OP_INDIRECT);
	xb_write_once(r->sub, op);
	xb_write_once(r->word, (u16)segs);
	xb_write_once(r->id, id);
	xb_write_once(r->sector, sector);
	xb_write_once(r->u.ind.handle, handle);
}

/* Discard and write zeroes. */
static inline void bf_wire_range(struct bf_wire_req *r, u8 op, u8 flag, u16 handle, u64 id,
				 u64 sector, u64 nr_sectors)
{
	xb_write_once(r->op, op);
	xb_write_once(r->sub, flag);
	xb_write_once(r->word, handle);
	xb_write_once(r->id, id);
	xb_write_once(r->sector, sector);
	xb_write_once(r->u.nr_sectors, nr_sectors);
}

/* ---- events */
/* Did the index, going from OLD to NEW, come to EVENT? (The peer's: any number is harmless.) */
static inline bool bf_crossed(u32 old, u32 new, u32 event)
{
	return (u32)(new - event) < (u32)(new - old);
}

/* ---- responses */
struct bf_rsp {
	u64 id;
	u8 op;
	s16 status;
};

static inline struct bf_rsp bf_wire_take(const struct bf_wire_rsp *r)
{
	struct bf_rsp rsp = { .id = xb_read_once(r->id) };
	u64 rest = xb_read_once(r->rest);

	rsp.op = (u8)rest;
	rsp.status = (s16)(u16)(rest >> 16);
	return rsp;
}

/* How many responses there are when the peer says PROD; -EPROTO: more than it was asked for. */
static inline int bf_ring_ready(u32 prod, u32 cons, u32 published)
{
	return (u32)(prod - cons) <= (u32)(published - cons) ? (int)(prod - cons) : -EPROTO;
}

/* An id names a hardware queue and a tag of it. */
static inline u64 bf_id(u32 hctx, u32 tag)
{
	return (u64)hctx << 16 | tag;
}

static inline bool bf_id_valid(u64 id, u32 nr_hctx, u32 depth)
{
	return id >> 16 < nr_hctx && (u32)(id & 0xffff) < depth;
}

enum bf_verdict {
	BF_GOOD,		/* the answer that was waited for: look at its status */
	BF_NOT_PENDING,		/* nothing with this id waits for an answer */
	BF_WRONG_OP,
	BF_WRONG_STATUS,
};

/* PENDING and OP are private: what was asked under this id. */
static inline enum bf_verdict bf_rsp_check(const struct bf_rsp *r, bool pending, u8 op)
{
	if (!pending)
		return BF_NOT_PENDING;
	if (r->op != op)
		return BF_WRONG_OP;
	if (r->status > BF_RSP_OKAY || r->status < BF_RSP_NOTSUPP)
		return BF_WRONG_STATUS;
	return BF_GOOD;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request.c: reading and checking requests of the published layouts. See request.h.
 *
 * The two layouts differ in where the id lies (offset 4 or 8) and in the slot's size; everything
 * behind the id lies at the same distance from it:
 *
 *	id + 8	sector			id + 16  segments, or the number of sectors of a discard
 *	id + 20	references of the pages of segments of an indirect request
 *
 * No locks: a request belongs to who calls.
 */
#include "request.h"

/* Slots lie at multiples of 4 bytes, no more. One access a word, never repeated. */
static inline u32 load32(const u8 *p)
{
	return xb_read_once(*(const u32 *)p);
}

static inline u64 load64(const u8 *p)
{
	return load32(p) | (u64)load32(p + 4) << 32;
}

u32 bb_ring_slots(enum bb_abi abi, u32 pages)
{
	u32 fit = (pages * XB_PAGE_SIZE - (u32)sizeof(struct bb_sring)) / bb_slot_size(abi);
	u32 slots = 1;

	while (slots * 2 <= fit)
		slots *= 2;
	return slots;
}

static enum bb_kind kind_of(u8 op)
{
	switch (op) {
	case BB_OP_READ:
		return BB_READ;
	case BB_OP_WRITE:
		return BB_WRITE;
	case BB_OP_WRITE_BARRIER:
		return BB_BARRIER;
	case BB_OP_FLUSH:
		return BB_FLUSH;
	case BB_OP_DISCARD:
		return BB_DISCARD;
	case XB_BLKIF_OP_WRITE_ZEROES:
		return BB_ZEROES;
	default:
		return BB_UNKNOWN;
	}
}

void bb_req_read(struct bb_req *r, const void *slot, enum bb_abi abi)
{
	const u8 *id = (const u8 *)slot + (abi == BB_ABI_X86_32 ? 4 : 8);
	u32 head = load32(slot);
	u8 second = (u8)(head >> 8);
	u32 i, n;

	r->op = (u8)head;
	r->rsp_op = r->op;
	r->kind = kind_of(r->op);
	r->indirect = false;
	r->flag = 0;
	r->nr_segs = 0;
	r->nr_sectors = 0;
	r->id = load64(id);
	r->sector = load64(id + 8);

	switch (r->op) {
	case BB_OP_READ:
	case BB_OP_WRITE:
	case BB_OP_WRITE_BARRIER:
	case BB_OP_FLUSH:
		r->nr_segs = second;
		n = second < BB_DIRECT_SEGS ? second : BB_DIRECT_SEGS;
		for (i = 0; i < n; i++)
			r->u.seg[i] = load64(id + 16 + 8 * i);
		break;
	case BB_OP_DISCARD:
	case XB_BLKIF_OP_WRITE_ZEROES:
		r->flag = second;
		r->nr_sectors = load64(id + 16);
		break;
	case BB_OP_INDIRECT:
		r->indirect = true;
		r->rsp_op = second;
		r->kind = second <= BB_OP_WRITE ? kind_of(second) : BB_UNKNOWN;
		r->nr_segs = (u16)(head >> 16);
		for (i = 0; i < BB_INDIRECT_GREFS; i++)
			r->u.gref[i] = load32(id + 20 + 4 * i);
		break;
	default:
		break;
	}
}

/* [sector, sector + nr) within the disk, and in whole sectors of it. */
static enum bb_verdict check_range(u64 sector, u64 nr, const struct bb_limits *l)
{
	if (sector > l->sectors || nr > l->sectors - sector)
		return BB_BAD_RANGE;
	return (sector | nr) & l->sector_mask ? BB_BAD_ALIGNMENT : BB_GOOD;
}

enum bb_verdict bb_segs_check(struct bb_req *r, const u64 *seg, u32 nr, const struct bb_limits *l)
{
	u32 i, total = 0;

	for (i = 0; i < nr; i++) {
		u32 first = bb_seg_first(seg[i]), last = bb_seg_last(seg[i]);

		if (last >= BB_PAGE_SECTORS || first > last)
			return BB_BAD_SEGMENT;
		if ((last - first + 1) & l->sector_mask)
			return BB_BAD_ALIGNMENT;
		total += last - first + 1;
	}
	r->nr_sectors = total;
	return check_range(r->sector, total, l);
}

void bb_segs_read(u64 *seg, const void *page, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		seg[i] = load64((const u8 *)page + 8 * i);
}

enum bb_verdict bb_req_check(struct bb_req *r, const struct bb_limits *l)
{
	switch (r->kind) {
	case BB_READ:
		break;
	case BB_WRITE:
	case BB_BARRIER:
	case BB_FLUSH:
		/* A flush without data changes nothing, and so is fine on any disk. */
		if (l->readonly && (r->kind != BB_FLUSH || r->nr_segs))
			return BB_READ_ONLY;
		break;
	case BB_DISCARD:
	case BB_ZEROES:
		if (l->readonly)
			return BB_READ_ONLY;
		if (r->kind == BB_DISCARD ? !l->discard : !l->zeroes)
			return BB_NOT_OFFERED;
		return check_range(r->sector, r->nr_sectors, l);
	default:
		return r->indirect ? BB_BAD_INNER : BB_BAD_OP;
	}

	if (r->indirect)
		return r->nr_segs && r->nr_segs <= BB_MAX_SEGS ? BB_GOOD : BB_BAD_COUNT;
	if (r->nr_segs > BB_DIRECT_SEGS)
		return BB_BAD_COUNT;
	/* Without data, the sector of a flush or a barrier means nothing. */
	if (!r->nr_segs)
		return r->kind == BB_FLUSH || r->kind == BB_BARRIER ? BB_GOOD : BB_BAD_COUNT;
	return bb_segs_check(r, r->u.seg, r->nr_segs, l);
}

const char *bb_verdict_name(enum bb_verdict v)
{
	static const char *const name[BB_NR_VERDICTS] = {
		[BB_GOOD] = "good",
		[BB_BAD_OP] = "unknown operation",
		[BB_NOT_OFFERED] = "operation not offered",
		[BB_BAD_INNER] = "operation of an indirect request",
		[BB_READ_ONLY] = "write to a read-only disk",
		[BB_BAD_COUNT] = "number of segments",
		[BB_BAD_SEGMENT] = "sectors of a segment",
		[BB_BAD_ALIGNMENT] = "not a multiple of the sector size",
		[BB_BAD_RANGE] = "outside of the disk",
	};

	return (unsigned int)v < BB_NR_VERDICTS ? name[v] : "?";
}

void bb_rsp_write(void *slot, u64 id, u8 op, s16 status)
{
	u32 *w = slot;

	xb_write_once(w[0], (u32)id);
	xb_write_once(w[1], (u32)(id >> 32));
	xb_write_once(w[2], op | (u32)(u16)status << 16);
	xb_write_once(w[3], 0);
}

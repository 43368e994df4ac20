/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_bb_request.c: a slot and a page of segments of any content, against a disk of any kind: what is
 * accepted lies within the disk, in whole sectors, in segments within their pages; and the keys.
 *
 * Owns nothing. No lock.
 */
/* SOURCES: linux/drivers/xen/blkback/request.c linux/drivers/xen/blkback/keys.c */
#include <stdlib.h>
#include "blkback/request.h"

#define must(c) do { if (!(c)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_good(const struct bb_req *r, const u64 *seg, const struct bb_limits *l)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < r->nr_segs; i++) {
		must(bb_seg_first(seg[i]) <= bb_seg_last(seg[i]));
		must(bb_seg_last(seg[i]) < BB_PAGE_SECTORS);
		must(!(bb_seg_sectors(seg[i]) & l->sector_mask));
		sum += bb_seg_sectors(seg[i]);
	}
	if (r->nr_segs) {
		must(sum == r->nr_sectors);
		must(!(r->sector & l->sector_mask));
	}
	if (r->nr_segs || r->nr_sectors)
		must(r->sector <= l->sectors && r->nr_sectors <= l->sectors - r->sector);
	must(!l->readonly || r->kind == BB_READ || (r->kind == BB_FLUSH && !r->nr_segs));
}

static void check_keys(const uint8_t *data, size_t size)
{
	char text[64], name[16];
	enum bb_abi abi;
	u32 a, b;

	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = 0;
	if (!bb_parse_physdev(text, &a, &b))
		must(a <= 0xfff && b <= 0xfffff);
	bb_parse_protocol(text, &abi);
	bb_thread_name(name, sizeof(name), 7, text);
	must(strlen(name) < sizeof(name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bb_limits l = { 0 };
	u8 slot[112] __attribute__((aligned(4)));
	u8 page[XB_PAGE_SIZE] __attribute__((aligned(8)));
	u64 seg[BB_MAX_SEGS];
	enum bb_verdict v;
	struct bb_req r;
	enum bb_abi abi;

	check_keys(data, size);
	if (size < 4 + sizeof(slot))
		return 0;
	abi = data[0] & 1 ? BB_ABI_X86_64 : BB_ABI_X86_32;
	l.sector_mask = data[0] & 2 ? 7 : data[0] & 4 ? 1 : 0;
	l.readonly = data[0] & 8;
	l.discard = data[0] & 16;
	l.zeroes = data[0] & 32;
	l.sectors = data[0] & 64 ? UINT64_MAX - data[1] : (u64)data[1] << (data[2] & 63);
	memcpy(slot, data + 4, bb_slot_size(abi));
	data += 4 + sizeof(slot);
	size -= 4 + sizeof(slot);

	bb_req_read(&r, slot, abi);
	v = bb_req_check(&r, &l);
	must((unsigned int)v < BB_NR_VERDICTS);
	if (v != BB_GOOD) {
		must(bb_verdict_status(v) < 0);
		return 0;
	}
	must(r.kind < BB_UNKNOWN);
	if (!r.indirect) {
		check_good(&r, r.u.seg, &l);
		return 0;
	}
	must(r.nr_segs >= 1 && r.nr_segs <= BB_MAX_SEGS);
	memset(page, 0, sizeof(page));
	memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
	bb_segs_read(seg, page, r.nr_segs);
	if (bb_segs_check(&r, seg, r.nr_segs, &l) == BB_GOOD)
		check_good(&r, seg, &l);
	return 0;
}

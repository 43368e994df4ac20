/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/blkfront/limits.c */
/*
 * fuzz_bf_ring.c: a frontend's ring against a peer that writes whatever it likes: no answer is
 * taken twice, none that was not asked for, and nothing outside of the tables is touched.
 */
#include <stdlib.h>
#include <blkfront/wire.h>

#define HCTX	2u
#define DEPTH	16u
#define ENTRIES	32u

static union {
	struct bf_wire_ring ring;
	u8 bytes[4096];
} shared;

static struct { bool pending; u8 op; } slot[HCTX * DEPTH];

static u32 prod, published, cons;

static void ask(u8 what)
{
	u32 i = what % (HCTX * DEPTH);
	struct bf_wire_req *r = &shared.ring.entry[prod & (ENTRIES - 1)].req;

	if (slot[i].pending || prod - cons >= ENTRIES)
		return;
	slot[i].op = what & 0x80 ? BF_OP_WRITE : BF_OP_READ;
	bf_wire_rw(r, slot[i].op, 1, 0, bf_id(i / DEPTH, i % DEPTH), what);
	slot[i].pending = true;
	prod++;
	xb_write_once(shared.ring.req_prod, prod);
	published = prod;
}

/* As the driver does; false: the peer lied, and the ring is dead. */
static bool reap(void)
{
	u32 p = xb_read_once(shared.ring.rsp_prod);
	int n = bf_ring_ready(p, cons, published);

	if (n < 0)
		return false;
	if ((u32)n > ENTRIES)
		abort();
	for (; cons != p; cons++) {
		struct bf_rsp r = bf_wire_take(&shared.ring.entry[cons & (ENTRIES - 1)].rsp);
		u32 i;

		if (!bf_id_valid(r.id, HCTX, DEPTH))
			return false;
		i = (u32)(r.id >> 16) * DEPTH + (u32)(r.id & 0xffff);
		if (i >= HCTX * DEPTH)
			abort();
		if (bf_rsp_check(&r, slot[i].pending, slot[i].op) != BF_GOOD)
			return false;
		if (!slot[i].pending)
			abort();
		slot[i].pending = false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t at = 0;
	u32 i, waiting;

	if (bf_ring_entries(1) != ENTRIES)
		abort();
	memset(&shared, 0, sizeof(shared));
	memset(slot, 0, sizeof(slot));
	prod = 0;
	published = 0;
	cons = 0;
	bf_wire_ring_init(&shared.ring);
	while (at + 3 <= size) {
		u8 op = data[at], a = data[at + 1], b = data[at + 2];

		at += 3;
		switch (op & 3) {
		case 0:
			ask(a);
			break;
		case 1:	/* the peer writes anywhere */
			shared.bytes[(a << 8 | b) & 4095] = op;
			break;
		case 2:	/* a well-made answer, but to whatever it likes */
			i = shared.ring.rsp_prod & (ENTRIES - 1);
			shared.ring.entry[i].rsp.id = bf_id(a & 1, b & 15);
			shared.ring.entry[i].rsp.rest = (op >> 2) & 1;
			shared.ring.rsp_prod++;
			break;
		default:
			if (!reap())
				return 0;
		}
		for (i = 0, waiting = 0; i < HCTX * DEPTH; i++)
			waiting += slot[i].pending;
		if (waiting != prod - cons)
			abort();
	}
	return 0;
}

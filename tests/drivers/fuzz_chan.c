/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_chan.c: both ends of a staged channel while the other side writes what it likes.
 *
 * The input is a list of steps: calls of the producer and of the consumer, and writes of the peer
 * to the shared indices and to the descriptors. Whatever comes, space and packets lie in the pool.
 *
 * SOURCES: linux/drivers/xen/xenbus/chan.c
 */
#include <stdlib.h>
#include <xb/chan.h>

static const struct xb_chan_geom geom = { .nr_desc = 128, .pool_size = 2 * 65536 };

struct input {
	const uint8_t *bytes;
	size_t left;
};

static u32 take(struct input *in, size_t n)
{
	u32 v = 0;

	while (n-- && in->left) {
		v = v << 8 | *in->bytes++;
		in->left--;
	}
	return v;
}

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void in_pool(const void *pool, const void *at, u32 len)
{
	size_t off = (size_t)((const u8 *)at - (const u8 *)pool);

	check(len && off < geom.pool_size && len <= geom.pool_size - off);
}

static void produce(struct xb_chan_producer *p, struct input *in)
{
	struct xb_chan_desc d = { .flags = (u16)take(in, 1) };
	u32 len = take(in, 2);
	void *to = xb_chan_reserve(p, len);

	if (!to)
		return;
	in_pool(p->pool, to, len);
	memset(to, 0x5a, len);
	xb_chan_commit(p, len, &d);
	check(p->prod - p->cons <= geom.nr_desc);
	check(p->taken - p->freed <= geom.pool_size);
}

static void consume(struct xb_chan_consumer *c)
{
	struct xb_chan_desc d;
	const void *data;

	if (xb_chan_next(c, &d, &data) == 1) {
		in_pool(c->pool, data, d.len);
		check(d.len <= XB_CHAN_MAX_LEN && !(d.flags & ~XB_CHAN_FLAGS));
	}
}

static void peer_writes(void *va, struct input *in)
{
	struct xb_chan_shared *shared = va;
	u8 *descs = (u8 *)va + XB_PAGE_SIZE;
	u32 where = take(in, 1), small = take(in, 1);

	switch (where % 6) {
	case 0:
		shared->prod += small;
		break;
	case 1:
		shared->cons += small;
		break;
	case 2:
		shared->prod = take(in, 4);
		break;
	case 3:
		shared->cons = take(in, 4);
		break;
	case 4:
		shared->prod_event = take(in, 4);
		shared->cons_event = shared->prod_event;
		break;
	default:
		descs[take(in, 2) % (geom.nr_desc * sizeof(struct xb_chan_desc))] = (u8)small;
		break;
	}
}

static void step(struct xb_chan_producer *p, struct xb_chan_consumer *c, void *va, struct input *in,
		 u32 *ends)
{
	switch (take(in, 1) % 12) {
	case 0:
	case 1:
		produce(p, in);
		break;
	case 2:
		xb_chan_publish(p);
		break;
	case 3:
		xb_chan_reap(p);
		break;
	case 4:
		xb_chan_wait_cons(p, take(in, 1));
		xb_chan_room(p, take(in, 1));
		break;
	case 5:
	case 6:
		consume(c);
		break;
	case 7:
		check(xb_chan_pending(c) <= (int)geom.nr_desc);
		break;
	case 8:
		xb_chan_release(c);
		break;
	case 9:
		xb_chan_wait_prod(c);
		break;
	case 10:
		if (xb_chan_producer_attach(p, va, &geom, ends))
			xb_chan_producer_init(p, va, &geom, ends);
		if (xb_chan_consumer_attach(c, va, &geom))
			xb_chan_consumer_init(c, va, &geom);
		break;
	default:
		peer_writes(va, in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *va;
	static u32 *ends;
	struct input in = { data, size };
	struct xb_chan_producer p;
	struct xb_chan_consumer c;

	if (!va) {
		va = malloc((size_t)xb_chan_pages(&geom) * XB_PAGE_SIZE);
		ends = malloc(geom.nr_desc * sizeof(*ends));
	}
	/* The pool's bytes are not looked at. */
	memset(va, 0, XB_PAGE_SIZE + geom.nr_desc * sizeof(struct xb_chan_desc));
	memset(ends, 0, geom.nr_desc * sizeof(*ends));
	xb_chan_producer_init(&p, va, &geom, ends);
	xb_chan_consumer_init(&c, va, &geom);
	while (in.left)
		step(&p, &c, va, &in, ends);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chan.c: the staged channel: a model of it, its notifications, and both ends against a liar.
 *
 * SOURCES: linux/drivers/xen/xenbus/chan.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xb/chan.h>

#define DESCS 128u

static const struct xb_chan_geom geom = { .nr_desc = DESCS, .pool_size = 2 * 65536 };

struct rig {
	void *va;			/* pages of exactly the right size */
	u32 *ends;
	struct xb_chan_shared *shared;
	struct xb_chan_desc *desc;
	struct xb_chan_producer p;
	struct xb_chan_consumer c;
};

static void rig_start(struct rig *r, u32 index)
{
	r->va = calloc(xb_chan_pages(&geom), XB_PAGE_SIZE);
	r->ends = calloc(geom.nr_desc, sizeof(*r->ends));
	r->shared = r->va;
	r->desc = (void *)((u8 *)r->va + XB_PAGE_SIZE);
	r->shared->prod = index;
	r->shared->cons = index;
	assert_int_equal(xb_chan_producer_attach(&r->p, r->va, &geom, r->ends), 0);
	assert_int_equal(xb_chan_consumer_attach(&r->c, r->va, &geom), 0);
	assert_int_equal(r->p.prod, index);
	assert_int_equal(r->c.cons, index);
}

static void rig_stop(struct rig *r)
{
	free(r->va);
	free(r->ends);
}

static u64 rng = 88172645463325252u;

static u32 random_below(u32 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (u32)(rng >> 20) % n;
}

static u8 byte_of(u32 packet, u32 i)
{
	return (u8)(packet * 31 + i * 7 + (i >> 8));
}

static bool send(struct rig *r, u32 packet, u32 len)
{
	struct xb_chan_desc d = { .flags = XB_CHAN_CSUM_BLANK, .hash = packet };
	u8 *to = xb_chan_reserve(&r->p, len);

	if (!to)
		return false;
	assert_true(to >= r->p.pool && to + len <= r->p.pool + geom.pool_size);
	assert_int_equal((to - r->p.pool) % XB_CHAN_ALIGN, 0);
	for (u32 i = 0; i < len; i++)
		to[i] = byte_of(packet, i);
	xb_chan_commit(&r->p, len, &d);
	return true;
}

static void receive(struct rig *r, u32 packet, u32 len)
{
	struct xb_chan_desc d;
	const void *data;

	assert_int_equal(xb_chan_next(&r->c, &d, &data), 1);
	assert_int_equal(d.len, len);
	assert_int_equal(d.hash, packet);
	assert_int_equal(d.flags, XB_CHAN_CSUM_BLANK);
	for (u32 i = 0; i < len; i++)
		assert_int_equal(((const u8 *)data)[i], byte_of(packet, i));
}

/* Against a queue of lengths: what went in comes out, in order and unharmed, whatever the steps. */
static void model(void **state)
{
	static const u32 starts[] = { 0, 0xffffffffu, 0xffffff00u, 0x7fffffffu };
	static const u32 sizes[] = { 1, 64, 65, 1514, 9000, 65535 };
	u32 lens[DESCS];

	(void)state;
	for (unsigned int s = 0; s < ARRAY_SIZE(starts); s++) {
		u32 in = starts[s], published = in, out = in, released = in;
		struct rig r;

		rig_start(&r, in);
		for (unsigned int step = 0; step < 60000; step++) {
			u32 len = sizes[random_below(ARRAY_SIZE(sizes))];

			switch (random_below(6)) {
			case 0:
			case 1:
				len = 1 + random_below(len);
				assert_int_equal(xb_chan_reap(&r.p), 0);
				if (send(&r, in, len))
					lens[in++ % DESCS] = len;
				else
					assert_true(in - released > 0);
				assert_true(in - released <= DESCS);
				break;
			case 2:
				xb_chan_publish(&r.p);
				published = in;
				break;
			case 3:
			case 4:
				assert_int_equal(xb_chan_pending(&r.c), published - out);
				if (out != published) {
					receive(&r, out, lens[out % DESCS]);
					out++;
				}
				break;
			default:
				xb_chan_release(&r.c);
				released = out;
				break;
			}
		}
		rig_stop(&r);
	}
}

/* Space: all descriptors; the whole pool; a packet that would cross the end begins anew. */
static void full_and_gap(void **state)
{
	struct rig r;
	u32 n;

	(void)state;
	rig_start(&r, 0xfffffff0u);
	for (n = 0; send(&r, n, 1); n++)
		;
	assert_int_equal(n, DESCS);
	xb_chan_publish(&r.p);
	for (u32 i = 0; i < n; i++)
		receive(&r, i, 1);
	assert_int_equal(xb_chan_reap(&r.p), 0);
	assert_false(send(&r, 0, 1));		/* read, but not released */
	xb_chan_release(&r.c);
	assert_false(xb_chan_room(&r.p, 1));
	assert_int_equal(xb_chan_reap(&r.p), 0);
	assert_int_equal(r.p.head, 0);		/* empty: begins anew */
	assert_true(xb_chan_room(&r.p, 1));
	assert_true(xb_chan_room(&r.p, 2));
	assert_false(xb_chan_room(&r.p, 3));
	assert_true(send(&r, 1, 65535));
	assert_true(xb_chan_room(&r.p, 1));
	assert_true(send(&r, 2, 60000));
	assert_false(xb_chan_room(&r.p, 1));
	assert_false(send(&r, 3, 6000));	/* 5504 at the end, none at the start */
	assert_true(send(&r, 3, 5000));
	xb_chan_publish(&r.p);
	receive(&r, 1, 65535);
	xb_chan_release(&r.c);
	assert_int_equal(xb_chan_reap(&r.p), 0);
	assert_true(send(&r, 4, 600));		/* in the gap before the end there are 448 left */
	assert_int_equal(r.p.at, 0);
	assert_false(send(&r, 5, 65000));
	assert_true(send(&r, 5, 64000));
	xb_chan_publish(&r.p);
	receive(&r, 2, 60000);
	receive(&r, 3, 5000);
	receive(&r, 4, 600);
	receive(&r, 5, 64000);
	assert_null(xb_chan_reserve(&r.p, 0));
	assert_null(xb_chan_reserve(&r.p, 65536));
	assert_null(xb_chan_reserve(&r.p, UINT32_MAX));
	rig_stop(&r);
}

/* One event for each sleep, none for a side that is awake. */
static void notifications(void **state)
{
	struct xb_chan_desc d;
	const void *data;
	struct rig r;

	(void)state;
	rig_start(&r, 0xfffffffeu);
	assert_int_equal(xb_chan_wait_prod(&r.c), 0);
	assert_false(xb_chan_publish(&r.p));	/* nothing new */
	for (u32 i = 0; i < 3; i++)
		send(&r, i, 100);
	assert_true(xb_chan_publish(&r.p));
	send(&r, 3, 100);
	assert_false(xb_chan_publish(&r.p));	/* awake: did not ask again */
	assert_int_equal(xb_chan_wait_prod(&r.c), 1);
	assert_int_equal(xb_chan_wait_cons(&r.p, 3), 0);
	for (u32 i = 0; i < 2; i++)
		assert_int_equal(xb_chan_next(&r.c, &d, &data), 1);
	assert_false(xb_chan_release(&r.c));
	assert_int_equal(xb_chan_next(&r.c, &d, &data), 1);
	assert_true(xb_chan_release(&r.c));
	assert_int_equal(xb_chan_next(&r.c, &d, &data), 1);
	assert_int_equal(xb_chan_wait_prod(&r.c), 0);
	assert_false(xb_chan_release(&r.c));
	assert_int_equal(xb_chan_wait_cons(&r.p, 1), 1);	/* something to reap */
	assert_int_equal(xb_chan_reap(&r.p), 0);
	assert_int_equal(xb_chan_wait_cons(&r.p, 1), 1);	/* nothing is out: there is room */
	send(&r, 5, 1);
	assert_true(xb_chan_publish(&r.p));
	assert_int_equal(xb_chan_wait_cons(&r.p, 1000), 0);	/* no more than are out */
	assert_int_equal(xb_chan_next(&r.c, &d, &data), 1);
	assert_true(xb_chan_release(&r.c));
	rig_stop(&r);
}

/* The consumer's side of a liar: every index that it may not have. */
static void lying_consumer(void **state)
{
	struct rig r;

	(void)state;
	for (u32 start = 0xffffffc0u; start != 0x40; start += 0x40) {
		rig_start(&r, start);
		for (u32 i = 0; i < 10; i++)
			send(&r, i, 64);
		xb_chan_publish(&r.p);
		send(&r, 10, 64);		/* committed, not published */
		for (u32 lie = 1; lie < 70000; lie++) {
			int want = lie <= 10 ? 0 : -EPROTO;
			struct xb_chan_producer copy = r.p;

			r.shared->cons = start + lie;
			assert_int_equal(xb_chan_reap(&copy), want);
			assert_int_equal(xb_chan_wait_cons(&r.p, 1), want ? want : 1);
			r.shared->cons = start - lie;
			assert_int_equal(xb_chan_reap(&r.p), -EPROTO);
			assert_int_equal(xb_chan_wait_cons(&r.p, 1), -EPROTO);
		}
		r.shared->cons = start + 0x80000000u;
		assert_int_equal(xb_chan_reap(&r.p), -EPROTO);
		/* Back by one after some was reaped. */
		r.shared->cons = start + 5;
		assert_int_equal(xb_chan_reap(&r.p), 0);
		r.shared->cons = start + 4;
		assert_int_equal(xb_chan_reap(&r.p), -EPROTO);
		rig_stop(&r);
	}
}

static void lying_producer(void **state)
{
	struct xb_chan_desc d;
	const void *data;
	struct rig r;

	(void)state;
	for (u32 start = 0xffffffc0u; start != 0x40; start += 0x40) {
		rig_start(&r, start);
		for (u32 i = 0; i < 10; i++)
			send(&r, i, 64);
		xb_chan_publish(&r.p);
		assert_int_equal(xb_chan_pending(&r.c), 10);
		for (u32 i = 0; i < 5; i++)
			receive(&r, i, 64);
		for (u32 lie = 0; lie < 70000; lie++) {
			struct xb_chan_consumer copy = r.c;
			bool good = lie >= 10 && lie <= 5 + DESCS;

			r.shared->prod = start + lie;
			assert_int_equal(xb_chan_pending(&copy), good ? (int)lie - 5 : -EPROTO);
			r.shared->prod = start - 1 - lie;
			assert_int_equal(xb_chan_pending(&r.c), -EPROTO);
		}
		/* Found by next and wait_prod as well, once what was seen is used up. */
		for (u32 i = 5; i < 10; i++)
			receive(&r, i, 64);
		assert_int_equal(xb_chan_next(&r.c, &d, &data), -EPROTO);
		assert_int_equal(xb_chan_wait_prod(&r.c), -EPROTO);
		rig_stop(&r);
	}
}

static int try_desc(const struct xb_chan_desc *lie)
{
	struct xb_chan_desc d;
	const void *data;
	struct rig r;
	int got;

	rig_start(&r, 0);
	send(&r, 0, 64);
	xb_chan_publish(&r.p);
	r.desc[0] = *lie;
	got = xb_chan_next(&r.c, &d, &data);
	if (got == 1) {
		const u8 *bytes = data;

		/* The last byte is ours to read: the sanitizer knows the pool's end. */
		assert_int_equal(bytes[d.len - 1], ((u8 *)r.c.pool)[d.off + d.len - 1]);
		assert_memory_equal(&d, lie, sizeof(d));
		assert_int_equal(r.c.cons, 1);
	} else {
		assert_int_equal(got, -EPROTO);
		assert_int_equal(r.c.cons, 0);
	}
	rig_stop(&r);
	return got;
}

#define DESC(...) (&(struct xb_chan_desc){ .len = 64, __VA_ARGS__ })

static void lying_descriptors(void **state)
{
	const u32 size = geom.pool_size;

	(void)state;
	assert_int_equal(try_desc(DESC(.off = 0)), 1);
	assert_int_equal(try_desc(DESC(.off = size - 64)), 1);
	assert_int_equal(try_desc(DESC(.off = 1)), 1);
	assert_int_equal(try_desc(DESC(.off = size - 63)), -EPROTO);
	assert_int_equal(try_desc(DESC(.off = size)), -EPROTO);
	assert_int_equal(try_desc(DESC(.off = UINT32_MAX)), -EPROTO);
	assert_int_equal(try_desc(DESC(.off = UINT32_MAX - 63)), -EPROTO);
	assert_int_equal(try_desc(&(struct xb_chan_desc){ .len = 0 }), -EPROTO);
	assert_int_equal(try_desc(&(struct xb_chan_desc){ .len = 65535 }), 1);
	assert_int_equal(try_desc(&(struct xb_chan_desc){ .len = 65536 }), -EPROTO);
	assert_int_equal(try_desc(&(struct xb_chan_desc){ .len = UINT32_MAX }), -EPROTO);
	for (u32 bit = 0; bit < 16; bit++) {
		u16 flag = (u16)(1u << bit);
		int want = flag & (XB_CHAN_CSUM_BLANK | XB_CHAN_CSUM_VALID) ? 1 : -EPROTO;

		assert_int_equal(try_desc(DESC(.flags = flag)), want);
		assert_int_equal(try_desc(DESC(.reserved = flag)), -EPROTO);
	}
	assert_int_equal(try_desc(DESC(.reserved2 = 1)), -EPROTO);
	assert_int_equal(try_desc(DESC(.reserved3 = 1ull << 63)), -EPROTO);
	assert_int_equal(try_desc(DESC(.gso_size = 1448, .gso_type = 1)), 1);
	assert_int_equal(try_desc(DESC(.gso_size = 1428, .gso_type = 2)), 1);
	assert_int_equal(try_desc(DESC(.gso_size = 1448)), -EPROTO);
	assert_int_equal(try_desc(DESC(.gso_type = 1)), -EPROTO);
	for (u32 type = 3; type < 256; type++)
		assert_int_equal(try_desc(DESC(.gso_size = 1448, .gso_type = (u8)type)), -EPROTO);
	for (u32 hash = 0; hash < 256; hash++)
		assert_int_equal(try_desc(DESC(.hash_type = (u8)hash)),
				 hash <= XB_CHAN_HASH_MAX ? 1 : -EPROTO);
}

static void multicast_descriptors(void **state)
{
	struct xb_chan_desc d = { .len = 6, .flags = XB_CHAN_MCAST_ADD };

	(void)state;
	assert_int_equal(try_desc(&d), 1);
	d.flags = XB_CHAN_MCAST_DEL;
	assert_int_equal(try_desc(&d), 1);
	d.flags = XB_CHAN_MCAST_ADD | XB_CHAN_MCAST_DEL;
	assert_int_equal(try_desc(&d), -EPROTO);
	d.flags = XB_CHAN_MCAST_ADD | XB_CHAN_CSUM_BLANK;
	assert_int_equal(try_desc(&d), -EPROTO);
	d.flags = XB_CHAN_MCAST_ADD;
	d.len = 7;
	assert_int_equal(try_desc(&d), -EPROTO);
	d.len = 6;
	d.gso_size = 1448;
	d.gso_type = 1;
	assert_int_equal(try_desc(&d), -EPROTO);
}

/* A new producer and a new consumer go on where the old ones left it, at any moment. */
static void exchange(void **state)
{
	u32 lens[DESCS];

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		u32 in = 0xffffffe0u, out = in;
		struct rig r;

		rig_start(&r, in);
		for (unsigned int step = 0; step < 100; step++) {
			u32 len = 1 + random_below(step % 3 ? 3000 : 60000);

			assert_int_equal(xb_chan_reap(&r.p), 0);
			if (random_below(2) && send(&r, in, len))
				lens[in++ % DESCS] = len;
			else if (in != out && xb_chan_pending(&r.c) > 0)
				receive(&r, out, lens[out % DESCS]), out++;
			xb_chan_publish(&r.p);
			xb_chan_release(&r.c);
			if (random_below(4))
				continue;
			memset(r.ends, 0xff, geom.nr_desc * sizeof(*r.ends));
			assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), 0);
			assert_int_equal(xb_chan_consumer_attach(&r.c, r.va, &geom), 0);
			assert_int_equal(r.p.prod, in);
			assert_int_equal(r.c.cons, out);
		}
		rig_stop(&r);
	}
}

static void lying_exchange(void **state)
{
	struct xb_chan_desc keep;
	struct rig r;

	(void)state;
	rig_start(&r, 0);
	for (u32 i = 0; i < 3; i++)
		send(&r, i, 1000);
	xb_chan_publish(&r.p);
	keep = r.desc[1];
	for (u32 i = 0; i < 32; i++) {
		r.desc[1].off = 1u << i;
		assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends),
				 r.desc[1].off == 1024 ? 0 : -EPROTO);
		r.desc[1] = keep;
	}
	r.desc[1].len = 0;
	assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), -EPROTO);
	r.desc[1].len = UINT32_MAX;
	assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), -EPROTO);
	r.desc[1] = keep;
	r.desc[0].off = UINT32_MAX & ~63u;
	assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), -EPROTO);
	r.desc[0].off = geom.pool_size;
	assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), -EPROTO);
	/* Three packets that are all said to lie at the start: more than once around. */
	r.desc[0].off = 0;
	for (u32 i = 0; i < 3; i++) {
		r.desc[i].off = 0;
		r.desc[i].len = 65535;
	}
	assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), -EPROTO);
	r.shared->prod = DESCS + 1;
	assert_int_equal(xb_chan_producer_attach(&r.p, r.va, &geom, r.ends), -EPROTO);
	assert_int_equal(xb_chan_consumer_attach(&r.c, r.va, &geom), -EPROTO);
	rig_stop(&r);
}

static void geometry(void **state)
{
	static const struct {
		u32 descs, pool, pages;
		int want;
	} t[] = {
		{ 128, 131072, 34, 0 }, { 128, 131072, 33, -EINVAL }, { 512, 1 << 20, 512, 0 },
		{ 4096, 1 << 20, 512, 0 }, { 8192, 1 << 20, 512, -EINVAL }, { 0, 1 << 20, 512, -EINVAL },
		{ 64, 1 << 20, 512, -EINVAL }, { 129, 1 << 20, 512, -EINVAL },
		{ 128, 0, 512, -EINVAL }, { 128, 131072 - 4096, 512, -EINVAL },
		{ 128, 131073, 512, -EINVAL }, { 128, 2 << 20, 512, -EINVAL },
		{ 128, 0xfffff000u, 512, -EINVAL }, { 0x80000000u, 1 << 20, 512, -EINVAL },
		{ 128, 0xfffff000u, 0xffffffffu, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++) {
		struct xb_chan_geom g = { .nr_desc = t[i].descs, .pool_size = t[i].pool };

		assert_int_equal(xb_chan_geom_check(&g, t[i].pages), t[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometry),
		cmocka_unit_test(model),
		cmocka_unit_test(full_and_gap),
		cmocka_unit_test(notifications),
		cmocka_unit_test(lying_consumer),
		cmocka_unit_test(lying_producer),
		cmocka_unit_test(lying_descriptors),
		cmocka_unit_test(multicast_descriptors),
		cmocka_unit_test(exchange),
		cmocka_unit_test(lying_exchange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

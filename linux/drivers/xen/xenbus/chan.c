/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chan.c: the staged channel; see xb/chan.h for its layout and invariants.
 *
 * Owns nothing: the state is the caller's. Invariant: space in the pool is counted by two numbers
 * that run freely, what was ever taken and what was ever freed, gaps included; the difference is
 * in use. Each packet remembers the first as it was behind it, so that reaping any number of
 * packets is one subtraction. No lock: one producer, one consumer.
 */
#include <xb/chan.h>

#define MAX_SPACE	65536u	/* of one packet, aligned */

static u32 chan_align(u32 len)
{
	return (len + (XB_CHAN_ALIGN - 1)) & ~(XB_CHAN_ALIGN - 1);
}

/* Has an index that moved from OLD to NEW reached EVENT on its way? */
static bool chan_crossed(u32 old, u32 new, u32 event)
{
	return (u32)(new - event) < (u32)(new - old);
}

static void *chan_pool(void *va, const struct xb_chan_geom *g)
{
	return (u8 *)va + XB_PAGE_SIZE + (size_t)g->nr_desc * sizeof(struct xb_chan_desc);
}

/* ---- the producer */

void xb_chan_producer_init(struct xb_chan_producer *p, void *va, const struct xb_chan_geom *g,
			   u32 *ends)
{
	memset(p, 0, sizeof(*p));
	p->shared = va;
	p->desc = (void *)((u8 *)va + XB_PAGE_SIZE);
	p->pool = chan_pool(va, g);
	p->ends = ends;
	p->mask = g->nr_desc - 1;
	p->size = g->pool_size;
}
EXPORT_SYMBOL_GPL(xb_chan_producer_init);

/*
 * Space that the packets from cons to prod use, as their descriptors say: these are ours, but the
 * peer may have changed them, which must not lead us out of the pool.
 */
static int producer_recount(struct xb_chan_producer *p)
{
	u32 i, off, len, space;

	for (i = p->cons; i != p->prod; i++) {
		off = xb_read_once(p->desc[i & p->mask].off);
		len = xb_read_once(p->desc[i & p->mask].len);
		space = chan_align(len);
		if (i == p->cons && off <= p->size)
			p->head = off;
		if (len - 1 >= XB_CHAN_MAX_LEN || off % XB_CHAN_ALIGN || (off && off != p->head) ||
		    off > p->size || space > p->size - off)
			return -EPROTO;
		if (off != p->head)
			p->taken += p->size - p->head;
		p->taken += space;
		p->head = off + space;
		p->ends[i & p->mask] = p->taken;
		if (p->taken > p->size)
			return -EPROTO;
	}
	return 0;
}

int xb_chan_producer_attach(struct xb_chan_producer *p, void *va, const struct xb_chan_geom *g,
			    u32 *ends)
{
	xb_chan_producer_init(p, va, g, ends);
	p->prod = xb_read_once(p->shared->prod);
	p->cons = xb_read_once(p->shared->cons);
	p->published = p->prod;
	if ((u32)(p->prod - p->cons) > p->mask + 1)
		return -EPROTO;
	xb_rmb();
	return producer_recount(p);
}
EXPORT_SYMBOL_GPL(xb_chan_producer_attach);

int xb_chan_reap(struct xb_chan_producer *p)
{
	u32 cons = xb_read_once(p->shared->cons);

	if (cons == p->cons)
		return 0;
	if ((u32)(cons - p->cons) > (u32)(p->published - p->cons))
		return -EPROTO;
	xb_rmb();	/* the consumer's reads of the pool come before our next writes to it */
	p->cons = cons;
	p->freed = p->ends[(cons - 1) & p->mask];
	/* Empty: begin anew at the start, whose cache lines are the warmest. */
	if (cons == p->prod)
		p->head = 0;
	return 0;
}
EXPORT_SYMBOL_GPL(xb_chan_reap);

void *xb_chan_reserve(struct xb_chan_producer *p, u32 len)
{
	u32 space = chan_align(len), gap = 0, at = p->head;

	if (len - 1 >= XB_CHAN_MAX_LEN || (u32)(p->prod - p->cons) > p->mask)
		return NULL;
	if (space > p->size - at) {
		gap = p->size - at;
		at = 0;
	}
	if (gap + space > p->size - (u32)(p->taken - p->freed))
		return NULL;
	p->at = at;
	return p->pool + at;
}
EXPORT_SYMBOL_GPL(xb_chan_reserve);

void xb_chan_commit(struct xb_chan_producer *p, u32 len, const struct xb_chan_desc *d)
{
	u32 index = p->prod & p->mask, space = chan_align(len);
	struct xb_chan_desc *slot = &p->desc[index];

	slot->off = p->at;
	slot->len = len;
	slot->flags = d->flags;
	slot->gso_size = d->gso_size;
	slot->gso_type = d->gso_type;
	slot->hash_type = d->hash_type;
	slot->reserved = 0;
	slot->hash = d->hash;
	slot->reserved2 = 0;
	slot->reserved3 = 0;
	if (p->at != p->head)
		p->taken += p->size - p->head;
	p->taken += space;
	p->head = p->at + space;
	p->ends[index] = p->taken;
	p->prod++;
}
EXPORT_SYMBOL_GPL(xb_chan_commit);

bool xb_chan_room(const struct xb_chan_producer *p, u32 count)
{
	u32 used = p->taken - p->freed, space, gap = 0;

	if (count > p->size / MAX_SPACE || p->mask + 1 - (p->prod - p->cons) < count)
		return false;
	space = count * MAX_SPACE;
	/* At most one of the packets crosses the end, and leaves less than its size there. */
	if (space > p->size - p->head)
		gap = MAX_SPACE - XB_CHAN_ALIGN;
	return space <= p->size - used && gap <= p->size - used - space;
}
EXPORT_SYMBOL_GPL(xb_chan_room);

bool xb_chan_publish(struct xb_chan_producer *p)
{
	u32 old = p->published, new = p->prod;

	if (old == new)
		return false;
	xb_wmb();
	xb_write_once(p->shared->prod, new);
	p->published = new;
	xb_mb();
	return chan_crossed(old, new, xb_read_once(p->shared->prod_event));
}
EXPORT_SYMBOL_GPL(xb_chan_publish);

int xb_chan_wait_cons(struct xb_chan_producer *p, u32 count)
{
	u32 pending = p->published - p->cons, cons;

	if (!pending)
		return 1;
	if (!count)
		count = 1;
	else if (count > pending)
		count = pending;
	xb_write_once(p->shared->cons_event, p->cons + count);
	xb_mb();
	cons = xb_read_once(p->shared->cons);
	if ((u32)(cons - p->cons) > pending)
		return -EPROTO;
	return cons != p->cons;
}
EXPORT_SYMBOL_GPL(xb_chan_wait_cons);

/* ---- the consumer */

void xb_chan_consumer_init(struct xb_chan_consumer *c, void *va, const struct xb_chan_geom *g)
{
	memset(c, 0, sizeof(*c));
	c->shared = va;
	c->desc = (void *)((u8 *)va + XB_PAGE_SIZE);
	c->pool = chan_pool(va, g);
	c->mask = g->nr_desc - 1;
	c->size = g->pool_size;
}
EXPORT_SYMBOL_GPL(xb_chan_consumer_init);

int xb_chan_consumer_attach(struct xb_chan_consumer *c, void *va, const struct xb_chan_geom *g)
{
	xb_chan_consumer_init(c, va, g);
	c->cons = xb_read_once(c->shared->cons);
	c->prod = c->cons;
	c->released = c->cons;
	return xb_chan_pending(c) < 0 ? -EPROTO : 0;
}
EXPORT_SYMBOL_GPL(xb_chan_consumer_attach);

static int chan_look(struct xb_chan_consumer *c)
{
	u32 prod = xb_read_once(c->shared->prod);

	if ((u32)(prod - c->cons) > c->mask + 1 ||
	    (u32)(prod - c->cons) < (u32)(c->prod - c->cons))
		return -EPROTO;
	c->prod = prod;
	xb_rmb();
	return 0;
}

int xb_chan_pending(struct xb_chan_consumer *c)
{
	int err = chan_look(c);

	return err ? err : (int)(c->prod - c->cons);
}
EXPORT_SYMBOL_GPL(xb_chan_pending);

/* D is a private copy. */
static bool chan_desc_ok(const struct xb_chan_consumer *c, const struct xb_chan_desc *d)
{
	if (d->len - 1 >= XB_CHAN_MAX_LEN || d->off >= c->size || d->len > c->size - d->off)
		return false;
	if ((d->flags & ~XB_CHAN_FLAGS) | d->reserved | d->reserved2 | d->reserved3 ||
	    d->hash_type > XB_CHAN_HASH_MAX)
		return false;
	if (d->gso_size | d->gso_type)
		return d->gso_size && d->gso_type && d->gso_type <= 2 &&
		       !(d->flags & (XB_CHAN_MCAST_ADD | XB_CHAN_MCAST_DEL));
	if (d->flags & (XB_CHAN_MCAST_ADD | XB_CHAN_MCAST_DEL))
		return d->len == 6 && (d->flags == XB_CHAN_MCAST_ADD ||
				       d->flags == XB_CHAN_MCAST_DEL);
	return true;
}

int xb_chan_next(struct xb_chan_consumer *c, struct xb_chan_desc *d, const void **data)
{
	const u64 *slot;
	u64 *copy = (u64 *)d;
	int err;

	if (c->cons == c->prod) {
		err = chan_look(c);
		if (err)
			return err;
		if (c->cons == c->prod)
			return 0;
	}
	slot = (const u64 *)&c->desc[c->cons & c->mask];
	copy[0] = xb_read_once(slot[0]);
	copy[1] = xb_read_once(slot[1]);
	copy[2] = xb_read_once(slot[2]);
	copy[3] = xb_read_once(slot[3]);
	if (!chan_desc_ok(c, d))
		return -EPROTO;
	*data = c->pool + d->off;
	c->cons++;
	return 1;
}
EXPORT_SYMBOL_GPL(xb_chan_next);

bool xb_chan_release(struct xb_chan_consumer *c)
{
	u32 old = c->released, new = c->cons;

	if (old == new)
		return false;
	xb_rmb();	/* our reads of the pool come before the producer may write there again */
	xb_write_once(c->shared->cons, new);
	c->released = new;
	xb_mb();
	return chan_crossed(old, new, xb_read_once(c->shared->cons_event));
}
EXPORT_SYMBOL_GPL(xb_chan_release);

int xb_chan_wait_prod(struct xb_chan_consumer *c)
{
	int err;

	if (c->cons != c->prod)
		return 1;
	xb_write_once(c->shared->prod_event, c->cons + 1);
	xb_mb();
	err = chan_look(c);
	return err ? err : c->cons != c->prod;
}
EXPORT_SYMBOL_GPL(xb_chan_wait_prod);

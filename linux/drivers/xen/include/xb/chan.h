/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chan.h: the staged channel: packets from one domain to another through memory that stays shared.
 *
 * A private extension of the network protocol, used when both ends offer it (docs/drivers.md).
 * One channel carries packets one way. All its pages belong to the frontend and stay granted and
 * mapped while the device is connected, so that a packet costs one copy by the producer, one by
 * the consumer and no hypercall but for a notification when the other side sleeps.
 *
 *   page 0           struct xb_chan_shared
 *   pages 1 ... D    descriptors, a power of two of them, 128 a page
 *   the rest         the pool: a ring of bytes; a packet lies in it in one piece
 *
 * Invariants.
 *  - prod and cons count descriptors, free-running modulo 2^32; cons <= prod <= cons + nr_desc.
 *  - Only the producer writes prod, the descriptors and the pool; only the consumer writes cons.
 *  - Pool space is taken in order and freed in order: what is in use is one run, from the packet at
 *    cons to that before prod. The producer keeps where each packet ends in memory of its own, and
 *    never reads a descriptor back.
 *  - The other side is hostile: its index is read once, into a local variable, and refused
 *  (-EPROTO)
 *    when it is not between the private indices; a descriptor is copied once, then checked; bytes
 *    of the pool are copied once, before anything looks at them. After -EPROTO the channel is
 *    dead.
 *  - Notification: a sleeper writes the index at which it wants to be woken to *_event, then
 *  looks once
 *    more. The other side, after it has published, notifies when the index crossed the event.
 *
 * Not locked: one thread produces, one consumes.
 */
#ifndef XB_CHAN_H
#define XB_CHAN_H

#include <xb/plain.h>

struct xb_chan_shared {
	u32 prod;		/* written by the producer */
	u32 cons_event;		/* ... who wants an event when cons passes this */
	u8 pad0[56];
	u32 cons;		/* written by the consumer */
	u32 prod_event;		/* ... who wants an event when prod passes this */
	u8 pad1[56];
};

#define XB_CHAN_CSUM_BLANK	0x0001u	/* the transport checksum is to be filled in */
#define XB_CHAN_CSUM_VALID	0x0002u	/* ... or is known to be right */
#define XB_CHAN_MCAST_ADD	0x0010u	/* no packet: 6 bytes of a multicast address */
#define XB_CHAN_MCAST_DEL	0x0020u
#define XB_CHAN_FLAGS		0x0033u	/* all that are defined; others are refused */

struct xb_chan_desc {
	u32 off;		/* in the pool */
	u32 len;		/* 1 ... XB_CHAN_MAX_LEN */
	u16 flags;
	u16 gso_size;		/* 0: no segmentation */
	u8 gso_type;		/* XEN_NETIF_GSO_TYPE_*: 0 none, 1 TCPv4, 2 TCPv6 */
	u8 hash_type;		/* 0 none, else 1 + the XEN_NETIF_CTRL_HASH_TYPE bit number */
	u16 reserved;		/* 0 */
	u32 hash;
	u32 reserved2;
	u64 reserved3;
};

#define XB_CHAN_DESC_PER_PAGE	(XB_PAGE_SIZE / sizeof(struct xb_chan_desc))
#define XB_CHAN_MAX_LEN		65535u
#define XB_CHAN_HASH_MAX	4u	/* of hash_type */
#define XB_CHAN_ALIGN		64u	/* packets start at multiples of a cache line */

_Static_assert(sizeof(struct xb_chan_shared) == 128, "two cache lines");
_Static_assert(sizeof(struct xb_chan_desc) == 32, "128 in a page");

struct xb_chan_geom {
	u32 nr_desc;		/* a power of two */
	u32 pool_size;		/* bytes, a multiple of the page size */
};

/* Pages of a channel with this geometry. */
static inline u32 xb_chan_pages(const struct xb_chan_geom *g)
{
	return 1 + g->nr_desc / XB_CHAN_DESC_PER_PAGE + (g->pool_size >> XB_PAGE_SHIFT);
}

/* What a peer asked for: 0 or -EINVAL. PAGES is what it grants. */
static inline int xb_chan_geom_check(const struct xb_chan_geom *g, u32 max_pages)
{
	if (g->nr_desc < XB_CHAN_DESC_PER_PAGE || g->nr_desc > 4096 ||
	    (g->nr_desc & (g->nr_desc - 1)))
		return -EINVAL;
	if (g->pool_size % XB_PAGE_SIZE || g->pool_size < 2 * 65536 ||
	    g->pool_size >> XB_PAGE_SHIFT > max_pages)
		return -EINVAL;
	/* No overflow: both parts of the sum are small by now, or refused. */
	return xb_chan_pages(g) <= max_pages ? 0 : -EINVAL;
}

/* ---- the producer */
struct xb_chan_producer {
	struct xb_chan_shared *shared;
	struct xb_chan_desc *desc;
	u8 *pool;
	u32 *ends;		/* private, nr_desc of them: taken behind each packet */
	u32 mask, size;
	u32 prod;		/* next to be written */
	u32 published;		/* what the peer was told */
	u32 cons;		/* last that was seen and found right */
	u32 head;		/* pool: next free byte */
	u32 at;			/* where the reserved packet begins */
	u32 taken, freed;	/* bytes, with gaps, free-running modulo 2^32 */
};

/* ---- the consumer */
struct xb_chan_consumer {
	struct xb_chan_shared *shared;
	const struct xb_chan_desc *desc;
	const u8 *pool;
	u32 mask, size;
	u32 cons;		/* next to be read */
	u32 released;		/* what the peer was told */
	u32 prod;		/* last that was seen and found right */
};

/*
 * VA: all pages of the channel, contiguous. ENDS: nr_desc u32, private to the producer. A channel
 * begins with zeroed pages; a consumer begins with what there is already, then calls
 * xb_chan_wait_prod.
 */
void xb_chan_producer_init(struct xb_chan_producer *p, void *va, const struct xb_chan_geom *g,
			   u32 *ends);
void xb_chan_consumer_init(struct xb_chan_consumer *c, void *va, const struct xb_chan_geom *g);
/*
 * The same for a channel that may have been in use, when a driver was exchanged and the peer
 * stayed: go on where the shared indices and descriptors say; 0, or -EPROTO when they make no
 * sense. The consumer may see packets again that its predecessor had read and not released.
 */
int xb_chan_producer_attach(struct xb_chan_producer *p, void *va, const struct xb_chan_geom *g,
			    u32 *ends);
int xb_chan_consumer_attach(struct xb_chan_consumer *c, void *va, const struct xb_chan_geom *g);

/* Takes note of what the peer has consumed: 0 or -EPROTO. */
int xb_chan_reap(struct xb_chan_producer *p);
/*
 * Space for a packet of LEN bytes: where to copy it, or NULL when there is none (reap first).
 * Nothing is taken until xb_chan_commit, which is given the descriptor but for off and len.
 */
void *xb_chan_reserve(struct xb_chan_producer *p, u32 len);
void xb_chan_commit(struct xb_chan_producer *p, u32 len, const struct xb_chan_desc *d);
/* Is there room for COUNT packets of 64 KiB each, as far as is known without a reap? */
bool xb_chan_room(const struct xb_chan_producer *p, u32 count);
/* Publishes what was committed; true: the peer is to be notified. */
bool xb_chan_publish(struct xb_chan_producer *p);
/*
 * The producer waits for room: asks for an event once the peer has consumed at least COUNT more,
 * and looks again. True: there is something to reap already, do not sleep. -EPROTO as in reap.
 */
int xb_chan_wait_cons(struct xb_chan_producer *p, u32 count);

/* How many packets there are to be read, or -EPROTO. Publishes nothing. */
int xb_chan_pending(struct xb_chan_consumer *c);
/*
 * The next packet: 1, with a checked copy of its descriptor and where its bytes are (hostile
 * memory: copy once); 0: none; -EPROTO: the descriptor is not one. Moves on; xb_chan_release
 * tells the peer.
 */
int xb_chan_next(struct xb_chan_consumer *c, struct xb_chan_desc *d, const void **data);
/* Gives back all that was read; true: the peer waits for room and is to be notified. */
bool xb_chan_release(struct xb_chan_consumer *c);
/*
 * The consumer goes to sleep: asks for an event at the next packet, and looks again: see
 * wait_cons.
 */
int xb_chan_wait_prod(struct xb_chan_consumer *c);

#endif

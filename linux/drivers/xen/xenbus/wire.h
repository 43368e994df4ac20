/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h: the wire protocol of XenStore, as plain C: ring, messages, replies, watch events.
 *
 * A message is a header of four words and at most 4096 bytes. Requests go out and replies come in
 * through two byte rings in a page that we share with the store. A reply carries the number of
 * its request and may come out of order; a watch event comes unasked.
 *
 * Invariants.
 *  - Each index has one writer, and we keep our two in private memory: the page is written, not
 *    read back.
 *  - The store's two indices are read once each time, and have to lie between what we know
 *    already and what is possible; anything else is -EPROTO and the port is dead for good.
 *  - A message is looked at only after it was copied out of the page.
 *
 * Not locked: the caller has one sender and one receiver at a time.
 */
#ifndef XB_WIRE_H
#define XB_WIRE_H

#include <xb/plain.h>

#define XB_WIRE_RING_SIZE	1024u
#define XB_WIRE_PAYLOAD_MAX	4096u
#define XB_WIRE_PATH_MAX	3072u	/* a whole path */
#define XB_WIRE_REL_PATH_MAX	2048u	/* one below our own directory */

enum xb_wire_type {
	XB_WIRE_CONTROL, XB_WIRE_DIRECTORY, XB_WIRE_READ, XB_WIRE_GET_PERMS,
	XB_WIRE_WATCH, XB_WIRE_UNWATCH, XB_WIRE_TXN_START, XB_WIRE_TXN_END,
	XB_WIRE_INTRODUCE, XB_WIRE_RELEASE, XB_WIRE_GET_DOMAIN_PATH, XB_WIRE_WRITE,
	XB_WIRE_MKDIR, XB_WIRE_RM, XB_WIRE_SET_PERMS, XB_WIRE_WATCH_EVENT,
	XB_WIRE_ERROR, XB_WIRE_IS_INTRODUCED, XB_WIRE_RESUME, XB_WIRE_SET_TARGET,
	XB_WIRE_RESET_WATCHES = 21, XB_WIRE_DIRECTORY_PART, XB_WIRE_TYPES
};

struct xb_wire_hdr {
	u32 type;
	u32 req_id;
	u32 tx_id;
	u32 len;
};

/* The shared page. */
struct xb_wire_page {
	u8 req[XB_WIRE_RING_SIZE];
	u8 rsp[XB_WIRE_RING_SIZE];
	u32 req_cons, req_prod;
	u32 rsp_cons, rsp_prod;
	u32 features;
	u32 connection;		/* 0: the store listens */
	u32 error;
};

_Static_assert(sizeof(struct xb_wire_hdr) == 16, "as in the protocol");
_Static_assert(sizeof(struct xb_wire_page) == 2076, "as in the protocol");

/* ---- the ring: bytes in and out */
struct xb_wire_port {
	struct xb_wire_page *page;
	u32 req_prod;		/* ours */
	u32 req_cons;		/* the store's, as seen last */
	u32 rsp_cons;		/* ours */
	bool dead;
	const char *why;	/* ... as words for a message */
};

/* Takes the indices over from who used the page before; returns how many old bytes were dropped. */
u32 xb_wire_open(struct xb_wire_port *p, struct xb_wire_page *page);
/* Both return how many of LEN bytes were moved, or -EPROTO. *notify: the store is to be told. */
int xb_wire_send(struct xb_wire_port *p, const void *data, u32 len, bool *notify);
int xb_wire_recv(struct xb_wire_port *p, void *data, u32 len, bool *notify);
/* Has the store taken all that was sent? */
bool xb_wire_flushed(const struct xb_wire_port *p);
/* Are there bytes to be received (or is something wrong, which receiving will tell)? */
bool xb_wire_readable(const struct xb_wire_port *p);
/* Is there room to send (or is something wrong)? */
bool xb_wire_writable(const struct xb_wire_port *p);

/* ---- a message put together from pieces of any size */
struct xb_wire_msg {
	struct xb_wire_hdr hdr;
	u32 got;				/* bytes of header and body so far */
	u8 body[XB_WIRE_PAYLOAD_MAX + 1];	/* NUL behind the last byte once it is whole */
};

static inline void xb_wire_msg_reset(struct xb_wire_msg *m)
{
	m->got = 0;
}

/* Where the next bytes go, and how many of them are wanted; 0: it is whole. -EPROTO: too long. */
int xb_wire_msg_want(struct xb_wire_msg *m, void **where);
/* LEN bytes were put there; true: the message is whole now. */
bool xb_wire_msg_got(struct xb_wire_msg *m, u32 len);
/* As much of DATA as this message wants; returns bytes taken or -EPROTO. */
int xb_wire_msg_feed(struct xb_wire_msg *m, const void *data, u32 len, bool *whole);
/* Receives until a message is whole: 1; no more bytes: 0; or -EPROTO. */
int xb_wire_recv_msg(struct xb_wire_port *p, struct xb_wire_msg *m, bool *notify);

/* ---- requests */
struct xb_wire_part {
	const void *data;
	u32 len;
};

/* Bytes of header and parts, or -E2BIG. */
int xb_wire_request_size(const struct xb_wire_part *parts, unsigned int nr);
/* Writes the message to BUF, which has room for it. */
void xb_wire_encode(void *buf, const struct xb_wire_hdr *h, const struct xb_wire_part *parts,
		    unsigned int nr);

/* Calls that wait for their replies, oldest first. */
struct xb_wire_call {
	struct xb_wire_call *next;
	u32 req_id;
	u32 type;
};

struct xb_wire_calls {
	struct xb_wire_call *first, **last;
	u32 next_id;
	u32 nr;
};

void xb_wire_calls_init(struct xb_wire_calls *c);
/* Gives the call a number that no waiting call has. */
void xb_wire_calls_add(struct xb_wire_calls *c, struct xb_wire_call *call);
/* The call that HDR answers, taken out; NULL: nobody waits for it. */
struct xb_wire_call *xb_wire_calls_match(struct xb_wire_calls *c, const struct xb_wire_hdr *hdr);
/* The oldest call, taken out; NULL: none. */
struct xb_wire_call *xb_wire_calls_pop(struct xb_wire_calls *c);

/* ---- what replies say. BODY has a NUL behind LEN bytes. */
/* 0, the negative errno of an error reply, or -EPROTO when it answers another type of request. */
int xb_wire_reply_error(const struct xb_wire_hdr *hdr, const void *body, u32 type);
/* A negative errno for the name in an error reply; -EIO for names that we do not know. */
int xb_wire_errno(const void *body, u32 len);
/* The name for a negative errno, as the store would say it. */
const char *xb_wire_errname(int err);
/* A decimal number up to 2^32 - 1 and nothing else: 0 or -EINVAL. */
int xb_wire_number(const void *body, u32 len, u32 *out);
/* Number of NUL-terminated names in a directory reply; -EPROTO: the last one is not terminated. */
int xb_wire_names(const void *body, u32 len);
/*
 * A piece of a directory that is too long for one reply: its generation, then names; an empty name
 * behind them says that there are no more. Returns where the names begin, or -EPROTO.
 */
int xb_wire_directory_part(const void *body, u32 len, u32 *names_len, bool *last);
/* Two NUL-terminated strings, as in watches and their events: 0 or -EPROTO. */
int xb_wire_two_strings(const void *body, u32 len, const char **first, const char **second);
/* A path as the store takes them: no strange bytes, no empty component, not too long. */
bool xb_wire_path_ok(const char *path);
/*
 * Has BODY, with a NUL behind its LEN bytes, what a request of this type consists of? Somebody else
 * made it, and there are stores that end (for everybody) at a path which is none.
 */
bool xb_wire_request_ok(u32 type, const void *body, u32 len);
/* Is PATH equal to DIR or below it? */
bool xb_wire_path_below(const char *path, const char *dir);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.c: see wire.h. Plain C: linked into the module, the host tests and the fuzzers alike.
 */
#include "wire.h"

#define RING_MASK (XB_WIRE_RING_SIZE - 1)

static int port_dead(struct xb_wire_port *p, const char *why)
{
	p->dead = true;
	p->why = why;
	return -EPROTO;
}

u32 xb_wire_open(struct xb_wire_port *p, struct xb_wire_page *page)
{
	u32 stale;

	memset(p, 0, sizeof(*p));
	p->page = page;
	p->req_prod = xb_read_once(page->req_prod);
	p->req_cons = xb_read_once(page->req_cons);
	p->rsp_cons = xb_read_once(page->rsp_prod);
	stale = p->rsp_cons - xb_read_once(page->rsp_cons);
	if (p->req_prod - p->req_cons > XB_WIRE_RING_SIZE) {
		/* Nonsense from before us: both sides start with an empty ring. */
		p->req_cons = p->req_prod;
	}
	xb_write_once(page->rsp_cons, p->rsp_cons);
	return stale;
}

/* Reads and checks req_cons: how much room there is, or -EPROTO. */
static int send_room(struct xb_wire_port *p)
{
	u32 cons = xb_read_once(p->page->req_cons);

	if (p->dead)
		return -EPROTO;
	if (cons - p->req_cons > p->req_prod - p->req_cons)
		return port_dead(p, "the store consumed requests that were never sent");
	p->req_cons = cons;
	xb_mb();	/* the room is written to only after the store has left it */
	return XB_WIRE_RING_SIZE - (p->req_prod - cons);
}

int xb_wire_send(struct xb_wire_port *p, const void *data, u32 len, bool *notify)
{
	const u8 *src = data;
	int room = send_room(p);
	u32 at, first, n;

	if (room < 0)
		return room;
	n = len < (u32)room ? len : (u32)room;
	if (!n)
		return 0;
	at = p->req_prod & RING_MASK;
	first = n < XB_WIRE_RING_SIZE - at ? n : XB_WIRE_RING_SIZE - at;
	memcpy(p->page->req + at, src, first);
	memcpy(p->page->req, src + first, n - first);
	xb_wmb();	/* the bytes are there before the index says so */
	p->req_prod += n;
	xb_write_once(p->page->req_prod, p->req_prod);
	*notify = true;
	return n;
}

int xb_wire_recv(struct xb_wire_port *p, void *data, u32 len, bool *notify)
{
	u32 prod = xb_read_once(p->page->rsp_prod);
	u32 n = prod - p->rsp_cons;
	u8 *dst = data;
	u32 at, first;

	if (p->dead)
		return -EPROTO;
	if (n > XB_WIRE_RING_SIZE)
		return port_dead(p, "the store's reply index jumped");
	if (n > len)
		n = len;
	if (!n)
		return 0;
	xb_rmb();	/* the bytes are read only after the index */
	at = p->rsp_cons & RING_MASK;
	first = n < XB_WIRE_RING_SIZE - at ? n : XB_WIRE_RING_SIZE - at;
	memcpy(dst, p->page->rsp + at, first);
	memcpy(dst + first, p->page->rsp, n - first);
	xb_mb();	/* the room is given back only after it was read */
	p->rsp_cons += n;
	xb_write_once(p->page->rsp_cons, p->rsp_cons);
	xb_mb();
	/* Did the store find the ring full before that? Then it sleeps until it is told. */
	if (xb_read_once(p->page->rsp_prod) - (p->rsp_cons - n) >= XB_WIRE_RING_SIZE)
		*notify = true;
	return n;
}

bool xb_wire_flushed(const struct xb_wire_port *p)
{
	return p->dead || xb_read_once(p->page->req_cons) == p->req_prod;
}

bool xb_wire_readable(const struct xb_wire_port *p)
{
	return !p->dead && xb_read_once(p->page->rsp_prod) != p->rsp_cons;
}

bool xb_wire_writable(const struct xb_wire_port *p)
{
	return !p->dead &&
		p->req_prod - xb_read_once(p->page->req_cons) != XB_WIRE_RING_SIZE;
}

int xb_wire_msg_want(struct xb_wire_msg *m, void **where)
{
	u32 in_body;

	if (m->got < sizeof(m->hdr)) {
		*where = (u8 *)&m->hdr + m->got;
		return sizeof(m->hdr) - m->got;
	}
	if (m->hdr.len > XB_WIRE_PAYLOAD_MAX)
		return -EPROTO;
	in_body = m->got - sizeof(m->hdr);
	*where = m->body + in_body;
	return m->hdr.len - in_body;
}

bool xb_wire_msg_got(struct xb_wire_msg *m, u32 len)
{
	m->got += len;
	if (m->got < sizeof(m->hdr) || m->hdr.len > XB_WIRE_PAYLOAD_MAX ||
	    m->got < sizeof(m->hdr) + m->hdr.len)
		return false;
	m->body[m->hdr.len] = 0;
	return true;
}

int xb_wire_msg_feed(struct xb_wire_msg *m, const void *data, u32 len, bool *whole)
{
	const u8 *src = data;
	u32 taken = 0;
	void *where;
	int want;

	*whole = false;
	while (!*whole) {
		want = xb_wire_msg_want(m, &where);
		if (want < 0)
			return want;
		if (want > 0 && taken == len)
			break;
		if ((u32)want > len - taken)
			want = len - taken;
		memcpy(where, src + taken, want);
		taken += want;
		*whole = xb_wire_msg_got(m, want);
	}
	return taken;
}

int xb_wire_recv_msg(struct xb_wire_port *p, struct xb_wire_msg *m, bool *notify)
{
	void *where;
	int want, got;

	for (;;) {
		want = xb_wire_msg_want(m, &where);
		if (want < 0)
			return port_dead(p, "the store sent a message of more than 4096 bytes");
		got = xb_wire_recv(p, where, want, notify);
		if (got < 0)
			return got;
		if (xb_wire_msg_got(m, got))
			return 1;
		if (!got)
			return 0;
	}
}

int xb_wire_request_size(const struct xb_wire_part *parts, unsigned int nr)
{
	u32 sum = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (parts[i].len > XB_WIRE_PAYLOAD_MAX - sum)
			return -E2BIG;
		sum += parts[i].len;
	}
	return sizeof(struct xb_wire_hdr) + sum;
}

void xb_wire_encode(void *buf, const struct xb_wire_hdr *h, const struct xb_wire_part *parts,
		    unsigned int nr)
{
	struct xb_wire_hdr hdr = *h;
	u8 *to = (u8 *)buf + sizeof(hdr);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		memcpy(to, parts[i].data, parts[i].len);
		to += parts[i].len;
	}
	hdr.len = to - (u8 *)buf - sizeof(hdr);
	memcpy(buf, &hdr, sizeof(hdr));
}

void xb_wire_calls_init(struct xb_wire_calls *c)
{
	c->first = NULL;
	c->last = &c->first;
	c->next_id = 1;
	c->nr = 0;
}

static bool id_in_use(const struct xb_wire_calls *c, u32 id)
{
	const struct xb_wire_call *call;

	for (call = c->first; call; call = call->next)
		if (call->req_id == id)
			return true;
	return false;
}

void xb_wire_calls_add(struct xb_wire_calls *c, struct xb_wire_call *call)
{
	while (!c->next_id || id_in_use(c, c->next_id))
		c->next_id++;
	call->req_id = c->next_id++;
	call->next = NULL;
	*c->last = call;
	c->last = &call->next;
	c->nr++;
}

static struct xb_wire_call *calls_take(struct xb_wire_calls *c, struct xb_wire_call **link)
{
	struct xb_wire_call *call = *link;

	*link = call->next;
	if (!call->next)
		c->last = link;
	call->next = NULL;
	c->nr--;
	return call;
}

struct xb_wire_call *xb_wire_calls_match(struct xb_wire_calls *c, const struct xb_wire_hdr *hdr)
{
	struct xb_wire_call **link;

	for (link = &c->first; *link; link = &(*link)->next)
		if ((*link)->req_id == hdr->req_id)
			return calls_take(c, link);
	return NULL;
}

struct xb_wire_call *xb_wire_calls_pop(struct xb_wire_calls *c)
{
	return c->first ? calls_take(c, &c->first) : NULL;
}

static const struct {
	int err;
	const char *name;
} errors[] = {
	{ EINVAL, "EINVAL" }, { EACCES, "EACCES" }, { EEXIST, "EEXIST" }, { EISDIR, "EISDIR" },
	{ ENOENT, "ENOENT" }, { ENOMEM, "ENOMEM" }, { ENOSPC, "ENOSPC" }, { EIO, "EIO" },
	{ ENOTEMPTY, "ENOTEMPTY" }, { EOPNOTSUPP, "ENOSYS" }, { EROFS, "EROFS" },
	{ EBUSY, "EBUSY" }, { EAGAIN, "EAGAIN" }, { EISCONN, "EISCONN" }, { E2BIG, "E2BIG" },
	{ EPERM, "EPERM" }, { EDQUOT, "EQUOTA" },
};

int xb_wire_errno(const void *body, u32 len)
{
	const char *name = body;
	u32 n = len && !name[len - 1] ? len - 1 : len;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (strlen(errors[i].name) == n && !memcmp(errors[i].name, name, n))
			return -errors[i].err;
	return -EIO;
}

const char *xb_wire_errname(int err)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].err == -err)
			return errors[i].name;
	return "EIO";
}

int xb_wire_reply_error(const struct xb_wire_hdr *hdr, const void *body, u32 type)
{
	if (hdr->type == XB_WIRE_ERROR)
		return xb_wire_errno(body, hdr->len);
	return hdr->type == type ? 0 : -EPROTO;
}

int xb_wire_number(const void *body, u32 len, u32 *out)
{
	const char *s = body;
	u64 v = 0;
	u32 i;

	if (len && !s[len - 1])
		len--;
	if (!len || len > 10)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		v = v * 10 + (u64)(s[i] - '0');
	}
	if (v > 0xffffffffu)
		return -EINVAL;
	*out = (u32)v;
	return 0;
}

int xb_wire_names(const void *body, u32 len)
{
	const char *s = body;
	int nr = 0;
	u32 i;

	if (len && s[len - 1])
		return -EPROTO;
	for (i = 0; i < len; i++)
		if (!s[i])
			nr++;
	return nr;
}

int xb_wire_directory_part(const void *body, u32 len, u32 *names_len, bool *last)
{
	const char *s = body;
	const char *end = memchr(s, 0, len);
	u32 begin;

	if (!end || end == s || s[len - 1])
		return -EPROTO;
	begin = (u32)(end + 1 - s);
	*last = len > begin && (len == begin + 1 || !s[len - 2]);
	*names_len = len - begin - (*last ? 1 : 0);
	return begin;
}

int xb_wire_two_strings(const void *body, u32 len, const char **first, const char **second)
{
	const char *s = body;
	const char *end = memchr(s, 0, len);

	if (!end || !memchr(end + 1, 0, len - (u32)(end + 1 - s)))
		return -EPROTO;
	*first = s;
	*second = end + 1;
	return 0;
}

bool xb_wire_path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n && dir[n - 1] == '/')
		return !strncmp(path, dir, n);
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

bool xb_wire_path_ok(const char *path)
{
	size_t len = strlen(path), i;
	char c;

	if (!len || len > (*path == '/' ? XB_WIRE_PATH_MAX : XB_WIRE_REL_PATH_MAX))
		return false;
	for (i = 0; i < len; i++) {
		c = path[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '/' && c != '_' && c != '@')
			return false;
		if (c == '/' && (path[i + 1] == '/' || (!path[i + 1] && i)))
			return false;
	}
	return true;
}

/* What a request's body consists of. */
enum form {
	ANY,		/* the store does not look at it */
	STRINGS,	/* one or more, each with its NUL */
	PATH,		/* and nothing else */
	PATH_DATA,	/* and any bytes */
	PATH_STRINGS,	/* and one or more strings */
};

static const u8 forms[XB_WIRE_TYPES] = {
	[XB_WIRE_CONTROL] = STRINGS,
	[XB_WIRE_DIRECTORY] = PATH,
	[XB_WIRE_READ] = PATH,
	[XB_WIRE_GET_PERMS] = PATH,
	[XB_WIRE_WATCH] = PATH_STRINGS,
	[XB_WIRE_UNWATCH] = PATH_STRINGS,
	[XB_WIRE_TXN_START] = ANY,
	[XB_WIRE_TXN_END] = STRINGS,
	[XB_WIRE_INTRODUCE] = STRINGS,
	[XB_WIRE_RELEASE] = STRINGS,
	[XB_WIRE_GET_DOMAIN_PATH] = STRINGS,
	[XB_WIRE_WRITE] = PATH_DATA,
	[XB_WIRE_MKDIR] = PATH,
	[XB_WIRE_RM] = PATH,
	[XB_WIRE_SET_PERMS] = PATH_STRINGS,
	[XB_WIRE_WATCH_EVENT] = STRINGS,
	[XB_WIRE_ERROR] = STRINGS,
	[XB_WIRE_IS_INTRODUCED] = STRINGS,
	[XB_WIRE_RESUME] = STRINGS,
	[XB_WIRE_SET_TARGET] = STRINGS,
	[XB_WIRE_SET_TARGET + 1] = STRINGS,	/* one that was given up */
	[XB_WIRE_RESET_WATCHES] = ANY,
	[XB_WIRE_DIRECTORY_PART] = PATH_STRINGS,
};

bool xb_wire_request_ok(u32 type, const void *body, u32 len)
{
	const char *s = body, *end;
	u32 rest;

	if (type >= XB_WIRE_TYPES)
		return false;
	if (forms[type] == ANY)
		return true;
	end = memchr(s, 0, len);
	if (!end)
		return false;
	if (forms[type] != STRINGS && !xb_wire_path_ok(s))
		return false;
	rest = len - (u32)(end + 1 - s);
	switch (forms[type]) {
	case PATH:
		return !rest;
	case STRINGS:
		return !s[len - 1];
	case PATH_STRINGS:
		return rest && !s[len - 1];
	default:
		return true;
	}
}

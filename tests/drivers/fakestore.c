/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fakestore.c: see fakestore.h. A tree is a flat list of nodes; a transaction is a copy of it that
 * replaces the original if nobody has changed that in between.
 */
#include "fakestore.h"

#include <stdlib.h>

#define HOME "/local/domain/7"

struct node {
	char *path;
	u8 *value;
	u32 len;
};

struct tree {
	struct node *nodes;
	unsigned int nr;
};

struct txn {
	struct txn *next;
	u32 id;
	u32 base;		/* the store's generation at the start */
	struct tree tree;
	char **touched;
	unsigned int nr_touched;
};

struct watch {
	struct watch *next;
	char *path, *token;	/* path as the client gave it */
};

struct reply {
	struct reply *next;
	u32 len, sent;
	u8 bytes[];
};

struct fakestore {
	struct xb_wire_page *page;
	struct tree tree;
	u32 generation, next_txn;
	struct txn *txns;
	struct watch *watches;
	struct reply *replies;
	bool broken;
	char *denied;
	struct fakestore_quota quota;
	struct xb_wire_msg in;
};

/* ---- trees */
static struct node *tree_find(struct tree *t, const char *path)
{
	for (unsigned int i = 0; i < t->nr; i++)
		if (!strcmp(t->nodes[i].path, path))
			return &t->nodes[i];
	return NULL;
}

static void tree_add(struct tree *t, const char *path, const void *value, u32 len)
{
	struct node *n;

	t->nodes = realloc(t->nodes, (t->nr + 1) * sizeof(*n));
	n = &t->nodes[t->nr++];
	n->path = strdup(path);
	n->value = calloc(1, len + 1);
	memcpy(n->value, value, len);
	n->len = len;
}

/* With its parents. */
static void tree_put(struct tree *t, const char *path, const void *value, u32 len)
{
	struct node *n = tree_find(t, path);
	char *parent, *slash;

	if (n) {
		free(n->value);
		n->value = calloc(1, len + 1);
		memcpy(n->value, value, len);
		n->len = len;
		return;
	}
	parent = strdup(path);
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = 0;
		if (!tree_find(t, parent))
			tree_put(t, parent, "", 0);
	}
	free(parent);
	tree_add(t, path, value, len);
}

static void node_free(struct node *n)
{
	free(n->path);
	free(n->value);
}

static void tree_del(struct tree *t, const char *path)
{
	unsigned int to = 0;

	for (unsigned int i = 0; i < t->nr; i++) {
		if (xb_wire_path_below(t->nodes[i].path, path))
			node_free(&t->nodes[i]);
		else
			t->nodes[to++] = t->nodes[i];
	}
	t->nr = to;
}

static void tree_free(struct tree *t)
{
	tree_del(t, "/");
	free(t->nodes);
	memset(t, 0, sizeof(*t));
}

static void tree_copy(struct tree *to, const struct tree *from)
{
	memset(to, 0, sizeof(*to));
	for (unsigned int i = 0; i < from->nr; i++)
		tree_add(to, from->nodes[i].path, from->nodes[i].value, from->nodes[i].len);
}

/* ---- replies */
static void reply(struct fakestore *fs, const struct xb_wire_hdr *to, u32 type, const void *body,
		  u32 len)
{
	struct reply *r = calloc(1, sizeof(*r) + sizeof(struct xb_wire_hdr) + len), **p;
	struct xb_wire_hdr h = { type, to->req_id, to->tx_id, 0 };
	struct xb_wire_part part = { body, len };

	xb_wire_encode(r->bytes, &h, &part, 1);
	r->len = sizeof(h) + len;
	for (p = &fs->replies; *p; p = &(*p)->next)
		;
	*p = r;
}

static void reply_error(struct fakestore *fs, const struct xb_wire_hdr *to, const char *name)
{
	reply(fs, to, XB_WIRE_ERROR, name, strlen(name) + 1);
}

static void reply_ok(struct fakestore *fs, const struct xb_wire_hdr *to)
{
	reply(fs, to, to->type, "OK", 3);
}

static char *absolute(const char *path)
{
	char *p = malloc(strlen(path) + sizeof(HOME) + 1);

	sprintf(p, "%s%s%s", *path == '/' ? "" : HOME, *path == '/' ? "" : "/", path);
	return p;
}

static void fire_one(struct fakestore *fs, const struct watch *w, const char *path)
{
	static const struct xb_wire_hdr unasked;
	size_t home = *w->path == '/' || *path != '/' ? 0 : sizeof(HOME);
	char body[2 * XB_WIRE_PAYLOAD_MAX];
	int n = snprintf(body, sizeof(body), "%s%c%s", path + home, 0, w->token);

	reply(fs, &unasked, XB_WIRE_WATCH_EVENT, body, n + 1);
}

static void fire(struct fakestore *fs, const char *path, bool removed)
{
	for (struct watch *w = fs->watches; w; w = w->next) {
		char *at = absolute(w->path);

		if (xb_wire_path_below(path, at))
			fire_one(fs, w, path);
		else if (removed && xb_wire_path_below(at, path))
			fire_one(fs, w, w->path);
		free(at);
	}
}

/* ---- changes, inside a transaction or not */
static void changed(struct fakestore *fs, struct txn *t, const char *path, bool removed)
{
	if (!t) {
		fs->generation++;
		fire(fs, path, removed);
		return;
	}
	t->touched = realloc(t->touched, (t->nr_touched + 1) * sizeof(char *));
	t->touched[t->nr_touched] = malloc(strlen(path) + 2);
	sprintf(t->touched[t->nr_touched++], "%c%s", removed ? '-' : '+', path);
}

static void txn_free(struct fakestore *fs, struct txn *t)
{
	struct txn **p = &fs->txns;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	for (unsigned int i = 0; i < t->nr_touched; i++)
		free(t->touched[i]);
	free(t->touched);
	tree_free(&t->tree);
	free(t);
}

static void txn_start(struct fakestore *fs, const struct xb_wire_hdr *h)
{
	struct txn *t = calloc(1, sizeof(*t));
	char id[12];

	if (fakestore_transactions(fs) >= fs->quota.transactions) {
		free(t);
		reply_error(fs, h, "EQUOTA");
		return;
	}
	t->id = ++fs->next_txn;
	t->base = fs->generation;
	tree_copy(&t->tree, &fs->tree);
	t->next = fs->txns;
	fs->txns = t;
	reply(fs, h, h->type, id, sprintf(id, "%u", t->id) + 1);
}

static void txn_end(struct fakestore *fs, const struct xb_wire_hdr *h, struct txn *t, const char *how)
{
	if (!t || (strcmp(how, "T") && strcmp(how, "F"))) {
		reply_error(fs, h, t ? "EINVAL" : "ENOENT");
		return;
	}
	if (*how == 'T' && t->nr_touched && t->base != fs->generation) {
		txn_free(fs, t);
		reply_error(fs, h, "EAGAIN");
		return;
	}
	reply_ok(fs, h);
	if (*how == 'T' && t->nr_touched) {
		struct tree old = fs->tree;

		fs->tree = t->tree;
		t->tree = old;
		fs->generation++;
		for (unsigned int i = 0; i < t->nr_touched; i++)
			fire(fs, t->touched[i] + 1, t->touched[i][0] == '-');
	}
	txn_free(fs, t);
}

/* ---- requests about one node */
/* From an offset in bytes, as many whole names as fit, behind the generation. */
static void serve_part(struct fakestore *fs, const struct xb_wire_hdr *h, const char *names, size_t len,
		       size_t from)
{
	char body[XB_WIRE_PAYLOAD_MAX];
	size_t used = (size_t)sprintf(body, "%u", fs->generation) + 1;

	while (from < len && used + strlen(names + from) + 1 <= sizeof(body)) {
		strcpy(body + used, names + from);
		used += strlen(names + from) + 1;
		from += strlen(names + from) + 1;
	}
	if (from >= len && used < sizeof(body))
		body[used++] = 0;
	reply(fs, h, h->type, body, used);
}

static void serve_directory(struct fakestore *fs, const struct xb_wire_hdr *h, struct tree *tree,
			    const char *path, const char *rest, u32 len)
{
	static char body[64 * XB_WIRE_PAYLOAD_MAX];
	size_t n = strlen(path), used = 0, max = sizeof(body);

	for (unsigned int i = 0; i < tree->nr; i++) {
		const char *p = tree->nodes[i].path;
		const char *name = p + n + (n > 1);

		if (!xb_wire_path_below(p, path) || strlen(p) <= n || strchr(name, '/'))
			continue;
		if (used + strlen(name) + 1 > max)
			break;
		strcpy(body + used, name);
		used += strlen(name) + 1;
	}
	if (h->type == XB_WIRE_DIRECTORY_PART)
		serve_part(fs, h, body, used, len ? strtoul(rest, NULL, 10) : 0);
	else if (used > XB_WIRE_PAYLOAD_MAX)
		reply_error(fs, h, "E2BIG");
	else
		reply(fs, h, h->type, body, used);
}

static void serve_write(struct fakestore *fs, const struct xb_wire_hdr *h, struct txn *t,
			struct tree *tree, const char *path, const void *value, u32 len)
{
	if (len > fs->quota.value || tree->nr >= fs->quota.nodes) {
		reply_error(fs, h, "ENOSPC");
		return;
	}
	reply_ok(fs, h);
	if (h->type == XB_WIRE_MKDIR && tree_find(tree, path))
		return;
	tree_put(tree, path, value, len);
	changed(fs, t, path, false);
}

static void serve_node(struct fakestore *fs, const struct xb_wire_hdr *h, struct txn *t,
		       const char *path, const void *rest, u32 len)
{
	struct tree *tree = t ? &t->tree : &fs->tree;
	struct node *n = tree_find(tree, path);

	if (fs->denied && xb_wire_path_below(path, fs->denied)) {
		reply_error(fs, h, "EACCES");
		return;
	}
	if (h->type == XB_WIRE_WRITE || h->type == XB_WIRE_MKDIR) {
		serve_write(fs, h, t, tree, path, rest, h->type == XB_WIRE_WRITE ? len : 0);
		return;
	}
	if (!n) {
		reply_error(fs, h, "ENOENT");
		return;
	}
	switch (h->type) {
	case XB_WIRE_READ:
		reply(fs, h, h->type, n->value, n->len);
		break;
	case XB_WIRE_DIRECTORY:
	case XB_WIRE_DIRECTORY_PART:
		serve_directory(fs, h, tree, path, rest, len);
		break;
	default:
		tree_del(tree, path);
		reply_ok(fs, h);
		changed(fs, t, path, true);
	}
}

/* ---- watches */
static void watch_free(struct watch **p)
{
	struct watch *w = *p;

	*p = w->next;
	free(w->path);
	free(w->token);
	free(w);
}

static void serve_watch(struct fakestore *fs, const struct xb_wire_hdr *h, const void *body)
{
	const char *path, *token;
	struct watch **p;

	if (xb_wire_two_strings(body, h->len, &path, &token) < 0) {
		reply_error(fs, h, "EINVAL");
		return;
	}
	for (p = &fs->watches; *p; p = &(*p)->next)
		if (!strcmp((*p)->path, path) && !strcmp((*p)->token, token))
			break;
	if (h->type == XB_WIRE_UNWATCH) {
		if (!*p) {
			reply_error(fs, h, "ENOENT");
			return;
		}
		watch_free(p);
		reply_ok(fs, h);
	} else if (*p) {
		reply_error(fs, h, "EEXIST");
	} else if (fakestore_watches(fs) >= fs->quota.watches) {
		reply_error(fs, h, "EQUOTA");
	} else {
		*p = calloc(1, sizeof(**p));
		(*p)->path = strdup(path);
		(*p)->token = strdup(token);
		reply_ok(fs, h);
		fire_one(fs, *p, path);
	}
}

static void serve_request(struct fakestore *fs)
{
	struct xb_wire_hdr *h = &fs->in.hdr;
	const char *body = (char *)fs->in.body;
	const char *end = memchr(body, 0, h->len);
	struct txn *t = NULL;
	char *path;

	for (t = fs->txns; t && t->id != h->tx_id; t = t->next)
		;
	if (h->tx_id && !t) {
		reply_error(fs, h, "ENOENT");
		return;
	}
	switch (h->type) {
	case XB_WIRE_TXN_START:
		txn_start(fs, h);
		return;
	case XB_WIRE_TXN_END:
		txn_end(fs, h, t, body);
		return;
	case XB_WIRE_WATCH:
	case XB_WIRE_UNWATCH:
		serve_watch(fs, h, body);
		return;
	case XB_WIRE_RESET_WATCHES:
		while (fs->watches)
			watch_free(&fs->watches);
		reply_ok(fs, h);
		return;
	case XB_WIRE_READ:
	case XB_WIRE_DIRECTORY:
	case XB_WIRE_DIRECTORY_PART:
	case XB_WIRE_WRITE:
	case XB_WIRE_MKDIR:
	case XB_WIRE_RM:
		break;
	default:
		reply_error(fs, h, "ENOSYS");
		return;
	}
	if (!end || !*body || (body[1] && end[-1] == '/')) {
		reply_error(fs, h, "EINVAL");
		return;
	}
	path = absolute(body);
	serve_node(fs, h, t, path, end + 1, h->len - (u32)(end + 1 - body));
	free(path);
}

/* ---- the ring, from the other side */
static bool take_requests(struct fakestore *fs)
{
	struct xb_wire_page *pg = fs->page;
	bool any = false, whole;

	while (!fs->broken && pg->req_cons != pg->req_prod) {
		u8 c = pg->req[pg->req_cons % XB_WIRE_RING_SIZE];

		pg->req_cons++;
		any = true;
		if (xb_wire_msg_feed(&fs->in, &c, 1, &whole) < 0)
			fs->broken = true;
		if (!fs->broken && whole) {
			serve_request(fs);
			xb_wire_msg_reset(&fs->in);
		}
	}
	return any;
}

static bool give_replies(struct fakestore *fs)
{
	struct xb_wire_page *pg = fs->page;
	bool any = false;

	while (fs->replies && pg->rsp_prod - pg->rsp_cons < XB_WIRE_RING_SIZE) {
		struct reply *r = fs->replies;

		pg->rsp[pg->rsp_prod % XB_WIRE_RING_SIZE] = r->bytes[r->sent++];
		pg->rsp_prod++;
		any = true;
		if (r->sent == r->len) {
			fs->replies = r->next;
			free(r);
		}
	}
	return any;
}

void fakestore_serve(struct fakestore *fs)
{
	while (take_requests(fs) || give_replies(fs))
		;
}

void fakestore_hold(struct fakestore *fs)
{
	take_requests(fs);
}

void fakestore_reverse(struct fakestore *fs)
{
	struct reply *old = fs->replies, *next;

	fs->replies = NULL;
	for (; old; old = next) {
		next = old->next;
		old->next = fs->replies;
		fs->replies = old;
	}
}

struct fakestore *fakestore_new(struct xb_wire_page *page)
{
	struct fakestore *fs = calloc(1, sizeof(*fs));

	fs->page = page;
	fs->quota = (struct fakestore_quota){ 1000, 128, 10, 2048 };
	tree_put(&fs->tree, "/", "", 0);
	tree_put(&fs->tree, HOME, "", 0);
	return fs;
}

void fakestore_free(struct fakestore *fs)
{
	struct reply *r;

	while (fs->txns)
		txn_free(fs, fs->txns);
	while (fs->watches)
		watch_free(&fs->watches);
	while ((r = fs->replies)) {
		fs->replies = r->next;
		free(r);
	}
	tree_free(&fs->tree);
	free(fs->denied);
	free(fs);
}

struct fakestore_quota *fakestore_quota(struct fakestore *fs)
{
	return &fs->quota;
}

void fakestore_put(struct fakestore *fs, const char *path, const char *value)
{
	tree_put(&fs->tree, path, value, strlen(value));
	changed(fs, NULL, path, false);
}

void fakestore_del(struct fakestore *fs, const char *path)
{
	tree_del(&fs->tree, path);
	changed(fs, NULL, path, true);
}

const char *fakestore_get(struct fakestore *fs, const char *path)
{
	struct node *n = tree_find(&fs->tree, path);

	return n ? (char *)n->value : NULL;
}

void fakestore_deny(struct fakestore *fs, const char *path)
{
	free(fs->denied);
	fs->denied = strdup(path);
}

unsigned int fakestore_watches(const struct fakestore *fs)
{
	unsigned int n = 0;

	for (struct watch *w = fs->watches; w; w = w->next)
		n++;
	return n;
}

unsigned int fakestore_transactions(const struct fakestore *fs)
{
	unsigned int n = 0;

	for (struct txn *t = fs->txns; t; t = t->next)
		n++;
	return n;
}

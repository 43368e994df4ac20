/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stored.c: a XenStore for tests, on a socket: stored SOCKET. libxenstore finds it by
 * XENSTORED_PATH.
 *
 * It has many clients, transactions that conflict, and no watches. Relative paths are below
 * /local/domain/0. Nodes below /fake are its own:
 *   /fake/delay      every reply takes so many milliseconds
 *   /fake/stop       no request is answered any more
 *   /fake/conflicts  so many ends of transactions fail with EAGAIN
 *   /fake/deny       this path and what is below cannot be written
 *   /fake/vanish     when this path is written to, what is in /fake/vanishes is removed first
 *   /fake/requests   read: the number of requests so far; /fake/lists: of those that list a folder
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { DIRECTORY = 1, READ = 2, START = 6, END = 7, WRITE = 11, MKDIR = 12, RM = 13, ERROR = 16 };
#define HOME	"/local/domain/0/"
#define CLIENTS	128

struct hdr {
	uint32_t type, id, tx, len;
};

struct node {
	char *path, *value;
	struct node *next;
};

struct txn {
	uint32_t id, base;
	struct node *nodes;
	bool wrote;
	struct txn *next;
};

static struct node *store;
static struct txn *txns;
static uint32_t generation, next_txn;
static unsigned long requests, lists;

/* ---- nodes */
static struct node **find(struct node **list, const char *path)
{
	while (*list && strcmp((*list)->path, path))
		list = &(*list)->next;
	return list;
}

static void put(struct node **list, const char *path, const char *value)
{
	struct node **n = find(list, path);
	char parent[8192 + sizeof(HOME)], *slash;

	if (*n) {
		free((*n)->value);
		(*n)->value = strdup(value);
		return;
	}
	*n = calloc(1, sizeof(**n));
	(*n)->path = strdup(path);
	(*n)->value = strdup(value);
	strcpy(parent, path);
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = 0;
		if (!*find(list, parent))
			put(list, parent, "");
	}
}

static bool below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

static void del(struct node **list, const char *top)
{
	while (*list) {
		struct node *n = *list;

		if (!below(n->path, top)) {
			list = &n->next;
			continue;
		}
		*list = n->next;
		free(n->path);
		free(n->value);
		free(n);
	}
}

static struct node *copy(const struct node *from)
{
	struct node *to = NULL, **end = &to;

	for (; from; from = from->next, end = &(*end)->next) {
		*end = calloc(1, sizeof(**end));
		(*end)->path = strdup(from->path);
		(*end)->value = strdup(from->value);
	}
	return to;
}

static const char *fake(const char *name)
{
	char path[64];
	struct node *n;

	snprintf(path, sizeof(path), "/fake/%s", name);
	n = *find(&store, path);
	return n ? n->value : NULL;
}

/* ---- replies */
static void reply(int fd, const struct hdr *to, uint32_t type, const char *body, size_t len)
{
	struct hdr h = { type, to->id, to->tx, len };

	if (write(fd, &h, sizeof(h)) != sizeof(h) || write(fd, body, len) != (ssize_t)len)
		fprintf(stderr, "stored: a client went away\n");
}

static void reply_text(int fd, const struct hdr *to, uint32_t type, const char *text)
{
	reply(fd, to, type, text, strlen(text) + 1);
}

static void list(int fd, const struct hdr *h, struct node *nodes, const char *path)
{
	char body[65536];
	size_t n = strcmp(path, "/") ? strlen(path) : 0, used = 0;

	lists++;
	for (; nodes; nodes = nodes->next) {
		const char *name = nodes->path + n + 1;

		if (below(nodes->path, n ? path : "") && strlen(nodes->path) > n + 1 &&
		    !strchr(name, '/'))
			used += sprintf(body + used, "%s", name) + 1;
	}
	reply(fd, h, h->type, body, used);
}

static void end_txn(int fd, const struct hdr *h, struct txn **at, bool commit)
{
	struct txn *t = *at;
	const char *left = fake("conflicts");
	bool clash = t->wrote && t->base != generation;
	char text[16];

	*at = t->next;
	if (commit && left && atoi(left) > 0) {
		snprintf(text, sizeof(text), "%d", atoi(left) - 1);
		put(&store, "/fake/conflicts", text);
		clash = true;
	}
	if (commit && clash) {
		reply_text(fd, h, ERROR, "EAGAIN");
	} else {
		if (commit && t->wrote) {
			del(&store, "");
			store = t->nodes;
			t->nodes = NULL;
			generation++;
		}
		reply_text(fd, h, h->type, "OK");
	}
	del(&t->nodes, "");
	free(t);
}

static void change(int fd, const struct hdr *h, struct node **nodes, struct txn *t,
		   const char *path, const char *value)
{
	if (fake("deny") && below(path, fake("deny")) && !below(path, "/fake")) {
		reply_text(fd, h, ERROR, "EACCES");
		return;
	}
	if (h->type == RM)
		del(nodes, path);
	else if (h->type == WRITE || !*find(nodes, path))
		put(nodes, path, h->type == WRITE ? value : "");
	if (t)
		t->wrote = true;
	else
		generation++;
	reply_text(fd, h, h->type, "OK");
}

static void read_node(int fd, const struct hdr *h, struct node **nodes, const char *path)
{
	struct node *n = *find(nodes, path);
	char text[24];

	if (!strcmp(path, "/fake/requests") || !strcmp(path, "/fake/lists")) {
		snprintf(text, sizeof(text), "%lu", path[6] == 'r' ? requests : lists);
		reply(fd, h, h->type, text, strlen(text));
	} else if (!n) {
		reply_text(fd, h, ERROR, "ENOENT");
	} else if (h->type == DIRECTORY) {
		list(fd, h, *nodes, path);
	} else {
		reply(fd, h, h->type, n->value, strlen(n->value));
	}
}

static void vanish(const char *path)
{
	if (fake("vanish") && !strcmp(fake("vanish"), path) && fake("vanishes")) {
		del(&store, fake("vanishes"));
		generation++;
	}
}

static void serve(int fd, const struct hdr *h, const char *body)
{
	struct txn **t = &txns;
	struct node **nodes = &store;
	static char path[8192 + sizeof(HOME)];

	requests++;
	while (h->tx && *t && (*t)->id != h->tx)
		t = &(*t)->next;
	if (h->tx && !*t) {
		reply_text(fd, h, ERROR, "ENOENT");
		return;
	}
	if (h->tx)
		nodes = &(*t)->nodes;
	snprintf(path, sizeof(path), "%s%s", *body == '/' ? "" : HOME, body);
	switch (h->type) {
	case START:
		t = &txns;
		while (*t)
			t = &(*t)->next;
		*t = calloc(1, sizeof(**t));
		(*t)->id = ++next_txn;
		(*t)->base = generation;
		(*t)->nodes = copy(store);
		snprintf(path, sizeof(path), "%u", (*t)->id);
		reply_text(fd, h, h->type, path);
		break;
	case END:
		end_txn(fd, h, t, *body == 'T');
		break;
	case READ:
	case DIRECTORY:
		read_node(fd, h, nodes, path);
		break;
	case WRITE:
	case MKDIR:
	case RM:
		vanish(path);
		/* The value ends where the body does, with a zero behind it. */
		change(fd, h, nodes, h->tx ? *t : NULL, path, body + strlen(body) + 1);
		break;
	default:
		reply_text(fd, h, ERROR, "ENOSYS");
	}
}

static bool take_all(int fd, void *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, (char *)to + at, len - at);

		if (n <= 0)
			return false;
		at += n;
	}
	return true;
}

static bool take(int fd)
{
	static char body[8192];
	struct hdr h;

	if (!take_all(fd, &h, sizeof(h)) || h.len > 4096)
		return false;
	memset(body, 0, sizeof(body));
	if (!take_all(fd, body, h.len))
		return false;
	if (fake("stop"))
		return true;
	if (fake("delay"))
		usleep(1000 * atoi(fake("delay")));
	serve(fd, &h, body);
	return true;
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct pollfd p[CLIENTS + 1] = { { .events = POLLIN } };
	int nr = 1;

	if (argc != 2 || strlen(argv[1]) >= sizeof(at.sun_path)) {
		fprintf(stderr, "usage: stored SOCKET\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	strcpy(at.sun_path, argv[1]);
	put(&store, "/local/domain/0", "");
	unlink(argv[1]);
	p[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(p[0].fd, (struct sockaddr *)&at, sizeof(at)) || listen(p[0].fd, CLIENTS)) {
		perror(argv[1]);
		return 1;
	}
	while (poll(p, nr, -1) > 0) {
		for (int i = nr - 1; i > 0; i--) {
			if (p[i].revents && !take(p[i].fd)) {
				close(p[i].fd);
				p[i] = p[--nr];
			}
		}
		if (p[0].revents && nr <= CLIENTS) {
			p[nr].fd = accept(p[0].fd, NULL, NULL);
			p[nr].events = POLLIN;
			p[nr++].revents = 0;
		}
	}
	return 1;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fakeserver.h: a fakestore that a thread serves, behind the page that the ring provider finds: it
 * stands for ring_page.c and for the daemon at the other end.
 *
 * LOCK: whoever looks into the store or changes it while it is served holds server.lock; the two
 * functions below take it themselves.
 */
#ifndef FAKESERVER_H
#define FAKESERVER_H

#include "kshim.h"
#include "fakestore.h"
#include "xenbus/ring.h"

struct fakeserver {
	struct xb_wire_page page;
	struct fakestore *fs;
	pthread_mutex_t lock;
	atomic_bool silent;	/* it neither takes requests nor answers */
	atomic_bool local;	/* the page is dom0's own */
	atomic_bool dead;	/* the page says that nobody serves it */
};

extern struct fakeserver server;

/* An empty store for domain 7; run begins to serve it. */
void fakeserver_new(void);
void fakeserver_run(void);
/* Stops serving; the store may be looked at until it is freed. */
void fakeserver_halt(void);
void fakeserver_free(void);

void fakeserver_put(const char *path, const char *value);
void fakeserver_del(const char *path);

#endif

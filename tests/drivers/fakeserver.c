/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fakeserver.c: see fakeserver.h.
 */
#include "fakeserver.h"

struct fakeserver server = { .lock = PTHREAD_MUTEX_INITIALIZER };
static pthread_t thread;
static atomic_bool serving;

/* ---- what stands for ring_page.c */

int xb_page_find(struct xb_page *p)
{
	memset(p, 0, sizeof(*p));
	p->page = &server.page;
	p->port = 5;
	p->local = atomic_load(&server.local);
	return 0;
}

bool xb_page_connected(const struct xb_page *p)
{
	return p->page && !atomic_load(&server.dead);
}

void xb_page_release(struct xb_page *p)
{
}

void xb_page_mount_point(void)
{
}

/* ---- the daemon */

static void *serve(void *unused)
{
	while (atomic_load(&serving)) {
		if (!atomic_load(&server.silent)) {
			pthread_mutex_lock(&server.lock);
			fakestore_serve(server.fs);
			pthread_mutex_unlock(&server.lock);
		}
		usleep(10);
	}
	return NULL;
}

void fakeserver_new(void)
{
	memset(&server.page, 0, sizeof(server.page));
	atomic_store(&server.silent, false);
	atomic_store(&server.local, false);
	atomic_store(&server.dead, false);
	server.fs = fakestore_new(&server.page);
	fakestore_put(server.fs, "/local/domain/7/domid", "7");
}

void fakeserver_run(void)
{
	atomic_store(&serving, true);
	pthread_create(&thread, NULL, serve, NULL);
}

void fakeserver_halt(void)
{
	atomic_store(&serving, false);
	pthread_join(thread, NULL);
}

void fakeserver_free(void)
{
	fakestore_free(server.fs);
}

void fakeserver_put(const char *path, const char *value)
{
	pthread_mutex_lock(&server.lock);
	fakestore_put(server.fs, path, value);
	pthread_mutex_unlock(&server.lock);
}

void fakeserver_del(const char *path)
{
	pthread_mutex_lock(&server.lock);
	fakestore_del(server.fs, path);
	pthread_mutex_unlock(&server.lock);
}

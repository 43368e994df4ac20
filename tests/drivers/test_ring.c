/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/xenbus/wire.c linux/drivers/xen/xenbus/ring_store.c linux/drivers/xen/xenbus/ring_ops.c linux/drivers/xen/xenbus/ring_watch.c tests/drivers/fakestore.c tests/drivers/fakeserver.c tests/drivers/kshim.c */
/*
 * test_ring.c: the client of the ring provider itself, its threads and all, against a store in memory
 * that is served by a thread: many callers at once, watches, a store that goes silent or mad, a lack
 * of memory at every place, and an end that leaves nothing behind.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fakeserver.h"

static atomic_int readies;

static void on_ready(void)
{
	readies++;
}

static void load(void)
{
	assert_int_equal(xb_ring_watch_start(), 0);
	assert_int_equal(xb_ring_store_start(on_ready), 0);
	if (!atomic_load(&server.dead))
		wait_event_idle(0, xb_ring_store_ready());
}

static void unload(void)
{
	xb_ring_store_closing(1);
	xb_ring_store_stop();
	xb_ring_watch_stop();
}

static int start(void **state)
{
	fakeserver_new();
	kshim_fail = -1;
	readies = 0;
	fakeserver_run();
	load();
	return 0;
}

static int stop(void **state)
{
	unload();
	fakeserver_halt();
	assert_int_equal(fakestore_transactions(server.fs), 0);
	fakeserver_free();
	return 0;
}

static void operations(void **state)
{
	unsigned int len, nr;
	char *v, **names;
	u32 t;

	assert_int_equal(readies, 1);
	assert_int_equal(xb_ring_write(0, "data/x", "hello"), 0);
	v = xb_ring_read(0, "/local/domain/7/data/x", &len);
	assert_false(IS_ERR(v));
	assert_string_equal(v, "hello");
	assert_int_equal(len, 5);
	kfree(v);
	assert_int_equal(PTR_ERR(xb_ring_read(0, "data/y", &len)), -ENOENT);
	assert_int_equal(xb_ring_mkdir(0, "data/d"), 0);
	names = xb_ring_directory(0, "data", &nr);
	assert_int_equal(nr, 2);
	assert_string_equal(names[1], "d");
	kfree(names);
	names = xb_ring_directory(0, "data/d", &nr);
	assert_false(IS_ERR(names));
	assert_int_equal(nr, 0);
	kfree(names);
	assert_int_equal(xb_ring_transaction_start(&t), 0);
	assert_int_equal(xb_ring_rm(t, "data/x"), 0);
	assert_int_equal(xb_ring_transaction_end(t, true), 0);
	assert_int_equal(xb_ring_transaction_start(&t), 0);
	assert_int_equal(xb_ring_rm(t, "data/x"), 0);
	assert_int_equal(xb_ring_transaction_end(t, false), 0);
	assert_int_equal(xb_ring_rm(0, "data/x"), -ENOENT);
	assert_int_equal(xb_ring_transaction_end(99, false), -ENOENT);
}

static void a_directory_in_pieces(void **state)
{
	unsigned int nr;
	char path[64], **names;

	pthread_mutex_lock(&server.lock);
	fakestore_quota(server.fs)->nodes = 5000;
	for (int i = 0; i < 999; i++) {
		snprintf(path, sizeof(path), "/many/name-%d", i);
		fakestore_put(server.fs, path, "");
	}
	pthread_mutex_unlock(&server.lock);
	names = xb_ring_directory(0, "/many", &nr);
	assert_false(IS_ERR(names));
	assert_int_equal(nr, 999);
	assert_string_equal(names[0], "name-0");
	assert_string_equal(names[998], "name-998");
	kfree(names);
}

static void *caller(void *arg)
{
	char path[32], value[1500];
	unsigned int len;
	long n = (long)arg;

	memset(value, 'a' + n, sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	snprintf(path, sizeof(path), "data/%ld", n);
	for (int i = 0; i < 60; i++) {
		char *v;
		u32 t;

		if (xb_ring_write(0, path, value))
			return "write";
		v = xb_ring_read(0, path, &len);
		if (IS_ERR(v) || strcmp(v, value))
			return "read";
		kfree(v);
		if (xb_ring_transaction_start(&t))
			return "start";
		xb_ring_write(t, path, value);
		if (xb_ring_transaction_end(t, i & 1) > 0)
			return "end";
	}
	return NULL;
}

static void many_callers(void **state)
{
	pthread_t t[8];
	void *what;

	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, caller, (void *)i);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &what);
		assert_null(what);
	}
}

static atomic_int fired, overflows, hold;
static char last_path[64];

static void count(struct xb_watch *w, const char *path)
{
	while (atomic_load(&hold))
		usleep(20);
	snprintf(last_path, sizeof(last_path), "%s", path);
	overflows += !strcmp(path, w->node);
	fired++;
}

static void wait_fired(int n)
{
	for (int i = 0; i < 5000 && fired < n; i++)
		usleep(1000);
	assert_true(fired >= n);
}

static void watches_fire(void **state)
{
	struct xb_watch w = { .node = "data", .callback = count };

	fired = overflows = 0;
	assert_int_equal(xb_ring_watch(&w), 0);
	wait_fired(1);
	xb_ring_write(0, "data/a", "1");
	wait_fired(2);
	assert_string_equal(last_path, "data/a");
	xb_ring_unwatch(&w);
	assert_int_equal(fakestore_watches(server.fs), 0);
	xb_ring_write(0, "data/a", "2");
	usleep(20000);
	assert_int_equal(fired, 2);
	xb_ring_unwatch(&w);	/* harmless */
}

static void too_many_events(void **state)
{
	struct xb_watch w = { .node = "data", .callback = count };
	char path[32];

	fired = overflows = 0;
	assert_int_equal(xb_ring_watch(&w), 0);
	wait_fired(1);
	hold = 1;
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "data/%d", i);
		xb_ring_write(0, path, "");
	}
	xb_ring_write(0, "last", "");
	assert_true(w.nr_pending <= XB_WATCH_PENDING_MAX + 1);
	hold = 0;
	wait_fired(1 + XB_WATCH_PENDING_MAX);
	wait_event_idle(0, !READ_ONCE(w.nr_pending));
	usleep(20000);
	assert_true(fired <= 3 + XB_WATCH_PENDING_MAX);
	assert_true(overflows >= 2);	/* the first, and the one that stands for the rest */
	overflows = 0;
	hold = 1;
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "data/%d", i);
		xb_ring_write(0, path, "");
	}
	hold = 0;
	wait_event_idle(0, !READ_ONCE(w.nr_pending) && overflows);
	xb_ring_unwatch(&w);
}

static bool one_is_enough(struct xb_watch *w, const char *path)
{
	return !w->nr_pending;
}

static struct xb_watch other = { .node = "more", .callback = count };

static void unwatch_itself(struct xb_watch *w, const char *path)
{
	xb_ring_unwatch(w);
	assert_int_equal(xb_ring_watch(&other), 0);
	fired++;
}

static void watches_inside_callbacks(void **state)
{
	struct xb_watch w = { .node = "data", .callback = unwatch_itself };
	struct xb_watch few = { .node = "data", .callback = count, .will_handle = one_is_enough };

	fired = 0;
	assert_int_equal(xb_ring_watch(&w), 0);
	wait_fired(2);
	xb_ring_unwatch(&other);
	assert_int_equal(fakestore_watches(server.fs), 0);

	fired = 0;
	assert_int_equal(xb_ring_watch(&few), 0);
	wait_fired(1);
	hold = 1;
	for (int i = 0; i < 50; i++)
		xb_ring_write(0, "data/x", "");
	hold = 0;
	usleep(20000);
	assert_true(fired <= 4);
	xb_ring_unwatch(&few);
}

/* Events for watches that nobody has, and of an earlier life. */
static void foreign_events(void **state)
{
	xb_ring_watch_event((const u8 *)"data\0xb0-1\0", 11);
	xb_ring_watch_event((const u8 *)"data\0nonsense\0", 14);
	xb_ring_watch_event((const u8 *)"data\0", 5);
	xb_ring_watch_event((const u8 *)"", 0);
}

static void *late_caller(void *arg)
{
	unsigned int len;
	char *v = xb_ring_read(0, "domid", &len);

	if (!IS_ERR(v))
		kfree(v);
	*(long *)arg = IS_ERR(v) ? PTR_ERR(v) : 0;
	return NULL;
}

static void a_store_that_goes_mad(void **state)
{
	unsigned int len;
	pthread_t t;
	long err = 1;

	server.silent = true;
	usleep(1000);
	pthread_create(&t, NULL, late_caller, &err);
	usleep(20000);
	pthread_mutex_lock(&server.lock);
	server.page.rsp_prod += 5000;
	pthread_mutex_unlock(&server.lock);
	pthread_join(t, NULL);
	assert_int_equal(err, -EIO);
	assert_false(xb_ring_store_ready());
	assert_int_equal(PTR_ERR(xb_ring_read(0, "domid", &len)), -EIO);
	assert_int_equal(xb_ring_watch(&other), -EIO);
}

static void a_silent_store_does_not_keep_us(void **state)
{
	pthread_t t;
	long err = 1;

	server.silent = true;
	usleep(1000);
	pthread_create(&t, NULL, late_caller, &err);
	usleep(20000);
	xb_ring_store_closing(1);
	pthread_join(t, NULL);
	assert_int_equal(err, -EIO);
}

/* dom0's store dies with a request unanswered: that one fails, and all later ones. */
static void a_store_that_dies(void **state)
{
	unsigned int len;
	pthread_t t;
	long err = 1;

	unload();
	server.local = true;
	load();
	server.silent = true;
	usleep(1000);
	server.dead = true;
	pthread_create(&t, NULL, late_caller, &err);
	pthread_join(t, NULL);
	assert_int_equal(err, -EIO);
	assert_int_equal(PTR_ERR(xb_ring_read(0, "domid", &len)), -EIO);
	server.dead = false;
	server.local = false;
}

/* Loaded again, and again, on the same page. */
static void lives(void **state)
{
	struct xb_watch w = { .node = "data", .callback = count };
	unsigned int len;

	for (int i = 0; i < 10; i++) {
		fired = 0;
		assert_int_equal(xb_ring_watch(&w), 0);
		wait_fired(1);
		xb_ring_unwatch(&w);
		unload();
		assert_int_equal(server.page.req_prod, server.page.req_cons);
		assert_int_equal(server.page.rsp_prod, server.page.rsp_cons);
		assert_int_equal(PTR_ERR(xb_ring_read(0, "domid", &len)), -EIO);
		load();
	}
}

static void no_store_yet(void **state)
{
	unsigned int len;
	char *v;

	unload();
	server.dead = true;
	readies = 0;
	load();
	assert_false(xb_ring_store_ready());
	assert_int_equal(PTR_ERR(xb_ring_read(0, "domid", &len)), -EIO);
	unload();
	load();
	server.dead = false;
	wait_event_idle(0, xb_ring_store_ready());
	v = xb_ring_read(0, "domid", &len);
	assert_false(IS_ERR(v));
	kfree(v);
	assert_int_equal(readies, 1);
}

/* Each allocation in turn fails, on whichever thread it is. */
static void no_memory(void **state)
{
	struct xb_watch w = { .node = "data", .callback = count };
	unsigned int len, nr;
	char *v, **names;
	u32 t;

	for (int n = 0; n < 40; n++) {
		kshim_fail = n;
		v = xb_ring_read(0, "domid", &len);
		if (!IS_ERR(v))
			kfree(v);
		names = xb_ring_directory(0, "/local", &nr);
		if (!IS_ERR(names))
			kfree(names);
		if (!xb_ring_watch(&w)) {
			xb_ring_write(0, "data/x", "y");
			xb_ring_unwatch(&w);
		}
		kshim_fail = -1;
		assert_int_equal(xb_ring_transaction_start(&t), 0);
		assert_int_equal(xb_ring_transaction_end(t, true), 0);
		xb_ring_reset_watches();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(operations, start, stop),
		cmocka_unit_test_setup_teardown(a_directory_in_pieces, start, stop),
		cmocka_unit_test_setup_teardown(many_callers, start, stop),
		cmocka_unit_test_setup_teardown(watches_fire, start, stop),
		cmocka_unit_test_setup_teardown(too_many_events, start, stop),
		cmocka_unit_test_setup_teardown(watches_inside_callbacks, start, stop),
		cmocka_unit_test_setup_teardown(foreign_events, start, stop),
		cmocka_unit_test_setup_teardown(a_store_that_goes_mad, start, stop),
		cmocka_unit_test_setup_teardown(a_silent_store_does_not_keep_us, start, stop),
		cmocka_unit_test_setup_teardown(a_store_that_dies, start, stop),
		cmocka_unit_test_setup_teardown(lives, start, stop),
		cmocka_unit_test_setup_teardown(no_store_yet, start, stop),
		cmocka_unit_test_setup_teardown(no_memory, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

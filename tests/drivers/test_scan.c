/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/xenbus/wire.c linux/drivers/xen/xenbus/state.c linux/drivers/xen/xenbus/ring_store.c linux/drivers/xen/xenbus/ring_ops.c linux/drivers/xen/xenbus/ring_watch.c linux/drivers/xen/xenbus/ring_scan.c tests/drivers/fakestore.c tests/drivers/fakeserver.c tests/drivers/kshim.c */
/*
 * test_scan.c: which devices the ring provider makes and removes while a toolstack (the test) writes
 * into the store: at once or key by key, in any order, twice, or under the same name again.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fakeserver.h"
#include "xenbus/state.h"

#define FE "/local/domain/7/device/"
#define BE "/local/domain/7/backend/"

/* ---- what stands for store.c and device.c */

static const char *whole(char *buf, const char *dir, const char *node)
{
	sprintf(buf, "%s%s%s", dir, *node ? "/" : "", node);
	return buf;
}

char *xb_read(struct xb_transaction t, const char *dir, const char *node, unsigned int *len)
{
	char path[256];
	unsigned int n;
	char *v = xb_ring_read(t.id, whole(path, dir, node), &n);

	if (len)
		*len = n;
	return v;
}

char **xb_directory(struct xb_transaction t, const char *dir, const char *node, unsigned int *num)
{
	char path[256];

	return xb_ring_directory(t.id, whole(path, dir, node), num);
}

int xb_watch(struct xb_watch *w)
{
	return xb_ring_watch(w);
}

void xb_unwatch(struct xb_watch *w)
{
	xb_ring_unwatch(w);
}

enum xenbus_state xb_read_state(const char *dir)
{
	char path[256];
	unsigned int len;
	char *v = xb_ring_read(0, whole(path, dir, "state"), &len);
	int state = IS_ERR(v) ? 0 : xb_state_parse(v, len);

	if (!IS_ERR(v))
		kfree(v);
	return state;
}

bool xb_read_bool(const char *dir, const char *node, bool def)
{
	char *v = xb_read(XB_NIL, dir, node, NULL);
	bool is = IS_ERR(v) ? def : *v == '1';

	if (!IS_ERR(v))
		kfree(v);
	return is;
}

/* ---- what stands for ring_bus.c */

static struct xb_ring_device devices[8];
static pthread_mutex_t devices_lock = PTHREAD_MUTEX_INITIALIZER;
static int made, removed;

int xb_ring_device_add(enum xb_side side, const struct xb_bus_path *p, enum xenbus_state state)
{
	char *v = xb_read(XB_NIL, p->node, side == XB_BACKEND ? "frontend-id" : "backend-id", NULL);

	if (IS_ERR(v))
		return PTR_ERR(v);
	kfree(v);
	pthread_mutex_lock(&devices_lock);
	for (int i = 0; i < 8; i++) {
		if (devices[i].dev.registered)
			continue;
		strcpy(devices[i].node, p->node);
		devices[i].xb.side = side;
		devices[i].xb.state = state;
		devices[i].dev.registered = true;
		made++;
		break;
	}
	pthread_mutex_unlock(&devices_lock);
	return 0;
}

struct xb_ring_device *xb_ring_device_find(enum xb_side side, const char *node)
{
	for (int i = 0; i < 8; i++) {
		if (devices[i].dev.registered && devices[i].xb.side == side &&
		    !strcmp(devices[i].node, node)) {
			devices[i].dev.refs++;
			return &devices[i];
		}
	}
	return NULL;
}

void xb_ring_devices_below(enum xb_side side, const char *node, void (*fn)(struct xb_ring_device *rd))
{
	for (int i = 0; i < 8; i++)
		if (devices[i].dev.registered && devices[i].xb.side == side &&
		    xb_wire_path_below(devices[i].node, node))
			fn(&devices[i]);
}

void xb_ring_device_remove(struct xb_ring_device *rd)
{
	pthread_mutex_lock(&devices_lock);
	if (rd->dev.registered) {
		rd->dev.registered = false;
		removed++;
	}
	pthread_mutex_unlock(&devices_lock);
}

/* ---- */

static void on_ready(void)
{
}

static int counts(int m, int r)
{
	return READ_ONCE(made) == m && READ_ONCE(removed) == r;
}

/* MADE and REMOVED so far, and not more a while later. */
static void expect(int m, int r)
{
	for (int i = 0; i < 3000 && !counts(m, r); i++)
		usleep(1000);
	usleep(30000);
	assert_int_equal(made, m);
	assert_int_equal(removed, r);
	for (int i = 0; i < 8; i++)
		assert_int_equal(devices[i].dev.refs, 0);
}

static int start(void **state)
{
	memset(devices, 0, sizeof(devices));
	made = removed = 0;
	fakeserver_new();
	fakeserver_put(FE "vif/0/backend-id", "0");
	fakeserver_put(FE "vif/0/state", "4");
	fakeserver_put(FE "suspend/event-channel", "");
	fakeserver_put(BE "vbd/3/51712/frontend-id", "3");
	fakeserver_put(BE "vbd/3/51712/online", "1");
	fakeserver_put(BE "vbd/3/51712/state", "6");
	fakeserver_put(BE "vbd/3/51728/frontend-id", "3");
	fakeserver_put(BE "vbd/3/51728/online", "0");
	fakeserver_put(BE "vbd/3/51728/state", "6");
	fakeserver_run();
	assert_int_equal(xb_ring_watch_start(), 0);
	assert_int_equal(xb_ring_store_start(on_ready), 0);
	wait_event_idle(0, xb_ring_store_ready());
	assert_int_equal(xb_ring_scan_start(), 0);
	return 0;
}

static int stop(void **state)
{
	xb_ring_scan_stop();
	xb_ring_store_closing(1);
	xb_ring_store_stop();
	xb_ring_watch_stop();
	fakeserver_halt();
	assert_int_equal(fakestore_watches(server.fs), 0);
	fakeserver_free();
	return 0;
}

/* What is there when we start: in use, closed but to stay, not what is on its way out. */
static void at_start(void **state)
{
	expect(2, 0);
}

static void key_by_key(void **state)
{
	expect(2, 0);
	fakeserver_put(FE "vif/1", "");
	fakeserver_put(FE "vif/1/mac", "x");
	fakeserver_put(FE "vif/1/state", "1");
	expect(2, 0);
	fakeserver_put(FE "vif/1/backend-id", "0");
	expect(3, 0);
	fakeserver_put(FE "vif/1/state", "4");
	fakeserver_put(FE "vif/1/queue-0/x", "1");
	expect(3, 0);
	fakeserver_put(FE "vif/2/backend-id", "0");
	fakeserver_put(FE "vif/2/state", "6");	/* new ones begin at 1 */
	fakeserver_put(FE "vif/3/backend-id", "0");
	fakeserver_put(FE "vif/3/state", "11");
	expect(3, 0);
}

static void removal(void **state)
{
	expect(2, 0);
	fakeserver_del(FE "vif/0/backend-id");
	expect(2, 0);
	fakeserver_del(FE "vif/0");
	expect(2, 1);
	fakeserver_put(BE "vbd/3/51744/frontend-id", "3");
	fakeserver_put(BE "vbd/3/51744/state", "1");
	expect(3, 1);
	fakeserver_del(BE "vbd/3");
	expect(3, 3);
	fakeserver_del(BE "vbd");
	fakeserver_put(FE "vif/0/backend-id", "0");
	fakeserver_put(FE "vif/0/state", "1");
	expect(4, 3);
	fakeserver_del("/local/domain/7/device");
	expect(4, 4);
}

/* Gone and there again before anybody looks. */
static void under_the_same_name(void **state)
{
	expect(2, 0);
	pthread_mutex_lock(&server.lock);
	fakestore_del(server.fs, FE "vif/0");
	fakestore_put(server.fs, FE "vif/0", "");
	fakestore_put(server.fs, FE "vif/0/backend-id", "0");
	fakestore_put(server.fs, FE "vif/0/state", "1");
	pthread_mutex_unlock(&server.lock);
	expect(3, 1);
}

static void nonsense(void **state)
{
	char path[400] = FE;

	expect(2, 0);
	fakeserver_put(FE "vif/a b/state", "1");
	fakeserver_put(FE "vif/\xff/state", "1");
	memset(path + strlen(path), 'x', 200);
	strcat(path, "/0/state");
	fakeserver_put(path, "1");
	fakeserver_put(FE "0/state", "1");
	fakeserver_put("/local/domain/7/devices/vif/0/state", "1");
	expect(2, 0);
}

/* More events than are queued: we look at everything then. */
static void a_flood(void **state)
{
	char path[128];

	expect(2, 0);
	pthread_mutex_lock(&server.lock);
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), FE "vif/0/key-%d", i);
		fakestore_put(server.fs, path, "");
	}
	fakestore_put(server.fs, FE "vif/9/backend-id", "0");
	fakestore_put(server.fs, FE "vif/9/state", "1");
	fakestore_del(server.fs, FE "vif/0");
	pthread_mutex_unlock(&server.lock);
	expect(3, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_start, start, stop),
		cmocka_unit_test_setup_teardown(key_by_key, start, stop),
		cmocka_unit_test_setup_teardown(removal, start, stop),
		cmocka_unit_test_setup_teardown(under_the_same_name, start, stop),
		cmocka_unit_test_setup_teardown(nonsense, start, stop),
		cmocka_unit_test_setup_teardown(a_flood, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/xenbus/wire.c linux/drivers/xen/xenbus/state.c tests/drivers/fakestore.c */
/*
 * test_fakestore.c: a client made of wire.c against a store in memory: requests, transactions with
 * conflicts, watches, refusals, many calls at once answered in any order, and a device's handshake.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fakestore.h"
#include "xenbus/state.h"

static struct xb_wire_page page;
static struct xb_wire_port port;
static struct xb_wire_calls calls;
static struct xb_wire_msg in;
static struct fakestore *fs;
static char event_path[256], event_token[64];
static int nr_events;

static int start(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	fs = fakestore_new(&page);
	xb_wire_open(&port, &page);
	xb_wire_calls_init(&calls);
	xb_wire_msg_reset(&in);
	nr_events = 0;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fakestore_free(fs);
	return 0;
}

static void send_call(struct xb_wire_call *call, u32 type, u32 txn, const void *body, u32 len)
{
	static u8 buf[16 + XB_WIRE_PAYLOAD_MAX];
	struct xb_wire_part part = { body, len };
	struct xb_wire_hdr h = { type, 0, txn, 0 };
	int size = xb_wire_request_size(&part, 1), sent = 0, n;
	bool notify;

	call->type = type;
	xb_wire_calls_add(&calls, call);
	h.req_id = call->req_id;
	xb_wire_encode(buf, &h, &part, 1);
	while (sent < size) {
		n = xb_wire_send(&port, buf + sent, size - sent, &notify);
		assert_true(n >= 0);
		sent += n;
		if (sent < size)
			fakestore_hold(fs);
	}
}

/* The next message; events are noted. NULL: there is none, or it was an event. */
static struct xb_wire_call *receive(bool *any)
{
	const char *path, *token;
	bool notify;

	xb_wire_msg_reset(&in);
	for (;;) {
		int r = xb_wire_recv_msg(&port, &in, &notify);

		assert_true(r >= 0);
		*any = r;
		if (r)
			break;
		fakestore_serve(fs);
		if (!xb_wire_readable(&port))
			return NULL;
	}
	if (in.hdr.type != XB_WIRE_WATCH_EVENT)
		return xb_wire_calls_match(&calls, &in.hdr);
	assert_int_equal(xb_wire_two_strings(in.body, in.hdr.len, &path, &token), 0);
	snprintf(event_path, sizeof(event_path), "%s", path);
	snprintf(event_token, sizeof(event_token), "%s", token);
	nr_events++;
	return NULL;
}

static int call(u32 type, u32 txn, const void *body, u32 len)
{
	struct xb_wire_call c;
	bool any;

	send_call(&c, type, txn, body, len);
	for (;;) {
		if (receive(&any) == &c)
			return xb_wire_reply_error(&in.hdr, in.body, type);
		assert_true(any);
	}
}

static int drain_events(void)
{
	bool any = true;
	int before = nr_events;

	while (any)
		assert_null(receive(&any));
	return nr_events - before;
}

static int do_write(u32 txn, const char *path, const char *value)
{
	char body[512];
	int n = snprintf(body, sizeof(body), "%s%c%s", path, 0, value);

	return call(XB_WIRE_WRITE, txn, body, n);
}

static int do_read(u32 txn, const char *path)
{
	return call(XB_WIRE_READ, txn, path, strlen(path) + 1);
}

static u32 do_start(void)
{
	u32 id;

	assert_int_equal(call(XB_WIRE_TXN_START, 0, "", 1), 0);
	assert_int_equal(xb_wire_number(in.body, in.hdr.len, &id), 0);
	return id;
}

static int do_end(u32 txn, const char *how)
{
	return call(XB_WIRE_TXN_END, txn, how, 2);
}

static int do_watch(u32 type, const char *path, const char *token)
{
	char body[512];
	int n = snprintf(body, sizeof(body), "%s%c%s", path, 0, token);

	return call(type, 0, body, n + 1);
}

static void nodes(void **state)
{
	(void)state;
	assert_int_equal(do_read(0, "device/vif/0/state"), -ENOENT);
	assert_int_equal(do_write(0, "device/vif/0/state", "1"), 0);
	assert_int_equal(do_write(0, "device/vif/1/state", "4"), 0);
	assert_int_equal(do_read(0, "/local/domain/7/device/vif/1/state"), 0);
	assert_string_equal((char *)in.body, "4");
	assert_int_equal(call(XB_WIRE_DIRECTORY, 0, "device/vif", 11), 0);
	assert_int_equal(xb_wire_names(in.body, in.hdr.len), 2);
	assert_int_equal(call(XB_WIRE_DIRECTORY, 0, "device/vif/0/state", 19), 0);
	assert_int_equal(in.hdr.len, 0);
	assert_int_equal(call(XB_WIRE_RM, 0, "device/vif", 11), 0);
	assert_int_equal(do_read(0, "device/vif/0/state"), -ENOENT);
	assert_int_equal(call(XB_WIRE_RM, 0, "device/vif", 11), -ENOENT);
	assert_int_equal(call(XB_WIRE_MKDIR, 0, "device/x", 9), 0);
	assert_int_equal(do_read(0, "device/x"), 0);
	assert_int_equal(in.hdr.len, 0);
	assert_int_equal(call(XB_WIRE_READ, 0, "device", 6), -EINVAL);	/* no NUL */
	assert_int_equal(call(200, 0, "", 0), -EOPNOTSUPP);
}

static void refusals_and_quotas(void **state)
{
	static char big[XB_WIRE_PAYLOAD_MAX];

	(void)state;
	fakestore_put(fs, "/secret/x", "1");
	fakestore_deny(fs, "/secret");
	assert_int_equal(do_read(0, "/secret/x"), -EACCES);
	assert_int_equal(do_write(0, "/secret/x", "2"), -EACCES);
	memset(big, 'v', sizeof(big));
	memcpy(big, "a", 2);
	assert_int_equal(call(XB_WIRE_WRITE, 0, big, sizeof(big)), -ENOSPC);
	fakestore_quota(fs)->transactions = 1;
	do_start();
	assert_int_equal(call(XB_WIRE_TXN_START, 0, "", 1), -EDQUOT);
	fakestore_quota(fs)->nodes = 3;
	assert_int_equal(do_write(0, "b", "2"), -ENOSPC);
}

static void transactions(void **state)
{
	u32 a, b;

	(void)state;
	a = do_start();
	assert_int_equal(do_write(a, "x", "1"), 0);
	assert_int_equal(do_read(a, "x"), 0);
	assert_int_equal(do_read(0, "x"), -ENOENT);
	assert_int_equal(do_end(a, "F"), 0);
	assert_int_equal(do_read(0, "x"), -ENOENT);
	assert_int_equal(do_end(a, "T"), -ENOENT);

	a = do_start();
	b = do_start();
	assert_int_equal(do_write(a, "x", "a"), 0);
	assert_int_equal(do_write(b, "x", "b"), 0);
	assert_int_equal(do_end(a, "T"), 0);
	assert_int_equal(do_end(b, "T"), -EAGAIN);
	assert_int_equal(do_read(0, "x"), 0);
	assert_string_equal((char *)in.body, "a");
	assert_int_equal(fakestore_transactions(fs), 0);
}

static void watches(void **state)
{
	u32 t;

	(void)state;
	assert_int_equal(do_watch(XB_WIRE_WATCH, "device", "t1"), 0);
	assert_int_equal(drain_events(), 1);
	assert_int_equal(do_watch(XB_WIRE_WATCH, "device", "t1"), -EEXIST);
	assert_string_equal(event_path, "device");
	fakestore_put(fs, "/local/domain/7/device/vif/0", "");
	assert_int_equal(drain_events(), 1);
	assert_string_equal(event_path, "device/vif/0");
	assert_string_equal(event_token, "t1");
	fakestore_put(fs, "/local/domain/7/devices", "");
	assert_int_equal(drain_events(), 0);

	t = do_start();
	assert_int_equal(do_write(t, "device/vif/0/state", "2"), 0);
	assert_int_equal(drain_events(), 0);
	assert_int_equal(do_end(t, "T"), 0);
	assert_int_equal(drain_events(), 1);
	assert_string_equal(event_path, "device/vif/0/state");

	assert_int_equal(do_watch(XB_WIRE_WATCH, "/local/domain/0/backend/vif/7/0/state", "t2"), 0);
	assert_int_equal(drain_events(), 1);
	fakestore_put(fs, "/local/domain/0/backend/vif/7/0/state", "4");
	assert_int_equal(drain_events(), 1);
	fakestore_del(fs, "/local/domain/0/backend/vif/7");
	assert_int_equal(drain_events(), 1);
	assert_string_equal(event_path, "/local/domain/0/backend/vif/7/0/state");

	assert_int_equal(do_watch(XB_WIRE_UNWATCH, "device", "t1"), 0);
	assert_int_equal(do_watch(XB_WIRE_UNWATCH, "device", "t1"), -ENOENT);
	fakestore_put(fs, "/local/domain/7/device/vif/1", "");
	assert_int_equal(drain_events(), 0);
	assert_int_equal(fakestore_watches(fs), 1);
	assert_int_equal(call(XB_WIRE_RESET_WATCHES, 0, "", 1), 0);
	assert_int_equal(fakestore_watches(fs), 0);
	fakestore_quota(fs)->watches = 1;
	assert_int_equal(do_watch(XB_WIRE_WATCH, "a", "1"), 0);
	assert_int_equal(do_watch(XB_WIRE_WATCH, "b", "1"), -EDQUOT);
}

/* Fifty calls before the first answer, which then come last one first. */
static void many_calls_in_any_order(void **state)
{
	struct xb_wire_call c[50];
	char path[16];
	bool any;

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/n/%d", i);
		fakestore_put(fs, path, path + 3);
	}
	for (int i = 0; i < 50; i++) {
		int n = snprintf(path, sizeof(path), "/n/%d", i);

		send_call(&c[i], XB_WIRE_READ, 0, path, n + 1);
	}
	fakestore_hold(fs);
	fakestore_reverse(fs);
	for (int i = 49; i >= 0; i--) {
		snprintf(path, sizeof(path), "%d", i);
		assert_ptr_equal(receive(&any), &c[i]);
		assert_string_equal((char *)in.body, path);
	}
	assert_int_equal(calls.nr, 0);
}

/* Values as long as the wire takes, through rings that are a quarter of that. */
static void long_values(void **state)
{
	static char body[XB_WIRE_PAYLOAD_MAX];

	(void)state;
	fakestore_quota(fs)->value = XB_WIRE_PAYLOAD_MAX;
	for (u32 i = 0; i < sizeof(body); i++)
		body[i] = (char)('a' + i % 26);
	memcpy(body, "long", 5);
	assert_int_equal(call(XB_WIRE_WRITE, 0, body, sizeof(body)), 0);
	assert_int_equal(do_read(0, "long"), 0);
	assert_int_equal(in.hdr.len, sizeof(body) - 5);
	assert_memory_equal(in.body, body + 5, sizeof(body) - 5);
}

/* More names than one reply holds, in pieces. */
static void a_long_directory(void **state)
{
	char path[64], seen[1000] = { 0 };
	u32 used = 0, len, nr = 0;
	bool last = false;

	(void)state;
	fakestore_quota(fs)->nodes = 5000;
	for (int i = 0; i < 999; i++) {
		snprintf(path, sizeof(path), "/many/name-%d", i);
		fakestore_put(fs, path, "");
	}
	assert_int_equal(call(XB_WIRE_DIRECTORY, 0, "/many", 6), -E2BIG);
	while (!last) {
		int n = snprintf(path, sizeof(path), "/many%c%u", 0, used), begin;

		assert_int_equal(call(XB_WIRE_DIRECTORY_PART, 0, path, n + 1), 0);
		begin = xb_wire_directory_part(in.body, in.hdr.len, &len, &last);
		assert_true(begin > 1);
		assert_true(xb_wire_names(in.body + begin, len) >= 0);
		for (u32 at = begin; at < begin + len; at += strlen((char *)in.body + at) + 1) {
			seen[atoi((char *)in.body + at + 5)]++;
			nr++;
		}
		used += len;
	}
	assert_int_equal(nr, 999);
	for (int i = 0; i < 999; i++)
		assert_int_equal(seen[i], 1);
}

static int state_of(const char *dir)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/state", dir);
	return do_read(0, path) ? XB_ST_UNKNOWN : xb_state_parse((char *)in.body, in.hdr.len);
}

/* Only while the directory has a state key, and in one transaction with that look. */
static int switch_state(const char *dir, int to)
{
	char path[256], value[2] = { (char)('0' + to), 0 };
	u32 t = do_start();
	int err;

	snprintf(path, sizeof(path), "%s/state", dir);
	err = do_read(t, path);
	if (!err)
		err = do_write(t, path, value);
	do_end(t, err ? "F" : "T");
	return err;
}

/* A frontend's life, from the toolstack's first key to its removal, seen through watches. */
static void a_device_comes_and_goes(void **state)
{
	static const char be[] = "/local/domain/0/backend/vif/7/0";
	struct xb_bus_path p;
	char name[XB_BUS_ID_SIZE];

	(void)state;
	assert_int_equal(do_watch(XB_WIRE_WATCH, "device", "bus"), 0);
	drain_events();
	fakestore_put(fs, "/local/domain/0/backend/vif/7/0/state", "1");
	fakestore_put(fs, "/local/domain/7/device/vif/0/backend", be);
	fakestore_put(fs, "/local/domain/7/device/vif/0/backend-id", "0");
	fakestore_put(fs, "/local/domain/7/device/vif/0/state", "1");
	assert_int_equal(drain_events(), 3);
	assert_int_equal(xb_bus_path_parse(false, event_path, &p), 0);
	assert_true(xb_state_wants_device(false, state_of(p.node), true, false));
	assert_int_equal(xb_bus_device_name(false, &p, 0, name), 0);
	assert_string_equal(name, "vif-0");
	assert_int_equal(do_read(0, "device/vif/0/backend"), 0);
	assert_true(xb_state_otherend_ok((char *)in.body));

	assert_int_equal(do_watch(XB_WIRE_WATCH, "/local/domain/0/backend/vif/7/0/state", "oe"), 0);
	fakestore_put(fs, "/local/domain/0/backend/vif/7/0/state", "2");
	drain_events();
	assert_int_equal(state_of(be), XB_ST_INIT_WAIT);
	assert_int_equal(switch_state(p.node, XB_ST_INITIALISED), 0);
	fakestore_put(fs, "/local/domain/0/backend/vif/7/0/state", "4");
	drain_events();
	assert_string_equal(event_token, "oe");
	assert_int_equal(switch_state(p.node, XB_ST_CONNECTED), 0);

	fakestore_del(fs, "/local/domain/7/device/vif/0");
	fakestore_del(fs, be);
	drain_events();
	assert_int_equal(state_of(be), XB_ST_UNKNOWN);
	assert_int_equal(switch_state(p.node, XB_ST_CLOSED), -ENOENT);
	assert_null(fakestore_get(fs, "/local/domain/7/device/vif/0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nodes, start, stop),
		cmocka_unit_test_setup_teardown(refusals_and_quotas, start, stop),
		cmocka_unit_test_setup_teardown(transactions, start, stop),
		cmocka_unit_test_setup_teardown(watches, start, stop),
		cmocka_unit_test_setup_teardown(many_calls_in_any_order, start, stop),
		cmocka_unit_test_setup_teardown(long_values, start, stop),
		cmocka_unit_test_setup_teardown(a_long_directory, start, stop),
		cmocka_unit_test_setup_teardown(a_device_comes_and_goes, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

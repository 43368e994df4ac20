/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/xenbus/state.c */
/*
 * test_state.c: what the bus makes of paths and values in the store.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "xenbus/state.h"

static void paths(void **state)
{
	static const struct {
		bool backend;
		const char *path;
		unsigned int levels;
		const char *node, *type, *id;
		bool deeper;
	} good[] = {
		{ false, "device", 1, "device", "", "", false },
		{ false, "device/vif", 2, "device/vif", "vif", "", false },
		{ false, "device/vif/0", 3, "device/vif/0", "vif", "0", false },
		{ false, "device/vbd/51712/state", 3, "device/vbd/51712", "vbd", "51712", true },
		{ false, "device/vif/0/queue-0/x", 3, "device/vif/0", "vif", "0", true },
		{ true, "backend", 1, "backend", "", "", false },
		{ true, "backend/vif/3", 3, "backend/vif/3", "vif", "", false },
		{ true, "backend/vif/3/0", 4, "backend/vif/3/0", "vif", "0", false },
		{ true, "backend/vbd/3/51712/online", 4, "backend/vbd/3/51712", "vbd", "51712", true },
	};
	static const char *const bad[] = {
		"", "/", "devices", "devic", "device/", "device//0", "/device/vif/0", "device/v f/0",
		"device/vif/0000000000000000000000000000000000000000", "device/vif\n/0", "memory/target",
		"device/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/0", "device/vif/",
	};
	struct xb_bus_path p;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(xb_bus_path_parse(good[i].backend, good[i].path, &p), 0);
		assert_int_equal(p.levels, good[i].levels);
		assert_string_equal(p.node, good[i].node);
		assert_string_equal(p.type, good[i].type);
		assert_string_equal(p.id, good[i].id);
		assert_int_equal(p.deeper, good[i].deeper);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(xb_bus_path_parse(false, bad[i], &p), -EINVAL);
	assert_int_equal(xb_bus_path_parse(true, "device/vif/0", &p), -EINVAL);
}

static void states(void **state)
{
	char text[2] = "0";

	(void)state;
	for (int i = 1; i <= 8; i++) {
		text[0] = (char)('0' + i);
		assert_int_equal(xb_state_parse(text, 1), i);
	}
	assert_int_equal(xb_state_parse("0", 1), XB_ST_UNKNOWN);
	assert_int_equal(xb_state_parse("9", 1), XB_ST_UNKNOWN);
	assert_int_equal(xb_state_parse("", 0), XB_ST_UNKNOWN);
	assert_int_equal(xb_state_parse("4 ", 2), XB_ST_UNKNOWN);
	assert_int_equal(xb_state_parse("-4", 2), XB_ST_UNKNOWN);
	assert_int_equal(xb_state_parse("44", 2), XB_ST_UNKNOWN);
	assert_int_equal(xb_state_parse("\0", 1), XB_ST_UNKNOWN);
}

static void which_devices_are_made(void **state)
{
	(void)state;
	for (int backend = 0; backend < 2; backend++) {
		for (int s = 0; s < XB_ST_NR; s++) {
			/* Unasked: new ones only. */
			assert_int_equal(xb_state_wants_device(backend, s, true, false),
					 s == XB_ST_INITIALISING);
			assert_int_equal(xb_state_wants_device(backend, s, true, true),
					 s != XB_ST_UNKNOWN);
		}
	}
	/* A backend on its way out stays out; a frontend's closed device may be used again. */
	assert_false(xb_state_wants_device(true, XB_ST_CLOSED, false, true));
	assert_false(xb_state_wants_device(true, XB_ST_CLOSING, false, true));
	assert_true(xb_state_wants_device(true, XB_ST_CONNECTED, false, true));
	assert_true(xb_state_wants_device(false, XB_ST_CLOSED, false, true));
}

static void names(void **state)
{
	char name[XB_BUS_ID_SIZE];
	struct xb_bus_path p;

	(void)state;
	assert_int_equal(xb_bus_path_parse(false, "device/vbd/51712/x", &p), 0);
	assert_int_equal(xb_bus_device_name(false, &p, 0, name), 0);
	assert_string_equal(name, "vbd-51712");
	assert_int_equal(xb_bus_path_parse(true, "backend/vif/12/3", &p), 0);
	assert_int_equal(xb_bus_device_name(true, &p, 12, name), 0);
	assert_string_equal(name, "vif-12-3");
	memset(p.type, 'a', sizeof(p.type) - 1);
	memset(p.id, 'b', sizeof(p.id) - 1);
	assert_int_equal(xb_bus_device_name(true, &p, 0x7fef, name), -ENAMETOOLONG);
}

static void other_ends(void **state)
{
	static char long_path[2000] = "/";

	(void)state;
	assert_true(xb_state_otherend_ok("/local/domain/0/backend/vif/3/0"));
	assert_true(xb_state_otherend_ok("device/vif/0"));
	assert_false(xb_state_otherend_ok(""));
	assert_false(xb_state_otherend_ok("/"));
	assert_false(xb_state_otherend_ok("/local//domain"));
	assert_false(xb_state_otherend_ok("/local/"));
	assert_false(xb_state_otherend_ok("/local/do main"));
	assert_false(xb_state_otherend_ok("/local/\x80"));
	memset(long_path + 1, 'a', sizeof(long_path) - 2);
	assert_false(xb_state_otherend_ok(long_path));
	long_path[1024] = 0;
	assert_true(xb_state_otherend_ok(long_path));
}

static void processors_and_memory(void **state)
{
	(void)state;
	assert_int_equal(xb_vcpu_of_path("cpu/3/availability"), 3);
	assert_int_equal(xb_vcpu_of_path("cpu/12"), 12);
	assert_int_equal(xb_vcpu_of_path("cpu"), -EINVAL);
	assert_int_equal(xb_vcpu_of_path("cpu/"), -EINVAL);
	assert_int_equal(xb_vcpu_of_path("cpu/x/availability"), -EINVAL);
	assert_int_equal(xb_vcpu_of_path("cpu/-1/availability"), -EINVAL);
	assert_int_equal(xb_vcpu_of_path("cpu/1/other"), -EINVAL);
	assert_int_equal(xb_vcpu_of_path("cpu/99999999999/availability"), -EINVAL);

	assert_int_equal(xb_balloon_target(4096, 0), 1024);
	assert_int_equal(xb_balloon_target(4096, 24), 1000);
	assert_int_equal(xb_balloon_target(4096, -24), 1048);
	assert_int_equal(xb_balloon_target(4096, 1024), 0);
	assert_int_equal(xb_balloon_target(0, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(states),
		cmocka_unit_test(which_devices_are_made),
		cmocka_unit_test(names),
		cmocka_unit_test(other_ends),
		cmocka_unit_test(processors_and_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

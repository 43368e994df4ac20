/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hotplug-scripts/netlink.c hotplug-scripts/job.c hotplug-scripts/store.c */
/* SOURCES: hotplug-scripts/sharing.c hotplug-scripts/record.c hotplug-scripts/loop.c */
/* test_parse.c: paths, addresses, modes and words, as the store and users give them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <cmocka.h>
#undef fail

#include "disk.h"
#include "netlink.h"

static void not_taken(const char *text, bool taken)
{
	if (taken)
		print_error("'%s' was taken\n", text);
	assert_false(taken);
}

static void paths(void **state)
{
	static const char *const good[] = {
		"backend/vif/3/0", "/local/domain/0/backend/vif/3/0",
		"/local/domain/12/backend/vif/3/0",
	};
	static const char *const bad[] = {
		"", "/", "backend", "backend/vif", "backend/vif/3", "backend/vif/3/",
		"backend/vif/x/0", "backend/vif/3/0/", "backend/vif/3/0/x", "xbackend/vif/3/0",
		"/local/domain/backend/vif/3/0", "/local/domain/0backend/vif/3/0",
		"backend/averyveryverylongtype/3/0", "backend//3/0",
	};
	struct job job = { 0 };

	for (unsigned int i = 0; i < sizeof(good) / sizeof(*good); i++) {
		job.path = good[i];
		assert_int_equal(job_parse_path(&job), 0);
		assert_string_equal(job.type, "vif");
		assert_int_equal(job.domid, 3);
		assert_int_equal(job.devid, 0);
	}
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job.path = bad[i];
		not_taken(bad[i], !job_parse_path(&job));
	}
}

static void is(const char *text, int family, unsigned int len, const char *masked)
{
	struct prefix p, m;

	assert_true(prefix_parse(text, &p));
	assert_int_equal(p.family, family);
	assert_int_equal(p.len, len);
	prefix_mask(&p);
	assert_true(prefix_parse(masked, &m));
	assert_memory_equal(p.at, m.at, sizeof(p.at));
}

static void addresses(void **state)
{
	is("10.1.2.3", AF_INET, 32, "10.1.2.3");
	is("10.1.2.3/24", AF_INET, 24, "10.1.2.0");
	is("10.1.2.3/20", AF_INET, 20, "10.1.0.0");
	is("10.1.2.3/0", AF_INET, 0, "0.0.0.0");
	is("fd00::1:2", AF_INET6, 128, "fd00::1:2");
	is("fd00:1:2:3::4/49", AF_INET6, 49, "fd00:1:2::");
}

static void not_addresses(void **state)
{
	static const char *const bad[] = {
		"", "/", "10.1.2", "10.1.2.3/", "10.1.2.3/33", "10.1.2.3/-1", "10.1.2.3/+1",
		"10.1.2.3/x", "10.1.2.3/24x", "10.1.2.256", "fd00::/129", "host", ":",
		"10.1.2.3/ 4",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	};
	struct prefix p;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		not_taken(bad[i], prefix_parse(bad[i], &p));
}

static void modes(void **state)
{
	assert_int_equal(disk_mode("r"), DISK_READ);
	assert_int_equal(disk_mode("ro"), DISK_READ);
	assert_int_equal(disk_mode(""), DISK_READ);
	assert_int_equal(disk_mode(NULL), DISK_READ);
	assert_int_equal(disk_mode("w"), DISK_WRITE);
	assert_int_equal(disk_mode("rw"), DISK_WRITE);
	assert_int_equal(disk_mode("w!"), DISK_SHARED);
	assert_int_equal(disk_mode("rw!"), DISK_SHARED);
	/* Shared reading needs no mark. */
	assert_int_equal(disk_mode("r!"), DISK_READ);
}

static void ids(void **state)
{
	struct disk d = { .st = { .st_mode = S_IFBLK, .st_rdev = makedev(253, 17) } };
	char id[64];

	disk_id(&d, id, sizeof(id));
	assert_string_equal(id, "disk-253:17");
	d.st = (struct stat){ .st_mode = S_IFREG, .st_dev = makedev(8, 1), .st_ino = 4711 };
	disk_id(&d, id, sizeof(id));
	assert_string_equal(id, "file-8:1-4711");
}

static void words(void **state)
{
	char a[] = "online", b[] = "bridge=xenbr1", c[] = "bridges=no", *args[] = { a, c, b, NULL };
	struct job job = { .args = args };

	setenv("bridge", "from-the-environment", 1);
	setenv("netdev", "eth7", 1);
	assert_string_equal(job_word(&job, "bridge"), "xenbr1");
	assert_string_equal(job_word(&job, "netdev"), "eth7");
	assert_null(job_word(&job, "nothing-of-that-name"));
}

static void first_failure_is_told(void **state)
{
	struct job job = { 0 };
	char big[1000];

	assert_int_equal(fail(&job, "do this", "cause\n%d", 1), -1);
	assert_int_equal(fail(&job, "do that", "another"), -1);
	assert_string_equal(job.error, "cause 1; remedy: do this");
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = 0;
	job.error[0] = 0;
	fail(&job, big, "%s", big);
	assert_int_equal(strlen(job.error), sizeof(job.error) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),	 cmocka_unit_test(addresses),
		cmocka_unit_test(not_addresses), cmocka_unit_test(modes),
		cmocka_unit_test(ids),		 cmocka_unit_test(words),
		cmocka_unit_test(first_failure_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

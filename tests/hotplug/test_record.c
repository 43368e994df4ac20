/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hotplug-scripts/record.c hotplug-scripts/job.c hotplug-scripts/store.c */
/* test_record.c: records as locks and as memory, with two processes and with one that is killed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>
#undef fail

#include "record.h"

static char dir[] = "/tmp/hotplug-record.XXXXXX";
static struct job job;
static struct record a, b;

static void values(void **state)
{
	char v[16];

	assert_int_equal(record_take(&job, &a, "vbd-1-1"), 0);
	assert_false(record_get(&a, "loop", v, sizeof(v)));
	assert_true(record_set(&a, "loop", "3"));
	assert_true(record_set(&a, "diskseq", "17"));
	assert_true(record_set(&a, "loop", "4"));
	assert_true(record_get(&a, "loop", v, sizeof(v)));
	assert_string_equal(v, "4");
	/* A name that is the end of another one, or its beginning. */
	assert_false(record_get(&a, "oop", v, sizeof(v)));
	assert_false(record_get(&a, "disk", v, sizeof(v)));
	assert_int_equal(record_save(&job, &a), 0);
	record_drop(&a);
	assert_int_equal(record_take(&job, &a, "vbd-1-1"), 0);
	assert_true(record_get(&a, "diskseq", v, sizeof(v)));
	assert_string_equal(v, "17");
	assert_true(record_set(&a, "loop", NULL));
	assert_true(record_set(&a, "diskseq", NULL));
	assert_int_equal(record_save(&job, &a), 0);
	assert_int_not_equal(access(a.path, F_OK), 0);
	record_drop(&a);
}

static void unused_is_removed(void **state)
{
	assert_int_equal(record_take(&job, &a, "vbd-1-2"), 0);
	assert_int_equal(access(a.path, F_OK), 0);
	record_drop(&a);
	assert_int_not_equal(access(a.path, F_OK), 0);
}

static void too_long(void **state)
{
	static char value[RECORD_MAX];

	memset(value, 'x', sizeof(value) - 1);
	assert_int_equal(record_take(&job, &a, "vbd-1-3"), 0);
	assert_false(record_set(&a, "loop", value));
	record_drop(&a);
}

/* COUNT processes add one to a number, each 50 times; the file comes and goes meanwhile. */
static void counted(void)
{
	char v[16] = "0";

	for (int i = 0; i < 50; i++) {
		if (record_take(&job, &b, "counter"))
			_exit(1);
		strcpy(v, "0");
		record_get(&b, "n", v, sizeof(v));
		sprintf(v, "%d", atoi(v) + 1);
		if (!record_set(&b, "n", v) || record_save(&job, &b))
			_exit(1);
		record_drop(&b);
		if (!record_take(&job, &b, "comes-and-goes"))
			record_drop(&b);
	}
	_exit(0);
}

static void exclusive(void **state)
{
	char v[16];
	int status;

	for (int i = 0; i < 4; i++)
		if (!fork())
			counted();
	for (int i = 0; i < 4; i++) {
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(record_take(&job, &a, "counter"), 0);
	assert_true(record_get(&a, "n", v, sizeof(v)));
	assert_string_equal(v, "200");
	record_drop(&a);
}

static void killed(void **state)
{
	int fds[2], status;
	char c, v[16];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		if (record_take(&job, &b, "killed") || !record_set(&b, "loop", "9") ||
		    record_save(&job, &b) || write(fds[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	/* At once, and with what it wrote. */
	assert_int_equal(record_take(&job, &a, "killed"), 0);
	assert_true(record_get(&a, "loop", v, sizeof(v)));
	record_drop(&a);
	close(fds[0]);
	close(fds[1]);
}

static void deadline(void **state)
{
	int status;
	pid_t pid;

	assert_int_equal(record_take(&job, &a, "held"), 0);
	pid = fork();
	if (!pid) {
		setenv("KRYPTON_HOTPLUG_DEADLINE", "1", 1);
		deadline_start();
		if (!record_take(&job, &b, "held"))
			_exit(1);
		_exit(!strstr(job.error, "another script has held"));
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	record_drop(&a);
}

static int make_dir(void **state)
{
	return !mkdtemp(dir) || setenv("KRYPTON_HOTPLUG_RUN", dir, 1);
}

static int drop_dir(void **state)
{
	char text[64];

	snprintf(text, sizeof(text), "rm -rf %s", dir);
	return system(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),    cmocka_unit_test(unused_is_removed),
		cmocka_unit_test(too_long),  cmocka_unit_test(exclusive),
		cmocka_unit_test(killed),    cmocka_unit_test(deadline),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}

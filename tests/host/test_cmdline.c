/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/lib/cmdline.c */
/* Boot parameters, good and bad; and docs/parameters.md names exactly those that exist. */
#include <cmocka.h>
#include "lib/cmdline.h"
#include "lib/printk.h"

static struct cmdline_options defaults;

static const char *parse(const char *text)
{
	static char line[1024];

	opts = defaults;
	snprintf(line, sizeof(line), "%s", text);
	return cmdline_parse(line);
}

static int setup(void **state)
{
	defaults = opts;
	return 0;
}

static void test_usual(void **state)
{
	const char *rest = parse("placeholder console=com1 com1=57600,8n1,0x2f8,3 loglvl=all dom0_mem=768M,max:1G"
				 " dom0_max_vcpus=2 no-smap noreboot sync_console=off -- quiet  panic=1");

	assert_string_equal(rest, "quiet  panic=1");
	assert_true(opts.console_com1);
	assert_false(opts.console_vga);
	assert_int_equal(opts.com1.baud, 57600);
	assert_int_equal(opts.com1.io_base, 0x2f8);
	assert_int_equal(opts.com1.irq, 3);
	assert_int_equal(opts.loglvl, LOG_DEBUG);
	assert_int_equal(opts.dom0_mem.size, 768ull << 20);
	assert_int_equal(opts.dom0_mem.max, 1ull << 30);
	assert_int_equal(opts.dom0_max_vcpus, 2);
	assert_true(!opts.smap && opts.smap_given && opts.noreboot && !opts.sync_console);
	assert_non_null(strstr(cmdline_saved, "dom0_mem=768M,max:1G"));
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"dom0_mem=", "dom0_mem=x", "dom0_mem=1G;2G", "dom0_mem=max:", "com1=9600,9n1", "com1=,",
		"com1=0", "com1=115200,8", "console=tty", "maxcpus=65", "maxcpus=-1", "maxcpus=", "maxcpus",
		"loglvl=loud", "sched=a-name-that-is-far-too-long", "smap=maybe", "mem=1", "=", "==", "no-",
		"no-mem=1G", "dom0_mem", "x=y", "gnttab_max_frames=0",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cmdline_options before = defaults;

		assert_string_equal(parse(bad[i]), "");
		assert_memory_equal(&opts, &before, sizeof(opts));
	}
}

static void test_sizes(void **state)
{
	const char *end;

	assert_int_equal(parse_size("512", &end), 512ull << 10);
	assert_int_equal(parse_size("2G,", &end), 2ull << 30);
	assert_string_equal(end, ",");
	assert_int_equal(parse_size("4096B", NULL), 4096);
	assert_int_equal(parse_size("1t", NULL), 1ull << 40);
	assert_int_equal(parse_size("99999999999T", NULL), ~0ull);
}

/* Every parameter has a line "## `name" in the document, in the table's order, and no other line is there. */
static void test_document(void **state)
{
	FILE *src = fopen("hypervisor/lib/cmdline.c", "r"), *doc = fopen("docs/parameters.md", "r");
	char line[512], name[64], heading[64];
	unsigned n = 0;

	assert_non_null(src);
	assert_non_null(doc);
	while (fgets(line, sizeof(line), src)) {
		if (sscanf(line, "\t{ \"%63[a-z0-9_]\", %*[A-Z]", name) != 1 || !strstr(line, "NULL") )
			if (sscanf(line, "\t{ \"%63[a-z0-9_]\", CUSTOM", name) != 1)
				continue;
		if (!strstr(line, "opts.") && !strstr(line, "CUSTOM"))
			continue;
		do {
			assert_non_null(fgets(line, sizeof(line), doc));
		} while (sscanf(line, "## `%63[a-z0-9_]", heading) != 1);
		assert_string_equal(heading, name);
		n++;
	}
	while (fgets(line, sizeof(line), doc))
		assert_int_not_equal(sscanf(line, "## `%63[a-z0-9_]", heading), 1);
	assert_true(n >= 20 && n <= 25);
	fclose(src);
	fclose(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual), cmocka_unit_test(test_bad), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

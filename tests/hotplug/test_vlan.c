/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hotplug-scripts/vlan.c */
/* test_vlan.c: VLANs as users write them, right and wrong. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vlan.h"

static struct vlan_set set;

/* "10u 20t …", and the pvid. */
static void is(unsigned int pvid, unsigned int nr, const char *tagged)
{
	char text[32768];

	assert_int_equal(set.pvid, pvid);
	assert_int_equal(set.nr, nr);
	assert_true(vlan_tagged(&set, text, sizeof(text)));
	assert_string_equal(text, tagged);
}

static void one_alone(void **state)
{
	assert_null(vlan_parse("10", &set));
	is(10, 1, "");
	assert_int_equal(set.how[10], VLAN_UNTAGGED);
	assert_null(vlan_parse("10\n", &set));
	is(10, 1, "");
	assert_null(vlan_parse("4094", &set));
	is(4094, 1, "");
}

static void several(void **state)
{
	assert_null(vlan_parse("1p/10-12/20-21u", &set));
	is(1, 6, "10,11,12");
	assert_int_equal(set.how[1], VLAN_UNTAGGED);
	assert_int_equal(set.how[20], VLAN_UNTAGGED);
	assert_null(vlan_parse("5p/100+10x3", &set));
	is(5, 4, "100,110,120");
	assert_null(vlan_parse("5p/7u", &set));
	is(5, 2, "");
}

static void wrong(void **state)
{
	static const char *const texts[] = {
		"",	     "0",	 "4095",      "x",	"10/20",    "10p/20p",	   "10/10p",
		"20-10p/5p", "10-12p",	 "1p/",	      "1p//2",	"1p,2",	    "-1",	   "1-",
		"1p/100+",   "1p/100+1", "1p/1+1x0",  "1p/5+0x2", "1p/4000+100x2", "99999999999",
		"1p/1-4094", "1pp",
	};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!vlan_parse(texts[i], &set))
			fail_msg("'%s' was taken", texts[i]);
	}
}

static void all(void **state)
{
	char small[8], big[32768];

	assert_null(vlan_parse("1p/2-4094", &set));
	assert_int_equal(set.nr, 4094);
	assert_false(vlan_tagged(&set, small, sizeof(small)));
	assert_true(vlan_tagged(&set, big, sizeof(big)));
}

static void in_a_name(void **state)
{
	char br[16];

	assert_null(vlan_parse_bridge("br0.10", br, sizeof(br), &set));
	assert_string_equal(br, "br0");
	is(10, 1, "");
	assert_null(vlan_parse_bridge("br0:20:30", br, sizeof(br), &set));
	is(0, 2, "20,30");
	assert_null(vlan_parse_bridge("br0.10:20:30", br, sizeof(br), &set));
	is(10, 3, "20,30");
}

static void not_in_a_name(void **state)
{
	static const char *const texts[] = {
		"br0", "", ".10", "br0.", "br0.x", "br0:", "br0.10.20", "br0:10.20", "br0.10:10",
		"br0.0", "br0.5000", "averyveryverylongname.1",
		"br0.10x",
	};
	char br[16];

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!vlan_parse_bridge(texts[i], br, sizeof(br), &set))
			fail_msg("'%s' was taken", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_alone), cmocka_unit_test(several),
		cmocka_unit_test(wrong),     cmocka_unit_test(all),
		cmocka_unit_test(in_a_name), cmocka_unit_test(not_in_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

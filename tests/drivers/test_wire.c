/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/xenbus/wire.c */
/*
 * test_wire.c: the store's wire protocol: rings with hostile indices, messages in pieces, matching of
 * replies, what replies and events say.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "xenbus/wire.h"

static struct xb_wire_page page;
static struct xb_wire_port port;
static bool notify;

static int fresh(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	xb_wire_open(&port, &page);
	notify = false;
	return 0;
}

/* The store puts bytes into the reply ring. */
static void put(const void *data, u32 len)
{
	for (u32 i = 0; i < len; i++)
		page.rsp[page.rsp_prod++ % XB_WIRE_RING_SIZE] = ((const u8 *)data)[i];
}

static void put_msg(u32 type, u32 id, const void *body, u32 len)
{
	struct xb_wire_hdr h = { type, id, 0, len };

	put(&h, sizeof(h));
	put(body, len);
}

static void send_wraps_and_stops_when_full(void **state)
{
	u8 data[1500], out[1500];

	(void)state;
	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7);
	page.req_prod = page.req_cons = 1000;
	xb_wire_open(&port, &page);
	assert_int_equal(xb_wire_send(&port, data, sizeof(data), &notify), 1024);
	assert_true(notify);
	assert_int_equal(page.req_prod, 2024);
	assert_false(xb_wire_writable(&port));
	assert_false(xb_wire_flushed(&port));
	for (u32 i = 0; i < 1024; i++)
		out[i] = page.req[(1000 + i) % 1024];
	assert_memory_equal(out, data, 1024);
	notify = false;
	assert_int_equal(xb_wire_send(&port, data, 1, &notify), 0);
	assert_false(notify);
	page.req_cons += 300;
	assert_true(xb_wire_writable(&port));
	assert_int_equal(xb_wire_send(&port, data + 1024, 476, &notify), 300);
	page.req_cons = page.req_prod;
	assert_true(xb_wire_flushed(&port));
}

static void indices_at_the_end_of_32_bits(void **state)
{
	u8 data[600] = { 1, 2, 3 }, out[600];

	(void)state;
	page.req_prod = page.req_cons = page.rsp_prod = page.rsp_cons = 0xffffff00u;
	xb_wire_open(&port, &page);
	assert_int_equal(xb_wire_send(&port, data, 600, &notify), 600);
	assert_int_equal(page.req_prod, 0xffffff00u + 600);
	put(data, 600);
	assert_int_equal(xb_wire_recv(&port, out, 600, &notify), 600);
	assert_memory_equal(out, data, 600);
	page.req_cons = page.req_prod;
	assert_int_equal(xb_wire_send(&port, data, 600, &notify), 600);
}

/* Every value of the store's request index that is not between the last seen and ours. */
static void a_request_index_that_lies(void **state)
{
	static const u32 bad[] = { 101, 49, 0, 0xffffffffu, 1124, 0x80000000u };
	u8 data[100] = { 0 };

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		fresh(state);
		assert_int_equal(xb_wire_send(&port, data, 100, &notify), 100);
		page.req_cons = 50;
		assert_int_equal(xb_wire_send(&port, data, 0, &notify), 0);
		page.req_cons = bad[i];
		assert_int_equal(xb_wire_send(&port, data, 1, &notify), -EPROTO);
		assert_true(port.dead);
		assert_non_null(port.why);
		page.req_cons = 50;
		assert_int_equal(xb_wire_send(&port, data, 1, &notify), -EPROTO);
		assert_int_equal(xb_wire_recv(&port, data, 1, &notify), -EPROTO);
		assert_false(xb_wire_readable(&port));
		assert_false(xb_wire_writable(&port));
	}
}

static void a_reply_index_that_lies(void **state)
{
	static const u32 bad[] = { 1025, 0x80000000u, 0xffffffffu, 4096 };
	u8 out[16];

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		fresh(state);
		page.rsp_prod = bad[i];
		assert_true(xb_wire_readable(&port));
		assert_int_equal(xb_wire_recv(&port, out, sizeof(out), &notify), -EPROTO);
		assert_true(port.dead);
	}
	fresh(state);
	page.rsp_prod = 1024;	/* full is no lie */
	assert_int_equal(xb_wire_recv(&port, out, sizeof(out), &notify), 16);
}

/* What the other side writes into our two indices does not matter. */
static void our_indices_are_ours(void **state)
{
	u8 out[8];

	(void)state;
	put("abcdefgh", 8);
	assert_int_equal(xb_wire_recv(&port, out, 4, &notify), 4);
	page.rsp_cons = 77;
	page.req_prod = 5000;
	assert_int_equal(xb_wire_recv(&port, out + 4, 4, &notify), 4);
	assert_memory_equal(out, "abcdefgh", 8);
	assert_int_equal(page.rsp_cons, 8);
	assert_int_equal(xb_wire_send(&port, "x", 1, &notify), 1);
	assert_int_equal(page.req_prod, 1);
}

static void a_full_reply_ring_is_reported(void **state)
{
	u8 out[1024];

	(void)state;
	memset(out, 'x', sizeof(out));
	put(out, 1023);
	assert_int_equal(xb_wire_recv(&port, out, 10, &notify), 10);
	assert_false(notify);
	put(out, 11);
	assert_int_equal(page.rsp_prod - page.rsp_cons, 1024);
	assert_int_equal(xb_wire_recv(&port, out, 1, &notify), 1);
	assert_true(notify);
}

static void opening_drops_what_was_left(void **state)
{
	(void)state;
	page.rsp_prod = 500;
	page.rsp_cons = 480;
	assert_int_equal(xb_wire_open(&port, &page), 20);
	assert_int_equal(page.rsp_cons, 500);
	assert_false(xb_wire_readable(&port));
	page.req_prod = 10;
	page.req_cons = 5000;
	xb_wire_open(&port, &page);
	assert_true(xb_wire_flushed(&port) || port.req_cons == port.req_prod);
}

static void messages_in_pieces(void **state)
{
	static struct xb_wire_msg m;
	u8 bytes[3 * (16 + 4096)], body[4096];
	u32 lens[3] = { 0, 1, 4096 }, used = 0;

	(void)state;
	memset(body, 'b', sizeof(body));
	for (int i = 0; i < 3; i++) {
		struct xb_wire_hdr h = { XB_WIRE_READ, i + 1, 0, 99 };
		struct xb_wire_part part = { body, lens[i] };

		assert_int_equal(xb_wire_request_size(&part, 1), 16 + lens[i]);
		xb_wire_encode(bytes + used, &h, &part, 1);
		used += 16 + lens[i];
	}
	for (u32 step = 1; step < 5000; step = step * 3 + 1) {
		u32 at = 0, nr = 0;
		bool whole;

		xb_wire_msg_reset(&m);
		while (at < used) {
			u32 n = step < used - at ? step : used - at;
			int taken = xb_wire_msg_feed(&m, bytes + at, n, &whole);

			assert_true(taken >= 0 && (u32)taken <= n);
			at += taken;
			if (!whole)
				continue;
			assert_int_equal(m.hdr.req_id, nr + 1);
			assert_int_equal(m.hdr.len, lens[nr]);
			assert_int_equal(m.body[lens[nr]], 0);
			assert_memory_equal(m.body, body, lens[nr]);
			nr++;
			xb_wire_msg_reset(&m);
		}
		assert_int_equal(nr, 3);
	}
}

static void a_message_too_long_is_refused(void **state)
{
	static struct xb_wire_msg m;
	struct xb_wire_hdr h = { XB_WIRE_READ, 1, 0, 4097 };
	bool whole;

	(void)state;
	xb_wire_msg_reset(&m);
	assert_int_equal(xb_wire_msg_feed(&m, &h, 16, &whole), -EPROTO);
	h.len = 0xffffffff;
	put(&h, sizeof(h));
	xb_wire_msg_reset(&m);
	assert_int_equal(xb_wire_recv_msg(&port, &m, &notify), -EPROTO);
	assert_true(port.dead);
}

static void messages_through_the_ring(void **state)
{
	static struct xb_wire_msg m;

	(void)state;
	xb_wire_msg_reset(&m);
	assert_int_equal(xb_wire_recv_msg(&port, &m, &notify), 0);
	put_msg(XB_WIRE_READ, 5, "value", 5);
	put_msg(XB_WIRE_WRITE, 6, "", 0);
	page.rsp_prod -= 4;	/* not all of it yet */
	assert_int_equal(xb_wire_recv_msg(&port, &m, &notify), 1);
	assert_int_equal(m.hdr.req_id, 5);
	assert_string_equal((char *)m.body, "value");
	xb_wire_msg_reset(&m);
	assert_int_equal(xb_wire_recv_msg(&port, &m, &notify), 0);
	page.rsp_prod += 4;
	assert_int_equal(xb_wire_recv_msg(&port, &m, &notify), 1);
	assert_int_equal(m.hdr.req_id, 6);
}

static void requests_too_long_are_refused(void **state)
{
	struct xb_wire_part parts[2] = { { "", 4000 }, { "", 97 } };

	(void)state;
	assert_int_equal(xb_wire_request_size(parts, 2), -E2BIG);
	parts[1].len = 96;
	assert_int_equal(xb_wire_request_size(parts, 2), 16 + 4096);
	parts[1].len = 0xffffffff;
	assert_int_equal(xb_wire_request_size(parts, 2), -E2BIG);
}

static void replies_are_matched_in_any_order(void **state)
{
	struct xb_wire_calls calls;
	struct xb_wire_call c[4];
	struct xb_wire_hdr h = { 0 };

	(void)state;
	xb_wire_calls_init(&calls);
	calls.next_id = 0xffffffff;	/* numbers wrap, and 0 is none */
	for (int i = 0; i < 4; i++)
		xb_wire_calls_add(&calls, &c[i]);
	assert_int_equal(c[0].req_id, 0xffffffff);
	assert_int_equal(c[1].req_id, 1);
	calls.next_id = 1;		/* 1 ... 3 are in use */
	h.req_id = 3;
	assert_ptr_equal(xb_wire_calls_match(&calls, &h), &c[3]);
	assert_null(xb_wire_calls_match(&calls, &h));
	xb_wire_calls_add(&calls, &c[3]);
	assert_int_equal(c[3].req_id, 3);
	h.req_id = 0xffffffff;
	assert_ptr_equal(xb_wire_calls_match(&calls, &h), &c[0]);
	assert_int_equal(calls.nr, 3);
	assert_ptr_equal(xb_wire_calls_pop(&calls), &c[1]);
	assert_ptr_equal(xb_wire_calls_pop(&calls), &c[2]);
	assert_ptr_equal(xb_wire_calls_pop(&calls), &c[3]);
	assert_null(xb_wire_calls_pop(&calls));
	xb_wire_calls_add(&calls, &c[1]);
	assert_ptr_equal(xb_wire_calls_pop(&calls), &c[1]);
}

static void errors_by_name(void **state)
{
	struct xb_wire_hdr h = { XB_WIRE_ERROR, 1, 0, 7 };

	(void)state;
	assert_int_equal(xb_wire_errno("ENOENT", 7), -ENOENT);
	assert_int_equal(xb_wire_errno("ENOENT", 6), -ENOENT);
	assert_int_equal(xb_wire_errno("EAGAIN", 7), -EAGAIN);
	assert_int_equal(xb_wire_errno("E2BIG", 6), -E2BIG);
	assert_int_equal(xb_wire_errno("EQUOTA", 7), -EDQUOT);
	assert_int_equal(xb_wire_errno("ENOENTX", 8), -EIO);
	assert_int_equal(xb_wire_errno("ENO", 4), -EIO);
	assert_int_equal(xb_wire_errno("", 0), -EIO);
	assert_int_equal(xb_wire_errno("\0", 1), -EIO);
	assert_string_equal(xb_wire_errname(-EACCES), "EACCES");
	assert_string_equal(xb_wire_errname(-12345), "EIO");
	assert_int_equal(xb_wire_reply_error(&h, "EACCES", XB_WIRE_READ), -EACCES);
	h.type = XB_WIRE_READ;
	assert_int_equal(xb_wire_reply_error(&h, "", XB_WIRE_READ), 0);
	assert_int_equal(xb_wire_reply_error(&h, "", XB_WIRE_WRITE), -EPROTO);
}

static void numbers_names_and_strings(void **state)
{
	const char *a, *b;
	bool last;
	u32 v;

	(void)state;
	assert_int_equal(xb_wire_number("4294967295", 11, &v), 0);
	assert_int_equal(v, 0xffffffff);
	assert_int_equal(xb_wire_number("4294967296", 11, &v), -EINVAL);
	assert_int_equal(xb_wire_number("", 0, &v), -EINVAL);
	assert_int_equal(xb_wire_number("\0", 1, &v), -EINVAL);
	assert_int_equal(xb_wire_number("-1", 3, &v), -EINVAL);
	assert_int_equal(xb_wire_number("1\0" "2", 3, &v), -EINVAL);
	assert_int_equal(xb_wire_number("00000000001", 12, &v), -EINVAL);

	assert_int_equal(xb_wire_names("", 0), 0);
	assert_int_equal(xb_wire_names("a\0bc\0", 5), 2);
	assert_int_equal(xb_wire_names("a\0bc", 4), -EPROTO);

	assert_int_equal(xb_wire_directory_part("7\0a\0b\0", 6, &v, &last), 2);
	assert_true(v == 4 && !last);
	assert_int_equal(xb_wire_directory_part("7\0a\0\0", 5, &v, &last), 2);
	assert_true(v == 2 && last);
	assert_int_equal(xb_wire_directory_part("7\0\0", 3, &v, &last), 2);
	assert_true(v == 0 && last);
	assert_int_equal(xb_wire_directory_part("7\0", 2, &v, &last), 2);
	assert_true(v == 0 && !last);
	assert_int_equal(xb_wire_directory_part("", 0, &v, &last), -EPROTO);
	assert_int_equal(xb_wire_directory_part("\0a\0", 3, &v, &last), -EPROTO);
	assert_int_equal(xb_wire_directory_part("7\0a", 3, &v, &last), -EPROTO);

	assert_int_equal(xb_wire_two_strings("p\0t\0", 4, &a, &b), 0);
	assert_string_equal(b, "t");
	assert_int_equal(xb_wire_two_strings("p\0t\0more\0", 9, &a, &b), 0);
	assert_int_equal(xb_wire_two_strings("p\0t", 3, &a, &b), -EPROTO);
	assert_int_equal(xb_wire_two_strings("p\0", 2, &a, &b), -EPROTO);
	assert_int_equal(xb_wire_two_strings("p", 1, &a, &b), -EPROTO);
	assert_int_equal(xb_wire_two_strings("", 0, &a, &b), -EPROTO);

	assert_true(xb_wire_path_below("a/b", "a"));
	assert_true(xb_wire_path_below("a", "a"));
	assert_false(xb_wire_path_below("ab", "a"));
	assert_true(xb_wire_path_below("/x", "/"));
	assert_false(xb_wire_path_below("x", "/"));
}

static bool request_ok(u32 type, const char *body, u32 len)
{
	/* At the end of its memory: what is read beyond it is seen. */
	char *copy = malloc(len + 1);
	bool ok;

	memcpy(copy, body, len);
	copy[len] = 0;
	ok = xb_wire_request_ok(type, copy, len);
	free(copy);
	return ok;
}

static void paths_as_the_store_takes_them(void **state)
{
	static const char * const good[] = { "a", "/", "/local/domain/0", "a/b-c_d@9", "@releaseDomain" };
	static const char * const bad[] = {
		"", "a/", "/a/", "//", "/a//b", "a b", "a\xff", "a.b", "a:b", "a\nb",
	};
	char path[XB_WIRE_PATH_MAX + 2];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(xb_wire_path_ok(good[i]));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(xb_wire_path_ok(bad[i]));
	memset(path, 'a', sizeof(path));
	path[XB_WIRE_REL_PATH_MAX] = 0;
	assert_true(xb_wire_path_ok(path));
	path[XB_WIRE_REL_PATH_MAX] = 'a';
	path[XB_WIRE_REL_PATH_MAX + 1] = 0;
	assert_false(xb_wire_path_ok(path));
	*path = '/';
	path[XB_WIRE_REL_PATH_MAX + 1] = 'a';
	path[XB_WIRE_PATH_MAX] = 0;
	assert_true(xb_wire_path_ok(path));
	path[XB_WIRE_PATH_MAX] = 'a';
	path[XB_WIRE_PATH_MAX + 1] = 0;
	assert_false(xb_wire_path_ok(path));
}

static void requests_of_others_are_checked(void **state)
{
	static const u32 one_path[] = {
		XB_WIRE_DIRECTORY, XB_WIRE_READ, XB_WIRE_GET_PERMS, XB_WIRE_MKDIR, XB_WIRE_RM,
	};
	static const u32 path_and_strings[] = {
		XB_WIRE_WATCH, XB_WIRE_UNWATCH, XB_WIRE_SET_PERMS, XB_WIRE_DIRECTORY_PART,
	};
	static const u32 strings[] = {
		XB_WIRE_CONTROL, XB_WIRE_INTRODUCE, XB_WIRE_RELEASE, XB_WIRE_GET_DOMAIN_PATH,
		XB_WIRE_IS_INTRODUCED, XB_WIRE_RESUME, XB_WIRE_SET_TARGET, XB_WIRE_TXN_END,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(one_path); i++) {
		assert_true(request_ok(one_path[i], "data/x", 7));
		assert_false(request_ok(one_path[i], "data/x", 6));
		assert_false(request_ok(one_path[i], "data/x\0more", 12));
		assert_false(request_ok(one_path[i], "data/", 6));
		assert_false(request_ok(one_path[i], "", 1));
		assert_false(request_ok(one_path[i], "", 0));
	}
	for (i = 0; i < ARRAY_SIZE(path_and_strings); i++) {
		assert_true(request_ok(path_and_strings[i], "p\0t", 4));
		assert_true(request_ok(path_and_strings[i], "p\0", 3));
		assert_true(request_ok(path_and_strings[i], "p\0t\0u", 6));
		assert_false(request_ok(path_and_strings[i], "p\0t", 3));
		assert_false(request_ok(path_and_strings[i], "p", 2));
		assert_false(request_ok(path_and_strings[i], "p/\0t", 5));
		assert_false(request_ok(path_and_strings[i], "", 0));
	}
	for (i = 0; i < ARRAY_SIZE(strings); i++) {
		assert_true(request_ok(strings[i], "7", 2));
		assert_true(request_ok(strings[i], "7\08", 4));
		assert_false(request_ok(strings[i], "7", 1));
		assert_false(request_ok(strings[i], "7\08", 3));
		assert_false(request_ok(strings[i], "", 0));
	}
	assert_true(request_ok(XB_WIRE_WRITE, "p\0any \xff", 8));
	assert_true(request_ok(XB_WIRE_WRITE, "p", 2));
	assert_false(request_ok(XB_WIRE_WRITE, "p", 1));
	assert_false(request_ok(XB_WIRE_WRITE, "p/\0v", 5));
	assert_true(request_ok(XB_WIRE_TXN_START, "", 0));
	assert_true(request_ok(XB_WIRE_TXN_START, "\xff", 1));
	assert_false(request_ok(XB_WIRE_TYPES, "p", 2));
	assert_false(request_ok(0xffffffff, "p", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(send_wraps_and_stops_when_full, fresh),
		cmocka_unit_test_setup(indices_at_the_end_of_32_bits, fresh),
		cmocka_unit_test_setup(a_request_index_that_lies, fresh),
		cmocka_unit_test_setup(a_reply_index_that_lies, fresh),
		cmocka_unit_test_setup(our_indices_are_ours, fresh),
		cmocka_unit_test_setup(a_full_reply_ring_is_reported, fresh),
		cmocka_unit_test_setup(opening_drops_what_was_left, fresh),
		cmocka_unit_test_setup(messages_in_pieces, fresh),
		cmocka_unit_test_setup(a_message_too_long_is_refused, fresh),
		cmocka_unit_test_setup(messages_through_the_ring, fresh),
		cmocka_unit_test_setup(requests_too_long_are_refused, fresh),
		cmocka_unit_test(replies_are_matched_in_any_order),
		cmocka_unit_test(errors_by_name),
		cmocka_unit_test(numbers_names_and_strings),
		cmocka_unit_test(paths_as_the_store_takes_them),
		cmocka_unit_test(requests_of_others_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/xenbus/wire.c linux/drivers/xen/xenbus/state.c tests/drivers/fakestore.c */
/*
 * fuzz_wire.c: a hostile store: it writes what it likes into the page, at any moment, and a client made
 * of wire.c goes on reading and sending. The other half of the input is requests to the fake store.
 */
#include <stdlib.h>

#include "fakestore.h"
#include "xenbus/state.h"

static struct xb_wire_page page;
static struct xb_wire_msg msg;

static void look_at(const struct xb_wire_msg *m)
{
	struct xb_bus_path p;
	char name[XB_BUS_ID_SIZE];
	const char *a, *b;
	bool last;
	u32 v;
	int nr = xb_wire_names(m->body, m->hdr.len);

	if (nr > (int)m->hdr.len)
		abort();
	xb_wire_number(m->body, m->hdr.len, &v);
	if (xb_wire_directory_part(m->body, m->hdr.len, &v, &last) > 0 && v >= m->hdr.len)
		abort();
	xb_wire_errno(m->body, m->hdr.len);
	xb_wire_reply_error(&m->hdr, m->body, XB_WIRE_READ);
	if (!xb_wire_two_strings(m->body, m->hdr.len, &a, &b)) {
		if (strlen(a) + strlen(b) + 2 > m->hdr.len)
			abort();
		xb_wire_path_below(a, b);
	}
	for (u32 type = 0; type <= XB_WIRE_TYPES; type++)
		xb_wire_request_ok(type, m->body, m->hdr.len);
	for (int backend = 0; backend < 2; backend++)
		if (!xb_bus_path_parse(backend, (const char *)m->body, &p))
			xb_bus_device_name(backend, &p, 7, name);
	xb_state_parse((const char *)m->body, m->hdr.len);
	xb_state_otherend_ok((const char *)m->body);
	xb_vcpu_of_path((const char *)m->body);
}

static void hostile_store(const u8 *data, size_t size)
{
	struct xb_wire_call call[8];
	struct xb_wire_calls calls;
	struct xb_wire_port port;
	u32 nr_calls = 0;
	bool notify;

	memset(&page, 0, sizeof(page));
	xb_wire_open(&port, &page);
	xb_wire_calls_init(&calls);
	xb_wire_msg_reset(&msg);
	while (size >= 4) {
		u32 op = data[0] % 8, at = (data[1] | data[2] << 8) % sizeof(page), n = data[3];

		data += 4;
		size -= 4;
		if (op < 3) {		/* an honest store: bytes in order */
			n = n < size ? n : size;
			for (u32 i = 0; i < n && page.rsp_prod - page.rsp_cons < 1024; i++)
				page.rsp[page.rsp_prod++ % XB_WIRE_RING_SIZE] = data[i];
			data += n;
			size -= n;
		} else if (op == 3) {	/* anything anywhere */
			for (u32 i = 0; i < n && i < size && at + i < sizeof(page); i++)
				((u8 *)&page)[at + i] = data[i];
		} else if (op == 4) {
			page.req_cons += n;
		} else if (op == 5 && nr_calls < 8) {
			xb_wire_calls_add(&calls, &call[nr_calls++]);
			xb_wire_send(&port, data, n < size ? n : size, &notify);
		} else if (xb_wire_recv_msg(&port, &msg, &notify) == 1) {
			look_at(&msg);
			xb_wire_calls_match(&calls, &msg.hdr);
			xb_wire_msg_reset(&msg);
		}
		xb_wire_flushed(&port);
	}
	while (xb_wire_calls_pop(&calls))
		;
	if (calls.nr)
		abort();
}

static void hostile_client(const u8 *data, size_t size)
{
	struct fakestore *fs;

	memset(&page, 0, sizeof(page));
	fs = fakestore_new(&page);
	while (size) {
		bool full = page.req_prod - page.req_cons >= XB_WIRE_RING_SIZE;

		if (!full)
			page.req[page.req_prod++ % XB_WIRE_RING_SIZE] = *data;
		/* A store that takes nothing from a full ring has given this client up. */
		data++;
		size--;
		if (full || !(size % 64)) {
			page.rsp_cons = page.rsp_prod;
			fakestore_serve(fs);
		}
	}
	fakestore_free(fs);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		hostile_client(data + 1, size - 1);
	else
		hostile_store(data + 1, size - 1);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_ops.c: the store's operations, each one request.
 *
 * Owns nothing and has no lock. Invariant: what the store replied is checked (number, terminated
 * names) before it is used.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "ring.h"

static struct xb_request *call_path(u32 type, u32 txn, const char *path)
{
	struct xb_wire_part part = { path, strlen(path) + 1 };

	return xb_request_call(type, txn, &part, 1);
}

/* For requests whose reply says only that it was done. */
static int result(struct xb_request *req)
{
	if (IS_ERR(req))
		return PTR_ERR(req);
	xb_request_put(req);
	return 0;
}

char *xb_ring_read(u32 txn, const char *path, unsigned int *len)
{
	struct xb_request *req = call_path(XB_WIRE_READ, txn, path);
	char *value;

	if (IS_ERR(req))
		return ERR_CAST(req);
	value = req->body;
	req->body = NULL;
	*len = req->hdr.len;
	xb_request_put(req);
	return value;
}

char **xb_ring_directory(u32 txn, const char *path, unsigned int *num)
{
	struct xb_request *req = call_path(XB_WIRE_DIRECTORY, txn, path);
	char **names, *text;
	int nr, i;

	if (IS_ERR(req))
		return ERR_CAST(req);
	nr = xb_wire_names(req->body, req->hdr.len);
	if (nr < 0) {
		xb_request_put(req);
		return ERR_PTR(-EIO);
	}
	/* Names behind the pointers, in one allocation; never empty, so that it can be freed. */
	names = kmalloc(nr * sizeof(*names) + req->hdr.len + 1, GFP_NOIO | __GFP_HIGH);
	if (!names) {
		xb_request_put(req);
		return ERR_PTR(-ENOMEM);
	}
	text = (char *)(names + nr);
	memcpy(text, req->body, req->hdr.len);
	for (i = 0; i < nr; i++) {
		names[i] = text;
		text += strlen(text) + 1;
	}
	*num = nr;
	xb_request_put(req);
	return names;
}

int xb_ring_write(u32 txn, const char *path, const char *value)
{
	struct xb_wire_part parts[] = {
		{ path, strlen(path) + 1 },
		{ value, strlen(value) },
	};

	return result(xb_request_call(XB_WIRE_WRITE, txn, parts, ARRAY_SIZE(parts)));
}

int xb_ring_mkdir(u32 txn, const char *path)
{
	return result(call_path(XB_WIRE_MKDIR, txn, path));
}

int xb_ring_rm(u32 txn, const char *path)
{
	return result(call_path(XB_WIRE_RM, txn, path));
}

int xb_ring_transaction_start(u32 *txn)
{
	struct xb_request *req = call_path(XB_WIRE_TXN_START, 0, "");
	int err;

	if (IS_ERR(req))
		return PTR_ERR(req);
	err = xb_wire_number(req->body, req->hdr.len, txn);
	xb_request_put(req);
	return err || !*txn ? -EIO : 0;
}

int xb_ring_transaction_end(u32 txn, bool abort)
{
	return result(call_path(XB_WIRE_TXN_END, txn, abort ? "F" : "T"));
}

int xb_ring_reset_watches(void)
{
	return result(call_path(XB_WIRE_RESET_WATCHES, 0, ""));
}

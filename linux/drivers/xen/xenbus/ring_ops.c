/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_ops.c: the store's operations, each one request.
 *
 * Owns nothing and has no lock. Invariant: what the store replied is checked (number, terminated
 * names) before it is used.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "ring.h"

#define DIRECTORY_MAX	65536u	/* bytes of names */
#define GENERATION_MAX	24

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
	*len = req->hdr.len;
	value = xb_request_take_body(req);
	xb_request_put(req);
	return value ? value : ERR_PTR(-ENOMEM);
}

/* Names behind the pointers to them, in one allocation; never empty, so that it can be freed. */
static char **split_names(const void *body, u32 len, unsigned int *num)
{
	int nr = xb_wire_names(body, len), i;
	char **names, *text;

	if (nr < 0)
		return ERR_PTR(-EIO);
	names = kmalloc(nr * sizeof(*names) + len + 1, GFP_NOIO | __GFP_HIGH);
	if (!names)
		return ERR_PTR(-ENOMEM);
	text = (char *)(names + nr);
	memcpy(text, body, len);
	for (i = 0; i < nr; i++) {
		names[i] = text;
		text += strlen(text) + 1;
	}
	*num = nr;
	return names;
}

/* Appends the piece at offset *USED to ALL; 1: it was the last one, -EAGAIN: start anew. */
static int directory_part(u32 txn, const char *path, u8 *all, u32 *used, char *generation)
{
	struct xb_wire_part parts[2];
	struct xb_request *req;
	int begin, err = 0;
	char offset[12];
	bool last;
	u32 len;

	parts[0] = (struct xb_wire_part){ path, strlen(path) + 1 };
	parts[1] = (struct xb_wire_part){ offset, sprintf(offset, "%u", *used) + 1 };
	req = xb_request_call(XB_WIRE_DIRECTORY_PART, txn, parts, ARRAY_SIZE(parts));
	if (IS_ERR(req))
		return PTR_ERR(req);
	begin = xb_wire_directory_part(req->body, req->hdr.len, &len, &last);
	if (begin < 0 || begin > GENERATION_MAX || (!len && !last))
		err = -EIO;
	else if (*used && strcmp(generation, req->body))
		err = -EAGAIN;
	else if (len > DIRECTORY_MAX - *used)
		err = -E2BIG;
	if (!err) {
		strscpy(generation, req->body, GENERATION_MAX);
		memcpy(all + *used, req->body + begin, len);
		*used += len;
		err = last;
	}
	xb_request_put(req);
	return err;
}

/* A directory that does not fit into one reply. It may change between two of them. */
static char **long_directory(u32 txn, const char *path, unsigned int *num)
{
	char generation[GENERATION_MAX], **names = NULL;
	u8 *all = kvmalloc(DIRECTORY_MAX, GFP_KERNEL);
	unsigned int tries = 100;
	u32 used = 0;
	int r;

	if (!all)
		return ERR_PTR(-ENOMEM);
	do {
		r = directory_part(txn, path, all, &used, generation);
		if (r == -EAGAIN)
			used = 0;
	} while (!r || (r == -EAGAIN && --tries));
	names = r < 0 ? ERR_PTR(r) : split_names(all, used, num);
	kvfree(all);
	return names;
}

char **xb_ring_directory(u32 txn, const char *path, unsigned int *num)
{
	struct xb_request *req = call_path(XB_WIRE_DIRECTORY, txn, path);
	char **names;

	if (PTR_ERR(req) == -E2BIG)
		return long_directory(txn, path, num);
	if (IS_ERR(req))
		return ERR_CAST(req);
	names = split_names(req->body, req->hdr.len, num);
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

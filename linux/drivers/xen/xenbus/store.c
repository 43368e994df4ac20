/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.c: the store as drivers see it, on top of whichever provider runs.
 *
 * Owns the building of paths and values, their limits, and what a value means. Invariants: nothing
 * longer than the wire takes reaches a provider; a number that is not one is refused. No lock.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <xen/interface/xen.h>
#include <xen/interface/io/xs_wire.h>
#include "internal.h"
#include "parse.h"

/*
 * Requests are made on behalf of devices that may carry the swap: no memory may be waited for
 * there.
 */
#define STORE_GFP (GFP_NOIO | __GFP_HIGH)

static char *store_path(const char *dir, const char *node)
{
	size_t max, len;
	char *path;

	path = *node ? kasprintf(STORE_GFP, "%s/%s", dir, node) : kstrdup(dir, STORE_GFP);
	if (!path)
		return ERR_PTR(-ENOMEM);
	len = strlen(path);
	max = *path == '/' ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX;
	if (len && len < max)
		return path;
	kfree(path);
	return ERR_PTR(len ? -E2BIG : -EINVAL);
}

int xb_transaction_start(struct xb_transaction *t)
{
	return xb_provider->transaction_start(&t->id);
}
EXPORT_SYMBOL_GPL(xb_transaction_start);

int xb_transaction_end(struct xb_transaction t, bool abort)
{
	return xb_provider->transaction_end(t.id, abort);
}
EXPORT_SYMBOL_GPL(xb_transaction_end);

int xb_transact(int (*fill)(struct xb_transaction t, void *data), void *data)
{
	struct xb_transaction t;
	int err;

	do {
		err = xb_transaction_start(&t);
		if (err)
			return err;
		err = fill(t, data);
		if (err) {
			xb_transaction_end(t, true);
			return err;
		}
		err = xb_transaction_end(t, false);
	} while (err == -EAGAIN);
	return err;
}
EXPORT_SYMBOL_GPL(xb_transact);

char *xb_read(struct xb_transaction t, const char *dir, const char *node, unsigned int *len)
{
	char *path = store_path(dir, node);
	unsigned int length = 0;
	char *value;

	if (IS_ERR(path))
		return path;
	value = xb_provider->read(t.id, path, &length);
	kfree(path);
	if (!IS_ERR(value) && len)
		*len = length;
	return value;
}
EXPORT_SYMBOL_GPL(xb_read);

char **xb_directory(struct xb_transaction t, const char *dir, const char *node, unsigned int *num)
{
	char *path = store_path(dir, node);
	char **names;

	*num = 0;
	if (IS_ERR(path))
		return ERR_CAST(path);
	names = xb_provider->directory(t.id, path, num);
	kfree(path);
	return names;
}
EXPORT_SYMBOL_GPL(xb_directory);

bool xb_exists(struct xb_transaction t, const char *dir, const char *node)
{
	char *value = xb_read(t, dir, node, NULL);

	if (IS_ERR(value))
		return false;
	kfree(value);
	return true;
}
EXPORT_SYMBOL_GPL(xb_exists);

int xb_write(struct xb_transaction t, const char *dir, const char *node, const char *value)
{
	char *path = store_path(dir, node);
	int err;

	if (IS_ERR(path))
		return PTR_ERR(path);
	if (strlen(path) + 1 + strlen(value) > XENSTORE_PAYLOAD_MAX)
		err = -E2BIG;
	else
		err = xb_provider->write(t.id, path, value);
	kfree(path);
	return err;
}
EXPORT_SYMBOL_GPL(xb_write);

int xb_printf(struct xb_transaction t, const char *dir, const char *node, const char *fmt, ...)
{
	va_list args;
	char *value;
	int err;

	va_start(args, fmt);
	value = kvasprintf(STORE_GFP, fmt, args);
	va_end(args);
	if (!value)
		return -ENOMEM;
	err = xb_write(t, dir, node, value);
	kfree(value);
	return err;
}
EXPORT_SYMBOL_GPL(xb_printf);

static int store_simple(int (*call)(u32 txn, const char *path), struct xb_transaction t,
			const char *dir, const char *node)
{
	char *path = store_path(dir, node);
	int err;

	if (IS_ERR(path))
		return PTR_ERR(path);
	err = call(t.id, path);
	kfree(path);
	return err;
}

int xb_mkdir(struct xb_transaction t, const char *dir, const char *node)
{
	return store_simple(xb_provider->mkdir, t, dir, node);
}
EXPORT_SYMBOL_GPL(xb_mkdir);

int xb_rm(struct xb_transaction t, const char *dir, const char *node)
{
	return store_simple(xb_provider->rm, t, dir, node);
}
EXPORT_SYMBOL_GPL(xb_rm);

static int read_number(const char *dir, const char *node, u64 min, u64 max, u64 *out)
{
	unsigned int len;
	char *value;
	int err;

	value = xb_read(XB_NIL, dir, node, &len);
	if (IS_ERR(value))
		return PTR_ERR(value);
	err = xb_parse_u64(value, len, min, max, out);
	kfree(value);
	return err;
}

int xb_need_uint(const char *dir, const char *node, unsigned int min, unsigned int max,
		 unsigned int *out)
{
	u64 value;
	int err = read_number(dir, node, min, max, &value);

	if (!err)
		*out = value;
	return err;
}
EXPORT_SYMBOL_GPL(xb_need_uint);

int xb_read_uint(const char *dir, const char *node, unsigned int def, unsigned int min,
		 unsigned int max, unsigned int *out)
{
	int err = xb_need_uint(dir, node, min, max, out);

	if (err != -ENOENT)
		return err;
	*out = def;
	return 0;
}
EXPORT_SYMBOL_GPL(xb_read_uint);

int xb_read_u64(const char *dir, const char *node, u64 def, u64 *out)
{
	int err = read_number(dir, node, 0, U64_MAX, out);

	if (err != -ENOENT)
		return err;
	*out = def;
	return 0;
}
EXPORT_SYMBOL_GPL(xb_read_u64);

bool xb_read_bool(const char *dir, const char *node, bool def)
{
	u64 value;
	int err = read_number(dir, node, 1, U64_MAX, &value);

	return err == -ENOENT ? def : !err;
}
EXPORT_SYMBOL_GPL(xb_read_bool);

int xb_watch(struct xb_watch *w)
{
	w->nr_pending = 0;
	w->provider = NULL;
	return xb_provider->watch(w);
}
EXPORT_SYMBOL_GPL(xb_watch);

void xb_unwatch(struct xb_watch *w)
{
	xb_provider->unwatch(w);
}
EXPORT_SYMBOL_GPL(xb_unwatch);

int xb_watch_path(struct xb_watch *w, void (*callback)(struct xb_watch *, const char *),
		  bool (*will_handle)(struct xb_watch *, const char *), const char *fmt, ...)
{
	va_list args;
	char *node;
	int err;

	va_start(args, fmt);
	node = kvasprintf(STORE_GFP, fmt, args);
	va_end(args);
	w->node = NULL;
	if (!node)
		return -ENOMEM;
	w->callback = callback;
	w->will_handle = will_handle;
	w->node = node;
	err = xb_watch(w);
	if (err) {
		w->node = NULL;
		kfree(node);
	}
	return err;
}
EXPORT_SYMBOL_GPL(xb_watch_path);

void xb_unwatch_path(struct xb_watch *w)
{
	if (!w->node)
		return;
	xb_unwatch(w);
	kfree(w->node);
	w->node = NULL;
}
EXPORT_SYMBOL_GPL(xb_unwatch_path);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.h: access to XenStore, whichever provider serves it.
 *
 * Every function may sleep and returns 0 or a negative errno: -ENOENT when the node is not
 * there, -EACCES, -EAGAIN (a transaction has to be started again), -EIO (no store), -ENOMEM,
 * -E2BIG (over the wire's 4096 bytes). A path is DIR "/" NODE, or just DIR when NODE is empty.
 * What was read came from somebody else: take numbers through xb_read_uint and its kin, which
 * accept a whole, in-range decimal number and nothing else.
 */
#ifndef XB_STORE_H
#define XB_STORE_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/spinlock.h>

struct xb_transaction {
	u32 id;
};

#define XB_NIL ((struct xb_transaction){ 0 })

int xb_transaction_start(struct xb_transaction *t);
int xb_transaction_end(struct xb_transaction t, bool abort);
/*
 * What FILL writes, in one transaction, begun anew for as long as it collides with others'. An
 * error of FILL ends it, and nothing is written then.
 */
int xb_transact(int (*fill)(struct xb_transaction t, void *data), void *data);

/* The value with a NUL behind it, to be given to kfree; or an ERR_PTR. LEN may be NULL. */
char *xb_read(struct xb_transaction t, const char *dir, const char *node, unsigned int *len);
/* The names of the children in one allocation (kfree); *num says how many; or an ERR_PTR. */
char **xb_directory(struct xb_transaction t, const char *dir, const char *node, unsigned int *num);
bool xb_exists(struct xb_transaction t, const char *dir, const char *node);
int xb_write(struct xb_transaction t, const char *dir, const char *node, const char *value);
__printf(4, 5)
int xb_printf(struct xb_transaction t, const char *dir, const char *node, const char *fmt, ...);
int xb_mkdir(struct xb_transaction t, const char *dir, const char *node);
int xb_rm(struct xb_transaction t, const char *dir, const char *node);

/*
 * A number in [MIN, MAX]. Absent: 0 is returned and *out is DEF. Malformed: -EINVAL, out of
 * range: -ERANGE, and *out is untouched: whoever wrote it is to be refused, not guessed at.
 */
int xb_read_uint(const char *dir, const char *node, unsigned int def, unsigned int min,
		 unsigned int max, unsigned int *out);
int xb_read_u64(const char *dir, const char *node, u64 def, u64 *out);
/* A feature flag: anything but a well-formed number above 0 counts as "no" (DEF when absent). */
bool xb_read_bool(const char *dir, const char *node, bool def);
/* As xb_read_uint, but the key has to be there: absent is -ENOENT. */
int xb_need_uint(const char *dir, const char *node, unsigned int min, unsigned int max,
		 unsigned int *out);

/*
 * A watch calls back in process context, one event at a time for all watches, first once
 * right after it was registered. PATH is what changed.
 * will_handle (optional) is asked before an event is queued, under a spinlock. At most
 * XB_WATCH_PENDING_MAX events of one watch are queued; when more came, one whose PATH is the
 * watched node itself follows the last of them, and stands for all that were dropped.
 */
#define XB_WATCH_PENDING_MAX 64

struct xb_watch {
	const char *node;	/* the caller's; xb_watch_path's own is freed by xb_unwatch_path */
	void (*callback)(struct xb_watch *w, const char *path);
	bool (*will_handle)(struct xb_watch *w, const char *path);

	/* The provider's. */
	void *provider;
	struct list_head list;
	unsigned int nr_pending;
};

int xb_watch(struct xb_watch *w);
/* After it returns the callback does not run any more, unless it is called from a callback. */
void xb_unwatch(struct xb_watch *w);
__printf(4, 5)
int xb_watch_path(struct xb_watch *w, void (*callback)(struct xb_watch *, const char *),
		  bool (*will_handle)(struct xb_watch *, const char *), const char *fmt, ...);
/*
 * As xb_unwatch, and frees the node that xb_watch_path made. Harmless on a watch that is not set.
 */
void xb_unwatch_path(struct xb_watch *w);

#endif

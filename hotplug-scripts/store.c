/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.c: see store.h. What is written is written in one transaction that first looks for the
 * device: a write would bring back the folder of one that the toolstack has just taken away.
 *
 * INVARIANTS: no transaction is open when a function returns.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "store.h"

int store_open(struct job *job)
{
	job->xs = xs_open(0);
	if (!job->xs)
		return fail(job, "is xenstored running, is this domain 0 or a driver domain?",
			    "there is no XenStore: %s", strerror(errno));
	return 0;
}

void store_close(struct job *job)
{
	if (job->xs)
		xs_close(job->xs);
	job->xs = NULL;
}

/* The path of a key; false when it is too long to be one. */
static bool path_of(const struct job *job, const char *key, char *path, size_t size)
{
	int n = *key == '/' ? snprintf(path, size, "%s", key) :
			      snprintf(path, size, "%s/%s", job->path, key);

	return n > 0 && (size_t)n < size;
}

char *store_read(struct job *job, const char *key)
{
	char path[512], *value;
	unsigned int len;

	if (!path_of(job, key, path, sizeof(path)))
		return NULL;
	value = xs_read(job->xs, XBT_NULL, path, &len);
	if (value && !*value) {
		free(value);
		value = NULL;
	}
	return keep(job, value);
}

char *store_read_home(struct job *job, const char *key)
{
	unsigned int len;

	return keep(job, xs_read(job->xs, XBT_NULL, key, &len));
}

char *store_readf(struct job *job, const char *fmt, ...)
{
	char path[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return n > 0 && (size_t)n < sizeof(path) ? store_read(job, path) : NULL;
}

static bool has(struct job *job, xs_transaction_t t, const char *path)
{
	unsigned int len;
	char *value = xs_read(job->xs, t, path, &len);
	bool found = value;

	free(value);
	return found;
}

bool store_has(struct job *job, const char *path)
{
	return has(job, XBT_NULL, path);
}

/* A path outside the device: only where its folder is. */
static bool folder_is_there(struct job *job, xs_transaction_t t, const char *path)
{
	char folder[512], *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return false;
	*slash = 0;
	return has(job, t, folder);
}

static int write_pairs(struct job *job, xs_transaction_t t, const struct store_pair *pairs,
		       unsigned int nr)
{
	char path[512];

	for (unsigned int i = 0; i < nr; i++) {
		const char *key = pairs[i].key;

		if (!path_of(job, key, path, sizeof(path)))
			return fail(job, NULL, "the key %s is too long", key);
		if (*key == '/' && !folder_is_there(job, t, path))
			continue;
		if (xs_write(job->xs, t, path, pairs[i].value, strlen(pairs[i].value)))
			continue;
		if (*key == '/' && errno == EACCES)
			continue;
		return fail(job, "look at xenstored's quotas and log", "%s cannot be written: %s",
			    path, strerror(errno));
	}
	return 0;
}

int store_write(struct job *job, const struct store_pair *pairs, unsigned int nr)
{
	/* At least once: a job that was too slow must still be able to say so. */
	do {
		xs_transaction_t t = xs_transaction_start(job->xs);
		int rc;

		if (t == XBT_NULL)
			return fail(job, "look at xenstored's log", "no transaction: %s",
				    strerror(errno));
		if (!has(job, t, job->path))
			rc = fail(job, NULL, "the device was taken away meanwhile");
		else
			rc = write_pairs(job, t, pairs, nr);
		if (xs_transaction_end(job->xs, t, rc != 0) || rc)
			return rc;
		/* Somebody else was faster: once more. */
		if (errno != EAGAIN)
			return fail(job, "look at xenstored's log", "the store refuses: %s",
				    strerror(errno));
	} while (!deadline_passed());
	return fail(job, "is the machine overloaded?", "the store was too slow for %d s", DEADLINE);
}

void store_tell_error(struct job *job)
{
	char text[sizeof(job->error)];
	struct store_pair pairs[] = {
		{ "hotplug-error", text },
		{ "hotplug-status", "error" },
	};

	if (!job->xs || !job->path)
		return;
	/* The failure is copied: writing it may fail in its turn. */
	memcpy(text, job->error, sizeof(text));
	store_write(job, pairs, 2);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.h: XenStore, in one connection for a job. Keys are below the job's device; those that begin
 * with a slash are paths.
 */
#ifndef STORE_H
#define STORE_H

#include "hotplug.h"

struct store_pair {
	const char *key;
	const char *value;
};

/* -1 and a failure when there is no store. */
int store_open(struct job *job);
void store_close(struct job *job);

/* The value, which lives as long as the job; NULL when it is not there or empty. */
char *store_read(struct job *job, const char *key);
char *store_readf(struct job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same below the own domain's home, wherever that is. */
char *store_read_home(struct job *job, const char *key);

/* Is there such a node? */
bool store_has(struct job *job, const char *path);

/* Writes all pairs or none, and fails when the device has gone meanwhile. A path whose parent is
 * not there, or is not ours to write, is left out.
 */
int store_write(struct job *job, const struct store_pair *pairs, unsigned int nr);

/* hotplug-error and hotplug-status, if the device is still there. */
void store_tell_error(struct job *job);

#endif

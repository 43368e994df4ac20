/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h: small files in /run/xen-hotplug that are locks and memory at once: of a device, what
 * was done for it; of a disk, who uses it.
 *
 * INVARIANTS: who has a record has its lock, and only he may change or remove the file. A lock goes
 * with its process, so that one of a killed script is free at once. A file is replaced whole
 * (renamed over), so that a killed script leaves the old text or the new one.
 * LOCK ORDER: device, then disk. Nobody has two of a kind.
 */
#ifndef RECORD_H
#define RECORD_H

#include "hotplug.h"

#define RECORD_MAX	8192

struct record {
	int fd;			/* -1: not held */
	char path[256];
	char text[RECORD_MAX];	/* lines "NAME=VALUE" */
};

/* Takes the lock, and reads what is there; -1 and a failure when it cannot be had in time. */
int record_take(struct job *job, struct record *r, const char *name);
/* NAME's value in the record, copied to VALUE; false when there is none. */
bool record_get(const struct record *r, const char *name, char *value, size_t size);
/* Changes the text in memory: NAME gets VALUE, or goes when VALUE is NULL. False: no room. */
bool record_set(struct record *r, const char *name, const char *value);
/* The text becomes the file's; an empty one removes the file. */
int record_save(struct job *job, struct record *r);
/* Gives the lock back; a file that was never given a text is removed. */
void record_drop(struct record *r);

#endif

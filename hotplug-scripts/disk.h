/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.h: a guest's disk in the backend's domain: what it is, and who else has it.
 */
#ifndef DISK_H
#define DISK_H

#include <sys/stat.h>

#include "hotplug.h"
#include "record.h"

enum disk_mode { DISK_READ, DISK_WRITE, DISK_SHARED };

struct disk {
	struct job *job;
	struct record device;	/* of this device: what was done for it */
	struct record users;	/* of this disk: which devices have it */
	enum disk_mode mode;
	struct stat st;		/* of the block device or the file */
	char path[512];		/* of it, without links */
};

/* "r", "w", "w!" and their like, as libxl and users write them. */
enum disk_mode disk_mode(const char *text);

/* Takes the record of the disk's users, and fails when this device may not be one of them:
 * a disk that is written has one user, be it a guest or this domain; one that is only read has
 * no user that writes. Devices of one and the same guest do not count, nor do guests that are gone.
 */
int disk_share(struct disk *d);
/* This device becomes one of the users, or is none any more. */
int disk_join(struct disk *d);
void disk_leave(struct disk *d);
/* The name of the users' record, for the device's own. */
void disk_id(const struct disk *d, char *id, size_t size);

#endif

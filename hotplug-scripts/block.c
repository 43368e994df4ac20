/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * block.c: the life of a disk: block (a block device, or a file behind a loop device) and
 * block-dummy (a file, "dummy:FILE").
 *
 *   add      what is it -> who else has it -> loop device (file only) -> records -> store
 *   remove   loop device (file only) and records go
 *
 * In the store afterwards: physical-device "fd:2" (hexadecimal, what the backend opens),
 * physical-device-path, node (file only), hotplug-status.
 *
 * INVARIANTS: up to the last step a loop device of a script that is killed goes by itself; from
 * then on the record names it, by its sequence number. remove lets go of that one and of no other,
 * be its number in other hands by now. The store is asked before "connected": a device that the
 * toolstack took away meanwhile is not brought back.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "disk.h"
#include "loop.h"
#include "store.h"

/* ---- what the disk is */
static int find_disk(struct disk *d, const char *target)
{
	char path[600], *real;

	snprintf(path, sizeof(path), "%s%s", *target == '/' ? "" : "/dev/", target);
	real = keep(d->job, realpath(path, NULL));
	if (!real || stat(real, &d->st))
		return fail(d->job, "look at the guest's disk= for the name", "%s: %s", path,
			    strerror(errno));
	if (!S_ISBLK(d->st.st_mode) && !S_ISREG(d->st.st_mode))
		return fail(d->job, "give a block device or a file",
			    "%s is neither block device nor file", real);
	if (snprintf(d->path, sizeof(d->path), "%s", real) >= (int)sizeof(d->path))
		return fail(d->job, NULL, "%s is too long a path", real);
	return 0;
}

/* The path in the store's params; NULL: none. */
static const char *target_of(struct job *job)
{
	const char *params = store_read(job, "params");

	if (!params || strcmp(job->script, "block-dummy"))
		return params;
	return strncmp(params, "dummy:", 6) ? NULL : params + 6;
}

/* ---- the loop device */
static void forget(struct disk *d)
{
	record_set(&d->device, "loop", NULL);
	record_set(&d->device, "diskseq", NULL);
	record_set(&d->device, "disk", NULL);
	record_save(d->job, &d->device);
}

/* The loop device of this record, whether it was made by a finished script or by a killed one. */
static bool free_recorded(struct disk *d)
{
	char number[16], seq[32];

	return record_get(&d->device, "loop", number, sizeof(number)) &&
	       record_get(&d->device, "diskseq", seq, sizeof(seq)) &&
	       loop_free(atoi(number), strtoull(seq, NULL, 10), NULL);
}

/* All that the record tells of; true when a loop device went with it. */
static bool clean_up(struct disk *d)
{
	bool freed = free_recorded(d);
	char id[64];

	if (record_get(&d->device, "disk", id, sizeof(id)) &&
	    !record_take(d->job, &d->users, id))
		disk_leave(d);
	forget(d);
	return freed;
}

static int make_loop(struct disk *d, struct loop *loop)
{
	bool read_only = d->mode == DISK_READ;
	int fd = open(d->path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	char text[32];
	int rc;

	if (fd < 0)
		return fail(d->job,
			    read_only ? NULL : "give it read-only, or make the file writable",
			    "%s: %s", d->path, strerror(errno));
	rc = loop_make(d->job, loop, fd, d->path, read_only);
	close(fd);
	if (rc)
		return -1;
	snprintf(text, sizeof(text), "%d", loop->number);
	record_set(&d->device, "loop", text);
	snprintf(text, sizeof(text), "%" PRIu64, loop->diskseq);
	record_set(&d->device, "diskseq", text);
	return 0;
}

/* ---- add */
static int tell(struct disk *d, const char *node, dev_t dev, bool is_loop)
{
	char number[32];
	const struct store_pair pairs[] = {
		{ "physical-device-path", node },
		{ "hotplug-status", "connected" },
		{ "physical-device", number },
		{ "node", node },
	};

	snprintf(number, sizeof(number), "%x:%x", major(dev), minor(dev));
	return store_write(d->job, pairs, is_loop ? 4 : 3);
}

static int write_record(struct disk *d)
{
	char id[64];

	disk_id(d, id, sizeof(id));
	record_set(&d->device, "disk", id);
	return record_save(d->job, &d->device) || disk_join(d) ? -1 : 0;
}

static int give_file(struct disk *d)
{
	struct loop loop;
	int rc;

	if (make_loop(d, &loop))
		return -1;
	rc = write_record(d) || tell(d, loop.path, loop.dev, true) || loop_keep(d->job, &loop);
	if (rc) {
		disk_leave(d);
		forget(d);
	} else {
		done(d->job, "%s is %s, %s%s", d->path, loop.path,
		     loop.direct ? "direct" : "buffered",
		     d->mode == DISK_READ ? ", read only" : "");
	}
	loop_close(&loop);
	return rc ? -1 : 0;
}

static int give_device(struct disk *d)
{
	if (write_record(d) || tell(d, d->path, d->st.st_rdev, false)) {
		disk_leave(d);
		forget(d);
		return -1;
	}
	done(d->job, "%s, %x:%x", d->path, major(d->st.st_rdev), minor(d->st.st_rdev));
	return 0;
}

/* By an earlier call of this script; the loop device of one that was killed may have gone. */
static bool is_connected(struct disk *d)
{
	const char *status = store_read(d->job, "hotplug-status");
	char number[16], seq[32];

	if (!status || strcmp(status, "connected") || !store_read(d->job, "physical-device") ||
	    !record_get(&d->device, "disk", seq, sizeof(seq)))
		return false;
	if (!record_get(&d->device, "loop", number, sizeof(number)) ||
	    !record_get(&d->device, "diskseq", seq, sizeof(seq)))
		return true;
	return loop_lives(d->job, atoi(number), strtoull(seq, NULL, 10));
}

static int add(struct disk *d)
{
	static const struct store_pair empty = { "hotplug-status", "connected" };
	const char *target = target_of(d->job), *type;
	int rc;

	if (is_connected(d)) {
		done(d->job, "is connected already");
		return 0;
	}
	/* Somebody was here before and was killed. */
	if (*d->device.text && clean_up(d))
		done(d->job, "what a killed script left is gone");
	if (!target) {
		type = store_read(d->job, "device-type");
		if (!type || strcmp(type, "cdrom"))
			return fail(d->job, "look at the guest's disk= for the name",
				    "no disk is named");
		done(d->job, "a drive without a medium");
		return store_write(d->job, &empty, 1);
	}
	d->mode = disk_mode(store_read(d->job, "mode"));
	if (find_disk(d, target))
		return -1;
	rc = disk_share(d);
	if (!rc)
		rc = S_ISBLK(d->st.st_mode) ? give_device(d) : give_file(d);
	record_drop(&d->users);
	return rc;
}

/* ---- remove: what has gone already is done */
/* Another script than ours may have made it: then the store has its name. */
static bool free_node(struct disk *d)
{
	const char *node = store_read(d->job, "node"), *target = target_of(d->job);
	int number;

	return node && target && sscanf(node, "/dev/loop%d", &number) == 1 &&
	       !stat(target, &d->st) && S_ISREG(d->st.st_mode) && loop_free(number, 0, &d->st);
}

static int take_away(struct disk *d)
{
	done(d->job, clean_up(d) || free_node(d) ? "the loop device is free" : "removed");
	return *d->job->error ? -1 : 0;
}

int block_main(struct job *job)
{
	struct disk d = { .job = job, .device.fd = -1, .users.fd = -1 };
	char name[64];
	int rc;

	if (strcmp(job->type, "vbd"))
		return fail(job, "this script is for disks", "%s is not a vbd", job->path);
	snprintf(name, sizeof(name), "vbd-%u-%u", job->domid, job->devid);
	if (record_take(job, &d.device, name))
		return -1;
	if (!strcmp(job->command, "add"))
		rc = add(&d);
	else if (!strcmp(job->command, "remove"))
		rc = take_away(&d);
	else
		rc = fail(job, "add or remove", "%s is not for disks", job->command);
	record_drop(&d.device);
	return rc;
}

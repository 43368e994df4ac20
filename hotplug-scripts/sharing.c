/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sharing.c: who else has a disk (disk.h). Asked are
 *   - the disk's own record: the devices that these scripts gave it to, and that are still in the
 * store
 *   - the kernel: which device xen-blkback has opened for whom, whoever set that up (sysfs)
 *   - the kernel: what is mounted here, of the disk or of a loop device over the file
 * Each costs the same however many guests there are in the store.
 *
 * INVARIANTS: from disk_share on the record is held, until the device has joined or the job ends:
 * of two scripts for one disk the second sees the first.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "disk.h"
#include "loop.h"
#include "store.h"

enum disk_mode disk_mode(const char *text)
{
	if (!text || !strchr(text, 'w'))
		return DISK_READ;
	return strchr(text, '!') ? DISK_SHARED : DISK_WRITE;
}

void disk_id(const struct disk *d, char *id, size_t size)
{
	if (S_ISBLK(d->st.st_mode))
		snprintf(id, size, "disk-%u:%u", major(d->st.st_rdev), minor(d->st.st_rdev));
	else
		snprintf(id, size, "file-%u:%u-%llu", major(d->st.st_dev), minor(d->st.st_dev),
			 (unsigned long long)d->st.st_ino);
}

static bool clash(enum disk_mode a, enum disk_mode b)
{
	return a == DISK_WRITE || b == DISK_WRITE;
}

/* ---- guests */
static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* A guest and the domain that emulates its devices are one; so is a guest that moves to this host
 * from this host. A domain without a name in the store is gone, or not there yet.
 */
static bool same_vm(struct job *job, unsigned int other)
{
	char *vm = store_readf(job, "/local/domain/%u/vm", job->domid);
	char *its = store_readf(job, "/local/domain/%u/vm", other);
	char *target = store_readf(job, "/local/domain/%u/target", job->domid);
	char *its_target = store_readf(job, "/local/domain/%u/target", other);
	char *target_vm = target ? store_readf(job, "/local/domain/%s/vm", target) : NULL;
	char *its_target_vm =
		its_target ? store_readf(job, "/local/domain/%s/vm", its_target) : NULL;

	return !its || same_text(vm, its) || same_text(target_vm, its) ||
	       same_text(vm, its_target_vm) || same_text(target_vm, its_target_vm);
}

static int taken_by(struct disk *d, unsigned int domid, unsigned int devid, enum disk_mode mode)
{
	struct job *job = d->job;

	if (domid == job->domid && devid == job->devid)
		return 0;
	if (!clash(d->mode, mode) || same_vm(job, domid))
		return 0;
	return fail(job, "detach it there first, or give both only to read",
		    "%s is in use by guest %u (device %u, %s)", d->path, domid, devid,
		    mode == DISK_READ ? "reads" : "writes");
}

/* Is the device still in the store? Beside this job's own, wherever that is. */
static bool device_is_there(struct job *job, unsigned int domid, unsigned int devid)
{
	const char *end = strstr(job->path, "backend/vbd/");
	char path[256];

	snprintf(path, sizeof(path), "%.*sbackend/vbd/%u/%u", (int)(end - job->path), job->path,
		 domid, devid);
	return store_has(job, path);
}

/* What these scripts know. Lines of devices that have gone are dropped. */
static int ask_record(struct disk *d)
{
	struct record *r = &d->users;
	unsigned int domid, devid;
	char name[64], mode[16];
	int rc = 0;

	for (char *p = r->text; *p && !rc;) {
		if (sscanf(p, "vbd-%u-%u=%15[^\n]", &domid, &devid, mode) != 3 || !strchr(p, '\n'))
			return fail(d->job, "remove the file", "%s is damaged", r->path);
		snprintf(name, sizeof(name), "vbd-%u-%u", domid, devid);
		if (!device_is_there(d->job, domid, devid)) {
			record_set(r, name, NULL);
			continue;
		}
		rc = taken_by(d, domid, devid, disk_mode(mode));
		p = strchr(p, '\n') + 1;
	}
	return rc;
}

static bool read_line(const char *folder, const char *device, const char *name, char *line,
		      int size)
{
	char path[640];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, device, name);
	f = fopen(path, "re");
	ok = f && fgets(line, size, f);
	if (f)
		fclose(f);
	return ok;
}

/* Whose xen-blkback has opened DEV? */
static int ask_backend(struct disk *d, dev_t dev)
{
	unsigned int domid, devid, maj, min;
	char folder[256], line[32], mode[16];
	struct dirent *e;
	int rc = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/bus/xen-backend/devices", place_sys());
	dir = opendir(folder);
	while (dir && !rc && (e = readdir(dir))) {
		if (sscanf(e->d_name, "vbd-%u-%u", &domid, &devid) != 2 ||
		    !read_line(folder, e->d_name, "physical_device", line, sizeof(line)) ||
		    sscanf(line, "%x:%x", &maj, &min) != 2 || makedev(maj, min) != dev ||
		    !read_line(folder, e->d_name, "mode", mode, sizeof(mode)))
			continue;
		rc = taken_by(d, domid, devid, disk_mode(mode));
	}
	if (dir)
		closedir(dir);
	return rc;
}

/* ---- this domain */
static bool mount_is_of(unsigned int maj, unsigned int min, const char *source, dev_t dev)
{
	struct stat st;

	/* A file system over several disks has a number of its own. */
	return makedev(maj, min) == dev ||
	       (*source == '/' && !stat(source, &st) && S_ISBLK(st.st_mode) && st.st_rdev == dev);
}

static int ask_mounts(struct disk *d, dev_t dev)
{
	char line[4096], where[256], source[256], opts[256], *tail;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	unsigned int maj, min;
	int rc = 0;

	while (f && !rc && fgets(line, sizeof(line), f)) {
		tail = strstr(line, " - ");
		if (!tail || sscanf(line, "%*s %*s %u:%u %*s %255s", &maj, &min, where) != 3 ||
		    sscanf(tail, " - %*s %255s %255s", source, opts) != 2)
			continue;
		if (!mount_is_of(maj, min, source, dev))
			continue;
		if (d->mode == DISK_READ && (!strcmp(opts, "ro") || !strncmp(opts, "ro,", 3)))
			continue;
		rc = fail(d->job, "unmount it first", "%s is mounted on %s here", d->path, where);
	}
	if (f)
		fclose(f);
	return rc;
}

static int ask_loop(const char *path, dev_t dev, void *arg)
{
	struct disk *d = arg;

	(void)path;
	return ask_backend(d, dev) || ask_mounts(d, dev) ? -1 : 0;
}

/* ---- all of them */
int disk_share(struct disk *d)
{
	char id[64];

	disk_id(d, id, sizeof(id));
	if (record_take(d->job, &d->users, id))
		return -1;
	/* "w!": who says that knows what he does, as with Xen's scripts. */
	if (d->mode == DISK_SHARED)
		return 0;
	if (ask_record(d))
		return -1;
	if (S_ISBLK(d->st.st_mode))
		return ask_loop(d->path, d->st.st_rdev, d);
	return loop_each(&d->st, ask_loop, d);
}

int disk_join(struct disk *d)
{
	static const char *const words[] = { "r", "w", "w!" };
	char name[64];

	snprintf(name, sizeof(name), "vbd-%u-%u", d->job->domid, d->job->devid);
	if (!record_set(&d->users, name, words[d->mode]))
		return fail(d->job, NULL, "%s has too many users", d->path);
	return record_save(d->job, &d->users);
}

void disk_leave(struct disk *d)
{
	char name[64];

	if (d->users.fd < 0)
		return;
	snprintf(name, sizeof(name), "vbd-%u-%u", d->job->domid, d->job->devid);
	record_set(&d->users, name, NULL);
	record_save(d->job, &d->users);
	record_drop(&d->users);
}

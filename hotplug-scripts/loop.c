/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.c: see loop.h. The kernel gives a free number (LOOP_CTL_GET_FREE); whoever asks at the same
 * time gets the same one, and the one that comes second asks again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "loop.h"

#define TRIES	100

static int open_number(int number, char *path, size_t size, int flags)
{
	snprintf(path, size, "/dev/loop%d", number);
	return open(path, flags | O_CLOEXEC);
}

/* 1: somebody else has taken it. */
static int configure(struct loop *loop, int number, int file, const char *name, bool read_only)
{
	struct loop_config c = { .fd = file };

	c.info.lo_flags =
		LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO | (read_only ? LO_FLAGS_READ_ONLY : 0);
	snprintf((char *)c.info.lo_file_name, sizeof(c.info.lo_file_name), "%s", name);
	loop->fd =
		open_number(number, loop->path, sizeof(loop->path), read_only ? O_RDONLY : O_RDWR);
	if (loop->fd < 0)
		return errno == ENXIO || errno == ENOENT ? 1 : -errno;
	if (ioctl(loop->fd, LOOP_CONFIGURE, &c)) {
		int err = errno;

		loop_close(loop);
		return err == EBUSY || err == ENXIO ? 1 : -err;
	}
	loop->number = number;
	return 0;
}

static int look(struct loop *loop)
{
	struct loop_info64 info;
	struct stat st;

	if (ioctl(loop->fd, LOOP_GET_STATUS64, &info) ||
	    ioctl(loop->fd, BLKGETDISKSEQ, &loop->diskseq) || fstat(loop->fd, &st))
		return -errno;
	loop->dev = st.st_rdev;
	loop->direct = info.lo_flags & LO_FLAGS_DIRECT_IO;
	return 0;
}

int loop_make(struct job *job, struct loop *loop, int file, const char *name, bool read_only)
{
	int ctl = open("/dev/loop-control", O_RDWR | O_CLOEXEC), rc = 1, number = -1;

	loop->fd = -1;
	if (ctl < 0)
		return fail(job, "modprobe loop", "/dev/loop-control: %s", strerror(errno));
	for (int i = 0; rc == 1 && i < TRIES; i++) {
		number = ioctl(ctl, LOOP_CTL_GET_FREE);
		rc = number < 0 ? -errno : configure(loop, number, file, name, read_only);
	}
	close(ctl);
	if (!rc) {
		rc = look(loop);
		if (rc)
			loop_close(loop);
	}
	if (rc == 1)
		return fail(job, "losetup -a shows who has them",
			    "no loop device is free (tried %d times)", TRIES);
	if (rc < 0)
		return fail(job, "losetup -a shows the loop devices", "no loop device for %s: %s",
			    name, strerror(-rc));
	return 0;
}

int loop_keep(struct job *job, struct loop *loop)
{
	struct loop_info64 info;

	if (ioctl(loop->fd, LOOP_GET_STATUS64, &info))
		return fail(job, NULL, "%s: %s", loop->path, strerror(errno));
	info.lo_flags &= ~LO_FLAGS_AUTOCLEAR;
	if (ioctl(loop->fd, LOOP_SET_STATUS64, &info))
		return fail(job, NULL, "%s: %s", loop->path, strerror(errno));
	return 0;
}

void loop_close(struct loop *loop)
{
	if (loop->fd >= 0)
		close(loop->fd);
	loop->fd = -1;
}

bool loop_lives(struct job *job, int number, uint64_t diskseq)
{
	struct loop loop;
	bool lives;

	loop.fd = open_number(number, loop.path, sizeof(loop.path), O_RDONLY);
	if (loop.fd < 0)
		return false;
	lives = !look(&loop) && loop.diskseq == diskseq && !loop_keep(job, &loop);
	loop_close(&loop);
	return lives;
}

static bool is_over(const struct loop_info64 *info, const struct stat *file)
{
	unsigned int major = info->lo_device >> 8 & 0xfff;
	unsigned int minor = (info->lo_device & 0xff) | (info->lo_device >> 12 & 0xfff00);

	return info->lo_inode == file->st_ino && makedev(major, minor) == file->st_dev;
}

bool loop_free(int number, uint64_t diskseq, const struct stat *file)
{
	struct loop_info64 info;
	uint64_t seq = 0;
	char path[32];
	bool ours;
	/* While it is open here, it cannot become another one. */
	int fd = open_number(number, path, sizeof(path), O_RDONLY);

	if (fd < 0)
		return false;
	ours = !ioctl(fd, LOOP_GET_STATUS64, &info);
	if (diskseq)
		ours = ours && !ioctl(fd, BLKGETDISKSEQ, &seq) && seq == diskseq;
	else
		ours = ours && file && is_over(&info, file);
	if (ours)
		ours = !ioctl(fd, LOOP_CLR_FD, 0);
	close(fd);
	return ours;
}

int loop_each(const struct stat *file, int (*each)(const char *path, dev_t dev, void *arg),
	      void *arg)
{
	struct loop_info64 info;
	struct dirent *e;
	struct stat st;
	char path[300];
	DIR *dir;
	int rc = 0;

	/* Only those that are in use have this folder; others are not even opened. */
	snprintf(path, sizeof(path), "%s/block", place_sys());
	dir = opendir(path);
	while (dir && !rc && (e = readdir(dir))) {
		int number, fd;
		bool over;

		if (sscanf(e->d_name, "loop%d", &number) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/block/loop%d/loop", place_sys(), number);
		if (access(path, F_OK))
			continue;
		fd = open_number(number, path, sizeof(path), O_RDONLY);
		if (fd < 0)
			continue;
		over = !ioctl(fd, LOOP_GET_STATUS64, &info) && is_over(&info, file) &&
		       !fstat(fd, &st);
		close(fd);
		if (over)
			rc = each(path, st.st_rdev, arg);
	}
	if (dir)
		closedir(dir);
	return rc;
}

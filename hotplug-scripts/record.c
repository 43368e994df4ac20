/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.c: see record.h. The lock is flock on the file, and counts only if the path still leads to
 * that file: its holder may have removed or replaced it before he let go. (Xen's own scripts lock
 * files in the same folder by the same rule.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int fail_file(struct job *job, const char *path)
{
	return fail(job, errno == ENOSPC ? "make room there" : NULL, "%s: %s", path,
		    strerror(errno));
}

static int take(struct job *job, struct record *r)
{
	for (;;) {
		r->fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (r->fd < 0)
			return fail_file(job, r->path);
		if (flock(r->fd, LOCK_EX)) {
			if (deadline_passed())
				fail(job, "look for what it hangs on",
				     "another script has held %s for %d s", r->path, DEADLINE);
			else
				fail_file(job, r->path);
			close(r->fd);
			r->fd = -1;
			return -1;
		}
		if (same_file(r->fd, r->path))
			return 0;
		close(r->fd);
	}
}

int record_take(struct job *job, struct record *r, const char *name)
{
	ssize_t n;

	r->fd = -1;
	r->text[0] = 0;
	if (mkdir(place_run(), 0755) && errno != EEXIST)
		return fail_file(job, place_run());
	if (snprintf(r->path, sizeof(r->path), "%s/%s", place_run(), name) >= (int)sizeof(r->path))
		return fail(job, NULL, "%s is too long a name", name);
	if (take(job, r))
		return -1;
	n = read(r->fd, r->text, sizeof(r->text) - 1);
	r->text[n > 0 ? n : 0] = 0;
	return 0;
}

/* Where the line of NAME begins, or NULL. */
static char *line_of(const struct record *r, const char *name)
{
	size_t n = strlen(name);
	const char *p = r->text;

	while (*p) {
		if (!strncmp(p, name, n) && p[n] == '=')
			return (char *)p;
		p = strchr(p, '\n');
		if (!p)
			break;
		p++;
	}
	return NULL;
}

bool record_get(const struct record *r, const char *name, char *value, size_t size)
{
	const char *p = line_of(r, name);
	size_t n;

	if (!p)
		return false;
	p += strlen(name) + 1;
	n = strcspn(p, "\n");
	if (n >= size)
		return false;
	memcpy(value, p, n);
	value[n] = 0;
	return true;
}

bool record_set(struct record *r, const char *name, const char *value)
{
	char *p = line_of(r, name);
	size_t used;

	if (p) {
		char *end = strchr(p, '\n');

		end = end ? end + 1 : p + strlen(p);
		memmove(p, end, strlen(end) + 1);
	}
	if (!value)
		return true;
	used = strlen(r->text);
	return snprintf(r->text + used, sizeof(r->text) - used, "%s=%s\n", name, value) <
	       (int)(sizeof(r->text) - used);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = strlen(text);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX) || write(fd, text, n) != n) {
		close(fd);
		unlink(path);
		return -1;
	}
	return fd;
}

int record_save(struct job *job, struct record *r)
{
	char path[sizeof(r->path) + 4];
	int fd;

	if (!*r->text) {
		if (unlink(r->path) && errno != ENOENT)
			return fail_file(job, r->path);
		return 0;
	}
	/* The new file is locked before it has the name. Only the lock's holder makes one. */
	snprintf(path, sizeof(path), "%s.new", r->path);
	fd = write_file(path, r->text);
	if (fd < 0)
		return fail_file(job, path);
	if (rename(path, r->path)) {
		fail_file(job, r->path);
		unlink(path);
		close(fd);
		return -1;
	}
	close(r->fd);
	r->fd = fd;
	return 0;
}

void record_drop(struct record *r)
{
	struct stat st;

	if (r->fd < 0)
		return;
	if (same_file(r->fd, r->path) && !fstat(r->fd, &st) && !st.st_size)
		unlink(r->path);
	close(r->fd);
	r->fd = -1;
}

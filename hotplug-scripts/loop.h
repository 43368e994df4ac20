/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.h: files as block devices. A loop device is known by its number and the kernel's sequence
 * number (diskseq), which no later use of that number has.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>
#include <sys/stat.h>

#include "hotplug.h"

struct loop {
	int fd;			/* open while it is being made; -1 otherwise */
	int number;
	dev_t dev;
	uint64_t diskseq;
	char path[32];		/* /dev/loop3 */
	bool direct;		/* past the page cache */
};

/* A loop device over the open FILE. Until loop_keep, it goes by itself when its fd is closed: one
 * of a killed script is not left behind.
 */
int loop_make(struct job *job, struct loop *loop, int file, const char *name, bool read_only);
/* From now on it stays. */
int loop_keep(struct job *job, struct loop *loop);
void loop_close(struct loop *loop);

/* Is loop device NUMBER still the one that DISKSEQ names? Then it stays, as after loop_keep. */
bool loop_lives(struct job *job, int number, uint64_t diskseq);

/* Lets go of loop device NUMBER if it still is the one that DISKSEQ names (0: the one whose file is
 * FILE); one that is in use goes with its last user. False: it was not that one.
 */
bool loop_free(int number, uint64_t diskseq, const struct stat *file);

/* Calls EACH for every loop device over FILE, until that returns non-zero, which is returned. */
int loop_each(const struct stat *file, int (*each)(const char *path, dev_t dev, void *arg),
	      void *arg);

#endif

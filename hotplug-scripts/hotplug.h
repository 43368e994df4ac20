/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hotplug.h: what the parts of krypton-hotplug share: the job, and what is done with every job.
 *
 * A job is one call of one script for one device. docs/hotplug.md tells the life of a device.
 *
 * INVARIANTS of every job:
 *   - Done twice, it is as if done once.
 *   - It ends with everything done or nothing: what fails is undone before the script ends, and
 *     what a killed script leaves is undone by the next call for that device or that disk.
 *   - A failure is in the store before the script ends: hotplug-error with cause and remedy, and
 *     hotplug-status "error". Nothing is ever written for a device that is not there any more.
 *   - It ends within DEADLINE seconds, less than libxl waits.
 *   - It reads the keys of its own device and its own guest, never the whole store.
 * LOCK: one file for the device, then one for the disk (record.h); nothing is locked for all
 * devices.
 */
#ifndef HOTPLUG_H
#define HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>

struct xs_handle;

#define DEADLINE	30	/* seconds; libxl kills a script after 40 */

struct job {
	const char *script;		/* "vif-bridge" */
	const char *command;		/* add, remove, online, offline */
	const char *path;		/* of the backend: XENBUS_PATH */
	char type[16];			/* "vif" or "vbd" */
	unsigned int domid, devid;
	bool tap;			/* the emulated twin of a vif */
	char **args;			/* the words after the script's name */
	struct xs_handle *xs;
	char **kept;			/* freed with the job */
	unsigned int nr_kept;
	char error[512];		/* the first failure */
	char done[256];			/* what was done, for the log */
};

/* Keeps the first failure, cause and remedy, for the end of the job. Always -1. */
int fail(struct job *job, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What was done, for the log's line. */
void done(struct job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The end of a job: its line in the log, its failure in the store; the script's status. */
int job_end(struct job *job, int rc);
/* Frees TEXT (which may be NULL) with the job. */
char *keep(struct job *job, char *text);
/* "NAME=VALUE" among the script's arguments, else from the environment, else NULL. */
const char *job_word(struct job *job, const char *name);
/* "backend/vif/3/0", or the same below /local/domain/N: type and numbers; -1 when it is none. */
int job_parse_path(struct job *job);

/* The deadline: when it has passed, whatever blocks returns EINTR and this is true. Where it cannot
 * be told to anyone, because the store does not answer, the process ends some seconds later.
 */
void deadline_start(void);
/* Before another program takes this one's place. */
void deadline_end(void);
bool deadline_passed(void);
unsigned int deadline_left_ms(void);

/* Places, which tests change by the environment. */
const char *place_run(void);		/* records and locks */
const char *place_log(void);
const char *place_sys(void);
const char *place_hooks(void);

/* The two families of scripts. */
int vif_main(struct job *job);
int block_main(struct job *job);

#endif

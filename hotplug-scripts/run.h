/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h: other programs, where there is no other way: within the deadline, without a shell.
 */
#ifndef RUN_H
#define RUN_H

#include "hotplug.h"

/* Runs ARGV (found by PATH) and keeps the first SIZE - 1 bytes of what it prints, both streams, in
 * OUT. Its status; 127 when there is no such program, 124 when the deadline ended it.
 */
int run(char *const argv[], char *out, size_t size);

/* The same; when it fails, the job fails with what the program said. */
int run_or_fail(struct job *job, const char *remedy, char *const argv[]);

#endif

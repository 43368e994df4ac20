/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: krypton-hotplug SCRIPT add|remove|online|offline [NAME=VALUE]...
 *
 * krypton-hotplug udev
 *
 * The compiled half of the hotplug scripts: vif-bridge and the others in this folder call it with
 * their own name and arguments; the toolstack's environment has the rest. See docs/hotplug.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hotplug.h"
#include "store.h"
#include "udev.h"

static const struct {
	const char *script;
	int (*run)(struct job *job);
} scripts[] = {
	{ "vif-bridge", vif_main },
	{ "vif-route", vif_main },
	{ "vif-nat", vif_main },
	{ "vif-openvswitch", vif_main },
	{ "block", block_main },
	{ "block-dummy", block_main },
};

/* The command is the first word without "=". */
static const char *find_command(char **args)
{
	static const char *const known[] = { "add", "remove", "online", "offline" };

	for (; *args; args++) {
		if (strchr(*args, '='))
			continue;
		for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strcmp(*args, known[i]))
				return known[i];
		return NULL;
	}
	return NULL;
}

/* The emulated twin is called without XENBUS_PATH by QEMU: its name tells the device. */
static const char *path_of_twin(struct job *job)
{
	const char *name = job_word(job, "INTERFACE");
	unsigned int dom, dev;
	char path[64];

	if (!job->tap || !name || sscanf(name, "vif%u.%u-emu", &dom, &dev) != 2)
		return NULL;
	snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u/%u", dom, dev);
	return keep(job, strdup(path));
}

static int start(struct job *job)
{
	const char *type_if = job_word(job, "type_if");

	job->command = find_command(job->args);
	if (!job->command)
		return fail(job, "add, remove, online or offline",
			    "no command that this script knows");
	if (type_if && strcmp(type_if, "vif") && strcmp(type_if, "tap"))
		return fail(job, "type_if is vif or tap", "type_if=%s is unknown", type_if);
	job->tap = type_if && !strcmp(type_if, "tap");
	job->path = job_word(job, "XENBUS_PATH");
	if (!job->path || !*job->path)
		job->path = path_of_twin(job);
	if (!job->path)
		return fail(job, "the toolstack or udev calls this script, nobody else",
			    "XENBUS_PATH is not set");
	if (job_parse_path(job))
		return fail(job, NULL, "XENBUS_PATH=%s is not a backend's path", job->path);
	return store_open(job);
}

/* udev has its words in the environment. */
static int start_udev(struct job *job)
{
	const char *action = getenv("ACTION"), *subsystem = getenv("SUBSYSTEM");
	char *words[] = { keep(job, strdup(action ? action : "")), NULL };

	job->tap = subsystem && !strcmp(subsystem, "net");
	job->command = find_command(words);
	if (!job->command)
		return fail(job, "udev's rules call this, nobody else", "ACTION=%s is unknown",
			    words[0]);
	job->path = job->tap ? path_of_twin(job) : getenv("XENBUS_PATH");
	if (!job->path || job_parse_path(job))
		return fail(job, "udev's rules call this, nobody else", "no backend's path");
	return store_open(job);
}

static int from_udev(struct job *job)
{
	char script[512];
	int rc = start_udev(job) ? -1 : udev_main(job, script, sizeof(script));

	if (rc > 0) {
		/* The path and the words are needed a little longer. */
		job->path = strdup(job->path);
		job_end(job, 0);
		return job->path ? udev_call(job, script) : 1;
	}
	return job_end(job, rc);
}

int main(int argc, char **argv)
{
	struct job job = {
		.script = argc > 1 ? argv[1] : "krypton-hotplug",
		.args = argv + 1 + (argc > 1),
	};

	umask(022);
	deadline_start();
	if (argc == 2 && !strcmp(argv[1], "udev"))
		return from_udev(&job);
	for (unsigned int i = 0; argc > 1 && i < sizeof(scripts) / sizeof(*scripts); i++)
		if (!strcmp(argv[1], scripts[i].script))
			return job_end(&job, start(&job) ? -1 : scripts[i].run(&job));
	fprintf(stderr,
		"usage: krypton-hotplug SCRIPT add|remove|online|offline [NAME=VALUE]...\n");
	return 2;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * udev.c: the scripts' other caller: "krypton-hotplug udev", from the rules in
 * 60-krypton-hotplug.rules, where no toolstack calls them.
 *
 * Who calls the scripts for a device is decided by what can be seen in the store:
 *   /libxl/DOMAIN/device/TYPE/NUMBER   is there: libxl made the device, and calls them
 *   libxl/disable_udev                 of this domain, and not "0": xl devd or another toolstack
 *                                      calls them, for all devices here
 *   neither                            udev does
 * libxl writes the first in the transaction that makes the backend, before the kernel can see that.
 *
 * INVARIANTS: udev ends what udev began, and nothing else: a record says so, and which script it
 * was, since the store may have nothing any more when a device has gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"
#include "store.h"
#include "udev.h"

#define SCRIPTS	"/etc/xen/scripts"

static const char *owner(struct job *job)
{
	const char *off = store_read_home(job, "libxl/disable_udev");
	char path[64];

	if (off && strcmp(off, "0"))
		return "a toolstack (libxl/disable_udev)";
	snprintf(path, sizeof(path), "/libxl/%u/device/%s/%u", job->domid, job->type, job->devid);
	return store_has(job, path) ? "libxl" : NULL;
}

/* The store's, else the usual one. A name alone is one of ours. */
static int find_script(struct job *job, char *script, size_t size)
{
	const char *folder = getenv("XEN_SCRIPTS"), *name = store_read(job, "script");

	if (!name)
		name = strcmp(job->type, "vif") ? "block" : "vif-bridge";
	if (*name == '/')
		folder = NULL;
	else if (!folder)
		folder = SCRIPTS;
	if (snprintf(script, size, "%s%s%s", folder ? folder : "", folder ? "/" : "", name) >=
	    (int)size)
		return fail(job, NULL, "script=%s is too long", name);
	if (access(script, X_OK))
		return fail(job, "look at script= of the device", "%s: %s", script,
			    strerror(errno));
	return 0;
}

static bool is_begin(const struct job *job)
{
	return !strcmp(job->command, "add") || !strcmp(job->command, "online");
}

/* 1: the script is to be called. */
static int decide(struct job *job, struct record *r, char *script, size_t size)
{
	const char *by;

	if (!is_begin(job)) {
		if (!record_get(r, "script", script, size))
			return 0;
		record_set(r, "script", NULL);
		return record_save(job, r) ? -1 : 1;
	}
	by = owner(job);
	if (by) {
		done(job, "%s calls the scripts of this device", by);
		return 0;
	}
	/* A device that came and went before udev was here. */
	if (!store_has(job, job->path))
		return 0;
	if (find_script(job, script, size))
		return -1;
	record_set(r, "script", script);
	return record_save(job, r) ? -1 : 1;
}

int udev_main(struct job *job, char *script, size_t size)
{
	struct record r;
	char name[64];
	int rc;

	if (strcmp(job->type, "vif") && strcmp(job->type, "vbd"))
		return 0;
	snprintf(name, sizeof(name), "udev-%s-%u-%u%s", job->type, job->domid, job->devid,
		 job->tap ? "-emu" : "");
	if (record_take(job, &r, name))
		return -1;
	rc = decide(job, &r, script, size);
	record_drop(&r);
	if (rc > 0)
		done(job, "udev calls %s", script);
	return rc;
}

int udev_call(struct job *job, char *script)
{
	char *command = strdup(job->command);
	char *argv[] = { script, command, NULL, NULL };
	static char vif[] = "type_if=vif", tap[] = "type_if=tap";

	if (!strcmp(job->type, "vif"))
		argv[2] = job->tap ? tap : vif;
	setenv("XENBUS_PATH", job->path, 1);
	deadline_end();
	execv(script, argv);
	fprintf(stderr, "krypton-hotplug: %s: %s\n", script, strerror(errno));
	free(command);
	return 1;
}

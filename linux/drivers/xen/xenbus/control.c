/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.c: what the toolstack asks of the whole domain: power off, reboot, halt, and sysrq keys.
 *
 * Owns the watches on control/shutdown and control/sysrq, and the feature-* keys that tell the
 * toolstack what we do. Suspending needs functions that the kernel keeps to itself, so that it is
 * not offered. Invariant: a command is taken out of the store, in one transaction with reading it,
 * before it is obeyed; one that we do not know stays. No lock: one thread calls back.
 */
#include <linux/err.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/sysrq.h>
#include <xen/interface/xen.h>
#include "ring.h"

static bool going_down;

static void do_poweroff(void)
{
	going_down = true;
	/* While booting there may be nobody yet to do it in order. */
	orderly_poweroff(system_state < SYSTEM_RUNNING);
}

static void do_reboot(void)
{
	going_down = true;
	orderly_reboot();
}

static const struct command {
	const char *name;
	void (*obey)(void);
} commands[] = {
	{ "poweroff", do_poweroff },
	{ "reboot", do_reboot },
	{ "halt", do_poweroff },
};

/* Reads the key and, if KNOWN says so, empties it; NULL: nothing there or no store. */
static char *take_command(const char *key, bool (*known)(const char *value))
{
	struct xb_transaction t;
	char *value;
	int err;

	for (;;) {
		if (xb_transaction_start(&t))
			return NULL;
		value = xb_read(t, "control", key, NULL);
		if (IS_ERR_OR_NULL(value) || !*value || !known(value)) {
			xb_transaction_end(t, true);
			if (!IS_ERR_OR_NULL(value) && *value)
				pr_info("xen-xenbus: unknown word in control/%s ignored\n", key);
			if (!IS_ERR(value))
				kfree(value);
			return NULL;
		}
		err = xb_write(t, "control", key, "");
		if (err)
			xb_transaction_end(t, true);
		else
			err = xb_transaction_end(t, false);
		if (!err)
			return value;
		kfree(value);
		if (err != -EAGAIN)
			return NULL;
	}
}

static const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static bool is_command(const char *value)
{
	return find_command(value);
}

static bool is_key(const char *value)
{
	return !value[1];
}

static void shutdown_changed(struct xb_watch *w, const char *path)
{
	char *value;

	if (going_down || system_state > SYSTEM_RUNNING)
		return;
	value = take_command("shutdown", is_command);
	if (!value)
		return;
	pr_info("xen-xenbus: the toolstack asks for %s\n", value);
	find_command(value)->obey();
	kfree(value);
}

static void sysrq_changed(struct xb_watch *w, const char *path)
{
	char *value = take_command("sysrq", is_key);

	if (!value)
		return;
	handle_sysrq((u8)*value);
	kfree(value);
}

static struct xb_watch shutdown_watch = {
	.node = "control/shutdown", .callback = shutdown_changed,
};

static struct xb_watch sysrq_watch = {
	.node = "control/sysrq", .callback = sysrq_changed,
};

int xb_control_init(void)
{
	unsigned int i;
	char key[24];
	int err;

	going_down = false;
	err = xb_watch(&shutdown_watch);
	if (err)
		return err;
	err = xb_watch(&sysrq_watch);
	if (err) {
		xb_unwatch(&shutdown_watch);
		return err;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(key, sizeof(key), "feature-%s", commands[i].name);
		xb_write(XB_NIL, "control", key, "1");
	}
	xb_write(XB_NIL, "control", "feature-sysrq", "1");
	return 0;
}

void xb_control_exit(void)
{
	unsigned int i;
	char key[24];

	xb_unwatch(&sysrq_watch);
	xb_unwatch(&shutdown_watch);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(key, sizeof(key), "feature-%s", commands[i].name);
		xb_write(XB_NIL, "control", key, "0");
	}
	xb_write(XB_NIL, "control", "feature-sysrq", "0");
}

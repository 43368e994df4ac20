/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_main.c: the provider "ring": the kernel's own XenBus was kept from starting, and the store's
 * ring is ours.
 *
 * Owns the order of starting and stopping. Where the store is there already (a guest, or dom0 when
 * the module is loaded again) loading returns when the devices are known. Else the rest of the
 * start happens in a work item once it is there. Invariant: what was not started is not stopped. No
 * lock: start and stop are never at the same time, and the work item is waited for.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/workqueue.h>
#include "ring.h"

static DECLARE_COMPLETION(started);

static const struct part {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ "buses", xb_ring_scan_start, xb_ring_scan_stop },
	{ "shutdown", xb_control_init, xb_control_exit },
	{ "memory", xb_balloon_init, xb_balloon_exit },
	{ "processors", xb_vcpu_init, xb_vcpu_exit },
	{ "reclaim", xb_ring_reclaim_start, xb_ring_reclaim_stop },
};

static bool running[ARRAY_SIZE(parts)];

/* A part that does not start takes no other with it. */
static void start_parts(struct work_struct *work)
{
	unsigned int i;
	int err;

	/* Watches that an earlier kernel of this guest has left, before a kexec. */
	if (!xb_ring_store_local())
		xb_ring_reset_watches();
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err)
			pr_err("xen-xenbus: %s: not started: %d\n", parts[i].name, err);
		running[i] = !err;
	}
	complete_all(&started);
}

static DECLARE_WORK(start_work, start_parts);

static void store_is_ready(void)
{
	schedule_work(&start_work);
}

static int ring_start(void)
{
	int err;

	reinit_completion(&started);
	err = xb_ring_bus_start();
	if (err)
		return err;
	err = xb_ring_watch_start();
	if (err)
		goto bus;
	err = xb_ring_store_start(store_is_ready);
	if (err)
		goto watch;
	err = xb_devfile_init();
	if (err)
		pr_err("xen-xenbus: /dev/xen/xenbus: not there: %d\n", err);
	if (xb_ring_store_connected())
		wait_for_completion_timeout(&started, 30 * HZ);
	return 0;
watch:
	xb_ring_watch_stop();
bus:
	xb_ring_bus_stop();
	return err;
}

static void ring_stop(void)
{
	unsigned int i;

	xb_ring_store_closing(5);
	xb_devfile_exit();
	cancel_work_sync(&start_work);
	for (i = ARRAY_SIZE(parts); i--; )
		if (running[i])
			parts[i].exit();
	xb_ring_bus_stop();
	xb_ring_store_stop();
	xb_ring_watch_stop();
}

const struct xb_provider xb_ring = {
	.name = "ring",
	.start = ring_start,
	.stop = ring_stop,
	.read = xb_ring_read,
	.directory = xb_ring_directory,
	.write = xb_ring_write,
	.mkdir = xb_ring_mkdir,
	.rm = xb_ring_rm,
	.transaction_start = xb_ring_transaction_start,
	.transaction_end = xb_ring_transaction_end,
	.watch = xb_ring_watch,
	.unwatch = xb_ring_unwatch,
	.driver_register = xb_ring_driver_register,
	.driver_unregister = xb_ring_driver_unregister,
	.device_of = xb_ring_device_of,
	.switch_state = xb_ring_switch_state,
	.frontend_closed = xb_ring_frontend_closed,
	.device_free = xb_ring_device_free,
};

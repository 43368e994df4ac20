/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * balloon.c: memory/target, by which the toolstack says how much memory we are to use.
 *
 * Owns the watch and the difference between what the toolstack counts as ours and what the kernel's
 * balloon driver does: a PV guest and dom0 know all their pages; others have some, for the firmware
 * and the like, that only the toolstack sees, so that the difference is taken once from the
 * maximum. No lock: one thread calls back.
 */
#include <linux/mm.h>
#include <xen/balloon.h>
#include <xen/xen.h>
#include "ring.h"
#include "state.h"

static bool diff_known;
static s64 diff_pages;

static s64 find_diff(void)
{
	u64 kib = 0;

	if (xen_pv_domain() || xen_initial_domain())
		return 0;
	if (xb_read_u64("memory", "static-max", 0, &kib) || !kib)
		xb_read_u64("memory", "memory_static_max", 0, &kib);
	if (!kib)
		return balloon_stats.current_pages - balloon_stats.target_pages;
	return (s64)(kib >> (PAGE_SHIFT - 10)) - (s64)balloon_stats.target_pages;
}

static void target_changed(struct xb_watch *w, const char *path)
{
	u64 kib = 0, pages;

	/* Absent in dom0 until somebody sets it. */
	if (xb_read_u64("memory", "target", 0, &kib) || !kib)
		return;
	if (!diff_known) {
		diff_pages = find_diff();
		diff_known = true;
	}
	pages = xb_balloon_target(kib, diff_pages);
	if (pages && pages <= ULONG_MAX)
		balloon_set_new_target(pages);
}

static struct xb_watch target_watch = { .node = "memory/target", .callback = target_changed };

int xb_balloon_init(void)
{
	return xb_watch(&target_watch);
}

void xb_balloon_exit(void)
{
	xb_unwatch(&target_watch);
}

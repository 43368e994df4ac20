/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_reclaim.c: when memory is short, backends are asked to give back what they keep for later.
 *
 * Owns a shrinker that has nothing to shrink itself: being asked is the hint. Invariant: a driver
 * is called only while it is bound, and neither probing nor being removed. Lock: the device's, and
 * only if it is free, because who runs out of memory may hold it.
 */
#include <linux/slab.h>
#include <linux/shrinker.h>
#include <xb/compat.h>
#include "ring.h"

static struct shrinker *shrinker;

static int reclaim_device(struct device *dev, void *unused)
{
	struct xb_device *xb = xb_ring_device_of(dev);

	if (!device_trylock(dev))
		return 0;
	if (dev->driver && xb->drv && xb->drv->reclaim_memory)
		xb->drv->reclaim_memory(xb);
	device_unlock(dev);
	return 0;
}

static unsigned long count(struct shrinker *s, struct shrink_control *sc)
{
	xb_ring_for_each(XB_BACKEND, reclaim_device);
	return 0;
}

int xb_ring_reclaim_start(void)
{
	int err;

	shrinker = xb_shrinker_alloc();
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count;
	shrinker->seeks = DEFAULT_SEEKS;
	err = xb_shrinker_register(shrinker);
	if (err)
		xb_shrinker_free(shrinker);
	return err;
}

void xb_ring_reclaim_stop(void)
{
	xb_shrinker_unregister(shrinker);
	xb_shrinker_free(shrinker);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limits.c: checks a backend's numbers.
 *
 * Without a sound size and block size there is no disk: refused. Hints that make no sense
 * (physical block, discard granularity) are replaced by the safe value, and that is noted.
 *
 * Invariant: what was accepted passes each check of the block layer, which would warn otherwise.
 * Lock: none.
 */
#include "limits.h"
#include "wire.h"

#define MAX_SECTORS	((1ull << 54) - 1)	/* their bytes fit into a file offset */
#define MAX_PHYSICAL	0x100000u

static bool power_of_two(u32 n)
{
	return n && !(n & (n - 1));
}

static u64 whole_blocks(u64 sectors, u32 block)
{
	return sectors - sectors % (block >> 9);
}

static void check_discard(const struct bf_offer *o, struct bf_limits *l)
{
	u32 granularity = o->discard_granularity;

	l->discard = o->discard;
	l->discard_secure = o->discard && o->discard_secure;
	if (!l->discard)
		return;
	if (!granularity)
		granularity = l->physical;
	if (granularity % l->block || granularity < l->block || granularity > 0x40000000u) {
		l->note = "discard-granularity makes no sense";
		granularity = l->physical;
	}
	l->discard_granularity = granularity;
	l->discard_alignment = o->discard_alignment % granularity;
	if (l->discard_alignment != o->discard_alignment || l->discard_alignment % 512) {
		l->note = "discard-alignment makes no sense";
		l->discard_alignment = 0;
	}
}

static void check_transfer(const struct bf_offer *o, const struct bf_wish *w, struct bf_limits *l)
{
	u32 segs = o->max_segs < w->max_segs ? o->max_segs : w->max_segs;

	if (segs > BF_MAX_SEGS)
		segs = BF_MAX_SEGS;
	l->segs = segs > BF_DIRECT_SEGS ? segs : BF_DIRECT_SEGS;
	l->persistent = o->persistent && w->persistent;
	l->bounce = l->persistent || w->untrusted;
}

int bf_limits_check(const struct bf_offer *o, const struct bf_wish *w, struct bf_limits *l,
		    const char **why)
{
	memset(l, 0, sizeof(*l));
	*why = NULL;
	if (!power_of_two(o->sector_size) || o->sector_size < 512 ||
	    o->sector_size > XB_PAGE_SIZE) {
		*why = "sector-size is not a power of two from 512 to 4096";
		return -EINVAL;
	}
	if (o->sectors > MAX_SECTORS) {
		*why = "sectors is more than can be addressed";
		return -EINVAL;
	}
	/* A drive may be empty; a disk that can not be changed is never. */
	if (!o->sectors && !(o->info & (BF_INFO_CDROM | BF_INFO_REMOVABLE))) {
		*why = "a disk without sectors";
		return -EINVAL;
	}
	l->block = o->sector_size;
	l->sectors = whole_blocks(o->sectors, l->block);
	if (l->sectors != o->sectors)
		l->note = "sectors is not a whole number of blocks";
	l->physical = o->physical;
	if (!power_of_two(o->physical) || o->physical < l->block || o->physical > MAX_PHYSICAL) {
		l->physical = l->block;
		l->note = "physical-sector-size makes no sense";
	}
	l->cdrom = o->info & BF_INFO_CDROM;
	l->removable = o->info & BF_INFO_REMOVABLE;
	l->readonly = o->info & BF_INFO_READONLY;
	/* With a cache flush that can be asked for on its own, barriers are not needed. */
	l->flush = o->flush || o->barrier;
	l->barrier = o->barrier && !o->flush;
	l->zeroes = o->zeroes;
	check_discard(o, l);
	check_transfer(o, w, l);
	return 0;
}

int bf_limits_resize(const struct bf_limits *l, u64 sectors, u64 *out)
{
	if (sectors > MAX_SECTORS || (!sectors && !l->cdrom && !l->removable))
		return -EINVAL;
	*out = whole_blocks(sectors, l->block);
	return 0;
}

void bf_limits_rings(u32 max, u32 want_irq, u32 want_poll, u32 *irq, u32 *poll)
{
	if (!max)
		max = 1;
	if (!want_irq)
		want_irq = 1;
	*irq = want_irq < max ? want_irq : max;
	/* At least one ring has interrupts; polled ones take what is left, or push others aside. */
	if (want_poll >= max)
		want_poll = max - 1;
	if (*irq + want_poll > max)
		*irq = max - want_poll;
	*poll = want_poll;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory maps in e820 form: the one that the toolstack gives a domain, and the
 * machine's for the domain that drives it.
 *
 * Lock: memmap_lock guards d->memmap and d->memmap_nr; maps are copied out under
 * it and given to the guest from the copy.
 */
#include "memory/memory.h"
#include "boot/boot.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "lib/string.h"
#include "mm/heap.h"

#define FOUR_GIB_FRAMES (1ull << (32 - PAGE_SHIFT))

static spinlock_t memmap_lock = SPINLOCK_INIT(LOCK_LEAF);

static void replace_map(struct domain *d, struct e820_entry *map, unsigned nr)
{
	struct e820_entry *old;

	spin_lock(&memmap_lock);
	old = d->memmap;
	d->memmap = map;
	d->memmap_nr = nr;
	spin_unlock(&memmap_lock);
	kfree(old);
}

void memory_domain_free(struct domain *d) { replace_map(d, NULL, 0); }

long memory_set_guest_map(struct hc_args *a)
{
	struct xen_foreign_memory_map f;
	struct e820_entry *map = NULL;
	struct domain *d;
	long rc;

	if (copy_from_guest(&f, (void __guest *)a->arg[1], sizeof(f)))
		return -EFAULT;
	if (f.map.nr_entries > E820_MAX)
		return -EINVAL;
	d = domain_get_any(f.domid);
	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	if (!rc) {
		map = knew_array(struct e820_entry, f.map.nr_entries + 1);
		rc = map ? 0 : -ENOMEM;
	}
	if (!rc)
		rc = copy_from_guest(map, f.map.buffer.p, f.map.nr_entries * sizeof(*map));
	if (!rc)
		replace_map(d, map, f.map.nr_entries);
	else
		kfree(map);
	domain_put(d);
	return rc;
}

long memory_guest_map(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[1];
	struct e820_entry copy[E820_MAX];
	struct domain *d = current_domain();
	struct xen_memory_map m;
	unsigned nr;

	if (copy_from_guest(&m, arg, sizeof(m)))
		return -EFAULT;
	spin_lock(&memmap_lock);
	nr = d->memmap_nr;
	if (nr)
		memcpy(copy, d->memmap, nr * sizeof(copy[0]));
	spin_unlock(&memmap_lock);
	if (!nr)
		return -ENOSYS;
	m.nr_entries = min(m.nr_entries, nr);
	if (copy_to_guest(m.buffer.p, copy, m.nr_entries * sizeof(copy[0])) ||
	    copy_to_guest(arg, &m, sizeof(m)))
		return -EFAULT;
	return 0;
}

/* The machine's map as it is being written to the guest. */
struct writer {
	struct xen_memory_map m;
	unsigned n;
	struct e820_entry pending;	/* a reserved range that may still grow; size 0: none */
};

static int emit(struct writer *w, const struct e820_entry *e)
{
	struct e820_entry __guest *buffer = w->m.buffer.p;

	if (buffer) {
		if (w->n >= w->m.nr_entries)
			return -EINVAL;
		if (copy_to_guest(buffer + w->n, e, sizeof(*e)))
			return -EFAULT;
	}
	w->n++;
	return 0;
}

static int flush_pending(struct writer *w)
{
	int rc = w->pending.size ? emit(w, &w->pending) : 0;

	w->pending.size = 0;
	return rc;
}

static int add_denied(struct writer *w, u64 s, u64 e)
{
	u64 addr = s << PAGE_SHIFT, size = (e - s + 1) << PAGE_SHIFT;
	int rc;

	if (w->pending.size && w->pending.addr + w->pending.size == addr) {
		w->pending.size += size;
		return 0;
	}
	rc = flush_pending(w);
	w->pending = (struct e820_entry){ addr, size, E820_RESERVED };
	return rc;
}

/*
 * Frames s..e are in no entry of the map, so the guest would take them for its
 * devices': those that it may not touch must be shown as reserved. Halving finds
 * the borders; the set of permitted ranges is small, so it does not go on long.
 */
static int add_hole(struct writer *w, struct domain *d, u64 s, u64 e)
{
	u64 end = e, size;
	int rc = 0;

	while (!rc && s <= e) {
		if (iomem_access_permitted(d, s, end)) {
			s = end + 1;
			end = e;
		} else if (s == end || !rangeset_overlaps(d->iomem_caps, s, end)) {
			rc = add_denied(w, s, end);
			s = end + 1;
			end = e;
		} else {
			size = (end - s + 1) / 2;
			end = s + size - 1;
		}
	}
	return rc ? rc : flush_pending(w);
}

static int write_machine_map(struct writer *w, struct domain *d)
{
	const struct e820_map *map = &boot_info.e820;
	u64 next = 0;
	unsigned i;
	int rc;

	for (i = 0; i < map->nr; i++) {
		const struct e820_entry *e = &map->e[i];
		u64 s = e->addr >> PAGE_SHIFT;

		rc = s > next ? add_hole(w, d, next, s - 1) : 0;
		if (!rc)
			rc = emit(w, e);
		if (rc)
			return rc;
		next = max(next, (e->addr + e->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	}
	return next < FOUR_GIB_FRAMES ? add_hole(w, d, next, FOUR_GIB_FRAMES - 1) : 0;
}

long memory_machine_map(struct hc_args *a)
{
	struct writer w = { .n = 0 };
	long rc;

	if (rights_control())
		return -EPERM;
	if (copy_from_guest(&w.m, (void __guest *)a->arg[1], sizeof(w.m)))
		return -EFAULT;
	if (w.m.buffer.p && w.m.nr_entries <= boot_info.e820.nr)
		return -EINVAL;
	rc = write_machine_map(&w, current_domain());
	if (rc)
		return rc;
	w.m.nr_entries = w.n;
	return copy_to_guest((void __guest *)a->arg[1], &w.m, sizeof(w.m));
}

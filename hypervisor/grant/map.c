/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping and unmapping granted frames.
 *
 * References. A pin's references on the frame (pin.c) are also the mapping's: a
 * page-table entry made by a grant map holds none of its own. So a frame stays
 * with us for as long as a guest can reach it, which has two consequences:
 *
 *  - Unmapping is done in two phases. First all entries of a batch are cleared
 *    from the page tables; then the translation buffers of every CPU that ran
 *    the domain are flushed, once; only then are pins and references dropped.
 *  - A guest that overwrites such an entry by other means gives the mapping's
 *    references back right there, as for any other entry, and keeps the pin: the
 *    handle can then no longer be unmapped. When a domain dies, its page tables
 *    drop the references of what is still mapped, and the handles only the pins.
 *
 * Each handle in use holds a reference on the granter, so the id in it cannot come
 * to mean another domain.
 *
 * Locks. A handle's flags are cleared under the granter's table lock, and who
 * clears the last of them frees it: two vCPUs that unmap one handle at the same
 * time cannot both succeed. The page table is changed under that lock in unmap,
 * without any lock in map.
 */
#include "grant/private.h"
#include "core/hypercall.h"
#include "lib/bug.h"
#include "mm/tlb.h"

#define MAPS (GNTMAP_host_map | GNTMAP_device_map)
#define RELEASE_BATCH 64

_Static_assert(PIN_DEV == 2 * PIN_HOST && GNTMAP_host_map == 2 && GNTMAP_device_map == 1, "kinds");

static unsigned map_kinds(unsigned flags)
{
	return (flags & GNTMAP_host_map ? PIN_HOST : 0) | (flags & GNTMAP_device_map ? PIN_DEV : 0);
}

struct domain *domain_cached(struct domain_cache *c, domid_t domid)
{
	if (c->d && c->domid == domid)
		return c->d;
	domain_cache_drop(c);
	c->d = domain_get(domid);
	c->domid = domid;
	if (c->d && !c->d->grant)
		domain_cache_drop(c);
	return c->d;
}

void domain_cache_drop(struct domain_cache *c)
{
	if (c->d)
		domain_put(c->d);
	c->d = NULL;
}

static int pin_and_map(struct domain *ld, struct domain *rd, struct gnttab_map_grant_ref *op)
{
	bool readonly = op->flags & GNTMAP_readonly;
	unsigned kinds = map_kinds(op->flags);
	struct page *pg;
	mfn_t mfn;
	int rc;

	spin_lock(&rd->grant->lock);
	rc = grant_pin(rd, ld->domain_id, op->ref, kinds, readonly, true, &pg);
	spin_unlock(&rd->grant->lock);
	if (rc)
		return rc;
	mfn = page_to_mfn(pg);
	if (op->flags & GNTMAP_host_map) {
		rc = guest_create_grant_mapping(ld, op->host_addr, mfn, op->flags);
		if (rc) {
			spin_lock(&rd->grant->lock);
			grant_unpin(rd->grant, op->ref, kinds, readonly);
			spin_unlock(&rd->grant->lock);
			grant_drop_refs(pg, kinds, readonly);
			return rc;
		}
	}
	op->dev_bus_addr = mfn_to_maddr(mfn);
	return GNTST_okay;
}

/* Hot. Budget without the page-table walk: 250 instructions, 9 locked operations. */
static int map_one(struct domain *ld, struct domain_cache *cache, struct gnttab_map_grant_ref *op)
{
	struct grant_table *lgt = ld->grant;
	struct maptrack *mt;
	struct domain *rd;
	u32 handle;
	int rc;

	if (unlikely(!(op->flags & MAPS)))
		return GNTST_bad_gntref;
	rd = domain_cached(cache, op->dom);
	if (unlikely(!rd))
		return GNTST_bad_domain;
	if (unlikely(rd->is_dying))
		return GNTST_general_error;
	handle = maptrack_get(lgt);
	if (unlikely(handle == HANDLE_NONE))
		return GNTST_no_space;
	rc = pin_and_map(ld, rd, op);
	if (unlikely(rc)) {
		maptrack_put(lgt, handle);
		return rc;
	}
	/* The handle's: the table that its pin is in must outlive it. */
	domain_ref(rd);
	mt = maptrack_entry(lgt, handle);
	mt->domid = rd->domain_id;
	mt->ref = op->ref;
	/* From here on another vCPU may unmap it. */
	__atomic_store_n(&mt->flags, (u16)op->flags, __ATOMIC_RELEASE);
	op->handle = handle;
	return GNTST_okay;
}

void grant_map_batch(struct gnttab_map_grant_ref *op, unsigned n)
{
	struct domain *ld = current_domain();
	struct domain_cache cache = { NULL, 0 };
	unsigned i;

	for (i = 0; i < n; i++)
		op[i].status = (s16)map_one(ld, &cache, &op[i]);
	domain_cache_drop(&cache);
}

/* One unmap between its two phases. */
struct unmap {
	struct domain *rd;		/* referenced; NULL: nothing to complete */
	struct page *pg;
	u32 handle, ref;
	unsigned kinds;			/* what phase one took away */
	bool readonly, last;
};

/* Under rd's lock; the entry may have changed since it was first looked at. */
static int clear_mapping(struct domain *ld, struct maptrack *mt, u64 host_addr, u64 dev_addr,
			 struct unmap *u)
{
	struct active *act;
	unsigned flags = mt->flags;
	int rc;

	if (!(flags & MAPS) || mt->domid != u->rd->domain_id ||
	    mt->ref / GRANTS_PER_FRAME >= u->rd->grant->nr_frames)
		return GNTST_bad_handle;
	u->ref = mt->ref;
	u->readonly = flags & GNTMAP_readonly;
	act = active_entry(u->rd->grant, u->ref);
	u->pg = mfn_to_page(act->mfn);
	if (dev_addr && flags & GNTMAP_device_map) {
		if (dev_addr != mfn_to_maddr(act->mfn))
			return GNTST_general_error;
		u->kinds |= PIN_DEV;
	}
	if (host_addr && flags & GNTMAP_host_map) {
		rc = guest_remove_grant_mapping(ld, host_addr, act->mfn, flags);
		if (rc) {
			u->kinds = 0;
			return rc;
		}
		u->kinds |= PIN_HOST;
	}
	if (u->kinds & PIN_HOST)
		flags &= ~(unsigned)GNTMAP_host_map;
	if (u->kinds & PIN_DEV)
		flags &= ~(unsigned)GNTMAP_device_map;
	u->last = !(flags & MAPS);
	WRITE_ONCE(mt->flags, u->last ? 0 : (u16)flags);
	return GNTST_okay;
}

/* Hot. Budget of both phases without the page-table walk: 220 instructions, 9 locked operations. */
static int unmap_prepare(struct domain *ld, struct domain_cache *cache, u32 handle, u64 host_addr,
			 u64 dev_addr, struct unmap *u)
{
	struct maptrack *mt = maptrack_entry(ld->grant, handle);
	int rc;

	*u = (struct unmap){ .handle = handle };
	if (unlikely(!mt || !(__atomic_load_n(&mt->flags, __ATOMIC_ACQUIRE) & MAPS)))
		return GNTST_bad_handle;
	u->rd = domain_cached(cache, READ_ONCE(mt->domid));
	if (unlikely(!u->rd))
		return GNTST_bad_domain;
	spin_lock(&u->rd->grant->lock);
	rc = clear_mapping(ld, mt, host_addr, dev_addr, u);
	spin_unlock(&u->rd->grant->lock);
	if (!u->kinds)
		u->rd = NULL;
	else
		domain_ref(u->rd);
	return rc;
}

/* After the flush: nobody can reach the frame through this mapping any more. */
static void unmap_complete(struct domain *ld, struct unmap *u)
{
	if (!u->rd)
		return;
	spin_lock(&u->rd->grant->lock);
	grant_unpin(u->rd->grant, u->ref, u->kinds, u->readonly);
	spin_unlock(&u->rd->grant->lock);
	grant_drop_refs(u->pg, u->kinds, u->readonly);
	if (u->last) {
		maptrack_put(ld->grant, u->handle);
		domain_put(u->rd);
	}
	domain_put(u->rd);
}

static void unmap_finish(struct domain *ld, struct domain_cache *cache, struct unmap *u, unsigned n)
{
	bool flush = false;
	unsigned i;

	for (i = 0; i < n; i++)
		flush = flush || (u[i].kinds & PIN_HOST);
	if (flush)
		tlb_flush_mask(ld->dirty_cpus);
	for (i = 0; i < n; i++)
		unmap_complete(ld, &u[i]);
	domain_cache_drop(cache);
}

void grant_unmap_batch(struct gnttab_unmap_grant_ref *op, unsigned n)
{
	struct domain *ld = current_domain();
	struct domain_cache cache = { NULL, 0 };
	struct unmap u[GRANT_BATCH];
	unsigned i;

	for (i = 0; i < n; i++)
		op[i].status = (s16)unmap_prepare(ld, &cache, op[i].handle, op[i].host_addr,
						  op[i].dev_bus_addr, &u[i]);
	unmap_finish(ld, &cache, u, n);
}

/* Only the form that puts nothing in its place. */
void grant_replace_batch(struct gnttab_unmap_and_replace *op, unsigned n)
{
	struct domain *ld = current_domain();
	struct domain_cache cache = { NULL, 0 };
	struct unmap u[GRANT_BATCH];
	unsigned i;

	for (i = 0; i < n; i++) {
		u[i].rd = NULL;
		u[i].kinds = 0;
		if (op[i].new_addr)
			op[i].status = GNTST_general_error;
		else
			op[i].status = (s16)unmap_prepare(ld, &cache, op[i].handle,
							  op[i].host_addr, 0, &u[i]);
	}
	unmap_finish(ld, &cache, u, n);
}

/* The mapper dies: its page tables give back what host mappings hold. */
static void release_one(struct domain *d, struct maptrack *mt, u32 handle)
{
	struct domain *rd = domain_get(mt->domid);
	bool readonly = mt->flags & GNTMAP_readonly;
	struct page *pg;

	BUG_ON(!rd);
	spin_lock(&rd->grant->lock);
	pg = mfn_to_page(active_entry(rd->grant, mt->ref)->mfn);
	grant_unpin(rd->grant, mt->ref, map_kinds(mt->flags), readonly);
	spin_unlock(&rd->grant->lock);
	if (mt->flags & GNTMAP_device_map)
		grant_drop_refs(pg, PIN_DEV, readonly);
	mt->flags = 0;
	maptrack_put(d->grant, handle);
	/* Ours and the handle's. */
	domain_put(rd);
	domain_put(rd);
}

int grant_table_release_mappings(struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned released = 0;
	struct maptrack *mt;

	if (!gt)
		return 0;
	for (; (mt = maptrack_entry(gt, gt->release_cursor)); gt->release_cursor++) {
		if (!mt->flags)
			continue;
		release_one(d, mt, gt->release_cursor);
		if (++released % RELEASE_BATCH == 0 && hypercall_preempt_check()) {
			gt->release_cursor++;
			return -ERESTART;
		}
	}
	return 0;
}

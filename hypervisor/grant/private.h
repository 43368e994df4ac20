/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of grant/ share. */
#ifndef GRANT_PRIVATE_H
#define GRANT_PRIVATE_H

#include "grant/grant.h"
#include "lib/errno.h"
#include "mm/page.h"

#define GRANTS_PER_FRAME ((u32)(PAGE_SIZE / sizeof(grant_entry_v1_t)))
#define HANDLES_PER_PAGE ((u32)(PAGE_SIZE / sizeof(struct maptrack)))
#define HANDLE_NONE 0xffffffffu
#define GRANT_BATCH 32u

/* What an entry is pinned for, and by how many. */
#define PIN_HOST 1u
#define PIN_DEV 2u
#define PIN_MAX 255

struct active {
	mfn_t mfn;		/* valid while any count is not 0 */
	domid_t domid;		/* who pinned it */
	u8 host_r, host_w, dev_r, dev_w;
	u16 pad;
};

/* One mapping that a domain made; its index is the handle. flags 0: free, or given up. */
struct maptrack {
	u32 ref;		/* on the free list: next handle */
	domid_t domid;
	u16 flags;		/* GNTMAP_*, low 16 bits */
};

struct grant_table {
	spinlock_t lock;		/* LOCK_GRANT */
	bool dead;			/* frames have gone: no new pins */
	unsigned nr_frames, max_frames;
	grant_entry_v1_t **shared;	/* max_frames; pages shared with the guest */
	struct active **active;		/* GRANTS_PER_FRAME each */

	/* What we ourselves have mapped of others. */
	spinlock_t maptrack_lock;	/* LOCK_MAPTRACK: inside any table's lock */
	unsigned nr_pages, max_pages;
	struct maptrack **maptrack;	/* HANDLES_PER_PAGE each */
	u32 free_handle;
	u32 used_handles;
	u32 release_cursor;
};

static inline struct active *active_entry(const struct grant_table *gt, u32 ref)
{
	return &gt->active[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}

static inline grant_entry_v1_t *shared_entry(const struct grant_table *gt, u32 ref)
{
	return &gt->shared[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}

static inline unsigned active_pins(const struct active *act)
{
	return act->host_r | act->host_w | act->dev_r | act->dev_w;
}

static inline bool grant_ref_ok(const struct grant_table *gt, u32 ref)
{
	return ref / GRANTS_PER_FRAME < gt->nr_frames && !gt->dead;
}

/*
 * pin.c. All with rd's table lock held; status values. grant_pin() takes for each
 * of kinds one general reference on the frame, and for writing a writable one;
 * grant_unpin() leaves them to grant_drop_refs(), called later without the lock.
 */
int grant_pin(struct domain *rd, domid_t by, u32 ref, unsigned kinds, bool readonly, bool map,
	      struct page **pg);
void grant_unpin(struct grant_table *gt, u32 ref, unsigned kinds, bool readonly);
void grant_drop_refs(struct page *pg, unsigned kinds, bool readonly);

/* maptrack.c */
int maptrack_init(struct grant_table *gt, unsigned max_pages);
void maptrack_free(struct grant_table *gt);
u32 maptrack_get(struct grant_table *gt);	/* HANDLE_NONE: at the limit */
void maptrack_put(struct grant_table *gt, u32 handle);
struct maptrack *maptrack_entry(const struct grant_table *gt, u32 handle);	/* NULL: none */

/* A domain looked up once for a run of operations that name the same one. */
struct domain_cache {
	struct domain *d;
	domid_t domid;
};
struct domain *domain_cached(struct domain_cache *c, domid_t domid);
void domain_cache_drop(struct domain_cache *c);

/* map.c, copy.c: a batch of operations, each gets its status. */
void grant_map_batch(struct gnttab_map_grant_ref *op, unsigned n);
void grant_unmap_batch(struct gnttab_unmap_grant_ref *op, unsigned n);
void grant_replace_batch(struct gnttab_unmap_and_replace *op, unsigned n);

struct copy_end {
	struct domain *d;		/* referenced, NULL: none resolved */
	struct page *pg;		/* referenced; NULL: none resolved */
	u8 *virt;
	u64 id;				/* grant reference or frame */
	domid_t domid;			/* as the guest named it */
	bool gref, write;
};
struct copy_state { struct copy_end src, dst; };
void grant_copy_batch(struct copy_state *c, struct gnttab_copy *op, unsigned n);
void grant_copy_done(struct copy_state *c);

/* table.c */
int grant_table_grow(struct domain *d, unsigned frames);
long grant_setup_table(void __guest *arg);
long grant_query_size(void __guest *arg);
long grant_set_version(void __guest *arg);
long grant_get_version(void __guest *arg);
long grant_get_status_frames(void __guest *arg);
void grant_swap_batch(struct gnttab_swap_grant_ref *op, unsigned n);

#endif

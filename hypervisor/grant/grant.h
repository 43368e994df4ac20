/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables, version 1.
 *
 * d->grant->lock guards the whole table: active entries (pins), frames, and the
 * maptrack of what d itself has mapped. A map takes the granter's lock; the
 * mapper's maptrack has its own lock inside. Never two tables' locks at once.
 */
#ifndef GRANT_GRANT_H
#define GRANT_GRANT_H

#include "core/domain.h"
#include <xen/grant_table.h>

int grant_table_init(struct domain *d, unsigned max_frames, unsigned max_maptrack, unsigned version);
/* Death: unmap all that d has mapped. 0 or -ERESTART. */
int grant_table_release_mappings(struct domain *d);
void grant_table_destroy(struct domain *d);
void grant_table_free(struct domain *d);		/* last reference gone */
/* XENMEM_acquire_resource: frame number idx of the shared frames, growing. 0 and *mfn, or -errno. */
int grant_table_get_frame(struct domain *d, unsigned idx, mfn_t *mfn);
unsigned grant_table_max_frames(struct domain *d);
unsigned grant_table_nr_frames(struct domain *d);
void grant_table_dump(struct domain *d);		/* debug key g */

/*
 * What a guest type must offer so that grants can be mapped into it (pv/grant.c):
 * create writes the PTE that maps mfn; replace checks that the PTE at addr maps
 * mfn with these rights and clears it (the caller flushes before it drops
 * references). addr and flags as in GNTMAP_*; they return GNTST_*.
 */
int guest_create_grant_mapping(struct domain *d, u64 addr, mfn_t mfn, unsigned flags);
int guest_remove_grant_mapping(struct domain *d, u64 addr, mfn_t mfn, unsigned flags);

#endif

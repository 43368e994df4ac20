/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * area.h: memory that two domains share for as long as a device is connected: rings, staging pools.
 *
 * Both sides see it contiguous in their virtual memory. The frontend owns the pages and grants each
 * of them; the backend maps all of them by one batch of grant operations.
 *  - Granted pages go back to the kernel only when the peer does not map them any more; those that
 *    it still does are given to the kernel's deferred list and freed when it lets go, or never.
 *  - Zeroed before they are granted: no byte of ours that the peer was not to see.
 */
#ifndef XB_AREA_H
#define XB_AREA_H

#include <linux/types.h>
#include <xen/grant_table.h>
#include <xb/bus.h>

#define XB_AREA_MAX_PAGES	1024u

struct xb_area {			/* the frontend's: granted */
	void *va;
	unsigned int nr;
	struct page **pages;
	grant_ref_t *grefs;		/* nr of them, in order */
};

int xb_area_alloc(struct xb_device *dev, struct xb_area *a, unsigned int nr);
void xb_area_free(struct xb_device *dev, struct xb_area *a);	/* harmless when empty */

struct xb_area_map {			/* the backend's: mapped */
	void *va;
	unsigned int nr;
	struct page **pages;
	grant_handle_t *handles;
};

/* All or nothing. -EINVAL: a grant is not there or not writable; nothing stays mapped then. */
int xb_area_map(struct xb_device *dev, struct xb_area_map *m, const grant_ref_t *grefs,
		unsigned int nr);
void xb_area_unmap(struct xb_device *dev, struct xb_area_map *m);	/* harmless when empty */

/*
 * An area whose list of grants does not fit into keys of the store is announced by its directory:
 * one granted page with u32 count, u32 0, then COUNT grant references. The backend reads it once.
 */
#define XB_AREA_DIR_MAX	1022u
int xb_area_publish(struct xb_device *dev, const struct xb_area *a, struct xb_area *dir);
int xb_area_map_dir(struct xb_device *dev, struct xb_area_map *m, grant_ref_t dir,
		    unsigned int max);

#endif

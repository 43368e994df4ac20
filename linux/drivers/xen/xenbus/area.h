/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * area.h: what the two halves of shared areas agree on.
 */
#ifndef XB_AREA_INTERNAL_H
#define XB_AREA_INTERNAL_H

#include <xb/area.h>
#include <xb/plain.h>

#define XB_AREA_BATCH	16u	/* grant operations of one hypercall; they are on the stack */

struct xb_area_dir {		/* the directory's page */
	u32 count;
	u32 reserved;
	u32 grefs[XB_AREA_DIR_MAX];
};

static_assert(sizeof(struct xb_area_dir) == XB_PAGE_SIZE);

#endif

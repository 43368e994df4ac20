/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant.h: the domain's own grant table (version 1), and grants from the domain to itself.
 */
#ifndef KIT_GRANT_H
#define KIT_GRANT_H

#include "mm.h"

#include <xen/grant_table.h>

#define GRANT_FREE	8	/* the first reference that the ABI does not reserve */

extern struct grant_entry_v1 *grants;	/* the first frame of the table */
extern domid_t own_domid;

/* Map the table; find out the own domid. */
void grant_init(void);
/* Give the domain `to` access to a page. */
void grant_access(unsigned int ref, const void *page, domid_t to, u16 flags);
/*
 * These return the status of the operation (GNTST_*), or a negative error of the hypercall times
 * 1000.
 */
long grant_map(u64 host, unsigned int ref, domid_t dom, u32 flags,
	       struct gnttab_map_grant_ref *out);
long grant_unmap(u64 host, u64 bus, u32 handle);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* memory_op: a domain's memory, and what it may learn of the machine's. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include "core/domain.h"
#include <xen/memory.h>

/* Sub-operations by file; each gets the whole command for its start_extent bits. */
struct hc_args;
long memory_reservation(struct hc_args *a);	/* reservation.c: increase, decrease, populate */
long memory_exchange(struct hc_args *a);	/* exchange.c */
long memory_maps(struct hc_args *a);		/* maps.c: machphys, limits, claims */
long memory_resource(struct hc_args *a);	/* resource.c: acquire_resource */

long memory_physmap(struct hc_args *a);		/* physmap.c: what only translated guests have */

/* memmap.c: the e820 maps. */
long memory_guest_map(struct hc_args *a);
long memory_set_guest_map(struct hc_args *a);
long memory_machine_map(struct hc_args *a);
/* The last reference has gone: drop the domain's map. */
void memory_domain_free(struct domain *d);

/* The largest extent that the calling domain may ask for. */
unsigned memory_max_order(const struct domain *d);

#define MEMOP_CMD(op) ((unsigned)(op) & 63)
#define MEMOP_START(op) ((u64)(op) >> 6)
#define MEMOP_SHIFT 6
/* The same operation, to go on at an extent. */
#define MEMOP_CONT(op, start) ((u64)MEMOP_CMD(op) | (u64)(start) << MEMOP_SHIFT)

#endif

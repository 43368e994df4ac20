/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services that hang something on a domain. core/services.c is the only file
 * of the core that names them all: it calls upward, in the order of a domain's life.
 */
#ifndef CORE_SERVICES_H
#define CORE_SERVICES_H

#include "core/domain.h"

/* What kind of guest is wanted; NULL if there is none such. */
const struct guest_ops *services_guest_ops(const struct xen_domctl_createdomain *c);
/* Everything but the vCPUs. On error services_free() undoes what was done. */
int services_init(struct domain *d, const struct xen_domctl_createdomain *c);
/* Death: 0, or -ERESTART to be called again. */
int services_kill(struct domain *d);
/* The last reference has gone. */
void services_free(struct domain *d);

#endif

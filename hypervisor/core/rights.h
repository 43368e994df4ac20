/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what, in one place. A domain may act on itself and, if it is
 * privileged, on any other; the hardware domain alone drives the machine.
 */
#ifndef CORE_RIGHTS_H
#define CORE_RIGHTS_H

#include "core/domain.h"
#include "lib/errno.h"

/* May the current domain act on target? 0 or -EPERM. */
static inline int rights_target(const struct domain *target)
{
	const struct domain *d = current_domain();

	return d == target || d->is_privileged ? 0 : -EPERM;
}

/* Operations on the machine or on all domains. */
static inline int rights_control(void) { return current_domain()->is_privileged ? 0 : -EPERM; }
static inline int rights_hardware(void) { return current_domain()->is_hardware ? 0 : -EPERM; }

int rights_domain_init(struct domain *d);	/* empty sets, or dom0's */
void rights_domain_free(struct domain *d);
bool iomem_access_permitted(struct domain *d, u64 s_mfn, u64 e_mfn);
bool ioport_access_permitted(struct domain *d, u32 s, u32 e);
bool irq_access_permitted(struct domain *d, u32 irq);
/* Everything but what the hypervisor itself drives (boot, dom0). */
int rights_setup_dom0(struct domain *d);
void rights_update(struct domain *d);		/* after a change of the sets: d->needs_device_rights */

#endif

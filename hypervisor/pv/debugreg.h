/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug registers of PV vCPUs. set and get: 0; -ENODEV: no such register; -EPERM, -EINVAL: value refused. */
#ifndef PV_DEBUGREG_H
#define PV_DEBUGREG_H

#include "core/domain.h"

int pv_set_debugreg(struct vcpu *v, unsigned reg, u64 val);
int pv_get_debugreg(struct vcpu *v, unsigned reg, u64 *val);
void pv_load_debugregs(struct vcpu *v);
void pv_unload_debugregs(void);

#endif

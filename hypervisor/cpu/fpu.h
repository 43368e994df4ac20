/* SPDX-License-Identifier: GPL-2.0-only */
/* Eager switching of x87/SSE/AVX state: XSAVE where there is one, else FXSAVE. */
#ifndef CPU_FPU_H
#define CPU_FPU_H

#include "lib/types.h"

struct vcpu;

int fpu_vcpu_init(struct vcpu *v);	/* allocates v->xsave_area in reset state */
void fpu_vcpu_free(struct vcpu *v);
void fpu_vcpu_reset(struct vcpu *v);
void fpu_save(struct vcpu *v);
void fpu_restore(struct vcpu *v);	/* never faults, whatever the area holds */
int fpu_set_xcr0(struct vcpu *v, u64 xcr0);	/* -EINVAL if the CPU would refuse */

#endif

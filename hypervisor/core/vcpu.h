/* SPDX-License-Identifier: GPL-2.0-only */
/* What core/ and sched/ share about vCPUs, their timers and their information pages. */
#ifndef CORE_VCPU_H
#define CORE_VCPU_H

#include "core/domain.h"

void vcpu_free(struct vcpu *v);			/* with its domain */
/* Back to the state before VCPUOP_initialise: down, registers and information page gone. */
void vcpu_reset(struct vcpu *v);

/* core/vcpu_timer.c */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_kill(struct vcpu *v);
void vcpu_timers_switch_in(struct vcpu *v, unsigned cpu);
void vcpu_timers_switch_out(struct vcpu *v);
int vcpu_set_periodic(struct vcpu *v, u64 period);	/* ns; 0 stops */
void vcpu_set_singleshot(struct vcpu *v, u64 deadline);

/* core/info.c */
int shared_info_alloc(struct domain *d);
void shared_info_release(struct domain *d);	/* the domain dies: no vCPU runs, no event comes */
void vcpu_info_init(struct vcpu *v);

#endif

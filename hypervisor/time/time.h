/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time since the hypervisor's boot in nanoseconds, from the TSC, calibrated
 * against the HPET, the ACPI PM timer or the PIT; and the wall clock.
 */
#ifndef TIME_TIME_H
#define TIME_TIME_H

#include "lib/types.h"

struct vcpu;
struct domain;

#define SECONDS(n) ((u64)(n) * 1000000000ull)
#define MILLISECS(n) ((u64)(n) * 1000000ull)
#define MICROSECS(n) ((u64)(n) * 1000ull)

extern u32 tsc_khz;

void time_init(void);			/* boot CPU: calibrates; also reads the CMOS clock */
void time_init_cpu(void);		/* each CPU */
u64 now_ns(void);
u64 tsc_to_ns(u64 delta);
u64 ns_to_tsc(u64 ns);
/* mul and shift for the ABI's vcpu_time_info. */
void time_get_scale(u32 *mul, s8 *shift);

/*
 * Renew v's vcpu_time_info, if it is not that of this CPU's last stamp or force
 * is set; with v == current (its CR3 must be loaded by then) also the secondary
 * area, now or when its kernel page tables are next active (v->time_pending).
 */
void time_update_vcpu(struct vcpu *v, bool force);
void time_update_wallclock(struct domain *d);	/* in its shared_info */
void time_set_wallclock(u64 secs, u32 nsecs, u64 system_time);	/* and to all domains */
void time_get_wallclock(u64 *secs, u32 *nsecs);	/* now, UTC */
void udelay(unsigned us);
u64 time_tsc_at(u64 ns);		/* this CPU's TSC when now_ns() says ns */
/* time/cmos.c: seconds since 1970 by the battery clock; 0 if it has none. */
u64 cmos_read_clock(void);

#endif

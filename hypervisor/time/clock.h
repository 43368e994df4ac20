/* SPDX-License-Identifier: GPL-2.0-only */
/* Between time/platform.c, which knows the counters of the board, and time/clock.c. */
#ifndef TIME_CLOCK_H
#define TIME_CLOCK_H

#include "lib/types.h"

struct platform_clock {
	const char *name;
	u64 hz;
	u32 mask;			/* it counts up modulo mask + 1 */
	u32 (*read)(void);
};

/* The best one there is, running; NULL if the board has none that counts. */
const struct platform_clock *platform_clock_init(void);
/* Counter and TSC of one moment. The answer is how many TSC ticks it took: the uncertainty. */
u64 platform_clock_pair(const struct platform_clock *c, u32 *count, u64 *tsc);
u64 tsc_calibrate(const struct platform_clock *c);	/* Hz */

#endif

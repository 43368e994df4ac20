/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that an interrupt or another CPU asks a CPU to do before it next enters
 * a guest (or while it idles), on its own stack, with interrupts on.
 * softirq_run() is called on every way back to a guest and in the idle loop;
 * SOFTIRQ_SCHEDULE is run last because its handler does not return.
 */
#ifndef SYNC_SOFTIRQ_H
#define SYNC_SOFTIRQ_H

#include "lib/types.h"

enum softirq { SOFTIRQ_TIMER, SOFTIRQ_TASKLET, SOFTIRQ_TIME_SYNC, SOFTIRQ_SCHEDULE, SOFTIRQ_NR };

void softirq_open(enum softirq nr, void (*fn)(void));
void softirq_raise(enum softirq nr);			/* on this CPU */
void softirq_raise_on(unsigned cpu, enum softirq nr);	/* sends an IPI if needed */
void softirq_run(void);

/* A function to be run once, soon, on the given CPU in SOFTIRQ_TASKLET. */
struct tasklet {
	struct tasklet *next;
	void (*fn)(void *arg);
	void *arg;
	bool queued;
};
void tasklet_schedule_on(unsigned cpu, struct tasklet *t);

#endif

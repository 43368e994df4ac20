/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * micro.h: the frame of a measurement.
 *
 * Everything is measured with RDTSC, which counts instructions when the machine runs with
 * QEMU's -icount shift=0: the TSC then ticks once a nanosecond and a nanosecond is one
 * instruction. Timer interrupts fall into some repetitions; the least value is the one
 * without them. The cost of an empty measurement is taken off.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include "event.h"
#include "grant.h"
#include "mm.h"
#include "trap.h"
#include "user.h"

#define REPEAT 40

static inline u64 tsc(void)
{
	u32 lo, hi;

	asm volatile ("rdtsc" : "=a" (lo), "=d" (hi) :: "memory");
	return (u64)hi << 32 | lo;
}

extern u64 tsc_overhead;

void report(const char *name, u64 cost);

/* setup and undo are not measured; the least cost of op is. */
#define BENCH(name, setup, op, undo) do {			\
	u64 best_ = ~0UL;					\
	for (int i_ = 0; i_ < REPEAT; i_++) {			\
		u64 t_;						\
		setup;						\
		t_ = tsc();					\
		op;						\
		t_ = tsc() - t_;				\
		undo;						\
		best_ = t_ < best_ ? t_ : best_;		\
	}							\
	report(name, best_ - tsc_overhead);			\
} while (0)

void bench_mmu(void);
void bench_event(void);
void bench_grant(void);
void bench_switch(void);

/* entry.S */
extern const char bench_syscall_entry[], bench_fault_entry[];
extern const char bench_event_entry[], bench_event_entry1[];
void user_empty_loop(void);
void user_syscall_loop(void);
void user_fault_loop(void);
u64 kernel_iret(void);
extern volatile void *bench_info0, *bench_info1, *bench_pending;
extern volatile u64 bench_events;

#endif

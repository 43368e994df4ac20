/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of the board against which the TSC is measured: HPET, ACPI PM
 * timer, PIT channel 2, in this order unless clocksource= names one.
 *
 * A measurement is a pair (counter, TSC) at each end. Each pair is the tightest
 * of several tries, with the TSC read before and after the counter: if an
 * emulator or an SMI stops us between the reads, that try is wide and loses. So
 * the error is the width of the tightest bracket over the length of the run,
 * whatever speed instructions have.
 */
#include "acpi/acpi.h"
#include "cpu/cpu.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/map.h"
#include "time/clock.h"
#include "time/time.h"

#define HPET_CAP_PERIOD 0x004
#define HPET_CONFIG 0x010
#define HPET_COUNTER 0x0f0
#define FEMTOSECONDS 1000000000000000ull
#define PM_TIMER_HZ 3579545
#define PIT_HZ 1193182

static volatile u8 *hpet;

static u32 hpet_get(u32 reg) { return *(volatile u32 *)(hpet + reg); }
static u32 hpet_read(void) { return hpet_get(HPET_COUNTER); }
static u32 pmtimer_read(void) { return inl(acpi.pm_timer_port); }

/* Counts down from 65536 in mode 2; gate on, speaker off. */
static u32 pit_read(void)
{
	u32 v;

	outb(0x80, 0x43);		/* latch channel 2 */
	v = inb(0x42);
	v |= (u32)inb(0x42) << 8;
	return 0u - v;
}

static struct platform_clock clock_hpet = { .name = "HPET", .mask = ~0u, .read = hpet_read };
static struct platform_clock clock_pmtimer = {
	.name = "ACPI PM timer", .hz = PM_TIMER_HZ, .mask = 0xffffff, .read = pmtimer_read,
};
static struct platform_clock clock_pit = {
	.name = "PIT", .hz = PIT_HZ, .mask = 0xffff, .read = pit_read,
};

/* It must move within a millisecond or so. */
static bool __init counts(const struct platform_clock *c)
{
	u32 start = c->read();

	for (unsigned i = 0; i < 100000; i++)
		if ((c->read() - start) & c->mask)
			return true;
	return false;
}

static bool __init hpet_start(void)
{
	u32 period;

	if (!acpi.hpet_base)
		return false;
	hpet = ioremap(acpi.hpet_base & PAGE_MASK, PAGE_SIZE);
	if (!hpet)
		return false;
	hpet += acpi.hpet_base & ~PAGE_MASK & 0xc00;
	period = hpet_get(HPET_CAP_PERIOD);
	if (period < 100000 || period > 100000000)	/* 0.1 ns; 100 ns by specification */
		return false;
	clock_hpet.hz = (FEMTOSECONDS + period / 2) / period;
	/* On, without taking over the legacy interrupts. */
	*(volatile u32 *)(hpet + HPET_CONFIG) = (hpet_get(HPET_CONFIG) & ~3u) | 1;
	return counts(&clock_hpet);
}

static bool __init pmtimer_start(void)
{
	if (!acpi.pm_timer_port)
		return false;
	if (acpi.pm_timer_32bit)
		clock_pmtimer.mask = ~0u;
	return counts(&clock_pmtimer);
}

static bool __init pit_start(void)
{
	outb((u8)((inb(0x61) & ~2u) | 1u), 0x61);
	outb(0xb4, 0x43);		/* channel 2, both bytes, mode 2 */
	outb(0, 0x42);
	outb(0, 0x42);
	return counts(&clock_pit);
}

const struct platform_clock * __init platform_clock_init(void)
{
	static struct {
		const char *opt;
		bool (*start)(void);
		const struct platform_clock *clock;
	} all[] = {
		{ "hpet", hpet_start, &clock_hpet },
		{ "acpi", pmtimer_start, &clock_pmtimer },
		{ "pit", pit_start, &clock_pit },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(opts.clocksource, all[i].opt) && all[i].start())
			return all[i].clock;
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].start())
			return all[i].clock;
	return NULL;
}

u64 platform_clock_pair(const struct platform_clock *c, u32 *count, u64 *tsc)
{
	u64 best = ~0ull;

	*count = 0;
	*tsc = 0;
	for (unsigned i = 0; i < 10; i++) {
		u64 a = rdtsc(), b;
		u32 n = c->read();

		b = rdtsc();
		if (b - a < best) {
			best = b - a;
			*count = n & c->mask;
			*tsc = a + (b - a) / 2;
		}
	}
	return best;
}

/* Ticks of the TSC in `count' ticks of c, scaled to a second without overflow. */
static u64 __init scale_to_hz(u64 tsc, u64 count, u64 hz)
{
	u64 whole = tsc / count, rest = tsc % count;

	/* rest < count, and count is a tenth of a second or so: fits by far. */
	return whole * hz + (rest * hz + count / 2) / count;
}

/*
 * Reads without a pause in between, so that a counter of 16 bits cannot wrap
 * unseen; the last pair ends the run.
 */
u64 __init tsc_calibrate(const struct platform_clock *c)
{
	u64 tsc0, tsc1, width, total = 0, f = irq_save();
	u32 first, last, n;

	width = platform_clock_pair(c, &first, &tsc0);
	last = first;
	while (total < c->hz / 10) {
		n = c->read() & c->mask;
		total += (n - last) & c->mask;
		last = n;
	}
	width += platform_clock_pair(c, &n, &tsc1);
	total += (n - last) & c->mask;
	irq_restore(f);
	if (tsc1 - tsc0 < 10000)
		return 0;
	printk(LOG_DEBUG, "TSC: %llu ticks in %llu of the %s, within %llu\n",
	       (unsigned long long)(tsc1 - tsc0), (unsigned long long)total, c->name,
	       (unsigned long long)width);
	return scale_to_hz(tsc1 - tsc0, total, c->hz);
}

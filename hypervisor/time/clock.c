/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock: nanoseconds since time_init(), a linear function of the TSC.
 *
 *   now = ((rdtsc() - base[cpu]) << shift) * mul >> 32
 *
 * mul and shift are the same for all and are also what the guests compute with,
 * so their clocks and ours are one. base[] is the same for all processors when
 * their TSCs agree, which is checked at start against the board's counter; one
 * that differs gets its own base, and then now_ns() also takes care not to step
 * back between processors (guests do so themselves, as the ABI asks).
 *
 * No lock: all is written before a processor goes online.
 */
#include "cpu/cpu.h"
#include "cpu/percpu.h"
#include "lib/bug.h"
#include "lib/printk.h"
#include "time/clock.h"
#include "time/time.h"

#define TSC_AT_MAX (1ull << 59)

u32 tsc_khz;

static u64 tsc_hz;
static u32 scale_mul;
static s8 scale_shift;
static u64 base[MAX_CPUS];
static bool unsynchronised;
static u64 last_ns;			/* only if unsynchronised */
static const struct platform_clock *board;
static u32 board_count0;		/* board's counter at base[0] */

void time_get_scale(u32 *mul, s8 *shift)
{
	*mul = scale_mul;
	*shift = scale_shift;
}

u64 tsc_to_ns(u64 delta)
{
	if (scale_shift >= 0)
		delta <<= scale_shift;
	else
		delta >>= -scale_shift;
	return (u64)((unsigned __int128)delta * scale_mul >> 32);
}

/* n * mul / div without overflow as long as mul and div are below 2^34. */
static u64 mul_div(u64 n, u64 mul, u64 div)
{
	return n / div * mul + n % div * mul / div;
}

u64 ns_to_tsc(u64 ns) { return mul_div(ns, tsc_hz, 1000000000ull); }

u64 now_ns(void)
{
	u64 now, last;

	if (!tsc_hz)
		return 0;
	now = rdtsc() - base[smp_cpu_id()];
	if (unlikely((s64)now < 0))
		now = 0;
	now = tsc_to_ns(now);
	if (likely(!unsynchronised))
		return now;
	last = __atomic_load_n(&last_ns, __ATOMIC_RELAXED);
	do {
		if (now <= last)
			return last;
	} while (!__atomic_compare_exchange_n(&last_ns, &last, now, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return now;
}

/* A guest may ask for a time beyond what 64 bits of ticks can say; in 18 years we look again. */
u64 time_tsc_at(u64 ns) { return base[smp_cpu_id()] + ns_to_tsc(min(ns, TSC_AT_MAX)); }

/* A tick is 2^shift * mul / 2^32 ns; mul as large as 32 bits allow. */
static void __init set_scale(u64 hz)
{
	u64 n = 1000000000ull, d = hz;
	s8 shift = 0;

	for (; n >= d; d <<= 1)
		shift++;
	for (; n * 2 < d; n <<= 1)
		shift--;
	/* n < d < 2^35: n << 28 fits, and long division gives the last bits. */
	scale_mul = (u32)(((n << 28) / d << 4) + (((n << 28) % d) << 4) / d);
	scale_shift = shift;
	tsc_hz = hz;
	tsc_khz = (u32)((hz + 500) / 1000);
}

void __init time_init(void)
{
	u64 hz;

	board = platform_clock_init();
	if (!board)
		panic("No HPET, no ACPI PM timer, no PIT: the TSC cannot be calibrated\n");
	hz = tsc_calibrate(board);
	if (hz < 1000000 || hz > 1ull << 34)
		panic("The TSC counts %llu a second by the %s: not usable\n",
		      (unsigned long long)hz, board->name);
	set_scale(hz);
	platform_clock_pair(board, &board_count0, &base[0]);
	for (unsigned i = 1; i < MAX_CPUS; i++)
		base[i] = base[0];
	printk(LOG_INFO, "Platform timer is %llu.%03llu MHz %s\n",
	       (unsigned long long)board->hz / 1000000,
	       (unsigned long long)board->hz / 1000 % 1000, board->name);
	printk(LOG_INFO, "Detected %llu.%03llu MHz processor\n",
	       (unsigned long long)hz / 1000000, (unsigned long long)hz / 1000 % 1000);
	time_init_cpu();
	printk(LOG_INFO, "Wall clock: %llu seconds since 1970\n",
	       (unsigned long long)cmos_read_clock());
}

/*
 * What the board's counter has done since time_init() less what it should have
 * done by this CPU's TSC, in nanoseconds, modulo the counter's period.
 */
static s64 measure_offset(u64 *uncertain)
{
	u64 tsc, expected;
	u32 count, diff;
	s64 sdiff;

	*uncertain = tsc_to_ns(platform_clock_pair(board, &count, &tsc));
	expected = mul_div(tsc_to_ns(tsc - base[0]), board->hz, 1000000000ull);
	diff = (count - board_count0 - (u32)expected) & board->mask;
	sdiff = diff > board->mask / 2 ? (s64)diff - (s64)board->mask - 1 : (s64)diff;
	return sdiff * 1000 / (s64)(board->hz / 1000) * 1000;
}

/*
 * The calibration's own error (a few 10^-5 at worst) grows with the time since
 * boot, so that much of a difference is no offset.
 */
void time_init_cpu(void)
{
	unsigned cpu = smp_cpu_id();
	struct pcpu *p = pcpus[cpu];
	u64 uncertain, since, f = irq_save();
	s64 off;

	if (cpu != 0) {
		off = measure_offset(&uncertain);
		since = tsc_to_ns(rdtsc() - base[0]);
		if ((u64)(off < 0 ? -off : off) > MICROSECS(100) + uncertain + since / 20000) {
			base[cpu] = base[0] - (off < 0 ? -ns_to_tsc((u64)-off) :
					       ns_to_tsc((u64)off));
			unsynchronised = true;
			printk(LOG_WARN, "CPU%u: TSC is %lld ns behind, corrected\n", cpu,
			       (long long)off);
		}
	}
	if (p) {
		p->tsc_stamp = base[cpu];
		p->time_stamp = 0;
	}
	irq_restore(f);
}

void udelay(unsigned us)
{
	u64 start = rdtsc(), ticks;

	if (!tsc_hz) {
		/* A write to the diagnostic port takes about a microsecond. */
		while (us--)
			outb(0, 0x80);
		return;
	}
	ticks = ns_to_tsc(MICROSECS(us));
	while (rdtsc() - start < ticks)
		cpu_relax();
}

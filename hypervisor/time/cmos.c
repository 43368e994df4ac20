/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The battery clock, read at boot. It holds UTC, as machines that serve are set
 * up; dom0 corrects us later. No lock: dom0's accesses to the same ports are
 * emulated only after boot.
 */
#include "acpi/acpi.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "time/time.h"

#define RTC_SEC 0
#define RTC_MIN 2
#define RTC_HOUR 4
#define RTC_DAY 7
#define RTC_MONTH 8
#define RTC_YEAR 9
#define RTC_A 0x0a
#define RTC_A_UPDATING 0x80u
#define RTC_B 0x0b
#define RTC_B_24H 0x02u
#define RTC_B_BINARY 0x04u
#define HOUR_PM 0x80u

struct rtc { u8 sec, min, hour, day, month, year, century; };

static u8 cmos_read(u8 reg)
{
	outb(reg, 0x70);
	return inb(0x71);
}

static void read_all(struct rtc *t)
{
	/* An update takes at most 2 ms and is announced 244 us before. */
	for (unsigned i = 0; i < 10000 && (cmos_read(RTC_A) & RTC_A_UPDATING); i++)
		cpu_relax();
	t->sec = cmos_read(RTC_SEC);
	t->min = cmos_read(RTC_MIN);
	t->hour = cmos_read(RTC_HOUR);
	t->day = cmos_read(RTC_DAY);
	t->month = cmos_read(RTC_MONTH);
	t->year = cmos_read(RTC_YEAR);
	t->century = acpi.century && acpi.century < 0x80 ? cmos_read(acpi.century) : 0;
}

static u8 from_bcd(u8 v) { return (u8)((v >> 4) * 10 + (v & 15)); }

static void decode(struct rtc *t, u8 mode)
{
	bool pm = t->hour & HOUR_PM;

	t->hour &= (u8)~HOUR_PM;
	if (!(mode & RTC_B_BINARY)) {
		u8 *p = &t->sec;

		for (unsigned i = 0; i < sizeof(*t); i++)
			p[i] = from_bcd(p[i]);
	}
	if (!(mode & RTC_B_24H))
		t->hour = (u8)(t->hour % 12 + (pm ? 12 : 0));
}

/* Days from 1970 to the first of March of year y, then on: leap days come last that way. */
static u64 days_since_epoch(unsigned year, unsigned month, unsigned day)
{
	if (month <= 2) {
		month += 12;
		year--;
	}
	return 365ull * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 +
	       day - 1 - 719468;
}

u64 cmos_read_clock(void)
{
	struct rtc a, b;
	unsigned year;

	read_all(&b);
	for (unsigned i = 0; i < 10; i++) {
		a = b;
		read_all(&b);
		if (!memcmp(&a, &b, sizeof(a)))
			break;
	}
	decode(&a, cmos_read(RTC_B));
	if (a.sec > 59 || a.min > 59 || a.hour > 23 || !a.day || a.day > 31 || !a.month ||
	    a.month > 12 || a.year > 99)
		return 0;
	year = a.century >= 19 && a.century <= 30 ? a.century * 100u + a.year : 2000u + a.year;
	if (year < 1970)
		return 0;
	return ((days_since_epoch(year, a.month, a.day) * 24 + a.hour) * 60 + a.min) * 60 + a.sec;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot parameters: at most 25. The table is in cmdline.c;
 * docs/parameters.md describes each.
 */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include "lib/types.h"

struct cmdline_options {
	struct { u64 size, min, max; } dom0_mem;	/* bytes; size 0: all but a reserve, max 0: size */
	unsigned dom0_max_vcpus;			/* 0: one per processor */
	bool dom0_vcpus_pin;
	bool console_com1, console_vga;			/* console=com1,vga (default vga,com1 both) */
	struct { unsigned baud; u16 io_base; u8 irq; u8 bits, parity, stop; } com1;
	bool sync_console;
	int loglvl, guest_loglvl;			/* enum log_level */
	char sched[16];
	unsigned sched_credit_tslice_ms;
	unsigned sched_ratelimit_us;
	bool noreboot;
	bool smap, smep;
	bool smap_given;
	unsigned maxcpus;				/* 0: no limit */
	u64 mem_limit;					/* mem=: bytes, 0: none */
	bool x2apic;
	unsigned gnttab_max_frames;
	unsigned gnttab_max_maptrack_frames;
	char clocksource[8];				/* "", hpet, acpi, pit */
	char reboot[8];
};

extern struct cmdline_options opts;

/*
 * Parse the line; the word "placeholder" is skipped; what follows " -- " is for
 * dom0 and returned. Unknown words and bad values are reported with printk and ignored.
 * @line is changed. cmdline_saved holds the original for XENVER_commandline.
 */
const char *cmdline_parse(char *line);
extern char cmdline_saved[1024];

/* "512M" -> bytes; suffixes B K M G T, none means KiB (as Xen). *end after it. */
u64 parse_size(const char *s, const char **end);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot parameters: one table, one line a parameter, named as users of Xen
 * know them. docs/parameters.md describes each; a host test compares the two.
 * Lists in one word (dom0_mem=, console=, com1=) have parsers of their own.
 */
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"

struct cmdline_options opts = {
	.console_com1 = true,
	.console_vga = true,
	.com1 = { .baud = 115200, .io_base = 0x3f8, .irq = 4, .bits = 8, .parity = 'n', .stop = 1 },
	.loglvl = LOG_INFO,
	.guest_loglvl = LOG_WARN,
	.sched = "credit",
	.sched_credit_tslice_ms = 30,
	.sched_ratelimit_us = 1000,
	.smap = true,
	.smep = true,
	.x2apic = true,
	.gnttab_max_frames = 64,
	.gnttab_max_maptrack_frames = 1024,
};
char cmdline_saved[1024];

enum kind { BOOL, UINT, SIZE, TEXT, CUSTOM };

struct param {
	const char *name;
	enum kind kind;
	void *var;
	u64 min, max;			/* of a number; TEXT: max is the buffer's size */
	bool (*parse)(const char *s);	/* CUSTOM */
};

u64 parse_size(const char *s, const char **end)
{
	char *e;
	u64 v = strtoull(s, &e, 0);
	unsigned shift = 10;

	if (e != s) {
		switch (*e) {
		case 'T': case 't': shift = 40; e++; break;
		case 'G': case 'g': shift = 30; e++; break;
		case 'M': case 'm': shift = 20; e++; break;
		case 'K': case 'k': shift = 10; e++; break;
		case 'B': case 'b': shift = 0; e++; break;
		}
	}
	if (end)
		*end = e;
	return v > (~0ull >> shift) ? ~0ull : v << shift;
}

/* dom0_mem=512M,max:512M,min:256M; a bare size is the amount. */
static bool __init parse_dom0_mem(const char *s)
{
	typeof(opts.dom0_mem) m = { 0 };
	const char *end;

	while (*s) {
		u64 *to = &m.size;

		if (!strncmp(s, "min:", 4))
			to = &m.min;
		else if (!strncmp(s, "max:", 4))
			to = &m.max;
		if (to != &m.size)
			s += 4;
		*to = parse_size(s, &end);
		if (end == s || (*end && *end != ','))
			return false;
		s = *end ? end + 1 : end;
	}
	opts.dom0_mem = m;
	return true;
}

static bool __init parse_console(const char *s)
{
	bool com1 = false, vga = false;

	while (*s) {
		size_t n = strchr(s, ',') ? (size_t)(strchr(s, ',') - s) : strlen(s);

		if (n == 4 && !strncmp(s, "com1", n))
			com1 = true;
		else if (n == 3 && !strncmp(s, "vga", n))
			vga = true;
		else if (!(n == 4 && !strncmp(s, "none", n)))
			return false;
		s += s[n] ? n + 1 : n;
	}
	opts.console_com1 = com1;
	opts.console_vga = vga;
	return true;
}

/* com1=115200,8n1,0x3f8,4; later parts may be missing, "auto" keeps the speed. */
static bool __init parse_com1(const char *s)
{
	typeof(opts.com1) c = opts.com1;
	char *end = (char *)s + 4;

	if (!strncmp(s, "auto", 4)) {
		c.baud = 0;
	} else {
		c.baud = (unsigned)strtoull(s, &end, 10);
		if (end == s || !c.baud || c.baud > 115200)
			return false;
	}
	if (*end == ',') {
		s = end + 1;
		if (s[0] < '5' || s[0] > '8' || !s[1] || !strchr("noems", s[1]) || s[2] < '1' || s[2] > '2')
			return false;
		c.bits = (u8)(s[0] - '0');
		c.parity = (u8)s[1];
		c.stop = (u8)(s[2] - '0');
		end = (char *)s + 3;
	}
	if (*end == ',') {
		s = end + 1;
		c.io_base = (u16)strtoull(s, &end, 0);
		if (end == s || !c.io_base)
			return false;
	}
	if (*end == ',') {
		s = end + 1;
		c.irq = (u8)strtoull(s, &end, 0);
		if (end == s)
			return false;
	}
	if (*end)
		return false;
	opts.com1 = c;
	return true;
}

static bool __init parse_level(const char *s, int *level)
{
	static const struct { const char *name; int level; } names[] = {
		{ "none", LOG_ERR }, { "error", LOG_ERR }, { "warning", LOG_WARN },
		{ "info", LOG_INFO }, { "debug", LOG_DEBUG }, { "all", LOG_DEBUG },
	};
	/* "error/warning": the second part is Xen's threshold for rate limiting. */
	size_t n = strchr(s, '/') ? (size_t)(strchr(s, '/') - s) : strlen(s);

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].name) == n && !strncmp(s, names[i].name, n)) {
			*level = names[i].level;
			return true;
		}
	return false;
}

/* One word of a list of names, separated by spaces. */
static bool __init parse_choice(const char *s, const char *names, char *to, size_t size)
{
	size_t n = strlen(s);

	for (const char *p = names; (p = strstr(p, s)); p++)
		if ((p == names || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return strlcpy(to, s, size) < size;
	return false;
}

static bool __init parse_reboot(const char *s)
{
	return parse_choice(s, "acpi kbd pci triple", opts.reboot, sizeof(opts.reboot));
}

static bool __init parse_clocksource(const char *s)
{
	return parse_choice(s, "hpet acpi pit", opts.clocksource, sizeof(opts.clocksource));
}

static bool __init parse_loglvl(const char *s) { return parse_level(s, &opts.loglvl); }
static bool __init parse_guest_loglvl(const char *s) { return parse_level(s, &opts.guest_loglvl); }

/* The table; keep the order of docs/parameters.md. */
static const struct param params[] __initconst = {
	{ "clocksource", CUSTOM, NULL, 0, 0, parse_clocksource },
	{ "com1", CUSTOM, NULL, 0, 0, parse_com1 },
	{ "console", CUSTOM, NULL, 0, 0, parse_console },
	{ "dom0_max_vcpus", UINT, &opts.dom0_max_vcpus, 1, 64, NULL },
	{ "dom0_mem", CUSTOM, NULL, 0, 0, parse_dom0_mem },
	{ "dom0_vcpus_pin", BOOL, &opts.dom0_vcpus_pin, 0, 0, NULL },
	{ "gnttab_max_frames", UINT, &opts.gnttab_max_frames, 1, 1024, NULL },
	{ "gnttab_max_maptrack_frames", UINT, &opts.gnttab_max_maptrack_frames, 1, 4096, NULL },
	{ "guest_loglvl", CUSTOM, NULL, 0, 0, parse_guest_loglvl },
	{ "loglvl", CUSTOM, NULL, 0, 0, parse_loglvl },
	{ "maxcpus", UINT, &opts.maxcpus, 0, 64, NULL },
	{ "mem", SIZE, &opts.mem_limit, 64ull << 20, ~0ull, NULL },
	{ "noreboot", BOOL, &opts.noreboot, 0, 0, NULL },
	{ "reboot", CUSTOM, NULL, 0, 0, parse_reboot },
	{ "sched", TEXT, opts.sched, 0, sizeof(opts.sched), NULL },
	{ "sched_credit_tslice_ms", UINT, &opts.sched_credit_tslice_ms, 1, 1000, NULL },
	{ "sched_ratelimit_us", UINT, &opts.sched_ratelimit_us, 0, 500000, NULL },
	{ "smap", BOOL, &opts.smap, 0, 0, NULL },
	{ "smep", BOOL, &opts.smep, 0, 0, NULL },
	{ "sync_console", BOOL, &opts.sync_console, 0, 0, NULL },
	{ "x2apic", BOOL, &opts.x2apic, 0, 0, NULL },
};
_Static_assert(ARRAY_SIZE(params) <= 25, "at most 25 boot parameters");

/* -1: not a truth value. An absent value is true. */
static int __init parse_bool(const char *s)
{
	if (!s || !strcmp(s, "1") || !strcmp(s, "yes") || !strcmp(s, "true") || !strcmp(s, "on") ||
	    !strcmp(s, "enable"))
		return 1;
	if (!strcmp(s, "0") || !strcmp(s, "no") || !strcmp(s, "false") || !strcmp(s, "off") ||
	    !strcmp(s, "disable"))
		return 0;
	return -1;
}

static bool __init set_number(const struct param *p, const char *value)
{
	const char *end;
	u64 v;

	if (!value || !*value)
		return false;
	if (p->kind == SIZE)
		v = parse_size(value, &end);
	else
		v = strtoull(value, (char **)&end, 0);
	if (*end || end == value || v < p->min || v > p->max)
		return false;
	if (p->kind == SIZE)
		*(u64 *)p->var = v;
	else
		*(unsigned *)p->var = (unsigned)v;
	return true;
}

static bool __init set_param(const struct param *p, const char *value, bool invert)
{
	int b;

	switch (p->kind) {
	case BOOL:
		b = parse_bool(value);
		if (b < 0)
			return false;
		*(bool *)p->var = b != invert;
		if (p->var == &opts.smap)
			opts.smap_given = true;
		return true;
	case TEXT:
		if (!value || strlen(value) >= p->max)
			return false;
		strlcpy(p->var, value, p->max);
		return true;
	case CUSTOM:
		return value && *value && p->parse(value);
	default:
		return set_number(p, value);
	}
}

static void __init parse_word(char *word)
{
	char *value = strchr(word, '=');

	if (!strcmp(word, "placeholder"))
		return;			/* what Debian's GRUB configuration puts first */
	if (value)
		*value++ = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(params); i++) {
		const struct param *p = &params[i];
		bool invert = p->kind == BOOL && !strncmp(word, "no-", 3) && !strcmp(word + 3, p->name);

		if (!invert && strcmp(word, p->name))
			continue;
		if (!set_param(p, value, invert))
			printk(LOG_WARN, "Boot parameter %s: bad value '%s', ignored.\n", word, value ? value : "");
		return;
	}
	printk(LOG_WARN, "Boot parameter %s is not known and was ignored.\n", word);
}

const char *__init cmdline_parse(char *line)
{
	char *dom0 = NULL, *p = line;

	strlcpy(cmdline_saved, line, sizeof(cmdline_saved));
	for (;;) {
		char *word;

		while (*p == ' ' || *p == '\t')
			p++;
		if (!*p)
			break;
		if (p[0] == '-' && p[1] == '-' && (p[2] == ' ' || !p[2])) {
			dom0 = p + 2;
			while (*dom0 == ' ')
				dom0++;
			break;
		}
		word = p;
		while (*p && *p != ' ' && *p != '\t')
			p++;
		if (*p)
			*p++ = 0;
		parse_word(word);
	}
	return dom0 ? dom0 : "";
}

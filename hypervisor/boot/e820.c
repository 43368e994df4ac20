/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's memory map. e820_sanitise() makes of what the firmware says a
 * sorted list without overlaps in which RAM is cut to whole pages, so that
 * everybody behind it can trust it. Of overlapping entries the more restrictive
 * type wins: unusable, reserved, NVS, ACPI, RAM.
 */
#include "boot/boot.h"
#include "lib/bug.h"
#include "lib/printk.h"
#include "lib/string.h"

static unsigned __init severity(u32 type)
{
	switch (type) {
	case E820_RAM: return 1;
	case E820_ACPI: return 2;
	case E820_NVS: return 3;
	case E820_UNUSABLE: return 5;
	default: return 4;
	}
}

static u32 __init clean_type(u32 type)
{
	return type >= E820_RAM && type <= E820_UNUSABLE ? type : E820_RESERVED;
}

/* Drop empty entries, cut what wraps, make RAM whole pages and everything else cover its pages. */
static void __init clean_entries(struct e820_map *m)
{
	unsigned n = 0;

	if (m->nr > E820_MAX)
		m->nr = E820_MAX;
	for (unsigned i = 0; i < m->nr; i++) {
		struct e820_entry e = m->e[i];
		u64 s = e.addr, end;

		if (__builtin_add_overflow(e.addr, e.size, &end))
			end = PAGE_MASK;
		e.type = clean_type(e.type);
		if (e.type == E820_RAM) {
			s = s > PAGE_MASK ? PAGE_MASK : ROUND_UP(s, PAGE_SIZE);
			end = ROUND_DOWN(end, PAGE_SIZE);
		}
		if (end <= s)
			continue;
		m->e[n++] = (struct e820_entry){ s, end - s, e.type };
	}
	m->nr = n;
}

static void __init sort_u64(u64 *a, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		u64 v = a[i];
		unsigned j = i;

		for (; j && a[j - 1] > v; j--)
			a[j] = a[j - 1];
		a[j] = v;
	}
}

/* The type of [s, e), which no entry's end divides; 0: nobody's. */
static u32 __init type_of(const struct e820_map *m, u64 s, u64 e)
{
	u32 type = 0;

	for (unsigned i = 0; i < m->nr; i++) {
		const struct e820_entry *x = &m->e[i];

		if (x->addr <= s && e <= x->addr + x->size && (!type || severity(x->type) > severity(type)))
			type = x->type;
	}
	return type;
}

void __init e820_sanitise(struct e820_map *m)
{
	static u64 cut[2 * E820_MAX] __initdata;
	static struct e820_map out __initdata;
	unsigned n = 0;

	clean_entries(m);
	for (unsigned i = 0; i < m->nr; i++) {
		cut[n++] = m->e[i].addr;
		cut[n++] = m->e[i].addr + m->e[i].size;
	}
	sort_u64(cut, n);
	out.nr = 0;
	for (unsigned i = 0; i + 1 < n; i++) {
		u64 s = cut[i], e = cut[i + 1];
		struct e820_entry *last = out.nr ? &out.e[out.nr - 1] : NULL;
		u32 type = s < e ? type_of(m, s, e) : 0;

		if (!type)
			continue;
		if (last && last->type == type && last->addr + last->size == s)
			last->size += e - s;
		else if (out.nr < E820_MAX)
			out.e[out.nr++] = (struct e820_entry){ s, e - s, type };
		/* else: a map of more than 128 pieces; the highest are not used */
	}
	/* Cutting may have left RAM with broken pages at an unaligned neighbour. */
	clean_entries(&out);
	*m = out;
}

bool e820_all(const struct e820_map *m, u64 s, u64 e, u32 type)
{
	for (unsigned i = 0; i < m->nr && s < e; i++) {
		const struct e820_entry *x = &m->e[i];

		if (x->addr + x->size <= s)
			continue;
		if (x->addr > s || x->type != type)
			return false;
		s = x->addr + x->size;
	}
	return s >= e;
}

void __init e820_limit(struct e820_map *m, u64 limit)
{
	limit = ROUND_DOWN(limit, PAGE_SIZE);
	for (unsigned i = 0; i < m->nr; i++) {
		struct e820_entry *x = &m->e[i];

		if (x->type != E820_RAM || x->addr + x->size <= limit)
			continue;
		if (x->addr >= limit)
			x->type = E820_UNUSABLE;
		else
			x->size = limit - x->addr;
	}
	e820_sanitise(m);
}

u64 e820_end(const struct e820_map *m, u32 type)
{
	u64 end = 0;

	for (unsigned i = 0; i < m->nr; i++)
		if (m->e[i].type == type)
			end = m->e[i].addr + m->e[i].size;
	return end;
}

void __init e820_print(const struct e820_map *m)
{
	static const char *const names[] = { "?", "RAM", "reserved", "ACPI data", "ACPI NVS", "unusable" };

	for (unsigned i = 0; i < m->nr; i++)
		printk(LOG_INFO, " [%016llx, %016llx) %s\n", (unsigned long long)m->e[i].addr,
		       (unsigned long long)(m->e[i].addr + m->e[i].size), names[m->e[i].type]);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbol lookup. The table (scripts/symbols.awk) has offsets from _text sorted
 * upwards and the names in the same order. It is only read when something went
 * wrong, so a walk along the names is fast enough.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "lib/symbols.h"

#ifdef KRYPTON_HOST_TEST
const char *symbol_lookup(u64 addr, u64 *offset)
{
	return NULL;
}
#else
extern const u64 ksyms_count;
extern const u32 ksyms_offset[];
extern const char ksyms_names[];
extern const char _text[], _etext[], _init_start[], _init_text_end[];

const char *symbol_lookup(u64 addr, u64 *offset)
{
	const char *name = ksyms_names;
	u64 lo = 0, hi = ksyms_count, off = addr - (u64)_text;

	if (!(addr >= (u64)_text && addr < (u64)_etext) &&
	    !(addr >= (u64)_init_start && addr < (u64)_init_text_end))
		return NULL;
	/* The last entry that is not above off. */
	while (lo < hi) {
		u64 mid = (lo + hi) / 2;

		if (ksyms_offset[mid] <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	for (u64 i = 1; i < lo; i++)
		name += strlen(name) + 1;
	*offset = off - ksyms_offset[lo - 1];
	return name;
}
#endif

int symbol_format(char *buf, size_t size, u64 addr)
{
	u64 offset;
	const char *name = symbol_lookup(addr, &offset);

	if (!name)
		return snprintf(buf, size, "%016llx", (unsigned long long)addr);
	return snprintf(buf, size, "%016llx %s+0x%llx", (unsigned long long)addr, name,
			(unsigned long long)offset);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * naming.c: virtual device numbers.
 *
 * A number is either an old one, major << 8 | minor of the disk that it stands for (xvd, IDE or
 * SCSI), or an extended one with bit 28 set and 256 minors a disk. All become major 202.
 *
 * Invariant: minor + nr_minors fits into 20 bits for every number that is accepted.
 * Lock: none.
 */
#include "naming.h"

#define EXT_BIT		0x10000000u
#define MINOR_BITS	20

/* Old numbers: COUNT majors from FIRST on, whose disks are BASE, BASE + 1, ... */
static const struct {
	u8 first, count;
	u8 minors;		/* of one disk there */
	u16 base;
} old_majors[] = {
	{ 202, 1, 16, 0 },
	{ 3, 1, 64, 0 },	/* hda, hdb */
	{ 22, 1, 64, 2 },	/* hdc, hdd */
	{ 8, 1, 16, 0 },	/* sda to sdp */
	{ 65, 7, 16, 16 },
	{ 128, 8, 16, 128 },
};

/* One number of the table: which disk, and which of its minors. */
static int old_number(u32 vdevice, u32 *unit, u32 *part)
{
	u32 major = vdevice >> 8, minor = vdevice & 0xff;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(old_majors); i++) {
		u32 nth = major - old_majors[i].first;

		if (nth >= old_majors[i].count)
			continue;
		*unit = old_majors[i].base + nth * (256 / old_majors[i].minors) +
			minor / old_majors[i].minors;
		/* IDE disks have more minors than ours: always taken as whole disks. */
		*part = old_majors[i].minors == 16 ? minor % 16 : 0;
		return 0;
	}
	return -ENODEV;
}

/* a to z, aa to zz, aaa ...; returns how many letters. */
static size_t letters(u32 n, char *out)
{
	char reversed[8];
	size_t len = 0, i;

	for (n++; n; n = (n - 1) / 26)
		reversed[len++] = 'a' + (n - 1) % 26;
	for (i = 0; i < len; i++)
		out[i] = reversed[len - 1 - i];
	return len;
}

int bf_name_of(u32 vdevice, struct bf_name *name)
{
	u32 parts = 16, unit = 0, part = 0;
	size_t len;

	memset(name, 0, sizeof(*name));
	if (vdevice >> 28 > 1)
		return -ENODEV;
	if (vdevice & EXT_BIT) {
		parts = 256;
		unit = (vdevice & ~EXT_BIT) / parts;
		part = (vdevice & ~EXT_BIT) % parts;
		if ((vdevice & ~EXT_BIT) >> MINOR_BITS)
			return -ENODEV;
		name->maybe_emulated = unit < 4;
	} else if (old_number(vdevice, &unit, &part)) {
		return -ENODEV;
	}
	name->minor = unit * parts + part;
	name->nr_minors = part ? 1 : parts;
	memcpy(name->text, "xvd", 3);
	len = 3 + letters(unit, name->text + 3);
	if (part)
		snprintf(name->text + len, sizeof(name->text) - len, "%u", part);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* naming.h: from the toolstack's number of a disk to its device number and name. Plain C. */
#ifndef BF_NAMING_H
#define BF_NAMING_H

#include <xb/plain.h>

#define BF_MAJOR	202

struct bf_name {
	u32 minor;
	u32 nr_minors;		/* 16 or 256 for a whole disk, 1 for what is named as a partition */
	bool maybe_emulated;	/* an extended number that an emulated IDE disk may have, too */
	char text[16];		/* xvda, xvdb3 */
};

/* 0, or -ENODEV: no disk of ours has such a number. */
int bf_name_of(u32 vdevice, struct bf_name *name);

#endif

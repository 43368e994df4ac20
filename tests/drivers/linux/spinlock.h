/* SPDX-License-Identifier: GPL-2.0-only */
/* spinlock.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* types.h: see kshim.h. */
#include_next <linux/types.h>
#include "kshim.h"

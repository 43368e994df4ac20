/* SPDX-License-Identifier: GPL-2.0-only */
/* slab.h: see kshim.h. */
#include "kshim.h"

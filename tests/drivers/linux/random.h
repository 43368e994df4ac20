/* SPDX-License-Identifier: GPL-2.0-only */
/* random.h: see kshim.h. */
#include "kshim.h"

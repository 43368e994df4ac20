/* SPDX-License-Identifier: GPL-2.0-only */
/* mm.h: see kshim.h. */
#include "kshim.h"

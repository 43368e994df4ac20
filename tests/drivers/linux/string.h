/* SPDX-License-Identifier: GPL-2.0-only */
/* string.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* list.h: see kshim.h. */
#include "kshim.h"

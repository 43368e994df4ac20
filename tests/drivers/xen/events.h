/* SPDX-License-Identifier: GPL-2.0-only */
/* events.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* xenbus.h: see kshim.h. */
#include "kshim.h"

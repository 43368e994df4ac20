/* SPDX-License-Identifier: GPL-2.0-only */
/* xen.h: see kshim.h. */
#include "kshim.h"

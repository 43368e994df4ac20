/* SPDX-License-Identifier: GPL-2.0-only */
/* interrupt.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* module.h: see kshim.h. */
#include "kshim.h"

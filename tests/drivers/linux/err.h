/* SPDX-License-Identifier: GPL-2.0-only */
/* err.h: see kshim.h. */
#include "kshim.h"

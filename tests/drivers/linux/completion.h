/* SPDX-License-Identifier: GPL-2.0-only */
/* completion.h: see kshim.h. */
#include "kshim.h"

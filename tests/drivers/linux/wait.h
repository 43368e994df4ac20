/* SPDX-License-Identifier: GPL-2.0-only */
/* wait.h: see kshim.h. */
#include "kshim.h"

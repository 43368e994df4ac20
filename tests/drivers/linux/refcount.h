/* SPDX-License-Identifier: GPL-2.0-only */
/* refcount.h: see kshim.h. */
#include "kshim.h"

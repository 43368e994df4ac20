/* SPDX-License-Identifier: GPL-2.0-only */
/* signal.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* kthread.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* device.h: see kshim.h. */
#include "kshim.h"

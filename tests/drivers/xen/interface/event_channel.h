/* SPDX-License-Identifier: GPL-2.0-only */
/* event_channel.h: see kshim.h. */
#include "kshim.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/* Last step of a CPU's start: it becomes an idle vCPU and takes part in scheduling. */
#ifndef CORE_SWITCH_H
#define CORE_SWITCH_H

#include "lib/types.h"

void __noreturn startup_cpu_idle_loop(void);

#endif

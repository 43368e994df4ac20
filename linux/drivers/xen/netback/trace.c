/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.c: the tracepoints' bodies.
 */
#define CREATE_TRACE_POINTS
#include <xb/compat.h>
#include "trace.h"

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted output. printk() takes a level (LOG_*) as the first argument and
 * drops what is above loglvl= (for the hypervisor) or guest_loglvl= (for what
 * guests cause; those lines are also rate-limited).
 *
 * Formats: %d %i %u %x %X %o %c %s %p %% with -, 0, +, space, #, width, precision, hh h l ll z;
 * and of our own: %pS a code address with its symbol, %pd a struct domain *
 * ("d3"), %pv a struct vcpu * ("d3v1"). The last two print ids only.
 */
#ifndef LIB_PRINTK_H
#define LIB_PRINTK_H

#include <stdarg.h>
#include "lib/types.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void __printf(2, 3) printk(enum log_level level, const char *fmt, ...);
void __printf(2, 3) guest_printk(enum log_level level, const char *fmt, ...);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int __printf(3, 4) snprintf(char *buf, size_t size, const char *fmt, ...);

#endif

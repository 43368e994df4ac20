/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is to blame: a guest's fault is an error code or the guest's death
 * (domain_crash in core/domain.h); our own is BUG(); a machine that cannot be
 * used is panic() with what to do. No guest may be able to reach BUG().
 */
#ifndef LIB_BUG_H
#define LIB_BUG_H

#include "lib/types.h"

/* One line with the reason and what to do; no trace: that is for bugs of our own. */
void __noreturn __printf(1, 2) panic(const char *fmt, ...);
void __noreturn bug_at(const char *file, int line, const char *what);

#define BUG() bug_at(__FILE__, __LINE__, "BUG")
#define BUG_ON(c) do { if (unlikely(c)) bug_at(__FILE__, __LINE__, #c); } while (0)

#ifdef DEBUG
#define ASSERT(c) do { if (unlikely(!(c))) bug_at(__FILE__, __LINE__, "ASSERT " #c); } while (0)
#else
#define ASSERT(c) do { if (0) (void)(c); } while (0)
#endif

#endif

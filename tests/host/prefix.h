/* SPDX-License-Identifier: GPL-2.0-only */
/* First thing in every host object: libc's headers, before lib/types.h takes some of its words. */
#ifndef TESTS_HOST_PREFIX_H
#define TESTS_HOST_PREFIX_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#undef __always_inline
#include "lib/types.h"

#endif

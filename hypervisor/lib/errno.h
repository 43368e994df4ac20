/* SPDX-License-Identifier: GPL-2.0-only */
/* Error numbers as the ABI fixes them (xen/errno.h), under their usual names. */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

#ifdef KRYPTON_HOST_TEST
#include <errno.h>
#ifndef ERESTART
#define ERESTART 85
#endif
#else
#define XEN_ERRNO(name, value) name = value,
enum {
	ERESTART = 85,		/* ours alone: never reaches a guest */
#include <xen/errno.h>
};
#endif

#endif

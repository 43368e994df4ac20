/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_pool.h: the kernel's header of page pools, wherever it is.
 */
#include <xb/compat.h>

#if XB_KERNEL_AT_LEAST(6, 6)
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h: numbers of the store, in plain C.
 */
#ifndef XB_PARSE_H
#define XB_PARSE_H

#include <xb/plain.h>

/*
 * The LEN bytes at S as a decimal number in [MIN, MAX]. -EINVAL: anything but 1 to 20 digits,
 * behind which one NUL may stand; -ERANGE: a number, but out of range. *out is written only on
 * success.
 */
int xb_parse_u64(const char *s, unsigned int len, u64 min, u64 max, u64 *out);

#endif

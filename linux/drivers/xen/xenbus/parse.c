/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.c: numbers of the store.
 *
 * Owns nothing. Invariant: a value is taken whole or not at all; what is not a number is never
 * guessed at, because whoever wrote it may be hostile. No lock.
 */
#include "parse.h"

#define U64_DIGITS	20u	/* of the largest number */

int xb_parse_u64(const char *s, unsigned int len, u64 min, u64 max, u64 *out)
{
	u64 value = 0;
	unsigned int i;

	if (len && s[len - 1] == '\0')
		len--;
	if (!len || len > U64_DIGITS)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
	for (i = 0; i < len; i++) {
		u64 digit = (u64)(s[i] - '0');

		/* Only the twentieth digit can overflow. */
		if (i == U64_DIGITS - 1 && value > (~(u64)0 - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

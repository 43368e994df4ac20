/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * string.c: the few memory and string functions that tests and the compiler ask for.
 */
#include "kit.h"

void *memset(void *to, int byte, size_t len)
{
	void *start = to;

	asm volatile ("rep stosb" : "+D" (to), "+c" (len) : "a" (byte) : "memory");
	return start;
}

void *memcpy(void *to, const void *from, size_t len)
{
	void *start = to;

	asm volatile ("rep movsb" : "+D" (to), "+S" (from), "+c" (len) :: "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t len)
{
	u8 *t = to;
	const u8 *f = from;

	if (t <= f)
		return memcpy(to, from, len);
	while (len--)
		((volatile u8 *)t)[len] = f[len];
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const volatile u8 *x = a, *y = b;

	for (; len; len--, x++, y++) {
		if (*x != *y)
			return *x < *y ? -1 : 1;
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (((const volatile char *)s)[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t len)
{
	for (; len; len--, a++, b++) {
		if (*a != *b)
			return (u8)*a < (u8)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, ~0UL);
}

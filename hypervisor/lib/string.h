/* SPDX-License-Identifier: GPL-2.0-only */
/* The freestanding part of <string.h> that the hypervisor uses. strlcpy returns strlen(src). */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

#ifdef KRYPTON_HOST_TEST
#include <string.h>
#include <stdlib.h>
#else
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *find);
unsigned long long strtoull(const char *s, char **end, int base);
#endif
size_t strlcpy(char *dst, const char *src, size_t size);

#endif

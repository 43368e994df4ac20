/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keys.c: values of the store that mean something to a block backend only. Plain C, no state, no
 * locks. A value is taken whole or refused: what is half right was not written by who should.
 */
#include "request.h"

/* A hexadecimal number up to MAX; returns what follows it, or NULL. */
static const char *parse_hex(const char *s, u32 max, u32 *out)
{
	u32 v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	if (hex_to_bin(*s) < 0)
		return NULL;
	for (; hex_to_bin(*s) >= 0; s++) {
		v = v * 16 + hex_to_bin(*s);
		if (v > max)
			return NULL;
	}
	*out = v;
	return s;
}

int bb_parse_physdev(const char *text, u32 *major, u32 *minor)
{
	u32 a, b;

	/* Linux has 12 and 20 bits for them. */
	text = parse_hex(text, 0xfff, &a);
	if (!text || *text != ':')
		return -EINVAL;
	text = parse_hex(text + 1, 0xfffff, &b);
	if (!text || *text)
		return -EINVAL;
	*major = a;
	*minor = b;
	return 0;
}

int bb_parse_protocol(const char *text, enum bb_abi *abi)
{
	/* Frontends from before the key existed were of 32 bits. */
	if (!text || !strcmp(text, "x86_32-abi"))
		*abi = BB_ABI_X86_32;
	else if (!strcmp(text, "x86_64-abi") || !strcmp(text, "native"))
		*abi = BB_ABI_X86_64;
	else
		return -EINVAL;
	return 0;
}

void bb_thread_name(char *buf, size_t size, u32 domid, const char *dev)
{
	const char *name = strstr(dev, "/dev/");

	snprintf(buf, size, "%u.%s", domid, name ? name + 5 : dev);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the hypervisor's functions, from the table that the link step put into the image. */
#ifndef LIB_SYMBOLS_H
#define LIB_SYMBOLS_H

#include "lib/types.h"

/* Name of the function around addr and the offset in it; NULL if there is none. */
const char *symbol_lookup(u64 addr, u64 *offset);
/* "address name+0x12", or the bare address. Returns the length as snprintf does. */
int symbol_format(char *buf, size_t size, u64 addr);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpacking kernel images. All of it is boot code and leaves nothing behind. */
#ifndef BOOT_BZIMAGE_H
#define BOOT_BZIMAGE_H

#include "lib/types.h"

enum payload_kind { PAYLOAD_ELF, PAYLOAD_XZ, PAYLOAD_ZSTD };

struct bzimage {
	enum payload_kind kind;
	const u8 *payload;
	u64 payload_size;		/* without the length word at its end */
	u64 output_size;
};

/*
 * What is in an image: a bzImage with an XZ or Zstandard payload, or a bare ELF
 * file. NULL, or what is wrong with it. Nothing outside [image, image + size) is
 * read.
 */
const char *bzimage_parse(const void *image, u64 size, struct bzimage *b);

/*
 * decompress.c: fill out, exactly out_size bytes. NULL, or what went wrong.
 * Interrupts must be off; the FPU registers are lost.
 */
const char *decompress(enum payload_kind kind, void *out, u64 out_size, const void *in, u64 in_size);

#endif

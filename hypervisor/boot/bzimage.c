/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outside of a Linux kernel image (Linux: Documentation/x86/boot.rst). A
 * boot sector and setup code, then at payload_offset the compressed ELF file,
 * whose last four bytes are the size of what comes out.
 */
#include "boot/bzimage.h"
#include "lib/string.h"

#define OFF_SETUP_SECTS 0x1f1
#define OFF_MAGIC 0x202
#define OFF_VERSION 0x206
#define OFF_PAYLOAD_OFFSET 0x248
#define OFF_PAYLOAD_LENGTH 0x24c
#define HEADER_END 0x250
#define SECTOR 512u
#define OUTPUT_MAX (1ull << 30)

static u64 __init get(const u8 *p, unsigned bytes)
{
	u64 v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static bool __init starts_with(const u8 *p, u64 size, const char *magic, size_t n)
{
	return size >= n && !memcmp(p, magic, n);
}

const char *__init bzimage_parse(const void *image, u64 size, struct bzimage *b)
{
	const u8 *p = image;
	u64 sectors, start, length;

	if (starts_with(p, size, "\177ELF", 4)) {
		*b = (struct bzimage){ PAYLOAD_ELF, p, size, size };
		return NULL;
	}
	if (size < HEADER_END || memcmp(p + OFF_MAGIC, "HdrS", 4))
		return "it is neither a Linux bzImage nor an ELF file";
	if (get(p + OFF_VERSION, 2) < 0x208)
		return "it is too old a bzImage: its header does not say where the payload is";
	sectors = p[OFF_SETUP_SECTS] ? p[OFF_SETUP_SECTS] : 4;
	length = get(p + OFF_PAYLOAD_LENGTH, 4);
	start = (sectors + 1) * SECTOR + get(p + OFF_PAYLOAD_OFFSET, 4);
	if (start > size || length > size - start || length < 16)
		return "the bzImage is truncated";
	p += start;
	*b = (struct bzimage){ .payload = p, .payload_size = length - 4,
			       .output_size = get(p + length - 4, 4) };
	if (starts_with(p, length, "\375" "7zXZ", 6))
		b->kind = PAYLOAD_XZ;
	else if (starts_with(p, length, "\050\265\057\375", 4))
		b->kind = PAYLOAD_ZSTD;
	else if (starts_with(p, length, "\177ELF", 4))
		*b = (struct bzimage){ PAYLOAD_ELF, p, length, length };
	else
		return "the kernel in the bzImage is compressed in a way that is not supported (XZ and Zstandard are)";
	if (!b->output_size || b->output_size > OUTPUT_MAX)
		return "the bzImage is corrupt: it claims an impossible size";
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the multiboot2 information block into boot_info. It comes from a loader
 * that we trust, but sizes are checked all the same: a broken block must end in
 * a message. Runs before the console is there: what is wrong is reported later by
 * whoever misses it.
 */
#include "boot/boot.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/map.h"

#define MB2_BOOTLOADER_MAGIC 0x36d76289u

enum { TAG_END = 0, TAG_CMDLINE = 1, TAG_LOADER = 2, TAG_MODULE = 3, TAG_MMAP = 6,
       TAG_RSDP1 = 14, TAG_RSDP2 = 15 };

struct mb2_tag {
	u32 type, size;
};

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
	char cmdline[];
};

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
	u8 entries[];
};

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type, zero;
};

struct boot_info boot_info;

/* Text of a tag, which must be ended inside it; else cut. */
static void __init copy_text(char *dst, size_t size, const struct mb2_tag *tag, size_t offset)
{
	const char *s = (const char *)tag + offset;
	size_t n = tag->size > offset ? strnlen(s, tag->size - offset) : 0;

	n = min(n, size - 1);
	memcpy(dst, s, n);
	dst[n] = 0;
}

static void __init add_module(const struct mb2_module *t)
{
	struct boot_info *b = &boot_info;
	struct boot_module *m = &b->module[b->nr_modules];
	char *text = b->module_cmdline[b->nr_modules];

	if (t->tag.size < sizeof(*t) || t->end < t->start || b->nr_modules == ARRAY_SIZE(b->module))
		return;
	copy_text(text, sizeof(b->module_cmdline[0]), &t->tag, sizeof(*t));
	m->start = t->start;
	m->size = t->end - t->start;
	m->cmdline = text;
	b->nr_modules++;
}

static void __init add_mmap(const struct mb2_mmap *t)
{
	struct e820_map *m = &boot_info.e820;

	if (t->tag.size < sizeof(*t) || t->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (u32 off = sizeof(*t); off + t->entry_size <= t->tag.size; off += t->entry_size) {
		const struct mb2_mmap_entry *e = (const void *)((const u8 *)t + off);

		if (m->nr < E820_MAX)
			m->e[m->nr++] = (struct e820_entry){ e->addr, e->len, e->type };
	}
}

void __init multiboot2_parse(u32 magic, paddr_t info)
{
	const u8 *p = (const u8 *)(DIRECTMAP_VIRT + info);
	u32 total = *(const u32 *)p;

	if (magic != MB2_BOOTLOADER_MAGIC)
		return;
	for (u32 off = 8; off + sizeof(struct mb2_tag) <= total;) {
		const struct mb2_tag *t = (const void *)(p + off);

		if (t->type == TAG_END || t->size < sizeof(*t) || t->size > total - off)
			break;
		switch (t->type) {
		case TAG_CMDLINE:
			copy_text(boot_info.cmdline, sizeof(boot_info.cmdline), t, sizeof(*t));
			break;
		case TAG_LOADER:
			copy_text(boot_info.loader, sizeof(boot_info.loader), t, sizeof(*t));
			break;
		case TAG_MODULE:
			add_module((const void *)t);
			break;
		case TAG_MMAP:
			add_mmap((const void *)t);
			break;
		case TAG_RSDP1:
		case TAG_RSDP2:
			/* A copy of the table; the newer form wins. */
			if (!boot_info.rsdp || t->type == TAG_RSDP2)
				boot_info.rsdp = info + off + sizeof(*t);
			break;
		}
		off += ROUND_UP(t->size, 8u);
	}
	boot_info.info_start = info;
	boot_info.info_size = total;
}

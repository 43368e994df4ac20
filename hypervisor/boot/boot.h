/* SPDX-License-Identifier: GPL-2.0-only */
/* What GRUB told us. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "lib/types.h"

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3
#define E820_NVS 4
#define E820_UNUSABLE 5
#define E820_MAX 128

struct e820_entry { u64 addr, size; u32 type; } __packed;
struct e820_map { unsigned nr; struct e820_entry e[E820_MAX]; };

struct boot_module { paddr_t start; u64 size; const char *cmdline; };

struct boot_info {
	char cmdline[1024];
	char loader[64];
	struct e820_map e820;		/* sanitised: sorted, no overlaps */
	unsigned nr_modules;
	struct boot_module module[8];
	char module_cmdline[8][1024];
	paddr_t rsdp;			/* copy in the info block; 0: none */
	const char *dom0_cmdline_extra;	/* what followed " -- " on our line */
	paddr_t info_start;		/* the info block itself: kept until dom0 is built */
	u64 info_size;
};

extern struct boot_info boot_info;

void multiboot2_parse(u32 magic, paddr_t info);
/* Sort, cut overlaps (the more restrictive type wins), merge. boot/e820.c */
void e820_sanitise(struct e820_map *m);
bool e820_all(const struct e820_map *m, u64 s, u64 e, u32 type);
/* Clip RAM above limit. */
void e820_limit(struct e820_map *m, u64 limit);
/* End of the highest entry of a type; 0: there is none. */
u64 e820_end(const struct e820_map *m, u32 type);
void e820_print(const struct e820_map *m);

/* boot/trampoline.S and .c: how the other processors come up. */
void trampoline_reserve(void);		/* choose its page below 1 MiB */
void trampoline_install(void);		/* after map_init */
paddr_t trampoline_paddr(void);

#endif

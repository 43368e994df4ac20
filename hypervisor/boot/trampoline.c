/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trampoline's page: chosen from the machine's RAM below 640 KiB (a start-up
 * IPI can name only pages below 1 MiB), filled when our page tables are final.
 * The heap does not use the first MiB, so nobody else can get the page; dom0 may
 * map it, but no processor is started after dom0 was.
 */
#include "boot/boot.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/map.h"
#include "mm/page.h"

extern const u8 trampoline_start[], trampoline_end[];
extern const u32 trampoline_fixups[];
extern const u32 trampoline_cr3;
extern u64 boot_l4[], boot_l3[];

static paddr_t trampoline;

void __init trampoline_reserve(void)
{
	const struct e820_map *m = &boot_info.e820;

	/* From above: the lowest pages are the firmware's favourites. */
	for (paddr_t p = 0x9f000; p >= 0x1000; p -= PAGE_SIZE) {
		paddr_t s = boot_info.info_start, e = s + boot_info.info_size;

		if (e820_all(m, p, p + PAGE_SIZE, E820_RAM) && (p >= e || p + PAGE_SIZE <= s)) {
			trampoline = p;
			return;
		}
	}
	panic("There is no free page of RAM below 640 KiB to start other processors from.");
}

void __init trampoline_install(void)
{
	u8 *p = mfn_to_virt(maddr_to_mfn(trampoline));
	u32 root = (u32)((u64)boot_l4 - HV_IMAGE_VIRT);

	BUG_ON(!trampoline || trampoline_end - trampoline_start > (ptrdiff_t)PAGE_SIZE);
	memcpy(p, trampoline_start, (size_t)(trampoline_end - trampoline_start));
	for (const u32 *f = trampoline_fixups; *f; f++)
		*(u32 *)(p + *f) += (u32)trampoline;
	*(u32 *)(p + ((const u8 *)&trampoline_cr3 - trampoline_start)) = root;
	/* The boot root: 1:1 in slot 0 for the switch to long mode, and our slots as they are now. */
	memset(boot_l4, 0, PAGE_SIZE);
	map_fill_root(boot_l4);
	boot_l4[0] = ((u64)boot_l3 - HV_IMAGE_VIRT) | _PAGE_PRESENT | _PAGE_RW;
}

paddr_t trampoline_paddr(void)
{
	return trampoline;
}

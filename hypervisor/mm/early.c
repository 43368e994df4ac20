/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory before the heap: the machine's RAM above 1 MiB less what is in use (our
 * image, the boot modules, the loader's information block), as a short sorted
 * list. Allocation is from the top so that low memory stays in one piece.
 * Only the boot CPU runs; no lock.
 */
#include "boot/boot.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"

extern u8 _image_start[], _image_end[];

struct early_range {
	paddr_t s, e;
};

static struct early_range ranges[E820_MAX + 16] __initdata;
static unsigned nr_ranges __initdata;

/* Take [s, e), widened to pages, out of the list. */
static void __init remove_range(paddr_t s, paddr_t e)
{
	s = ROUND_DOWN(s, PAGE_SIZE);
	e = ROUND_UP(e, PAGE_SIZE);
	for (unsigned i = 0; i < nr_ranges; i++) {
		struct early_range *r = &ranges[i];

		if (r->e <= s || r->s >= e)
			continue;
		if (r->s < s && r->e > e) {
			if (nr_ranges == ARRAY_SIZE(ranges))
				panic("The memory map has too many pieces.");
			memmove(r + 1, r, (nr_ranges - i) * sizeof(*r));
			nr_ranges++;
			r[0].e = s;
			r[1].s = e;
			return;
		}
		if (r->s < s)
			r->e = s;
		else if (r->e > e)
			r->s = e;
		else
			r->s = r->e;	/* empty, stays as a place holder */
	}
}

void __init early_init(void)
{
	const struct e820_map *m = &boot_info.e820;

	for (unsigned i = 0; i < m->nr; i++)
		if (m->e[i].type == E820_RAM)
			ranges[nr_ranges++] = (struct early_range){ m->e[i].addr,
								    m->e[i].addr + m->e[i].size };
	remove_range(0, 1 << 20);
	remove_range((u64)_image_start - HV_IMAGE_VIRT, (u64)_image_end - HV_IMAGE_VIRT);
	remove_range(boot_info.info_start, boot_info.info_start + boot_info.info_size);
	for (unsigned i = 0; i < boot_info.nr_modules; i++)
		remove_range(boot_info.module[i].start,
			     boot_info.module[i].start + boot_info.module[i].size);
}

paddr_t __init early_alloc(u64 size, u64 align, u64 limit)
{
	size = ROUND_UP(size, PAGE_SIZE);
	for (unsigned i = nr_ranges; i--;) {
		paddr_t e = min(ranges[i].e, limit), s;

		if (e < size)
			continue;
		s = ROUND_DOWN(e - size, align);
		if (s < ranges[i].s)
			continue;
		remove_range(s, s + size);
		/* The boot page tables reach as far as 4 GiB. */
		if (s + size <= 1ull << 32)
			memset((void *)(DIRECTMAP_VIRT + s), 0, size);
		return s;
	}
	panic("The machine has too little memory to start: %llu KiB more are needed.",
	      (unsigned long long)size >> 10);
}

void __init early_to_heap(void)
{
	for (unsigned i = 0; i < nr_ranges; i++)
		if (ranges[i].s < ranges[i].e)
			heap_add_range(ranges[i].s, ranges[i].e);
	nr_ranges = 0;
}

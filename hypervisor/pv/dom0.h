/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of the initial domain's builder; boot only. */
#ifndef PV_DOM0_H
#define PV_DOM0_H

#include "boot/elf.h"
#include "core/domain.h"

/* A piece of domain 0's memory: PFNs [pfn, pfn + n) are the frames from mfn on. */
struct dom0_extent {
	u64 pfn, mfn, n;
};

#define DOM0_MAX_EXTENTS 4096

struct dom0_build {
	struct domain *d;
	struct elf_kernel kernel;
	const u8 *initrd;
	u64 initrd_size;
	u64 nr_pages, max_pages;

	/* The initial address space: PFN n is at base + n * 4096, for [0, end_pfn). */
	u64 base;
	u64 initrd_pfn, p2m_pfn, start_info_pfn, pt_pfn, nr_pt, stack_pfn, end_pfn;
	u64 nr_list_frames;		/* pages of the p2m list */
	u64 nr_p2m_frames;		/* with their tables, if INIT_P2M places it outside */
	u64 used_pfn;			/* first PFN that the builder has no use for */

	/* Memory so far: PFNs [0, have) */
	u64 have;
	unsigned nr_extents;
	struct dom0_extent *extents;
};

/* dom0.c: machine frame of a PFN, and its contents. */
mfn_t dom0_mfn(const struct dom0_build *b, u64 pfn);
void *dom0_page(const struct dom0_build *b, u64 pfn);

/* dom0_tables.c */
u64 dom0_count_tables(u64 s, u64 e);	/* tables below the root for [s, e) */
void dom0_fill_p2m(struct dom0_build *b);
void dom0_build_tables(struct dom0_build *b);
int dom0_pin_root(struct dom0_build *b);

/* dom0_start.c: start_info, registers */
void dom0_fill_start_info(struct dom0_build *b, const char *cmdline, const char *extra);
void dom0_start_context(struct dom0_build *b);

#endif

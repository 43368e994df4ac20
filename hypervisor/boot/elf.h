/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF64 kernels with Xen notes. */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include "lib/types.h"

struct elf_segment {
	u64 paddr, filesz, memsz;
	const u8 *data;
};

/* The notes that matter to a domain builder; *_given says whether they were there. */
struct elf_notes {
	bool xen;			/* any note of owner "Xen" */
	u64 virt_base, paddr_offset, entry, hypercall_page, init_p2m, supported_features;
	bool virt_base_given, paddr_offset_given, entry_given, hypercall_page_given, init_p2m_given,
	     features_given, mod_start_pfn;
	char guest_os[16], guest_version[16], loader[16], xen_version[16];
};

#define ELF_MAX_SEGMENTS 16

struct elf_kernel {
	unsigned nr;
	struct elf_segment seg[ELF_MAX_SEGMENTS];
	u64 pstart, pend;		/* of all segments, p_paddr */
	struct elf_notes notes;
};

/* NULL, or what is wrong. Everything that the result points to lies inside the file. */
const char *elf_parse(const void *file, u64 size, struct elf_kernel *k);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the processor can do; filled by cpu_features_init() on the boot CPU. */
#ifndef CPU_FEATURES_H
#define CPU_FEATURES_H

#include "lib/types.h"

struct cpu_features {
	bool amd, intel, hypervisor_tcg;
	bool xsave, xsaveopt, fsgsbase, smep, smap, nx, page1gb, x2apic, rdtscp, syscall, umip;
	bool arat, tsc_deadline, invariant_tsc, monitor;
	u8 family, model, stepping, paddr_bits;
	u64 xcr0_mask;			/* what we allow: x87|SSE|AVX|AVX-512 as far as present */
	u32 xsave_size;			/* bytes of the area for xcr0_mask, standard format */
	char vendor[13], brand[49];
};

extern struct cpu_features cpu_features;

void cpu_features_init(void);	/* boot CPU */
void cpu_features_enable(void);	/* CR0, CR4, EFER, PAT, XCR0: every CPU */
u64 cpu_cr4_host(void);		/* the bits that are always on while a guest runs */

#endif

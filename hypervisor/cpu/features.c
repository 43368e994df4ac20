/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: what the processor can do, and the control registers that stay the same
 * while guests run.
 *
 * SMAP is on wherever there is one, but for QEMU's TCG: its releases before 8
 * read the stack of an IRETQ executed in ring 3 as supervisor, which kills any
 * 64-bit PV kernel at boot. smap=1 forces it on, smap=0 off.
 */
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/uaccess_asm.h"
#include "lib/cmdline.h"
#include "lib/bug.h"
#include "lib/printk.h"
#include "lib/string.h"

/* PAT that PV guests are promised: WB WT UC- UC WC WP UC UC (ABI constant). */
#define PAT_VALUE 0x0000050100070406ull

struct cpu_features cpu_features;

static u32 __init cpuid_word(u32 leaf, u32 sub, int reg)
{
	u32 r[4];

	cpuid_count(leaf, sub, &r[0], &r[1], &r[2], &r[3]);
	return r[reg];
}

static void __init read_vendor(struct cpu_features *f)
{
	u32 a, b, c, d;

	cpuid_count(0, 0, &a, &b, &c, &d);
	memcpy(f->vendor, &b, 4);
	memcpy(f->vendor + 4, &d, 4);
	memcpy(f->vendor + 8, &c, 4);
	f->amd = !strcmp(f->vendor, "AuthenticAMD") || !strcmp(f->vendor, "HygonGenuine");
	f->intel = !strcmp(f->vendor, "GenuineIntel");

	a = cpuid_word(1, 0, 0);
	f->stepping = a & 15;
	f->family = (a >> 8 & 15) + ((a >> 8 & 15) == 15 ? a >> 20 & 0xff : 0);
	f->model = (a >> 4 & 15) | ((a >> 8 & 15) >= 6 ? (a >> 16 & 15) << 4 : 0);

	if (cpuid_word(0x80000000, 0, 0) >= 0x80000004)
		for (u32 i = 0; i < 12; i++) {
			u32 w = cpuid_word(0x80000002 + i / 4, 0, (int)(i % 4));

			memcpy(f->brand + i * 4, &w, 4);
		}
	if (cpuid_word(1, 0, 2) >> 31) {
		cpuid_count(0x40000000, 0, &a, &b, &c, &d);
		f->hypervisor_tcg = b == 0x54474354 && c == 0x43544743 && d == 0x47435447;
	}
}

void __init cpu_features_init(void)
{
	struct cpu_features *f = &cpu_features;
	u32 max, ext_max, c1, b7 = 0, c7 = 0, d81 = 0;

	read_vendor(f);
	max = cpuid_word(0, 0, 0);
	ext_max = cpuid_word(0x80000000, 0, 0);
	c1 = cpuid_word(1, 0, 2);
	if (max >= 7) {
		b7 = cpuid_word(7, 0, 1);
		c7 = cpuid_word(7, 0, 2);
	}
	if (ext_max >= 0x80000001)
		d81 = cpuid_word(0x80000001, 0, 3);
	f->xsave = c1 >> 26 & 1;
	f->x2apic = c1 >> 21 & 1;
	f->tsc_deadline = c1 >> 24 & 1;
	f->monitor = c1 >> 3 & 1;
	f->arat = max >= 6 && (cpuid_word(6, 0, 0) >> 2 & 1);
	f->fsgsbase = b7 & 1;
	f->smep = (b7 >> 7 & 1) && opts.smep;
	f->smap = (b7 >> 20 & 1) && opts.smap;
	f->umip = c7 >> 2 & 1;
	f->nx = d81 >> 20 & 1;
	f->page1gb = d81 >> 26 & 1;
	f->rdtscp = d81 >> 27 & 1;
	f->syscall = d81 >> 11 & 1;
	f->invariant_tsc = ext_max >= 0x80000007 && (cpuid_word(0x80000007, 0, 3) >> 8 & 1);
	f->paddr_bits = ext_max >= 0x80000008 ? cpuid_word(0x80000008, 0, 0) & 0xff : 36;
	if (f->paddr_bits > 52)
		f->paddr_bits = 52;
	if (f->smap && f->hypervisor_tcg && !opts.smap_given) {
		printk(LOG_INFO, "SMAP stays off: QEMU's TCG mistakes an IRET in ring 3 (smap=1 turns it on)\n");
		f->smap = false;
	}
	if (f->xsave) {
		/* x87, SSE, AVX and AVX-512 (three bits that only go together). */
		f->xcr0_mask = cpuid_word(0xd, 0, 0) & 0xe7;
		if ((f->xcr0_mask & 0xe0) != 0xe0)
			f->xcr0_mask &= ~0xe0ull;
		f->xsaveopt = cpuid_word(0xd, 1, 0) & 1;
	} else {
		f->xcr0_mask = 3;
	}
	cpu_features_enable();
	f->xsave_size = f->xsave ? cpuid_word(0xd, 0, 1) : 512;
	if (!f->nx || !f->syscall)
		panic("this processor has no NX or no SYSCALL: a 64-bit PV host needs both");
	if (f->smap)
		uaccess_enable_smap();
	printk(LOG_INFO, "CPU: %s, family %#x model %#x stepping %u, %u physical address bits%s%s%s\n",
	       f->brand[0] ? f->brand : f->vendor, f->family, f->model, f->stepping, f->paddr_bits,
	       f->xsave ? ", XSAVE" : "", f->smep ? ", SMEP" : "", f->smap ? ", SMAP" : "");
}

u64 cpu_cr4_host(void)
{
	return X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT |
	       (cpu_features.xsave ? X86_CR4_OSXSAVE : 0) |
	       (cpu_features.smep ? X86_CR4_SMEP : 0) | (cpu_features.smap ? X86_CR4_SMAP : 0);
}

void cpu_features_enable(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
	write_cr0(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM |
		  X86_CR0_PG);
	write_cr4(cpu_cr4_host());
	wrmsr(MSR_PAT, PAT_VALUE);
	if (cpu_features.xsave)
		(void)xsetbv_safe(cpu_features.xcr0_mask);
}

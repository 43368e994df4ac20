/* SPDX-License-Identifier: GPL-2.0-only */
/* Single instructions and control-register bits (AMD APM vol. 2, Intel SDM vol. 3). */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include "lib/types.h"

#define X86_CR0_PE (1u << 0)
#define X86_CR0_MP (1u << 1)
#define X86_CR0_EM (1u << 2)
#define X86_CR0_TS (1u << 3)
#define X86_CR0_ET (1u << 4)
#define X86_CR0_NE (1u << 5)
#define X86_CR0_WP (1u << 16)
#define X86_CR0_AM (1u << 18)
#define X86_CR0_PG (1u << 31)
#define X86_CR4_TSD (1u << 2)
#define X86_CR4_DE (1u << 3)
#define X86_CR4_PSE (1u << 4)
#define X86_CR4_PAE (1u << 5)
#define X86_CR4_MCE (1u << 6)
#define X86_CR4_PGE (1u << 7)
#define X86_CR4_OSFXSR (1u << 9)
#define X86_CR4_OSXMMEXCPT (1u << 10)
#define X86_CR4_UMIP (1u << 11)
#define X86_CR4_FSGSBASE (1u << 16)
#define X86_CR4_PCIDE (1u << 17)
#define X86_CR4_OSXSAVE (1u << 18)
#define X86_CR4_SMEP (1u << 20)
#define X86_CR4_SMAP (1u << 21)

#define X86_EFLAGS_CF 0x1u
#define X86_EFLAGS_TF 0x100u
#define X86_EFLAGS_IF 0x200u
#define X86_EFLAGS_DF 0x400u
#define X86_EFLAGS_IOPL 0x3000u
#define X86_EFLAGS_NT 0x4000u
#define X86_EFLAGS_RF 0x10000u
#define X86_EFLAGS_VM 0x20000u
#define X86_EFLAGS_AC 0x40000u
#define X86_EFLAGS_MBS 0x2u		/* always set */

#define MSR_TSC 0x10u
#define MSR_APIC_BASE 0x1bu
#define MSR_PAT 0x277u
#define MSR_MISC_ENABLE 0x1a0u
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_SFMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX 0xc0000103u
#define MSR_SYSENTER_CS 0x174u
#define MSR_SYSENTER_ESP 0x175u
#define MSR_SYSENTER_EIP 0x176u
#define EFER_SCE 1u
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NX (1u << 11)

#define TRAP_de 0
#define TRAP_db 1
#define TRAP_nmi 2
#define TRAP_bp 3
#define TRAP_of 4
#define TRAP_br 5
#define TRAP_ud 6
#define TRAP_nm 7
#define TRAP_df 8
#define TRAP_ts 10
#define TRAP_np 11
#define TRAP_ss 12
#define TRAP_gp 13
#define TRAP_pf 14
#define TRAP_mf 16
#define TRAP_ac 17
#define TRAP_mc 18
#define TRAP_xm 19
#define TRAP_int80 0x80		/* INT 0x80 of programs: no vector for interrupts */

#define PFEC_present 1u
#define PFEC_write 2u
#define PFEC_user 4u
#define PFEC_reserved 8u
#define PFEC_insn 16u

#ifndef KRYPTON_HOST_TEST
static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ __volatile__("wrmsr" :: "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (u64)hi << 32 | lo;
}

static inline u64 read_cr0(void) { u64 v; __asm__ __volatile__("mov %%cr0, %0" : "=r"(v)); return v; }
static inline u64 read_cr2(void) { u64 v; __asm__ __volatile__("mov %%cr2, %0" : "=r"(v)); return v; }
static inline u64 read_cr3(void) { u64 v; __asm__ __volatile__("mov %%cr3, %0" : "=r"(v)); return v; }
static inline u64 read_cr4(void) { u64 v; __asm__ __volatile__("mov %%cr4, %0" : "=r"(v)); return v; }
static inline void write_cr0(u64 v) { __asm__ __volatile__("mov %0, %%cr0" :: "r"(v) : "memory"); }
static inline void write_cr2(u64 v) { __asm__ __volatile__("mov %0, %%cr2" :: "r"(v) : "memory"); }
static inline void write_cr3(u64 v) { __asm__ __volatile__("mov %0, %%cr3" :: "r"(v) : "memory"); }
static inline void write_cr4(u64 v) { __asm__ __volatile__("mov %0, %%cr4" :: "r"(v) : "memory"); }
static inline void invlpg(u64 va) { __asm__ __volatile__("invlpg (%0)" :: "r"(va) : "memory"); }
static inline void wbinvd(void) { __asm__ __volatile__("wbinvd" ::: "memory"); }
static inline void cpu_relax(void) { __asm__ __volatile__("pause" ::: "memory"); }
static inline void irq_enable(void) { __asm__ __volatile__("sti" ::: "memory"); }
static inline void irq_disable(void) { __asm__ __volatile__("cli" ::: "memory"); }

static inline u64 irq_save(void)
{
	u64 f;

	__asm__ __volatile__("pushfq; popq %0; cli" : "=r"(f) :: "memory");
	return f;
}

static inline void irq_restore(u64 f)
{
	if (f & X86_EFLAGS_IF)
		irq_enable();
}

static inline bool irqs_enabled(void)
{
	u64 f;

	__asm__ __volatile__("pushfq; popq %0" : "=r"(f));
	return f & X86_EFLAGS_IF;
}

static inline void cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ __volatile__("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(sub));
}

static inline u8 inb(u16 p) { u8 v; __asm__ __volatile__("inb %1, %0" : "=a"(v) : "Nd"(p)); return v; }
static inline u16 inw(u16 p) { u16 v; __asm__ __volatile__("inw %1, %0" : "=a"(v) : "Nd"(p)); return v; }
static inline u32 inl(u16 p) { u32 v; __asm__ __volatile__("inl %1, %0" : "=a"(v) : "Nd"(p)); return v; }
static inline void outb(u8 v, u16 p) { __asm__ __volatile__("outb %0, %1" :: "a"(v), "Nd"(p)); }
static inline void outw(u16 v, u16 p) { __asm__ __volatile__("outw %0, %1" :: "a"(v), "Nd"(p)); }
static inline void outl(u32 v, u16 p) { __asm__ __volatile__("outl %0, %1" :: "a"(v), "Nd"(p)); }
#else
#include "shim.h"
#endif

static inline bool is_canonical(u64 va) { return (u64)((s64)(va << 16) >> 16) == va; }

/* Reads that may #GP; 0 or -EFAULT. cpu/uaccess.S */
int rdmsr_safe(u32 msr, u64 *v);
int wrmsr_safe(u32 msr, u64 v);

#endif

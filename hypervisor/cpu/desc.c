/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: the GDT, IDT, TSS and SYSCALL stubs of each processor.
 *
 * GDT pages 14 and 15 of a CPU hold the selectors that the ABI promises to
 * guests (xen/arch-x86/xen-x86_64.h: 0xe023, 0xe02b, 0xe033) and our own;
 * pages 0-13 show the running vCPU's frames or one page of zeros, so that a
 * selector without a descriptor is a null one and faults as on hardware.
 *
 * Changing what pages 0-13 show needs no TLB shoot-down: each CPU has its own
 * window, and the caller reloads CR3 afterwards.
 */
#include "cpu/asm_offsets.h"
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/features.h"
#include "cpu/percpu.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "pv/pv.h"

struct tss {
	u32 res0;
	u64 rsp[3];
	u64 res1;
	u64 ist[7];
	u64 res2;
	u16 res3, iomap_base;
} __packed;
_Static_assert(sizeof(struct tss) == 104, "TSS: AMD APM vol. 2, 12.2.5");

struct gate { u16 off0, sel; u8 ist, type; u16 off1; u32 off2, res; } __packed;
_Static_assert(sizeof(struct gate) == 16, "gate: AMD APM vol. 2, 4.8.4");

static struct gate idt[256] __aligned(4096);
static void *zero_page;

/* Which IST slot, and where its stack ends: the low four pages of the stack area. */
enum { IST_DB = 1, IST_NMI, IST_MC, IST_DF };

extern const u8 irq_stubs[], lstar_enter[], cstar_enter[], sysenter_enter[];
extern const u8 trap_de[], trap_db[], trap_nmi[], trap_bp[], trap_of[], trap_br[], trap_ud[], trap_nm[],
	trap_df[], trap_ts[], trap_np[], trap_ss[], trap_gp[], trap_pf[], trap_mf[], trap_ac[], trap_mc[],
	trap_xm[], trap_ve[], trap_cp[], trap_int80[];

static u64 *gdt_entry(unsigned cpu, unsigned selector)
{
	return (u64 *)((char *)pcpus[cpu]->gdt - FIRST_RESERVED_GDT_PAGE * PAGE_SIZE + (selector & ~7u));
}

static struct cpu_info *info_of(unsigned cpu)
{
	return (struct cpu_info *)((char *)pcpus[cpu]->stack + STACK_SIZE) - 1;
}

static unsigned emit(u8 *p, const void *bytes, unsigned n)
{
	memcpy(p, bytes, n);
	return n;
}

static unsigned emit_imm(u8 *p, const char *op, unsigned oplen, u64 imm)
{
	memcpy(p, op, oplen);
	memcpy(p + oplen, &imm, 8);
	return oplen + 8;
}

/*
 * SYSCALL leaves RSP alone and we keep no pointer in GS, so each CPU has a few
 * instructions of its own that know where its stack is.
 */
static void write_stub(u8 *p, struct cpu_info *info, const void *target)
{
	p += emit_imm(p, "\x48\xa3", 2, (u64)&info->scratch[0]);	/* movabs %rax, scratch */
	p += emit(p, "\x48\x89\xe0", 3);				/* mov %rsp, %rax */
	p += emit_imm(p, "\x48\xbc", 2, (u64)&info->regs.es);		/* movabs $&regs.es, %rsp */
	emit_imm(p, "\xff\x25\x00\x00\x00\x00", 6, (u64)target);	/* jmp *0(%rip) */
}

static void map_or_panic(u64 va, void *p, u64 n, u64 flags)
{
	if (map_pages(va, virt_to_mfn(p), n, flags))
		panic("no memory for descriptor tables");
}

void desc_init_cpu(unsigned cpu)
{
	struct pcpu *p = pcpus[cpu];
	void *stubs = alloc_page();
	struct tss *tss;
	u64 base;

	if (!zero_page)
		zero_page = alloc_page();
	p->gdt = alloc_pages(1);
	p->tss = alloc_page();
	if (!p->gdt || !p->tss || !stubs || !zero_page)
		panic("no memory for descriptor tables");

	tss = p->tss;
	tss->rsp[0] = (u64)&info_of(cpu)->regs.es;
	for (unsigned i = 0; i < 4; i++)
		tss->ist[i] = (u64)p->stack + (i + 1) * PAGE_SIZE;
	tss->iomap_base = sizeof(*tss);

	*gdt_entry(cpu, GUEST_CS32) = 0x00cffb000000ffffull;
	*gdt_entry(cpu, GUEST_SS) = 0x00cff3000000ffffull;
	*gdt_entry(cpu, GUEST_CS64) = 0x00affb000000ffffull;
	*gdt_entry(cpu, HV_CS) = 0x00af9b000000ffffull;
	*gdt_entry(cpu, HV_DS) = 0x00cf93000000ffffull;
	base = (u64)tss;
	gdt_entry(cpu, TSS_SELECTOR)[0] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
					  (base >> 24 & 0xff) << 56;
	gdt_entry(cpu, TSS_SELECTOR)[1] = base >> 32;

	for (unsigned i = 0; i < FIRST_RESERVED_GDT_PAGE; i++)
		map_or_panic(GDT_VIRT(cpu) + i * PAGE_SIZE, zero_page, 1, _PAGE_PRESENT | _PAGE_NX);
	map_or_panic(GDT_VIRT(cpu) + FIRST_RESERVED_GDT_PAGE * PAGE_SIZE, p->gdt, 2,
		     _PAGE_PRESENT | _PAGE_RW | _PAGE_NX);
	/* Make the tables of the LDT window exist; its entries start absent. */
	map_or_panic(LDT_VIRT(cpu), zero_page, 1, _PAGE_PRESENT | _PAGE_NX);
	*map_pte(LDT_VIRT(cpu)) = 0;

	write_stub(stubs, info_of(cpu), lstar_enter);
	write_stub((u8 *)stubs + 64, info_of(cpu), cstar_enter);
	map_or_panic(STUB_VIRT(cpu), stubs, 1, _PAGE_PRESENT);
}

/* Map v's descriptor frames into this CPU's window, with an empty LDT. The caller flushes. */
void desc_show_gdt(struct vcpu *v)
{
	unsigned cpu = smp_cpu_id();
	u64 *pte = map_pte(GDT_VIRT(cpu));
	u64 none = pte_make(virt_to_mfn(zero_page), _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_NX);
	unsigned n = v->pv ? v->pv->nr_gdt_frames : 0, i;

	/* Writable, for the CPU sets the accessed bit of descriptors. */
	for (i = 0; i < n; i++)
		pte[i] = pte_make(_mfn(v->pv->gdt_frames[i]),
				  _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX);
	for (; i < FIRST_RESERVED_GDT_PAGE && pte[i] != none; i++)
		pte[i] = none;

	pte = map_pte(LDT_VIRT(cpu));
	for (i = 0; i < PV_MAX_LDT_FRAMES; i++)
		if (pte[i])
			pte[i] = 0;
}

/* Budget with an empty LDT: 4 instructions. */
void desc_load_ldt(unsigned ents)
{
	unsigned cpu = smp_cpu_id();
	u64 base = LDT_VIRT(cpu), limit = (u64)ents * 8 - 1, *e;

	if (likely(!ents)) {
		__asm__ __volatile__("lldt %w0" :: "r"(0));
		return;
	}
	e = gdt_entry(cpu, LDT_SELECTOR);
	e[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82ull << 40 | (limit >> 16 & 15) << 48 |
	       (base >> 24 & 0xff) << 56;
	e[1] = base >> 32;
	__asm__ __volatile__("lldt %w0" :: "r"(LDT_SELECTOR));
}

static void set_gate(unsigned vector, const void *target, unsigned ist, unsigned dpl)
{
	u64 a = (u64)target;

	idt[vector] = (struct gate){ (u16)a, HV_CS, (u8)ist, (u8)(0x8e | dpl << 5), (u16)(a >> 16),
				     (u32)(a >> 32), 0 };
}

void __init idt_init(void)
{
	static const struct { u8 vector, ist, dpl; const u8 *target; } traps[] __initconst = {
		{ TRAP_de, 0, 0, trap_de }, { TRAP_db, IST_DB, 0, trap_db },
		{ TRAP_nmi, IST_NMI, 0, trap_nmi }, { TRAP_bp, 0, 3, trap_bp },
		{ TRAP_of, 0, 3, trap_of }, { TRAP_br, 0, 0, trap_br }, { TRAP_ud, 0, 0, trap_ud },
		{ TRAP_nm, 0, 0, trap_nm }, { TRAP_df, IST_DF, 0, trap_df }, { TRAP_ts, 0, 0, trap_ts },
		{ TRAP_np, 0, 0, trap_np }, { TRAP_ss, 0, 0, trap_ss }, { TRAP_gp, 0, 0, trap_gp },
		{ TRAP_pf, 0, 0, trap_pf }, { TRAP_mf, 0, 0, trap_mf }, { TRAP_ac, 0, 0, trap_ac },
		{ TRAP_mc, IST_MC, 0, trap_mc }, { TRAP_xm, 0, 0, trap_xm }, { 20, 0, 0, trap_ve },
		{ 21, 0, 0, trap_cp },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(traps); i++)
		set_gate(traps[i].vector, traps[i].target, traps[i].ist, traps[i].dpl);
	for (unsigned i = 0x20; i < 256; i++)
		set_gate(i, irq_stubs + (i - 0x20) * 32, 0, 0);
	/* The guests' own: without the detour over #GP. */
	set_gate(TRAP_int80, trap_int80, 0, 3);
}

static void load_table(const char *which, u64 base, u16 limit)
{
	struct { u16 limit; u64 base; } __packed d = { limit, base };

	if (*which == 'g')
		__asm__ __volatile__("lgdt %0" :: "m"(d));
	else
		__asm__ __volatile__("lidt %0" :: "m"(d));
}

void desc_load(void)
{
	unsigned cpu = smp_cpu_id();

	load_table("gdt", GDT_VIRT(cpu), 0xffff);
	load_table("idt", (u64)idt, sizeof(idt) - 1);
	__asm__ __volatile__("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
			     :: "i"(HV_CS) : "rax", "memory");
	__asm__ __volatile__("mov %0, %%ss; mov %1, %%ds; mov %1, %%es; mov %1, %%fs; mov %1, %%gs"
			     :: "r"(HV_DS), "r"(0));
	/* A busy TSS cannot be loaded again: clear the bit for CPUs that come back. */
	gdt_entry(cpu, TSS_SELECTOR)[0] &= ~(2ull << 40);
	__asm__ __volatile__("ltr %w0" :: "r"(TSS_SELECTOR));
	__asm__ __volatile__("lldt %w0" :: "r"(0));

	wrmsr(MSR_LSTAR, STUB_VIRT(cpu));
	wrmsr(MSR_CSTAR, STUB_VIRT(cpu) + 64);
	wrmsr(MSR_STAR, (u64)GUEST_CS32 << 48 | (u64)HV_CS << 32);
	wrmsr(MSR_SFMASK, X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_DF | X86_EFLAGS_IF |
			  X86_EFLAGS_TF | X86_EFLAGS_AC | X86_EFLAGS_IOPL);
	/* 0: SYSENTER is #GP, whatever the firmware had there. */
	wrmsr(MSR_SYSENTER_CS, cpu_features.intel ? HV_CS : 0);
	if (cpu_features.intel) {
		wrmsr(MSR_SYSENTER_ESP, (u64)&info_of(cpu)->regs.es);
		wrmsr(MSR_SYSENTER_EIP, (u64)sysenter_enter);
	}
}

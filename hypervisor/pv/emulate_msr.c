/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers as PV guests see them: a table of ranges for what
 * has a fixed answer, code for what has state. Anything else is #GP, which every
 * PV kernel survives.
 */
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "pv/pv.h"

#define PV_PAT 0x0000050100070406ull

enum { AMD = 1, INTEL = 2, ANY = 3 };

/* Registers that read as a constant and swallow writes (wr) or refuse them. */
static const struct msr_const { u32 first, last; u8 vendor; bool wr; u64 val; } consts[] = {
	{ 0x179, 0x179, ANY, true, 2 },				/* MCG_CAP: two banks, nothing in them */
	{ 0x17a, 0x17b, ANY, true, 0 },				/* MCG_STATUS, MCG_CTL */
	{ 0x400, 0x407, ANY, true, 0 },				/* MC0, MC1 */
	{ 0xc0010015, 0xc0010015, AMD, true, 0 },		/* HWCR */
	{ 0xc0010041, 0xc0010042, AMD, true, 0 },		/* FIDVID */
	{ 0xc0010061, 0xc0010061, AMD, true, 0 },
	{ 0xc0010062, 0xc0010064, AMD, true, 0 },		/* P-states */
	{ 0xc001001f, 0xc001001f, AMD, true, 0 },		/* NB_CFG */
	{ 0xc0011029, 0xc0011029, AMD, true, 2 },		/* DE_CFG: LFENCE serialises */
	{ 0xc0010000, 0xc0010007, AMD, true, 0 },		/* performance counters: none */
	{ 0xc0010200, 0xc001020b, AMD, true, 0 },
	{ 0xc1, 0xc8, INTEL, true, 0 }, { 0x186, 0x18d, INTEL, true, 0 },
	{ 0x309, 0x30b, INTEL, true, 0 }, { 0x38d, 0x390, INTEL, true, 0 },
	{ 0x198, 0x199, INTEL, true, 0 },			/* PERF_STATUS, PERF_CTL */
	{ 0x345, 0x345, INTEL, false, 0 },			/* PERF_CAPABILITIES */
	{ MSR_PAT, MSR_PAT, ANY, false, PV_PAT },
	{ 0xce, 0xce, INTEL, false, 0 }, { 0x140, 0x140, INTEL, true, 0 },
};

static const struct msr_const *find_const(u32 msr)
{
	u8 vendor = cpu_features.intel ? INTEL : AMD;

	for (unsigned i = 0; i < ARRAY_SIZE(consts); i++)
		if (msr >= consts[i].first && msr <= consts[i].last && (consts[i].vendor & vendor))
			return &consts[i];
	return NULL;
}

/* What the hardware says, for the domain that drives it. */
static bool hardware_domain_reads(u32 msr)
{
	switch (msr) {
	case 0xc0010010:			/* SYSCFG */
	case 0xc0010016 ... 0xc001001a:		/* IORR, TOP_MEM */
	case 0xc001001d:			/* TOP_MEM2 */
		return cpu_features.amd;
	}
	return false;
}

int pv_rdmsr(struct vcpu *v, u32 msr, u64 *val)
{
	const struct msr_const *c = find_const(msr);

	if (c) {
		*val = c->val;
		return 0;
	}
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		*val = rdmsr(msr);
		return 0;
	case MSR_TSC_AUX:
		*val = v->pv->tsc_aux;
		return cpu_features.rdtscp ? 0 : -EINVAL;
	case MSR_EFER:
		*val = rdmsr(MSR_EFER) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NX);
		return 0;
	case MSR_APIC_BASE:
		*val = 0xfee00800ull | (v->id ? 0 : 0x100);
		return 0;
	case MSR_TSC:
		*val = rdtsc();
		return 0;
	case 0x8b:				/* microcode level */
		return rdmsr_safe(msr, val) ? -EINVAL : 0;
	case 0x40000000:			/* write-only by nature: reads as 0 */
		*val = 0;
		return 0;
	case MSR_MISC_ENABLE:
		if (rdmsr_safe(msr, val))
			return -EINVAL;
		*val = (*val | 3ull << 11) & ~(1ull << 7 | 1ull << 18);
		return 0;
	}
	if (v->domain->is_hardware && hardware_domain_reads(msr))
		return rdmsr_safe(msr, val) ? -EINVAL : 0;
	return -EINVAL;
}

/* MSR 0x40000000: fill a page of the guest's with hypercall stubs. */
static int write_hypercall_page(struct vcpu *v, u64 val)
{
	struct page *pg;

	if (val & ~PAGE_MASK)
		return -EINVAL;
	pg = mfn_get(maddr_to_mfn(val), v->domain);
	if (!pg)
		return -EINVAL;
	if (!page_get_type_writable(pg)) {
		page_put(pg);
		return -EINVAL;
	}
	pv_fill_hypercall_page(page_to_virt(pg));
	page_put_type_writable(pg);
	page_put(pg);
	return 0;
}

int pv_wrmsr(struct vcpu *v, u32 msr, u64 val)
{
	const struct msr_const *c = find_const(msr);
	u64 cur;

	if (c)
		return c->wr ? 0 : -EINVAL;
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!is_canonical(val))
			return -EINVAL;
		wrmsr(msr, val);
		return 0;
	case MSR_TSC_AUX:
		if (!cpu_features.rdtscp || val >> 32)
			return -EINVAL;
		v->pv->tsc_aux = (u32)val;
		wrmsr(msr, val);
		return 0;
	case MSR_EFER:
		return !pv_rdmsr(v, msr, &cur) && cur == val ? 0 : -EINVAL;
	case 0x8b:
		return cpu_features.intel && !val ? 0 : -EINVAL;
	case MSR_MISC_ENABLE:
		return rdmsr_safe(msr, &cur) ? -EINVAL : 0;
	case 0x40000000:
		return write_hypercall_page(v, val);
	}
	return -EINVAL;
}

/*
 * One slot of 32 bytes a hypercall (xen/xen.h numbers), for kernels that ask
 * for such a page: the call must leave RCX and R11 alone. iret's slot does not return.
 */
void pv_fill_hypercall_page(void *page)
{
	static const u8 call[] = { 0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
	static const u8 iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, 0, 0, 0, 0, 0x0f, 0x05 };

	memset(page, 0xcc, PAGE_SIZE);
	for (u32 n = 0; n < PAGE_SIZE / 32; n++) {
		u8 *p = (u8 *)page + n * 32;
		bool is_iret = n == __HYPERVISOR_iret;

		memcpy(p, is_iret ? iret : call, is_iret ? sizeof(iret) : sizeof(call));
		memcpy(p + (is_iret ? 5 : 4), &n, sizeof(n));
	}
}

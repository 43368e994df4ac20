/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: v->xsave_area and XCR0. State is switched eagerly, so that none ever
 * stays in the registers of a CPU for another vCPU to read.
 *
 * Invariant: XRSTOR always runs with XCR0 = xcr0_mask and all its bits asked for,
 * so that every component is overwritten; the guest's XCR0 is set after it.
 */
#include "core/domain.h"
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/fpu.h"
#include "cpu/uaccess_asm.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

/* Legacy region of the area (SDM vol. 1, table 13-1), then the header at 512. */
struct fpu_area {
	u16 fcw, fsw;
	u8 ftw, res;
	u16 fop;
	u64 fip, fdp;
	u32 mxcsr, mxcsr_mask;
	u8 regs[480];
	u64 xstate_bv, xcomp_bv;
};

static unsigned area_order(void) { return order_for(DIV_ROUND_UP(max(cpu_features.xsave_size, 576u), PAGE_SIZE)); }

void fpu_vcpu_reset(struct vcpu *v)
{
	struct fpu_area *a = v->xsave_area;

	memset(a, 0, PAGE_SIZE << area_order());
	a->fcw = 0x37f;
	a->mxcsr = 0x1f80;
	/* xstate_bv 0: XRSTOR puts every component into its initial state, but takes MXCSR from here. */
	v->xcr0 = v->xcr0_accum = 1;
}

int fpu_vcpu_init(struct vcpu *v)
{
	v->xsave_area = alloc_pages(area_order());
	if (!v->xsave_area)
		return -ENOMEM;
	fpu_vcpu_reset(v);
	return 0;
}

void fpu_vcpu_free(struct vcpu *v)
{
	if (v->xsave_area)
		free_pages(v->xsave_area, area_order());
	v->xsave_area = NULL;
}

static void set_xcr0_host(struct vcpu *v)
{
	if (v->xcr0 != cpu_features.xcr0_mask)
		(void)xsetbv_safe(cpu_features.xcr0_mask);
}

void fpu_save(struct vcpu *v)
{
	u64 cr0 = read_cr0();

	if (cr0 & X86_CR0_TS)
		write_cr0(cr0 & ~(u64)X86_CR0_TS);
	if (!cpu_features.xsave) {
		__asm__ __volatile__("fxsave64 (%0)" :: "r"(v->xsave_area) : "memory");
		return;
	}
	set_xcr0_host(v);
	if (cpu_features.xsaveopt)
		__asm__ __volatile__("xsaveopt64 (%0)" :: "r"(v->xsave_area), "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ __volatile__("xsave64 (%0)" :: "r"(v->xsave_area), "a"(~0u), "d"(~0u) : "memory");
}

/* TS is clear here: fpu_save() of the vCPU before, or a reset, saw to it. */
void fpu_restore(struct vcpu *v)
{
	int rc;

	if (!cpu_features.xsave) {
		if (fxrstor_safe(v->xsave_area)) {
			fpu_vcpu_reset(v);
			(void)fxrstor_safe(v->xsave_area);
		}
		return;
	}
	rc = xrstor_safe(v->xsave_area, ~0ull);
	if (unlikely(rc)) {
		u64 xcr0 = v->xcr0;

		/* Only a toolstack that loads hostile contents gets here. */
		fpu_vcpu_reset(v);
		v->xcr0 = v->xcr0_accum = xcr0;
		(void)xrstor_safe(v->xsave_area, ~0ull);
	}
	if (v->xcr0 != cpu_features.xcr0_mask)
		(void)xsetbv_safe(v->xcr0);
}

/* Rules of XSETBV (SDM vol. 1, 13.3), and nothing that the host's mask lacks. */
int fpu_set_xcr0(struct vcpu *v, u64 xcr0)
{
	if (!cpu_features.xsave || !(xcr0 & 1) || (xcr0 & ~cpu_features.xcr0_mask))
		return -EINVAL;
	if ((xcr0 & 4) && !(xcr0 & 2))
		return -EINVAL;
	if ((xcr0 & 0xe0) && ((xcr0 & 0xe0) != 0xe0 || !(xcr0 & 4)))
		return -EINVAL;
	if (v == current && xsetbv_safe(xcr0))
		return -EINVAL;
	v->xcr0 = xcr0;
	v->xcr0_accum |= xcr0;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns: the segment registers, their bases, CR3, and the switch between a PV
 * guest's kernel and user mode.
 *
 * Invariants:
 *  - CR3 holds guest_table in kernel mode, guest_table_user in user mode.
 *  - The active GS base is the mode's own, KERNEL_GS_BASE the other one's: a
 *    toggle is SWAPGS and a CR3 load, nothing else.
 *  - While a vCPU does not run, its bases are in pv->{fs_base,gs_base_*}.
 */
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/uaccess_asm.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "mm/map.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/time.h"

void pv_load_cr3(struct vcpu *v)
{
	u64 root = v->pv->kernel_mode ? v->pv->guest_table : v->pv->guest_table_user;

	tlb_write_cr3(root << PAGE_SHIFT);
}

/* Areas in the guest's virtual memory that could not be written from user mode. */
static noinline void serve_pending_areas(struct vcpu *v)
{
	if (v->runstate_pending)
		sched_runstate_guest_update(v);
	if (v->time_pending)
		time_update_vcpu(v, true);
}

/* Instructions: 27, the CR3 load among them. */
void pv_toggle_mode(struct vcpu *v)
{
	v->pv->kernel_mode = !v->pv->kernel_mode;
	__asm__ __volatile__("swapgs" ::: "memory");
	pv_load_cr3(v);
	if (unlikely(v->runstate_pending | v->time_pending) && v->pv->kernel_mode)
		serve_pending_areas(v);
}

void pv_save_segments(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;
	u64 active, other;

	__asm__ __volatile__("mov %%ds, %0" : "=m"(pv->ds));
	__asm__ __volatile__("mov %%es, %0" : "=m"(pv->es));
	__asm__ __volatile__("mov %%fs, %0" : "=m"(pv->fs));
	__asm__ __volatile__("mov %%gs, %0" : "=m"(pv->gs));
	pv->fs_base = rdmsr(MSR_FS_BASE);
	active = rdmsr(MSR_GS_BASE);
	other = rdmsr(MSR_KERNEL_GS_BASE);
	pv->gs_base_kernel = pv->kernel_mode ? active : other;
	pv->gs_base_user = pv->kernel_mode ? other : active;
}

/* After the GDT window shows v's descriptors and CR3 is v's. Interrupts off. */
void pv_load_segments(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;
	int bad = 0;

	bad |= load_ds_safe(pv->ds);
	bad |= load_es_safe(pv->es);
	bad |= load_fs_safe(pv->fs);
	bad |= load_gs_safe(pv->gs);
	wrmsr(MSR_FS_BASE, pv->fs_base);
	wrmsr(MSR_GS_BASE, pv->kernel_mode ? pv->gs_base_kernel : pv->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, pv->kernel_mode ? pv->gs_base_user : pv->gs_base_kernel);
	if (unlikely(bad))
		pv->bounce.flags |= TBF_FAILSAFE;
}

/* Load a selector for user mode's GS without touching the active base. Never fails: a bad one is null. */
static void load_user_gs(u16 sel)
{
	u64 flags = irq_save(), kernel = rdmsr(MSR_GS_BASE), user = 0;

	if (!load_gs_safe(sel) && sel > 3)
		user = rdmsr(MSR_GS_BASE);
	wrmsr(MSR_GS_BASE, kernel);
	wrmsr(MSR_KERNEL_GS_BASE, user);
	irq_restore(flags);
}

/* Called from kernel mode only: the active GS is the kernel's. Budget: 15 instructions. */
long hc_set_segment_base(struct hc_args *a)
{
	u64 base = a->arg[1];

	if (a->arg[0] == SEGBASE_GS_USER_SEL) {
		load_user_gs((u16)base);
		return 0;
	}
	if (!is_canonical(base))
		return -EINVAL;
	switch (a->arg[0]) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, base);
		return 0;
	case SEGBASE_GS_USER:
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return 0;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, base);
		return 0;
	}
	return -EINVAL;
}

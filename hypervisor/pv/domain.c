/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV domains and vCPUs: what is made with them, what is switched with them, and
 * their context as the toolstack and VCPUOP_initialise give it.
 */
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/features.h"
#include "cpu/fpu.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/tlb.h"
#include "pv/debugreg.h"
#include "pv/pv.h"
#include "pv/types.h"
#include "time/time.h"
#include <xen/domctl.h>

static int pv_domain_init(struct domain *d, const struct xen_domctl_createdomain *c)
{
	if (c && (c->flags & (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)))
		return -EOPNOTSUPP;
	d->pv = knew(struct pv_domain);
	return d->pv ? 0 : -ENOMEM;
}

static void pv_domain_destroy(struct domain *d)
{
	kfree(d->pv);
	d->pv = NULL;
}

static void pv_vcpu_reset(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;
	struct trap_info *traps = pv->traps;

	memset(traps, 0, 256 * sizeof(*traps));
	memset(pv, 0, sizeof(*pv));
	pv->traps = traps;
	pv->kernel_mode = true;
	pv->dr7 = 0x400;
}

static int pv_vcpu_init(struct vcpu *v)
{
	v->pv = knew(struct pv_vcpu);
	if (!v->pv)
		return -ENOMEM;
	v->pv->traps = alloc_page();
	if (!v->pv->traps) {
		kfree(v->pv);
		v->pv = NULL;
		return -ENOMEM;
	}
	pv_vcpu_reset(v);
	return 0;
}
_Static_assert(256 * sizeof(struct trap_info) == PAGE_SIZE, "trap table: one page");

static void pv_vcpu_destroy(struct vcpu *v)
{
	if (!v->pv)
		return;
	free_page(v->pv->traps);
	kfree(v->pv);
	v->pv = NULL;
}

static void pv_switch_from(struct vcpu *v)
{
	pv_save_segments(v);
	if (unlikely(v->pv->dr7 & 0xff))
		pv_unload_debugregs();
}

static u64 hardware_cr4(const struct vcpu *v)
{
	return cpu_cr4_host() | (v->pv->cr4 & (X86_CR4_TSD | X86_CR4_DE | X86_CR4_FSGSBASE));
}

/* With interrupts off; v is already current. */
static void pv_switch_to(struct vcpu *v)
{
	struct pv_vcpu *pv = v->pv;
	u64 cr4 = hardware_cr4(v);

	set_bit(smp_cpu_id(), &v->domain->dirty_cpus);
	desc_show_gdt(v);
	pv_load_cr3(v);
	if (unlikely(read_cr4() != cr4))
		write_cr4(cr4);
	desc_load_ldt(pv->ldt_ents);
	pv_load_segments(v);
	if (cpu_features.rdtscp)
		wrmsr(MSR_TSC_AUX, pv->tsc_aux);
	if (unlikely(pv->dr7 & 0xff))
		pv_load_debugregs(v);
	if (unlikely(pv->ctrl0_ts))
		write_cr0(read_cr0() | X86_CR0_TS);
}

static bool context_addresses_ok(const struct vcpu_guest_context *c)
{
	if (!is_canonical(c->user_regs.rip) || !is_canonical(c->event_callback_eip) ||
	    !is_canonical(c->failsafe_callback_eip) || !is_canonical(c->syscall_callback_eip) ||
	    !is_canonical(c->fs_base) || !is_canonical(c->gs_base_kernel) || !is_canonical(c->gs_base_user))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		if (c->trap_ctxt[i].address && !canonical_guest_address(c->trap_ctxt[i].address))
			return false;
	return true;
}

/* The slot names mfn afterwards (0: none), with a reference; what it named before is dropped. */
static int take_root(struct vcpu *v, u64 *slot, u64 mfn)
{
	u64 old = *slot;
	int rc;

	if (old == mfn)
		return 0;
	*slot = 0;
	if (old)
		page_put_and_type_preemptible(current, mfn_to_page(_mfn(old)));
	if (!mfn)
		return 0;
	if (!mfn_valid(_mfn(mfn)))
		return -EINVAL;
	rc = page_get_and_type(mfn_to_page(_mfn(mfn)), v->domain, PGT_l4_page_table, true);
	if (!rc)
		*slot = mfn;
	return rc;
}

/*
 * Take the root tables and descriptor frames of a fresh vCPU. With -ERESTART it
 * keeps what it has, and the repeated call finds it; on other errors nothing is held.
 */
static int take_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	u64 user = c->ctrlreg[1] ? xen_cr3_to_pfn(c->ctrlreg[1]) : 0;
	struct pv_vcpu *pv = v->pv;
	int rc = put_old_guest_table(current);

	if (!rc)
		rc = take_root(v, &pv->guest_table, xen_cr3_to_pfn(c->ctrlreg[3]));
	if (!rc)
		rc = pv->guest_table ? take_root(v, &pv->guest_table_user, user) : -EINVAL;
	if (!rc)
		rc = pv_set_gdt(v, (const u64 *)c->gdt_frames, c->gdt_ents);
	if (rc && rc != -ERESTART) {
		(void)take_root(v, &pv->guest_table, 0);
		(void)take_root(v, &pv->guest_table_user, 0);
	}
	return rc;
}

/* An initialised vCPU keeps its tables: the ABI refuses to change them. */
static int same_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = v->pv;

	if (pv->guest_table != xen_cr3_to_pfn(c->ctrlreg[3]) ||
	    pv->guest_table_user != (c->ctrlreg[1] ? xen_cr3_to_pfn(c->ctrlreg[1]) : 0) ||
	    pv->gdt_ents != c->gdt_ents || pv->ldt_ents != c->ldt_ents ||
	    (pv->ldt_ents && pv->ldt_base != c->ldt_base))
		return -EOPNOTSUPP;
	for (unsigned i = 0; i < pv->nr_gdt_frames; i++)
		if (pv->gdt_frames[i] != c->gdt_frames[i])
			return -EOPNOTSUPP;
	return 0;
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = v->pv;

	v->regs = c->user_regs;
	v->regs.error_code = 0;
	v->regs.entry_vector = 0;
	v->regs.cs |= 3;
	v->regs.ss |= 3;
	pv->iopl = v->regs.rflags >> 12 & 3;
	v->regs.rflags = (v->regs.rflags & ~(u64)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF |
			 X86_EFLAGS_MBS;
	pv->ds = c->user_regs.ds;
	pv->es = c->user_regs.es;
	pv->fs = c->user_regs.fs;
	pv->gs = c->user_regs.gs;
	pv->fs_base = c->fs_base;
	pv->gs_base_kernel = c->gs_base_kernel;
	pv->gs_base_user = c->gs_base_user;
	pv->kernel_mode = (c->flags & VGCF_in_kernel) || !pv->guest_table_user;
	pv->kernel_ss = c->kernel_ss | 3;
	pv->kernel_sp = c->kernel_sp;
	pv->event_callback = c->event_callback_eip;
	pv->failsafe_callback = c->failsafe_callback_eip;
	pv->syscall_callback = c->syscall_callback_eip;
	pv->callback_mask_events = (u8)(1u << CALLBACKTYPE_event |
		(c->flags & VGCF_failsafe_disables_events ? 1u << CALLBACKTYPE_failsafe : 0) |
		(c->flags & VGCF_syscall_disables_events ? 1u << CALLBACKTYPE_syscall : 0));
	pv->cr4 = c->ctrlreg[4] & (X86_CR4_TSD | X86_CR4_DE | X86_CR4_OSXSAVE);
	pv->ctrl0_ts = c->ctrlreg[0] & X86_CR0_TS;
}

static int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = v->pv;
	int rc;

	if (!context_addresses_ok(c) || c->ldt_ents > 8192 || (c->ldt_base & ~PAGE_MASK) ||
	    (c->ldt_ents && !canonical_guest_address(c->ldt_base)) || c->gdt_ents > PV_GDT_LIMIT)
		return -EINVAL;
	rc = v->is_initialised ? same_tables(v, c) : take_tables(v, c);
	if (rc)
		return rc;

	set_registers(v, c);
	pv->ldt_base = c->ldt_base;
	pv->ldt_ents = c->ldt_ents;
	for (unsigned i = 0; i < 256; i++) {
		pv->traps[i] = c->trap_ctxt[i];
		pv->traps[i].cs |= 3;
	}
	for (unsigned i = 0; i < 4; i++)
		(void)pv_set_debugreg(v, i, c->debugreg[i]);
	(void)pv_set_debugreg(v, 6, c->debugreg[6]);
	(void)pv_set_debugreg(v, 7, c->debugreg[7]);
	if (c->flags & VGCF_i387_valid) {
		memcpy(v->xsave_area, &c->fpu_ctxt, sizeof(c->fpu_ctxt));
		((u64 *)v->xsave_area)[64] = 3;		/* XSTATE_BV: x87 and SSE are in the area */
	} else {
		fpu_vcpu_reset(v);
	}
	__atomic_fetch_or(&v->domain->vm_assist, c->vm_assist & VM_ASSIST_VALID, __ATOMIC_SEQ_CST);
	/* The toolstack has cleared the page since the clock was put there. */
	if (!v->id)
		time_update_wallclock(v->domain);
	v->is_initialised = true;
	if (c->flags & VGCF_online)
		__atomic_fetch_and(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_or(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
	return 0;
}

static void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = v->pv;

	memset(c, 0, sizeof(*c));
	memcpy(&c->fpu_ctxt, v->xsave_area, sizeof(c->fpu_ctxt));
	c->flags = VGCF_i387_valid | (pv->kernel_mode ? VGCF_in_kernel : 0) |
		   (v->pause_flags & VPF_down ? 0 : VGCF_online) |
		   (pv->callback_mask_events >> CALLBACKTYPE_failsafe & 1 ? VGCF_failsafe_disables_events : 0) |
		   (pv->callback_mask_events >> CALLBACKTYPE_syscall & 1 ? VGCF_syscall_disables_events : 0);
	c->user_regs = v->regs;
	c->user_regs.rflags = (v->regs.rflags & ~(u64)X86_EFLAGS_IOPL) | (u64)pv->iopl << 12;
	c->user_regs.ds = pv->ds;
	c->user_regs.es = pv->es;
	c->user_regs.fs = pv->fs;
	c->user_regs.gs = pv->gs;
	memcpy(c->trap_ctxt, pv->traps, sizeof(c->trap_ctxt));
	c->ldt_base = pv->ldt_base;
	c->ldt_ents = pv->ldt_ents;
	for (unsigned i = 0; i < pv->nr_gdt_frames; i++)
		c->gdt_frames[i] = pv->gdt_frames[i];
	c->gdt_ents = pv->gdt_ents;
	c->kernel_ss = pv->kernel_ss;
	c->kernel_sp = pv->kernel_sp;
	c->ctrlreg[0] = (read_cr0() & ~(u64)X86_CR0_TS) | pv->ctrl0_ts;
	c->ctrlreg[1] = pv->guest_table_user ? xen_pfn_to_cr3(pv->guest_table_user) : 0;
	c->ctrlreg[3] = xen_pfn_to_cr3(pv->guest_table);
	c->ctrlreg[4] = hardware_cr4(v);
	for (unsigned i = 0; i < 4; i++)
		c->debugreg[i] = pv->dr[i];
	c->debugreg[6] = pv->dr6;
	c->debugreg[7] = pv->dr7;
	c->event_callback_eip = pv->event_callback;
	c->failsafe_callback_eip = pv->failsafe_callback;
	c->syscall_callback_eip = pv->syscall_callback;
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = pv->fs_base;
	c->gs_base_kernel = pv->gs_base_kernel;
	c->gs_base_user = pv->gs_base_user;
}

static void pv_inject_nmi(struct vcpu *v)
{
	v->nmi_pending = true;
}

/* A descriptor read by our own IRET or segment load, in the LDT window. */
static bool pv_hv_fault(struct cpu_user_regs *regs, u64 cr2)
{
	u64 off = cr2 - LDT_VIRT(smp_cpu_id());

	return off < PV_MAX_LDT_FRAMES * PAGE_SIZE && pv_map_ldt_page(current, (unsigned)(off >> PAGE_SHIFT));
}

const struct guest_ops pv_guest_ops = {
	.name = "PV",
	.domain_init = pv_domain_init,
	.domain_destroy = pv_domain_destroy,
	.relinquish = pv_relinquish_memory,
	.vcpu_init = pv_vcpu_init,
	.vcpu_destroy = pv_vcpu_destroy,
	.set_context = pv_set_context,
	.get_context = pv_get_context,
	.vcpu_reset = pv_vcpu_reset,
	.switch_from = pv_switch_from,
	.switch_to = pv_switch_to,
	.trap = pv_trap,
	.inject_nmi = pv_inject_nmi,
	.hv_fault = pv_hv_fault,
	.kernel_tables_active = guest_kernel_mode,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* Paravirtual 64-bit guests: what a PV domain and a PV vCPU have beyond the core's structs. */
#ifndef PV_PV_H
#define PV_PV_H

#include "core/domain.h"
#include <xen/callback.h>

#define PV_MAX_GDT_FRAMES 14
#define PV_GDT_LIMIT (PV_MAX_GDT_FRAMES * 512u)		/* FIRST_RESERVED_GDT_ENTRY */
#define PV_MAX_LDT_FRAMES 16

/* An exception to be put on the guest's stack on the way out (pv/bounce.c). */
struct trap_bounce {
	u64 rip;
	u32 error_code;
	u8 flags;			/* TBF_* */
};
#define TBF_EXCEPTION		1	/* something to deliver */
#define TBF_EXCEPTION_ERRCODE	2
#define TBF_INTERRUPT		4	/* mask events: interrupt gate */
#define TBF_FAILSAFE		8	/* selectors could not be loaded (pv/segment.c) */

struct pv_vcpu {
	/* What entry.S reads. */
	struct trap_bounce bounce;
	bool kernel_mode;
	/* Root tables, each with a type reference (I8); user 0: none. */
	u64 guest_table, guest_table_user;	/* MFNs */
	u64 kernel_ss, kernel_sp;
	struct trap_info *traps;		/* 256, address 0: none */
	u64 event_callback, failsafe_callback, syscall_callback, syscall32_callback, sysenter_callback;
	u8 callback_mask_events;		/* bit per CALLBACKTYPE_*: mask events on entry */
	u64 fs_base, gs_base_kernel, gs_base_user;	/* while not running; gs: see pv/segment.c */
	u16 ds, es, fs, gs;
	u64 ctrl0_ts;				/* virtual CR0.TS: X86_CR0_TS or 0 */
	u64 cr4;				/* what the guest may switch: TSD, DE, FSGSBASE, OSXSAVE */
	u64 dr[4], dr6, dr7;
	u32 tsc_aux;
	u8 iopl;				/* virtual: 0-3 */
	void __guest *iobitmap;
	unsigned iobitmap_limit;
	unsigned gdt_ents;
	unsigned nr_gdt_frames;
	u64 gdt_frames[PV_MAX_GDT_FRAMES];	/* each with a seg_desc reference */
	u64 ldt_base;
	unsigned ldt_ents;
	u64 ldt_frames[PV_MAX_LDT_FRAMES];	/* 0 or a frame with a seg_desc reference */
};

struct pv_domain {
	u32 pci_cf8;
	u8 cmos_index;
	bool hypercall_page;
};

extern const struct guest_ops pv_guest_ops;

static inline struct pv_vcpu *pv_vcpu(struct vcpu *v) { return v->pv; }
static inline bool guest_kernel_mode(const struct vcpu *v) { return v->pv->kernel_mode; }

/* pv/bounce.c: queue an exception for current; delivered by the exit path. */
void pv_inject(unsigned vector, u32 error_code);
void pv_inject_pf(u64 cr2, u32 error_code);
/* Called by entry.S with v->pv->bounce filled: builds the frame; crashes the domain if it cannot. */
void pv_create_bounce_frame(struct cpu_user_regs *regs);
/* entry.S, exit path: everything to look at before IRET. */
void pv_exit_work(struct cpu_user_regs *regs);
/* `syscall` from user mode. */
void pv_syscall_bounce(struct cpu_user_regs *regs);
void pv_sysenter_bounce(struct cpu_user_regs *regs);
/* The hypervisor's own IRET or segment load for the guest faulted. */
void pv_failsafe(struct cpu_user_regs *regs);

void pv_toggle_mode(struct vcpu *v);		/* kernel <-> user: CR3, GS (pv/segment.c) */
void pv_load_cr3(struct vcpu *v);		/* root of the present mode; all flush */
void pv_save_segments(struct vcpu *v);
void pv_load_segments(struct vcpu *v);
/* The exception that our own IRET to the guest raised, on the guest's frame. */
void pv_iret_fault(struct cpu_user_regs *regs);
void pv_trap(struct cpu_user_regs *regs);	/* pv/traps.c */
bool canonical_guest_address(u64 va);		/* canonical and not in our hole */

/* pv/emulate.c: #GP; true if handled. pv/emulate_*.c */
bool pv_emulate_privileged(struct cpu_user_regs *regs);
bool pv_emulate_invalid_op(struct cpu_user_regs *regs);	/* ud2 "xen" cpuid */
u64 *pv_gpr(struct cpu_user_regs *r, unsigned n);	/* by x86 register number */
u64 pv_read_cr4(const struct vcpu *v);		/* as the guest sees it */
int pv_rdmsr(struct vcpu *v, u32 msr, u64 *val);	/* 0 or -EINVAL: #GP */
int pv_wrmsr(struct vcpu *v, u32 msr, u64 val);
u32 pv_io_read(struct vcpu *v, u16 port, unsigned size);
void pv_io_write(struct vcpu *v, u16 port, unsigned size, u32 val);
bool pv_io_allowed(struct vcpu *v, u16 port, unsigned size);	/* virtual IOPL and bitmap */
/* control/policy.c answers; regs' rax, rcx in; results out. */
void guest_cpuid(struct vcpu *v, u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d);

/* pv/desc.c */
int pv_set_gdt(struct vcpu *v, const u64 *frames, unsigned entries);
void pv_destroy_gdt(struct vcpu *v);
bool pv_map_ldt_page(struct vcpu *v, unsigned page);	/* on #PF/#GP in LDT_VIRT: true if now mapped */
void pv_invalidate_ldt(struct vcpu *v);
int pv_check_descriptor(u64 *desc);			/* fixes DPL; -EINVAL */

/* pv/dom0.c */
struct domain *pv_build_dom0(void);
void pv_fill_hypercall_page(void *page);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Proves the numbers of cpu/asm_offsets.h against the structs. No code. */
#include "cpu/asm_offsets.h"
#include "core/domain.h"
#include "pv/pv.h"

#define CHECK(type, member, value) \
	_Static_assert(offsetof(type, member) == (value), "asm_offsets.h: " #type "." #member)

CHECK(struct cpu_user_regs, rbx, REGS_rbx);
CHECK(struct cpu_user_regs, r11, REGS_r11);
CHECK(struct cpu_user_regs, rax, REGS_rax);
CHECK(struct cpu_user_regs, rcx, REGS_rcx);
CHECK(struct cpu_user_regs, error_code, REGS_error_code);
CHECK(struct cpu_user_regs, entry_vector, REGS_entry_vector);
CHECK(struct cpu_user_regs, rip, REGS_rip);
CHECK(struct cpu_user_regs, cs, REGS_cs);
CHECK(struct cpu_user_regs, rflags, REGS_rflags);
CHECK(struct cpu_user_regs, rsp, REGS_rsp);
CHECK(struct cpu_user_regs, ss, REGS_ss);
CHECK(struct cpu_user_regs, es, REGS_es);
CHECK(struct cpu_info, curr, CPUINFO_current);
CHECK(struct cpu_info, cpu, CPUINFO_cpu);
CHECK(struct cpu_info, cpu_id, CPUINFO_cpu_id);
CHECK(struct cpu_info, scratch, CPUINFO_scratch);
CHECK(struct pcpu, softirq_pending, PCPU_softirq_pending);
CHECK(struct vcpu, info, VCPU_info);
CHECK(struct vcpu, pv, VCPU_pv);
CHECK(struct vcpu, nmi_pending, VCPU_async_pending);
CHECK(struct vcpu, mce_pending, VCPU_async_pending + 1);
CHECK(struct pv_vcpu, bounce.flags, PV_bounce_flags);
CHECK(struct pv_vcpu, kernel_mode, PV_kernel_mode);
CHECK(struct vcpu_info, evtchn_upcall_pending, 0);
CHECK(struct vcpu_info, evtchn_upcall_mask, 1);
_Static_assert(sizeof(struct cpu_info) == CPUINFO_sizeof, "asm_offsets.h: cpu_info");
_Static_assert(STACK_SIZE == STACK_SIZE_ASM, "asm_offsets.h: stack");
_Static_assert(FLAT_RING3_CS64 == GUEST_CS64 && FLAT_RING3_CS32 == GUEST_CS32 &&
	       FLAT_RING3_SS64 == GUEST_SS, "asm_offsets.h: selectors (arch-x86/xen-x86_64.h)");

/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets and numbers that entry.S uses; cpu/asm_check.c proves them. */
#ifndef CPU_ASM_OFFSETS_H
#define CPU_ASM_OFFSETS_H

#define REGS_rbx 40
#define REGS_r11 48
#define REGS_rax 80
#define REGS_rcx 88
#define REGS_error_code 120
#define REGS_entry_vector 124
#define REGS_rip 128
#define REGS_cs 136
#define REGS_rflags 144
#define REGS_rsp 152
#define REGS_ss 160
#define REGS_es 168

#define CPUINFO_current 200
#define CPUINFO_cpu 208
#define CPUINFO_cpu_id 216
#define CPUINFO_scratch 224
#define CPUINFO_sizeof 232

#define PCPU_softirq_pending 24

#define VCPU_info 0
#define VCPU_pv 8
#define VCPU_async_pending 16		/* nmi_pending, mce_pending as one 16-bit word */

#define PV_bounce_flags 12
#define PV_kernel_mode 16

#define STACK_SIZE_ASM 32768

/* entry_vector of a frame that may leave by SYSRET: RCX and R11 are dead. */
#define TRAP_SYSCALL 0x100

#define GUEST_CS32 0xe023
#define GUEST_SS 0xe02b
#define GUEST_CS64 0xe033

#endif

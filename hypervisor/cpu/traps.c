/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions as they come from entry.S, and what is shown when things go wrong.
 *
 * A fault of the hypervisor's own has three good ends: the exception table
 * (access to a guest's memory, an instruction that may fault), the guest type's
 * hv_fault (a window that is filled on demand), and a stale TLB entry, which the
 * page walk proves harmless. All else is our bug: every CPU is dumped.
 */
#include "core/domain.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "cpu/uaccess.h"
#include "irq/irq.h"
#include "lib/bug.h"
#include "lib/printk.h"
#include "mm/map.h"
#include "mm/page.h"

extern const char _text[], _etext[];

static const char *const trap_names[] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode",
	"device not available", "double fault", "coprocessor segment", "invalid TSS", "segment not present",
	"stack fault", "general protection", "page fault", "reserved", "x87 error", "alignment check",
	"machine check", "SIMD error",
};

static const char *trap_name(unsigned vector)
{
	return vector < ARRAY_SIZE(trap_names) ? trap_names[vector] : "interrupt";
}

/* Entry of the level that maps va, 0 if not present; *level is where the walk ended. */
static u64 walk(u64 va, unsigned *level, u64 *rights)
{
	u64 table = read_cr3() & PTE_MFN_MASK, e = 0;

	*rights = _PAGE_RW | _PAGE_USER;
	for (*level = 4; ; --*level) {
		unsigned idx = va >> (12 + 9 * (*level - 1)) & 511;

		if (!mfn_valid(_mfn(table >> PAGE_SHIFT)))
			return 0;
		e = ((u64 *)mfn_to_virt(_mfn(table >> PAGE_SHIFT)))[idx];
		if (!(e & _PAGE_PRESENT))
			return 0;
		*rights &= e;
		if (*level == 1 || ((e & _PAGE_PSE) && *level < 4))
			return e;
		table = e & PTE_MFN_MASK;
	}
}

void show_page_walk(u64 va)
{
	u64 table = read_cr3() & PTE_MFN_MASK;

	printk(LOG_ERR, "page-table walk for %#lx, cr3 %#lx:\n", (unsigned long)va, (unsigned long)read_cr3());
	for (unsigned level = 4; level; level--) {
		unsigned idx = va >> (12 + 9 * (level - 1)) & 511;
		u64 e;

		if (!mfn_valid(_mfn(table >> PAGE_SHIFT))) {
			printk(LOG_ERR, "  L%u: table %#lx is not RAM\n", level, (unsigned long)table);
			return;
		}
		e = ((u64 *)mfn_to_virt(_mfn(table >> PAGE_SHIFT)))[idx];
		printk(LOG_ERR, "  L%u[%03x] = %016lx\n", level, idx, (unsigned long)e);
		if (!(e & _PAGE_PRESENT) || ((e & _PAGE_PSE) && level < 4 && level > 1))
			return;
		table = e & PTE_MFN_MASK;
	}
}

void show_registers(const struct cpu_user_regs *r)
{
	bool guest = regs_from_guest(r);

	printk(LOG_ERR, "CPU %u, %pv%s, trap %u (%s), error %04x, cr2 %016lx, cr3 %lx\n", smp_cpu_id(), current,
	       guest ? "" : " (hypervisor)", r->entry_vector & 0xff, trap_name(r->entry_vector & 0xff),
	       r->error_code, (unsigned long)read_cr2(), (unsigned long)read_cr3());
	if (guest)
		printk(LOG_ERR, "RIP: %04x:%016lx\n", r->cs, (unsigned long)r->rip);
	else
		printk(LOG_ERR, "RIP: %04x:%pS\n", r->cs, (void *)r->rip);
	printk(LOG_ERR, "RFLAGS: %08lx   RSP: %04x:%016lx\n", (unsigned long)r->rflags, r->ss,
	       (unsigned long)r->rsp);
	printk(LOG_ERR, "rax: %016lx  rbx: %016lx  rcx: %016lx  rdx: %016lx\n", (unsigned long)r->rax,
	       (unsigned long)r->rbx, (unsigned long)r->rcx, (unsigned long)r->rdx);
	printk(LOG_ERR, "rsi: %016lx  rdi: %016lx  rbp: %016lx  r8:  %016lx\n", (unsigned long)r->rsi,
	       (unsigned long)r->rdi, (unsigned long)r->rbp, (unsigned long)r->r8);
	printk(LOG_ERR, "r9:  %016lx  r10: %016lx  r11: %016lx  r12: %016lx\n", (unsigned long)r->r9,
	       (unsigned long)r->r10, (unsigned long)r->r11, (unsigned long)r->r12);
	printk(LOG_ERR, "r13: %016lx  r14: %016lx  r15: %016lx\n", (unsigned long)r->r13,
	       (unsigned long)r->r14, (unsigned long)r->r15);
}

static void show_guest_stack(const struct cpu_user_regs *r)
{
	u64 w[4];

	printk(LOG_ERR, "guest stack at %016lx:\n", (unsigned long)r->rsp);
	for (unsigned i = 0; i < 6; i++) {
		if (copy_from_guest(w, (void *)(r->rsp + i * sizeof(w)), sizeof(w)))
			return;
		printk(LOG_ERR, "  %016lx %016lx %016lx %016lx\n", (unsigned long)w[0], (unsigned long)w[1],
		       (unsigned long)w[2], (unsigned long)w[3]);
	}
}

void show_stack(const struct cpu_user_regs *r)
{
	const u64 *sp = (const u64 *)r->rsp, *top = (const u64 *)cpu_info();

	if (regs_from_guest(r)) {
		show_guest_stack(r);
		return;
	}
	printk(LOG_ERR, "call trace (words on the stack that point into the text):\n");
	if ((u64)sp < ((u64)top & ~(STACK_SIZE - 1)))
		return;
	for (unsigned n = 0; sp < top && n < 24; sp++)
		if (*sp >= (u64)_text && *sp < (u64)_etext) {
			printk(LOG_ERR, "  %pS\n", (void *)*sp);
			n++;
		}
}

static void __noreturn fatal_trap(struct cpu_user_regs *regs)
{
	static u64 entered;

	irq_disable();
	if (test_and_set_bit(smp_cpu_id(), &entered))
		for (;;)
			__asm__ __volatile__("hlt");
	show_registers(regs);
	if ((regs->entry_vector & 0xff) == TRAP_pf)
		show_page_walk(read_cr2());
	show_stack(regs);
	dump_all_cpus();
	panic("fatal %s in the hypervisor", trap_name(regs->entry_vector & 0xff));
}

static u64 nmi_dump_mask;

void dump_all_cpus(void)
{
	cpumask_t others = cpu_online_map & ~CPUMASK(smp_cpu_id());
	u64 end = rdtsc() + 2000000000ull;

	__atomic_store_n(&nmi_dump_mask, others, __ATOMIC_SEQ_CST);
	if (others)
		lapic_send_nmi(others);
	while (READ_ONCE(nmi_dump_mask) && rdtsc() < end)
		cpu_relax();
}

static void handle_nmi(struct cpu_user_regs *regs)
{
	this_cpu()->nmi_count++;
	if (test_and_clear_bit(smp_cpu_id(), &nmi_dump_mask)) {
		show_registers(regs);
		show_stack(regs);
		return;
	}
	/* The platform's: domain 0's business, on its first vCPU. */
	if (hardware_domain && hardware_domain->vcpu && hardware_domain->vcpu[0]) {
		hardware_domain->vcpu[0]->nmi_pending = true;
		if (hardware_domain->vcpu[0] != current)
			smp_send_event_check(hardware_domain->vcpu[0]->cpu);
	}
}

void nmi_dispatch(struct cpu_user_regs *regs)
{
	u64 held = this_cpu()->lock_levels;

	this_cpu()->lock_levels = 0;
	handle_nmi(regs);
	this_cpu()->lock_levels = held;
}

void mce_dispatch(struct cpu_user_regs *regs)
{
	show_registers(regs);
	panic("machine check on CPU %u: the hardware reports an error it could not mend", smp_cpu_id());
}

/* Does the page table, as it is now, allow what the fault says was refused? */
static bool spurious_fault(const struct cpu_user_regs *regs, u64 cr2)
{
	unsigned level;
	u64 rights, e = walk(cr2, &level, &rights);

	if (!e || (regs->error_code & (PFEC_reserved | PFEC_insn)))
		return false;
	return (regs->error_code & PFEC_write) ? (rights & _PAGE_RW) != 0 : !(regs->error_code & PFEC_present);
}

static void hypervisor_trap(struct cpu_user_regs *regs)
{
	unsigned vector = regs->entry_vector & 0xff;
	u64 cr2 = vector == TRAP_pf ? read_cr2() : 0;
	u64 fixup = extable_search(regs->rip);

	if (vector == TRAP_db) {
		/*
		 * SYSENTER with TF, MOV SS before SYSCALL, or our access to guest memory that
		 * it watches: the guest's doing, and harmless. DR6 is to keep no trace of it.
		 */
		regs->rflags &= ~(u64)X86_EFLAGS_TF;
		__asm__ __volatile__("mov %0, %%dr6" :: "r"(0xffff0ff0ull));
		return;
	}
	if (vector == TRAP_pf && current && current->domain->ops && current->domain->ops->hv_fault &&
	    current->domain->ops->hv_fault(regs, cr2))
		return;
	if (!fixup || vector == TRAP_df)
		fatal_trap(regs);
	if (vector == TRAP_pf && guest_range_ok((void *)cr2, 1) && spurious_fault(regs, cr2))
		return;
	cpu_info()->scratch[0] = (u64)vector << 32 | regs->error_code;
	regs->rip = fixup;
}

void trap_dispatch(struct cpu_user_regs *regs)
{
	if (likely(regs_from_guest(regs)))
		current->domain->ops->trap(regs);
	else
		hypervisor_trap(regs);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * instruction-counts: what the hot paths cost.
 *
 * What: round trips of hypercalls, exceptions, system calls and page-table updates, each many times.
 * Why: the budgets in the hypervisor's comments are to be true.
 * Expected: figures, no verdict on them. In QEMU with `-icount shift=0` the TSC counts
 * instructions, those of the guest's own part included (named with each); elsewhere, it
 * counts cycles.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"
#include "user.h"

#include <xen/callback.h>

const char test_name[] = "instruction-counts";

#define ROUNDS 200

static struct window w;
static u64 *page;

static inline u64 tsc(void)
{
	u32 lo, hi;

	asm volatile ("rdtsc" : "=a" (lo), "=d" (hi) :: "memory");
	return (u64)hi << 32 | lo;
}

#define COUNT(what, code) do {								\
	u64 start_;									\
											\
	for (int i_ = 0; i_ < 3; i_++)							\
		code;									\
	start_ = tsc();									\
	for (int i_ = 0; i_ < ROUNDS; i_++)						\
		code;									\
	printf("  %6lu  %s\n", (tsc() - start_) / ROUNDS, what);			\
} while (0)

/* Handlers that go straight back; 9 and 12 instructions. */
asm (".pushsection .text\n"
     "fast_pf:\n"
     "	pop	%rcx\n"
     "	pop	%r11\n"
     "	add	$8, %rsp\n"
     "	addq	$3, (%rsp)\n"
     "	pushq	$0\n"
     "	push	%rcx\n"
     "	push	%r11\n"
     "	push	%rax\n"
     "	mov	$23, %eax\n"
     "	syscall\n"
     "fast_syscall:\n"
     "	pop	%rcx\n"
     "	pop	%r11\n"
     "	pushq	$0x100\n"
     "	push	%rcx\n"
     "	push	%r11\n"
     "	push	%rax\n"
     "	mov	$23, %eax\n"
     "	syscall\n"
     "fast_iret:\n"
     "	pop	%rax\n"
     "	mov	%rsp, %rcx\n"
     "	push	%rdx\n"
     "	push	%rcx\n"
     "	push	$0x202\n"
     "	push	%rsi\n"
     "	push	%rax\n"
     "	push	$0\n"
     "	push	$0\n"
     "	push	$0\n"
     "	push	$0\n"
     "	mov	$23, %eax\n"
     "	syscall\n"
     ".popsection\n");
extern const char fast_pf[], fast_syscall[], fast_iret[];

/* RDI rounds of three instructions. */
USER_CODE(user_syscalls,
	"1:	syscall\n"
	"	dec	%rdi\n"
	"	jnz	1b\n"
	"	ud2");
USER_CODE(user_loads,
	"1:	mov	(%rsi), %rax\n"
	"	dec	%rdi\n"
	"	jnz	1b\n"
	"	ud2");

static void hypercalls(void)
{
	static struct multicall_entry calls[32];
	unsigned int ev = evtchn_bind_ipi(0);
	u64 frame = va_mfn(page);

	COUNT("nothing but the loop", barrier());
	COUNT("hypercall: xen_version(version)", hc_xen_version(0, NULL));
	COUNT("hypercall: an unknown one", hc(63, 0, 0, 0, 0, 0));
	COUNT("stack_switch", hc_stack_switch(FLAT_KERNEL_SS, (u64)kernel_trap_stack_top));
	COUNT("fpu_taskswitch(0)", hc_fpu_taskswitch(0));
	COUNT("set_segment_base(FS)", hc_set_segment_base(SEGBASE_FS, 0));
	COUNT("update_descriptor, on an ordinary page", hc_update_descriptor(frame << 12, 0));
	for (int i = 0; i < 32; i++)
		calls[i].op = __HYPERVISOR_xen_version;
	COUNT("multicall of 32 xen_version", hc(__HYPERVISOR_multicall, (u64)calls, 32, 0, 0, 0));
	port_mask(ev);
	COUNT("evtchn_send to a masked port", evtchn_send(ev));
	COUNT("iret to kernel mode (13)",
	      asm volatile ("call fast_iret" :: "S" (FLAT_KERNEL_CS & ~3UL), "d" (FLAT_KERNEL_SS)
							: "rax", "rcx", "r11", "memory"));
}

static void tables(void)
{
	static struct mmu_update req[64];
	u64 rw = leaf(page, LEAF_RW), ro = leaf(page, LEAF_RO);
	volatile u64 *e = &w.l1[0];

	COUNT("mmu_update: map", ({ table_set(w.l1, 0, rw); }));
	COUNT("mmu_update: map and clear", ({ table_set(w.l1, 0, rw); table_set(w.l1, 0, 0); }));
	for (int i = 0; i < 64; i++) {
		req[i].ptr = va_maddr(&w.l1[i]);
		req[i].val = rw;
	}
	COUNT("mmu_update of 64: map", hc_mmu_update(req, 64, NULL, DOMID_SELF));
	for (int i = 0; i < 64; i++)
		req[i].val = 0;
	COUNT("mmu_update of 64: clear", hc_mmu_update(req, 64, NULL, DOMID_SELF));
	COUNT("update_va_mapping: map and clear", ({
		hc_update_va_mapping(WINDOW_VA, rw, 0); hc_update_va_mapping(WINDOW_VA, 0, 0); }));
	COUNT("update_va_mapping: one bit, invlpg", hc_update_va_mapping(WINDOW_VA, 0, UVMF_INVL));
	COUNT("emulated xchg: map and clear", ({
		u64 r = rw; asm volatile ("xchgq %0, (%1)\n\txchgq %0, (%1)" : "+r" (r) : "r" (e) : "memory");
		r = 0; asm volatile ("xchgq %0, (%1)" : "+r" (r) : "r" (e) : "memory"); }));
	must(table_set(w.l1, 0, rw));
	COUNT("emulated lock btr $5", asm volatile ("lock btrq $5, (%0)" :: "r" (e) : "memory", "cc"));
	COUNT("mmu_update: read-only and back", ({ table_set(w.l1, 0, ro); table_set(w.l1, 0, rw); }));
	COUNT("NEW_BASEPTR, pinned", mmuext_mfn(MMUEXT_NEW_BASEPTR, va_mfn(root_table)));
	COUNT("TLB_FLUSH_LOCAL", mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
	must(table_set(w.l1, 0, 0));
}

static void privileged(void)
{
	COUNT("mov from CR0", asm volatile ("mov %%cr0, %%rax" ::: "rax"));
	COUNT("rdmsr FS_BASE", asm volatile ("rdmsr" :: "c" (0xc0000100) : "rax", "rdx"));
	COUNT("cpuid by ud2", asm volatile (".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2"
					    : : "a" (0), "c" (0) : "rbx", "rdx"));
}

static void traps(void)
{
	struct callback_register cb = { .type = CALLBACKTYPE_syscall, .flags = CALLBACKF_mask_events };
	struct trap_info gate[2] = { { .vector = PF, .flags = 4, .cs = FLAT_KERNEL_CS } };
	u64 start;

	gate[0].address = (u64)fast_pf;
	must(hc_set_trap_table(gate));
	COUNT("kernel page fault, handler, iret (10)",
	      asm volatile ("mov (%0), %%rax" :: "r" (WINDOW_VA) : "rax", "rcx", "r11"));
	gate[0].address = trap_stub(PF);
	must(hc_set_trap_table(gate));
	cb.address = (u64)fast_syscall;
	must(hc_callback_op(CALLBACKOP_register, &cb));
	start = tsc();
	user_run(user_syscalls, 1000);
	printf("  %6lu  system call, handler, iret (8 and 3)\n", (tsc() - start) / 1000);
}

void test_main(void)
{
	user_init();
	window_open(&w);
	page = page_alloc();
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	hypercalls();
	tables();
	privileged();
	traps();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * micro: what one call, trap or return costs, in instructions; one line "BENCH name count" each.
 *
 * Needs one physical processor and -icount shift=0; vCPU 1 is used if there is one.
 */
#include "micro.h"

#include <xen/callback.h>

const char test_name[] = "micro";

u64 tsc_overhead;

void report(const char *name, u64 cost)
{
	printf("BENCH %s %lu\n", name, cost);
}

static void set_callback(unsigned int type, const void *entry)
{
	struct callback_register cb = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)entry,
	};

	must(hc_callback_op(CALLBACKOP_register, &cb));
}

static void set_gate(unsigned int vector, u64 entry)
{
	struct trap_info t[2] = { { .vector = vector, .cs = FLAT_KERNEL_CS, .address = entry } };

	must(hc_set_trap_table(t));
}

/* One instruction must be one tick: a loop of known length says so. */
static void check_scale(void)
{
	u64 n = 10000, t = tsc();

	asm volatile ("1: dec %0; jnz 1b" : "+r" (n));
	t = tsc() - t;
	if (t < 20000 || t > 20100)
		error("20000 instructions take %lu ticks: not under -icount shift=0", t);
	for (tsc_overhead = ~0UL, n = 0; n < REPEAT; n++) {
		t = tsc();
		t = tsc() - t;
		tsc_overhead = t < tsc_overhead ? t : tsc_overhead;
	}
}

static void calls(void)
{
	static struct multicall_entry mc[8];

	for (int i = 0; i < 8; i++)
		mc[i].op = __HYPERVISOR_xen_version;
	BENCH("null_hypercall", , hc_xen_version(0, NULL), );
	BENCH("multicall_8_null", , hc_multicall(mc, 8), );
	BENCH("stack_switch", , hc_stack_switch(FLAT_KERNEL_SS, (u64)kernel_trap_stack_top), );
	BENCH("fpu_taskswitch", , hc_fpu_taskswitch(0), );
	BENCH("set_segment_base", , hc_set_segment_base(SEGBASE_FS, 0), );
	BENCH("set_timer_op", , hc_set_timer_op(~0UL >> 2), );
	hc_set_timer_op(0);
}

static void user_mode(void)
{
	u64 empty;

	user_run(user_empty_loop, REPEAT);
	empty = trap.frame.rbx;
	set_callback(CALLBACKTYPE_syscall, bench_syscall_entry);
	user_run(user_syscall_loop, REPEAT);
	report("user_syscall_iret", trap.frame.rbx - empty);
	set_gate(PF, (u64)bench_fault_entry);
	user_run(user_fault_loop, REPEAT);
	report("user_page_fault_iret", trap.frame.rbx - empty);
}

static void kernel_mode(void)
{
	u64 best = ~0UL, in, v;

	for (int i = 0; i < REPEAT; i++) {
		in = kernel_iret();
		best = in < best ? in : best;
	}
	report("kernel_iret", best - tsc_overhead);
	set_gate(PF, (u64)bench_fault_entry);
	BENCH("kernel_page_fault_iret", ,
	      asm volatile ("mov (%%rsi), %%rax" :: "S" (0x7000000000) : "rax", "memory"), );
	set_gate(PF, trap_stub(PF));
	BENCH("emulate_read_cr0", , asm volatile ("mov %%cr0, %0" : "=r" (v)), );
	BENCH("emulate_write_cr0", , asm volatile ("mov %0, %%cr0" :: "r" (v)), );
	BENCH("emulate_rdmsr", ,
	      asm volatile ("rdmsr" : "=a" (in), "=d" (v) : "c" (0xc0000080)), );
	BENCH("emulate_cpuid", ,
	      asm volatile (".byte 0x0f,0x0b,0x78,0x65,0x6e; cpuid" : "=a" (v) : "a" (1)
			    : "rbx", "rcx", "rdx"), );
}

void test_main(void)
{
	check_scale();
	user_init();
	calls();
	user_mode();
	kernel_mode();
	bench_mmu();
	bench_grant();
	bench_event();
	bench_switch();
}

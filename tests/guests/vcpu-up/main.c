/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu-up: bringing up, stopping and using a second vCPU.
 *
 * What: initialise, up, is_up, down; the context it starts with; IPIs both ways; refusals.
 * Why: SMP bring-up of Linux; is_up also serves to count vCPUs.
 * Expected: is_up 1, 0, or -ENOENT beyond the last; initialise once (then -EEXIST); up before
 * initialise -EINVAL; the vCPU starts with the registers, tables and masks of its context; a bad
 * context is refused and the vCPU stays down.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

const char test_name[] = "vcpu-up";

extern const char event_entry[], failsafe_entry[], syscall_entry[], vcpu_entry[];

static struct vcpu_guest_context ctx;
static volatile unsigned int stage, ipi_seen;
static volatile u64 seen_fs, seen_cr3, seen_mask, seen_flags;
static unsigned int port_to_1, port_to_0;

static void second(void)
{
	u64 v;

	asm volatile ("movq %%fs:0, %0" : "=r" (v));
	seen_fs = v;
	asm volatile ("mov %%cr3, %0" : "=r" (v));
	seen_cr3 = v;
	seen_mask = shared_info->vcpu_info[1].evtchn_upcall_mask;
	seen_flags = read_rflags();
	stage = 1;
	/* Wait for the IPI, by its bit: the kit takes upcalls on vCPU 0 only. */
	while (!port_pending(port_to_1))
		hc_sched_op(SCHEDOP_yield, NULL);
	port_clear(port_to_1);
	ipi_seen = 1;
	evtchn_send(port_to_0);
	stage = 2;
	hc_vcpu_op(VCPUOP_down, 1, NULL);
	/* Here again after the second `up`. */
	stage = 3;
	for (;;)
		hc_sched_op(SCHEDOP_block, NULL);
}

static void fill_context(void)
{
	static u64 cell = 0xfeed;
	u64 *stack = page_alloc();

	memset(&ctx, 0, sizeof(ctx));
	ctx.flags = VGCF_IN_KERNEL;
	ctx.user_regs.rip = (u64)vcpu_entry;
	ctx.user_regs.cs = FLAT_KERNEL_CS;
	ctx.user_regs.ss = FLAT_KERNEL_SS;
	ctx.user_regs.rflags = 0x1000;
	ctx.user_regs.rsp = (u64)stack + PAGE_SIZE;
	ctx.user_regs.rdi = (u64)second;
	ctx.kernel_ss = FLAT_KERNEL_SS;
	ctx.kernel_sp = (u64)stack + PAGE_SIZE;
	ctx.ctrlreg[0] = 0x80050033;
	ctx.ctrlreg[3] = xen_pfn_to_cr3(va_mfn(root_table));
	ctx.event_callback_eip = (u64)event_entry;
	ctx.failsafe_callback_eip = (u64)failsafe_entry;
	ctx.syscall_callback_eip = (u64)syscall_entry;
	ctx.fs_base = (u64)&cell;
	for (int v = 0; v < 32; v++)
		ctx.trap_ctxt[v] = (struct trap_info){ v, 0, FLAT_KERNEL_CS, trap_stub(v) };
}

static void counting(void)
{
	expect(hc_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
	expect(hc_vcpu_op(VCPUOP_is_up, 4095, NULL), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_is_up, ~0U, NULL), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_up, 4095, NULL), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_down, 4095, NULL), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_initialise, 4095, &ctx), -XEN_ENOENT);
	expect(hc_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
	expect(hc_vcpu_op(99, 4095, NULL), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_initialise, 0, &ctx), -XEN_EEXIST);
}

static void bad_contexts(void)
{
	expect(hc_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
	expect(hc_vcpu_op(VCPUOP_initialise, 1, (void *)0x1000), -XEN_EFAULT);
	fill_context();
	ctx.ctrlreg[3] = xen_pfn_to_cr3(0xfffffffffUL);
	check(hc_vcpu_op(VCPUOP_initialise, 1, &ctx) < 0);
	fill_context();
	ctx.ctrlreg[3] = xen_pfn_to_cr3(va_mfn(page_alloc()));
	check(hc_vcpu_op(VCPUOP_initialise, 1, &ctx) < 0);
	fill_context();
	ctx.gdt_ents = 8000;
	expect(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EINVAL);
	fill_context();
	ctx.user_regs.rip = 0x8000000000000000;
	check(hc_vcpu_op(VCPUOP_initialise, 1, &ctx) < 0);
	fill_context();
	ctx.kernel_sp = HYPERVISOR_VIRT_START;
	hc_vcpu_op(VCPUOP_is_up, 1, NULL);
	expect(hc_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
}

static void wait_stage(unsigned int want)
{
	u64 end = system_time() + 3000000000;

	while (stage < want && system_time() < end)
		hc_sched_op(SCHEDOP_yield, NULL);
	expect(stage, want);
}

static void wait_down(void)
{
	u64 end = system_time() + 3000000000;

	while (hc_vcpu_op(VCPUOP_is_up, 1, NULL) == 1 && system_time() < end)
		hc_sched_op(SCHEDOP_yield, NULL);
	expect(hc_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
}

void test_main(void)
{
	long rc = hc_vcpu_op(VCPUOP_is_up, 1, NULL);

	counting();
	if (rc == -XEN_ENOENT)
		skip("there is only one vCPU");
	expect(rc, 0);
	bad_contexts();

	port_to_1 = evtchn_bind_ipi(1);
	port_to_0 = evtchn_bind_ipi(0);
	fill_context();
	expect(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), 0);
	expect(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EEXIST);
	expect(hc_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	expect(stage, 0);
	expect(hc_vcpu_op(VCPUOP_up, 1, NULL), 0);
	wait_stage(1);
	expect(hc_vcpu_op(VCPUOP_is_up, 1, NULL), 1);
	expect(seen_fs, 0xfeed);
	expect(seen_cr3, va_maddr(root_table));
	expect(seen_mask, 1);
	expect(seen_flags & FLAG_IF, FLAG_IF);
	/* Registering its vcpu_info from here is no longer possible. */
	expect(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EEXIST);

	upcalls_on();
	expect(evtchn_send(port_to_1), 0);
	wait_stage(2);
	expect(ipi_seen, 1);
	wait_until(system_time() + 500000000, &event_count[port_to_0]);
	expect(event_count[port_to_0], 1);
	wait_down();
	expect(hc_vcpu_op(VCPUOP_up, 1, NULL), 0);
	wait_stage(3);
	expect(hc_vcpu_op(VCPUOP_down, 1, NULL), 0);
	wait_down();
	upcalls_off();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_event: an event to oneself with and without its upcall; and two vCPUs on one processor
 * that wake each other: a round is two sends, two blocks, two switches and two upcalls.
 */
#include "micro.h"

#include <xen/callback.h>

extern const char failsafe_entry[], vcpu_entry[];

static struct vcpu_guest_context ctx;
static unsigned int port_to_1, port_to_0;

static void own_callback(const void *entry)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_event, .address = (unsigned long)entry,
	};

	must(hc_callback_op(CALLBACKOP_register, &cb));
	bench_info0 = &shared_info->vcpu_info[0];
	bench_info1 = &shared_info->vcpu_info[1];
	bench_pending = &shared_info->evtchn_pending[0];
}

void bench_event(void)
{
	struct evtchn_send op;
	u64 before;

	op.port = evtchn_bind_ipi(0);
	port_mask(op.port);
	BENCH("event_send_masked", port_clear(op.port),
	      hc_event_channel_op(EVTCHNOP_send, &op), );
	BENCH("event_send_pending", , hc_event_channel_op(EVTCHNOP_send, &op), );
	port_clear(op.port);
	port_unmask_bit(op.port);
	own_callback(bench_event_entry);
	upcalls_on();
	before = bench_events;
	BENCH("event_send_self_upcall", , hc_event_channel_op(EVTCHNOP_send, &op), );
	expect(bench_events, before + REPEAT);
	upcalls_off();
	evtchn_close(op.port);
}

static void second(void)
{
	struct evtchn_send to_0 = { .port = port_to_0 };

	for (;;) {
		hc_sched_op(SCHEDOP_block, NULL);
		/* From here to the block, a wake-up is kept. */
		shared_info->vcpu_info[1].evtchn_upcall_mask = 1;
		barrier();
		hc_event_channel_op(EVTCHNOP_send, &to_0);
	}
}

static long start_second(void)
{
	u64 *stack = page_alloc();

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
	ctx.event_callback_eip = (u64)bench_event_entry1;
	ctx.failsafe_callback_eip = (u64)failsafe_entry;
	for (int v = 0; v < 32; v++)
		ctx.trap_ctxt[v] = (struct trap_info){ v, 0, FLAT_KERNEL_CS, trap_stub(v) };
	return hc_vcpu_op(VCPUOP_initialise, 1, &ctx);
}

void bench_switch(void)
{
	struct evtchn_send to_1;

	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		return;
	/* Switches between vCPUs are 10^4 times rarer than calls: a tick would not hide here. */
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	own_callback(bench_event_entry);
	port_to_1 = to_1.port = evtchn_bind_ipi(1);
	port_to_0 = evtchn_bind_ipi(0);
	port_unmask_bit(port_to_1);
	port_unmask_bit(port_to_0);
	must(start_second());
	must(hc_vcpu_op(VCPUOP_up, 1, NULL));
	BENCH("switch_round_trip", upcalls_off(),
	      hc_event_channel_op(EVTCHNOP_send, &to_1); hc_sched_op(SCHEDOP_block, NULL), );
	upcalls_off();
}

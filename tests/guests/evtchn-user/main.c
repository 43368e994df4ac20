/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn-user: an event that arrives in guest user mode.
 *
 * What: a timer event while user code spins, and one that is pending when user mode is entered.
 * Why: preemption of programs: without it the guest's kernel never gets the processor back.
 * Expected: an upcall on the kernel stack of stack_switch, frame with user CS (RPL 3), SS and the
 * user's RSP; saved mask 0; the mask is 1 in the handler, CR3 the kernel's; all registers come
 * back unharmed when the handler returns.
 */
#include "event.h"
#include "trap.h"
#include "user.h"

const char test_name[] = "evtchn-user";

/* Counts in RBX until the word at RDI is not 0; a pattern in R8 and R15 must survive. */
USER_CODE(user_spin,
	"	mov	$0x88, %r8d\n"
	"	mov	$0xff, %r15d\n"
	"	xor	%ebx, %ebx\n"
	"1:	inc	%rbx\n"
	"	cmpl	$0, (%rdi)\n"
	"	je	1b\n"
	"	syscall\n"
	"	ud2");

static volatile u32 stop;
static struct trap_frame frame;
static u64 handler_cr3;
static u8 handler_mask;
static unsigned int events;

static bool hook(struct trap_frame *f)
{
	if (f->vector != VEC_EVENT)
		return false;
	frame = *f;
	handler_mask = vcpu0_info()->evtchn_upcall_mask;
	asm volatile ("mov %%cr3, %0" : "=r" (handler_cr3));
	events++;
	stop = 1;
	event_upcall();
	return true;
}

static void frame_is_sound(void)
{
	expect(frame.cs, FLAT_USER_CS);
	expect(frame.ss, FLAT_USER_SS);
	expect(frame.mask, 0);
	expect(frame.rflags & FLAG_IF, FLAG_IF);
	expect(frame.rsp, user_stack_top);
	expect(handler_mask, 1);
}

/*
 * Spins in user mode until the timer's event. A machine whose emulator is held up for longer than
 * the time given takes the event before user mode is entered: then more time is given.
 */
static void spin_until_timer(void)
{
	struct vcpu_set_singleshot_timer timer = { .flags = 0 };
	u64 wait;

	for (wait = 3000000; wait <= 3000000ull << 8; wait *= 2) {
		stop = 0;
		timer.timeout_abs_ns = system_time() + wait;
		must(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer));
		expect(user_run(user_spin, (u64)&stop), VEC_SYSCALL);
		if (frame.cs == FLAT_USER_CS)
			return;
	}
}

void test_main(void)
{
	struct iret_context ctx;
	u64 cr3;
	long port, ipi;

	hush_toolstack();
	must(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
	user_init();
	asm volatile ("mov %%cr3, %0" : "=r" (cr3));
	port = evtchn_bind_virq(VIRQ_TIMER, 0);
	ipi = evtchn_bind_ipi(0);
	check(port > 0 && ipi > 0);
	upcalls_on();
	trap_hook = hook;

	spin_until_timer();
	expect(events, event_count[port]);
	frame_is_sound();
	expect(handler_cr3, cr3);
	check(frame.rip >= (u64)user_spin && frame.rip < (u64)user_spin + 64);
	check(trap.frame.rbx > 1);
	expect(trap.frame.r8, 0x88);
	expect(trap.frame.r15, 0xff);
	expect(trap.frame.rdi, &stop);

	/* Pending already, held back by the mask: taken before the first user instruction. */
	stop = 0;
	upcalls_off();
	must(evtchn_send(ipi));
	events = 0;
	user_context(&ctx, user_spin);
	expect(user_run_context(&ctx, (u64)&stop), VEC_SYSCALL);
	expect(events, 1);
	expect(event_count[ipi], 1);
	frame_is_sound();
	expect(frame.rip, user_spin);
	trap_hook = NULL;
	upcalls_off();
}

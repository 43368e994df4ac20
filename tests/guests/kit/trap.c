/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap.c: the trap table, the record of the newest trap, and what is done about it.
 */
#include "event.h"
#include "kit.h"
#include "trap.h"
#include "user.h"

#include <xen/callback.h>

struct ex_entry {
	u64 from, to;
};

extern const char trap_stubs[];
extern const char event_entry[], syscall_entry[], syscall32_entry[], sysenter_entry[];
extern const char failsafe_entry[];
extern const struct ex_entry ex_table_start[], ex_table_end[];

struct trap_seen trap;
bool (*trap_hook)(struct trap_frame *f);

static u8 returnable[VEC_SYSENTER + 1];
static int depth;

u64 trap_stub(unsigned int vector)
{
	return (u64)trap_stubs + vector * 16;
}

static void callback_register(unsigned int type, const char *entry)
{
	struct callback_register cb = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)entry,
	};

	must(hc_callback_op(CALLBACKOP_register, &cb));
}

void trap_init(void)
{
	static struct trap_info table[33];

	/* Vectors 0-31 with gate DPL 0, except #BP and #OF which programs may raise. */
	for (int v = 0; v < 32; v++) {
		table[v].vector = v;
		table[v].flags = v == BP || v == OF ? 3 : 0;
		table[v].cs = FLAT_KERNEL_CS;
		table[v].address = trap_stub(v);
	}
	must(hc_set_trap_table(table));
	callback_register(CALLBACKTYPE_event, event_entry);
	callback_register(CALLBACKTYPE_failsafe, failsafe_entry);
	callback_register(CALLBACKTYPE_syscall, syscall_entry);
	trap_reset();
}

void trap_return(unsigned int vector)
{
	returnable[vector] = 1;
}

void trap_reset(void)
{
	memset(&trap, 0, sizeof(trap));
	trap.frame.vector = NO_TRAP;
}

static const struct ex_entry *ex_find(u64 rip)
{
	for (const struct ex_entry *e = ex_table_start; e < ex_table_end; e++) {
		if (e->from == rip)
			return e;
	}
	return NULL;
}

static void trap_dump(const struct trap_frame *f)
{
	printf("KIT: unexpected trap %lu error %#lx cr2 %#lx\n", f->vector, f->error, trap.cr2);
	printf("  rip %x:%lx rsp %lx:%lx rflags %lx mask %u\n", f->cs, f->rip, f->ss, f->rsp,
	       f->rflags, f->mask);
	printf("  rax %lx rbx %lx rcx %lx rdx %lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	printf("  rsi %lx rdi %lx rbp %lx r8 %lx\n", f->rsi, f->rdi, f->rbp, f->r8);
	printf("  r9 %lx r10 %lx r11 %lx r12 %lx\n", f->r9, f->r10, f->r11, f->r12);
	printf("  r13 %lx r14 %lx r15 %lx\n", f->r13, f->r14, f->r15);
}

static void trap_record(const struct trap_frame *f)
{
	u64 cs, ss;

	asm volatile ("mov %%cs, %0; mov %%ss, %1" : "=r" (cs), "=r" (ss));
	trap.count++;
	trap.cr2 = vcpu0_info()->arch.cr2;
	trap.handler_cs = cs;
	trap.handler_ss = ss;
	trap.handler_rflags = read_rflags();
	trap.handler_rsp = (u64)f;
	trap.handler_mask = vcpu0_info()->evtchn_upcall_mask;
	trap.frame = *f;
}

void trap_dispatch(struct trap_frame *f);
void trap_dispatch(struct trap_frame *f)
{
	const struct ex_entry *e;

	if (f->vector == VEC_EVENT && !trap_hook) {
		event_upcall();
		return;
	}
	/* A trap inside a failing printf() must not go round for ever. */
	if (depth > 2)
		crash();
	depth++;
	trap_record(f);
	if (trap_hook && trap_hook(f))
		goto out;
	if (f->vector == VEC_EVENT) {
		event_upcall();
		goto out;
	}
	e = ex_find(f->rip);
	if (e) {
		f->rip = e->to;
		goto out;
	}
	if ((f->cs & 3) == 3 && user_running()) {
		depth--;
		user_stop();
	}
	if (f->vector <= VEC_SYSENTER && returnable[f->vector])
		goto out;
	trap_dump(f);
	crash();
out:
	depth--;
}

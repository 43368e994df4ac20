/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user.c: guest user mode, see user.h.
 */
#include "mm.h"
#include "user.h"

u64 *user_root;
u8 *user_stack_top, *kernel_trap_stack_top;

static bool running;
static u8 mask_before;

void context_enter(struct iret_context *ctx, u64 rdi);
void context_leave(void) NORETURN;

void user_init(void)
{
	user_root = page_alloc();
	user_stack_top = (u8 *)page_alloc() + PAGE_SIZE;
	kernel_trap_stack_top = (u8 *)page_alloc() + PAGE_SIZE;
	/* Four more pages below, as C code runs on it. */
	for (int i = 0; i < 4; i++)
		kernel_trap_stack_top = (u8 *)page_alloc() + PAGE_SIZE;
	user_root[511] = root_table[511];
	must(page_ro(user_root));
	must(pin(4, user_root));
	must(mmuext_mfn(MMUEXT_NEW_USER_BASEPTR, va_mfn(user_root)));
	must(hc_stack_switch(FLAT_KERNEL_SS, (u64)kernel_trap_stack_top));
}

void user_context(struct iret_context *ctx, void (*entry)(void))
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->rip = (u64)entry;
	ctx->cs = FLAT_USER_CS;
	ctx->ss = FLAT_USER_SS;
	ctx->rsp = (u64)user_stack_top;
	ctx->rflags = FLAG_IF | 2;
}

u64 user_run_context(struct iret_context *ctx, u64 rdi)
{
	trap_reset();
	mask_before = vcpu0_info()->evtchn_upcall_mask;
	running = true;
	context_enter(ctx, rdi);
	running = false;
	vcpu0_info()->evtchn_upcall_mask = mask_before;
	return trap.frame.vector;
}

u64 user_run(void (*entry)(void), u64 rdi)
{
	struct iret_context ctx;

	user_context(&ctx, entry);
	if (vcpu0_info()->evtchn_upcall_mask)
		ctx.rflags &= ~(u64)FLAG_IF;
	return user_run_context(&ctx, rdi);
}

bool user_running(void)
{
	return running;
}

void user_stop(void)
{
	context_leave();
}

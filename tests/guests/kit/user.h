/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user.h: running a few instructions in guest user mode.
 *
 * The user root table shares the kernel's slot 511, so user code is any code of the image (naked
 * functions, as a rule), and its stack is a page of the pool. user_run() enters at `entry` and is
 * back as soon as the user code traps, by exception or by `syscall`; the trap is in `trap`.
 */
#ifndef KIT_USER_H
#define KIT_USER_H

#include "trap.h"

void user_init(void);
/* Returns the vector that ended it; rdi is handed to the user code. */
u64 user_run(void (*entry)(void), u64 rdi);
/* The same with a context of the caller's making (for tests of iret itself). */
u64 user_run_context(struct iret_context *ctx, u64 rdi);
void user_context(struct iret_context *ctx, void (*entry)(void));
bool user_running(void);
void user_stop(void) NORETURN;

extern u64 *user_root;
extern u8 *user_stack_top, *kernel_trap_stack_top;

/* A function of user code: its whole body is assembly. */
#define USER_CODE(name, body)						\
	void name(void);						\
	asm (".pushsection .text\n" #name ":\n" body "\n.popsection\n")

#endif

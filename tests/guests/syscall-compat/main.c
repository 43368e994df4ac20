/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall-compat: 32-bit user code: its exceptions and its ways into the kernel.
 *
 * What: code on FLAT_USER_CS32 below 4 GiB: ud2, int 0x80, syscall, sysenter.
 * Why: 32-bit programs on a 64-bit kernel.
 * Expected: frames with CS 0xe023; int 0x80 through the trap table; syscall to the syscall32
 * callback, where the processor has it in compatibility mode (AMD; else #UD); sysenter to its
 * callback with RIP 0 where it has that (Intel), else #UD or #GP.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

#include <xen/callback.h>

const char test_name[] = "syscall-compat";

#define CODE_VA 0x400000UL

extern const char syscall32_entry[], sysenter_entry[];

static struct window w;
static u8 *code;

static u64 run32(const char *bytes, unsigned int len)
{
	struct iret_context ctx;

	memcpy(code, bytes, len);
	memset(code + len, 0xcc, 16);
	user_context(&ctx, NULL);
	ctx.cs = FLAT_USER_CS32;
	ctx.rip = CODE_VA;
	ctx.rsp = CODE_VA + PAGE_SIZE;
	ctx.rax = 0x12345678;
	return user_run_context(&ctx, 0);
}

static void callbacks(void)
{
	struct callback_register cb = { .type = CALLBACKTYPE_syscall32,
					.flags = CALLBACKF_mask_events };

	cb.address = (unsigned long)syscall32_entry;
	must(hc_callback_op(CALLBACKOP_register, &cb));
	cb.type = CALLBACKTYPE_sysenter;
	cb.address = (unsigned long)sysenter_entry;
	must(hc_callback_op(CALLBACKOP_register, &cb));
}

static void frames(void)
{
	const struct trap_frame *f = &trap.frame;

	expect(run32("\x0f\x0b", 2), UD);
	expect(f->cs, FLAT_USER_CS32);
	expect(f->rip, CODE_VA);
	expect(f->ss, FLAT_USER_SS);
	expect(f->rsp, CODE_VA + PAGE_SIZE);
	/* inc %eax, then int3: 0x40 is no prefix here. */
	expect(run32("\x40\xcc", 2), BP);
	expect(f->rax, 0x12345679);
	expect(f->rip, CODE_VA + 2);
	/* A load from an absent address. */
	expect(run32("\xa1\x00\x50\x00\x00", 5), PF);
	expect(f->error, PF_U);
	expect(trap.cr2, 0x5000);
}

static void entries(void)
{
	const struct trap_frame *f = &trap.frame;
	struct trap_info gate[2] = {
		{ .vector = 0x80, .flags = 3, .cs = FLAT_KERNEL_CS, .address = trap_stub(0x80) },
	};
	u64 vec;

	must(hc_set_trap_table(gate));
	expect(run32("\xcd\x80", 2), 0x80);
	expect(f->rip, CODE_VA + 2);
	expect(f->cs, FLAT_USER_CS32);
	expect(f->rax, 0x12345678);

	vec = run32("\x0f\x05", 2);
	check(vec == VEC_SYSCALL32 || vec == UD);
	expect(f->cs, FLAT_USER_CS32);
	if (vec == VEC_SYSCALL32) {
		expect(f->rip, CODE_VA + 2);
		expect(f->rcx & 0xffffffff, CODE_VA + 2);
		expect(f->rsp, CODE_VA + PAGE_SIZE);
		expect(f->rflags & FLAG_IF, FLAG_IF);
		expect(f->ss, FLAT_USER_SS);
	}
	printf("  syscall in 32-bit code ends as %lu\n", vec);

	vec = run32("\x0f\x34", 2);
	check(vec == VEC_SYSENTER || vec == UD || vec == GP);
	if (vec == VEC_SYSENTER) {
		expect(f->rip, 0);
		expect(f->cs & 3, 3);
	}
	printf("  sysenter in 32-bit code ends as %lu\n", vec);
}

void test_main(void)
{
	user_init();
	code = page_alloc();
	vcpu0_info()->evtchn_upcall_mask = 0;
	window_open_at(&w, user_root, CODE_VA);
	must(table_set(w.l1, table_index(CODE_VA, 1), leaf(code, LEAF_RW)));
	callbacks();
	frames();
	entries();
}

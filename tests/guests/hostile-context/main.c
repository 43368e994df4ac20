/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile-context: VCPUOP_initialise with a context that must be refused, or tamed.
 *
 * What: non-canonical addresses, tables and descriptor frames of which a later one is bad,
 * descriptor counts; then a vCPU started with hostile flags, selectors and debug registers.
 * Why: the context is loaded into the processor at ring 0 (XSA-7, 44, 202, 444), and each error
 * path must give back what was taken before.
 * Expected: an error, with tables and frames free for other use afterwards; IOPL and VM dropped;
 * selectors of the hypervisor not loaded.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

#include <xen/version.h>

const char test_name[] = "hostile-context";

extern const char event_entry[], failsafe_entry[], syscall_entry[], vcpu_entry[];

static struct vcpu_guest_context ctx;
static u64 *root, *user, *gdt[2];
static bool first_good, is_xen;
static volatile u64 seen_flags, seen_ds, seen_stage;

static void second(void)
{
	seen_stage = 1;
	hc_vcpu_op(VCPUOP_down, 1, NULL);
	for (;;)
		hc_sched_op(SCHEDOP_block, NULL);
}

/* Flags first: nothing else is known of them. */
asm (".pushsection .text\n"
     "hostile_entry:\n"
     "	pushfq\n"
     "	popq	seen_flags\n"
     "	pushq	$2\n"
     "	popfq\n"
     "	cld\n"
     "	movq	%ds, %rax\n"
     "	movq	%rax, seen_ds\n"
     "	jmp	vcpu_entry\n"
     ".popsection\n");
extern const char hostile_entry[];
asm (".globl seen_flags, seen_ds");

static void fill_context(void)
{
	static u8 stack[4096] ALIGNED(16);

	memset(&ctx, 0, sizeof(ctx));
	ctx.flags = VGCF_IN_KERNEL;
	ctx.user_regs.rip = (u64)vcpu_entry;
	ctx.user_regs.cs = FLAT_KERNEL_CS;
	ctx.user_regs.ss = FLAT_KERNEL_SS;
	ctx.user_regs.rflags = 0x1000;
	ctx.user_regs.rsp = (u64)stack + sizeof(stack);
	ctx.user_regs.rdi = (u64)second;
	ctx.kernel_ss = FLAT_KERNEL_SS;
	ctx.kernel_sp = (u64)stack + sizeof(stack);
	ctx.ctrlreg[0] = 0x80050033;
	ctx.ctrlreg[3] = xen_pfn_to_cr3(va_mfn(root));
	ctx.event_callback_eip = (u64)event_entry;
	ctx.failsafe_callback_eip = (u64)failsafe_entry;
	ctx.syscall_callback_eip = (u64)syscall_entry;
	for (int v = 0; v < 32; v++)
		ctx.trap_ctxt[v] = (struct trap_info){ v, 0, FLAT_KERNEL_CS, trap_stub(v) };
}

/* Refused, and every page is free again: a table can be written to when nothing refers to it. */
static bool refused_at(int line)
{
	bool ok = check(hc_vcpu_op(VCPUOP_initialise, 1, &ctx) < 0);

	/* When it was good, Xen 4.17 keeps it for the vCPU. */
	ok &= (first_good && is_xen) || expect(page_rw(root), 0);
	ok &= expect(page_rw(user), 0);
	ok &= expect(page_rw(gdt[0]), 0);
	must(page_ro(root));
	must(page_ro(user));
	must(page_ro(gdt[0]));
	ok &= expect(hc_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
	if (!ok)
		printf("  at line %d\n", line);
	return ok;
}
#define refused() refused_at(__LINE__)

static void addresses(void)
{
	static const u64 bad[] = { 0x0000800000000000, 0x8000000000000000, 0xffff7fffffffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 *const field[] = { (u64 *)&ctx.user_regs.rip, (u64 *)&ctx.event_callback_eip,
			(u64 *)&ctx.failsafe_callback_eip, (u64 *)&ctx.syscall_callback_eip,
			(u64 *)&ctx.fs_base, (u64 *)&ctx.gs_base_kernel, (u64 *)&ctx.gs_base_user };

		for (unsigned int f = 0; f < ARRAY_SIZE(field); f++) {
			fill_context();
			*field[f] = bad[i];
			if (!refused())
				printf("  field %u, address %#lx\n", f, bad[i]);
		}
	}
}

static void tables(void)
{
	static const u64 bad_mfn[] = { 0xfffffffffUL, 0xe0000, 0xfee00, 0xf0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad_mfn); i++) {
		fill_context();
		ctx.ctrlreg[3] = xen_pfn_to_cr3(bad_mfn[i]);
		refused();
		/* The second table is bad: the first is given back. */
		first_good = true;
		fill_context();
		ctx.ctrlreg[1] = xen_pfn_to_cr3(bad_mfn[i]);
		refused();
		fill_context();
		ctx.ctrlreg[1] = xen_pfn_to_cr3(va_mfn(user));
		ctx.gdt_ents = 513;
		ctx.gdt_frames[0] = va_mfn(gdt[0]);
		ctx.gdt_frames[1] = bad_mfn[i];
		refused();
	}
	/* A writable page is no descriptor table. */
	fill_context();
	ctx.gdt_ents = 513;
	ctx.gdt_frames[0] = va_mfn(gdt[0]);
	ctx.gdt_frames[1] = va_mfn(gdt[1]);
	refused();
	fill_context();
	ctx.gdt_ents = 7169;
	refused();
	fill_context();
	ctx.ldt_base = VIRT_BASE + 8;
	ctx.ldt_ents = 1;
	refused();
	fill_context();
	ctx.ldt_base = VIRT_BASE;
	ctx.ldt_ents = 8193;
	refused();
}

static void tamed(void)
{
	fill_context();
	ctx.user_regs.rip = (u64)hostile_entry;
	/* All but TF: that would trap before a handler could be told. */
	ctx.user_regs.rflags = ~0UL & ~(u64)FLAG_TF;
	/* What the hypervisor may have beside the ABI's selectors, at ring 0. */
	ctx.user_regs.ds = 0;
	ctx.user_regs.es = 0;
	for (int i = 0; i < 4; i++)
		ctx.debugreg[i] = HYPERVISOR_VIRT_START + i * 8;
	ctx.debugreg[6] = ~0UL;
	ctx.debugreg[7] = ~0UL;
	ctx.ctrlreg[4] = ~0UL & ~(1UL << 2);
	memset(&ctx.fpu_ctxt, 0xff, sizeof(ctx.fpu_ctxt));
	ctx.flags |= VGCF_I387_VALID;
	ctx.vm_assist = ~0UL;
	expect(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), 0);
	expect(hc_vcpu_op(VCPUOP_up, 1, NULL), 0);
	for (u64 end = system_time() + 2000000000; !seen_stage && system_time() < end; )
		hc_sched_op(SCHEDOP_yield, NULL);
	expect(seen_stage, 1);
	expect(seen_flags & (FLAG_VM | FLAG_IF), FLAG_IF);
	/* Not for a second time. */
	expect(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EEXIST);
}

void test_main(void)
{
	static xen_changeset_info_t changeset;

	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		skip("there is no second vCPU");
	hc_xen_version(XENVER_changeset, changeset);
	is_xen = strncmp(changeset, "krypton", 7) != 0;
	root = page_alloc();
	user = page_alloc();
	gdt[0] = page_alloc();
	gdt[1] = page_alloc();
	memcpy(root, root_table, PAGE_SIZE);
	/* The hypervisor's slots are filled in at validation. */
	for (int i = 256; i < 272; i++)
		root[i] = 0;
	must(page_ro(root));
	must(page_ro(user));
	must(page_ro(gdt[0]));
	addresses();
	tables();
	tamed();
}

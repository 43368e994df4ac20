/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * priv-registers: control, debug and extended control registers.
 *
 * What: mov to and from CR0, CR2, CR3, CR4, CR8, debug registers by instruction and by hypercall,
 * clts, xsetbv, wbinvd, rdpmc.
 * Why: PV kernels still use several of these plainly at boot (CR0 read, CR4 write, xsetbv).
 * Expected: CR0 reads as the machine's with a virtual TS; writes may change TS only, else #GP. CR4
 * writes are accepted, what the guest may not set is dropped. Debug registers: addresses must be
 * the guest's (-EPERM), upper halves 0 (-EINVAL), GD is refused (-EPERM).
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "priv-registers";

#define READ(reg) ({							\
	u64 v_ = 0;							\
									\
	trap_reset();							\
	asm volatile (GUARDED("mov %%" reg ", %0") : "+r" (v_) :: "memory"); \
	v_;								\
})
#define WRITE(reg, val) ({						\
	trap_reset();							\
	asm volatile (GUARDED("mov %0, %%" reg) :: "r" ((u64)(val)) : "memory"); \
})

static void control(void)
{
	u64 cr0 = READ("cr0"), cr4;

	expect_no_trap();
	expect(cr0 & 0x80050011, 0x80050011);	/* PG WP AM ET PE */
	expect(cr0 & 8, 0);
	WRITE("cr0", cr0 | 8);
	expect_no_trap();
	expect(READ("cr0"), cr0 | 8);
	trap_reset();
	asm volatile (GUARDED("clts") ::: "memory");
	expect_no_trap();
	expect(READ("cr0"), cr0);
	WRITE("cr0", cr0 ^ 1UL << 16);
	expect_trap(GP, 0);
	WRITE("cr0", 0);
	expect_trap(GP, 0);
	expect(READ("cr0"), cr0);

	expect(READ("cr3"), va_maddr(root_table));
	WRITE("cr3", va_maddr(root_table));
	expect_no_trap();
	WRITE("cr3", va_maddr(root_table) + (1UL << 44));
	expect(trap.frame.vector, GP);
	expect(READ("cr3"), va_maddr(root_table));

	cr4 = READ("cr4");
	expect(cr4 & 0x620, 0x620);		/* PAE, OSFXSR, OSXMMEXCPT */
	/* SMEP, SMAP, UMIP, PCIDE, PGE, PSE: not the guest's to see or to have. */
	WRITE("cr4", cr4 | 1 << 20 | 1 << 21 | 1 << 11 | 1 << 17 | 1 << 7 | 1 << 4);
	expect_no_trap();
	expect(READ("cr4"), cr4);
	WRITE("cr4", cr4 | 1 << 2);		/* TSD */
	expect(READ("cr4"), cr4 | 1 << 2);
	WRITE("cr4", cr4);
	expect(READ("cr4"), cr4);
	READ("cr8");
	expect_trap(GP, 0);
	WRITE("cr8", 0);
	expect_trap(GP, 0);
}

static void others(void)
{
	trap_reset();
	asm volatile (GUARDED("wbinvd") ::: "memory");
	expect_no_trap();
	trap_reset();
	asm volatile (GUARDED("invd") ::: "memory");
	expect_trap(GP, 0);
	trap_reset();
	asm volatile (GUARDED("lmsw %w0") :: "r" (0xfffe) : "memory");
	expect_trap(GP, 0);
	trap_reset();
	asm volatile (GUARDED("rdpmc") :: "c" (0) : "rax", "rdx", "memory");
	expect_trap(GP, 0);
	trap_reset();
	/* XCR1 does not exist. */
	asm volatile (GUARDED("xsetbv") :: "a" (0), "d" (0), "c" (1) : "memory");
	expect(trap.count, 1);
	check(trap.frame.vector == GP || trap.frame.vector == UD);
}

static void debug_calls(void)
{
	static const u64 bad[] = { 0x0000800000000000, 0x8000000000000000, HYPERVISOR_VIRT_START,
		HYPERVISOR_VIRT_END - 1 };

	for (int r = 0; r < 4; r++) {
		expect(hc_set_debugreg(r, 0x1000 + r), 0);
		expect(hc_get_debugreg(r), 0x1000 + r);
		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
			if (!expect(hc_set_debugreg(r, bad[i]), -XEN_EPERM))
				printf("  register %d, address %#lx\n", r, bad[i]);
		}
		expect(hc_get_debugreg(r), 0x1000 + r);
		expect(hc_set_debugreg(r, 0), 0);
	}
	expect(hc_set_debugreg(6, 0xffff0ff0), 0);
	expect(hc_set_debugreg(6, 1UL << 32), -XEN_EINVAL);
	expect(hc_set_debugreg(7, 0x400), 0);
	expect(hc_set_debugreg(7, 1UL << 32), -XEN_EINVAL);
	expect(hc_set_debugreg(7, 1 << 13 | 0x400), -XEN_EPERM);	/* GD */
	expect(hc_set_debugreg(8, 0), -XEN_ENODEV);
	expect(hc_set_debugreg(-1, 0), -XEN_ENODEV);
	expect(hc_get_debugreg(8), -XEN_ENODEV);
	expect(hc_get_debugreg(-1), -XEN_ENODEV);
}

static volatile u64 watched;

static void watchpoint(void)
{
	trap_return(DB);
	must(hc_set_debugreg(0, (u64)&watched));
	/* Enabled locally, writes, eight bytes. */
	must(hc_set_debugreg(7, 0x401 | 1 << 16 | 2 << 18));
	trap_reset();
	watched = 1;
	barrier();
	expect_trap(DB, 0);
	expect(hc_get_debugreg(6) & 1, 1);
	must(hc_set_debugreg(7, 0x400));
	trap_reset();
	watched = 2;
	barrier();
	expect_no_trap();
	must(hc_set_debugreg(0, 0));
}

static void debug_moves(void)
{
	WRITE("db1", 0x2000);
	expect_no_trap();
	expect(READ("db1"), 0x2000);
	WRITE("db1", HYPERVISOR_VIRT_START);
	expect_trap(GP, 0);
	expect(READ("db1"), 0x2000);
	WRITE("db1", 0);
}

void test_main(void)
{
	control();
	others();
	debug_calls();
	watchpoint();
	debug_moves();
}

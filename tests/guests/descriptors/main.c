/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * descriptors: GDT, LDT, update_descriptor and set_segment_base.
 *
 * What: tables and descriptors that are good and that are not, and loading selectors from them.
 * Why: a call gate, a TSS or a segment of ring 0 in a guest's table would hand over the machine.
 * Expected: set_gdt takes up to 7168 entries in frames without writable mapping; only code and
 * data segments count, and get DPL 3 (lower ones are raised); system descriptors -EINVAL; SET_LDT
 * takes page-aligned addresses, at most 8192 entries; segment bases must be canonical.
 */
#include "mm.h"
#include "trap.h"

const char test_name[] = "descriptors";

#define DESC_DATA	0x00cff3000000ffffUL	/* flat, writable, DPL 3 */
#define DESC_DATA_DPL0	0x00cf93000000ffffUL
#define DESC_CODE64_DPL0 0x00af9b000000ffffUL
#define DESC_TSS	0x000089000000ffffUL
#define DESC_LDT	0x000082000000ffffUL
#define DESC_CALL_GATE	0x0000ec00e0080000UL	/* DPL 3, to a selector of the hypervisor */
#define DESC_TRAP_GATE	0x0000ef00e0080000UL

static u64 *gdt;

static void load_es(u16 sel)
{
	trap_reset();
	asm volatile (GUARDED("movw %w0, %%es") :: "r" (sel) : "memory");
}

static void gdt_limits(void)
{
	static unsigned long frames[16];
	u64 *other = page_alloc();

	gdt = page_alloc();
	gdt[2] = DESC_DATA;
	gdt[3] = DESC_DATA_DPL0;
	frames[0] = va_mfn(gdt);
	must(page_ro(gdt));
	expect(hc_set_gdt(frames, 512), 0);
	expect(hc_set_gdt(frames, 7169), -XEN_EINVAL);
	expect(hc_set_gdt(frames, 8192), -XEN_EINVAL);
	/* The old one stays when a new one is refused: two frames asked for, the second bad. */
	frames[1] = 0xfffffffff;
	expect(hc_set_gdt(frames, 513), -XEN_EINVAL);
	load_es(2 << 3 | 3);
	expect_no_trap();
	frames[1] = va_mfn(other);
	expect(hc_set_gdt(frames, 513), -XEN_EINVAL);	/* writable */
	must(page_ro(other));
	expect(hc_set_gdt(frames, 513), 0);
	expect(hc_set_gdt(frames, 512), 0);
	expect(page_rw(other), 0);
	expect(hc_set_gdt((void *)0x1000, 512), -XEN_EFAULT);
	for (int i = 0; i < 14; i++)
		frames[i] = va_mfn(gdt);
	expect(hc_set_gdt(frames, 7168), 0);
	expect(hc_set_gdt(frames, 512), 0);
}

static void bad_tables(void)
{
	static const u64 bad[] = { DESC_TSS, DESC_LDT, DESC_CALL_GATE, DESC_TRAP_GATE };
	u64 *t = page_alloc();
	unsigned long frame = va_mfn(t);

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		must(page_rw(t));
		t[511] = bad[i];
		must(page_ro(t));
		if (!expect(hc_set_gdt(&frame, 512), -XEN_EINVAL))
			printf("  descriptor %#lx\n", bad[i]);
	}
	must(page_rw(t));
	/* Not present: whatever it says. */
	t[511] = DESC_TSS & ~(1UL << 47);
	must(page_ro(t));
	expect(hc_set_gdt(&frame, 512), 0);
	frame = va_mfn(gdt);
	expect(hc_set_gdt(&frame, 512), 0);
}

static void use(void)
{
	/* The validation raised its DPL, so that ring 3 can load it. */
	expect(gdt[3] >> 45 & 3, 3);
	load_es(3 << 3 | 3);
	expect_no_trap();
	load_es(4 << 3 | 3);
	expect_trap(GP, 4 << 3);
	load_es(600 << 3 | 3);
	expect_trap(GP, 600 << 3);
	load_es(0);
}

static void update(void)
{
	static const u64 bad[] = { DESC_TSS, DESC_LDT, DESC_TRAP_GATE, DESC_CALL_GATE };
	u64 at = va_maddr(&gdt[4]), *data = page_alloc();

	expect(hc_update_descriptor(at, DESC_DATA), 0);
	load_es(4 << 3 | 3);
	expect_no_trap();
	load_es(0);
	expect(hc_update_descriptor(at, DESC_CODE64_DPL0), 0);
	expect(gdt[4] >> 45 & 3, 3);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!expect(hc_update_descriptor(at, bad[i]), -XEN_EINVAL))
			printf("  descriptor %#lx\n", bad[i]);
	}
	expect(hc_update_descriptor(at, 0), 0);
	expect(gdt[4], 0);
	expect(hc_update_descriptor(at | 4, DESC_DATA), -XEN_EINVAL);
	expect(hc_update_descriptor(0xfffffffffff8, DESC_DATA), -XEN_EINVAL);
	expect(hc_update_descriptor(pte_maddr(VIRT_BASE, 1), DESC_DATA), -XEN_EINVAL);
	/* An ordinary page will do: a table not yet in use. */
	expect(hc_update_descriptor(va_maddr(data), DESC_DATA_DPL0), 0);
	expect(data[0] >> 45 & 3, 3);
}

static void ldt(void)
{
	u64 *t = page_alloc();

	t[1] = DESC_DATA;
	must(page_ro(t));
	expect(mmuext(MMUEXT_SET_LDT, (u64)t, 512), 0);
	load_es(1 << 3 | 7);
	expect_no_trap();
	load_es(2 << 3 | 7);
	expect_trap(GP, 2 << 3 | 4);
	/* In use now. */
	expect(page_rw(t), -XEN_EBUSY);
	load_es(0);
	expect(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	load_es(1 << 3 | 7);
	expect_trap(GP, 1 << 3 | 4);
	expect(page_rw(t), 0);
	expect(mmuext(MMUEXT_SET_LDT, (u64)t + 8, 1), -XEN_EINVAL);
	expect(mmuext(MMUEXT_SET_LDT, (u64)t, 8193), -XEN_EINVAL);
	/* A writable page cannot serve: the fault comes when it is used. */
	expect(mmuext(MMUEXT_SET_LDT, (u64)t, 512), 0);
	load_es(1 << 3 | 7);
	expect(trap.count, 1);
	expect(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
}

static u64 fs_at_zero(void)
{
	u64 v;

	asm volatile ("movq %%fs:0, %0" : "=r" (v));
	return v;
}

static void bases(void)
{
	static u64 a = 0xaaa, b = 0xbbb;
	u64 v;

	expect(hc_set_segment_base(SEGBASE_FS, (u64)&a), 0);
	expect(fs_at_zero(), 0xaaa);
	expect(hc_set_segment_base(SEGBASE_FS, (u64)&b), 0);
	expect(fs_at_zero(), 0xbbb);
	expect(hc_set_segment_base(SEGBASE_FS, 0x8000000000000000), -XEN_EINVAL);
	expect(fs_at_zero(), 0xbbb);
	expect(hc_set_segment_base(SEGBASE_FS, 0), 0);
	expect(hc_set_segment_base(SEGBASE_GS_KERNEL, (u64)&a), 0);
	asm volatile ("movq %%gs:0, %0" : "=r" (v));
	expect(v, 0xaaa);
	expect(hc_set_segment_base(SEGBASE_GS_KERNEL, 0x0000800000000000), -XEN_EINVAL);
	expect(hc_set_segment_base(SEGBASE_GS_USER, (u64)&b), 0);
	expect(hc_set_segment_base(SEGBASE_GS_USER, 0x0000800000000000), -XEN_EINVAL);
	expect(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
	/* A selector that cannot be loaded becomes null, never an error. */
	expect(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0x1234), 0);
	expect(hc_set_segment_base(4, 0), -XEN_EINVAL);
	expect(hc_set_segment_base(~0U, 0), -XEN_EINVAL);
}

void test_main(void)
{
	gdt_limits();
	bad_tables();
	use();
	update();
	ldt();
	bases();
}

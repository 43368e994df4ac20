/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * priv-io: port instructions, virtual IOPL and the port bitmap.
 *
 * What: in, out, ins, outs from kernel and user mode; PHYSDEVOP_set_iopl and set_iobitmap.
 * Why: the initial domain drives hardware by these; user mode must not, until the kernel says so.
 * Expected: kernel mode needs virtual IOPL 1 (or the bitmap), user mode 3; refused: #GP(0). Ports
 * that belong to the hypervisor (interrupt controllers, timer, its serial line) read as all ones
 * and swallow writes. IOPL above 3 -EINVAL.
 */
#include "mm.h"
#include "trap.h"
#include "user.h"

#include <xen/physdev.h>

const char test_name[] = "priv-io";

static u32 in8(u16 port)
{
	u32 v = 0x12345678;

	trap_reset();
	asm volatile (GUARDED("inb %w1, %b0") : "+a" (v) : "d" (port) : "memory");
	return v;
}

static u32 in16(u16 port)
{
	u32 v = 0x12345678;

	trap_reset();
	asm volatile (GUARDED("inw %w1, %w0") : "+a" (v) : "d" (port) : "memory");
	return v;
}

static u32 in32(u16 port)
{
	u32 v = 0x12345678;

	trap_reset();
	asm volatile (GUARDED("inl %w1, %k0") : "+a" (v) : "d" (port) : "memory");
	return v;
}

static void out8(u16 port, u8 v)
{
	trap_reset();
	asm volatile (GUARDED("outb %b0, %w1") :: "a" (v), "d" (port) : "memory");
}

static long set_iopl(unsigned int iopl)
{
	struct physdev_set_iopl op = { .iopl = iopl };

	return hc_physdev_op(PHYSDEVOP_set_iopl, &op);
}

static void iopl_zero(void)
{
	in8(0x80);
	expect_trap(GP, 0);
	out8(0x80, 0);
	expect_trap(GP, 0);
	in32(0xcf8);
	expect_trap(GP, 0);
	trap_reset();
	asm volatile (GUARDED("cli") ::: "memory");
	expect_trap(GP, 0);
}

static void iopl_one(void)
{
	u8 text[4] = { 1, 2, 3, 4 };
	void *to = text;

	expect(set_iopl(1), 0);
	/* A byte leaves the rest of EAX alone. */
	expect(in8(0x80) & ~0xffU, 0x12345600);
	expect_no_trap();
	/* cli and sti are allowed, and do nothing. */
	trap_reset();
	asm volatile (GUARDED("cli") GUARDED("sti") ::: "memory");
	expect_no_trap();
	expect(read_rflags() & FLAG_IF, FLAG_IF);
	/* The hypervisor's: all ones, writes lost. */
	expect(in8(0x21), 0x123456ff);
	expect(in8(0xa1), 0x123456ff);
	expect(in8(0x40), 0x123456ff);
	expect(in16(0x20), 0x1234ffff);
	expect(in8(0x3fd), 0x123456ff);
	out8(0x21, 0xff);
	out8(0x3f9, 0);
	expect_no_trap();
	/* String form, with the count. */
	trap_reset();
	asm volatile (GUARDED("rep insb") : "+D" (to), "+c" ((u64){ 4 }) : "d" (0x21) : "memory");
	expect_no_trap();
	expect(*(u32 *)text, 0xffffffff);
	expect(to, text + 4);
	in32(0xcf8);
	expect_no_trap();
}

static void configuration_space(void)
{
	u32 id;

	asm volatile ("outl %0, %w1" :: "a" (0x80000000), "d" (0xcf8));
	expect(in32(0xcf8), 0x80000000);
	id = in32(0xcfc);
	check(id != 0xffffffff && id);
	/* The same in pieces: two words. */
	expect(in16(0xcfc) & 0xffff, id & 0xffff);
	expect(in16(0xcfe) & 0xffff, id >> 16);
	expect(in8(0xcfd) & 0xff, id >> 8 & 0xff);
}

static void clock_chip(void)
{
	/* Register D of the real-time clock: valid RAM and time. */
	out8(0x70, 0x0d);
	expect(in8(0x71) & 0x80, 0x80);
	expect_no_trap();
}

USER_CODE(user_in, "	mov $0x80, %edx\n	in %dx, %al\n	syscall");

static void user_mode(void)
{
	static u8 bitmap[8192];
	struct physdev_set_iobitmap op = { .nr_ports = 65536 };

	set_xen_guest_handle(op.bitmap, bitmap);
	expect(set_iopl(1), 0);
	expect(user_run(user_in, 0), GP);
	expect(set_iopl(3), 0);
	expect(user_run(user_in, 0), VEC_SYSCALL);
	expect(set_iopl(0), 0);
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0x80 / 8] = 0xfe;
	expect(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	expect(user_run(user_in, 0), VEC_SYSCALL);
	bitmap[0x80 / 8] = 0xff;
	expect(user_run(user_in, 0), GP);
	/* Wider than one port: every bit must be clear. */
	bitmap[0x80 / 8] = 0xfe;
	in8(0x80);
	expect_no_trap();
	in16(0x80);
	expect_trap(GP, 0);
	op.nr_ports = 0x80;
	expect(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	expect(user_run(user_in, 0), GP);
	/* An unreadable bitmap allows nothing. */
	op.nr_ports = 65536;
	set_xen_guest_handle(op.bitmap, (u8 *)0x1000);
	expect(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	expect(user_run(user_in, 0), GP);
	op.nr_ports = 65537;
	expect(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), -XEN_EINVAL);
}

void test_main(void)
{
	user_init();
	iopl_zero();
	expect(set_iopl(4), -XEN_EINVAL);
	expect(set_iopl(~0U), -XEN_EINVAL);
	iopl_one();
	if (is_dom0()) {
		configuration_space();
		clock_chip();
	}
	user_mode();
}

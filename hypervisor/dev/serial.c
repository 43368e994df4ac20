/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 16550 (or 8250) at com1=, by default at 3f8, IRQ 4, with 115200 baud.
 * Output polls for room with a limit: a line that is stuck (flow control, a
 * dead chip) loses characters, never the machine.
 *
 * No lock of its own: console.c serialises output; input is read by one at a
 * time, the interrupt's or the timer's handler.
 */
#include "cpu/cpu.h"
#include "dev/console.h"
#include "dev/serial.h"
#include "irq/irq.h"
#include "lib/cmdline.h"

#define REG_DATA 0
#define REG_IER 1
#define IER_RX 1u
#define REG_IIR 2
#define REG_FCR 2
#define FCR_ENABLE_CLEAR 0x07u		/* FIFOs on, both emptied, trigger at 1 */
#define REG_LCR 3
#define LCR_DLAB 0x80u
#define REG_MCR 4
#define MCR_DTR_RTS_OUT2 0x0bu
#define REG_LSR 5
#define LSR_DATA 0x01u
#define LSR_THRE 0x20u
#define REG_SCRATCH 7
#define CLOCK_BAUD 115200u
#define FIFO_SIZE 16
#define TX_SPINS 100000u		/* a port read takes about a microsecond */
#define STUCK_RETRY 1000u

u16 console_com1_base;

static u8 com1_irq;
static bool fifo;
static unsigned room;			/* characters that may be written unasked */
static unsigned stuck;			/* characters dropped since the line got stuck */

static u8 reg_in(unsigned r) { return inb((u16)(console_com1_base + r)); }
static void reg_out(unsigned r, u8 v) { outb(v, (u16)(console_com1_base + r)); }

static bool __init present(void)
{
	reg_out(REG_SCRATCH, 0x5a);
	if (reg_in(REG_SCRATCH) != 0x5a)
		return false;
	reg_out(REG_SCRATCH, 0xa5);
	return reg_in(REG_SCRATCH) == 0xa5 && reg_in(REG_LSR) != 0xff;
}

static void __init set_line(void)
{
	unsigned div;
	u8 lcr;

	if (!opts.com1.baud) {
		reg_out(REG_LCR, (u8)(reg_in(REG_LCR) & ~LCR_DLAB));
		return;
	}
	lcr = (u8)(((opts.com1.bits >= 5 && opts.com1.bits <= 8 ? opts.com1.bits : 8) - 5) |
		   (opts.com1.stop == 2 ? 4 : 0));
	if (opts.com1.parity == 'o')
		lcr |= 0x08;
	else if (opts.com1.parity == 'e')
		lcr |= 0x18;
	div = max(CLOCK_BAUD / opts.com1.baud, 1u);
	reg_out(REG_LCR, (u8)(lcr | LCR_DLAB));
	reg_out(0, (u8)div);
	reg_out(1, (u8)(div >> 8));
	reg_out(REG_LCR, lcr);
}

bool __init serial_init(void)
{
	console_com1_base = opts.com1.io_base ? opts.com1.io_base : 0x3f8;
	com1_irq = opts.com1.irq ? opts.com1.irq : 4;
	if (!present()) {
		console_com1_base = 0;
		return false;
	}
	reg_out(REG_IER, 0);
	set_line();
	reg_out(REG_FCR, FCR_ENABLE_CLEAR);
	fifo = (reg_in(REG_IIR) & 0xc0) == 0xc0;
	reg_out(REG_MCR, MCR_DTR_RTS_OUT2);
	return true;
}

void serial_putc(char c)
{
	if (!console_com1_base)
		return;
	if (stuck && stuck++ % STUCK_RETRY && !(reg_in(REG_LSR) & LSR_THRE))
		return;
	if (!room) {
		unsigned n = TX_SPINS;

		while (!(reg_in(REG_LSR) & LSR_THRE) && --n)
			cpu_relax();
		if (!n) {
			stuck = max(stuck, 1u);
			return;
		}
		stuck = 0;
		room = fifo ? FIFO_SIZE : 1;
	}
	room--;
	reg_out(REG_DATA, (u8)c);
}

int serial_getc(void)
{
	u8 lsr;

	if (!console_com1_base)
		return -1;
	lsr = reg_in(REG_LSR);
	if (lsr == 0xff || !(lsr & LSR_DATA))
		return -1;
	return reg_in(REG_DATA);
}

bool __init serial_init_irq(void (*fn)(int irq, void *arg))
{
	static struct irq_action action = { .name = "serial" };
	bool level, low;
	unsigned gsi;

	if (!console_com1_base || com1_irq > 15)
		return false;
	gsi = isa_irq_to_gsi(com1_irq, &level, &low);
	if (ioapic_setup_gsi(gsi, level, low))
		return false;
	action.fn = fn;
	if (irq_request((int)gsi, &action))
		return false;
	(void)reg_in(REG_LSR);
	(void)reg_in(REG_DATA);
	(void)reg_in(REG_IIR);
	reg_out(REG_IER, IER_RX);
	return true;
}

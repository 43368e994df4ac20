/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console: what printk and dom0's console_io write goes to the serial line,
 * the VGA text screen and (printk only) the ring that `xl dmesg` reads; what
 * comes from the serial line goes to dom0 (VIRQ_CONSOLE), or, after three
 * Ctrl-A, to the debug keys. Lock: console_lock (LOCK_CONSOLE, irqsave).
 */
#ifndef DEV_CONSOLE_H
#define DEV_CONSOLE_H

#include "lib/types.h"

void console_init(void);			/* after cmdline_parse: serial and VGA */
void console_init_irq(void);			/* serial input by interrupt, or polled by a timer */
void console_end_boot(void);			/* gives VGA to dom0 */
void console_write(const char *s, size_t n);	/* sinks and ring */
/* n bytes of a guest's text; lines are its own business, no prefix. */
void console_write_guest(const char *s, size_t n);	/* sinks only */
size_t console_read_guest(char *s, size_t n);	/* dom0's input */
void console_putc_panic_mode(void);		/* break locks: we are dying */
/* Ring, for XEN_SYSCTL_readconsole. Copies up to n bytes from *index on, returns how many. */
size_t console_ring_read(u32 *index, char *buf, size_t n, bool incremental);
void console_ring_clear(void);
u32 console_ring_size(void);
/*
 * Set at boot by the floors above. input: dom0 has something to read (VIRQ_CONSOLE),
 * called in an interrupt handler. ring: printk added a line (VIRQ_CON_RING), called
 * from a tasklet.
 */
extern void (*console_input_hook)(void);
extern void (*console_ring_hook)(void);
extern u16 console_com1_base;			/* 8 ports that dom0 must not touch; 0: none */

#endif

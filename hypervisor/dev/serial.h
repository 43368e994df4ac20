/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 16550 at com1=. Output is polled; input is fetched with serial_getc() in
 * the interrupt or a timer. The caller (console.c) serialises output.
 */
#ifndef DEV_SERIAL_H
#define DEV_SERIAL_H

#include "lib/types.h"

bool serial_init(void);			/* false: no such chip */
void serial_putc(char c);
int serial_getc(void);			/* -1: nothing there */
bool serial_init_irq(void (*fn)(int irq, void *arg));	/* false: has to be polled */

/* dev/vga.c: the text screen; a no-op after vga_end(). */
void vga_init(void);
void vga_putc(char c);
void vga_end(void);

#endif

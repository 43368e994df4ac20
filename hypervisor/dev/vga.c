/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text screen of 80x25, until dom0 takes it. Reached through the direct map
 * of the first MiB, which both the boot tables and our own have. Lock: the
 * console's.
 */
#include "cpu/cpu.h"
#include "dev/serial.h"
#include "lib/string.h"
#include "mm/map.h"

#define VGA_PADDR 0xb8000
#define COLS 80
#define ROWS 25
#define ATTR 0x0700u
#define CRTC_INDEX 0x3d4
#define CRTC_DATA 0x3d5

static volatile u16 *screen;
static unsigned col, row;

static void set_cursor(void)
{
	unsigned pos = row * COLS + col;

	outb(0x0e, CRTC_INDEX);
	outb((u8)(pos >> 8), CRTC_DATA);
	outb(0x0f, CRTC_INDEX);
	outb((u8)pos, CRTC_DATA);
}

static void clear_row(unsigned r)
{
	for (unsigned i = 0; i < COLS; i++)
		screen[r * COLS + i] = ATTR | ' ';
}

static void new_line(void)
{
	col = 0;
	if (row < ROWS - 1) {
		row++;
	} else {
		for (unsigned i = 0; i < (ROWS - 1) * COLS; i++)
			screen[i] = screen[i + COLS];
		clear_row(ROWS - 1);
	}
	set_cursor();
}

/* A graphics mode or no adapter at all shows as memory that does not hold what is written. */
void vga_init(void)
{
	volatile u16 *p = (volatile u16 *)(DIRECTMAP_VIRT + VGA_PADDR);
	u16 old = p[0];

	p[0] = 0x0755;
	if (p[0] != 0x0755)
		return;
	p[0] = old;
	screen = p;
	for (unsigned r = 0; r < ROWS; r++)
		clear_row(r);
	col = row = 0;
	set_cursor();
}

void vga_putc(char c)
{
	if (!screen)
		return;
	if (c == '\n') {
		new_line();
		return;
	}
	if (c == '\r') {
		col = 0;
		return;
	}
	if (c == '\t') {
		do {
			vga_putc(' ');
		} while (col & 7);
		return;
	}
	screen[row * COLS + col] = (u16)(ATTR | (u8)c);
	if (++col == COLS)
		new_line();
}

void vga_end(void) { screen = NULL; }

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console-io: the console hypercall of the initial domain.
 *
 * What: writes of all sizes and contents, reads with nothing to read, bad commands and pointers.
 * Why: dom0's hvc console writes through it before anything else works; its input is
 * guest-controlled text that reaches the serial line and the console ring.
 * Expected: write gives 0 for any length and content (NUL and control bytes included); count 0 is
 * fine; read gives the number of bytes, 0 here; bad pointers -EFAULT; unknown commands -ENOSYS,
 * and so is a negative count or one that does not fit (the count is checked as an int).
 */
#include "kit.h"
#include "trap.h"

const char test_name[] = "console-io";

static char text[8192];

static void writes(void)
{
	static const unsigned int sizes[] = { 1, 127, 128, 129, 255, 4095, 4096, 4097 };

	expect(hc_console_io(CONSOLEIO_write, 0, NULL), 0);
	expect(hc_console_io(CONSOLEIO_write, 12, "  plain text"), 0);
	expect(hc_console_io(CONSOLEIO_write, 1, "\n"), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(text, '.', sizes[i]);
		text[sizes[i] - 1] = '\n';
		expect(hc_console_io(CONSOLEIO_write, sizes[i], text), 0);
	}
	expect(hc_console_io(CONSOLEIO_write, 9, "a\0b\0c\0\0d\n"), 0);
	expect(hc_console_io(CONSOLEIO_write, 4, "%s%n"), 0);
	expect(hc_console_io(CONSOLEIO_write, 5, "%p\r\n\a"), 0);
}

static void refusals(void)
{
	expect(hc_console_io(2, 1, text), -XEN_ENOSYS);
	expect(hc_console_io(~0U, 1, text), -XEN_ENOSYS);
	expect(hc_console_io(CONSOLEIO_write, 1, (char *)0x1000), -XEN_EFAULT);
	expect(hc_console_io(CONSOLEIO_write, 1, (char *)0x8000000000000000), -XEN_EFAULT);
	expect(hc_console_io(CONSOLEIO_write, 1, (char *)HYPERVISOR_VIRT_END - 1), -XEN_EFAULT);
}

void test_main(void)
{
	if (!is_dom0())
		skip("only the initial domain may use it in a release build");
	writes();
	refusals();
	memset(text, 'x', sizeof(text));
	expect(hc_console_io(CONSOLEIO_read, sizeof(text), text), 0);
	expect(text[0], 'x');
	expect(hc_console_io(CONSOLEIO_read, 0, text), 0);
}

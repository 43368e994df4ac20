/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of the hypervisor: say why, show the state, restart after a while.
 * Everything here must work with any lock held, any CPU stuck, and when the
 * dump itself faults (then the second panic() leaves the dump out).
 */
#include "acpi/acpi.h"
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "dev/console.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "time/time.h"

#define REBOOT_DELAY_S 5
#define LINE_SIZE 256

static int panics;			/* how often we came here */

static void dump_here(void)
{
	struct cpu_user_regs regs;

	memset(&regs, 0, sizeof(regs));
	regs.rip = (u64)__builtin_return_address(0);
	regs.rsp = (u64)__builtin_frame_address(0);
	regs.rbp = regs.rsp;
	regs.cs = HV_CS;
	regs.ss = HV_DS;
	show_stack(&regs);
}

static void __noreturn stop_or_restart(void)
{
	if (opts.noreboot) {
		printk(LOG_ERR, "Manual reset required ('noreboot' specified)\n");
		for (;;)
			__asm__ __volatile__("cli; hlt");
	}
	printk(LOG_ERR, "Reboot in %u seconds...\n", REBOOT_DELAY_S);
	for (unsigned i = 0; i < REBOOT_DELAY_S * 1000; i++)
		udelay(1000);
	machine_restart();
}

/* trace: our own fault, so show where; else the line says what to do and nothing distracts from it. */
static void __noreturn die(const char *msg, bool trace)
{
	int nr;

	irq_disable();
	nr = __atomic_fetch_add(&panics, 1, __ATOMIC_SEQ_CST);
	if (nr > 2)
		for (;;)
			__asm__ __volatile__("cli; hlt");
	console_putc_panic_mode();
	printk(LOG_ERR, "\n");
	printk(LOG_ERR, "****************************************\n");
	printk(LOG_ERR, "Panic on CPU %u:\n", smp_cpu_id());
	printk(LOG_ERR, "%s", msg);
	printk(LOG_ERR, "****************************************\n");
	if (nr == 0) {
		if (trace) {
			dump_here();
			dump_all_cpus();
		}
		smp_stop_others();
	}
	stop_or_restart();
}

/* One line, cut to what fits. */
static void __printf(2, 0) format_line(char *msg, const char *fmt, va_list ap)
{
	int n = vsnprintf(msg, LINE_SIZE - 1, fmt, ap);

	n = n < 0 ? 0 : min(n, LINE_SIZE - 2);
	if (!n || msg[n - 1] != '\n') {
		msg[n] = '\n';
		msg[n + 1] = 0;
	}
}

/* Two CPUs may panic at once: each has its own line. */
void __noreturn panic(const char *fmt, ...)
{
	char msg[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format_line(msg, fmt, ap);
	va_end(ap);
	die(msg, false);
}

static void __noreturn __printf(1, 2) bug(const char *fmt, ...)
{
	char msg[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format_line(msg, fmt, ap);
	va_end(ap);
	die(msg, true);
}

void __noreturn bug_at(const char *file, int line, const char *what)
{
	bug("Krypton BUG at %s:%d: %s (called from %pS)\n", file, line, what, __builtin_return_address(0));
}

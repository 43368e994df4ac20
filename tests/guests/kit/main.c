/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: the start of every test, the bookkeeping of checks, and the end with a verdict.
 */
#include "mm.h"
#include "trap.h"

#include <stdarg.h>

#include <xen/sched.h>

enum verdict { SUCCESS, SKIP, FAILURE, ERROR };

struct start_info *start_info;
struct shared_info *shared_info;

static const char *const verdict_name[] = {
	[SUCCESS] = "success", [SKIP] = "skip", [FAILURE] = "failure", [ERROR] = "error",
};
static enum verdict verdict;
static unsigned int checks;
static u8 shared_info_page[PAGE_SIZE] ALIGNED(PAGE_SIZE);

void vprintf(const char *fmt, va_list ap);
void kit_main(struct start_info *si) NORETURN;

static void note(enum verdict v, const char *what, const char *fmt, va_list ap)
{
	if (v > verdict)
		verdict = v;
	printf("  %s: ", what);
	vprintf(fmt, ap);
	printf("\n");
}

void failure(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(FAILURE, "failure", fmt, ap);
	va_end(ap);
}

void error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(ERROR, "error", fmt, ap);
	va_end(ap);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(SKIP, "skip", fmt, ap);
	va_end(ap);
	finish();
}

static void shut_down(unsigned int reason)
{
	struct sched_shutdown op = { .reason = reason };

	hc_sched_op(SCHEDOP_shutdown, &op);
	for (;;)
		asm volatile ("pause");
}

void finish(void)
{
	printf("KIT: %u checks\n", checks);
	printf("KIT: verdict %s\n", verdict_name[verdict]);
	/* The initial domain's poweroff leaves a halted machine; a reset ends the emulator. */
	shut_down(is_dom0() ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
	__builtin_unreachable();
}

void crash(void)
{
	printf("KIT: crash\n");
	shut_down(SHUTDOWN_crash);
	__builtin_unreachable();
}

bool check_at(const char *file, int line, bool ok, const char *what)
{
	checks++;
	if (!ok)
		failure("%s:%d: %s", file, line, what);
	return ok;
}

bool expect_at(const char *file, int line, s64 got, s64 want, const char *what)
{
	checks++;
	if (got == want)
		return true;
	if (got > -4096 && got < 4096 && want > -4096 && want < 4096)
		failure("%s:%d: %s is %ld, not %ld", file, line, what, got, want);
	else
		failure("%s:%d: %s is %#lx, not %#lx", file, line, what, got, want);
	return false;
}

void must_at(const char *file, int line, s64 got, const char *what)
{
	if (!got)
		return;
	error("%s:%d: preparation %s gives %ld", file, line, what, got);
	finish();
}

void kit_main(struct start_info *si)
{
	start_info = si;
	mm_init();
	printf("KIT: test %s\n", test_name);
	must(hc_update_va_mapping((u64)shared_info_page, si->shared_info | LEAF_RW, UVMF_INVL));
	shared_info = (void *)shared_info_page;
	trap_init();
	test_main();
	finish();
}

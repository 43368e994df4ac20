/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * printk: one formatted line, or part of one, to the console. What a guest
 * causes goes through guest_printk(), with its own threshold and a rate limit
 * of a burst of lines and then two a second, so that no guest can fill the log
 * or keep us at the serial line. Lock: limit_lock (LOCK_LEAF, irqsave).
 */
#include "cpu/cpu.h"
#include "dev/console.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "sync/spinlock.h"
#include "time/time.h"

#define LINE_MAX 512
#define BURST 10
#define TOKEN_NS MILLISECS(500)

static spinlock_t limit_lock = SPINLOCK_INIT(LOCK_LEAF);
static unsigned tokens = BURST, suppressed;
static u64 token_time;

static void print(const char *fmt, va_list ap)
{
	char buf[LINE_MAX];
	int n = vsnprintf(buf, sizeof(buf), fmt, ap);

	if (n <= 0)
		return;
	if ((size_t)n >= sizeof(buf)) {
		n = sizeof(buf) - 1;
		buf[n - 1] = '\n';	/* cut, but still a line */
	}
	console_write(buf, (size_t)n);
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if ((int)level > opts.loglvl)
		return;
	va_start(ap, fmt);
	print(fmt, ap);
	va_end(ap);
}

/* True if a line may be printed now; *lost: how many were not since the last one. */
static bool take_token(unsigned *lost)
{
	u64 now = now_ns(), n, f = spin_lock_irqsave(&limit_lock);
	bool ok;

	n = now > token_time ? (now - token_time) / TOKEN_NS : 0;
	if (n) {
		tokens = (unsigned)min((u64)BURST, tokens + n);
		token_time += n * TOKEN_NS;
	}
	ok = tokens > 0;
	*lost = ok ? suppressed : 0;
	if (ok) {
		tokens--;
		suppressed = 0;
	} else {
		suppressed++;
	}
	spin_unlock_irqrestore(&limit_lock, f);
	return ok;
}

void guest_printk(enum log_level level, const char *fmt, ...)
{
	unsigned lost;
	va_list ap;

	if ((int)level > opts.guest_loglvl || !take_token(&lost))
		return;
	if (lost)
		printk(LOG_WARN, "%u guest messages suppressed\n", lost);
	va_start(ap, fmt);
	print(fmt, ap);
	va_end(ap);
}

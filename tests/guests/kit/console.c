/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console.c: output, by console_io in the initial domain and by the PV console ring elsewhere, and
 * a small printf: d u x p s c, with l, #, 0 and a width.
 */
#include "mm.h"

#include <stdarg.h>

#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

static void ring_write(const char *text, size_t len)
{
	struct xencons_interface *ring = mfn_va(start_info->console.domU.mfn);
	struct evtchn_send kick = { .port = start_info->console.domU.evtchn };

	while (len) {
		u32 prod = ring->out_prod;

		if (prod - READ_ONCE(ring->out_cons) == sizeof(ring->out)) {
			hc_event_channel_op(EVTCHNOP_send, &kick);
			hc_sched_op(SCHEDOP_yield, NULL);
			continue;
		}
		ring->out[MASK_XENCONS_IDX(prod, ring->out)] = *text++;
		len--;
		__atomic_store_n(&ring->out_prod, prod + 1, __ATOMIC_RELEASE);
	}
	hc_event_channel_op(EVTCHNOP_send, &kick);
}

void console_write(const char *text, size_t len)
{
	if (is_dom0())
		hc_console_io(CONSOLEIO_write, len, text);
	else
		ring_write(text, len);
}

static char line[512];
static size_t line_len;

static void put(char c)
{
	line[line_len++] = c;
	if (line_len == sizeof(line)) {
		console_write(line, line_len);
		line_len = 0;
	}
}

static void put_number(u64 n, unsigned int base, int width, char pad, bool negative, bool prefix)
{
	char digits[24];
	int len = 0;

	do {
		digits[len++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	if (negative)
		put('-');
	if (prefix) {
		put('0');
		put('x');
	}
	for (int i = len; i < width; i++)
		put(pad);
	while (len)
		put(digits[--len]);
}

static void put_string(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_conversion(char conv, int size, bool alt, char pad, int width, va_list *ap)
{
	u64 n;

	switch (conv) {
	case 'd':
		n = size ? va_arg(*ap, long) : va_arg(*ap, int);
		put_number((s64)n < 0 ? -n : n, 10, width, pad, (s64)n < 0, false);
		break;
	case 'u':
	case 'x':
		n = size ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int);
		put_number(n, conv == 'x' ? 16 : 10, width, pad, false, alt);
		break;
	case 'p':
		put_number((u64)va_arg(*ap, void *), 16, width, pad, false, true);
		break;
	case 's':
		put_string(va_arg(*ap, const char *));
		break;
	case 'c':
		put(va_arg(*ap, int));
		break;
	default:
		put(conv);
	}
}

void vprintf(const char *fmt, va_list ap);
void vprintf(const char *fmt, va_list ap)
{
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		bool alt = false;
		char pad = ' ';
		int width = 0, size = 0;

		if (*fmt != '%') {
			put(*fmt);
			continue;
		}
		for (fmt++; *fmt == '#' || *fmt == '0'; fmt++) {
			alt |= *fmt == '#';
			pad = *fmt == '0' ? '0' : pad;
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l'; fmt++)
			size++;
		if (!*fmt)
			break;
		put_conversion(*fmt, size, alt, pad, width, &args);
	}
	va_end(args);
	console_write(line, line_len);
	line_len = 0;
}

void printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

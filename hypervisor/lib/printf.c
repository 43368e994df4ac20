/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vsnprintf. Own conversions: %pS code address with symbol, %pd struct domain *,
 * %pv struct vcpu *. What does not fit is counted but not stored; the result is
 * always terminated when size > 0.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "lib/symbols.h"

struct out {
	char *p;
	size_t size, n;
};

struct spec {
	bool left, zero, plus, space, alt;
	int width, prec;	/* prec -1: none */
	int length;		/* bytes of the argument */
};

/* Defined where the structs are known; so that lib/ needs not include upward. */
int __attribute__((weak)) format_domain(char *buf, size_t size, const void *d);
int __attribute__((weak)) format_vcpu(char *buf, size_t size, const void *v);

static void put(struct out *o, char c)
{
	if (o->n + 1 < o->size)
		o->p[o->n] = c;
	o->n++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	size_t n;

	if (!s)
		s = "(null)";
	n = sp->prec >= 0 ? strnlen(s, (size_t)sp->prec) : strlen(s);
	if (!sp->left)
		pad(o, ' ', sp->width - (int)n);
	for (size_t i = 0; i < n; i++)
		put(o, s[i]);
	if (sp->left)
		pad(o, ' ', sp->width - (int)n);
}

static void put_number(struct out *o, const struct spec *sp, u64 v, unsigned base, bool upper, char sign)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24];
	int n = 0, zeros = 0, prefix = 0, total;
	bool alt = sp->alt && v;

	while (v) {
		buf[n++] = digits[v % base];
		v /= base;
	}
	if (sp->prec >= 0)
		zeros = sp->prec - n;
	else if (!n)
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	if (alt && base == 16)
		prefix = 2;
	else if (alt && base == 8 && !zeros)
		zeros = 1;
	total = n + zeros + prefix + (sign ? 1 : 0);
	if (sp->zero && !sp->left && sp->prec < 0 && sp->width > total) {
		zeros += sp->width - total;
		total = sp->width;
	}
	if (!sp->left)
		pad(o, ' ', sp->width - total);
	if (sign)
		put(o, sign);
	if (prefix) {
		put(o, '0');
		put(o, upper ? 'X' : 'x');
	}
	pad(o, '0', zeros);
	while (n)
		put(o, buf[--n]);
	if (sp->left)
		pad(o, ' ', sp->width - total);
}

static void put_pointer(struct out *o, struct spec *sp, char kind, const void *p)
{
	char buf[96];

	buf[0] = 0;
	if (kind == 'S')
		symbol_format(buf, sizeof(buf), (u64)p);
	else if (kind == 'd' && format_domain)
		format_domain(buf, sizeof(buf), p);
	else if (kind == 'v' && format_vcpu)
		format_vcpu(buf, sizeof(buf), p);
	if (buf[0]) {
		put_string(o, sp, buf);
		return;
	}
	sp->prec = 16;
	put_number(o, sp, (u64)p, 16, false, 0);
}

static const char *parse_flags(const char *f, struct spec *sp)
{
	for (;; f++) {
		switch (*f) {
		case '-': sp->left = true; break;
		case '0': sp->zero = true; break;
		case '+': sp->plus = true; break;
		case ' ': sp->space = true; break;
		case '#': sp->alt = true; break;
		default: return f;
		}
	}
}

static const char *parse_int(const char *f, int *v, va_list *ap)
{
	int n = 0;

	if (*f == '*') {
		*v = va_arg(*ap, int);
		return f + 1;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		if (n < 100000)
			n = n * 10 + (*f - '0');
	*v = n;
	return f;
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ .prec = -1, .length = 4 };
	f = parse_flags(f, sp);
	f = parse_int(f, &sp->width, ap);
	if (sp->width < 0) {
		sp->left = true;
		sp->width = -sp->width;
	}
	if (*f == '.')
		f = parse_int(f + 1, &sp->prec, ap);
	for (;; f++) {
		if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j')
			sp->length = 8;
		else if (*f == 'h')
			sp->length = sp->length == 2 ? 1 : 2;
		else
			return f;
	}
}

static u64 get_unsigned(const struct spec *sp, va_list *ap)
{
	u64 v = sp->length == 8 ? va_arg(*ap, u64) : va_arg(*ap, unsigned);

	if (sp->length == 2)
		v = (u16)v;
	else if (sp->length == 1)
		v = (u8)v;
	return v;
}

static s64 get_signed(const struct spec *sp, va_list *ap)
{
	s64 v = sp->length == 8 ? va_arg(*ap, s64) : va_arg(*ap, int);

	if (sp->length == 2)
		v = (s16)v;
	else if (sp->length == 1)
		v = (s8)v;
	return v;
}

/* One conversion; f points at its letter. Returns the last character consumed. */
static const char *convert(struct out *o, const char *f, struct spec *sp, va_list *ap)
{
	s64 s;
	char c;

	switch (*f) {
	case 'd':
	case 'i':
		s = get_signed(sp, ap);
		c = s < 0 ? '-' : sp->plus ? '+' : sp->space ? ' ' : 0;
		put_number(o, sp, s < 0 ? 0 - (u64)s : (u64)s, 10, false, c);
		break;
	case 'u':
		put_number(o, sp, get_unsigned(sp, ap), 10, false, 0);
		break;
	case 'x':
	case 'X':
		put_number(o, sp, get_unsigned(sp, ap), 16, *f == 'X', 0);
		break;
	case 'o':
		put_number(o, sp, get_unsigned(sp, ap), 8, false, 0);
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		pad(o, ' ', sp->left ? 0 : sp->width - 1);
		put(o, c);
		pad(o, ' ', sp->left ? sp->width - 1 : 0);
		break;
	case 's':
		put_string(o, sp, va_arg(*ap, const char *));
		break;
	case 'p':
		c = f[1] == 'S' || f[1] == 'd' || f[1] == 'v' ? f[1] : 0;
		put_pointer(o, sp, c, va_arg(*ap, const void *));
		return c ? f + 1 : f;
	case '%':
		put(o, '%');
		break;
	default:
		put(o, '%');
		if (!*f)
			return f - 1;
		put(o, *f);
	}
	return f;
}

static int format(char *buf, size_t size, const char *fmt, va_list *ap)
{
	struct out o = { buf, size, 0 };
	struct spec sp;

	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &sp, ap);
		fmt = convert(&o, fmt, &sp, ap);
	}
	if (size)
		buf[o.n < size ? o.n : size - 1] = 0;
	return (int)o.n;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	va_list copy;
	int n;

	va_copy(copy, ap);
	n = format(buf, size, fmt, &copy);
	va_end(copy);
	return n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = format(buf, size, fmt, &ap);
	va_end(ap);
	return n;
}

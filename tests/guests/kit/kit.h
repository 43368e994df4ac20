/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kit.h: what every test uses: checks, verdicts, output, and the domain's own start-up facts.
 *
 * A test is a folder with a main.c that defines test_name and test_main(). When test_main()
 * returns, one line tells the result:
 *	KIT: verdict success	every check held
 *	KIT: verdict skip	the machine lacks what the test needs
 *	KIT: verdict error	the test itself is broken, or its preparations failed
 *	KIT: verdict failure	the hypervisor did something else than the ABI says
 * No such line at all means a crash. The worst verdict of a run wins (error above failure).
 */
#ifndef KIT_H
#define KIT_H

#include "types.h"
#include "hypercall.h"

extern const char test_name[];
void test_main(void);

/* The registers at the very first instruction, in the order in which start.S stores them. */
struct boot_regs {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rflags, cs, ss, ds, es, fs, gs;
};

extern struct boot_regs boot_regs;
extern struct start_info *start_info;
extern struct shared_info *shared_info;
extern char kit_image_start[], kit_image_end[], hypercall_page[];

static inline bool is_dom0(void)
{
	return start_info->flags & SIF_INITDOMAIN;
}

static inline struct vcpu_info *vcpu0_info(void)
{
	return &shared_info->vcpu_info[0];
}

void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void console_write(const char *text, size_t len);

void *memset(void *to, int byte, size_t len);
void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);

/* Verdicts. failure() and error() only note; the test goes on. skip() ends the test. */
void failure(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2))) NORETURN;
void finish(void) NORETURN;
/* End without a verdict: for what the kit cannot explain. */
void crash(void) NORETURN;

bool check_at(const char *file, int line, bool ok, const char *what);
bool expect_at(const char *file, int line, s64 got, s64 want, const char *what);
void must_at(const char *file, int line, s64 got, const char *what);

/* The condition holds, or the hypervisor is wrong. Both return whether it held. */
#define check(cond)		check_at(__FILE__, __LINE__, (cond), #cond)
#define expect(expr, want)	expect_at(__FILE__, __LINE__, (s64)(expr), (s64)(want), #expr)
/* A preparation: anything but 0 ends the test with verdict error. */
#define must(expr)		must_at(__FILE__, __LINE__, (s64)(expr), #expr)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output: sinks are the serial line and, until dom0 has it, the screen. What
 * the hypervisor says also goes to the ring; a guest's text does not.
 *
 * The ring's indices run freely modulo 2^32: character i is at i % RING_SIZE,
 * valid from ring_first (inclusive) to ring_next. Those numbers are the ABI's.
 *
 * Input comes from the serial line to dom0's buffer, or, after three Ctrl-A, to
 * the debug keys until three more.
 *
 * Locks: console_lock (LOCK_CONSOLE, irqsave) for sinks and ring; the input
 * buffer has one writer (the handler) and readers under the lock.
 */
#include "cpu/cpu.h"
#include "cpu/percpu.h"
#include "dev/console.h"
#include "dev/keys.h"
#include "dev/serial.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "sync/softirq.h"
#include "sync/spinlock.h"
#include "time/time.h"
#include "time/timer.h"

#define RING_SIZE (128u << 10)
#define INPUT_SIZE 512u
#define CTRL_A 1
#define SWITCH_COUNT 3
#define POLL_PERIOD MILLISECS(20)
#define PREFIX "(Kr) "

static spinlock_t console_lock = SPINLOCK_INIT(LOCK_CONSOLE);
static bool dying;			/* locks are broken: only one CPU is left, or should be */
static bool sinks_ready, tasklets_ready;
static bool line_start = true;		/* of our own text */
static bool guest_line_open;		/* a guest stopped in the middle of a line */

static char ring[RING_SIZE];
static u32 ring_first, ring_next;

static char input[INPUT_SIZE];
static u32 input_first, input_next;
static bool input_to_keys;
static unsigned switch_count;
static struct timer poll_timer;

void (*console_input_hook)(void);
void (*console_ring_hook)(void);

static u64 lock_console(void)
{
	return dying ? irq_save() : spin_lock_irqsave(&console_lock);
}

static void unlock_console(u64 f)
{
	if (dying)
		irq_restore(f);
	else
		spin_unlock_irqrestore(&console_lock, f);
}

void console_putc_panic_mode(void) { dying = true; }

/* ---- output; with the lock ---- */

static void sink_putc(char c)
{
	if (c == '\n')
		serial_putc('\r');
	serial_putc(c);
	vga_putc(c);
}

static void ring_putc(char c)
{
	ring[ring_next++ % RING_SIZE] = c;
	if (ring_next - ring_first > RING_SIZE)
		ring_first = ring_next - RING_SIZE;
}

static void put_own(char c)
{
	ring_putc(c);
	if (sinks_ready)
		sink_putc(c);
}

static void ring_tasklet_fn(void *arg)
{
	if (console_ring_hook)
		console_ring_hook();
}

static struct tasklet ring_tasklet = { .fn = ring_tasklet_fn };

void console_write(const char *s, size_t n)
{
	u64 f = lock_console();

	if (guest_line_open && n) {
		/* Its line is cut, not mixed with ours. */
		if (sinks_ready)
			sink_putc('\n');
		guest_line_open = false;
	}
	for (size_t i = 0; i < n; i++) {
		if (line_start)
			for (const char *p = PREFIX; *p; p++)
				put_own(*p);
		line_start = s[i] == '\n';
		put_own(s[i]);
	}
	unlock_console(f);
	if (console_ring_hook && tasklets_ready && !dying)
		tasklet_schedule_on(smp_cpu_id(), &ring_tasklet);
}

/* A zero byte would end the line for readers of logs: shown as '?'. */
void console_write_guest(const char *s, size_t n)
{
	u64 f;

	if (!n)
		return;
	f = lock_console();
	if (!line_start) {
		put_own('\n');
		line_start = true;
	}
	for (size_t i = 0; i < n; i++)
		sink_putc(s[i] ? s[i] : '?');
	guest_line_open = s[n - 1] != '\n' && s[n - 1] != '\r';
	unlock_console(f);
}

/* ---- ring, for XEN_SYSCTL_readconsole ---- */

size_t console_ring_read(u32 *index, char *buf, size_t n, bool incremental)
{
	u64 f = lock_console();
	u32 pos = ring_first;
	size_t done = 0;

	/* An index that is no longer, or not yet, in the ring means: from the start. */
	if (incremental && *index - ring_first <= ring_next - ring_first)
		pos = *index;
	while (done < n && pos != ring_next)
		buf[done++] = ring[pos++ % RING_SIZE];
	*index = pos;
	unlock_console(f);
	return done;
}

void console_ring_clear(void)
{
	u64 f = lock_console();

	ring_first = ring_next;
	unlock_console(f);
}

u32 console_ring_size(void) { return RING_SIZE; }

/* ---- input ---- */

size_t console_read_guest(char *s, size_t n)
{
	u64 f = lock_console();
	size_t done = 0;
	u32 next = __atomic_load_n(&input_next, __ATOMIC_ACQUIRE);

	while (done < n && input_first != next)
		s[done++] = input[input_first++ % INPUT_SIZE];
	unlock_console(f);
	return done;
}

static void switch_input(void)
{
	switch_count = 0;
	input_to_keys = !input_to_keys;
	printk(LOG_ERR, "*** Serial input to %s (type 'CTRL-a' three times to switch)\n",
	       input_to_keys ? "Krypton (h: help)" : "DOM0");
}

static void input_char(char c)
{
	if (c == CTRL_A) {
		if (++switch_count == SWITCH_COUNT) {
			switch_input();
			return;
		}
	} else {
		switch_count = 0;
	}
	if (input_to_keys) {
		if (c != CTRL_A)
			key_press_soon(c);
		return;
	}
	if (input_next - READ_ONCE(input_first) == INPUT_SIZE)
		return;			/* nobody reads: drop the newest */
	input[input_next % INPUT_SIZE] = c;
	__atomic_store_n(&input_next, input_next + 1, __ATOMIC_RELEASE);
	if (console_input_hook)
		console_input_hook();
}

/* Bounded: a line that never runs dry must not keep us here. */
static void poll_input(void)
{
	int c;

	for (unsigned n = 0; n < 256 && (c = serial_getc()) >= 0; n++)
		input_char((char)c);
}

static void serial_interrupt(int irq, void *arg) { poll_input(); }

static void poll_timer_fn(void *arg)
{
	poll_input();
	timer_set(&poll_timer, now_ns() + POLL_PERIOD);
}

/* ---- start and end of boot ---- */

void __init console_init(void)
{
	u64 f;
	bool serial = opts.console_com1 && serial_init();

	if (opts.console_vga)
		vga_init();
	f = lock_console();
	/* What was said before there was anything to say it on. */
	if (serial || opts.console_vga)
		for (u32 i = ring_first; i != ring_next; i++)
			sink_putc(ring[i % RING_SIZE]);
	sinks_ready = true;
	unlock_console(f);
}

/* The poll makes up for interrupts that cannot be had; it costs little, so say so once. */
void __init console_init_irq(void)
{
	tasklets_ready = true;
	if (!console_com1_base)
		return;
	if (serial_init_irq(serial_interrupt))
		return;
	printk(LOG_INFO, "Serial input: no interrupt, polled\n");
	timer_init(&poll_timer, poll_timer_fn, NULL, 0);
	timer_set(&poll_timer, now_ns() + POLL_PERIOD);
}

void console_end_boot(void)
{
	u64 f = lock_console();

	vga_end();
	unlock_console(f);
}

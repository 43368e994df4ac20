/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys. Registered at boot, pressed by `xl debug-keys' (hypercall) or on
 * the serial line (a tasklet, since dumps are long). Lock: key_lock (LOCK_LEAF,
 * irqsave) for the queue of keys to be handled soon.
 */
#include "acpi/acpi.h"
#include "cpu/percpu.h"
#include "dev/keys.h"
#include "irq/irq.h"
#include "lib/printk.h"
#include "sync/softirq.h"
#include "sync/spinlock.h"
#include "time/timer.h"

#define NR_KEYS 128
#define QUEUE_SIZE 8

static struct {
	void (*fn)(char key);
	const char *help;
} keys[NR_KEYS];

static spinlock_t key_lock = SPINLOCK_INIT(LOCK_LEAF);
static char queue[QUEUE_SIZE];
static unsigned queued;

void key_register(char key, void (*fn)(char key), const char *help)
{
	if (key <= 0 || keys[(u8)key].fn) {
		printk(LOG_WARN, "Debug key %#x is taken\n", (u8)key);
		return;
	}
	keys[(u8)key].fn = fn;
	keys[(u8)key].help = help;
}

void key_press(char key)
{
	if (key <= 0 || !keys[(u8)key].fn)
		return;
	printk(LOG_INFO, "'%c' pressed -> %s\n", key, keys[(u8)key].help);
	keys[(u8)key].fn(key);
}

static void queue_run(void *arg)
{
	char todo[QUEUE_SIZE];
	u64 f = spin_lock_irqsave(&key_lock);
	unsigned n = queued;

	for (unsigned i = 0; i < n; i++)
		todo[i] = queue[i];
	queued = 0;
	spin_unlock_irqrestore(&key_lock, f);
	for (unsigned i = 0; i < n; i++)
		key_press(todo[i]);
}

void key_press_soon(char key)
{
	static struct tasklet tasklet = { .fn = queue_run };
	u64 f = spin_lock_irqsave(&key_lock);

	if (queued < QUEUE_SIZE)
		queue[queued++] = key;
	spin_unlock_irqrestore(&key_lock, f);
	tasklet_schedule_on(smp_cpu_id(), &tasklet);
}

static void key_help(char key)
{
	printk(LOG_INFO, "Debug keys:\n");
	for (unsigned i = 0; i < NR_KEYS; i++)
		if (keys[i].fn)
			printk(LOG_INFO, " key '%c' => %s\n", (char)i, keys[i].help);
}

static void key_reboot(char key) { machine_restart(); }
static void key_timers(char key) { timer_dump(); }
static void key_interrupts(char key) { irq_dump(); }

void __init keys_init(void)
{
	key_register('h', key_help, "show this list");
	key_register('R', key_reboot, "reboot the machine");
	key_register('a', key_timers, "dump timers");
	key_register('i', key_interrupts, "dump interrupts");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/time/timer.c */
/* Timers: order, replacement, stop, kill, moves between processors, functions that set timers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/domain.h"
#include "sync/softirq.h"
#include "time/time.h"
#include "time/timer.h"

#define NR 500

static u64 deadline[SHIM_CPUS];		/* what the LAPIC timer was set to */
static void (*softirq_fn)(void);
static unsigned raised_on[SHIM_CPUS];

/* The shim's are weak: these stand in for the LAPIC and the softirqs. */
void lapic_timer_set(u64 ns);
void lapic_timer_set(u64 ns) { deadline[shim_cpu] = ns; }
void softirq_open(enum softirq nr, void (*fn)(void)) { softirq_fn = fn; }
void softirq_raise(enum softirq nr) { raised_on[shim_cpu]++; }
void softirq_raise_on(unsigned cpu, enum softirq nr) { raised_on[cpu]++; }

static struct timer t[NR];
static unsigned fired[NR], order[4 * NR], nr_fired;

static void fn(void *arg)
{
	unsigned i = (unsigned)(u64)arg;

	assert_true(shim_irqs_on);
	assert_true(t[i].expires <= shim_now);
	fired[i]++;
	order[nr_fired++] = i;
}

static int setup(void **state)
{
	memset(fired, 0, sizeof(fired));
	memset(raised_on, 0, sizeof(raised_on));
	memset(deadline, 0, sizeof(deadline));
	nr_fired = 0;
	shim_now = 1000000000;
	shim_cpu = 0;
	for (unsigned cpu = 0; cpu < 4; cpu++)
		timer_init_cpu(cpu);
	for (unsigned i = 0; i < NR; i++)
		timer_init(&t[i], fn, (void *)(u64)i, 0);
	return 0;
}

static void run_until(u64 ns)
{
	shim_now = ns;
	softirq_fn();
}

static u32 rnd(void)
{
	static u32 x = 12345;

	return (x = x * 1664525 + 1013904223) >> 8;
}

static void test_order(void **state)
{
	for (unsigned i = 0; i < NR; i++)
		timer_set(&t[i], shim_now + rnd() % 100000);
	run_until(shim_now + 50000);
	run_until(shim_now + 50000);
	assert_int_equal(nr_fired, NR);
	for (unsigned i = 1; i < NR; i++)
		assert_true(t[order[i - 1]].expires <= t[order[i]].expires);
	assert_int_equal(deadline[0], 0);
	assert_false(timer_is_active(&t[0]));
}

/* Against a plain array, with every operation. */
static void test_random(void **state)
{
	u64 want[NR] = { 0 };		/* 0: not set */
	bool killed[NR] = { false };

	for (unsigned n = 0; n < 50000; n++) {
		unsigned i = rnd() % NR;
		u64 first = 0;

		switch (rnd() % 8) {
		case 0: case 1: case 2: case 3:
			timer_set(&t[i], shim_now + 1 + rnd() % 10000);
			if (!killed[i])
				want[i] = t[i].expires;
			break;
		case 4: case 5:
			timer_stop(&t[i]);
			want[i] = 0;
			break;
		case 6:
			if (rnd() % 50 == 0) {
				timer_kill(&t[i]);
				killed[i] = true;
				want[i] = 0;
			}
			break;
		default:
			nr_fired = 0;
			run_until(shim_now + rnd() % 200);
			for (unsigned k = 0; k < NR; k++) {
				if (want[k] && want[k] <= shim_now)
					want[k] = 0;
				assert_int_equal(timer_is_active(&t[k]), want[k] != 0);
				if (want[k] && (!first || want[k] < first))
					first = want[k];
			}
			assert_int_equal(deadline[0], first);
		}
	}
}

static void test_killed_stays_dead(void **state)
{
	timer_set(&t[1], shim_now + 10);
	timer_kill(&t[1]);
	timer_set(&t[1], shim_now + 20);
	run_until(shim_now + 100);
	assert_int_equal(nr_fired, 0);
	assert_false(timer_is_active(&t[1]));
	timer_init(&t[1], fn, (void *)1, 0);
	timer_set(&t[1], shim_now + 1);
	run_until(shim_now + 1);
	assert_int_equal(fired[1], 1);
}

static void test_migrate(void **state)
{
	timer_set(&t[1], shim_now + 10);
	timer_set(&t[2], shim_now + 20);
	timer_migrate(&t[1], 3);
	assert_int_equal(t[1].cpu, 3);
	assert_true(timer_is_active(&t[1]));
	assert_int_equal(raised_on[3], 1);
	run_until(shim_now + 100);
	assert_int_equal(fired[1], 0);
	assert_int_equal(fired[2], 1);
	shim_cpu = 3;
	run_until(shim_now);
	assert_int_equal(fired[1], 1);
	shim_cpu = 0;
	timer_migrate(&t[1], 2);
	assert_false(timer_is_active(&t[1]));
	timer_kill(&t[1]);
	timer_migrate(&t[1], 1);
	timer_set(&t[1], shim_now);
	assert_false(timer_is_active(&t[1]));
}

static void test_remote_first(void **state)
{
	timer_init(&t[1], fn, (void *)1, 2);
	timer_init(&t[2], fn, (void *)2, 2);
	timer_set(&t[1], shim_now + 100);
	assert_int_equal(raised_on[2], 1);
	timer_set(&t[2], shim_now + 200);	/* not the first: no reason to interrupt */
	assert_int_equal(raised_on[2], 1);
	assert_int_equal(deadline[2], 0);
	shim_cpu = 2;
	softirq_fn();
	assert_int_equal(deadline[2], shim_now + 100);
}

static unsigned again;

static void set_again(void *arg)
{
	again++;
	timer_set(&t[0], shim_now + 100);
}

static void kill_self(void *arg)
{
	again++;
	timer_kill(&t[0]);
	timer_set(&t[0], shim_now + 1);
}

static void set_past(void *arg)
{
	again++;
	timer_set(&t[0], 1);
}

static void test_functions(void **state)
{
	timer_init(&t[0], set_again, NULL, 0);
	again = 0;
	timer_set(&t[0], shim_now + 100);
	for (unsigned i = 0; i < 10; i++)
		run_until(shim_now + 100);
	assert_int_equal(again, 10);
	assert_true(timer_is_active(&t[0]));
	timer_stop(&t[0]);

	timer_init(&t[0], kill_self, NULL, 0);
	again = 0;
	timer_set(&t[0], shim_now);
	run_until(shim_now + 10);
	run_until(shim_now + 10);
	assert_int_equal(again, 1);

	timer_init(&t[0], set_past, NULL, 0);
	again = 0;
	timer_set(&t[0], 1);
	run_until(shim_now + 1);
	assert_true(again >= 1 && again <= 1001);
	timer_stop(&t[0]);
}

/* Another processor kills a timer whose function runs: it waits for the end. */
static unsigned relaxed;

static void end_of_function(void)
{
	relaxed++;
	t[0].running = false;
}

static void kill_from_other(void *arg)
{
	unsigned self = shim_cpu;

	shim_cpu = 1;
	shim_relax_hook = end_of_function;
	timer_kill(&t[0]);
	shim_relax_hook = NULL;
	shim_cpu = self;
}

static void test_kill_waits(void **state)
{
	timer_init(&t[0], kill_from_other, NULL, 0);
	relaxed = 0;
	timer_set(&t[0], shim_now);
	run_until(shim_now + 1);
	assert_int_equal(relaxed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_random, setup),
		cmocka_unit_test_setup(test_killed_stays_dead, setup),
		cmocka_unit_test_setup(test_migrate, setup),
		cmocka_unit_test_setup(test_remote_first, setup),
		cmocka_unit_test_setup(test_functions, setup),
		cmocka_unit_test_setup(test_kill_waits, setup),
	};
	int rc;

	host_machine_init(64);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

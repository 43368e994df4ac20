/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of hypercalls: cmocka, a machine, a way to call, checks at the end. */
#ifndef TESTS_HOST_UTIL_H
#define TESTS_HOST_UTIL_H

#include <cmocka.h>
#include "core/domain.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

extern unsigned host_restarts;		/* how often host_call() had to go on */

static inline long host_call(hypercall_fn fn, u64 a0, const void *a1, u64 a2)
{
	struct hc_args a = { .arg = { a0, (u64)a1, a2 }, .nr = 0 };
	long rc;

	for (host_restarts = 0; (rc = fn(&a)) == -ERESTART; host_restarts++)
		assert_true(host_restarts < 1000000);
	assert_int_equal(shim_locks_held(), 0);
	assert_true(shim_irqs_on);
	return rc;
}

/* The frames 256.. of the machine under the real heap (mm/heap.c in SOURCES). */
void host_machine_init_real(u64 frames);

static inline void counts_reset(void) { memset(&shim_counts, 0, sizeof(shim_counts)); }

#endif

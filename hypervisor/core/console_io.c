/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_io: the hardware domain writes to, and reads from, the console of the
 * machine. No state; the console has its own lock.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/keys.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "dev/console.h"
#include "evtchn/evtchn.h"

#define CHUNK 128u

static long console_guest_write(struct hc_args *a)
{
	u32 count = (u32)a->arg[1];
	char __guest *p = (char *)a->arg[2];
	char buf[CHUNK];

	while (count) {
		u32 n = min(count, CHUNK);

		if (copy_from_guest(buf, p, n))
			return -EFAULT;
		console_write_guest(buf, n);
		p += n;
		count -= n;
		if (count && hypercall_preempt_check()) {
			a->arg[1] = count;
			a->arg[2] = (u64)p;
			return -ERESTART;
		}
	}
	return 0;
}

/* The input buffer of the console is small: this ends soon. */
static long console_guest_read(struct hc_args *a)
{
	u32 count = (u32)a->arg[1], done = 0;
	char __guest *p = (char *)a->arg[2];
	char buf[CHUNK];

	if ((s32)count < 0)
		return -E2BIG;
	while (done < count) {
		size_t n = console_read_guest(buf, min(count - done, CHUNK));

		if (!n)
			break;
		if (copy_to_guest(p + done, buf, n))
			return -EFAULT;
		done += (u32)n;
	}
	return done;
}

long hc_console_io(struct hc_args *a)
{
	if (rights_hardware())
		return -EPERM;
	switch ((u32)a->arg[0]) {
	case CONSOLEIO_write:
		return console_guest_write(a);
	case CONSOLEIO_read:
		return console_guest_read(a);
	}
	return -ENOSYS;
}

static void console_input(void) { send_global_virq(VIRQ_CONSOLE); }
static void console_ring(void) { send_global_virq(VIRQ_CON_RING); }

void console_io_init(void)
{
	console_input_hook = console_input;
	console_ring_hook = console_ring;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall: a batch of hypercalls from an array in the guest's memory.
 *
 * Each entry is copied in once, called, and its result copied out. When there is
 * other work to do the rest of the batch is restarted like any long hypercall,
 * with the pointer and the count moved on. An entry that itself wants to go on
 * later has its new arguments written back into the guest's array; the guest may
 * change them meanwhile, which gives it nothing that it could not have asked for
 * in the first place.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "cpu/uaccess.h"

#define MULTICALL_ARGS 5		/* the sixth is ignored */

/* 0 or an error of the batch; -ERESTART of the entry in *restart. */
static int multicall_one(struct multicall_entry __guest *ptr, u64 *op, long *rc)
{
	struct multicall_entry e;
	struct hc_args a = { .nr = 0 };
	unsigned i;

	if (copy_from_guest(&e, ptr, sizeof(e)))
		return -EFAULT;
	for (i = 0; i < MULTICALL_ARGS; i++)
		a.arg[i] = e.args[i];
	*op = e.op;
	*rc = e.op == __HYPERVISOR_multicall ? -EINVAL : hypercall_call(e.op, &a);
	/* After iret the address space may be another one: nothing is written. */
	if (e.op == __HYPERVISOR_iret)
		return 0;
	if (*rc != -ERESTART)
		return copy_to_guest(&ptr->result, rc, sizeof(*rc));
	for (i = 0; i < MULTICALL_ARGS; i++)
		e.args[i] = a.arg[i];
	return copy_to_guest(ptr->args, e.args, sizeof(e.args));
}

long hc_multicall(struct hc_args *a)
{
	struct multicall_entry __guest *ptr = (struct multicall_entry *)a->arg[0];
	u32 n = (u32)a->arg[1], i;
	u64 op = 0;
	long rc;
	int err;

	for (i = 0; i < n; i++, ptr++) {
		if (i && hypercall_preempt_check())
			goto restart;
		err = multicall_one(ptr, &op, &rc);
		if (err)
			return err;
		if (op == __HYPERVISOR_iret)
			return rc;
		if (rc == -ERESTART)
			goto restart;
	}
	return 0;

restart:
	a->arg[0] = (u64)ptr;
	a->arg[1] = n - i;
	return -ERESTART;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PV kernel registers: its trap table and its callbacks. Every address is
 * checked to be canonical and outside our part of the address space, so that the
 * exit path can load it without a second look.
 */
#include "cpu/uaccess.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/pv.h"
#include <xen/nmi.h>

/* Entries until one with address 0; what was set before an error stays set, as in the ABI. */
long hc_set_trap_table(struct hc_args *a)
{
	const struct trap_info __guest *p = (void *)a->arg[0];
	struct trap_info *traps = current->pv->traps, t;

	if (!p) {
		memset(traps, 0, 256 * sizeof(*traps));
		return 0;
	}
	/* A vector may be named again; 256 entries with a terminator is what a table can need. */
	for (unsigned i = 0; i <= 256; i++) {
		if (copy_from_guest(&t, p + i, sizeof(t)))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!canonical_guest_address(t.address))
			return -EINVAL;
		t.cs |= 3;
		traps[t.vector] = t;
	}
	return -EINVAL;
}

static u64 *callback_slot(struct pv_vcpu *pv, unsigned type)
{
	switch (type) {
	case CALLBACKTYPE_event:
		return &pv->event_callback;
	case CALLBACKTYPE_failsafe:
		return &pv->failsafe_callback;
	case CALLBACKTYPE_syscall:
		return &pv->syscall_callback;
	case CALLBACKTYPE_syscall32:
		return &pv->syscall32_callback;
	case CALLBACKTYPE_sysenter:
		return &pv->sysenter_callback;
	}
	return NULL;
}

static long nmi_callback(u64 address)
{
	struct trap_info *t = &current->pv->traps[2];

	*t = (struct trap_info){ .vector = 2, .cs = FLAT_RING3_CS64, .address = address };
	TI_SET_IF(t, 1);
	return 0;
}

static long callback_set(unsigned type, u64 address, bool mask_events)
{
	struct pv_vcpu *pv = current->pv;
	u64 *slot = callback_slot(pv, type);

	if (!canonical_guest_address(address))
		return -EINVAL;
	if (type == CALLBACKTYPE_nmi)
		return nmi_callback(address);
	if (!slot)
		return -ENOSYS;
	*slot = address;
	if (mask_events)
		pv->callback_mask_events |= (u8)(1u << type);
	else
		pv->callback_mask_events &= (u8)~(1u << type);
	return 0;
}

long hc_callback_op(struct hc_args *a)
{
	struct callback_register reg;
	struct callback_unregister unreg;

	switch (a->arg[0]) {
	case CALLBACKOP_register:
		if (copy_from_guest(&reg, (void *)a->arg[1], sizeof(reg)))
			return -EFAULT;
		return callback_set(reg.type, reg.address, reg.flags & CALLBACKF_mask_events);
	case CALLBACKOP_unregister:
		if (copy_from_guest(&unreg, (void *)a->arg[1], sizeof(unreg)))
			return -EFAULT;
		switch (unreg.type) {
		case CALLBACKTYPE_event:
		case CALLBACKTYPE_failsafe:
		case CALLBACKTYPE_syscall:
		case CALLBACKTYPE_sysenter:
			return -EINVAL;
		case CALLBACKTYPE_nmi:
			memset(&current->pv->traps[2], 0, sizeof(struct trap_info));
			return 0;
		}
		return -ENOSYS;
	}
	return -ENOSYS;
}

long hc_set_callbacks(struct hc_args *a)
{
	for (unsigned i = 0; i < 3; i++)
		if (!canonical_guest_address(a->arg[i]))
			return -EINVAL;
	(void)callback_set(CALLBACKTYPE_event, a->arg[0], true);
	(void)callback_set(CALLBACKTYPE_failsafe, a->arg[1], false);
	(void)callback_set(CALLBACKTYPE_syscall, a->arg[2], false);
	return 0;
}

long hc_nmi_op(struct hc_args *a)
{
	struct xennmi_callback cb;

	switch (a->arg[0]) {
	case XENNMI_register_callback:
		if (copy_from_guest(&cb, (void *)a->arg[1], sizeof(cb)))
			return -EFAULT;
		return callback_set(CALLBACKTYPE_nmi, cb.handler_address, false);
	case XENNMI_unregister_callback:
		memset(&current->pv->traps[2], 0, sizeof(struct trap_info));
		return 0;
	}
	return -ENOSYS;
}

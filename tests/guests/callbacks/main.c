/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * callbacks: callback_op, set_callbacks, vm_assist, nmi_op.
 *
 * What: registering and removing each kind of callback, addresses that cannot be, unknown types
 * and assists.
 * Why: Linux BUGs if event, failsafe or syscall cannot be registered; a non-canonical entry point
 * must never reach an IRET (XSA-7 class).
 * Expected: event, failsafe, syscall, NMI 0; non-canonical -EINVAL; unknown type -ENOSYS;
 * unregistering event, failsafe and syscall -EINVAL, of the optional ones 0; assists known 0,
 * unknown -EINVAL.
 */
#include "event.h"
#include "trap.h"

#include <xen/callback.h>
#include <xen/nmi.h>

const char test_name[] = "callbacks";

extern const char event_entry[], failsafe_entry[], syscall_entry[], syscall32_entry[],
	sysenter_entry[];

static long reg(unsigned int type, u64 address)
{
	struct callback_register cb = { .type = type,
					.flags = CALLBACKF_mask_events,
					.address = address };

	return hc_callback_op(CALLBACKOP_register, &cb);
}

static long unreg(unsigned int type)
{
	struct callback_unregister cb = { .type = type };

	return hc_callback_op(CALLBACKOP_unregister, &cb);
}

static void registering(void)
{
	static const unsigned int types[] = {
		CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall, CALLBACKTYPE_nmi,
		CALLBACKTYPE_sysenter, CALLBACKTYPE_syscall32,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		bool optional =
			types[i] == CALLBACKTYPE_sysenter || types[i] == CALLBACKTYPE_syscall32;
		long rc = reg(types[i], (u64)event_entry);

		check(!rc || (optional && rc < 0));
		expect(reg(types[i], 0x0000800000000000), -XEN_EINVAL);
		expect(reg(types[i], 0x8000000000000000), -XEN_EINVAL);
	}
	expect(reg(CALLBACKTYPE_event, (u64)event_entry), 0);
	expect(reg(CALLBACKTYPE_failsafe, (u64)failsafe_entry), 0);
	expect(reg(CALLBACKTYPE_syscall, (u64)syscall_entry), 0);
	/* 3: the old form of sysenter (32-bit). */
	expect(reg(3, (u64)event_entry), -XEN_ENOSYS);
	expect(reg(6, (u64)event_entry), -XEN_ENOSYS);
	expect(reg(8, (u64)event_entry), -XEN_ENOSYS);
	expect(reg(0xffff, (u64)event_entry), -XEN_ENOSYS);
}

static void unregistering(void)
{
	expect(unreg(CALLBACKTYPE_event), -XEN_EINVAL);
	expect(unreg(CALLBACKTYPE_failsafe), -XEN_EINVAL);
	expect(unreg(CALLBACKTYPE_syscall), -XEN_EINVAL);
	expect(unreg(CALLBACKTYPE_nmi), 0);
	expect(unreg(CALLBACKTYPE_sysenter), -XEN_EINVAL);
	expect(unreg(100), -XEN_ENOSYS);
	expect(hc_callback_op(2, NULL), -XEN_ENOSYS);
	expect(hc_callback_op(CALLBACKOP_register, (void *)0x1000), -XEN_EFAULT);
	expect(hc_callback_op(CALLBACKOP_unregister, (void *)0x1000), -XEN_EFAULT);
}

static void set_callbacks(void)
{
	expect(hc(__HYPERVISOR_set_callbacks, (u64)event_entry, (u64)failsafe_entry,
		  (u64)syscall_entry, 0, 0),
	       0);
}

static void assists(void)
{
	static const unsigned int known[] = {
		VMASST_TYPE_writable_pagetables, VMASST_TYPE_pae_extended_cr3,
		VMASST_TYPE_architectural_iopl, VMASST_TYPE_runstate_update_flag,
		VMASST_TYPE_m2p_strict,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		expect(hc_vm_assist(VMASST_CMD_enable, known[i]), 0);
		expect(hc_vm_assist(VMASST_CMD_disable, known[i]), 0);
	}
	expect(hc_vm_assist(VMASST_CMD_enable, 6), -XEN_EINVAL);
	expect(hc_vm_assist(VMASST_CMD_enable, 63), -XEN_EINVAL);
	expect(hc_vm_assist(VMASST_CMD_enable, 64), -XEN_EINVAL);
	expect(hc_vm_assist(VMASST_CMD_enable, ~0U), -XEN_EINVAL);
	expect(hc_vm_assist(2, VMASST_TYPE_writable_pagetables), -XEN_ENOSYS);
}

static void nmi(void)
{
	struct xennmi_callback cb = { .handler_address = trap_stub(2) };

	expect(hc(__HYPERVISOR_nmi_op, XENNMI_register_callback, (u64)&cb, 0, 0, 0), 0);
	expect(hc(__HYPERVISOR_nmi_op, XENNMI_unregister_callback, 0, 0, 0, 0), 0);
	expect(hc(__HYPERVISOR_nmi_op, 99, 0, 0, 0, 0), -XEN_ENOSYS);
}

/* After all this, an event still arrives where it should. */
static void still_works(void)
{
	long port = evtchn_bind_ipi(0);

	check(port > 0);
	upcalls_on();
	expect(evtchn_send(port), 0);
	expect(event_count[port], 1);
}

void test_main(void)
{
	registering();
	unregistering();
	set_callbacks();
	assists();
	nmi();
	still_works();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu-info: moving vcpu_info out of shared_info.
 *
 * What: VCPUOP_register_vcpu_info with good and bad frames and offsets, and events afterwards.
 * Why: Linux panics if this fails for any vCPU; XSA-327 was a misaligned offset.
 * Expected: the old contents are copied, all selector bits and upcall_pending set; from then on
 * the hypervisor uses the new place alone; a second registration -EINVAL, a bad offset -ENXIO, a
 * bad frame -EINVAL; the page is held as writable.
 */
#include "event.h"
#include "mm.h"
#include "trap.h"

const char test_name[] = "vcpu-info";

static long reg(unsigned int vcpu, u64 mfn, u32 offset)
{
	struct vcpu_register_vcpu_info op = { .mfn = mfn, .offset = offset };

	return hc_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &op);
}

static void refusals(u64 *page)
{
	u64 mfn = va_mfn(page);

	expect(reg(0, mfn, 4), -XEN_ENXIO);
	expect(reg(0, mfn, 1), -XEN_ENXIO);
	expect(reg(0, mfn, PAGE_SIZE - 56), -XEN_ENXIO);
	expect(reg(0, mfn, PAGE_SIZE), -XEN_ENXIO);
	expect(reg(0, mfn, ~7U), -XEN_ENXIO);
	expect(reg(0, 0xfffffffff, 0), -XEN_EINVAL);
	expect(reg(0, 0xe0000, 0), -XEN_EINVAL);
	expect(reg(0, va_mfn(root_table), 0), -XEN_EINVAL);
	expect(reg(4096, mfn, 0), -XEN_ENOENT);
	expect(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, (void *)0x1000), -XEN_EFAULT);
}

void test_main(void)
{
	u64 *page = page_alloc();
	struct vcpu_info *new = (void *)((u8 *)page + 1024);
	long port = evtchn_bind_ipi(0);

	check(port > 0);
	refusals(page);
	upcalls_off();
	vcpu0_info()->arch.cr2 = 0x1357;
	expect(reg(0, va_mfn(page), 1024), 0);
	expect(new->evtchn_upcall_mask, 1);
	expect(new->evtchn_upcall_pending, 1);
	expect(new->evtchn_pending_sel, ~0UL);
	expect(new->arch.cr2, 0x1357);
	check(new->time.tsc_to_system_mul);
	expect(new->time.version & 1, 0);

	/* The old place is out of use: its mask holds nothing back, no event shows there. */
	new->evtchn_upcall_pending = 0;
	new->evtchn_pending_sel = 0;
	vcpu0_info()->evtchn_upcall_pending = 0;
	expect(evtchn_send(port), 0);
	expect(new->evtchn_upcall_pending, 1);
	expect(new->evtchn_pending_sel, 1UL << (port / 64));
	expect(vcpu0_info()->evtchn_upcall_pending, 0);
	/* CR2 of a fault goes to the new place. */
	trap_reset();
	asm volatile (GUARDED("movq 0x2468, %%rax") ::: "rax", "memory");
	expect(trap.frame.vector, PF);
	expect(new->arch.cr2, 0x2468);
	expect(trap.frame.mask, 1);

	expect(reg(0, va_mfn(page), 0), -XEN_EINVAL);
	expect(reg(0, va_mfn(page), 1024), -XEN_EINVAL);
	must(page_ro(page));
	expect(pin(1, page), -XEN_EINVAL);
	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) == 0) {
		/* Another vCPU that is down may be registered for. */
		must(page_rw(page));
		expect(reg(1, va_mfn(page), 2048), 0);
		expect(((struct vcpu_info *)((u8 *)page + 2048))->evtchn_upcall_pending, 1);
		expect(reg(1, va_mfn(page), 2048), -XEN_EINVAL);
	}
}

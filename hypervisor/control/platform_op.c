/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall platform_op: what domain 0's kernel asks of the machine: the clock,
 * the processors, power-off. Everything else is refused with the error on which
 * Linux does without. For the hardware domain only. No state, no lock.
 */
#include "acpi/acpi.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/features.h"
#include "cpu/percpu.h"
#include "cpu/uaccess.h"
#include "lib/string.h"
#include "time/time.h"
#include <xen/platform.h>

#define ACPI_SLP_EN 0x2000u

static int set_time(u64 secs, u32 nsecs, u64 system_time)
{
	if (nsecs >= 1000000000u)
		return -EINVAL;
	time_set_wallclock(secs, nsecs, system_time);
	return 0;
}

static int platform_settime32(struct xen_platform_op *op)
{
	return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
}

static int platform_settime64(struct xen_platform_op *op)
{
	if (op->u.settime64.mbz)
		return -EINVAL;
	return set_time(op->u.settime64.secs, op->u.settime64.nsecs, op->u.settime64.system_time);
}

/* Workarounds for interrupt controllers of long ago: known, and of no consequence here. */
static int platform_quirk(struct xen_platform_op *op)
{
	u32 id = op->u.platform_quirk.quirk_id;

	return id >= QUIRK_NOIRQBALANCING && id <= QUIRK_IOAPIC_GOOD_REGSEL ? 0 : -EINVAL;
}

/* What the BIOS would tell in real mode; we never asked it. */
static int platform_firmware_info(struct xen_platform_op *op)
{
	switch (op->u.firmware_info.type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
		return -ENOENT;
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return -EOPNOTSUPP;
	case XEN_FW_KBD_SHIFT_FLAGS:
		op->u.firmware_info.u.kbd_shift_flags = 0;
		return 0;
	}
	return -EINVAL;
}

/* S5, with the values that dom0's ACPI interpreter found for the PM1 control registers. */
static int platform_sleep(struct xen_platform_op *op)
{
	const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

	if (s->flags & XENPF_ACPI_SLEEP_EXTENDED)
		return -EOPNOTSUPP;
	if (s->flags || s->sleep_state < 1 || s->sleep_state > 5 || (s->val_a ^ s->val_b) & ACPI_SLP_EN)
		return -EINVAL;
	if (!acpi.pm1a_cnt)
		return -EPERM;
	if (s->sleep_state != 5)
		return -EOPNOTSUPP;
	acpi_enter_s5(s->val_a, s->val_b);
	machine_halt();
}

static int platform_cpuinfo(struct xen_platform_op *op)
{
	struct xenpf_pcpuinfo *c = &op->u.pcpu_info;

	c->max_present = nr_cpus - 1;
	c->apic_id = c->acpi_id = 0;
	if (c->xen_cpuid >= nr_cpus) {
		c->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	c->flags = cpu_online(c->xen_cpuid) ? XEN_PCPU_FLAGS_ONLINE : 0;
	c->apic_id = pcpus[c->xen_cpuid]->apic_id;
	c->acpi_id = pcpus[c->xen_cpuid]->acpi_id;
	return 0;
}

static int platform_cpu_version(struct xen_platform_op *op)
{
	struct xenpf_pcpu_version *c = &op->u.pcpu_version;

	c->max_present = nr_cpus - 1;
	if (!cpu_online(c->xen_cpuid)) {
		memset(c->vendor_id, 0, sizeof(c->vendor_id));
		c->family = c->model = c->stepping = 0;
		return 0;
	}
	memcpy(c->vendor_id, cpu_features.vendor, sizeof(c->vendor_id));
	c->family = cpu_features.family;
	c->model = cpu_features.model;
	c->stepping = cpu_features.stepping;
	return 0;
}

static int platform_unsupported(struct xen_platform_op *op) { return -EOPNOTSUPP; }

/*
 * Not here, and so -ENOSYS: memory types (the MTRRs stay as firmware left them),
 * microcode, EFI, frequency scaling, hot-plug, resource_op and symbols.
 */
static const struct { u32 cmd; int (*fn)(struct xen_platform_op *op); bool result; } rows[] = {
	{ XENPF_settime32, platform_settime32, false },
	{ XENPF_settime64, platform_settime64, false },
	{ XENPF_platform_quirk, platform_quirk, false },
	{ XENPF_firmware_info, platform_firmware_info, true },
	{ XENPF_enter_acpi_sleep, platform_sleep, false },
	{ XENPF_get_cpuinfo, platform_cpuinfo, true },
	{ XENPF_get_cpu_version, platform_cpu_version, true },
	{ XENPF_cpu_online, platform_unsupported, false },
	{ XENPF_cpu_offline, platform_unsupported, false },
};

long hc_platform_op(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[0];
	struct xen_platform_op op;
	int rc = rights_hardware();

	if (rc)
		return rc;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].cmd != op.cmd)
			continue;
		rc = rows[i].fn(&op);
		if (!rc && rows[i].result && copy_to_guest(arg, &op, sizeof(op)))
			rc = -EFAULT;
		return rc;
	}
	return -ENOSYS;
}

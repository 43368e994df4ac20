/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/core/rights.c hypervisor/lib/rangeset.c hypervisor/control/domctl_rights.c */
/* What domain 0 may touch, and what it may lend to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "acpi/acpi.h"
#include "boot/boot.h"
#include "control/domctl.h"
#include "core/rights.h"
#include "cpu/features.h"
#include "dev/console.h"
#include "irq/irq.h"
#include "irq/pirq.h"

struct acpi_info acpi;
struct cpu_features cpu_features;
u16 console_com1_base;
unsigned nr_gsis = 24;

#define GIB (1ull << 30)

static struct domain *dom0, *domu;

static void add_e820(u64 addr, u64 size, u32 type)
{
	boot_info.e820.e[boot_info.e820.nr++] = (struct e820_entry){ addr, size, type };
}

static int setup(void **state)
{
	memset(&boot_info.e820, 0, sizeof(boot_info.e820));
	add_e820(0, 0x9fc00, E820_RAM);
	add_e820(0xf0000, 0x10000, E820_RESERVED);
	add_e820(0x100000, 0x7fe00000 - 0x100000 + 0x800, E820_RAM);
	add_e820(0x7fe00800, 0x1000, E820_ACPI);
	add_e820(0x7ff00000, 0x1000, E820_UNUSABLE);
	acpi.lapic_base = 0xfee00000;
	acpi.nr_ioapics = 1;
	acpi.ioapic[0].base = 0xfec00000;
	acpi.pm_timer_port = 0x608;
	console_com1_base = 0x3f8;
	cpu_features.paddr_bits = 40;
	cpu_features.amd = false;
	dom0 = host_domain_new(0, 1);
	domu = host_domain_new(5, 1);
	host_run_on(0, dom0->vcpu[0]);
	assert_int_equal(rights_domain_init(dom0), 0);
	assert_int_equal(rights_domain_init(domu), 0);
	return 0;
}

static int teardown(void **state)
{
	rights_domain_free(dom0);
	rights_domain_free(domu);
	host_domain_free(domu);
	host_domain_free(dom0);
	assert_int_equal(shim_live_allocs, 0);
	return 0;
}

static bool frame_ok(u64 addr) { return iomem_access_permitted(dom0, addr >> 12, addr >> 12); }
static bool port_ok(u32 port) { return ioport_access_permitted(dom0, port, port); }

static void test_dom0_frames(void **state)
{
	assert_true(frame_ok(0x40e));		/* EBDA pointer */
	assert_true(frame_ok(0xf0000));		/* BIOS */
	assert_true(frame_ok(0xb0000000));	/* MMCONFIG */
	assert_true(frame_ok(0xfed00000));	/* HPET */
	assert_true(frame_ok(0x7fe00800));	/* tables in the frame where RAM ends */
	assert_true(frame_ok((1ull << 40) - 1));
	assert_false(frame_ok(1ull << 40));
	assert_false(frame_ok(0xfee00000));
	assert_false(frame_ok(0xfeefffff));
	assert_true(frame_ok(0xfef00000));
	assert_false(frame_ok(0xfec00000));
	assert_true(frame_ok(0xfec01000));
	assert_false(frame_ok(0x100000));	/* RAM */
	assert_false(frame_ok(0x7fdff000));
	assert_false(frame_ok(0x7ff00000));	/* unusable */
	assert_true(dom0->needs_device_rights);
}

static void test_dom0_ports(void **state)
{
	static const u16 denied[] = {
		0x20, 0x21, 0xa0, 0xa1, 0x40, 0x43, 0x61, 0x70, 0x71, 0xcf8, 0xcfc, 0xcff,
		0x608, 0x60b, 0x3f8, 0x3ff,
	};
	static const u16 allowed[] = {
		0, 0x60, 0x64, 0x92, 0xcf9, 0x604, 0x60c, 0x2f8, 0x3f7, 0x400, 0xffff,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(denied); i++)
		assert_false(port_ok(denied[i]));
	for (unsigned i = 0; i < ARRAY_SIZE(allowed); i++)
		assert_true(port_ok(allowed[i]));
	assert_false(port_ok(0x10000));
	assert_false(ioport_access_permitted(dom0, 0x60, 0x75));
	assert_false(ioport_access_permitted(dom0, 0x65, 0x60));
	assert_false(irq_access_permitted(dom0, 0));
	assert_true(irq_access_permitted(dom0, 1));
	assert_true(irq_access_permitted(dom0, 23));
}

static void test_ht_hole(void **state)
{
	rights_domain_free(dom0);
	cpu_features.amd = true;
	cpu_features.family = 0x10;
	assert_int_equal(rights_domain_init(dom0), 0);
	assert_true(frame_ok(1024 * GIB - 12 * GIB - 1));
	assert_false(frame_ok(1024 * GIB - 12 * GIB));
	assert_false(frame_ok(1024 * GIB - 1));
	rights_domain_free(dom0);
	cpu_features.family = 0x19;
	cpu_features.paddr_bits = 48;
	assert_int_equal(rights_domain_init(dom0), 0);
	assert_true(frame_ok(1024 * GIB - 1));
	assert_false(frame_ok((1ull << 48) - 1));
	assert_false(frame_ok((1ull << 48) - 12 * GIB));
	assert_true(frame_ok((1ull << 48) - 12 * GIB - 1));
}

static void test_no_memory(void **state)
{
	unsigned n = 1;

	for (;; n++) {
		rights_domain_free(dom0);
		shim_fail_alloc = n;
		if (!rights_domain_init(dom0))
			break;
	}
	shim_fail_alloc = 0;
	assert_true(n > 3);
}

static int lend_frames(u64 mfn, u64 nr, u8 allow)
{
	struct xen_domctl op = {
		.u.iomem_permission = { .first_mfn = mfn, .nr_mfns = nr, .allow_access = allow },
	};

	return domctl_iomem_permission(domu, &op);
}

static int lend_ports(u32 port, u32 nr, u8 allow)
{
	struct xen_domctl op = {
		.u.ioport_permission = { .first_port = port, .nr_ports = nr, .allow_access = allow },
	};

	return domctl_ioport_permission(domu, &op);
}

static int lend_irq(u32 pirq, u8 allow)
{
	struct xen_domctl op = { .u.irq_permission = { .pirq = pirq, .allow_access = allow } };

	return domctl_irq_permission(domu, &op);
}

static void test_lending(void **state)
{
	assert_false(domu->needs_device_rights);
	assert_int_equal(lend_frames(0xb0000, 16, 1), 0);
	assert_true(iomem_access_permitted(domu, 0xb0000, 0xb000f));
	assert_false(iomem_access_permitted(domu, 0xb0000, 0xb0010));
	assert_true(domu->needs_device_rights);
	assert_int_equal(lend_frames(0xb0000, 16, 0), 0);
	assert_false(domu->needs_device_rights);
	assert_int_equal(lend_ports(0x2f8, 8, 1), 0);
	assert_true(ioport_access_permitted(domu, 0x2f8, 0x2ff));
	assert_true(domu->needs_device_rights);
	assert_int_equal(lend_irq(3, 1), 0);
	assert_true(irq_access_permitted(domu, 3));
	assert_int_equal(lend_irq(3, 0), 0);
	assert_false(irq_access_permitted(domu, 3));
}

static void test_lending_refused(void **state)
{
	assert_int_equal(lend_frames(0xb0000, 0, 1), -EINVAL);
	assert_int_equal(lend_frames(~0ull, 2, 1), -EINVAL);
	assert_int_equal(lend_frames(~0ull, 1, 1), -EINVAL);
	assert_int_equal(lend_frames(0, ~0ull, 1), -EINVAL);
	assert_int_equal(lend_frames(0xfee00, 1, 1), -EPERM);
	assert_int_equal(lend_frames(0x200, 1, 1), -EPERM);
	assert_int_equal(lend_ports(0x2f8, 0, 1), -EINVAL);
	assert_int_equal(lend_ports(0xffff, 2, 1), -EINVAL);
	assert_int_equal(lend_ports(0xffff0000, 0x10001, 1), -EINVAL);
	assert_int_equal(lend_ports(0, 0xffffffff, 1), -EINVAL);
	assert_int_equal(lend_ports(0x3f8, 1, 1), -EPERM);
	assert_int_equal(lend_irq(0, 1), -EPERM);
	assert_int_equal(lend_irq(40, 1), -EPERM);
	assert_int_equal(lend_irq(NR_IRQS, 1), -EINVAL);
	assert_int_equal(lend_irq(~0u, 1), -EINVAL);
	assert_true(rangeset_is_empty(domu->iomem_caps) && rangeset_is_empty(domu->ioport_caps) &&
		    rangeset_is_empty(domu->irq_caps));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dom0_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dom0_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ht_hole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lending, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lending_refused, setup, teardown),
	};
	int rc;

	host_machine_init(64);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sets of machine frames, I/O ports and interrupts that a domain may use.
 * Owns: d->iomem_caps, d->ioport_caps, d->irq_caps. A new domain's sets are
 * empty; domain 0 gets everything that the hypervisor does not drive itself:
 *
 *   frames  all that the processor can address, but for the local APIC, the
 *           IO-APICs, the window where interrupt messages are written, RAM above
 *           1 MiB (it has an owner, or is ours) and what firmware calls unusable
 *   ports   all but the interrupt controllers, the timers, the PCI and CMOS
 *           index registers (which are emulated) and our serial line
 *   irqs    all but 0, the timer
 *
 * Each set has a lock of its own (lib/rangeset.h); nothing else is needed.
 */
#include "core/rights.h"
#include "acpi/acpi.h"
#include "boot/boot.h"
#include "cpu/features.h"
#include "dev/console.h"
#include "irq/irq.h"

#define MSI_FIRST_MFN	(0xfee00000ull >> PAGE_SHIFT)
#define MSI_LAST_MFN	(0xfeefffffull >> PAGE_SHIFT)
#define LOW_MEM_END	0x100000ull
#define HT_HOLE_SIZE	(12ull << 30)

int rights_domain_init(struct domain *d)
{
	d->iomem_caps = rangeset_new("I/O memory");
	d->irq_caps = rangeset_new("interrupts");
	d->ioport_caps = rangeset_new("I/O ports");
	if (!d->iomem_caps || !d->irq_caps || !d->ioport_caps) {
		rights_domain_free(d);
		return -ENOMEM;
	}
	return d->is_hardware ? rights_setup_dom0(d) : 0;
}

void rights_domain_free(struct domain *d)
{
	if (d->iomem_caps)
		rangeset_free(d->iomem_caps);
	if (d->irq_caps)
		rangeset_free(d->irq_caps);
	if (d->ioport_caps)
		rangeset_free(d->ioport_caps);
	d->iomem_caps = d->irq_caps = d->ioport_caps = NULL;
}

bool iomem_access_permitted(struct domain *d, u64 s_mfn, u64 e_mfn)
{
	return d->iomem_caps && s_mfn <= e_mfn && rangeset_contains(d->iomem_caps, s_mfn, e_mfn);
}

bool ioport_access_permitted(struct domain *d, u32 s, u32 e)
{
	return d->ioport_caps && s <= e && rangeset_contains(d->ioport_caps, s, e);
}

bool irq_access_permitted(struct domain *d, u32 irq)
{
	return d->irq_caps && rangeset_contains(d->irq_caps, irq, irq);
}

void rights_update(struct domain *d)
{
	d->needs_device_rights = !rangeset_is_empty(d->iomem_caps) ||
				 !rangeset_is_empty(d->ioport_caps);
}

/*
 * AMD processors route 12 GiB of addresses to HyperTransport and not to memory:
 * below 1 TiB before family 17h, below the top of the address space since.
 */
static u64 ht_hole_end(void)
{
	if (!cpu_features.amd)
		return 0;
	if (cpu_features.family < 0x17)
		return cpu_features.paddr_bits >= 40 ? 1ull << 40 : 0;
	return 1ull << cpu_features.paddr_bits;
}

static int deny_frames(struct domain *d, u64 start, u64 size)
{
	if (!size)
		return 0;
	return rangeset_remove(d->iomem_caps, start >> PAGE_SHIFT, (start + size - 1) >> PAGE_SHIFT);
}

static int dom0_frames(struct domain *d)
{
	u64 ht_end = ht_hole_end();
	int rc = rangeset_add(d->iomem_caps, 0, (1ull << (cpu_features.paddr_bits - PAGE_SHIFT)) - 1);

	if (!rc)
		rc = deny_frames(d, acpi.lapic_base & PAGE_MASK, acpi.lapic_base ? PAGE_SIZE : 0);
	for (unsigned i = 0; !rc && i < acpi.nr_ioapics; i++)
		rc = deny_frames(d, acpi.ioapic[i].base & PAGE_MASK, PAGE_SIZE);
	if (!rc)
		rc = rangeset_remove(d->iomem_caps, MSI_FIRST_MFN, MSI_LAST_MFN);
	if (!rc && ht_end)
		rc = deny_frames(d, ht_end - HT_HOLE_SIZE, HT_HOLE_SIZE);
	for (unsigned i = 0; !rc && i < boot_info.e820.nr; i++) {
		const struct e820_entry *e = &boot_info.e820.e[i];
		u64 s = max(e->addr, LOW_MEM_END), end = e->addr + e->size;

		if (e->type != E820_RAM && e->type != E820_UNUSABLE)
			continue;
		/* A frame that is only partly RAM keeps what else is in it: Linux maps tables there. */
		if (e->type == E820_RAM) {
			s = ROUND_UP(s, (u64)PAGE_SIZE);
			end = ROUND_DOWN(end, (u64)PAGE_SIZE);
		}
		if (s < end)
			rc = deny_frames(d, s, end - s);
	}
	return rc;
}

static int deny_ports(struct domain *d, u32 first, u32 nr)
{
	return first && nr ? rangeset_remove(d->ioport_caps, first, first + nr - 1) : 0;
}

static int dom0_ports(struct domain *d)
{
	static const struct { u16 first, nr; } ours[] = {
		{ 0x20, 2 }, { 0xa0, 2 },	/* interrupt controllers */
		{ 0x40, 4 }, { 0x61, 1 },	/* interval timer and its gate */
		{ 0x70, 2 },			/* CMOS: shared with our wall clock */
		{ 0xcf8, 1 }, { 0xcfc, 4 },	/* PCI configuration; 0xcf9 is the reset register */
	};
	int rc = rangeset_add(d->ioport_caps, 0, 0xffff);

	for (unsigned i = 0; !rc && i < ARRAY_SIZE(ours); i++)
		rc = deny_ports(d, ours[i].first, ours[i].nr);
	if (!rc)
		rc = deny_ports(d, acpi.pm_timer_port, 4);
	if (!rc)
		rc = deny_ports(d, console_com1_base, 8);
	return rc;
}

int rights_setup_dom0(struct domain *d)
{
	int rc = dom0_frames(d);

	if (!rc)
		rc = dom0_ports(d);
	if (!rc)
		rc = rangeset_add(d->irq_caps, 1, NR_IRQS - 1);
	if (!rc)
		rights_update(d);
	return rc;
}

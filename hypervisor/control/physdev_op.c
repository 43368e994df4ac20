/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall physdev_op: interrupts and PCI devices for the domain that drives
 * them, and the virtual I/O privilege of a PV vCPU. One table, one function per
 * operation; each request is copied in once, and back if it has results.
 *
 * No lock of its own: irq/ and dev/ have theirs; d->event_lock guards the EOI map.
 */
#include "control/control.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "dev/pci.h"
#include "evtchn/evtchn.h"
#include "irq/irq.h"
#include "irq/msi.h"
#include "irq/pirq.h"
#include "lib/string.h"
#include "pv/pv.h"
#include <xen/physdev.h>

union physdev_arg {
	struct physdev_eoi eoi;
	struct physdev_pirq_eoi_gmfn eoi_gmfn;
	struct physdev_irq_status_query status;
	struct physdev_set_iopl iopl;
	struct physdev_set_iobitmap iobitmap;
	struct physdev_apic apic;
	struct physdev_irq irq;
	struct physdev_map_pirq map;
	struct physdev_unmap_pirq unmap;
	struct physdev_manage_pci manage;
	struct physdev_manage_pci_ext manage_ext;
	struct physdev_setup_gsi gsi;
	struct physdev_pci_mmcfg_reserved mmcfg;
	struct physdev_pci_device_add add;
	struct physdev_pci_device dev;
	struct physdev_dbgp_op dbgp;
};

/* With an EOI map of the first kind the event's mask is taken away in the same go. */
static int op_eoi(union physdev_arg *a)
{
	struct domain *d = current_domain();
	struct pirq *p;
	u32 port = 0;
	u64 flags;

	if (d->pirq_auto_unmask) {
		flags = spin_lock_irqsave(&d->event_lock);
		p = pirq_find(d, a->eoi.irq);
		port = p ? p->evtchn : 0;
		spin_unlock_irqrestore(&d->event_lock, flags);
	}
	if (port)
		(void)evtchn_unmask(d, port);
	return pirq_eoi(d, a->eoi.irq);
}

/* A page in which the guest finds, by pirq, whether an EOI hypercall is needed. Once per domain. */
static int set_eoi_map(u64 mfn, bool auto_unmask)
{
	struct domain *d = current_domain();
	struct page *pg = mfn_get(_mfn(mfn), d);
	u64 flags;

	if (!pg)
		return -EINVAL;
	if (!page_get_type_writable(pg)) {
		page_put(pg);
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	if (d->pirq_eoi_page) {
		spin_unlock_irqrestore(&d->event_lock, flags);
		page_put_writable(pg);
		return -EBUSY;
	}
	d->pirq_auto_unmask = auto_unmask;
	d->pirq_eoi_page = pg;
	d->pirq_eoi_map = page_to_virt(pg);
	pirq_eoi_map_refresh(d);
	spin_unlock_irqrestore(&d->event_lock, flags);
	return 0;
}

static int op_eoi_gmfn_v1(union physdev_arg *a) { return set_eoi_map(a->eoi_gmfn.gmfn, true); }
static int op_eoi_gmfn_v2(union physdev_arg *a) { return set_eoi_map(a->eoi_gmfn.gmfn, false); }

static int op_irq_status(union physdev_arg *a)
{
	if (a->status.irq >= current_domain()->nr_pirqs)
		return -EINVAL;
	a->status.flags = XENIRQSTAT_needs_eoi;
	return 0;
}

static int op_set_iopl(union physdev_arg *a)
{
	if (a->iopl.iopl > 3)
		return -EINVAL;
	pv_vcpu(current)->iopl = (u8)a->iopl.iopl;
	return 0;
}

static int op_set_iobitmap(union physdev_arg *a)
{
	if (a->iobitmap.nr_ports > 65536 ||
	    !guest_range_ok(a->iobitmap.bitmap.p, DIV_ROUND_UP(a->iobitmap.nr_ports, 8)))
		return -EINVAL;
	pv_vcpu(current)->iobitmap = a->iobitmap.bitmap.p;
	pv_vcpu(current)->iobitmap_limit = a->iobitmap.nr_ports;
	return 0;
}

static int op_apic_read(union physdev_arg *a)
{
	return ioapic_read(a->apic.apic_physbase, a->apic.reg, &a->apic.value);
}

/* We alone program the IO-APICs (setup_gsi); a write is checked and has no effect. */
static int op_apic_write(union physdev_arg *a)
{
	u32 val;

	return ioapic_read(a->apic.apic_physbase, a->apic.reg, &val);
}

/* Vectors are ours. Linux insists on an answer before it takes a line into use. */
static int op_alloc_irq_vector(union physdev_arg *a)
{
	if (a->irq.irq >= nr_gsis)
		return -EINVAL;
	a->irq.vector = a->irq.irq;
	return 0;
}

static int map_gsi(struct domain *d, struct physdev_map_pirq *m)
{
	if (m->index < 0 || (unsigned)m->index >= nr_gsis)
		return -EINVAL;
	if (!irq_access_permitted(current_domain(), m->index))
		return -EPERM;
	return pirq_map_gsi(d, m->index, &m->pirq);
}

static int map_msi(struct domain *d, struct physdev_map_pirq *m)
{
	struct msi_info info = {
		.bus = (u8)m->bus, .devfn = (u8)m->devfn,
		.entry_nr = m->entry_nr, .table_base = m->table_base,
	};

	if (m->type == MAP_PIRQ_TYPE_MSI) {
		if (!m->table_base)
			info.entry_nr = 1;
	} else {
		info.seg = (u32)m->bus >> 16;
	}
	/* More than one vector would have to be consecutive: needs interrupt remapping. */
	if (m->type == MAP_PIRQ_TYPE_MULTI_MSI) {
		if (m->entry_nr <= 0 || m->entry_nr > 32)
			return -EDOM;
		if (m->entry_nr != 1 || m->table_base)
			return -EOPNOTSUPP;
	}
	return pirq_map_msi(d, &info, &m->pirq);
}

static int op_map_pirq(union physdev_arg *a)
{
	struct physdev_map_pirq *m = &a->map;
	struct domain *d = domain_get_any(m->domid);
	int rc;

	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	if (!rc && d->is_dying)
		rc = -EINVAL;
	if (!rc) {
		switch (m->type) {
		case MAP_PIRQ_TYPE_GSI:
			rc = map_gsi(d, m);
			break;
		case MAP_PIRQ_TYPE_MSI:
		case MAP_PIRQ_TYPE_MSI_SEG:
		case MAP_PIRQ_TYPE_MULTI_MSI:
			rc = map_msi(d, m);
			break;
		default:
			rc = -EINVAL;
		}
	}
	domain_put(d);
	return rc;
}

static int op_unmap_pirq(union physdev_arg *a)
{
	struct domain *d = domain_get_any(a->unmap.domid);
	int rc;

	if (!d)
		return -ESRCH;
	rc = rights_target(d);
	if (!rc)
		rc = pirq_unmap(d, a->unmap.pirq);
	domain_put(d);
	return rc;
}

static int op_setup_gsi(union physdev_arg *a)
{
	if (a->gsi.gsi < 0 || (unsigned)a->gsi.gsi >= nr_gsis ||
	    a->gsi.triggering > 1 || a->gsi.polarity > 1)
		return -EINVAL;
	return ioapic_setup_gsi(a->gsi.gsi, a->gsi.triggering, a->gsi.polarity);
}

static int op_mmcfg(union physdev_arg *a)
{
	/* What we will map as device registers must not be memory. */
	if (a->mmcfg.end_bus < a->mmcfg.start_bus || a->mmcfg.address >> 52 ||
	    a->mmcfg.address & ~PAGE_MASK || mfn_valid(maddr_to_mfn(a->mmcfg.address)))
		return -EINVAL;
	if (a->mmcfg.flags & XEN_PCI_MMCFG_RESERVED)
		pci_add_mmcfg(a->mmcfg.address, a->mmcfg.segment, a->mmcfg.start_bus, a->mmcfg.end_bus);
	return 0;
}

static int op_device_add(union physdev_arg *a)
{
	if (a->add.flags & ~(XEN_PCI_DEV_EXTFN | XEN_PCI_DEV_VIRTFN | XEN_PCI_DEV_PXM))
		return -EINVAL;
	return pci_device_add(a->add.seg, a->add.bus, a->add.devfn);
}

static int op_device_remove(union physdev_arg *a)
{
	return pci_device_remove(a->dev.seg, a->dev.bus, a->dev.devfn);
}

static int op_manage_add(union physdev_arg *a)
{
	return pci_device_add(0, a->manage.bus, a->manage.devfn);
}

static int op_manage_remove(union physdev_arg *a)
{
	return pci_device_remove(0, a->manage.bus, a->manage.devfn);
}

static int op_manage_add_ext(union physdev_arg *a)
{
	return pci_device_add(0, a->manage_ext.bus, a->manage_ext.devfn);
}

static int op_restore_msi(union physdev_arg *a)
{
	return msi_restore(0, a->manage.bus, a->manage.devfn);
}

static int op_restore_msi_ext(union physdev_arg *a)
{
	return msi_restore(a->dev.seg, a->dev.bus, a->dev.devfn);
}

/* pciback takes a device away from its drivers in dom0: nothing of it is in our hands yet. */
static int op_msix_owner(union physdev_arg *a)
{
	return pci_device_known(a->dev.seg, a->dev.bus, a->dev.devfn) ? 0 : -ENODEV;
}

/* We have no console on a USB debug port that a controller reset could disturb. */
static int op_dbgp(union physdev_arg *a)
{
	if (a->dbgp.op != PHYSDEVOP_DBGP_RESET_PREPARE && a->dbgp.op != PHYSDEVOP_DBGP_RESET_DONE)
		return -EINVAL;
	return 0;
}

#define ANYBODY 0u			/* else: the hardware domain alone */
#define HARDWARE 1u
#define RESULT 2u			/* copied back when it worked */

#define OP(nr, fn, member, flags) \
	[nr] = { fn, sizeof(((union physdev_arg *)0)->member), flags }

static const struct physdev_row {
	int (*fn)(union physdev_arg *a);
	u8 size, flags;
} rows[] = {
	OP(PHYSDEVOP_irq_status_query, op_irq_status, status, RESULT),
	OP(PHYSDEVOP_set_iopl, op_set_iopl, iopl, ANYBODY),
	OP(PHYSDEVOP_set_iobitmap, op_set_iobitmap, iobitmap, ANYBODY),
	OP(PHYSDEVOP_apic_read, op_apic_read, apic, HARDWARE | RESULT),
	OP(PHYSDEVOP_apic_write, op_apic_write, apic, HARDWARE),
	OP(PHYSDEVOP_alloc_irq_vector, op_alloc_irq_vector, irq, HARDWARE | RESULT),
	OP(PHYSDEVOP_eoi, op_eoi, eoi, ANYBODY),
	OP(PHYSDEVOP_map_pirq, op_map_pirq, map, HARDWARE | RESULT),
	OP(PHYSDEVOP_unmap_pirq, op_unmap_pirq, unmap, ANYBODY),
	OP(PHYSDEVOP_manage_pci_add, op_manage_add, manage, HARDWARE),
	OP(PHYSDEVOP_manage_pci_remove, op_manage_remove, manage, HARDWARE),
	OP(PHYSDEVOP_pirq_eoi_gmfn_v1, op_eoi_gmfn_v1, eoi_gmfn, ANYBODY),
	OP(PHYSDEVOP_restore_msi, op_restore_msi, manage, HARDWARE),
	OP(PHYSDEVOP_manage_pci_add_ext, op_manage_add_ext, manage_ext, HARDWARE),
	OP(PHYSDEVOP_setup_gsi, op_setup_gsi, gsi, HARDWARE),
	OP(PHYSDEVOP_pci_mmcfg_reserved, op_mmcfg, mmcfg, HARDWARE),
	OP(PHYSDEVOP_pci_device_add, op_device_add, add, HARDWARE),
	OP(PHYSDEVOP_pci_device_remove, op_device_remove, dev, HARDWARE),
	OP(PHYSDEVOP_restore_msi_ext, op_restore_msi_ext, dev, HARDWARE),
	OP(PHYSDEVOP_pirq_eoi_gmfn_v2, op_eoi_gmfn_v2, eoi_gmfn, ANYBODY),
	OP(PHYSDEVOP_dbgp_op, op_dbgp, dbgp, HARDWARE),
	OP(PHYSDEVOP_prepare_msix, op_msix_owner, dev, HARDWARE),
	OP(PHYSDEVOP_release_msix, op_msix_owner, dev, HARDWARE),
};

long hc_physdev_op(struct hc_args *a)
{
	u64 cmd = (u32)a->arg[0];
	void __guest *arg = (void __guest *)a->arg[1];
	const struct physdev_row *row = cmd < ARRAY_SIZE(rows) ? &rows[cmd] : NULL;
	union physdev_arg u;
	int rc;

	if (!row || !row->fn)
		return -ENOSYS;
	if (row->flags & HARDWARE && rights_hardware())
		return -EPERM;
	memset(&u, 0, sizeof(u));
	if (copy_from_guest(&u, arg, row->size))
		return -EFAULT;
	rc = row->fn(&u);
	if (!rc && row->flags & RESULT && copy_to_guest(arg, &u, row->size))
		rc = -EFAULT;
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space. The first 256 bytes of segment 0 go through ports
 * 0xCF8/0xCFC, which every board has; the rest through MMCONFIG, whose buses
 * are mapped when dom0 reports their first device (never in a handler).
 *
 * dom0 itself uses the same two ports, emulated by us: pci_lock
 * (LOCK_IRQ_CHIP, irqsave) keeps address and data together. device_lock
 * (LOCK_LEAF, irqsave) guards the list of known devices.
 */
#include "cpu/cpu.h"
#include "dev/pci.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "sync/spinlock.h"

#define CF8 0xcf8
#define CFC 0xcfc
#define CF8_ENABLE 0x80000000u
#define MAX_AREAS 8
#define BUS_SIZE (1u << 20)
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPS 0x10u
#define PCI_HEADER_TYPE 0x0e
#define PCI_CAP_PTR 0x34
#define PCI_CAP_PTR_CARDBUS 0x14

static spinlock_t pci_lock = SPINLOCK_INIT(LOCK_IRQ_CHIP);
static spinlock_t device_lock = SPINLOCK_INIT(LOCK_LEAF);

static struct area {
	paddr_t base;			/* of bus 0 */
	u16 seg;
	u8 start, end;
	volatile u8 *bus[256];
} areas[MAX_AREAS];
static unsigned nr_areas;

struct pci_device {
	struct list list;
	struct pci_dev_id id;
};
static struct list devices = LIST_INIT(devices);

void pci_add_mmcfg(paddr_t base, u16 seg, u8 start_bus, u8 end_bus)
{
	u64 f = spin_lock_irqsave(&pci_lock);
	unsigned i;

	for (i = 0; i < nr_areas; i++)
		if (areas[i].seg == seg && start_bus <= areas[i].end && end_bus >= areas[i].start)
			break;
	if (i == nr_areas && nr_areas < MAX_AREAS && start_bus <= end_bus) {
		areas[i].base = base;
		areas[i].seg = seg;
		areas[i].start = start_bus;
		areas[i].end = end_bus;
		nr_areas++;
	}
	spin_unlock_irqrestore(&pci_lock, f);
}

static struct area *area_of(u16 seg, u8 bus)
{
	for (unsigned i = 0; i < nr_areas; i++)
		if (areas[i].seg == seg && bus >= areas[i].start && bus <= areas[i].end)
			return &areas[i];
	return NULL;
}

static void map_bus(u16 seg, u8 bus)
{
	struct area *a = area_of(seg, bus);
	volatile u8 *va;

	if (!a || a->bus[bus])
		return;
	va = ioremap(a->base + (u64)bus * BUS_SIZE, BUS_SIZE);
	if (va && a->bus[bus] == NULL)
		a->bus[bus] = va;
}

static volatile u8 *mmcfg(u16 seg, u8 bus, u8 devfn, u16 reg)
{
	struct area *a = area_of(seg, bus);

	return a && a->bus[bus] ? a->bus[bus] + ((u32)devfn << 12) + reg : NULL;
}

/* ---- ports; with pci_lock ---- */

static u32 port_read(u32 cf8, unsigned offset, unsigned size)
{
	u16 port = (u16)(CFC + offset);

	outl(cf8, CF8);
	return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void port_write(u32 cf8, unsigned offset, unsigned size, u32 val)
{
	u16 port = (u16)(CFC + offset);

	outl(cf8, CF8);
	if (size == 1)
		outb((u8)val, port);
	else if (size == 2)
		outw((u16)val, port);
	else
		outl(val, port);
}

static bool access_ok(unsigned offset, unsigned size)
{
	return (size == 1 || size == 2 || size == 4) && offset < 4 && offset + size <= 4;
}

u32 pci_cf8_read(u32 cf8, unsigned offset, unsigned size)
{
	u32 v;
	u64 f;

	if (!access_ok(offset, size) || !(cf8 & CF8_ENABLE))
		return ~0u;
	f = spin_lock_irqsave(&pci_lock);
	v = port_read(cf8, offset, size);
	spin_unlock_irqrestore(&pci_lock, f);
	return v;
}

void pci_cf8_write(u32 cf8, unsigned offset, unsigned size, u32 val)
{
	u64 f;

	if (!access_ok(offset, size) || !(cf8 & CF8_ENABLE))
		return;
	f = spin_lock_irqsave(&pci_lock);
	port_write(cf8, offset, size, val);
	spin_unlock_irqrestore(&pci_lock, f);
}

/* ---- by address ---- */

static bool by_ports(u16 seg, u16 reg) { return !seg && reg < 256; }

static u32 cf8_address(u8 bus, u8 devfn, u16 reg)
{
	return CF8_ENABLE | (u32)bus << 16 | (u32)devfn << 8 | (reg & 0xfcu);
}

u32 pci_read(u16 seg, u8 bus, u8 devfn, u16 reg, unsigned size)
{
	volatile u8 *p;
	u32 v = ~0u;
	u64 f;

	if (!access_ok(reg & 3, size) || reg >= 4096)
		return ~0u;
	f = spin_lock_irqsave(&pci_lock);
	if (by_ports(seg, reg)) {
		v = port_read(cf8_address(bus, devfn, reg), reg & 3, size);
	} else {
		p = mmcfg(seg, bus, devfn, reg);
		if (p)
			v = size == 1 ? *p : size == 2 ? *(volatile u16 *)p : *(volatile u32 *)p;
	}
	spin_unlock_irqrestore(&pci_lock, f);
	return size == 4 ? v : v & ((1u << size * 8) - 1);
}

void pci_write(u16 seg, u8 bus, u8 devfn, u16 reg, unsigned size, u32 val)
{
	volatile u8 *p;
	u64 f;

	if (!access_ok(reg & 3, size) || reg >= 4096)
		return;
	f = spin_lock_irqsave(&pci_lock);
	p = by_ports(seg, reg) ? NULL : mmcfg(seg, bus, devfn, reg);
	if (by_ports(seg, reg))
		port_write(cf8_address(bus, devfn, reg), reg & 3, size, val);
	else if (p && size == 1)
		*p = (u8)val;
	else if (p && size == 2)
		*(volatile u16 *)p = (u16)val;
	else if (p)
		*(volatile u32 *)p = val;
	spin_unlock_irqrestore(&pci_lock, f);
}

/* The list is the device's word: at most 48 of them fit, so a loop is seen. */
u16 pci_find_cap(u16 seg, u8 bus, u8 devfn, u8 cap)
{
	u32 status = pci_read(seg, bus, devfn, PCI_STATUS, 2);
	bool cardbus = (pci_read(seg, bus, devfn, PCI_HEADER_TYPE, 1) & 0x7f) == 2;
	u32 pos;

	if (status == 0xffff || !(status & PCI_STATUS_CAPS))
		return 0;
	pos = pci_read(seg, bus, devfn, cardbus ? PCI_CAP_PTR_CARDBUS : PCI_CAP_PTR, 1);
	for (unsigned n = 0; n < 48; n++) {
		pos &= ~3u;
		if (pos < 0x40)
			return 0;
		if (pci_read(seg, bus, devfn, (u16)pos, 1) == cap)
			return (u16)pos;
		pos = pci_read(seg, bus, devfn, (u16)(pos + 1), 1);
	}
	return 0;
}

/* ---- known devices ---- */

static struct pci_device *device_find(u16 seg, u8 bus, u8 devfn)
{
	struct pci_device *p;

	list_for_each_entry(p, &devices, list)
		if (p->id.seg == seg && p->id.bus == bus && p->id.devfn == devfn)
			return p;
	return NULL;
}

int pci_device_add(u16 seg, u8 bus, u8 devfn)
{
	struct pci_device *p = knew(struct pci_device);
	bool known;
	u64 f;

	if (!p)
		return -ENOMEM;
	p->id = (struct pci_dev_id){ .seg = seg, .bus = bus, .devfn = devfn };
	f = spin_lock_irqsave(&device_lock);
	known = device_find(seg, bus, devfn);
	if (!known)
		list_add_tail(&p->list, &devices);
	spin_unlock_irqrestore(&device_lock, f);
	if (known)
		kfree(p);
	else
		map_bus(seg, bus);
	return 0;
}

int pci_device_remove(u16 seg, u8 bus, u8 devfn)
{
	u64 f = spin_lock_irqsave(&device_lock);
	struct pci_device *p = device_find(seg, bus, devfn);

	if (p)
		list_del(&p->list);
	spin_unlock_irqrestore(&device_lock, f);
	kfree(p);
	return p ? 0 : -ENODEV;
}

bool pci_device_known(u16 seg, u8 bus, u8 devfn)
{
	u64 f = spin_lock_irqsave(&device_lock);
	bool known = device_find(seg, bus, devfn);

	spin_unlock_irqrestore(&device_lock, f);
	return known;
}

unsigned pci_device_list(struct pci_dev_id *out, unsigned max_nr)
{
	u64 f = spin_lock_irqsave(&device_lock);
	struct pci_device *p;
	unsigned n = 0;

	list_for_each_entry(p, &devices, list) {
		if (n < max_nr)
			out[n] = p->id;
		n++;
	}
	spin_unlock_irqrestore(&device_lock, f);
	return n;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Port I/O of PV guests: who may do it (virtual IOPL or I/O bitmap), to what
 * (the domain's ports), and the few ports that the hypervisor shares with
 * domain 0: the PIT's speaker channel, the CMOS clock, PCI configuration.
 *
 * Lock: rtc_lock keeps index and data accesses of 0x70/0x71 together; the
 * hypervisor's own reads of the clock end before domain 0 starts.
 */
#include "core/rights.h"
#include "cpu/cpu.h"
#include "cpu/uaccess.h"
#include "dev/pci.h"
#include "pv/pv.h"

static spinlock_t rtc_lock = SPINLOCK_INIT(LOCK_LEAF);

/* The bitmap is in guest memory and read at each use: a fault means no. */
static bool bitmap_allows(const struct pv_vcpu *pv, u16 port, unsigned size)
{
	const u8 __guest *map = pv->iobitmap;
	u8 b[2];

	if (!map || port + size > pv->iobitmap_limit)
		return false;
	if (copy_from_guest(b, map + port / 8, 1))
		return false;
	b[1] = 0;
	if (port % 8 + size > 8 && copy_from_guest(b + 1, map + port / 8 + 1, 1))
		return false;
	return !((b[0] | b[1] << 8) >> port % 8 & ((1u << size) - 1));
}

bool pv_io_allowed(struct vcpu *v, u16 port, unsigned size)
{
	bool arch = test_bit(VMASST_TYPE_architectural_iopl, &v->domain->vm_assist);
	unsigned need = !v->pv->kernel_mode ? 3 : arch ? 0 : 1;

	return v->pv->iopl >= need || bitmap_allows(v->pv, port, size);
}

static u32 port_in(u16 port, unsigned size)
{
	return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void port_out(u16 port, unsigned size, u32 val)
{
	if (size == 1)
		outb((u8)val, port);
	else if (size == 2)
		outw((u16)val, port);
	else
		outl(val, port);
}

static u8 cmos_read(struct vcpu *v)
{
	u64 flags = spin_lock_irqsave(&rtc_lock);
	u8 val;

	outb(v->domain->pv->cmos_index & 0x7f, 0x70);
	val = inb(0x71);
	spin_unlock_irqrestore(&rtc_lock, flags);
	return val;
}

static void cmos_write(struct vcpu *v, u8 val)
{
	u64 flags = spin_lock_irqsave(&rtc_lock);

	outb(v->domain->pv->cmos_index & 0x7f, 0x70);
	outb(val, 0x71);
	spin_unlock_irqrestore(&rtc_lock, flags);
}

/* One byte of a port that is not given to the domain as it is. */
static u8 shared_read(struct vcpu *v, u16 port)
{
	if (!v->domain->is_hardware)
		return 0xff;
	switch (port) {
	case 0x42:
	case 0x61:
		return inb(port);
	case 0x70:
		return v->domain->pv->cmos_index;
	case 0x71:
		return cmos_read(v);
	}
	return 0xff;
}

static void shared_write(struct vcpu *v, u16 port, u8 val)
{
	if (!v->domain->is_hardware)
		return;
	switch (port) {
	case 0x42:
		outb(val, port);
		break;
	case 0x43:	/* channel 2 only; the others, and read-back, are the hypervisor's */
		if (val >> 6 == 2)
			outb(val, port);
		break;
	case 0x61:	/* gate and speaker only */
		outb((u8)((inb(port) & 0xc) | (val & 3)), port);
		break;
	case 0x70:
		v->domain->pv->cmos_index = val;
		break;
	case 0x71:
		cmos_write(v, val);
		break;
	}
}

static inline bool is_pci_config(u16 port, unsigned size)
{
	return (port == 0xcf8 && size == 4) || (port >= 0xcfc && port + size <= 0xd00);
}

u32 pv_io_read(struct vcpu *v, u16 port, unsigned size)
{
	struct domain *d = v->domain;
	u32 val = 0;

	if (is_pci_config(port, size)) {
		if (port == 0xcf8)
			return d->pv->pci_cf8;
		return d->is_hardware && (d->pv->pci_cf8 >> 31) ?
			pci_cf8_read(d->pv->pci_cf8, port & 3u, size) : ~0u;
	}
	if (ioport_access_permitted(d, port, port + size - 1))
		return port_in(port, size);
	for (unsigned i = 0; i < size; i++)
		val |= (u32)shared_read(v, (u16)(port + i)) << (i * 8);
	return val;
}

void pv_io_write(struct vcpu *v, u16 port, unsigned size, u32 val)
{
	struct domain *d = v->domain;

	if (is_pci_config(port, size)) {
		if (port == 0xcf8)
			d->pv->pci_cf8 = val;
		else if (d->is_hardware && (d->pv->pci_cf8 >> 31))
			pci_cf8_write(d->pv->pci_cf8, port & 3u, size, val);
		return;
	}
	if (ioport_access_permitted(d, port, port + size - 1)) {
		port_out(port, size, val);
		return;
	}
	for (unsigned i = 0; i < size; i++)
		shared_write(v, (u16)(port + i), (u8)(val >> (i * 8)));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message-signalled interrupts. We write the address, the data and the mask
 * bits; the capability's enable bit is dom0's and is put back as it was found.
 *
 * What dom0 says about a device is checked against the device: the capability
 * must exist, the entry must be in the table, the table in the BAR that dom0
 * named, and that BAR outside RAM. One irq per entry; a second attempt on an
 * entry in use fails.
 *
 * Locks: msi_lock (LOCK_MSI) guards who has which entry; masks and messages
 * change under the descriptor's lock, taken inside it. No handler takes msi_lock,
 * and interrupts must stay on under it: mapping a table page allocates, which may
 * have to wait for other processors.
 */
#include "cpu/percpu.h"
#include "dev/pci.h"
#include "irq/irq.h"
#include "irq/msi.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/printk.h"
#include "mm/heap.h"
#include "mm/map.h"

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY 2u
#define PCI_BAR(n) (0x10 + 4 * (n))
#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11

#define MSI_CTRL 2
#define MSI_CTRL_ENABLE 1u
#define MSI_CTRL_QSIZE 0x70u		/* vectors enabled, log2 */
#define MSI_CTRL_64BIT 0x80u
#define MSI_CTRL_MASKABLE 0x100u
#define MSI_ADDR_LO 4
#define MSIX_CTRL_SIZE 0x7ffu
#define MSIX_CTRL_MASKALL 0x4000u
#define MSIX_CTRL_ENABLE 0x8000u
#define MSIX_TABLE 4
#define MSIX_ENTRY_SIZE 16
#define MSIX_ENTRY_CTRL 12

struct msi_desc {
	struct msi_info info;
	u16 cap;			/* its place in configuration space */
	bool msix, maskable, wide;
	volatile u32 *entry;		/* MSI-X table entry */
};

/* Pages of MSI-X tables that were mapped once: mappings are for ever. */
struct msix_page {
	struct list list;
	paddr_t pa;
	u8 *va;
};

static struct list msix_pages = LIST_INIT(msix_pages);
static spinlock_t msi_lock = SPINLOCK_INIT(LOCK_MSI);

static u32 cfg_read(const struct msi_desc *m, unsigned reg, unsigned size)
{
	return pci_read(m->info.seg, m->info.bus, m->info.devfn, (u16)(m->cap + reg), size);
}

static void cfg_write(const struct msi_desc *m, unsigned reg, unsigned size, u32 v)
{
	pci_write(m->info.seg, m->info.bus, m->info.devfn, (u16)(m->cap + reg), size, v);
}

/* Physical destination, fixed; no remapping hardware, so 8 bits of id. */
static u32 message_address(unsigned cpu)
{
	u32 id = pcpus[cpu] ? pcpus[cpu]->apic_id : 0;

	if (id > 0xff)
		id = pcpus[0]->apic_id & 0xff;
	return 0xfee00000u | id << 12;
}

static unsigned mask_reg(const struct msi_desc *m) { return m->wide ? 16 : 12; }

/* The message and, with restore, the mask bit; the caller keeps the function quiet. */
static void write_message(const struct irq_desc *d)
{
	struct msi_desc *m = d->msi;
	u32 addr = message_address(d->cpu), data = (u32)d->vector;

	if (m->msix) {
		m->entry[3] |= 1;
		m->entry[0] = addr;
		m->entry[1] = 0;
		m->entry[2] = data;
		m->entry[3] = (m->entry[3] & ~1u) | d->masked;
		(void)m->entry[3];	/* posted writes are through when this returns */
		return;
	}
	cfg_write(m, MSI_ADDR_LO, 4, addr);
	if (m->wide)
		cfg_write(m, MSI_ADDR_LO + 4, 4, 0);
	cfg_write(m, m->wide ? 12 : 8, 2, data);
	if (m->maskable)
		cfg_write(m, mask_reg(m), 4, (cfg_read(m, mask_reg(m), 4) & ~1u) | d->masked);
}

/* Write it with the function disabled (MSI) or masked as a whole (MSI-X), then as before. */
static void program(const struct irq_desc *d, u32 set)
{
	struct msi_desc *m = d->msi;
	u32 ctrl = cfg_read(m, MSI_CTRL, 2);

	if (m->msix)
		cfg_write(m, MSI_CTRL, 2, ctrl | MSIX_CTRL_ENABLE | MSIX_CTRL_MASKALL);
	else
		cfg_write(m, MSI_CTRL, 2, ctrl & ~(MSI_CTRL_ENABLE | MSI_CTRL_QSIZE));
	write_message(d);
	if (!m->msix)
		ctrl &= ~MSI_CTRL_QSIZE;
	cfg_write(m, MSI_CTRL, 2, ctrl | set);
}

static void set_mask(struct irq_desc *d, bool masked)
{
	struct msi_desc *m = d->msi;

	d->masked = masked;
	if (!m || !m->maskable)
		return;
	if (m->msix) {
		m->entry[3] = (m->entry[3] & ~1u) | masked;
		(void)m->entry[3];
	} else {
		cfg_write(m, mask_reg(m), 4, (cfg_read(m, mask_reg(m), 4) & ~1u) | masked);
	}
}

static void msi_mask(struct irq_desc *d) { set_mask(d, true); }
static void msi_unmask(struct irq_desc *d) { set_mask(d, false); }

/* The vector is the same everywhere, so one dword moves it: nothing torn can be sent. */
static void msi_set_affinity(struct irq_desc *d, unsigned cpu)
{
	struct msi_desc *m = d->msi;

	d->cpu = cpu;
	if (!m)
		return;
	if (!m->msix) {
		cfg_write(m, MSI_ADDR_LO, 4, message_address(cpu));
		return;
	}
	m->entry[3] |= 1;
	m->entry[0] = message_address(cpu);
	m->entry[3] = (m->entry[3] & ~1u) | d->masked;
}

const struct irq_chip msi_chip = {
	.name = "MSI",
	.mask = msi_mask,
	.unmask = msi_unmask,
	.set_affinity = msi_set_affinity,
};

bool msi_is_maskable(const struct irq_desc *desc) { return desc->msi && desc->msi->maskable; }

static bool same_device(const struct msi_info *a, u16 seg, u8 bus, u8 devfn)
{
	return a->seg == seg && a->bus == bus && a->devfn == devfn;
}

static bool entry_in_use(const struct msi_desc *m)
{
	for (unsigned i = nr_gsis; i < NR_IRQS; i++) {
		const struct msi_desc *o = irq_desc[i].msi;

		if (o && same_device(&o->info, m->info.seg, m->info.bus, m->info.devfn) &&
		    (o->msix != m->msix || o->info.entry_nr == m->info.entry_nr))
			return true;
	}
	return false;
}

static int bar_address(const struct msi_info *i, unsigned bir, u64 *addr)
{
	u32 lo;

	if (bir > 5)
		return -EINVAL;
	lo = pci_read(i->seg, i->bus, i->devfn, (u16)PCI_BAR(bir), 4);
	if (lo == 0xffffffffu || (lo & 1))
		return -EINVAL;
	*addr = lo & ~0xfull;
	if ((lo & 6) == 4) {
		if (bir == 5)
			return -EINVAL;
		*addr |= (u64)pci_read(i->seg, i->bus, i->devfn, (u16)PCI_BAR(bir + 1), 4) << 32;
	}
	return *addr ? 0 : -EINVAL;
}

static u8 *msix_page_map(paddr_t pa)
{
	struct list *l;
	struct msix_page *p;

	list_for_each(l, &msix_pages) {
		p = list_entry(l, struct msix_page, list);
		if (p->pa == pa)
			return p->va;
	}
	p = knew(struct msix_page);
	if (!p)
		return NULL;
	p->pa = pa;
	p->va = ioremap(pa, PAGE_SIZE);
	if (!p->va) {
		kfree(p);
		return NULL;
	}
	list_add(&p->list, &msix_pages);
	return p->va;
}

static int map_msix_entry(struct msi_desc *m)
{
	u32 table = cfg_read(m, MSIX_TABLE, 4), ctrl = cfg_read(m, MSI_CTRL, 2);
	u64 bar, pa;
	u8 *va;
	int rc;

	if (m->info.entry_nr < 0 || (u32)m->info.entry_nr > (ctrl & MSIX_CTRL_SIZE))
		return -EINVAL;
	if (!(pci_read(m->info.seg, m->info.bus, m->info.devfn, PCI_COMMAND, 2) &
	      PCI_COMMAND_MEMORY))
		return -ENXIO;
	rc = bar_address(&m->info, table & 7, &bar);
	if (rc)
		return rc;
	if (bar != m->info.table_base) {
		printk(LOG_WARN, "%04x:%02x:%02x.%u: MSI-X table in BAR %llx, not at %llx\n",
		       m->info.seg, m->info.bus, m->info.devfn >> 3, m->info.devfn & 7u,
		       (unsigned long long)bar, (unsigned long long)m->info.table_base);
		return -EINVAL;
	}
	pa = bar + (table & ~7u) + (u64)m->info.entry_nr * MSIX_ENTRY_SIZE;
	if (pa < bar || pa >> 52 || mfn_valid(maddr_to_mfn(pa)))
		return -EINVAL;
	va = msix_page_map(pa & PAGE_MASK);
	if (!va)
		return -ENOMEM;
	m->entry = (volatile u32 *)(va + (pa & ~PAGE_MASK));
	return 0;
}

static int msi_probe(struct msi_desc *m)
{
	u32 ctrl;

	m->msix = m->info.table_base != 0;
	m->cap = pci_find_cap(m->info.seg, m->info.bus, m->info.devfn,
			      m->msix ? PCI_CAP_MSIX : PCI_CAP_MSI);
	if (!m->cap)
		return -ENODEV;
	if (entry_in_use(m))
		return -EEXIST;
	if (m->msix) {
		m->maskable = true;
		return map_msix_entry(m);
	}
	m->info.entry_nr = 0;	/* one vector a function: the caller refuses more */
	ctrl = cfg_read(m, MSI_CTRL, 2);
	m->wide = ctrl & MSI_CTRL_64BIT;
	m->maskable = ctrl & MSI_CTRL_MASKABLE;
	return 0;
}

int msi_enable(struct irq_desc *desc, const struct msi_info *info)
{
	struct msi_desc *m = knew(struct msi_desc);
	u64 f;
	int rc;

	if (!m)
		return -ENOMEM;
	m->info = *info;
	spin_lock(&msi_lock);
	rc = msi_probe(m);
	if (!rc) {
		f = spin_lock_irqsave(&desc->lock);
		desc->msi = m;
		desc->chip = &msi_chip;
		desc->level = false;
		desc->masked = true;
		program(desc, 0);
		spin_unlock_irqrestore(&desc->lock, f);
	}
	spin_unlock(&msi_lock);
	if (rc)
		kfree(m);
	return rc;
}

void msi_disable(struct irq_desc *desc)
{
	struct msi_desc *m;
	u64 f;

	spin_lock(&msi_lock);
	f = spin_lock_irqsave(&desc->lock);
	m = desc->msi;
	if (m && m->maskable)
		set_mask(desc, true);
	else if (m)
		/* Cannot be masked: then the function must not send at all. */
		cfg_write(m, MSI_CTRL, 2, cfg_read(m, MSI_CTRL, 2) & ~MSI_CTRL_ENABLE);
	desc->msi = NULL;
	desc->chip = NULL;
	spin_unlock_irqrestore(&desc->lock, f);
	spin_unlock(&msi_lock);
	kfree(m);
}

/* A reset or a sleep made the device forget: write all again, enabled. */
int msi_restore(u16 seg, u8 bus, u8 devfn)
{
	int rc = -ESRCH;
	u64 f;

	spin_lock(&msi_lock);
	for (unsigned i = nr_gsis; i < NR_IRQS; i++) {
		struct irq_desc *d = &irq_desc[i];

		if (!d->msi || !same_device(&d->msi->info, seg, bus, devfn))
			continue;
		f = spin_lock_irqsave(&d->lock);
		program(d, d->msi->msix ? MSIX_CTRL_ENABLE : MSI_CTRL_ENABLE);
		spin_unlock_irqrestore(&d->lock, f);
		rc = 0;
	}
	spin_unlock(&msi_lock);
	return rc == -ESRCH && pci_device_known(seg, bus, devfn) ? 0 : rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI and MSI-X: we write address, data and mask bits; dom0 owns the enable bit. */
#ifndef IRQ_MSI_H
#define IRQ_MSI_H

#include "lib/types.h"

struct irq_desc;
struct irq_chip;

struct msi_info {
	u16 seg;
	u8 bus, devfn;
	int entry_nr;
	u64 table_base;			/* MSI-X if not 0: start of the BAR that holds the table */
};

/* Programs the device for desc (which has a vector), masked where it can be. 0 or -errno. */
int msi_enable(struct irq_desc *desc, const struct msi_info *info);
void msi_disable(struct irq_desc *desc);
extern const struct irq_chip msi_chip;
bool msi_is_maskable(const struct irq_desc *desc);
int msi_restore(u16 seg, u8 bus, u8 devfn);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space, by ports or MMCONFIG, and the list of devices that dom0 reported. */
#ifndef DEV_PCI_H
#define DEV_PCI_H

#include "lib/types.h"

u32 pci_read(u16 seg, u8 bus, u8 devfn, u16 reg, unsigned size);	/* 1, 2, 4; ~0 when absent */
void pci_write(u16 seg, u8 bus, u8 devfn, u16 reg, unsigned size, u32 val);
u16 pci_find_cap(u16 seg, u8 bus, u8 devfn, u8 cap);	/* 0: none */
void pci_add_mmcfg(paddr_t base, u16 seg, u8 start_bus, u8 end_bus);
int pci_device_add(u16 seg, u8 bus, u8 devfn);		/* -EEXIST is not an error: 0 */
int pci_device_remove(u16 seg, u8 bus, u8 devfn);
struct pci_dev_id { u16 seg; u8 bus, devfn; };
unsigned pci_device_list(struct pci_dev_id *out, unsigned max);	/* how many there are */
bool pci_device_known(u16 seg, u8 bus, u8 devfn);
/* Raw port-style cycles for dom0's emulated 0xCF8/0xCFC. */
u32 pci_cf8_read(u32 cf8, unsigned offset, unsigned size);
void pci_cf8_write(u32 cf8, unsigned offset, unsigned size, u32 val);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translation buffers. Neither PGE nor PCID is used: a CR3 load drops all.
 *
 * The TLB clock counts full flushes of the machine. A frame whose type count
 * falls to 0 gets the clock's value as stamp; before it may become a page table
 * or descriptor page (or, when freed, go to another owner) every CPU that may
 * hold a stale entry, d->dirty_cpus, and has not flushed since that stamp, must.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "cpu/percpu.h"

struct page;
struct domain;

u32 tlb_clock(void);
/* CPUs of mask that have not flushed since stamp. */
cpumask_t tlb_stale_cpus(cpumask_t mask, u32 stamp);
void tlb_flush_local(void);
void tlb_flush_mask(cpumask_t mask);			/* waits until all did */
void tlb_flush_page_mask(cpumask_t mask, u64 va);
/* Load CR3 with a root; keeps the clock. */
void tlb_write_cr3(u64 cr3);
/* Flush what may still map pg through a domain's vCPUs. */
void tlb_flush_for_page(const struct page *pg, cpumask_t dirty);
void tlb_handle_ipi(void);				/* irq/vector.c */

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot-start-info: the start_info page and the state of shared_info at the start.
 *
 * What: every field of start_info, plus the fields of shared_info that a guest reads first.
 * Why: it is the whole of what a PV guest knows about itself; Linux BUGs on some of these.
 * Expected: magic "xen-3.0-x86_64" (with "p" for PAE, by the PAE_MODE note); shared_info is a
 * page-aligned machine address; the initial domain has SIF_PRIVILEGED and SIF_INITDOMAIN; the p2m
 * list covers nr_pages; the page tables lie in one piece; the command line is what the boot loader
 * was given; the time in vcpu_info is valid before the first instruction.
 */
#include "mm.h"
#include "event.h"

const char test_name[] = "boot-start-info";

static void page_tables(void)
{
	u64 base = start_info->pt_base, cr3;

	expect(base & ~PAGE_MASK, 0);
	check(base > (u64)kit_image_end);
	check(start_info->nr_pt_frames >= 4 && start_info->nr_pt_frames < 64);
	asm volatile ("mov %%cr3, %0" : "=r" (cr3));
	expect(cr3, va_maddr((void *)base));
}

static void frame_list(void)
{
	expect(start_info->mfn_list & ~PAGE_MASK, 0);
	/*
	 * No frames of its own: those are only counted when the list lies outside of the initial
	 * region (INIT_P2M note). Xen gives first_p2m_pfn all the same, the first pfn behind the
	 * region; nobody may use it.
	 */
	expect(start_info->nr_p2m_frames, 0);
	check(start_info->mfn_list >= (u64)kit_image_end);
	check(start_info->nr_pages >= 4096);
}

static void dom0_fields(void)
{
	expect(start_info->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN),
	       SIF_PRIVILEGED | SIF_INITDOMAIN);
	expect(start_info->flags & (SIF_MULTIBOOT_MOD | SIF_MOD_START_PFN), 0);
	expect(start_info->mod_start, 0);
	expect(start_info->mod_len, 0);
	expect(start_info->store_mfn, 0);
	expect(start_info->store_evtchn, 0);
	if (start_info->console.dom0.info_size)
		expect(start_info->console.dom0.info_off, sizeof(struct start_info));
	expect(strncmp((char *)start_info->cmd_line, "placeholder kit", 15), 0);
}

static void domu_fields(void)
{
	expect(start_info->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN), 0);
	check(start_info->store_mfn);
	check(start_info->store_evtchn);
	check(start_info->console.domU.mfn);
	check(start_info->console.domU.evtchn);
}

void test_main(void)
{
	const struct vcpu_time_info *t = &vcpu0_info()->time;

	expect(strncmp(start_info->magic, "xen-3.0-x86_64", 14), 0);
	check(start_info->magic[14] == 'p' || !start_info->magic[14]);
	expect(start_info->shared_info & ~PAGE_MASK, 0);
	check(start_info->shared_info);
	expect(start_info->flags & ~0xff1fU, 0);
	page_tables();
	frame_list();
	if (is_dom0())
		dom0_fields();
	else
		domu_fields();

	expect(t->version & 1, 0);
	check(t->version);
	check(t->system_time);
	check(t->tsc_to_system_mul);
	check(shared_info->wc_sec > 1000000000);
	check(shared_info->wc_nsec < 1000000000);
	expect(shared_info->wc_version & 1, 0);
	for (int i = 0; i < 64; i++)
		expect(shared_info->evtchn_mask[i], 0);
}

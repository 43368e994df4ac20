/* SPDX-License-Identifier: GPL-2.0-only */
/* What domain 0 finds when it starts: the start_info page and the registers of vCPU 0. */
#include "cpu/cpu.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "pv/dom0.h"
#include "pv/pv.h"

static u64 __init va_of(const struct dom0_build *b, u64 pfn)
{
	return b->base + (pfn << PAGE_SHIFT);
}

/* The text screen that the firmware left: mode 3, 80 by 25. */
static void __init fill_vga(struct dom0_vga_console_info *vga)
{
	vga->video_type = XEN_VGATYPE_TEXT_MODE_3;
	vga->u.text_mode_3.font_height = 16;
	vga->u.text_mode_3.cursor_x = 0;
	vga->u.text_mode_3.cursor_y = 24;
	vga->u.text_mode_3.rows = 25;
	vga->u.text_mode_3.columns = 80;
}

static void __init fill_cmdline(char *to, size_t size, const char *cmdline, const char *extra)
{
	size_t n = strlcpy(to, cmdline, size);

	if (!extra || !*extra || n + 1 >= size)
		return;
	if (n)
		to[n++] = ' ';
	strlcpy(to + n, extra, size - n);
}

void __init dom0_fill_start_info(struct dom0_build *b, const char *cmdline, const char *extra)
{
	struct start_info *si = dom0_page(b, b->start_info_pfn);
	const struct elf_notes *notes = &b->kernel.notes;

	memcpy(si->magic, "xen-3.0-x86_64p", 16);
	si->nr_pages = b->nr_pages;
	si->shared_info = mfn_to_maddr(virt_to_mfn(b->d->shared_info));
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = sizeof(struct dom0_vga_console_info);
	fill_vga((void *)(si + 1));
	si->pt_base = va_of(b, b->pt_pfn);
	si->nr_pt_frames = b->nr_pt;
	if (notes->init_p2m_given) {
		si->mfn_list = notes->init_p2m;
		si->first_p2m_pfn = b->p2m_pfn;
		si->nr_p2m_frames = b->nr_p2m_frames;
	} else {
		si->mfn_list = va_of(b, b->p2m_pfn);
	}
	if (b->initrd_size) {
		si->mod_len = b->initrd_size;
		if (notes->mod_start_pfn) {
			si->flags |= SIF_MOD_START_PFN;
			si->mod_start = b->initrd_pfn;
		} else {
			si->mod_start = va_of(b, b->initrd_pfn);
		}
	}
	fill_cmdline((char *)si->cmd_line, sizeof(si->cmd_line), cmdline, extra);
}

void __init dom0_start_context(struct dom0_build *b)
{
	struct vcpu_guest_context *c = knew(struct vcpu_guest_context);
	struct vcpu *v = b->d->vcpu[0];
	int rc;

	if (!c)
		panic("No memory for domain 0's first vCPU.");
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = b->kernel.notes.entry;
	c->user_regs.rsp = va_of(b, b->stack_pfn + 1);
	c->user_regs.rsi = va_of(b, b->start_info_pfn);
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->user_regs.rflags = X86_EFLAGS_IF;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = xen_pfn_to_cr3(mfn_x(dom0_mfn(b, b->pt_pfn)));
	rc = v->domain->ops->set_context(v, c);
	if (rc)
		panic("Domain 0's first vCPU cannot be set up: error %d.", rc);
	/* No event before the kernel has a callback. */
	for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		b->d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
	kfree(c);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds domain 0 from the boot modules: the first is the kernel, the second its
 * initial RAM disk. The layout is the ABI's "start-of-day memory layout"
 * (xen/xen.h): kernel, then what the kernel does not want elsewhere of RAM disk
 * and p2m list, start_info, page tables, a stack, padding to 4 MiB.
 *
 * What the user can get wrong ends in one line that says so; then the machine
 * restarts (or stops, with noreboot). Only the boot CPU runs.
 */
#include "boot/boot.h"
#include "boot/bzimage.h"
#include "cpu/uaccess.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "pv/dom0.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include <xen/domctl.h>
#include <xen/features.h>

#define MIB(n) ((u64)(n) << (20 - PAGE_SHIFT))		/* in pages */
#define HEAP_RESERVE MIB(16)		/* for the hypervisor itself */
#define LOW_RESERVE MIB(128)		/* for DMA buffers that dom0 exchanges, and guests' first steps */
#define BUILD_ORDER_MAX 18

/* What the kernel is unpacked to. */
static struct page *unpacked __initdata;
static u64 unpacked_pages __initdata;

mfn_t __init dom0_mfn(const struct dom0_build *b, u64 pfn)
{
	unsigned lo = 0, hi = b->nr_extents;

	BUG_ON(pfn >= b->have);
	while (hi - lo > 1) {
		unsigned mid = (lo + hi) / 2;

		if (b->extents[mid].pfn <= pfn)
			lo = mid;
		else
			hi = mid;
	}
	return _mfn(b->extents[lo].mfn + pfn - b->extents[lo].pfn);
}

void *__init dom0_page(const struct dom0_build *b, u64 pfn)
{
	return mfn_to_virt(dom0_mfn(b, pfn));
}

/* Memory for PFNs up to @until, in pieces as big as they come. */
static void __init extend_memory(struct dom0_build *b, u64 until)
{
	while (b->have < until) {
		unsigned order = min(fls64(until - b->have), (unsigned)BUILD_ORDER_MAX);
		struct page *pg;

		while (!(pg = alloc_domain_pages(b->d, order, 0)) && order)
			order--;
		if (!pg || b->nr_extents == DOM0_MAX_EXTENTS)
			panic("Domain 0 cannot get its memory: %llu of %llu MiB. Give it less (dom0_mem=).",
			      (unsigned long long)b->have >> 8, (unsigned long long)b->nr_pages >> 8);
		b->extents[b->nr_extents++] = (struct dom0_extent){ b->have, mfn_x(page_to_mfn(pg)),
								   1ull << order };
		for (u64 i = 0; i < 1ull << order; i++)
			m2p_set(page_to_mfn(pg + i), b->have + i);
		b->have += 1ull << order;
	}
}

/* n bytes at src (NULL: zeroes) to pseudo-physical address pa. */
static void __init copy_in(struct dom0_build *b, u64 pa, const u8 *src, u64 n)
{
	while (n) {
		u64 offset = pa & ~PAGE_MASK, part = min(n, PAGE_SIZE - offset);
		u8 *to = (u8 *)dom0_page(b, pa >> PAGE_SHIFT) + offset;

		if (src) {
			memcpy(to, src, part);
			src += part;
		} else {
			memset(to, 0, part);
		}
		pa += part;
		n -= part;
	}
}

static const void *__init module_data(unsigned i)
{
	return (const void *)(DIRECTMAP_VIRT + boot_info.module[i].start);
}

static const char *__init unpack(const void **elf, u64 *size)
{
	struct bzimage z;
	const char *why = bzimage_parse(module_data(0), boot_info.module[0].size, &z);

	if (why)
		return why;
	*size = z.output_size;
	*elf = z.payload;
	if (z.kind == PAYLOAD_ELF)
		return NULL;
	unpacked_pages = DIV_ROUND_UP(z.output_size, PAGE_SIZE);
	unpacked = heap_alloc_exact(unpacked_pages);
	if (!unpacked)
		return "there is too little memory to unpack it";
	*elf = page_to_virt(unpacked);
	return decompress(z.kind, page_to_virt(unpacked), z.output_size, z.payload, z.payload_size);
}

/* Is this a kernel that can run as a PV domain 0? NULL or what is missing. */
static const char *__init check_kernel(const struct elf_kernel *k)
{
	const struct elf_notes *n = &k->notes;
	u64 size = k->pend - n->paddr_offset, end;

	if (!n->xen || !n->virt_base_given || !n->entry_given)
		return "it is not a Xen PV kernel (Linux: CONFIG_XEN_PV)";
	if (n->features_given && !(n->supported_features & (1u << XENFEAT_dom0)))
		return "it is a PV kernel, but not made for domain 0 (Linux: CONFIG_XEN_DOM0)";
	if (k->pstart < n->paddr_offset || size > 1ull << 30 || (n->virt_base & ~PAGE_MASK) ||
	    __builtin_add_overflow(n->virt_base, size + (32ull << 20), &end) ||
	    !guest_range_ok((void *)n->virt_base, end - n->virt_base) ||
	    n->entry < n->virt_base || n->entry >= n->virt_base + size)
		return "its Xen notes give impossible addresses";
	if (n->init_p2m_given &&
	    ((n->init_p2m & ~PAGE_MASK) || !guest_range_ok((void *)n->init_p2m, 1ull << 39) ||
	     (n->init_p2m < end && n->init_p2m + (1ull << 39) > n->virt_base)))
		return "its Xen notes give an impossible address for the p2m list";
	return NULL;
}

static void __init load_kernel(struct dom0_build *b)
{
	const void *elf = NULL;
	const char *why;
	u64 size = 0;

	if (!boot_info.nr_modules)
		panic("There is no kernel for domain 0: the boot loader gave no module.");
	why = unpack(&elf, &size);
	if (!why)
		why = elf_parse(elf, size, &b->kernel);
	if (!why)
		why = check_kernel(&b->kernel);
	if (why)
		panic("The first boot module cannot be domain 0's kernel: %s.", why);
	printk(LOG_INFO, "Dom0 kernel: %s %s, %#llx-%#llx, entry %#llx\n", b->kernel.notes.guest_os,
	       b->kernel.notes.guest_version, (unsigned long long)b->kernel.pstart,
	       (unsigned long long)b->kernel.pend, (unsigned long long)b->kernel.notes.entry);
	if (boot_info.nr_modules > 1) {
		b->initrd = module_data(1);
		b->initrd_size = boot_info.module[1].size;
	} else {
		printk(LOG_WARN, "Dom0 has no initial RAM disk: the boot loader gave one module only.\n");
	}
	if (boot_info.nr_modules > 2)
		printk(LOG_WARN, "%u more boot modules are ignored.\n", boot_info.nr_modules - 2);
}

/* Pages that will be free again when domain 0 is loaded. */
static u64 __init module_pages(void)
{
	u64 n = 0;

	for (unsigned i = 0; i < boot_info.nr_modules; i++)
		n += boot_info.module[i].size >> PAGE_SHIFT;
	return n;
}

static void __init choose_size(struct dom0_build *b)
{
	u64 avail = heap_free_pages() + unpacked_pages + module_pages();
	u64 reserve = min(heap_total_pages() / 16, LOW_RESERVE) + HEAP_RESERVE;
	u64 size = opts.dom0_mem.size >> PAGE_SHIFT, most = opts.dom0_mem.max >> PAGE_SHIFT;

	avail = avail > HEAP_RESERVE ? avail - HEAP_RESERVE : 0;
	if (!size)
		size = avail > reserve ? avail - reserve : avail;
	size = max(size, opts.dom0_mem.min >> PAGE_SHIFT);
	if (most)
		size = min(size, most);
	if (size > avail) {
		printk(LOG_WARN, "Dom0 gets %llu MiB only: there is no more.\n", (unsigned long long)avail >> 8);
		size = avail;
	}
	b->nr_pages = size;
	b->max_pages = max(most, size);
}

static void __init choose_layout(struct dom0_build *b)
{
	const struct elf_notes *n = &b->kernel.notes;
	u64 initrd_pages = DIV_ROUND_UP(b->initrd_size, PAGE_SIZE), at, end, tables;

	b->base = n->virt_base;
	b->nr_list_frames = DIV_ROUND_UP(b->nr_pages, (u64)PTES_PER_PAGE);
	at = DIV_ROUND_UP(b->kernel.pend - n->paddr_offset, PAGE_SIZE);
	if (!n->mod_start_pfn) {
		b->initrd_pfn = at;
		at += initrd_pages;
	}
	if (!n->init_p2m_given) {
		b->p2m_pfn = at;
		at += b->nr_list_frames;
	}
	b->start_info_pfn = at++;
	b->pt_pfn = at;
	/* The tables map themselves: their number grows until it is enough. */
	for (b->nr_pt = 0;; b->nr_pt = tables) {
		end = ROUND_UP(((at + b->nr_pt + 1) << PAGE_SHIFT) + (512u << 10), 4ull << 20);
		tables = 1 + dom0_count_tables(b->base, b->base + end);
		if (tables == b->nr_pt)
			break;
	}
	b->stack_pfn = b->pt_pfn + b->nr_pt;
	at = b->end_pfn = end >> PAGE_SHIFT;
	if (n->mod_start_pfn) {
		b->initrd_pfn = at;
		at += initrd_pages;
	}
	if (n->init_p2m_given) {
		b->p2m_pfn = at;
		b->nr_p2m_frames = b->nr_list_frames +
				   dom0_count_tables(n->init_p2m,
						     n->init_p2m + (b->nr_list_frames << PAGE_SHIFT));
		at += b->nr_p2m_frames;
	}
	b->used_pfn = at;
	if (at > b->nr_pages || (end && b->base + end - 1 < b->base))
		panic("Domain 0 has %llu MiB; its kernel and RAM disk alone need %llu MiB. See dom0_mem=.",
		      (unsigned long long)b->nr_pages >> 8, (unsigned long long)(at >> 8) + 1);
}

static void __init create_domain(struct dom0_build *b)
{
	unsigned vcpus = opts.dom0_max_vcpus ? opts.dom0_max_vcpus : nr_cpus;
	struct xen_domctl_createdomain c = {
		.max_vcpus = min(vcpus, (unsigned)MAX_VCPUS),
		.max_evtchn_port = ~0u,
		.max_grant_frames = (int)opts.gnttab_max_frames,
		.max_maptrack_frames = (int)opts.gnttab_max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	int err;

	b->d = domain_create(0, &c, true, &err);
	if (!b->d)
		panic("Domain 0 cannot be created: error %d.", err);
	for (unsigned i = 0; i < c.max_vcpus; i++) {
		struct vcpu *v = vcpu_create(b->d, i);
		cpumask_t pin = CPUMASK(i % nr_cpus);

		if (!v)
			panic("There is no memory for domain 0's vCPU %u.", i);
		if (opts.dom0_vcpus_pin && vcpu_set_affinity(v, &pin, NULL))
			printk(LOG_WARN, "Dom0's vCPU %u cannot be pinned.\n", i);
	}
}

/* Everything that is copied; then the sources go back to the heap. */
static void __init load_memory(struct dom0_build *b)
{
	const struct elf_kernel *k = &b->kernel;
	u64 hcall = k->notes.hypercall_page - b->base;

	for (unsigned i = 0; i < k->nr; i++) {
		u64 pa = k->seg[i].paddr - k->notes.paddr_offset;

		copy_in(b, pa, k->seg[i].data, k->seg[i].filesz);
		copy_in(b, pa + k->seg[i].filesz, NULL, k->seg[i].memsz - k->seg[i].filesz);
	}
	if (k->notes.hypercall_page_given && !(hcall & ~PAGE_MASK) && hcall >> PAGE_SHIFT < b->end_pfn)
		pv_fill_hypercall_page(dom0_page(b, hcall >> PAGE_SHIFT));
	copy_in(b, b->initrd_pfn << PAGE_SHIFT, b->initrd, b->initrd_size);
	if (unpacked)
		heap_free_exact(unpacked, unpacked_pages);
	for (unsigned i = 0; i < boot_info.nr_modules; i++)
		heap_add_range(boot_info.module[i].start,
			       ROUND_UP(boot_info.module[i].start + boot_info.module[i].size, PAGE_SIZE));
}

struct domain *__init pv_build_dom0(void)
{
	static struct dom0_build b __initdata;
	int rc;

	load_kernel(&b);
	create_domain(&b);
	choose_size(&b);
	choose_layout(&b);
	b.extents = kmalloc(DOM0_MAX_EXTENTS * sizeof(*b.extents));
	if (!b.extents)
		panic("There is no memory to build domain 0.");
	b.d->max_pages = b.max_pages;
	extend_memory(&b, b.used_pfn);
	load_memory(&b);
	extend_memory(&b, b.nr_pages);
	dom0_fill_p2m(&b);
	dom0_build_tables(&b);
	dom0_fill_start_info(&b, boot_info.module[0].cmdline, boot_info.dom0_cmdline_extra);
	rc = dom0_pin_root(&b);
	if (rc)
		panic("Domain 0's page tables were refused: error %d.", rc);
	dom0_start_context(&b);
	kfree(b.extents);
	printk(LOG_INFO, "Dom0 has %u vCPUs and %llu MiB (at most %llu); %llu MiB stay free\n", b.d->max_vcpus,
	       (unsigned long long)b.nr_pages >> 8, (unsigned long long)b.max_pages >> 8,
	       (unsigned long long)heap_free_pages() >> 8);
	return b.d;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads an ELF64 kernel. Nothing in the file is believed: every offset and size
 * is compared with what is left of the file, and sums are checked for overflow.
 * Segments go by physical address (Linux's per-CPU segment has virtual address
 * 0), as the domain builder's rules say.
 */
#include "boot/elf.h"
#include "lib/string.h"
#include <xen/elfnote.h>

#define PT_LOAD 1
#define PT_NOTE 4
#define EM_X86_64 62
#define MAX_PHDRS 64
#define PADDR_MAX (1ull << 40)

struct elf64_ehdr {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf64_phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_nhdr {
	u32 namesz, descsz, type;
};

static u64 __init note_number(const u8 *desc, u32 size)
{
	u64 v = 0;

	memcpy(&v, desc, size < 8 ? size : 8);
	return v;
}

static void __init note_text(char *dst, size_t size, const u8 *desc, u32 n)
{
	n = n < size - 1 ? n : (u32)size - 1;
	memcpy(dst, desc, n);
	dst[n] = 0;
}

static void __init take_number(u64 *to, bool *given, const u8 *desc, u32 size)
{
	*to = note_number(desc, size);
	*given = true;
}

static void __init xen_note(struct elf_notes *n, u32 type, const u8 *desc, u32 size)
{
	n->xen = true;
	switch (type) {
	case XEN_ELFNOTE_VIRT_BASE:
		take_number(&n->virt_base, &n->virt_base_given, desc, size);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		take_number(&n->paddr_offset, &n->paddr_offset_given, desc, size);
		break;
	case XEN_ELFNOTE_ENTRY:
		take_number(&n->entry, &n->entry_given, desc, size);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		take_number(&n->hypercall_page, &n->hypercall_page_given, desc, size);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		take_number(&n->init_p2m, &n->init_p2m_given, desc, size);
		break;
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		take_number(&n->supported_features, &n->features_given, desc, size);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		n->mod_start_pfn = note_number(desc, size);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		note_text(n->guest_os, sizeof(n->guest_os), desc, size);
		break;
	case XEN_ELFNOTE_GUEST_VERSION:
		note_text(n->guest_version, sizeof(n->guest_version), desc, size);
		break;
	case XEN_ELFNOTE_LOADER:
		note_text(n->loader, sizeof(n->loader), desc, size);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		note_text(n->xen_version, sizeof(n->xen_version), desc, size);
		break;
	}
}

/* One note segment; a broken note ends it, the rest is not looked at. */
static void __init read_notes(struct elf_notes *n, const u8 *p, u64 size)
{
	struct elf_nhdr h;

	while (size >= sizeof(h)) {
		u64 name, desc;

		memcpy(&h, p, sizeof(h));
		p += sizeof(h);
		size -= sizeof(h);
		name = ROUND_UP((u64)h.namesz, 4ull);
		desc = ROUND_UP((u64)h.descsz, 4ull);
		if (name > size || h.descsz > size - name)
			return;
		if (h.namesz == 4 && !memcmp(p, "Xen", 4))
			xen_note(n, h.type, p + name, h.descsz);
		desc = desc < size - name ? desc : size - name;
		p += name + desc;
		size -= name + desc;
	}
}

static const char *__init read_segment(struct elf_kernel *k, const struct elf64_phdr *ph, const u8 *file)
{
	u64 end;

	if (!ph->memsz)
		return NULL;
	if (ph->filesz > ph->memsz || __builtin_add_overflow(ph->paddr, ph->memsz, &end) || end > PADDR_MAX)
		return "its ELF program headers are corrupt";
	if (k->nr == ELF_MAX_SEGMENTS)
		return "its ELF file has too many segments";
	k->seg[k->nr++] = (struct elf_segment){ ph->paddr, ph->filesz, ph->memsz, file + ph->offset };
	if (ph->paddr < k->pstart)
		k->pstart = ph->paddr;
	if (end > k->pend)
		k->pend = end;
	return NULL;
}

const char *__init elf_parse(const void *file, u64 size, struct elf_kernel *k)
{
	const u8 *p = file;
	struct elf64_ehdr eh;
	const char *why;

	memset(k, 0, sizeof(*k));
	k->pstart = ~0ull;
	if (size < sizeof(eh) || memcmp(p, "\177ELF", 4))
		return "what is in it is not an ELF file";
	memcpy(&eh, p, sizeof(eh));
	if (eh.ident[4] != 2 || eh.ident[5] != 1 || eh.machine != EM_X86_64)
		return "it is not a kernel for x86-64";
	if (eh.phentsize != sizeof(struct elf64_phdr) || !eh.phnum || eh.phnum > MAX_PHDRS || eh.phoff > size ||
	    (u64)eh.phnum * sizeof(struct elf64_phdr) > size - eh.phoff)
		return "its ELF header is corrupt";
	for (unsigned i = 0; i < eh.phnum; i++) {
		struct elf64_phdr ph;

		memcpy(&ph, p + eh.phoff + i * sizeof(ph), sizeof(ph));
		if (ph.type != PT_LOAD && ph.type != PT_NOTE)
			continue;
		if (ph.offset > size || ph.filesz > size - ph.offset)
			return "its ELF file is truncated";
		if (ph.type == PT_NOTE) {
			read_notes(&k->notes, p + ph.offset, ph.filesz);
			continue;
		}
		why = read_segment(k, &ph, p);
		if (why)
			return why;
	}
	return k->nr ? NULL : "its ELF file has nothing to load";
}

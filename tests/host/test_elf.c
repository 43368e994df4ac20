/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/boot/elf.c */
/*
 * Kernel images: a good one, then the same with every byte changed and at every
 * length. Each runs on a copy of exactly that size, so that AddressSanitizer sees
 * any read outside it.
 */
#include <cmocka.h>
#include <elf.h>
#include "boot/elf.h"
#include <xen/elfnote.h>

static u8 image[2048];
static size_t image_size;

static size_t note(u8 *p, u32 type, const void *desc, u32 size)
{
	Elf64_Nhdr h = { 4, size, type };

	memcpy(p, &h, sizeof(h));
	memcpy(p + 12, "Xen", 4);
	memcpy(p + 16, desc, size);
	return 16 + ROUND_UP(size, 4u);
}

static int make_elf(void **state)
{
	Elf64_Ehdr *eh = (void *)image;
	Elf64_Phdr *ph = (void *)(image + sizeof(*eh));
	u64 base = 0xffffffff80000000, entry = base + 0x1000100, one = 1;
	size_t at = 512;

	memcpy(eh->e_ident, ELFMAG "\2\1\1", 7);
	eh->e_machine = EM_X86_64;
	eh->e_phoff = sizeof(*eh);
	eh->e_phentsize = sizeof(*ph);
	eh->e_phnum = 3;
	ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 1024, .p_vaddr = base, .p_paddr = 0x1000000,
			      .p_filesz = 512, .p_memsz = 0x2000 };
	ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 1536, .p_vaddr = 0, .p_paddr = 0x1002000,
			      .p_filesz = 512, .p_memsz = 512 };
	at += note(image + at, XEN_ELFNOTE_VIRT_BASE, &base, 8);
	at += note(image + at, XEN_ELFNOTE_ENTRY, &entry, 8);
	at += note(image + at, XEN_ELFNOTE_MOD_START_PFN, &one, 8);
	at += note(image + at, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	ph[2] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = 512, .p_filesz = at - 512, .p_memsz = at - 512 };
	image_size = 2048;
	return 0;
}

static const char *parse_copy(const u8 *p, size_t n, struct elf_kernel *k)
{
	u8 *copy = malloc(n ? n : 1), *exact = n ? copy : copy + 1;
	const char *why;
	u64 sum = 0;

	memcpy(copy, p, n);
	why = elf_parse(n ? copy : exact, n, k);
	/* What it points to must be there. */
	for (unsigned i = 0; !why && i < k->nr; i++) {
		assert_true(k->seg[i].filesz <= k->seg[i].memsz);
		assert_true(k->seg[i].paddr >= k->pstart && k->seg[i].paddr + k->seg[i].memsz <= k->pend);
		for (u64 j = 0; j < k->seg[i].filesz; j++)
			sum += k->seg[i].data[j];
	}
	free(copy);
	return sum == 1 ? NULL : why;
}

static void test_good(void **state)
{
	struct elf_kernel k;

	assert_null(elf_parse(image, image_size, &k));
	assert_int_equal(k.nr, 2);
	assert_int_equal(k.pstart, 0x1000000);
	assert_int_equal(k.pend, 0x1002200);
	assert_true(k.notes.xen && k.notes.virt_base_given && k.notes.entry_given && k.notes.mod_start_pfn);
	assert_false(k.notes.init_p2m_given || k.notes.hypercall_page_given);
	assert_string_equal(k.notes.guest_os, "linux");
}

static void test_every_length(void **state)
{
	struct elf_kernel k;

	for (size_t n = 0; n < image_size; n++)
		assert_non_null(parse_copy(image, n, &k));
}

static void test_every_byte(void **state)
{
	static const u8 values[] = { 0x00, 0xff, 0x7f, 0x80, 0x01 };
	struct elf_kernel k;

	for (size_t i = 0; i < 768; i++)
		for (unsigned j = 0; j < ARRAY_SIZE(values); j++) {
			u8 old = image[i];

			image[i] = values[j];
			parse_copy(image, image_size, &k);
			image[i] = old;
		}
}

static void test_sums_wrap(void **state)
{
	Elf64_Phdr *ph = (void *)(image + sizeof(Elf64_Ehdr));
	Elf64_Ehdr *eh = (void *)image;
	struct elf_kernel k;

	ph[0].p_offset = ~0ull - 100;
	assert_non_null(elf_parse(image, image_size, &k));
	make_elf(NULL);
	ph[0].p_paddr = ~0ull - 100;
	assert_non_null(elf_parse(image, image_size, &k));
	make_elf(NULL);
	eh->e_phoff = ~0ull - 10;
	assert_non_null(elf_parse(image, image_size, &k));
	make_elf(NULL);
	ph[0].p_filesz = ~0ull;
	assert_non_null(elf_parse(image, image_size, &k));
	make_elf(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_every_byte), cmocka_unit_test(test_sums_wrap),
	};

	return cmocka_run_group_tests(tests, make_elf, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: hypervisor/acpi/tables.c */
/* ACPI tables, good and hostile. What is read outside of a mapping is the sanitizer's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "acpi/acpi.h"
#include "mm/map.h"
#include "mm/page.h"

#define FW_BASE 0x7fe00000ull
#define FW_SIZE 0x10000u
#define RSDP (FW_BASE + 0x10)
#define ROOT (FW_BASE + 0x100)
#define MADT (FW_BASE + 0x1000)
#define FADT (FW_BASE + 0x2000)
#define MCFG (FW_BASE + 0x3000)
#define HPET (FW_BASE + 0x4000)
#define DSDT (FW_BASE + 0x5000)

static u8 *fw;				/* memory at FW_BASE */
static u8 low[0x100000];		/* the first MiB */
static u64 root_table[512];
u64 *hv_root = root_table;

/* A mapping is a copy of its own, exactly as long as asked for: an overrun is seen. */
static void *copies[10000];
static unsigned nr_copies;

void *ioremap(paddr_t pa, size_t n)
{
	u8 *p;

	assert_true(nr_copies < ARRAY_SIZE(copies));
	p = calloc(1, n);
	copies[nr_copies++] = p;
	for (size_t i = 0; i < n; i++) {
		if (pa + i < sizeof(low))
			p[i] = low[pa + i];
		else if (pa + i >= FW_BASE && pa + i < FW_BASE + FW_SIZE)
			p[i] = fw[pa + i - FW_BASE];
	}
	return p;
}

static u8 *at(paddr_t pa) { return fw + (pa - FW_BASE); }
static void put32(u8 *p, u32 v) { memcpy(p, &v, 4); }
static void put64(u8 *p, u64 v) { memcpy(p, &v, 8); }
static u32 get_len(const u8 *p) { u32 v; memcpy(&v, p + 4, 4); return v; }

static void fix_sum(u8 *p, size_t n, size_t where)
{
	u8 sum = 0;

	p[where] = 0;
	for (size_t i = 0; i < n; i++)
		sum = (u8)(sum + p[i]);
	p[where] = (u8)-sum;
}

static void table(paddr_t pa, const char *sig, u32 len)
{
	memcpy(at(pa), sig, 4);
	put32(at(pa) + 4, len);
	fix_sum(at(pa), len, 9);
}

static void add(paddr_t t, const void *e, unsigned n)
{
	u32 len = get_len(at(t));

	memcpy(at(t) + len, e, n);
	put32(at(t) + 4, len + n);
	fix_sum(at(t), len + n, 9);
}

static void make_madt(void)
{
	static const u8 entries[] = {
		0, 8, 0, 0, 1, 0, 0, 0,				/* CPU 0 */
		0, 8, 1, 1, 1, 0, 0, 0,				/* CPU 1 */
		0, 8, 2, 2, 0, 0, 0, 0,				/* disabled */
		9, 16, 0, 0, 0x20, 1, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0,	/* x2APIC 0x120 */
		1, 12, 3, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,	/* IO-APIC */
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,			/* IRQ 0 is GSI 2 */
		2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,		/* IRQ 9 level, high */
	};

	put32(at(MADT) + 36, 0xfee00000);
	table(MADT, "APIC", 44);
	add(MADT, entries, sizeof(entries));
}

static void make_fadt(void)
{
	u8 *t = at(FADT);

	put32(t + 40, (u32)DSDT);
	t[46] = 9;
	put32(t + 56, 0x600);
	put32(t + 64, 0x604);
	put32(t + 76, 0x608);
	t[91] = 4;
	t[108] = 0x32;
	put32(t + 112, 1u << 8 | 1u << 10);
	t[116] = 1;
	t[117] = 8;
	put64(t + 120, 0xcf9);
	t[128] = 6;
	table(FADT, "FACP", 244);
}

static void make_dsdt(void)
{
	static const u8 s5[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x08, 4, 0x0a, 5, 0x0a, 6, 0, 0 };

	table(DSDT, "DSDT", 40);
	add(DSDT, s5, sizeof(s5));
}

static void make_root(void)
{
	static const paddr_t tables[] = { FADT, MADT, MCFG, HPET };

	table(ROOT, "XSDT", 36);
	for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
		add(ROOT, &tables[i], 8);
	memcpy(at(RSDP), "RSD PTR ", 8);
	at(RSDP)[15] = 2;
	put32(at(RSDP) + 20, 36);
	put64(at(RSDP) + 24, ROOT);
	fix_sum(at(RSDP), 20, 8);
	fix_sum(at(RSDP), 36, 32);
}

static int setup(void **state)
{
	static const u8 mcfg[] = { 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0 };

	while (nr_copies)
		free(copies[--nr_copies]);
	free(fw);
	fw = calloc(1, FW_SIZE);
	memset(low, 0, sizeof(low));
	make_madt();
	make_fadt();
	make_dsdt();
	table(MCFG, "MCFG", 44);
	add(MCFG, mcfg, sizeof(mcfg));
	put64(at(HPET) + 44, 0xfed00000);
	table(HPET, "HPET", 56);
	make_root();
	/* Drop the mapping that acpi_map() keeps: it shows the previous test's memory. */
	acpi_map(0x200000, 1);
	return 0;
}

static void test_good(void **state)
{
	acpi_init(RSDP);
	assert_int_equal(acpi.nr_cpus, 3);
	assert_int_equal(acpi.cpu[1].apic_id, 1);
	assert_int_equal(acpi.cpu[2].apic_id, 0x120);
	assert_int_equal(acpi.cpu[2].acpi_id, 7);
	assert_int_equal(acpi.nr_ioapics, 1);
	assert_int_equal(acpi.ioapic[0].base, 0xfec00000);
	assert_int_equal(acpi.lapic_base, 0xfee00000);
	assert_int_equal(acpi.isa[0].gsi, 2);
	assert_true(acpi.isa[9].level);
	assert_false(acpi.isa[9].low);
	assert_int_equal(acpi.sci_gsi, 9);
	assert_int_equal(acpi.pm1a_cnt, 0x604);
	assert_int_equal(acpi.pm_timer_port, 0x608);
	assert_true(acpi.pm_timer_32bit);
	assert_true(acpi.reset_reg_supported);
	assert_int_equal(acpi.reset_addr, 0xcf9);
	assert_int_equal(acpi.hpet_base, 0xfed00000);
	assert_int_equal(acpi.nr_mcfg, 1);
	assert_int_equal(acpi.mcfg[0].base, 0xb0000000);
	assert_true(acpi.s5_known);
	assert_int_equal(acpi.s5_typ_a, 5);
	assert_int_equal(acpi.s5_typ_b, 6);
}

static void test_scan(void **state)
{
	memcpy(low + 0xf5a0, "RSD PTR ", 8);	/* not where RSDPs are */
	memcpy(low + 0xf5a50, at(RSDP), 36);
	acpi_init(0);
	assert_int_equal(acpi.rsdp, 0xf5a50);
	assert_int_equal(acpi.nr_cpus, 3);
}

static void test_scan_ebda(void **state)
{
	low[0x40e] = 0xc0;
	low[0x40f] = 0x9f;
	memcpy(low + 0x9fc40, at(RSDP), 36);
	acpi_init(0);
	assert_int_equal(acpi.rsdp, 0x9fc40);
}

static void test_none(void **state)
{
	acpi_init(0);
	assert_int_equal(acpi.rsdp, 0);
	assert_int_equal(acpi.nr_cpus, 0);
}

static void test_rsdt(void **state)
{
	u32 madt = (u32)MADT;

	table(ROOT, "RSDT", 36);
	add(ROOT, &madt, 4);
	at(RSDP)[15] = 0;
	put32(at(RSDP) + 16, (u32)ROOT);
	fix_sum(at(RSDP), 20, 8);
	acpi_init(RSDP);
	assert_int_equal(acpi.nr_cpus, 3);
	assert_int_equal(acpi.pm1a_cnt, 0);
}

static void test_bad_checksums(void **state)
{
	at(MADT)[50] ^= 1;
	acpi_init(RSDP);
	assert_int_equal(acpi.nr_cpus, 0);
	assert_int_equal(acpi.pm1a_cnt, 0x604);
	at(RSDP)[9] ^= 1;
	acpi_init(RSDP);
	assert_int_equal(acpi.rsdp, 0);
}

static void test_lengths(void **state)
{
	static const u32 bad[] = { 0, 1, 35, 36, 43, 0x100001, 0x7fffffff, 0xffffffff };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		put32(at(MADT) + 4, bad[i]);
		if (bad[i] <= FW_SIZE)
			fix_sum(at(MADT), bad[i] < 10 ? 10 : bad[i], 9);
		acpi_init(RSDP);
		assert_int_equal(acpi.nr_cpus, 0);
	}
}

static void test_entry_lengths(void **state)
{
	static const u8 zero[] = { 0, 0 }, past[] = { 0, 200 };
	static const u8 tiny[] = { 0, 2, 9, 4, 0, 0 }, half[] = { 0 };
	static const struct { const u8 *e; unsigned n; } bad[] = {
		{ zero, 2 }, { past, 2 }, { tiny, 6 }, { half, 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		add(MADT, bad[i].e, bad[i].n);
		acpi_init(RSDP);
		assert_int_equal(acpi.nr_cpus, 3);
	}
}

static void test_too_many(void **state)
{
	for (unsigned i = 0; i < 300; i++) {
		u8 cpu[] = { 9, 16, 0, 0, (u8)i, (u8)(2 + i / 256), 0, 0, 1, 0, 0, 0, (u8)i, 0, 0, 0 };
		u8 ioapic[] = { 1, 12, (u8)i, 0, 0, 0, 0xc1, 0xfe, (u8)i, 0, 0, 0 };
		u8 override[] = { 2, 10, 0, (u8)i, (u8)i, 1, 0, 0, 0, 0 };

		if (i < 100)
			add(MADT, ioapic, sizeof(ioapic));
		add(MADT, override, sizeof(override));
		if (get_len(at(MADT)) + 16 < 0xff0)
			add(MADT, cpu, sizeof(cpu));
		if (get_len(at(MADT)) + 64 > 0x1000)
			break;
	}
	acpi_init(RSDP);
	assert_true(acpi.nr_cpus <= MAX_CPUS);
	assert_int_equal(acpi.nr_ioapics, MAX_IOAPICS);
}

/* Whatever bytes change, with sums put right: no access outside, no endless loop. */
static void test_random(void **state)
{
	static const paddr_t tables[] = { ROOT, MADT, FADT, MCFG, HPET, DSDT };
	u32 x = 4711;

	for (unsigned n = 0; n < 2000; n++) {
		paddr_t pa;
		u32 len;

		setup(state);
		pa = tables[n % ARRAY_SIZE(tables)];
		for (unsigned k = 0; k < 1 + n % 5; k++) {
			x = x * 1664525 + 1013904223;
			len = get_len(at(pa));
			at(pa)[4 + (x >> 8) % (max(min(len, 0x800u), 40u) - 4)] = (u8)(x >> 24);
		}
		len = get_len(at(pa));
		if (len >= 10 && len <= 0x1000)
			fix_sum(at(pa), len, 9);
		acpi_init(RSDP);
		assert_true(acpi.nr_cpus <= MAX_CPUS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, setup),
		cmocka_unit_test_setup(test_scan, setup),
		cmocka_unit_test_setup(test_scan_ebda, setup),
		cmocka_unit_test_setup(test_none, setup),
		cmocka_unit_test_setup(test_rsdt, setup),
		cmocka_unit_test_setup(test_bad_checksums, setup),
		cmocka_unit_test_setup(test_lengths, setup),
		cmocka_unit_test_setup(test_entry_lengths, setup),
		cmocka_unit_test_setup(test_too_many, setup),
		cmocka_unit_test_setup(test_random, setup),
	};
	int rc;

	host_machine_init(64);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	while (nr_copies)
		free(copies[--nr_copies]);
	free(fw);
	host_machine_fini();
	return rc;
}

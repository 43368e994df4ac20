/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI's static tables, read once at boot into `acpi`. Firmware is not trusted
 * to be right: every length is checked against what was mapped, every table's
 * checksum must fit, and whatever does not is left out with a line in the log.
 *
 * Fields are read by offset with get16/32/64(), since nothing in a table is
 * aligned. No lock: boot CPU only.
 */
#include "acpi/acpi.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/map.h"
#include "mm/page.h"

#define TABLE_MAX (1u << 20)		/* no static table is near that */
#define HEADER_SIZE 36

struct acpi_info acpi;

static u16 get16(const u8 *p) { return (u16)(p[0] | p[1] << 8); }
static u32 get32(const u8 *p) { return get16(p) | (u32)get16(p + 2) << 16; }
static u64 get64(const u8 *p) { return get32(p) | (u64)get32(p + 4) << 32; }

static bool checksum_ok(const u8 *p, size_t n)
{
	u8 sum = 0;

	while (n--)
		sum = (u8)(sum + *p++);
	return !sum;
}

/* Tables lie close together: the last mapping often serves the next one as well. */
const void *acpi_map(paddr_t pa, size_t n)
{
	static paddr_t last_pa;
	static size_t last_size;
	static u8 *last_va;
	paddr_t start = pa & PAGE_MASK;
	size_t size;

	if (!pa || !n || n > 2 * TABLE_MAX || pa + n < pa || pa >> 52)
		return NULL;
	if (!hv_root)
		return (u8 *)mfn_to_virt(maddr_to_mfn(pa)) + (pa & ~PAGE_MASK);
	if (last_va && pa >= last_pa && pa + n <= last_pa + last_size)
		return last_va + (pa - last_pa);
	size = ROUND_UP(pa + n, PAGE_SIZE) - start;
	last_va = ioremap(start, size);
	if (!last_va)
		return NULL;
	last_pa = start;
	last_size = size;
	return last_va + (pa - start);
}

/* The whole table at pa, checked; NULL if it is not one. */
static const u8 * __init table_map(paddr_t pa, u32 *len)
{
	const u8 *t = acpi_map(pa, HEADER_SIZE);

	if (!t)
		return NULL;
	*len = get32(t + 4);
	if (*len < HEADER_SIZE || *len > TABLE_MAX)
		return NULL;
	t = acpi_map(pa, *len);
	if (!t)
		return NULL;
	if (!checksum_ok(t, *len)) {
		printk(LOG_WARN, "ACPI: table %.4s at %llx has a bad checksum, ignored\n",
		       (const char *)t, (unsigned long long)pa);
		return NULL;
	}
	return t;
}

static void __init add_cpu(u32 apic_id, u32 acpi_id, bool enabled)
{
	if (!enabled || apic_id == 0xffffffffu)
		return;
	for (unsigned i = 0; i < acpi.nr_cpus; i++)
		if (acpi.cpu[i].apic_id == apic_id)
			return;
	if (acpi.nr_cpus == MAX_CPUS) {
		printk(LOG_WARN, "ACPI: processor %u is one too many, ignored\n", apic_id);
		return;
	}
	acpi.cpu[acpi.nr_cpus].apic_id = apic_id;
	acpi.cpu[acpi.nr_cpus].acpi_id = acpi_id;
	acpi.cpu[acpi.nr_cpus++].enabled = true;
}

static void __init add_ioapic(const u8 *e)
{
	if (acpi.nr_ioapics == MAX_IOAPICS || !get32(e + 4))
		return;
	acpi.ioapic[acpi.nr_ioapics].id = e[2];
	acpi.ioapic[acpi.nr_ioapics].base = get32(e + 4) & PAGE_MASK;
	acpi.ioapic[acpi.nr_ioapics++].gsi_base = get32(e + 8);
}

/* Polarity (bits 0-1) and trigger (2-3): 0 as the bus does, 1 high/edge, 3 low/level. */
static void __init add_override(const u8 *e)
{
	u16 flags = get16(e + 8);
	unsigned src = e[3];

	if (e[2] || src >= ARRAY_SIZE(acpi.isa))
		return;
	acpi.isa[src].gsi = get32(e + 4);
	acpi.isa[src].low = (flags & 3) == 3;
	acpi.isa[src].level = (flags >> 2 & 3) == 3;
	acpi.isa[src].valid = true;
}

static void __init parse_madt(const u8 *t, u32 len)
{
	static const u8 min_len[] = { [0] = 8, [1] = 12, [2] = 10, [5] = 12, [9] = 16 };
	u32 off = 44;

	if (len < off)
		return;
	acpi.lapic_base = get32(t + 36);
	while (off + 2 <= len) {
		const u8 *e = t + off;
		unsigned type = e[0], n = e[1];

		if (n < 2 || off + n > len) {
			printk(LOG_WARN, "ACPI: MADT is cut short at byte %u\n", off);
			return;
		}
		off += n;
		if (type >= ARRAY_SIZE(min_len) || !min_len[type] || n < min_len[type])
			continue;
		if (type == 0)
			add_cpu(e[3], e[2], (get32(e + 4) & 1) && e[3] != 0xff);
		else if (type == 1)
			add_ioapic(e);
		else if (type == 2)
			add_override(e);
		else if (type == 5)
			acpi.lapic_base = get64(e + 4);
		else
			add_cpu(get32(e + 4), get32(e + 12), get32(e + 8) & 1);
	}
}

/* A port block: the old 32-bit field, or the generic address at x_off if it is a port. */
static u16 __init fadt_port(const u8 *t, u32 len, u32 off, u32 x_off)
{
	u32 port = get32(t + off);

	if (x_off + 12 <= len && t[x_off] == 1 && get64(t + x_off + 4))
		port = (u32)min(get64(t + x_off + 4), (u64)0x10000);
	return port < 0x10000 ? (u16)port : 0;
}

static void __init parse_fadt(const u8 *t, u32 len)
{
	u32 flags;
	u16 sci;

	if (len < 116)
		return;
	flags = get32(t + 112);
	sci = get16(t + 46);
	acpi.sci_gsi = sci;
	if (sci < ARRAY_SIZE(acpi.isa) && !acpi.isa[sci].valid) {
		/* Without an override the SCI is what ACPI says it is: level, low. */
		acpi.isa[sci].gsi = sci;
		acpi.isa[sci].level = acpi.isa[sci].low = acpi.isa[sci].valid = true;
	}
	if (sci < ARRAY_SIZE(acpi.isa))
		acpi.sci_gsi = (u16)acpi.isa[sci].gsi;
	acpi.pm1a_evt = fadt_port(t, len, 56, 148);
	acpi.pm1a_cnt = fadt_port(t, len, 64, 172);
	acpi.pm1b_cnt = fadt_port(t, len, 68, 184);
	if (t[91] >= 4)
		acpi.pm_timer_port = fadt_port(t, len, 76, 208);
	acpi.pm_timer_32bit = flags & (1u << 8);
	acpi.century = t[108];
	acpi.dsdt = get32(t + 40);
	if (len >= 148 && get64(t + 140))
		acpi.dsdt = get64(t + 140);
	if (len >= 129 && (flags & (1u << 10)) && t[116] <= 2 && get64(t + 120)) {
		acpi.reset_reg_supported = true;
		acpi.reset_space = t[116];
		acpi.reset_addr = get64(t + 120);
		acpi.reset_value = t[128];
	}
}

static void __init parse_mcfg(const u8 *t, u32 len)
{
	for (u32 off = 44; off + 16 <= len && acpi.nr_mcfg < MAX_MCFG; off += 16) {
		const u8 *e = t + off;
		u64 base = get64(e);

		if (!base || (base & 0xfffff) || e[10] > e[11] || base >> 52)
			continue;
		acpi.mcfg[acpi.nr_mcfg].base = base;
		acpi.mcfg[acpi.nr_mcfg].seg = get16(e + 8);
		acpi.mcfg[acpi.nr_mcfg].start_bus = e[10];
		acpi.mcfg[acpi.nr_mcfg++].end_bus = e[11];
	}
}

static void __init parse_hpet(const u8 *t, u32 len)
{
	u64 base = len >= 56 ? get64(t + 44) : 0;

	if (!base || t[40] != 0 || base >> 52 || acpi.hpet_base)
		return;
	acpi.hpet_base = base;
	acpi.hpet_protect = t[55] & 0xf;
}

/*
 * Package lengths and the integers of a package as AML writes them. *pos moves
 * behind what was read; false when the bytes are something else.
 */
static bool __init aml_small_int(const u8 *p, u32 len, u32 *pos, u8 *val)
{
	if (*pos >= len)
		return false;
	switch (p[*pos]) {
	case 0x00: case 0x01:		/* ZeroOp, OneOp */
		*val = p[(*pos)++];
		return true;
	case 0x0a: case 0x0b: case 0x0c: {	/* byte, word, dword */
		u32 n = 1u << (p[*pos] - 0x0a);

		if (len - *pos < n + 1)
			return false;
		*val = p[*pos + 1];
		*pos += n + 1;
		return true;
	}
	default:
		return false;
	}
}

/* Name (_S5, Package () { a, b, ... }) is found by its bytes: we have no interpreter. */
static bool __init find_s5(const u8 *p, u32 len)
{
	for (u32 i = HEADER_SIZE; i + 8 < len; i++) {
		u32 pos = i + 5;
		u8 a, b;

		if (memcmp(p + i, "_S5_\x12", 5) || (p[i - 1] != 0x08 &&
		    !(p[i - 1] == '\\' && p[i - 2] == 0x08)))
			continue;
		pos += 1 + (p[pos] >> 6);	/* package length: 1 to 4 bytes */
		pos++;				/* number of elements */
		if (!aml_small_int(p, len, &pos, &a))
			continue;
		if (!aml_small_int(p, len, &pos, &b))
			b = 0;
		acpi.s5_typ_a = a & 7;
		acpi.s5_typ_b = b & 7;
		return true;
	}
	return false;
}

static void __init parse_table(paddr_t pa)
{
	const u8 *t;
	u32 len;

	t = table_map(pa, &len);
	if (!t)
		return;
	if (!memcmp(t, "APIC", 4))
		parse_madt(t, len);
	else if (!memcmp(t, "FACP", 4))
		parse_fadt(t, len);
	else if (!memcmp(t, "MCFG", 4))
		parse_mcfg(t, len);
	else if (!memcmp(t, "HPET", 4))
		parse_hpet(t, len);
}

static bool __init rsdp_ok(const u8 *p)
{
	return p && !memcmp(p, "RSD PTR ", 8) && checksum_ok(p, 20);
}

static paddr_t __init rsdp_scan(paddr_t start, paddr_t end)
{
	for (paddr_t pa = start; pa + 20 <= end; pa += 16)
		if (rsdp_ok(acpi_map(pa, 20)))
			return pa;
	return 0;
}

static paddr_t __init rsdp_find(paddr_t hint)
{
	const u8 *bda;
	paddr_t ebda, pa;

	if (hint && rsdp_ok(acpi_map(hint, 20)))
		return hint;
	bda = acpi_map(0x400, 0x100);
	ebda = bda ? (paddr_t)get16(bda + 0xe) << 4 : 0;
	if (ebda >= 0x80000 && ebda < 0xa0000) {
		acpi_map(ebda, 1024);
		pa = rsdp_scan(ebda, ebda + 1024);
		if (pa)
			return pa;
	}
	acpi_map(0xe0000, 0x20000);	/* one mapping for the whole scan */
	return rsdp_scan(0xe0000, 0x100000);
}

static void __init parse_root(paddr_t root, unsigned width)
{
	const u8 *t;
	u32 len, n;

	t = table_map(root, &len);
	if (!t || memcmp(t, width == 8 ? "XSDT" : "RSDT", 4)) {
		printk(LOG_ERR, "ACPI: no usable root table at %llx\n", (unsigned long long)root);
		return;
	}
	n = (len - HEADER_SIZE) / width;
	/* MADT before FADT: the SCI's settings follow from the overrides. */
	for (unsigned pass = 0; pass < 2; pass++) {
		for (u32 i = 0; i < n; i++) {
			const u8 *e = t + HEADER_SIZE + i * width;
			paddr_t pa = width == 8 ? get64(e) : get32(e);
			const u8 *h = acpi_map(pa, HEADER_SIZE);

			if (h && (memcmp(h, "APIC", 4) == 0) == (pass == 0))
				parse_table(pa);
		}
	}
}

void __init acpi_init(paddr_t rsdp_hint)
{
	const u8 *r, *dsdt;
	u32 len;

	memset(&acpi, 0, sizeof(acpi));
	acpi.rsdp = rsdp_find(rsdp_hint);
	if (!acpi.rsdp) {
		printk(LOG_ERR, "ACPI: no RSDP found\n");
		return;
	}
	r = acpi_map(acpi.rsdp, 36);
	if (r && r[15] >= 2 && get64(r + 24) && checksum_ok(r, 36))
		parse_root(get64(r + 24), 8);
	else if (r)
		parse_root(get32(r + 16), 4);
	dsdt = acpi.dsdt ? table_map(acpi.dsdt, &len) : NULL;
	acpi.s5_known = dsdt && acpi.pm1a_cnt && find_s5(dsdt, len);
	printk(LOG_INFO, "ACPI: %u processors, %u IO-APICs, PM timer %x, HPET %llx\n",
	       acpi.nr_cpus, acpi.nr_ioapics, acpi.pm_timer_port,
	       (unsigned long long)acpi.hpet_base);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which the hypervisor comes up. boot/head.S calls start() on the
 * boot CPU with interrupts off and the boot page tables; the table below is the
 * rest. A step may use what the steps before it set up and nothing else. A step
 * that cannot do its work ends in panic() with the reason.
 */
#include "acpi/acpi.h"
#include "boot/boot.h"
#include "control/policy.h"
#include "core/domain.h"
#include "core/keys.h"
#include "core/switch.h"
#include "cpu/cpu.h"
#include "cpu/desc.h"
#include "cpu/features.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "dev/console.h"
#include "dev/keys.h"
#include "evtchn/evtchn.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "krypton.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/time.h"
#include "time/timer.h"

/* boot/head.S has these numbers in its own form. */
_Static_assert(STACK_SIZE == 32768, "STACK_BYTES in boot/head.S");
_Static_assert(sizeof(struct cpu_info) <= 256, "CPU_INFO_BYTES in boot/head.S");

void start(u32 magic, u32 info);
int format_domain(char *buf, size_t size, const void *p);
int format_vcpu(char *buf, size_t size, const void *p);

static u32 mb2_magic __initdata;
static paddr_t mb2_info __initdata;
static struct domain *dom0;

/* lib/printf.c calls these for %pd and %pv. */
int format_domain(char *buf, size_t size, const void *p)
{
	const struct domain *d = p;

	if (!d)
		return snprintf(buf, size, "d?");
	if (d->domain_id == DOMID_XEN || d->domain_id == DOMID_IO || d == dom_idle)
		return snprintf(buf, size, d == dom_idle ? "d[idle]" : d == dom_io ? "d[io]" : "d[xen]");
	return snprintf(buf, size, "d%u", d->domain_id);
}

int format_vcpu(char *buf, size_t size, const void *p)
{
	const struct vcpu *v = p;
	char name[16];

	if (!v)
		return snprintf(buf, size, "d?v?");
	format_domain(name, sizeof(name), v->domain);
	return snprintf(buf, size, "%sv%u", name, v->id);
}

static void __init step_loader(void)
{
	multiboot2_parse(mb2_magic, mb2_info);
	boot_info.dom0_cmdline_extra = cmdline_parse(boot_info.cmdline);
}

static void __init step_banner(void)
{
	printk(LOG_INFO, "Krypton %s (Xen %d.%d ABI)\n", KRYPTON_VERSION, XEN_ABI_MAJOR, XEN_ABI_MINOR);
	printk(LOG_INFO, "Loader: %s. Command line: %s\n", boot_info.loader, cmdline_saved);
}

static void __init step_cpu(void)
{
	cpu_features_init();
	cpu_features_enable();
}

static void __init step_e820(void)
{
	struct e820_map *m = &boot_info.e820;

	e820_sanitise(m);
	if (opts.mem_limit)
		e820_limit(m, opts.mem_limit);
	printk(LOG_INFO, "Memory map:\n");
	e820_print(m);
	if (!e820_end(m, E820_RAM))
		panic("The boot loader gave no memory map.");
	trampoline_reserve();
	early_init();
}

static void __init step_memory_report(void)
{
	printk(LOG_INFO, "Memory: %llu MiB, %llu MiB of them free\n",
	       (unsigned long long)(max_page << PAGE_SHIFT) >> 20,
	       (unsigned long long)(heap_free_pages() << PAGE_SHIFT) >> 20);
}

static void __init step_descriptors(void)
{
	desc_init_cpu(0);
	idt_init();
	desc_load();
}

static void __init step_acpi(void) { acpi_init(boot_info.rsdp); }

static void __init step_interrupts(void)
{
	irq_init();
	mask_8259s();
	lapic_detect(acpi.lapic_base);
	lapic_init_cpu();
	ioapic_init();
}

static void __init step_time(void)
{
	timer_init_cpu(0);
	time_init();
	lapic_timer_calibrate();
}

static void __init step_keys(void)
{
	keys_init();
	core_keys_init();
	console_io_init();
	pirq_event_hook = send_guest_pirq;
}

static void __init step_dom0(void)
{
	dom0 = pv_build_dom0();
}

struct init_step {
	const char *name;
	void (*fn)(void);
};

static const struct init_step init_steps[] __initconst = {
	{ "boot processor", smp_init_boot_cpu },
	{ "boot loader's information", step_loader },
	{ "console", console_init },
	{ "banner", step_banner },
	{ "processor features", step_cpu },
	{ "memory map", step_e820 },
	{ "page tables and heap", map_init },
	{ "memory report", step_memory_report },
	{ "descriptor tables", step_descriptors },
	{ "ACPI tables", step_acpi },
	{ "interrupt controllers", step_interrupts },
	{ "clocks", step_time },
	{ "special domains", domain_init_specials },
	{ "scheduler", sched_init },
	{ "processor policy", policy_init },
	{ "debug keys", step_keys },
	{ "other processors", smp_boot_others },
	{ "console interrupt", console_init_irq },
	{ "domain 0", step_dom0 },
	{ "page rights", map_protect_image },
};

/* No longer boot code: it gives the boot code back. */
static void __noreturn start_dom0(void)
{
	map_free_init();
	console_end_boot();
	(void)domain_unpause(dom0);
	startup_cpu_idle_loop();
}

/* Not __init: control goes from here to start_dom0() while __init memory goes away. */
void start(u32 magic, u32 info)
{
	mb2_magic = magic;
	mb2_info = info;
	for (unsigned i = 0; i < ARRAY_SIZE(init_steps); i++)
		init_steps[i].fn();
	start_dom0();
}

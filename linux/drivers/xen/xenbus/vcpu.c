/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.c: cpu/N/availability, by which the toolstack says which processors we are to use.
 *
 * Owns the watch. A processor that is taken away goes offline and is not present any more, so that
 * nobody puts it online without the toolstack's leave; one that is given back becomes present, and
 * user space (udev) or its owner puts it online, as with the kernel's own driver. No lock: one
 * thread calls back, and the kernel's hotplug functions have their own.
 */
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <asm/cpu.h>
#include <xen/xen.h>
#include "ring.h"
#include "state.h"

static void cpu_given(unsigned int cpu)
{
	if (cpu_present(cpu))
		return;
	xen_arch_register_cpu(cpu);
	set_cpu_present(cpu, true);
}

static void cpu_taken(unsigned int cpu)
{
	if (!cpu_present(cpu) || !cpu_is_hotpluggable(cpu))
		return;
	if (cpu_online(cpu) && remove_cpu(cpu))
		pr_warn("xen-xenbus: processor %u does not go offline\n", cpu);
	if (!cpu_online(cpu)) {
		xen_arch_unregister_cpu(cpu);
		set_cpu_present(cpu, false);
	}
}

static void cpu_look(unsigned int cpu)
{
	char dir[16], *value;

	snprintf(dir, sizeof(dir), "cpu/%u", cpu);
	value = xb_read(XB_NIL, dir, "availability", NULL);
	if (IS_ERR(value))
		return;
	if (!strcmp(value, "online"))
		cpu_given(cpu);
	else if (!strcmp(value, "offline"))
		cpu_taken(cpu);
	else
		pr_warn("xen-xenbus: %s/availability is neither online nor offline\n", dir);
	kfree(value);
}

static void cpu_changed(struct xb_watch *w, const char *path)
{
	int cpu = xb_vcpu_of_path(path);
	unsigned int i;

	if (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu))
		cpu_look(cpu);
	else if (!strcmp(path, w->node))	/* the first event, or one that stands for many */
		for_each_possible_cpu(i)
			cpu_look(i);
}

static struct xb_watch cpu_watch = { .node = "cpu", .callback = cpu_changed };

int xb_vcpu_init(void)
{
	return xb_watch(&cpu_watch);
}

void xb_vcpu_exit(void)
{
	xb_unwatch(&cpu_watch);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processor sets as the control interfaces carry them (a guest's byte array with
 * a bit count of its own) and the processors' topology, computed from CPUID and
 * APIC ids each time it is asked for. No state, no lock.
 */
#include "control/control.h"
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/uaccess.h"
#include "lib/errno.h"

int bitmap_get_cpumask(cpumask_t *mask, const struct xenctl_bitmap *b)
{
	u32 bits = min(b->nr_bits, (u32)MAX_CPUS);

	*mask = 0;
	if (!bits)
		return 0;
	if (copy_from_guest(mask, b->bitmap.p, DIV_ROUND_UP(bits, 8)))
		return -EFAULT;
	if (bits < MAX_CPUS)
		*mask &= (1ull << bits) - 1;
	return 0;
}

int bitmap_put_cpumask(const struct xenctl_bitmap *b, cpumask_t mask)
{
	u64 bytes = DIV_ROUND_UP((u64)b->nr_bits, 8), ours = min(bytes, (u64)sizeof(mask));

	if (b->nr_bits < MAX_CPUS)
		mask &= (1ull << b->nr_bits) - 1;
	if (!b->nr_bits)
		return 0;
	if (copy_to_guest(b->bitmap.p, &mask, ours))
		return -EFAULT;
	/* No machine has more processors than this; a larger count is a mistake not worth following. */
	bytes = min(bytes, (u64)PAGE_SIZE);
	if (bytes > ours && clear_guest(b->bitmap.p + ours, bytes - ours))
		return -EFAULT;
	return 0;
}

/* How many low bits of an APIC id name the thread, and how many thread and core together. */
static void topology_shifts(unsigned *thread, unsigned *package)
{
	u32 a, b, c, d, max_leaf;

	*thread = *package = 0;
	cpuid_count(0, 0, &max_leaf, &b, &c, &d);
	if (max_leaf >= 0xb) {
		cpuid_count(0xb, 0, &a, &b, &c, &d);
		if (b & 0xffff) {
			*thread = a & 31;
			cpuid_count(0xb, 1, &a, &b, &c, &d);
			*package = max(a & 31, (u32)*thread);
			return;
		}
	}
	cpuid_count(1, 0, &a, &b, &c, &d);
	if (!(d & (1u << 28)) || (b >> 16 & 0xff) < 2)
		return;
	*package = order_for(b >> 16 & 0xff);
	if (cpu_features.intel && max_leaf >= 4) {
		cpuid_count(4, 0, &a, &b, &c, &d);
		*thread = *package - min(*package, order_for((a >> 26) + 1));
	}
}

void topology_of(unsigned cpu, struct cpu_topology *t)
{
	unsigned thread_bits, package_bits, i;
	u64 threads = 0, cores = 0;
	u32 id = pcpus[cpu]->apic_id;

	topology_shifts(&thread_bits, &package_bits);
	t->thread = id & ((1u << thread_bits) - 1);
	t->core = (id & ((1u << package_bits) - 1)) >> thread_bits;
	t->socket = id >> package_bits;
	/* Count what is there and not what the ids leave room for. */
	for (i = 0; i < nr_cpus; i++) {
		u32 other = pcpus[i]->apic_id;

		if (other >> package_bits != t->socket)
			continue;
		cores |= 1ull << ((other & ((1u << package_bits) - 1)) >> thread_bits & 63);
		if (other >> thread_bits == id >> thread_bits)
			threads++;
	}
	t->threads_per_core = max((u32)threads, 1u);
	t->cores_per_socket = max(hweight64(cores), 1u);
}

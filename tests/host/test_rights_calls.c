/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SOURCES: hypervisor/control/domctl.c hypervisor/control/domctl_domain.c
 * SOURCES: hypervisor/control/domctl_vcpu.c hypervisor/control/domctl_sched.c
 * SOURCES: hypervisor/control/domctl_rights.c hypervisor/control/domctl_misc.c
 * SOURCES: hypervisor/control/sysctl.c hypervisor/control/sysctl_cpu.c
 * SOURCES: hypervisor/control/sysctl_policy.c hypervisor/control/physdev_op.c
 * SOURCES: hypervisor/control/platform_op.c hypervisor/control/mca.c
 * SOURCES: hypervisor/control/policy.c hypervisor/control/bitmap.c
 * SOURCES: hypervisor/core/rights.c hypervisor/lib/rangeset.c
 */
/*
 * The control hypercalls from outside: who is let in, what a wrong version, a bad
 * pointer or nonsense gets, and that nothing is left held. What lies below them is
 * played by the few functions at the top.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "acpi/acpi.h"
#include "control/control.h"
#include "control/policy.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/uaccess.h"
#include "dev/console.h"
#include "dev/keys.h"
#include "dev/pci.h"
#include "evtchn/evtchn.h"
#include "irq/irq.h"
#include "irq/msi.h"
#include "irq/pirq.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/time.h"
#include <xen/arch-x86/xen-mca.h>
#include <xen/physdev.h>
#include <xen/platform.h>

/* ---- what lies below ---- */

static void small_cpuid(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a = leaf == 0 ? 1 : leaf == 0x80000000 ? 0x80000008 : 0x2828;
	*b = *c = *d = 0xffffffff;
}

#define cpuid_count small_cpuid
#include "../../hypervisor/control/policy_host.c"
#undef cpuid_count

struct acpi_info acpi;
struct cpu_features cpu_features;
u16 console_com1_base;
unsigned nr_gsis = 24;
static unsigned keys_pressed, created, powered_off;
static bool kill_restarts;

struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *c, bool privileged,
			     int *err)
{
	struct domain *d;

	*err = -ENOMEM;
	if (created)
		return NULL;
	created++;
	d = host_domain_new(id, 0);
	d->max_vcpus = c->max_vcpus;
	free(d->vcpu);
	d->vcpu = calloc(c->max_vcpus, sizeof(*d->vcpu));
	assert_int_equal(rights_domain_init(d), 0);
	assert_int_equal(policy_domain_init(d), 0);
	d->creation_finished = false;
	return d;
}

struct vcpu *vcpu_create(struct domain *d, unsigned id)
{
	struct vcpu *v = calloc(1, sizeof(*v));

	v->id = id;
	v->domain = d;
	d->vcpu[id] = v;
	v->info = &v->dummy_info;
	v->pause_flags = VPF_down;
	return v;
}

int domain_kill(struct domain *d) { return kill_restarts ? -ERESTART : 0; }

int domain_pause_by_controller(struct domain *d)
{
	d->controller_pause_count++;
	d->pause_count++;
	return 0;
}

int domain_unpause_by_controller(struct domain *d)
{
	if (!d->controller_pause_count)
		return -EINVAL;
	d->controller_pause_count--;
	d->pause_count--;
	return 0;
}

void domain_resume(struct domain *d) { }
u64 vcpu_cpu_time(struct vcpu *v) { return 1; }
void vcpu_kick(struct vcpu *v) { }
int vcpu_pin_override(struct vcpu *v, int cpu) { return 0; }

int vcpu_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
	if (hard)
		v->hard_affinity = *hard;
	if (soft)
		v->soft_affinity = *soft;
	return 0;
}

static const struct scheduler test_sched = { .id = XEN_SCHEDULER_CREDIT };
const struct scheduler *scheduler = &test_sched;
u64 sched_cpu_idle_time(unsigned cpu) { return cpu; }
int evtchn_set_virq_handler(struct domain *d, unsigned virq) { return 0; }
void pv_fill_hypercall_page(void *page) { }
void time_set_wallclock(u64 secs, u32 nsecs, u64 system_time) { }
u32 console_ring_size(void) { return 16384; }
void console_ring_clear(void) { }
void key_press(char key) { keys_pressed++; }

size_t console_ring_read(u32 *index, char *buf, size_t n, bool incremental)
{
	u32 left = incremental && *index <= 1000 ? 1000 - *index : 1000;

	n = min(n, (size_t)left);
	memset(buf, 'x', n);
	*index = 1000 - left + (u32)n;
	return n;
}

int pci_device_add(u16 seg, u8 bus, u8 devfn) { return 0; }
int pci_device_remove(u16 seg, u8 bus, u8 devfn) { return 0; }
bool pci_device_known(u16 seg, u8 bus, u8 devfn) { return bus == 0; }
void pci_add_mmcfg(paddr_t base, u16 seg, u8 start_bus, u8 end_bus) { }
int msi_restore(u16 seg, u8 bus, u8 devfn) { return 0; }
int ioapic_read(paddr_t base, u32 reg, u32 *val) { *val = 0; return 0; }
int ioapic_setup_gsi(unsigned gsi, bool level, bool active_low) { return 0; }
int pirq_map_gsi(struct domain *d, unsigned gsi, int *pirq) { *pirq = (int)gsi; return 0; }
int pirq_map_msi(struct domain *d, struct msi_info *info, int *pirq) { *pirq = 200; return 0; }
int pirq_unmap(struct domain *d, int pirq) { return 0; }
int pirq_eoi(struct domain *d, u32 pirq) { return 0; }
int evtchn_unmask(struct domain *d, u32 port) { return 0; }
void pirq_eoi_map_refresh(struct domain *d) { }
void acpi_enter_s5(u16 a, u16 b) { powered_off++; }
void machine_halt(void) { abort(); }

static int set_context(struct vcpu *v, const struct vcpu_guest_context *c) { return 0; }
static void get_context(struct vcpu *v, struct vcpu_guest_context *c) { }
static void inject_nmi(struct vcpu *v) { v->nmi_pending = true; }
static const struct guest_ops test_ops = {
	.set_context = set_context, .get_context = get_context, .inject_nmi = inject_nmi,
};

/* ---- the domains ---- */

static struct domain *dom0, *domu;
static struct pv_vcpu pv0, pvu;

static struct domain *new_domain(domid_t id, struct pv_vcpu *pv)
{
	struct domain *d = host_domain_new(id, 1);

	d->ops = &test_ops;
	d->vcpu[0]->pv = pv;
	d->nr_pirqs = NR_IRQS;
	assert_int_equal(rights_domain_init(d), 0);
	assert_int_equal(policy_domain_init(d), 0);
	return d;
}

static void drop_domain(struct domain *d)
{
	rights_domain_free(d);
	policy_domain_free(d);
	assert_int_equal(d->refcnt, 1);
	host_domain_free(d);
}

static int setup(void **state)
{
	cpu_features = (struct cpu_features){ .paddr_bits = 40, .xcr0_mask = 7, .xsave_size = 832 };
	policy_init();
	memset(&pv0, 0, sizeof(pv0));
	memset(&pvu, 0, sizeof(pvu));
	created = 0;
	dom0 = new_domain(0, &pv0);
	domu = new_domain(7, &pvu);
	/* The tests look at addresses of their own program where frames of the machine would be. */
	free(dom0->shared_info);
	free(domu->shared_info);
	dom0->shared_info = domu->shared_info = NULL;
	host_run_on(0, dom0->vcpu[0]);
	return 0;
}

static int teardown(void **state)
{
	drop_domain(domu);
	drop_domain(dom0);
	assert_int_equal(shim_locks_held(), 0);
	assert_int_equal(shim_live_allocs, 0);
	return 0;
}

static long call1(long (*fn)(struct hc_args *), void *arg)
{
	struct hc_args a = { .arg = { (u64)arg }, .nr = 1 };

	return fn(&a);
}

static long domctl(u32 cmd, domid_t dom, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = dom;
	return call1(hc_domctl, op);
}

static long sysctl(u32 cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return call1(hc_sysctl, op);
}

static long physdev(u32 cmd, void *arg)
{
	struct hc_args a = { .arg = { cmd, (u64)arg }, .nr = 2 };

	return hc_physdev_op(&a);
}

static void test_unprivileged(void **state)
{
	static u8 zero[256];
	struct xen_platform_op pf = { .interface_version = XENPF_INTERFACE_VERSION };
	struct xen_mc mc = { .interface_version = XEN_MCA_INTERFACE_VERSION, .cmd = XEN_MC_fetch };

	host_run_on(0, domu->vcpu[0]);
	for (u32 cmd = 0; cmd < 1010; cmd++) {
		struct xen_domctl op = { 0 };
		struct xen_sysctl sc = { 0 };

		assert_int_equal(domctl(cmd, 0, &op), -EPERM);
		assert_int_equal(domctl(cmd, 7, &op), -EPERM);
		assert_int_equal(sysctl(cmd, &sc), -EPERM);
	}
	for (pf.cmd = 0; pf.cmd < 80; pf.cmd++)
		assert_int_equal(call1(hc_platform_op, &pf), -EPERM);
	assert_int_equal(call1(hc_mca, &mc), -EPERM);
	assert_int_equal(physdev(PHYSDEVOP_map_pirq, zero), -EPERM);
	assert_int_equal(physdev(PHYSDEVOP_setup_gsi, zero), -EPERM);
	assert_int_equal(physdev(PHYSDEVOP_pci_device_add, zero), -EPERM);
	assert_int_equal(physdev(PHYSDEVOP_eoi, zero), 0);
	assert_int_equal(physdev(PHYSDEVOP_set_iopl, zero), 0);
	assert_int_equal(powered_off, 0);
}

static void test_versions(void **state)
{
	struct xen_domctl op = { .cmd = 5, .interface_version = 0x17 };
	struct xen_sysctl sc = { .cmd = 3, .interface_version = 0x14 };
	struct xen_platform_op pf = { .cmd = XENPF_get_cpuinfo, .interface_version = 1 };
	struct xen_mc mc = { .cmd = XEN_MC_fetch };

	assert_int_equal(call1(hc_domctl, &op), -EACCES);
	assert_int_equal(call1(hc_sysctl, &sc), -EACCES);
	assert_int_equal(call1(hc_platform_op, &pf), -EACCES);
	assert_int_equal(call1(hc_mca, &mc), -EACCES);
	assert_int_equal(call1(hc_domctl, (void *)HV_VIRT_START), -EFAULT);
	assert_int_equal(call1(hc_domctl, (void *)(HV_VIRT_START - 8)), -EFAULT);
	assert_int_equal(call1(hc_sysctl, (void *)HV_VIRT_START), -EFAULT);
	assert_int_equal(call1(hc_platform_op, (void *)HV_VIRT_START), -EFAULT);
	assert_int_equal(physdev(PHYSDEVOP_eoi, (void *)HV_VIRT_START), -EFAULT);
	assert_int_equal(physdev(22, &op), -ENOSYS);
	assert_int_equal(physdev(~0u, &op), -ENOSYS);
}

static void test_domain_ids(void **state)
{
	struct xen_domctl op = { 0 };

	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 3, &op), -ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, DOMID_SELF, &op), -ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 0, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 0, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 1, &op), 0);
	assert_int_equal(op.domain, 7);
	assert_int_equal(op.u.getdomaininfo.domain, 7);
	assert_int_equal(op.u.getdomaininfo.nr_online_vcpus, 1);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, 8, &op), -ESRCH);
	assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, DOMID_FIRST_RESERVED, &op), -EINVAL);
	assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 7, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 7, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, 7, &op), -EINVAL);
	kill_restarts = true;
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 7, &op), -ERESTART);
	kill_restarts = false;
	assert_int_equal(domctl(XEN_DOMCTL_destroydomain, 7, &op), 0);
}

static void test_create(void **state)
{
	const struct xen_domctl_createdomain good = {
		.max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = -1,
		.max_maptrack_frames = -1, .grant_opts = 1,
	};
	struct xen_domctl op = { .u.createdomain = good };
	struct domain *d;

#define REFUSED(field, value, error) do { \
		op.u.createdomain = good; \
		op.u.createdomain.field = (value); \
		assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), error); \
	} while (0)
	REFUSED(flags, 1u << 8, -EINVAL);
	REFUSED(flags, XEN_DOMCTL_CDF_hvm, -EOPNOTSUPP);
	REFUSED(flags, XEN_DOMCTL_CDF_iommu, -EINVAL);
	REFUSED(max_vcpus, 0, -EINVAL);
	REFUSED(max_vcpus, MAX_VCPUS + 1, -EINVAL);
	REFUSED(grant_opts, 0, -EINVAL);
	REFUSED(grant_opts, 2, -EINVAL);
	REFUSED(grant_opts, 17, -EINVAL);
	REFUSED(vmtrace_size, 4096, -EINVAL);
	REFUSED(iommu_opts, 1, -EINVAL);
	REFUSED(arch.emulation_flags, XEN_X86_EMU_LAPIC, -EOPNOTSUPP);
	REFUSED(arch.misc_flags, 2, -EINVAL);
	REFUSED(cpupool_id, 1, -ENOENT);
	op.u.createdomain = good;
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 7, &op), -EEXIST);
	assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
	assert_true(op.domain > 0 && op.domain != 7);
	d = domain_get(op.domain);
	assert_int_equal(d->controller_pause_count, 1);
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, d->domain_id, &op), -EINVAL);
	op.u.max_vcpus.max = 1;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, d->domain_id, &op), -EINVAL);
	op.u.max_vcpus.max = 2;
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, d->domain_id, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, d->domain_id, &op), 0);
	assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, d->domain_id, &op), 0);
	domain_put(d);
	drop_domain(d);
}

static void test_affinity(void **state)
{
	u8 hard[32] = { 0x05 }, soft[1] = { 0x04 };
	struct xen_domctl op = { .u.vcpuaffinity = {
		.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT,
		.cpumap_hard = { { hard }, 256 }, .cpumap_soft = { { soft }, 5 },
	} };

	memset(hard + 8, 0xff, 24);		/* processors that we cannot have */
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 7, &op), 0);
	assert_int_equal(domu->vcpu[0]->hard_affinity, 5);
	assert_int_equal(domu->vcpu[0]->soft_affinity, 4);
	for (unsigned i = 8; i < 32; i++)
		assert_int_equal(hard[i], 0);
	soft[0] = 0xff;
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_SOFT;
	assert_int_equal(domctl(XEN_DOMCTL_getvcpuaffinity, 7, &op), 0);
	assert_int_equal(soft[0], 4);
	op.u.vcpuaffinity.flags = 0;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 7, &op), -EINVAL);
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.vcpu = 1;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 7, &op), -EINVAL);
	op.u.vcpuaffinity.vcpu = 0;
	memset(hard, 0, sizeof(hard));
	hard[1] = 1;				/* a processor that is not there */
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 7, &op), -EINVAL);
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = (uint8_t *)HV_VIRT_START;
	assert_int_equal(domctl(XEN_DOMCTL_setvcpuaffinity, 7, &op), -EFAULT);
	assert_int_equal(domu->vcpu[0]->hard_affinity, 5);
}

static void test_machine(void **state)
{
	static char text[2000];
	static struct xen_domctl_getdomaininfo list[4];
	struct xen_sysctl op = { 0 };
	u8 map[1] = { 0 };

	assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &op), 0);
	assert_int_equal(op.u.physinfo.nr_cpus, 4);
	assert_int_equal(op.u.physinfo.capabilities,
			 XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1);
	op.u.readconsole = (struct xen_sysctl_readconsole){ .buffer.p = text, .count = sizeof(text) };
	assert_int_equal(sysctl(XEN_SYSCTL_readconsole, &op), 0);
	assert_int_equal(op.u.readconsole.count, 1000);
	op.u.getdomaininfolist.first_domain = 0;
	op.u.getdomaininfolist.max_domains = 4;
	op.u.getdomaininfolist.buffer.p = list;
	assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), 0);
	assert_int_equal(op.u.getdomaininfolist.num_domains, 2);
	assert_int_equal(list[1].domain, 7);
	op.u.getdomaininfolist.buffer.p = (void *)HV_VIRT_START;
	assert_int_equal(sysctl(XEN_SYSCTL_getdomaininfolist, &op), -EFAULT);
	op.u.cpupool_op = (struct xen_sysctl_cpupool_op){
		.op = XEN_SYSCTL_CPUPOOL_OP_INFO, .cpumap = { { map }, 8 },
	};
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, &op), 0);
	assert_int_equal(map[0], 15);
	assert_int_equal(op.u.cpupool_op.n_dom, 2);
	op.u.cpupool_op.cpupool_id = 1;
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op, &op), -ENOENT);
	op.u.cputopoinfo = (struct xen_sysctl_cputopoinfo){ 0 };
	assert_int_equal(sysctl(XEN_SYSCTL_cputopoinfo, &op), 0);
	assert_int_equal(op.u.cputopoinfo.num_cpus, 4);
	assert_int_equal(sysctl(XEN_SYSCTL_perfc_op, &op), -ENOSYS);
	assert_int_equal(sysctl(XEN_SYSCTL_pm_op, &op), -ENODEV);
	assert_int_equal(sysctl(13, &op), -ENOSYS);
	assert_int_equal(sysctl(30, &op), -ENOSYS);
}

static void test_eoi_map(void **state)
{
	struct page *pg = alloc_domain_pages(dom0, 0, 0);
	struct physdev_pirq_eoi_gmfn arg = { .gmfn = mfn_x(page_to_mfn(pg)) };

	pg->type = PGT_l1_page_table | 1;
	assert_int_equal(physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &arg), -EINVAL);
	assert_int_equal(pg->count, PGC_allocated | 1);
	pg->type = 0;
	assert_int_equal(physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &arg), 0);
	assert_int_equal(physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &arg), -EBUSY);
	assert_int_equal(pg->count, PGC_allocated | 2);
	arg.gmfn = 1ull << 50;
	assert_int_equal(physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &arg), -EINVAL);
	page_put_writable(pg);
	dom0->pirq_eoi_page = NULL;
	assert_int_equal(pg->count, PGC_allocated | 1);
	page_release(pg);
}

static u64 next_random(void)
{
	static u64 seed = 88172645463325252ull;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Words that mean something now and then: small numbers, the buffer, the hole. */
static u64 random_word(void *buf)
{
	u64 r = next_random();

	switch (r & 7) {
	case 0:
		return 0;
	case 1:
		return r >> 60;
	case 2:
		return (u64)buf;
	case 3:
		return HV_VIRT_START + (r >> 40);
	case 4:
		return ~0ull;
	case 5:
		return (u64)(u32)(r >> 32) << 32 | (r >> 60);
	}
	return r;
}

/* Nonsense from a privileged domain: no sanitizer speaks, nothing stays held. */
static void test_nonsense(void **state)
{
	static u8 buf[1 << 20];
	static const u32 harmless = XENPF_get_cpuinfo;

	for (unsigned round = 0; round < 30000; round++) {
		struct xen_domctl op;
		struct xen_sysctl sc;
		struct xen_platform_op pf;
		u64 arg[8];

		for (unsigned i = 0; i < sizeof(op) / 8; i++)
			((u64 *)&op)[i] = random_word(buf);
		for (unsigned i = 0; i < sizeof(sc) / 8; i++)
			((u64 *)&sc)[i] = random_word(buf);
		for (unsigned i = 0; i < sizeof(pf) / 8; i++)
			((u64 *)&pf)[i] = random_word(buf);
		for (unsigned i = 0; i < 8; i++)
			arg[i] = random_word(buf);
		/* A count may run over the buffer's end: let what follows fault. */
		shim_fault_start = (u64)buf + sizeof(buf);
		shim_fault_end = HV_VIRT_START;
		created = 1;
		memcpy(buf, &op, sizeof(op));
		(void)domctl(1 + round % 90, round & 64 ? 7 : 0, memcpy(buf + 4096, &op, sizeof(op)));
		(void)sysctl(1 + round % 30, memcpy(buf + 8192, &sc, sizeof(sc)));
		pf.cmd = round & 1 ? harmless : XENPF_firmware_info;
		pf.interface_version = XENPF_INTERFACE_VERSION;
		(void)call1(hc_platform_op, memcpy(buf + 12288, &pf, sizeof(pf)));
		(void)physdev(round % 34, memcpy(buf + 16384, arg, sizeof(arg)));
		shim_fault_start = shim_fault_end = 0;
		assert_int_equal(shim_locks_held(), 0);
		assert_int_equal(dom0->refcnt, 1);
		assert_int_equal(domu->refcnt, 1);
		domu->creation_finished = false;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unprivileged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_domain_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_affinity, setup, teardown),
		cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_eoi_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
	};
	int rc;

	host_machine_init(64);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SOURCES: hypervisor/control/policy.c hypervisor/control/cpuid.c
 * SOURCES: hypervisor/control/sysctl_policy.c hypervisor/control/domctl_misc.c
 */
/*
 * CPUID policies: what guests see of an imagined processor, and what a toolstack
 * can make of it. The processor's answers come from fake_cpuid().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "control/control.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/uaccess.h"
#include "evtchn/evtchn.h"
#include "mm/heap.h"
#include "pv/pv.h"
#include "time/time.h"

struct cpu_features cpu_features;

void time_get_scale(u32 *mul, s8 *shift) { *mul = 0x80000000; *shift = 1; }
int evtchn_set_virq_handler(struct domain *d, unsigned virq) { return 0; }
void pv_fill_hypercall_page(void *page) { }

/* Everything on, in every feature word; a recent AMD processor by its leaves. */
static void fake_cpuid(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a = *b = *c = *d = 0xffffffff;
	switch (leaf) {
	case 0:
		*a = 0x10;
		*b = 0x68747541;
		*c = 0x444d4163;
		*d = 0x69746e65;
		break;
	case 1:
		*a = 0x00a20f10;
		*b = 0x01020800 | 7u << 24;
		break;
	case 7:
		*a = sub == 0 ? 9 : ~0u;
		break;
	case 0xd:
		*d = *c = 0;
		if (sub == 0) {
			*a = 0x2ff;
			*b = *c = 2696;
		} else if (sub >= 2) {
			static const u32 size[8] = { 0, 0, 256, 64, 64, 64, 512, 1024 };
			static const u32 off[8] = { 0, 0, 576, 960, 1024, 1088, 1152, 1664 };

			*a = sub < 8 ? size[sub] : 0;
			*b = sub < 8 ? off[sub] : 0;
		}
		break;
	case 0x80000000:
		*a = 0x80000028;
		break;
	case 0x80000008:
		*a = 0x303930;
		*c = 0x00007007;
		break;
	}
}

#define cpuid_count fake_cpuid
#include "../../hypervisor/control/policy_host.c"
#undef cpuid_count

#define HAS(p, name) feature_of(p, XEN_X86_FEATURE_##name)

static struct domain *dom0, *domu;

static bool feature_of(const struct cpu_policy *p, unsigned f)
{
	u32 fs[POLICY_FEATURE_WORDS];

	policy_featureset(p, fs);
	return fs[f / 32] >> (f % 32) & 1;
}

static int setup(void **state)
{
	cpu_features = (struct cpu_features){
		.amd = true, .xsave = true, .fsgsbase = true, .nx = true, .rdtscp = true,
		.invariant_tsc = true, .paddr_bits = 48, .xcr0_mask = 0xe7, .xsave_size = 2688,
	};
	policy_init();
	dom0 = host_domain_new(0, 1);
	domu = host_domain_new(3, 1);
	domu->creation_finished = false;
	domu->vcpu[0]->xcr0 = 7;
	assert_int_equal(policy_domain_init(dom0), 0);
	assert_int_equal(policy_domain_init(domu), 0);
	host_run_on(0, dom0->vcpu[0]);
	return 0;
}

static int teardown(void **state)
{
	policy_domain_free(dom0);
	policy_domain_free(domu);
	host_domain_free(domu);
	host_domain_free(dom0);
	assert_int_equal(shim_live_allocs, 0);
	return 0;
}

static void well_formed(const struct cpu_policy *p)
{
	assert_true(p->nr && p->nr <= POLICY_MAX_LEAVES);
	for (unsigned i = 0; i < p->nr; i++) {
		assert_true(policy_leaf_ok(p->leaf[i].leaf, p->leaf[i].subleaf));
		if (i)
			assert_true(((u64)p->leaf[i - 1].leaf << 32 | p->leaf[i - 1].subleaf) <
				    ((u64)p->leaf[i].leaf << 32 | p->leaf[i].subleaf));
	}
}

/* No feature in p that max does not have. */
static void within(const struct cpu_policy *p, const struct cpu_policy *max)
{
	u32 fs[POLICY_FEATURE_WORDS], limit[POLICY_FEATURE_WORDS];

	policy_featureset(p, fs);
	policy_featureset(max, limit);
	for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++)
		assert_int_equal(fs[w] & ~limit[w], 0);
}

static void test_system_policies(void **state)
{
	well_formed(&policy_host);
	well_formed(&policy_pv_max);
	well_formed(&policy_pv_default);
	within(&policy_pv_default, &policy_pv_max);
	assert_int_equal(policy_find(&policy_pv_default, 0, 0)->a, 0xd);
	assert_int_equal(policy_find(&policy_pv_default, 0x80000000, 0)->a, 0x80000021);
	assert_int_equal(policy_find(&policy_pv_default, 7, 0)->a, 2);
	assert_int_equal(policy_find(&policy_pv_default, 0xd, 0)->a, 0xe7);
	assert_int_equal(policy_find(&policy_pv_default, 0xd, 0)->c, 2688);
	assert_null(policy_find(&policy_pv_default, 0xd, 3));
	assert_int_equal(policy_find(&policy_pv_default, 0x80000008, 0)->a, 0x3030);
	assert_int_equal(policy_find(&policy_pv_default, 0x8000000a, 0)->b, 0);
	assert_int_equal(policy_find(&policy_pv_default, 0xb, 0)->b, 0);
}

static void test_hidden(void **state)
{
	const struct cpu_policy *p = &policy_pv_max;

	assert_false(HAS(p, VME) || HAS(p, PSE) || HAS(p, PGE) || HAS(p, PSE36) || HAS(p, MTRR));
	assert_false(HAS(p, MONITOR) || HAS(p, VMX) || HAS(p, SMX) || HAS(p, X2APIC) || HAS(p, PCID));
	assert_false(HAS(p, TSC_DEADLINE) || HAS(p, OSXSAVE) || HAS(p, PAGE1GB) || HAS(p, SVM));
	assert_false(HAS(p, INVPCID) || HAS(p, SMEP) || HAS(p, SMAP) || HAS(p, UMIP) || HAS(p, PKU));
	assert_false(HAS(p, OSPKE) || HAS(p, TSC_ADJUST) || HAS(p, XSAVES) || HAS(p, EXTAPIC));
	assert_false(HAS(p, TOPOEXT) || HAS(p, NODEID_MSR) || HAS(p, IBS) || HAS(p, OSVW));
	assert_false(HAS(p, LWP) || HAS(p, WDT) || HAS(p, SKINIT) || HAS(p, CET_SS) || HAS(p, CET_IBT));
	assert_false(HAS(p, IBRSB) || HAS(p, STIBP) || HAS(p, SSBD) || HAS(p, IBPB) || HAS(p, AMD_SSBD));
	assert_false(HAS(p, ARCH_CAPS) || HAS(p, RTM) || HAS(p, HLE) || HAS(p, MPX));
	assert_true(HAS(p, ITSC) && HAS(p, FSGSBASE));
	p = &policy_pv_default;
	assert_false(HAS(p, ITSC) || HAS(p, FSGSBASE));
	assert_true(HAS(p, HYPERVISOR) && HAS(p, APIC) && HAS(p, SYSCALL) && HAS(p, NX) && HAS(p, LM));
	assert_true(HAS(p, RDTSCP) && HAS(p, XSAVE) && HAS(p, AVX2) && HAS(p, AVX512F) && HAS(p, HTT));
	assert_true(policy_has(dom0, XEN_X86_FEATURE_ITSC));
	assert_false(policy_has(domu, XEN_X86_FEATURE_ITSC));
	assert_false(policy_has(domu, 4096));
}

static xen_cpuid_leaf_t ask(u32 leaf, u32 sub)
{
	xen_cpuid_leaf_t l;

	guest_cpuid(domu->vcpu[0], leaf, sub, &l.a, &l.b, &l.c, &l.d);
	return l;
}

static void test_guest_view(void **state)
{
	xen_cpuid_leaf_t l = ask(1, 0);

	assert_true(l.c & 1u << 27);			/* OSXSAVE, whatever the guest's CR4 */
	assert_int_equal(l.b >> 24, 0);
	assert_int_equal(ask(0x80000001, 0).d & 0x0183f3ff, l.d & 0x0183f3ff);
	assert_int_equal(ask(0xd, 0).b, 832);
	domu->vcpu[0]->xcr0 = 1;
	assert_int_equal(ask(0xd, 0).b, 576);
	domu->vcpu[0]->xcr0 = 0xe7;
	assert_int_equal(ask(0xd, 0).b, 2688);
	assert_int_equal(ask(0xd, 9).a, 0);
	assert_int_equal(ask(0xe, 0).a, 0);
	assert_int_equal(ask(0x10, 0).a, 0);
	assert_int_equal(ask(0x80000022, 0).a, 0);
	assert_int_equal(ask(0x80860000, 0).a, 0);
	assert_int_equal(ask(0xffffffff, 0).a, 0);
	l = ask(0x40000000, 0);
	assert_int_equal(l.a, 0x40000005);
	assert_memory_equal(&l.b, "XenVMMXenVMM", 12);
	assert_int_equal(ask(0x40000001, 0).a, 0x00040011);
	assert_int_equal(ask(0x40000002, 0).b, 0x40000000);
	assert_int_equal(ask(0x40000003, 0).c, tsc_khz);
	assert_int_equal(ask(0x40000003, 1).c, 0x80000000);
	assert_int_equal(ask(0x40000005, 0).b, 48);
	assert_int_equal(ask(0x40000006, 0).a, 0);
	assert_int_equal(ask(0x40000100, 0).a, 0);
}

static void test_no_xsave(void **state)
{
	cpu_features.xsave = false;
	cpu_features.xcr0_mask = 0;
	policy_init();
	well_formed(&policy_pv_max);
	assert_false(HAS(&policy_pv_max, XSAVE) || HAS(&policy_pv_max, AVX) || HAS(&policy_pv_max, FMA));
	assert_false(HAS(&policy_pv_max, AVX512VL) || HAS(&policy_pv_max, XSAVEOPT));
	assert_int_equal(policy_find(&policy_pv_max, 0xd, 0)->a, 0);
}

static void test_sysctl(void **state)
{
	xen_cpuid_leaf_t leaves[POLICY_MAX_LEAVES];
	xen_msr_entry_t msrs[POLICY_MSRS];
	struct xen_sysctl op = { 0 };
	u32 fs[32];

	assert_int_equal(sysctl_cpu_policy(&op), 0);
	assert_int_equal(op.u.cpu_policy.nr_leaves, POLICY_MAX_LEAVES);
	assert_int_equal(op.u.cpu_policy.nr_msrs, POLICY_MSRS);
	op.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
	op.u.cpu_policy.leaves.p = leaves;
	op.u.cpu_policy.msrs.p = msrs;
	assert_int_equal(sysctl_cpu_policy(&op), 0);
	assert_int_equal(op.u.cpu_policy.nr_leaves, policy_pv_default.nr);
	assert_memory_equal(leaves, policy_pv_default.leaf, policy_pv_default.nr * sizeof(leaves[0]));
	op.u.cpu_policy.nr_leaves = 3;
	assert_int_equal(sysctl_cpu_policy(&op), -ENOBUFS);
	op.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_hvm_max;
	assert_int_equal(sysctl_cpu_policy(&op), -EOPNOTSUPP);
	op.u.cpu_policy.index = 6;
	assert_int_equal(sysctl_cpu_policy(&op), -EINVAL);
	op.u.cpu_policy.index = 0;
	op.u.cpu_policy._rsvd = 1;
	assert_int_equal(sysctl_cpu_policy(&op), -EINVAL);

	memset(&op, 0, sizeof(op));
	assert_int_equal(sysctl_featureset(&op), 0);
	assert_int_equal(op.u.cpu_featureset.nr_features, POLICY_FEATURE_WORDS);
	op.u.cpu_featureset.features.p = fs;
	op.u.cpu_featureset.index = 1;
	op.u.cpu_featureset.nr_features = 32;
	assert_int_equal(sysctl_featureset(&op), 0);
	assert_int_equal(op.u.cpu_featureset.nr_features, POLICY_FEATURE_WORDS);
	op.u.cpu_featureset.nr_features = 4;
	assert_int_equal(sysctl_featureset(&op), -ENOBUFS);
	op.u.cpu_featureset.index = 3;
	assert_int_equal(sysctl_featureset(&op), -EOPNOTSUPP);
	op.u.cpu_featureset.index = ~0u;
	assert_int_equal(sysctl_featureset(&op), -EINVAL);
}

static int set_policy(xen_cpuid_leaf_t *leaves, u32 nr, struct xen_domctl *op)
{
	memset(op, 0, sizeof(*op));
	op->u.cpu_policy.leaves.p = leaves;
	op->u.cpu_policy.nr_leaves = nr;
	return domctl_set_cpu_policy(domu, op);
}

static void test_set(void **state)
{
	struct cpu_policy p = policy_pv_default, before = *(struct cpu_policy *)domu->cpu_policy;
	struct xen_domctl op;
	xen_cpuid_leaf_t l;

	/* The default, as the toolstack sends it back, changes nothing. */
	assert_int_equal(set_policy(p.leaf, p.nr, &op), 0);
	assert_memory_equal(domu->cpu_policy, &before, sizeof(before));
	/* Asking for all gets what is allowed. */
	l = *policy_find(&p, 1, 0);
	l.c = l.d = ~0u;
	assert_int_equal(set_policy(&l, 1, &op), 0);
	within(domu->cpu_policy, &policy_pv_max);
	/* Without AVX nothing that needs it. */
	l = *policy_find(&p, 1, 0);
	l.c &= ~(1u << 28);
	assert_int_equal(set_policy(&l, 1, &op), 0);
	assert_false(policy_has(domu, XEN_X86_FEATURE_AVX2) || policy_has(domu, XEN_X86_FEATURE_AVX512F));
	assert_int_equal(policy_find(domu->cpu_policy, 0xd, 0)->a, 3);
	assert_int_equal(policy_find(domu->cpu_policy, 0xd, 0)->c, 576);
	/* Opting in. */
	l = *policy_find(&p, 0x80000007, 0);
	l.d = ~0u;
	assert_int_equal(set_policy(&l, 1, &op), 0);
	assert_true(policy_has(domu, XEN_X86_FEATURE_ITSC));
	assert_int_equal(policy_find(domu->cpu_policy, 0x80000007, 0)->d, 1u << 8);
}

static void test_set_refused(void **state)
{
	struct cpu_policy before = *(struct cpu_policy *)domu->cpu_policy;
	xen_cpuid_leaf_t l[2] = { before.leaf[0], { .leaf = 0xe, .subleaf = ~0u } };
	xen_msr_entry_t m = { .idx = 0x10 };
	struct xen_domctl op;

	assert_int_equal(set_policy(l, 2, &op), -ERANGE);
	assert_int_equal(op.u.cpu_policy.err_leaf, 0xe);
	l[1] = (xen_cpuid_leaf_t){ .leaf = 7, .subleaf = ~0u };
	assert_int_equal(set_policy(l, 2, &op), -ERANGE);
	assert_int_equal(op.u.cpu_policy.err_subleaf, ~0u);
	l[0].a = 0xe;
	assert_int_equal(set_policy(l, 1, &op), -EINVAL);
	assert_int_equal(op.u.cpu_policy.err_leaf, 0);
	assert_int_equal(set_policy(l, POLICY_MAX_LEAVES + 1, &op), -E2BIG);
	assert_int_equal(set_policy((xen_cpuid_leaf_t *)HV_VIRT_START, 1, &op), -EFAULT);
	memset(&op, 0, sizeof(op));
	op.u.cpu_policy.nr_msrs = 1;
	op.u.cpu_policy.msrs.p = &m;
	assert_int_equal(domctl_set_cpu_policy(domu, &op), -ERANGE);
	assert_int_equal(op.u.cpu_policy.err_msr, 0x10);
	m = (xen_msr_entry_t){ .idx = 0xce, .val = 1u << 31 };
	assert_int_equal(domctl_set_cpu_policy(domu, &op), -EINVAL);
	assert_int_equal(op.u.cpu_policy.err_msr, 0xce);
	m.flags = 1;
	assert_int_equal(domctl_set_cpu_policy(domu, &op), -EINVAL);
	assert_int_equal(domctl_set_cpu_policy(dom0, &op), -EINVAL);
	shim_fail_alloc = 1;
	assert_int_equal(set_policy(l, 1, &op), -ENOMEM);
	shim_fail_alloc = 0;
	domu->creation_finished = true;
	assert_int_equal(set_policy(before.leaf, before.nr, &op), -EEXIST);
	assert_memory_equal(domu->cpu_policy, &before, sizeof(before));
}

/* Whatever the toolstack sends, the domain's policy stays well formed and within the maximum. */
static void test_random(void **state)
{
	static const u32 bases[] = { 0, 0, 0x80000000, 0x40000000 };
	u64 seed = 88172645463325252ull;
	xen_cpuid_leaf_t l[40];
	struct xen_domctl op;
	unsigned done = 0;

	for (unsigned round = 0; round < 3000; round++) {
		for (unsigned i = 0; i < 1 + round % 3; i++) {
			u32 *w = (u32 *)&l[i];

			for (unsigned k = 0; k < 6; k++) {
				seed ^= seed << 13;
				seed ^= seed >> 7;
				seed ^= seed << 17;
				w[k] = (u32)seed;
			}
			l[i].leaf = bases[l[i].leaf & 3] + (l[i].leaf >> 8 & 0x3f);
			l[i].subleaf = l[i].subleaf & 1 ? ~0u : l[i].subleaf >> 8 & 0x3f;
			if (l[i].leaf == 0 || l[i].leaf == 7 || l[i].leaf == 0x80000000)
				l[i].a &= 3;
		}
		done += set_policy(l, 1 + round % 3, &op) == 0;
		well_formed(domu->cpu_policy);
		within(domu->cpu_policy, &policy_pv_max);
		for (u32 leaf = 0; leaf < 0x20; leaf++)
			(void)ask(bases[leaf & 3] + leaf, round & 63);
	}
	assert_true(done > 100);
	assert_int_equal(((struct cpu_policy *)domu->cpu_policy)->platform_info, 0);
}

static void test_page_use(void **state)
{
	struct page *pg = alloc_domain_pages(domu, 1, 0);
	u64 mfns[3] = { mfn_x(page_to_mfn(pg)), mfn_x(page_to_mfn(pg + 1)), 1ull << 50 };
	struct xen_domctl op = { .u.getpageframeinfo3 = { .num = 3, .array.p = mfns } };

	pg->type = PGT_l4_page_table | PGT_pinned | PGT_validated | 1;
	assert_int_equal(domctl_getpageframeinfo3(domu, &op), 0);
	assert_int_equal(mfns[0], XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
	assert_int_equal(mfns[1], XEN_DOMCTL_PFINFO_NOTAB);
	assert_int_equal(mfns[2], XEN_DOMCTL_PFINFO_XTAB);
	op.u.getpageframeinfo3.num = 1u << 20;
	assert_int_equal(domctl_getpageframeinfo3(domu, &op), -E2BIG);
	pg->type = 0;
	page_release(pg);
	page_release(pg + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_system_policies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guest_view, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_xsave, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sysctl, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_page_use, setup, teardown),
	};
	int rc;

	host_machine_init(64);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}

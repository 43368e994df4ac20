/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID policies as arrays of leaves: finding, changing, features as words,
 * clamping to a maximum and what depends on what.
 *
 * Owns the arrays' form: at most POLICY_MAX_LEAVES entries, each (leaf, subleaf)
 * once, in ascending order, subleaf XEN_CPUID_NO_SUBLEAF where the leaf has none.
 * The three global policies do not change after boot. A domain's own is written
 * by set_cpu_policy under the domctl lock before the domain first runs, and only
 * read after that.
 */
#include "control/policy.h"
#include "cpu/features.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include <xen/arch-x86/cpufeatureset.h>

/* Where the words of a featureset live. Words 16 and 17 are MSR 0x10A. */
static const struct { u32 leaf, subleaf; u8 reg; } word_at[POLICY_FEATURE_WORDS] = {
	{ 1, 0, 3 }, { 1, 0, 2 }, { 0x80000001, 0, 3 }, { 0x80000001, 0, 2 },
	{ 0xd, 1, 0 }, { 7, 0, 1 }, { 7, 0, 2 }, { 0x80000007, 0, 3 },
	{ 0x80000008, 0, 1 }, { 7, 0, 3 }, { 7, 1, 0 }, { 0x80000021, 0, 0 },
	{ 7, 1, 1 }, { 7, 2, 3 }, { 7, 1, 2 }, { 7, 1, 3 },
	{ 0, 0, 4 }, { 0, 0, 5 }, { 0x80000021, 0, 2 },
};

#define F(name) XEN_X86_FEATURE_##name

/* The first is of no use without the second. In an order that lets one pass find all. */
static const struct { u16 feature, needs; } depends[] = {
	{ F(SSE), F(FXSR) }, { F(SSE2), F(SSE) }, { F(SSE3), F(SSE2) }, { F(PCLMULQDQ), F(SSE2) },
	{ F(AESNI), F(SSE2) }, { F(SHA), F(SSE2) }, { F(GFNI), F(SSE2) }, { F(SSSE3), F(SSE3) },
	{ F(SSE4A), F(SSE3) }, { F(SSE4_1), F(SSSE3) }, { F(SSE4_2), F(SSE4_1) },
	{ F(FFXSR), F(FXSR) }, { F(MMXEXT), F(MMX) }, { F(3DNOW), F(MMX) }, { F(3DNOWEXT), F(3DNOW) },
	{ F(XSAVEOPT), F(XSAVE) }, { F(XSAVEC), F(XSAVE) }, { F(XGETBV1), F(XSAVE) },
	{ F(AVX), F(XSAVE) }, { F(AVX), F(SSE4_2) },
	{ F(FMA), F(AVX) }, { F(F16C), F(AVX) }, { F(FMA4), F(AVX) }, { F(XOP), F(AVX) },
	{ F(AVX2), F(AVX) }, { F(VAES), F(AVX) }, { F(VPCLMULQDQ), F(AVX) },
	{ F(AVX_VNNI), F(AVX2) }, { F(AVX512F), F(AVX2) },
	{ F(AVX512DQ), F(AVX512F) }, { F(AVX512_IFMA), F(AVX512F) }, { F(AVX512PF), F(AVX512F) },
	{ F(AVX512ER), F(AVX512F) }, { F(AVX512CD), F(AVX512F) }, { F(AVX512BW), F(AVX512F) },
	{ F(AVX512VL), F(AVX512F) }, { F(AVX512_VNNI), F(AVX512F) }, { F(AVX512_VPOPCNTDQ), F(AVX512F) },
	{ F(AVX512_4VNNIW), F(AVX512F) }, { F(AVX512_4FMAPS), F(AVX512F) },
	{ F(AVX512_VBMI), F(AVX512BW) }, { F(AVX512_VBMI2), F(AVX512BW) },
	{ F(AVX512_BITALG), F(AVX512BW) }, { F(AVX512_BF16), F(AVX512BW) },
	{ F(RDTSCP), F(TSC) }, { F(LAHF_LM), F(LM) },
};

static u32 *leaf_reg(xen_cpuid_leaf_t *l, unsigned reg)
{
	u32 *regs[] = { &l->a, &l->b, &l->c, &l->d };

	return regs[reg];
}

const xen_cpuid_leaf_t *policy_find(const struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	for (unsigned i = 0; i < p->nr; i++) {
		const xen_cpuid_leaf_t *l = &p->leaf[i];

		if (l->leaf == leaf && (l->subleaf == subleaf || l->subleaf == XEN_CPUID_NO_SUBLEAF))
			return l;
	}
	return NULL;
}

bool policy_leaf_ok(u32 leaf, u32 subleaf)
{
	switch (leaf) {
	case 4:
		return subleaf <= 5;
	case 7:
		return subleaf <= 2;
	case 0xb:
		return subleaf <= 1;
	case 0xd:
		return subleaf <= 62;
	}
	if (leaf > 0xd && leaf != 0x40000000 && leaf != 0x40000100 &&
	    (leaf < 0x80000000 || leaf > 0x80000021))
		return false;
	return subleaf == XEN_CPUID_NO_SUBLEAF;
}

bool policy_set_leaf(struct cpu_policy *p, const xen_cpuid_leaf_t *l)
{
	u64 key = (u64)l->leaf << 32 | l->subleaf;
	unsigned i = 0;

	while (i < p->nr && ((u64)p->leaf[i].leaf << 32 | p->leaf[i].subleaf) < key)
		i++;
	if (i == p->nr || p->leaf[i].leaf != l->leaf || p->leaf[i].subleaf != l->subleaf) {
		if (p->nr == POLICY_MAX_LEAVES)
			return false;
		memmove(&p->leaf[i + 1], &p->leaf[i], (p->nr - i) * sizeof(p->leaf[0]));
		p->nr++;
	}
	p->leaf[i] = *l;
	return true;
}

/* Where word w of p is kept; NULL when its leaf is absent. Registers 4, 5: halves of arch_caps. */
static u32 *word_of(struct cpu_policy *p, unsigned w)
{
	xen_cpuid_leaf_t *l;

	if (word_at[w].reg >= 4)
		return (u32 *)&p->arch_caps + (word_at[w].reg - 4);
	l = (xen_cpuid_leaf_t *)policy_find(p, word_at[w].leaf, word_at[w].subleaf);
	return l ? leaf_reg(l, word_at[w].reg) : NULL;
}

void policy_featureset(const struct cpu_policy *p, u32 fs[POLICY_FEATURE_WORDS])
{
	for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++) {
		u32 *at = word_of((struct cpu_policy *)p, w);

		fs[w] = at ? *at : 0;
	}
}

void policy_mask_features(struct cpu_policy *p, const u32 mask[POLICY_FEATURE_WORDS])
{
	for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++) {
		u32 *at = word_of(p, w);

		if (at)
			*at &= mask[w];
	}
}

static bool has(const u32 *fs, unsigned feature)
{
	return fs[feature / 32] >> (feature % 32) & 1;
}

bool policy_has(const struct domain *d, unsigned feature)
{
	const u32 *w = d->cpu_policy && feature / 32 < POLICY_FEATURE_WORDS ?
		       word_of(d->cpu_policy, feature / 32) : NULL;

	return w && *w >> (feature % 32) & 1;
}

u32 policy_xstate_size(const struct cpu_policy *p, u64 xcr0)
{
	u32 size = 512 + 64;

	for (unsigned i = 2; i < 63; i++) {
		const xen_cpuid_leaf_t *l = xcr0 >> i & 1 ? policy_find(p, 0xd, i) : NULL;

		if (l)
			size = max(size, l->a + l->b);
	}
	return size;
}

/* Leaf 0xD follows from the features: which components there are, and how long the area is. */
static void recompute_xstate(struct cpu_policy *p, const u32 *fs)
{
	xen_cpuid_leaf_t *l = (xen_cpuid_leaf_t *)policy_find(p, 0xd, 0);
	u64 mask = 0;

	if (!l)
		return;
	if (has(fs, F(XSAVE))) {
		mask = 3;
		if (has(fs, F(AVX)))
			mask |= 4;
		if (has(fs, F(AVX512F)))
			mask |= 0xe0;
		mask &= cpu_features.xcr0_mask;
	}
	l->a = (u32)mask;
	l->d = (u32)(mask >> 32);
	l->c = mask ? policy_xstate_size(p, mask) : 0;
	l->b = l->c;
	l = (xen_cpuid_leaf_t *)policy_find(p, 0xd, 1);
	if (l)
		l->b = l->c = l->d = 0;
	for (unsigned i = 0; i < p->nr; i++) {
		l = &p->leaf[i];
		if (l->leaf == 0xd && l->subleaf >= 2 && !(mask >> l->subleaf & 1))
			l->a = l->b = l->c = l->d = 0;
	}
}

/* Contents that the toolstack cannot choose. */
static void recompute_fixed(struct cpu_policy *p, const struct cpu_policy *top)
{
	static const struct { u32 leaf; u8 regs; } copied[] = {
		{ 0x80000008, 1 }, { 0x80000007, 7 },	/* a bit for each register taken from top */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(copied); i++) {
		xen_cpuid_leaf_t *l = (xen_cpuid_leaf_t *)policy_find(p, copied[i].leaf, 0);
		const xen_cpuid_leaf_t *m = policy_find(top, copied[i].leaf, 0);

		for (unsigned r = 0; l && m && r < 4; r++)
			if (copied[i].regs >> r & 1)
				*leaf_reg(l, r) = *leaf_reg((xen_cpuid_leaf_t *)m, r);
	}
}

void policy_clamp(struct cpu_policy *p, const struct cpu_policy *top)
{
	u32 fs[POLICY_FEATURE_WORDS], limit[POLICY_FEATURE_WORDS];

	policy_featureset(p, fs);
	policy_featureset(top, limit);
	for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++)
		fs[w] &= limit[w];
	for (unsigned i = 0; i < ARRAY_SIZE(depends); i++)
		if (!has(fs, depends[i].needs))
			fs[depends[i].feature / 32] &= ~(1u << (depends[i].feature % 32));
	for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++) {
		u32 *at = word_of(p, w);

		if (at)
			*at = fs[w];
	}
	p->platform_info &= top->platform_info;
	recompute_fixed(p, top);
	recompute_xstate(p, fs);
}

int policy_check(const struct cpu_policy *p, const struct cpu_policy *top, u32 *leaf, u32 *subleaf,
		 u32 *msr)
{
	static const struct { u32 leaf, subleaf; } limits[] = {
		{ 0, XEN_CPUID_NO_SUBLEAF }, { 7, 0 }, { 0x80000000, XEN_CPUID_NO_SUBLEAF },
	};

	*leaf = *subleaf = *msr = ~0u;
	for (unsigned i = 0; i < ARRAY_SIZE(limits); i++) {
		const xen_cpuid_leaf_t *g = policy_find(p, limits[i].leaf, limits[i].subleaf);
		const xen_cpuid_leaf_t *m = policy_find(top, limits[i].leaf, limits[i].subleaf);

		if (g && g->a > (m ? m->a : 0)) {
			*leaf = limits[i].leaf;
			*subleaf = limits[i].subleaf;
			return -EINVAL;
		}
	}
	if (p->platform_info & ~top->platform_info) {
		*msr = MSR_PLATFORM_INFO;
		return -EINVAL;
	}
	return 0;
}

int policy_domain_init(struct domain *d)
{
	struct cpu_policy *p = knew(struct cpu_policy);
	xen_cpuid_leaf_t *l;

	if (!p)
		return -ENOMEM;
	*p = policy_pv_default;
	/* Domain 0 never moves to another machine: it may know that the TSC is steady. */
	l = (xen_cpuid_leaf_t *)policy_find(p, 0x80000007, 0);
	if (d->is_hardware && l && cpu_features.invariant_tsc)
		l->d |= 1u << (F(ITSC) % 32);
	d->cpu_policy = p;
	return 0;
}

void policy_domain_free(struct domain *d)
{
	kfree(d->cpu_policy);
	d->cpu_policy = NULL;
}

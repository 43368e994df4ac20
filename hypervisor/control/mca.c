/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall mca: machine-check telemetry for domain 0. The hypervisor keeps no
 * log of machine checks (a fatal one stops the machine with a dump), so a fetch
 * finds nothing; the description of the processors is real. Also xenpmu_op: there
 * are no virtual performance counters. No state, no lock.
 */
#include "core/hypercall.h"
#include "core/rights.h"
#include "control/control.h"
#include "control/policy.h"
#include "cpu/features.h"
#include "cpu/percpu.h"
#include "cpu/uaccess.h"
#include "lib/string.h"
#include <xen/arch-x86/xen-mca.h>

static int mca_fetch(struct xen_mc_fetch *f)
{
	u32 which = f->flags & ~XEN_MC_ACK;

	if (which != XEN_MC_URGENT && which != XEN_MC_NONURGENT)
		return -EINVAL;
	f->flags = f->flags & XEN_MC_ACK ? XEN_MC_OK : XEN_MC_NODATA;
	f->fetch_id = 0;
	return 0;
}

static void mca_describe_cpu(unsigned cpu, struct mcinfo_logical_cpu *c)
{
	u32 fs[POLICY_FEATURE_WORDS];
	struct cpu_topology t;

	topology_of(cpu, &t);
	policy_featureset(&policy_host, fs);
	memset(c, 0, sizeof(*c));
	c->mc_cpunr = cpu;
	c->mc_chipid = t.socket;
	c->mc_coreid = (u16)t.core;
	c->mc_threadid = (u16)t.thread;
	c->mc_apicid = pcpus[cpu]->apic_id;
	c->mc_clusterid = ~0u;
	c->mc_ncores = c->mc_ncores_active = t.cores_per_socket;
	c->mc_nthreads = t.threads_per_core;
	c->mc_cpuid_level = (s32)policy_host.leaf[0].a;
	c->mc_family = cpu_features.family;
	c->mc_model = cpu_features.model;
	c->mc_step = cpu_features.stepping;
	c->mc_vendor = cpu_features.intel ? 0 : cpu_features.amd ? 2 : ~0u;
	strlcpy(c->mc_vendorid, cpu_features.vendor, sizeof(c->mc_vendorid));
	strlcpy(c->mc_brandid, cpu_features.brand, sizeof(c->mc_brandid));
	c->mc_cpu_caps[MC_CAPS_STD_EDX] = fs[0];
	c->mc_cpu_caps[MC_CAPS_STD_ECX] = fs[1];
	c->mc_cpu_caps[MC_CAPS_AMD_EDX] = fs[2];
	c->mc_cpu_caps[MC_CAPS_AMD_ECX] = fs[3];
	c->mc_cache_alignment = 64;
}

static int mca_physcpuinfo(struct xen_mc_physcpuinfo *p)
{
	struct mcinfo_logical_cpu c;
	u32 n = 0;

	if (!p->info.p) {
		p->ncpus = nr_cpus;
		return 0;
	}
	for (; n < p->ncpus && n < nr_cpus; n++) {
		mca_describe_cpu(n, &c);
		if (put_guest_index(p->info, n, &c))
			return -EFAULT;
	}
	p->ncpus = n;
	return 0;
}

long hc_mca(struct hc_args *a)
{
	void __guest *arg = (void __guest *)a->arg[0];
	struct xen_mc mc;
	int rc = rights_hardware();

	if (rc)
		return rc;
	if (copy_from_guest(&mc, arg, sizeof(mc)))
		return -EFAULT;
	if (mc.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	switch (mc.cmd) {
	case XEN_MC_fetch:
		rc = mca_fetch(&mc.u.mc_fetch);
		break;
	case XEN_MC_physcpuinfo:
		rc = mca_physcpuinfo(&mc.u.mc_physcpuinfo);
		break;
	case XEN_MC_notifydomain:
	case XEN_MC_msrinject:
	case XEN_MC_mceinject:
	case XEN_MC_inject_v2:
		rc = -EOPNOTSUPP;
		break;
	default:
		rc = -EINVAL;
	}
	if (!rc && copy_to_guest(arg, &mc, sizeof(mc)))
		rc = -EFAULT;
	return rc;
}

long hc_xenpmu_op(struct hc_args *a)
{
	return -EOPNOTSUPP;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: the module: parameters, tracepoints, registration.
 *
 * INVARIANT: parameters are read when a device connects; changing one changes the next connection.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "netfront.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

#define MAX_QUEUES_DEFAULT 8

unsigned int nf_max_queues;
module_param_named(max_queues, nf_max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues,
		 "Maximum number of queues per interface (default: online CPUs, at most 8)");

bool nf_trusted = true;
module_param_named(trusted, nf_trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "Is the backend trusted? If not, it sees nothing but packets (default: Y)");

bool nf_staged_on = true;
module_param_named(staged, nf_staged_on, bool, 0644);
MODULE_PARM_DESC(staged, "Use staged channels where the backend offers them (default: Y)");

unsigned int nf_staged_kib = XB_STAGED_POOL_KIB;
module_param_named(staged_kib, nf_staged_kib, uint, 0644);
MODULE_PARM_DESC(staged_kib, "Pool of each direction of a staged queue in KiB (default: 1024)");

unsigned int nf_poll_us = 20;
module_param_named(poll_us, nf_poll_us, uint, 0644);
MODULE_PARM_DESC(poll_us,
		 "Microseconds of polling before sleeping, at most, where it pays (default: 20)");

unsigned int nf_copybreak = NF_LINEAR_MAX;
module_param_named(rx_copybreak, nf_copybreak, uint, 0644);
MODULE_PARM_DESC(rx_copybreak,
		 "Packets up to this size are copied; their page stays granted (default: 1536)");

bool nf_mcast_on = true;
module_param_named(multicast_control, nf_mcast_on, bool, 0644);
MODULE_PARM_DESC(multicast_control,
		 "Let the backend filter multicast, if it can change that later (default: Y)");

bool nf_rx_csum = true;
module_param_named(rx_csum_offload, nf_rx_csum, bool, 0644);
MODULE_PARM_DESC(rx_csum_offload,
		 "Accept packets with blank checksums from the backend (default: Y)");

void nf_fault_text(struct nf_dev *nf, const char *text)
{
	trace_nf_stopped(nf->dev->name, text);
}

static int __init nf_module_init(void)
{
	if (!xen_domain() || !xen_has_pv_nic_devices())
		return -ENODEV;
	if (!nf_max_queues)
		nf_max_queues = min_t(unsigned int, MAX_QUEUES_DEFAULT, num_online_cpus());
	return xb_register_driver(&nf_driver);
}
module_init(nf_module_init);

static void __exit nf_module_exit(void)
{
	xb_unregister_driver(&nf_driver);
}
module_exit(nf_module_exit);

MODULE_DESCRIPTION("Xen virtual network interface of a guest");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");

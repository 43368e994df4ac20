/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: loading of xen-xenbus, and the choice of its provider.
 *
 * Owns the choice, made once: the kernel's own XenBus has set xen_store_domain_type when it
 * runs, and left it at zero when it was kept from starting. Never set it from here: the kernel's
 * functions would then take themselves for alive. No lock.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <xen/xen.h>
#include <xen/xenbus.h>
#include "internal.h"

const struct xb_provider *xb_provider;
static struct dentry *debugfs_root;

const char *xb_provider_name(void)
{
	return xb_provider->name;
}
EXPORT_SYMBOL_GPL(xb_provider_name);

struct dentry *xb_debugfs_root(void)
{
	return debugfs_root;
}
EXPORT_SYMBOL_GPL(xb_debugfs_root);

int __xb_register_driver(struct xb_driver *drv, struct module *owner, const char *mod_name)
{
	drv->owner = owner;
	drv->mod_name = mod_name;
	drv->provider = NULL;
	return xb_provider->driver_register(drv);
}
EXPORT_SYMBOL_GPL(__xb_register_driver);

void xb_unregister_driver(struct xb_driver *drv)
{
	xb_provider->driver_unregister(drv);
}
EXPORT_SYMBOL_GPL(xb_unregister_driver);

static int __init xb_module_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	xb_provider = xen_store_domain_type ? &xb_adapter : &xb_ring;
	err = xb_provider->start();
	if (err) {
		pr_err("xen-xenbus: the provider \"%s\" did not start: %d\n", xb_provider->name,
		       err);
		return err;
	}
	debugfs_root = debugfs_create_dir("krypton", NULL);
	if (IS_ERR(debugfs_root))
		debugfs_root = NULL;
	xb_inject_init(debugfs_root);
	pr_info("xen-xenbus: provider \"%s\"\n", xb_provider->name);
	return 0;
}

static void __exit xb_module_exit(void)
{
	debugfs_remove_recursive(debugfs_root);
	xb_provider->stop();
}

module_init(xb_module_init);
module_exit(xb_module_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_DESCRIPTION("XenBus for out-of-tree drivers: own ring, or adapter to the kernel's own bus");

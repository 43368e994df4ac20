/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_page.c: the page and the event channel that we share with the store.
 *
 * Owns finding them: a PV guest has them in its start info, a PVH guest in two parameters, and
 * dom0, where the store is a process that is started later, makes them and says so in the two
 * variables which /dev/xen/xenbus_backend and /proc/xen/xsd_* hand out.
 *
 * Invariant: dom0's page and port stay when the module goes, because the store has mapped them; the
 * next load finds them in the variables again. No lock: called while loading and unloading.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/namei.h>
#include <linux/proc_fs.h>
#include <xen/xen.h>
#include <xen/events.h>
#include <xen/page.h>
#include <xen/xenbus.h>
#include <xen/hvm.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/io/xs_wire.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include "ring.h"

static_assert(sizeof(struct xb_wire_page) == sizeof(struct xenstore_domain_interface));
static_assert(offsetof(struct xb_wire_page, rsp_prod) ==
	      offsetof(struct xenstore_domain_interface, rsp_prod));
static_assert(offsetof(struct xb_wire_page, connection) ==
	      offsetof(struct xenstore_domain_interface, connection));

static int find_local(struct xb_page *p)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	int err;

	p->local = true;
	if (!xen_store_interface) {
		unsigned long page = get_zeroed_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
		if (err) {
			free_page(page);
			return err;
		}
		xen_store_evtchn = alloc.port;
		xen_store_interface = (void *)page;
	}
	p->page = (void *)xen_store_interface;
	p->port = xen_store_evtchn;
	return 0;
}

static int find_hvm(struct xb_page *p, u64 port)
{
	u64 pfn = 0;
	int err = hvm_get_parameter(HVM_PARAM_STORE_PFN, &pfn);

	if (err)
		return err;
	if (!pfn || pfn > ULONG_MAX >> PAGE_SHIFT)
		return -ENOENT;
	p->page = memremap(pfn << XEN_PAGE_SHIFT, XEN_PAGE_SIZE, MEMREMAP_WB);
	if (!p->page)
		return -ENOMEM;
	p->mapped = true;
	p->port = port;
	return 0;
}

int xb_page_find(struct xb_page *p)
{
	u64 port = 0;
	int err;

	memset(p, 0, sizeof(*p));
	if (xen_pv_domain()) {
		if (!xen_start_info->store_evtchn)
			return find_local(p);
		p->page = mfn_to_virt(xen_start_info->store_mfn);
		p->port = xen_start_info->store_evtchn;
		return 0;
	}
	err = hvm_get_parameter(HVM_PARAM_STORE_EVTCHN, &port);
	if (err)
		return err;
	if (!port)
		return xen_initial_domain() ? find_local(p) : -ENOENT;
	return find_hvm(p, port);
}

bool xb_page_connected(const struct xb_page *p)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = p->port };

	if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &status))
		return false;
	return status.status == EVTCHNSTAT_interdomain &&
		READ_ONCE(p->page->connection) == XENSTORE_CONNECTED;
}

void xb_page_release(struct xb_page *p)
{
	if (p->mapped)
		memunmap(p->page);
	memset(p, 0, sizeof(*p));
}

void xb_page_mount_point(void)
{
	struct path path;

	/* There when the module was loaded before: it stays, for something may be mounted on it. */
	if (!kern_path("/proc/xen", 0, &path))
		path_put(&path);
	else
		proc_create_mount_point("xen");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inject.h: makes an allocation, a mapping or a copy of the drivers fail, wherever one is made.
 *
 * Only the modules of "make modules-inject" see this file: the compiler reads it before every
 * source (../../Kbuild.include), and the names below first ask whether to fail. No driver mentions
 * it, an allocation that is added is covered, and the modules that are installed know nothing of
 * it.
 *
 * A place that can fail is a site, "module/file:line". The section xb_sites of a module has the
 * names of all of its sites; xenbus/inject.c has those that were reached, and what is to fail.
 * Kernels after 6.1 have macros of some of these names: for the test images' kernel only.
 */
#ifndef XB_INJECT_H
#define XB_INJECT_H

#include <linux/blk-mq.h>
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/stringify.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <net/page_pool.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/grant_table.h>

bool xb_inject(const char *site);	/* is this call to fail? From any context. */

#define XB_FAILS() ({							\
	static const char xb_site[] __section("xb_sites") =		\
		KBUILD_MODNAME "/" KBUILD_BASENAME ":" __stringify(__LINE__); \
	xb_inject(xb_site);						\
})

#define XB_OR_NULL(call)	(XB_FAILS() ? NULL : (call))
#define XB_OR_ERR_PTR(call)	(XB_FAILS() ? ERR_PTR(-ENOMEM) : (call))
#define XB_OR_ERR(err, call)	(XB_FAILS() ? (err) : (call))

/* ---- memory */
#define kmalloc(...)		XB_OR_NULL((kmalloc)(__VA_ARGS__))
#define kzalloc(...)		XB_OR_NULL((kzalloc)(__VA_ARGS__))
#define kcalloc(...)		XB_OR_NULL((kcalloc)(__VA_ARGS__))
#define kvmalloc(...)		XB_OR_NULL((kvmalloc)(__VA_ARGS__))
#define kvzalloc(...)		XB_OR_NULL((kvzalloc)(__VA_ARGS__))
#define kvcalloc(...)		XB_OR_NULL((kvcalloc)(__VA_ARGS__))
#define kvmalloc_array(...)	XB_OR_NULL((kvmalloc_array)(__VA_ARGS__))
#define vzalloc(...)		XB_OR_NULL((vzalloc)(__VA_ARGS__))
#define vmap(...)		XB_OR_NULL((vmap)(__VA_ARGS__))
#define kstrdup(...)		XB_OR_NULL((kstrdup)(__VA_ARGS__))
#define kasprintf(...)		XB_OR_NULL((kasprintf)(__VA_ARGS__))
#define kmemdup(...)		XB_OR_NULL((kmemdup)(__VA_ARGS__))
#define alloc_pages(...)	XB_OR_NULL((alloc_pages)(__VA_ARGS__))	/* alloc_page, too */
#define __get_free_pages(...)	XB_OR_ERR(0ul, (__get_free_pages)(__VA_ARGS__))
#define get_zeroed_page(...)	XB_OR_ERR(0ul, (get_zeroed_page)(__VA_ARGS__))
#define page_pool_create(...)	XB_OR_ERR_PTR((page_pool_create)(__VA_ARGS__))
#define page_pool_alloc_pages(...) XB_OR_NULL((page_pool_alloc_pages)(__VA_ARGS__))
#define page_pool_alloc_frag(...) XB_OR_NULL((page_pool_alloc_frag)(__VA_ARGS__))

/* ---- what is made of memory */
#define napi_alloc_skb(...)	XB_OR_NULL((napi_alloc_skb)(__VA_ARGS__))
#define napi_build_skb(...)	XB_OR_NULL((napi_build_skb)(__VA_ARGS__))
#define __skb_linearize(...)	XB_OR_ERR(-ENOMEM, (__skb_linearize)(__VA_ARGS__))
#define skb_linearize(...)	XB_OR_ERR(-ENOMEM, (skb_linearize)(__VA_ARGS__))
#define alloc_netdev_mqs(...)	XB_OR_NULL((alloc_netdev_mqs)(__VA_ARGS__))
#define alloc_etherdev_mqs(...)	XB_OR_NULL((alloc_etherdev_mqs)(__VA_ARGS__))
#define register_netdev(...)	XB_OR_ERR(-ENOMEM, (register_netdev)(__VA_ARGS__))
#define register_netdevice(...)	XB_OR_ERR(-ENOMEM, (register_netdevice)(__VA_ARGS__))
#define alloc_workqueue(...)	XB_OR_NULL((alloc_workqueue)(__VA_ARGS__))
#define kthread_create_on_node(...) XB_OR_ERR_PTR((kthread_create_on_node)(__VA_ARGS__))
#define blk_mq_alloc_tag_set(...) XB_OR_ERR(-ENOMEM, (blk_mq_alloc_tag_set)(__VA_ARGS__))
#define __blk_mq_alloc_disk(...) XB_OR_ERR_PTR((__blk_mq_alloc_disk)(__VA_ARGS__))
#define device_add_disk(...)	XB_OR_ERR(-ENOMEM, (device_add_disk)(__VA_ARGS__))
#define request_irq(...)	XB_OR_ERR(-ENOMEM, (request_irq)(__VA_ARGS__))
#define bind_evtchn_to_irq_lateeoi(...)							\
	XB_OR_ERR(-ENOSPC, (bind_evtchn_to_irq_lateeoi)(__VA_ARGS__))
#define bind_evtchn_to_irqhandler(...)							\
	XB_OR_ERR(-ENOSPC, (bind_evtchn_to_irqhandler)(__VA_ARGS__))
#define HYPERVISOR_event_channel_op(cmd, arg)						\
	((cmd) != EVTCHNOP_close && XB_FAILS() ? -ENOSPC : (HYPERVISOR_event_channel_op)(cmd, arg))

/* ---- grants. Of a batch the last operation fails: the driver has to undo the others. */
#define gnttab_alloc_pages(...)	XB_OR_ERR(-ENOMEM, (gnttab_alloc_pages)(__VA_ARGS__))
#define gnttab_alloc_grant_references(...)						\
	XB_OR_ERR(-ENOSPC, (gnttab_alloc_grant_references)(__VA_ARGS__))
#define gnttab_grant_foreign_access(...)						\
	XB_OR_ERR(-ENOSPC, (gnttab_grant_foreign_access)(__VA_ARGS__))

static inline int xb_fail_map(struct gnttab_map_grant_ref *map, struct gnttab_map_grant_ref *kmap,
			      struct page **pages, unsigned int n)
{
	int err = n > 1 ? gnttab_map_refs(map, kmap, pages, n - 1) : 0;

	map[n - 1].status = GNTST_general_error;
	return err;
}

static inline void xb_fail_copy(struct gnttab_copy *copy, unsigned int n)
{
	if (n > 1)
		gnttab_batch_copy(copy, n - 1);
	copy[n - 1].status = GNTST_general_error;
}

static inline int xb_fail_grant_op(unsigned int cmd, void *ops, unsigned int n)
{
	int err = n > 1 ? HYPERVISOR_grant_table_op(cmd, ops, n - 1) : 0;

	if (cmd == GNTTABOP_map_grant_ref)
		((struct gnttab_map_grant_ref *)ops)[n - 1].status = GNTST_general_error;
	else
		((struct gnttab_copy *)ops)[n - 1].status = GNTST_general_error;
	return err;
}

#define gnttab_map_refs(...)								\
	(XB_FAILS() ? xb_fail_map(__VA_ARGS__) : (gnttab_map_refs)(__VA_ARGS__))
#define gnttab_batch_copy(...)								\
	(XB_FAILS() ? xb_fail_copy(__VA_ARGS__) : (gnttab_batch_copy)(__VA_ARGS__))
#define HYPERVISOR_grant_table_op(cmd, ops, n)						\
	((cmd) != GNTTABOP_unmap_grant_ref && XB_FAILS() ? xb_fail_grant_op(cmd, ops, n) :	\
	 (HYPERVISOR_grant_table_op)(cmd, ops, n))

#endif

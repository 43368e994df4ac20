/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h: where Debian 12's kernels (6.1, and 6.12 from backports) differ in what the drivers
 * use.
 *
 * Each difference has one name here; no other file looks at the kernel's version. What a stable
 * update changed within one version is probed in ../../Kbuild.include and comes as a XB_HAVE_
 * macro.
 */
#ifndef XB_COMPAT_H
#define XB_COMPAT_H

#include <linux/version.h>

#define XB_KERNEL_AT_LEAST(major, minor) \
	((major) * 1000 + (minor) <= LINUX_VERSION_MAJOR * 1000 + LINUX_VERSION_PATCHLEVEL)

/* A bus driver's uevent sees its device as const since 6.3. */
#if XB_KERNEL_AT_LEAST(6, 3)
#define XB_UEVENT_CONST		const
#else
#define XB_UEVENT_CONST
#endif

/* A bus driver's match sees the driver as const since 6.11. */
#if XB_KERNEL_AT_LEAST(6, 11)
#define XB_MATCH_CONST		const
#else
#define XB_MATCH_CONST
#endif

/* remove of a xenbus_driver returned an int in early 6.1: PREFIX_remove is it, and calls FN. */
#ifdef XB_HAVE_REMOVE_VOID
#define XB_XENBUS_REMOVE(prefix, fn)			\
static void prefix##_remove(struct xenbus_device *xen)	\
{							\
	fn(xen);					\
}
#else
#define XB_XENBUS_REMOVE(prefix, fn)			\
static int prefix##_remove(struct xenbus_device *xen)	\
{							\
	fn(xen);					\
	return 0;					\
}
#endif

/* Early 6.1 wrote Closed on every remove. */
#ifdef XB_HAVE_ALLOW_REBIND
#define xb_set_allow_rebind(xen, allow) ((xen)->allow_rebind = (allow))
#else
#define xb_set_allow_rebind(xen, allow) ((void)(allow))
#endif

/* Trace events: the source of a string is given once since 6.10. */
#if XB_KERNEL_AT_LEAST(6, 10)
#define XB_ASSIGN_STR(dst, src)	__assign_str(dst)
#else
#define XB_ASSIGN_STR(dst, src)	__assign_str(dst, src)
#endif

/* Page pools: one header until 6.6. To be included by those who use them. */
#define XB_PAGE_POOL_H		"xb/page_pool.h"
#if XB_KERNEL_AT_LEAST(6, 6)
#define XB_PP_FLAG_FRAG		0	/* every pool hands out parts of pages */
#else
#define XB_PP_FLAG_FRAG		PP_FLAG_PAGE_FRAG
#endif

/* do_xdp_generic may replace the packet since 6.9. */
#if XB_KERNEL_AT_LEAST(6, 9)
#define xb_do_xdp_generic(prog, pskb)	do_xdp_generic(prog, pskb)
#else
#define xb_do_xdp_generic(prog, pskb)	do_xdp_generic(prog, *(pskb))
#endif

/* Which XDP actions a device has is told since 6.3. */
#if XB_KERNEL_AT_LEAST(6, 3)
#define xb_set_xdp_features(dev, what)	((dev)->xdp_features = (what))
#define XB_XDP_ACTIONS	(NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT | NETDEV_XDP_ACT_NDO_XMIT)
#else
#define xb_set_xdp_features(dev, what)	((void)(dev))
#define XB_XDP_ACTIONS	0
#endif

/* An open block device is a file since 6.9. What xb_bdev_open returns is one or the other. */
#include <linux/blkdev.h>
#include <linux/file.h>
#if XB_KERNEL_AT_LEAST(6, 9)
static inline void *xb_bdev_open(dev_t dev, bool writable)
{
	return bdev_file_open_by_dev(dev, BLK_OPEN_READ | (writable ? BLK_OPEN_WRITE : 0), NULL,
				     NULL);
}

static inline void xb_bdev_close(void *handle, bool writable)
{
	fput(handle);
}

static inline struct block_device *xb_bdev_of(void *handle)
{
	return file_bdev(handle);
}

static inline struct address_space *xb_bdev_mapping(void *handle)
{
	return ((struct file *)handle)->f_mapping;
}
#else
static inline void *xb_bdev_open(dev_t dev, bool writable)
{
	return blkdev_get_by_dev(dev, FMODE_READ | (writable ? FMODE_WRITE : 0), NULL);
}

static inline void xb_bdev_close(void *handle, bool writable)
{
	blkdev_put(handle, FMODE_READ | (writable ? FMODE_WRITE : 0));
}

static inline struct block_device *xb_bdev_of(void *handle)
{
	return handle;
}

static inline struct address_space *xb_bdev_mapping(void *handle)
{
	return ((struct block_device *)handle)->bd_inode->i_mapping;
}
#endif

/*
 * Hash key and table of ethtool come in one structure since 6.8. Defines xb_get_rxfh and
 * xb_set_rxfh on top of GET(priv, map, key) and SET(priv, map, key), whose pointers may be NULL.
 */
#if XB_KERNEL_AT_LEAST(6, 8)
#define XB_RXFH_OPS(get, set, priv)							\
static int xb_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p)		\
{											\
	p->hfunc = ETH_RSS_HASH_TOP;							\
	return get((priv *)netdev_priv(dev), p->indir, p->key);				\
}											\
											\
static int xb_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *p,		\
		       struct netlink_ext_ack *extack)					\
{											\
	if (p->hfunc != ETH_RSS_HASH_NO_CHANGE && p->hfunc != ETH_RSS_HASH_TOP)		\
		return -EOPNOTSUPP;							\
	return set((priv *)netdev_priv(dev), p->indir, p->key);				\
}
#else
#define XB_RXFH_OPS(get, set, priv)							\
static int xb_get_rxfh(struct net_device *dev, u32 *map, u8 *key, u8 *hfunc)		\
{											\
	if (hfunc)									\
		*hfunc = ETH_RSS_HASH_TOP;						\
	return get((priv *)netdev_priv(dev), map, key);					\
}											\
											\
static int xb_set_rxfh(struct net_device *dev, const u32 *map, const u8 *key,		\
		       const u8 hfunc)							\
{											\
	if (hfunc != ETH_RSS_HASH_NO_CHANGE && hfunc != ETH_RSS_HASH_TOP)		\
		return -EOPNOTSUPP;							\
	return set((priv *)netdev_priv(dev), map, key);					\
}
#endif

/* Shrinkers are allocated since 6.7. To be used with <linux/shrinker.h>. */
#if XB_KERNEL_AT_LEAST(6, 7)
#define xb_shrinker_alloc()		shrinker_alloc(0, "xb")
#define xb_shrinker_register(s)		({ shrinker_register(s); 0; })
#define xb_shrinker_unregister(s)	((void)(s))
#define xb_shrinker_free(s)		shrinker_free(s)
#else
#define xb_shrinker_alloc()		kzalloc(sizeof(struct shrinker), GFP_KERNEL)
#define xb_shrinker_register(s)		register_shrinker(s, "xb")
#define xb_shrinker_unregister(s)	unregister_shrinker(s)
#define xb_shrinker_free(s)		kfree(s)
#endif

#endif

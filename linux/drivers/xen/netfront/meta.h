/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * meta.h: what is known about a packet beside its bytes, and whether that agrees with the bytes.
 *
 * Plain C. Bytes are always those of a private copy.
 */
#ifndef NF_META_H
#define NF_META_H

#include <xb/plain.h>

#define NF_HDR_MAX	192u	/* how much of a packet is looked at for its headers */
#define NF_GSO_MIN	8u	/* as the kernel's TCP: smaller segments are an attack */

struct nf_meta {
	u16 gso_size;		/* 0: no segmentation */
	u8 gso_type;		/* XEN_NETIF_GSO_TYPE_*: 1 TCPv4, 2 TCPv6 */
	u8 hash_type;		/* 0 none, else 1 + the type's bit number (1 and 3: with ports) */
	u32 hash;
	bool csum_blank;
	bool csum_valid;
	bool xdp_done;		/* an XDP program has seen it */
};

struct nf_hdr {
	u16 len;		/* Ethernet, VLAN, IP and TCP or UDP; at most what was given */
	u8 ip;			/* 4, 6 or 0 */
	u8 proto;		/* of a packet that is no fragment, else 0 */
};

/* P: the first LEN bytes of a packet. Never looks beyond, never says more than LEN. */
void nf_hdr_find(const u8 *p, u32 len, struct nf_hdr *h);

/*
 * Does META agree with the headers H of a packet of LEN bytes? 0, and META may be made simpler
 * (one segment is no segmentation); -EPROTO: such a packet is to be dropped.
 */
int nf_meta_check(struct nf_meta *m, const struct nf_hdr *h, u32 len);

/* "00:16:3e:00:00:01": 0 or -EINVAL; also for multicast and zero addresses. */
int nf_mac_parse(const char *s, u8 mac[6]);

/* Page-sized pieces that LEN bytes from OFF on take. */
static inline u32 nf_pages(u32 off, u32 len)
{
	return ((off % XB_PAGE_SIZE) + len + XB_PAGE_SIZE - 1) >> XB_PAGE_SHIFT;
}

#endif

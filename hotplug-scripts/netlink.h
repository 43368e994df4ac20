/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netlink.h: the kernel's links, addresses and routes, asked and changed without other programs.
 * What returns int is 0 or a negative errno; netlink_reason has the kernel's own words then, or "".
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "vlan.h"

struct link {
	int index, master;
	unsigned int flags, mtu;
	char name[IFNAMSIZ];
	char kind[16];			/* "bridge", "openvswitch", "veth", … or "" */
	unsigned char mac[6];
	bool vlan_filtering;		/* of a bridge */
};

struct prefix {
	int family;
	unsigned int len;		/* of the prefix, in bits */
	unsigned char at[16];
};

int netlink_open(void);
const char *netlink_reason(int err);

/* By name, or by index where NAME is NULL. */
int link_get(int nl, const char *name, int index, struct link *link);
/* The bridge with the lowest index; -ENODEV when there is none. */
int link_first_bridge(int nl, struct link *link);
/* The same, but waits until there is such a link. */
int link_await(int nl, const char *name, struct link *link, unsigned int ms);
int link_rename(int nl, int index, const char *name);
int link_up(int nl, int index, bool up);
int link_set_mtu(int nl, int index, unsigned int mtu);
int link_set_mac(int nl, int index, const unsigned char *mac);
/* MASTER 0: none. */
int link_set_master(int nl, int index, int master);
/* The port has exactly these VLANs. */
int link_set_vlans(int nl, int index, const struct vlan_set *set);

/* "10.0.0.0/24", "10.0.0.5", "fd00::/64"; false when it is none. */
bool prefix_parse(const char *text, struct prefix *p);
void prefix_mask(struct prefix *p);
int addr_add(int nl, int index, const struct prefix *p);
int addr_del(int nl, int index, const struct prefix *p);
/* SRC may be NULL. */
int route_add(int nl, int index, const struct prefix *to, const struct prefix *src,
	      unsigned int metric);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netlink.c: see netlink.h. One request at a time, each answered before the next is made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

struct request {
	struct nlmsghdr h;
	char room[1536];
};

typedef void (*each_fn)(const struct nlmsghdr *h, void *arg);

static char reason[128];

const char *netlink_reason(int err)
{
	return *reason ? reason : strerror(-err);
}

int netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1;

	if (fd >= 0)
		setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	return fd;
}

/* ---- messages */
static void *begin(struct request *r, int type, int flags, size_t payload)
{
	memset(r, 0, sizeof(*r));
	r->h.nlmsg_len = NLMSG_LENGTH(payload);
	r->h.nlmsg_type = type;
	r->h.nlmsg_flags = NLM_F_REQUEST | flags;
	return NLMSG_DATA(&r->h);
}

static struct rtattr *attr(struct request *r, int type, const void *data, size_t len)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	if (NLMSG_ALIGN(r->h.nlmsg_len) + RTA_LENGTH(len) > sizeof(*r))
		abort();
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void attr_u32(struct request *r, int type, uint32_t value)
{
	attr(r, type, &value, sizeof(value));
}

static void nest_end(struct request *r, struct rtattr *nest)
{
	nest->rta_len = (char *)r + r->h.nlmsg_len - (char *)nest;
}

/* The kernel's words are behind the request that it returns. */
static void read_reason(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t skip = sizeof(*e);
	const struct rtattr *a;
	int len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	a = (const struct rtattr *)((const char *)e + skip);
	len = (int)(h->nlmsg_len - NLMSG_HDRLEN) - (int)skip;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(reason, sizeof(reason), "%.*s", (int)RTA_PAYLOAD(a),
				 (const char *)RTA_DATA(a));
}

/* Hands each answer to EACH until the last one. */
static int answers(int nl, unsigned int seq, each_fn each, void *arg)
{
	static char buf[32768] __attribute__((aligned(4)));

	for (;;) {
		ssize_t n = recv(nl, buf, sizeof(buf), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int len = n;

		if (n < 0)
			return -errno;
		for (; NLMSG_OK(h, (unsigned int)len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR) {
				read_reason(h);
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			}
			if (each)
				each(h, arg);
		}
	}
}

static int talk(int nl, struct request *r, each_fn each, void *arg)
{
	static unsigned int seq;

	*reason = 0;
	r->h.nlmsg_seq = ++seq;
	/* NLM_F_REPLACE is one of the bits of NLM_F_DUMP. */
	if ((r->h.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		r->h.nlmsg_flags |= NLM_F_ACK;
	if (send(nl, r, r->h.nlmsg_len, 0) < 0)
		return -errno;
	return answers(nl, seq, each, arg);
}

/* ---- links */
static void read_bridge(struct rtattr *data, struct link *link)
{
	int len = RTA_PAYLOAD(data);

	for (struct rtattr *a = RTA_DATA(data); RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == IFLA_BR_VLAN_FILTERING)
			link->vlan_filtering = *(unsigned char *)RTA_DATA(a);
}

static void read_info(struct rtattr *info, struct link *link)
{
	struct rtattr *data = NULL;
	int len = RTA_PAYLOAD(info);

	for (struct rtattr *a = RTA_DATA(info); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == IFLA_INFO_KIND)
			snprintf(link->kind, sizeof(link->kind), "%.*s", (int)RTA_PAYLOAD(a),
				 (char *)RTA_DATA(a));
		else if (a->rta_type == IFLA_INFO_DATA)
			data = a;
	}
	if (data && !strcmp(link->kind, "bridge"))
		read_bridge(data, link);
}

static void read_link(const struct nlmsghdr *h, struct link *link)
{
	struct ifinfomsg *i = NLMSG_DATA(h);
	int len = h->nlmsg_len - NLMSG_LENGTH(sizeof(*i));

	memset(link, 0, sizeof(*link));
	link->index = i->ifi_index;
	link->flags = i->ifi_flags;
	for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		switch (a->rta_type) {
		case IFLA_IFNAME:
			snprintf(link->name, sizeof(link->name), "%s", (char *)RTA_DATA(a));
			break;
		case IFLA_MTU:
			memcpy(&link->mtu, RTA_DATA(a), sizeof(link->mtu));
			break;
		case IFLA_MASTER:
			memcpy(&link->master, RTA_DATA(a), sizeof(link->master));
			break;
		case IFLA_ADDRESS:
			if (RTA_PAYLOAD(a) == sizeof(link->mac))
				memcpy(link->mac, RTA_DATA(a), sizeof(link->mac));
			break;
		case IFLA_LINKINFO:
			read_info(a, link);
			break;
		}
	}
}

static void take_link(const struct nlmsghdr *h, void *arg)
{
	if (h->nlmsg_type == RTM_NEWLINK)
		read_link(h, arg);
}

int link_get(int nl, const char *name, int index, struct link *link)
{
	struct request r;
	struct ifinfomsg *i = begin(&r, RTM_GETLINK, 0, sizeof(*i));
	int err;

	link->index = 0;
	if (name && strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	if (name)
		attr(&r, IFLA_IFNAME, name, strlen(name) + 1);
	else
		i->ifi_index = index;
	attr_u32(&r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = talk(nl, &r, take_link, link);
	return err ? err : link->index ? 0 : -ENODEV;
}

static void take_first_bridge(const struct nlmsghdr *h, void *arg)
{
	struct link *first = arg, one;

	if (h->nlmsg_type != RTM_NEWLINK)
		return;
	read_link(h, &one);
	if (!strcmp(one.kind, "bridge") && (!first->index || one.index < first->index))
		*first = one;
}

int link_first_bridge(int nl, struct link *link)
{
	struct request r;
	struct ifinfomsg *i = begin(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(*i));
	struct rtattr *info;
	int err;

	link->index = 0;
	attr_u32(&r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	info = attr(&r, IFLA_LINKINFO | NLA_F_NESTED, NULL, 0);
	attr(&r, IFLA_INFO_KIND, "bridge", sizeof("bridge"));
	nest_end(&r, info);
	err = talk(nl, &r, take_first_bridge, link);
	return err ? err : link->index ? 0 : -ENODEV;
}

int link_await(int nl, const char *name, struct link *link, unsigned int ms)
{
	struct sockaddr_nl who = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int err = link_get(nl, name, 0, link), news;
	char drop[64];

	if (err != -ENODEV || !ms)
		return err;
	/* Asked once more behind the subscription: what came in between is not missed. */
	news = netlink_open();
	if (news < 0 || bind(news, (struct sockaddr *)&who, sizeof(who)))
		err = -errno;
	while (err == -ENODEV) {
		struct pollfd p = { .fd = news, .events = POLLIN };

		err = link_get(nl, name, 0, link);
		if (err != -ENODEV || poll(&p, 1, ms) <= 0)
			break;
		recv(news, drop, sizeof(drop), 0);
	}
	if (news >= 0)
		close(news);
	return err;
}

static struct ifinfomsg *begin_set(struct request *r, int index)
{
	struct ifinfomsg *i = begin(r, RTM_SETLINK, 0, sizeof(*i));

	i->ifi_index = index;
	return i;
}

int link_rename(int nl, int index, const char *name)
{
	struct request r;

	begin_set(&r, index);
	attr(&r, IFLA_IFNAME, name, strlen(name) + 1);
	return talk(nl, &r, NULL, NULL);
}

int link_up(int nl, int index, bool up)
{
	struct request r;
	struct ifinfomsg *i = begin_set(&r, index);

	i->ifi_change = IFF_UP;
	i->ifi_flags = up ? IFF_UP : 0;
	return talk(nl, &r, NULL, NULL);
}

int link_set_mtu(int nl, int index, unsigned int mtu)
{
	struct request r;

	begin_set(&r, index);
	attr_u32(&r, IFLA_MTU, mtu);
	return talk(nl, &r, NULL, NULL);
}

int link_set_mac(int nl, int index, const unsigned char *mac)
{
	struct request r;

	begin_set(&r, index);
	attr(&r, IFLA_ADDRESS, mac, 6);
	return talk(nl, &r, NULL, NULL);
}

int link_set_master(int nl, int index, int master)
{
	struct request r;

	begin_set(&r, index);
	attr_u32(&r, IFLA_MASTER, master);
	return talk(nl, &r, NULL, NULL);
}

/* ---- VLANs of a bridge's port: runs of numbers that are alike, two entries a run */
static int set_run(int nl, int type, int index, unsigned int from, unsigned int to,
		   unsigned int flags)
{
	struct bridge_vlan_info v = { .flags = flags, .vid = from };
	struct request r;
	struct ifinfomsg *i = begin(&r, type, 0, sizeof(*i));
	struct rtattr *spec;

	i->ifi_family = AF_BRIDGE;
	i->ifi_index = index;
	spec = attr(&r, IFLA_AF_SPEC | NLA_F_NESTED, NULL, 0);
	if (from == to) {
		attr(&r, IFLA_BRIDGE_VLAN_INFO, &v, sizeof(v));
	} else {
		v.flags = flags | BRIDGE_VLAN_INFO_RANGE_BEGIN;
		attr(&r, IFLA_BRIDGE_VLAN_INFO, &v, sizeof(v));
		v.flags = flags | BRIDGE_VLAN_INFO_RANGE_END;
		v.vid = to;
		attr(&r, IFLA_BRIDGE_VLAN_INFO, &v, sizeof(v));
	}
	nest_end(&r, spec);
	return talk(nl, &r, NULL, NULL);
}

static unsigned int run_flags(const struct vlan_set *set, unsigned int vid)
{
	unsigned int flags = set->how[vid] == VLAN_UNTAGGED ? BRIDGE_VLAN_INFO_UNTAGGED : 0;

	return vid == set->pvid ? flags | BRIDGE_VLAN_INFO_PVID : flags;
}

int link_set_vlans(int nl, int index, const struct vlan_set *set)
{
	int err = set_run(nl, RTM_DELLINK, index, 1, VLAN_MAX, 0);

	for (unsigned int from = 1, to; !err && from <= VLAN_MAX; from = to + 1) {
		to = from;
		if (!set->how[from])
			continue;
		while (to < VLAN_MAX && set->how[to + 1] == set->how[from] && from != set->pvid &&
		       to + 1 != set->pvid)
			to++;
		err = set_run(nl, RTM_SETLINK, index, from, to, run_flags(set, from));
	}
	return err;
}

/* ---- addresses and routes */
bool prefix_parse(const char *text, struct prefix *p)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN], *end;
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int max;

	memset(p, 0, sizeof(*p));
	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = 0;
	p->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	max = p->family == AF_INET ? 32 : 128;
	p->len = max;
	if (slash) {
		p->len = strtoul(slash + 1, &end, 10);
		if (end == slash + 1 || *end || p->len > max || slash[1] < '0' || slash[1] > '9')
			return false;
	}
	return inet_pton(p->family, host, p->at) == 1;
}

void prefix_mask(struct prefix *p)
{
	for (unsigned int bit = p->len; bit < 8 * sizeof(p->at); bit++)
		p->at[bit / 8] &= ~(0x80 >> bit % 8);
}

static size_t size_of(const struct prefix *p)
{
	return p->family == AF_INET ? 4 : 16;
}

static int addr_change(int nl, int type, int flags, int index, const struct prefix *p)
{
	struct request r;
	struct ifaddrmsg *m = begin(&r, type, flags, sizeof(*m));

	m->ifa_family = p->family;
	m->ifa_prefixlen = p->len;
	m->ifa_index = index;
	attr(&r, IFA_LOCAL, p->at, size_of(p));
	attr(&r, IFA_ADDRESS, p->at, size_of(p));
	return talk(nl, &r, NULL, NULL);
}

int addr_add(int nl, int index, const struct prefix *p)
{
	return addr_change(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, p);
}

int addr_del(int nl, int index, const struct prefix *p)
{
	return addr_change(nl, RTM_DELADDR, 0, index, p);
}

int route_add(int nl, int index, const struct prefix *to, const struct prefix *src,
	      unsigned int metric)
{
	struct request r;
	struct rtmsg *m = begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*m));

	m->rtm_family = to->family;
	m->rtm_dst_len = to->len;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_BOOT;
	m->rtm_scope = to->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	m->rtm_type = RTN_UNICAST;
	attr(&r, RTA_DST, to->at, size_of(to));
	attr_u32(&r, RTA_OIF, index);
	if (src && src->family == to->family)
		attr(&r, RTA_PREFSRC, src->at, size_of(src));
	if (metric)
		attr_u32(&r, RTA_PRIORITY, metric);
	return talk(nl, &r, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif_route.c: a network card that the host routes to: vif-route and vif-nat.
 *
 *   vif-route   the link has the host's own address (of gatewaydev=, else of the link that leads to
 *               the default route) as /32, and a route to each network in ip=
 *   vif-nat     the guest has ip=, or 10.A.B.N from its domain's number A * 256 + B and its card's
 *               N - 1; the link has that address plus 127 in the last byte, and a route to the
 * guest
 *
 * Both answer for the guest's neighbours (proxy_arp). Addresses and routes go with the link, and
 * with "offline" before that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vif.h"

/* ---- the host's own address */
static void default_link(char *name)
{
	unsigned long to, mask;
	char line[256], dev[32];
	FILE *f = fopen("/proc/net/route", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %lx %*s %*s %*s %*s %*s %lx", dev, &to, &mask) != 3 || to ||
		    mask)
			continue;
		if (strlen(dev) < IFNAMSIZ)
			strcpy(name, dev);
		break;
	}
	if (f)
		fclose(f);
}

static bool address_of(const char *name, struct prefix *p)
{
	struct ifaddrs *all, *a;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (a = all; a && !found; a = a->ifa_next) {
		if (strcmp(a->ifa_name, name) || !a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
			continue;
		memset(p, 0, sizeof(*p));
		p->family = AF_INET;
		p->len = 32;
		memcpy(p->at, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, 4);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

static int host_address(struct vif *v, struct prefix *p)
{
	const char *netdev = job_word(v->job, "netdev");
	char name[IFNAMSIZ] = "";

	if (netdev && *netdev)
		snprintf(name, sizeof(name), "%s", netdev);
	else
		default_link(name);
	if (!*name)
		return fail(v->job, "name the link to route through with gatewaydev=",
			    "this machine has no default route");
	if (!address_of(name, p))
		return fail(v->job, "bring it up, or name another with gatewaydev=",
			    "%s has no IPv4 address", name);
	return 0;
}

/* ---- what both do */
static int proxy_arp(struct vif *v)
{
	char path[96];
	int fd, rc;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/proxy_arp", v->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	rc = fd < 0 || write(fd, "1", 1) != 1;
	if (fd >= 0)
		close(fd);
	return rc ? fail(v->job, NULL, "%s: %s", path, strerror(errno)) : 0;
}

static int give_address(struct vif *v, const struct prefix *own)
{
	char text[INET6_ADDRSTRLEN];
	int err = addr_add(v->nl, v->link.index, own);

	if (err)
		return vif_fail(v, err, NULL, "the link refuses its address");
	/* Routes need the link up. */
	err = link_up(v->nl, v->link.index, true);
	if (err)
		return vif_fail(v, err, NULL, "the link does not come up");
	inet_ntop(own->family, own->at, text, sizeof(text));
	record_set(&v->record, "address", text);
	done(v->job, "%s has %s", v->name, text);
	return record_save(v->job, &v->record) ? -1 : proxy_arp(v);
}

static int give_route(struct vif *v, const struct prefix *to, const struct prefix *src,
		      unsigned int metric)
{
	char text[INET6_ADDRSTRLEN];
	int err = route_add(v->nl, v->link.index, to, src, metric);

	inet_ntop(to->family, to->at, text, sizeof(text));
	if (err)
		return vif_fail(v, err, "look at ip=", text);
	done(v->job, "routes %s/%u", text, to->len);
	return 0;
}

/* With the address go the routes that have it for their source; the others when the link is down.
 */
static void route_down(struct vif *v)
{
	struct prefix own;
	char text[64];

	if (v->link.index && record_get(&v->record, "address", text, sizeof(text)) &&
	    prefix_parse(text, &own))
		addr_del(v->nl, v->link.index, &own);
	record_set(&v->record, "address", NULL);
}

/* ---- vif-route */
static int route_up(struct vif *v)
{
	char text[512], *save = NULL;
	struct prefix own, to;

	if (host_address(v, &own) || vif_set_mtu(v, 0) || give_address(v, &own))
		return -1;
	snprintf(text, sizeof(text), "%s", v->ip ? v->ip : "");
	for (char *w = strtok_r(text, " ,", &save); w; w = strtok_r(NULL, " ,", &save)) {
		if (!prefix_parse(w, &to))
			return fail(v->job, "ip= is a list like 10.0.0.5 10.1.0.0/24",
				    "ip=%s is not an address", w);
		prefix_mask(&to);
		if (give_route(v, &to, &own, v->job->tap ? 1 : 2))
			return -1;
	}
	return 0;
}

/* ---- vif-nat */
static int guest_address(struct vif *v, struct prefix *guest)
{
	unsigned char usual[4] = { 10, v->job->domid >> 8, v->job->domid, v->job->devid + 1 };
	char text[64] = "";

	if (v->ip) {
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(v->ip, " ,"), v->ip);
		if (!prefix_parse(text, guest) || guest->family != AF_INET)
			return fail(v->job, "ip= is an address like 10.0.1.1", "ip=%s is none",
				    text);
	} else {
		memset(guest, 0, sizeof(*guest));
		guest->family = AF_INET;
		memcpy(guest->at, usual, sizeof(usual));
	}
	guest->len = 32;
	return 0;
}

static int nat_up(struct vif *v)
{
	struct prefix guest, own;

	if (guest_address(v, &guest))
		return -1;
	own = guest;
	if (own.at[3] + 127 > 255)
		return fail(v->job, "choose one whose last number is below 129",
			    "the guest's address plus 127 is no address");
	own.at[3] += 127;
	if (vif_set_mtu(v, 0) || give_address(v, &own))
		return -1;
	return give_route(v, &guest, &own, 0);
}

const struct vif_kind vif_route = {
	.script = "vif-route",
	.up = route_up,
	.down = route_down,
};

const struct vif_kind vif_nat = {
	.script = "vif-nat",
	.up = nat_up,
	.down = route_down,
};

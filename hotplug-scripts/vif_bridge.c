/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif_bridge.c: a network card as port of a Linux bridge: vif-bridge.
 *
 * The bridge is the store's "bridge", else the script's word, else the machine's first. A name
 * like xenbr1 that is none is eth1, where that is a bridge (how old set-ups named theirs). The MTU
 * is the store's, else the bridge's. VLANs are the store's "vlan" or behind the bridge's name.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vif.h"

static bool is_bridge(struct vif *v, const char *name, struct link *br)
{
	return !link_get(v->nl, name, 0, br) && !strcmp(br->kind, "bridge");
}

static int no_bridge(struct vif *v, const char *name, const struct link *seen)
{
	if (!seen->index)
		return fail(v->job,
			    "make it, or name another with bridge=; see krypton-network check",
			    "there is no bridge %s", name);
	if (!strcmp(seen->kind, "openvswitch"))
		return fail(v->job, "use script=vif-openvswitch", "%s is a bridge of Open vSwitch",
			    name);
	return fail(v->job, "name a bridge with bridge=", "%s is not a bridge", name);
}

/* 1: VLANs come with the name. */
static int named_bridge(struct vif *v, const char *name, struct link *br, struct vlan_set *set)
{
	char other[IFNAMSIZ];
	struct link seen;

	if (is_bridge(v, name, br))
		return 0;
	seen = *br;
	if (!seen.index && !strncmp(name, "xenbr", 5) && strlen(name) < sizeof(other)) {
		snprintf(other, sizeof(other), "eth%s", name + 5);
		if (is_bridge(v, other, br))
			return 0;
	}
	/* xenbr0.10 may be there as well, as the host's own link into that VLAN. */
	if (!vlan_parse_bridge(name, other, sizeof(other), set) && is_bridge(v, other, br))
		return 1;
	return no_bridge(v, name, &seen);
}

static int find_bridge(struct vif *v, struct link *br, struct vlan_set *set)
{
	const char *name = vif_word(v, "bridge");

	if (name)
		return named_bridge(v, name, br, set);
	if (link_first_bridge(v->nl, br))
		return fail(v->job, "make a bridge; see krypton-network check",
			    "no bridge is named and this machine has none");
	return 0;
}

static int set_vlans(struct vif *v, const struct link *br, const struct vlan_set *set)
{
	int err;

	if (!br->vlan_filtering)
		return fail(v->job, "ip link set BRIDGE type bridge vlan_filtering 1",
			    "the bridge %s does not know VLANs", br->name);
	err = link_set_vlans(v->nl, v->link.index, set);
	return err ? vif_fail(v, err, NULL, "the VLANs cannot be set") : 0;
}

static int bridge_up(struct vif *v)
{
	static struct vlan_set set;
	struct link br = { 0 };
	int vlans = find_bridge(v, &br, &set);
	int err;

	if (vlans < 0)
		return -1;
	if (v->vlan) {
		if (vif_read_vlans(v, &set))
			return -1;
		vlans = 1;
	}
	if (vif_set_mtu(v, br.mtu))
		return -1;
	if (v->link.master != br.index) {
		err = link_set_master(v->nl, v->link.index, br.index);
		if (err)
			return vif_fail(v, err, NULL, "the bridge does not take the link");
		v->link.master = br.index;
	}
	if (vlans && set_vlans(v, &br, &set))
		return -1;
	memcpy(v->bridge, br.name, sizeof(v->bridge));
	done(v->job, "%s on %s, mtu %u", v->name, br.name, v->link.mtu);
	if (vlans)
		done(v->job, "%u VLANs", set.nr);
	return 0;
}

static void bridge_down(struct vif *v)
{
	if (v->link.index && v->link.master)
		link_set_master(v->nl, v->link.index, 0);
}

const struct vif_kind vif_bridge = {
	.script = "vif-bridge",
	.switched = true,
	.up = bridge_up,
	.down = bridge_down,
};

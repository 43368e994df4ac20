/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vlan.h: which VLANs a port is in, as users write it.
 *
 * Terms with "/" between them: "10", "10-15", "100+10x9" (100, 110, … nine of them). After a term
 * "p" means that untagged packets belong to it, in both directions; "u" that its packets leave
 * untagged. One VLAN alone is "p"; of several one must be.
 *
 * A bridge's name may carry them too, as with Open vSwitch: "br0.10" is VLAN 10 untagged,
 * "br0:20:30" VLANs 20 and 30 tagged, "br0.10:20:30" both.
 */
#ifndef VLAN_H
#define VLAN_H

#include <stdbool.h>
#include <stddef.h>

#define VLAN_MAX	4094

enum vlan_how { VLAN_NONE, VLAN_TAGGED, VLAN_UNTAGGED };

struct vlan_set {
	unsigned char how[VLAN_MAX + 1];
	unsigned int pvid;		/* 0: untagged packets are dropped */
	unsigned int nr;
};

/* NULL, or what is wrong with TEXT. */
const char *vlan_parse(const char *text, struct vlan_set *set);
/* Splits "br0.10:20" into a bridge's name and its VLANs. NULL, or what is wrong; a name without any
 * VLANs is wrong too.
 */
const char *vlan_parse_bridge(const char *text, char *bridge, size_t size, struct vlan_set *set);
/* The tagged ones with commas between them; false when there is no room. */
bool vlan_tagged(const struct vlan_set *set, char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif.h: a guest's network card in the backend's domain: what all scripts do with it is vif.c, what
 * one of them does is a struct vif_kind.
 */
#ifndef VIF_H
#define VIF_H

#include "hotplug.h"
#include "netlink.h"
#include "record.h"

struct vif {
	struct job *job;
	const struct vif_kind *kind;
	struct record record;
	int nl;
	struct link link;		/* the card's own */
	char born[IFNAMSIZ];		/* the name that the kernel gave it: vif3.0, vif3.0-emu */
	char name[IFNAMSIZ];		/* the name that it is to have */
	bool renamed;			/* by this job */
	char bridge[IFNAMSIZ];		/* that it was put on, or "" */
	/* From the store; NULL: not there. */
	const char *ip, *vlan, *mtu;
};

struct vif_kind {
	const char *script;
	bool switched; /* a port of a switch: has no addresses of its own, one fixed MAC */
	/* Everything between the name and "up". */
	int (*up)(struct vif *v);
	/* Undoes it; what is not there any more is done. May not fail. */
	void (*down)(struct vif *v);
};

extern const struct vif_kind vif_bridge, vif_route, vif_nat, vif_openvswitch;

/* Ends the job for a netlink call that failed: "WHAT: the kernel's words". */
int vif_fail(struct vif *v, int err, const char *remedy, const char *what);
/* The store's key, else the script's words, else NULL. */
const char *vif_word(struct vif *v, const char *name);
/* The MTU: the store's, else USUAL (0: leave it). */
int vif_set_mtu(struct vif *v, unsigned int usual);
/* The store's VLANs; 1: there are none. */
int vif_read_vlans(struct vif *v, struct vlan_set *set);

#endif

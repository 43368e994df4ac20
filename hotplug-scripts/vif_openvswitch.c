/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif_openvswitch.c: a network card as port of an Open vSwitch bridge: vif-openvswitch. All is done
 * by one ovs-vsctl, which is one transaction of its database: the port is there with VLANs and
 * names, or not at all.
 *
 * VLANs are behind the bridge's name, "ovs0.10:20:30", or the store's "vlan" (vlan.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "store.h"
#include "vif.h"

#define OVS_WAIT	"--timeout=20"
#define MAX_WORDS	32

struct words {
	char *argv[MAX_WORDS + 1];
	unsigned int nr;
};

static void word(struct vif *v, struct words *w, const char *a, const char *b)
{
	char text[8192];

	if (w->nr == MAX_WORDS)
		abort();
	snprintf(text, sizeof(text), "%s%s", a, b);
	w->argv[w->nr++] = keep(v->job, strdup(text));
}

static void external_id(struct vif *v, struct words *w, const char *name, const char *value)
{
	char text[512];
	size_t n = 0;

	if (!value)
		return;
	text[n++] = '"';
	for (; *value && n < sizeof(text) - 3; value++) {
		if (*value == '"' || *value == '\\')
			text[n++] = '\\';
		text[n++] = *value;
	}
	text[n++] = '"';
	text[n] = 0;
	word(v, w, name, text);
}

/* What the switch's users look for: whose port it is. */
static void add_names(struct vif *v, struct words *w)
{
	const char *vm = store_readf(v->job, "/local/domain/%u/vm", v->job->domid);

	word(v, w, "--", "");
	word(v, w, "set", "");
	word(v, w, "interface", "");
	word(v, w, v->name, "");
	external_id(v, w,
		    "external-ids:xen-vm-name=", vm ? store_readf(v->job, "%s/name", vm) : NULL);
	external_id(v, w,
		    "external-ids:xen-vm-uuid=", vm ? store_readf(v->job, "%s/uuid", vm) : NULL);
	external_id(v, w, "external-ids:attached-mac=", store_read(v->job, "mac"));
}

static int read_bridge(struct vif *v, struct vlan_set *set, int *vlans)
{
	const char *name = vif_word(v, "bridge"), *wrong;

	if (!name)
		return fail(v->job, "name it with bridge=", "no bridge is named");
	if (strpbrk(name, ".:")) {
		wrong = vlan_parse_bridge(name, v->bridge, sizeof(v->bridge), set);
		if (wrong)
			return fail(v->job, wrong, "bridge=%s cannot be read", name);
		*vlans = 1;
	} else if (snprintf(v->bridge, sizeof(v->bridge), "%s", name) >= (int)sizeof(v->bridge)) {
		return fail(v->job, NULL, "bridge=%s is too long a name", name);
	}
	if (v->vlan) {
		if (vif_read_vlans(v, set))
			return -1;
		*vlans = 1;
	}
	return 0;
}

static int ovs_up(struct vif *v)
{
	static struct vlan_set set;
	char text[8000];
	struct words w = { .nr = 0 };
	int vlans = 0;

	if (read_bridge(v, &set, &vlans) || vif_set_mtu(v, 0))
		return -1;
	word(v, &w, "ovs-vsctl", "");
	word(v, &w, OVS_WAIT, "");
	word(v, &w, "--", "");
	word(v, &w, "--if-exists", "");
	word(v, &w, "del-port", "");
	word(v, &w, v->name, "");
	word(v, &w, "--", "");
	word(v, &w, "add-port", "");
	word(v, &w, v->bridge, "");
	word(v, &w, v->name, "");
	if (vlans && set.pvid) {
		snprintf(text, sizeof(text), "%u", set.pvid);
		word(v, &w, "tag=", text);
	}
	if (vlans && !vlan_tagged(&set, text, sizeof(text)))
		return fail(v->job, "name fewer", "too many VLANs for one port");
	if (vlans && *text && set.nr > !!set.pvid)
		word(v, &w, "trunks=", text);
	add_names(v, &w);
	w.argv[w.nr] = NULL;
	if (run_or_fail(v->job, "is openvswitch running, does ovs-vsctl show have the bridge?",
			w.argv))
		return -1;
	done(v->job, "%s on %s of Open vSwitch", v->name, v->bridge);
	return 0;
}

/* The port outlives the link in the switch's database. */
static void ovs_down(struct vif *v)
{
	static char ovs[] = "ovs-vsctl", wait[] = OVS_WAIT, two[] = "--if-exists",
		    three[] = "del-port";
	char *argv[] = { ovs, wait, two, three, v->name, NULL };
	char out[256];

	run(argv, out, sizeof(out));
}

const struct vif_kind vif_openvswitch = {
	.script = "vif-openvswitch",
	.switched = true,
	.up = ovs_up,
	.down = ovs_down,
};

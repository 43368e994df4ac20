/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif.c: the life of a network card, the part that all vif scripts share:
 *
 *   online    found -> named -> (the kind's own: bridge, routes, ...) -> up -> hooks -> connected
 *   offline   (the kind's own, undone) -> down
 *
 * add and remove do the same for the emulated twin (type_if=tap), without "connected".
 *
 * INVARIANTS: the record says which link was named what, by index: a name may meanwhile be another
 * link's. A failure after the name takes the name back. offline never fails: what has gone is done.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "store.h"
#include "vif.h"

/* How long a link may be on its way; the kernel has made it before it calls anyone. */
#define LINK_MS		2000

static const unsigned char port_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
static const struct vif_kind *const kinds[] = {&vif_bridge, &vif_route, &vif_nat, &vif_openvswitch};

int vif_fail(struct vif *v, int err, const char *remedy, const char *what)
{
	return fail(v->job, remedy, "%s: %s", what, netlink_reason(err));
}

const char *vif_word(struct vif *v, const char *name)
{
	const char *value = store_read(v->job, name);

	if (!value)
		value = job_word(v->job, name);
	return value && *value ? value : NULL;
}

/* ---- names */
static int copy_name(struct vif *v, char *to, const char *name, const char *tail)
{
	if (snprintf(to, IFNAMSIZ, "%s%s", name, tail) < IFNAMSIZ)
		return 0;
	return fail(v->job, "choose a shorter vifname",
		    "%s%s is too long for a link's name (15 letters)", name, tail);
}

static int read_names(struct vif *v)
{
	const char *born = job_word(v->job, v->job->tap ? "INTERFACE" : "vif");
	const char *wanted = store_read(v->job, "vifname");
	char usual[32];

	if (!born || !*born) {
		snprintf(usual, sizeof(usual), "vif%u.%u%s", v->job->domid, v->job->devid,
			 v->job->tap ? "-emu" : "");
		born = usual;
	}
	if (copy_name(v, v->born, born, ""))
		return -1;
	if (!wanted)
		return copy_name(v, v->name, born, "");
	return copy_name(v, v->name, wanted, v->job->tap ? "-emu" : "");
}

/* The link has the name already, given by an earlier call of this script? */
static bool named_before(struct vif *v)
{
	char index[16];

	return record_get(&v->record, "ifindex", index, sizeof(index)) &&
	       !link_get(v->nl, v->name, 0, &v->link) && v->link.index == atoi(index);
}

static int find_up(struct vif *v)
{
	struct link other;
	int err;

	if (strcmp(v->name, v->born) && named_before(v))
		return 0;
	err = link_await(v->nl, v->born, &v->link, LINK_MS);
	if (err == -ENODEV)
		return fail(v->job,
			    "is xen-netback loaded and has it said something in the kernel's log?",
			    "there is no link %s", v->born);
	if (err)
		return vif_fail(v, err, NULL, v->born);
	if (strcmp(v->name, v->born) && !link_get(v->nl, v->name, 0, &other))
		return fail(v->job, "choose another vifname", "the name %s is another link's",
			    v->name);
	return 0;
}

/*
 * By either name, the store may have lost the one that it was given. A name alone may be somebody
 * else's by now: then there is no link.
 */
static void find_down(struct vif *v)
{
	record_get(&v->record, "name", v->name, sizeof(v->name));
	if (link_get(v->nl, v->born, 0, &v->link) && !named_before(v))
		v->link.index = 0;
}

static int give_name(struct vif *v)
{
	char index[16];
	int err;

	snprintf(index, sizeof(index), "%d", v->link.index);
	record_set(&v->record, "ifindex", index);
	record_set(&v->record, "name", v->name);
	record_set(&v->record, "script", v->job->script);
	/* In the record before it is done: the next call knows the link again. */
	if (record_save(v->job, &v->record))
		return -1;
	if (!strcmp(v->link.name, v->name))
		return 0;
	err = link_rename(v->nl, v->link.index, v->name);
	if (err)
		return vif_fail(v, err, "choose another vifname", v->name);
	v->renamed = true;
	return 0;
}

/* ---- what the kinds need */
int vif_read_vlans(struct vif *v, struct vlan_set *set)
{
	const char *wrong;

	if (!v->vlan)
		return 1;
	wrong = vlan_parse(v->vlan, set);
	return wrong ? fail(v->job, wrong, "vlan=%s cannot be read", v->vlan) : 0;
}

int vif_set_mtu(struct vif *v, unsigned int usual)
{
	unsigned int mtu = usual;
	char *end = NULL;
	int err;

	if (v->mtu) {
		mtu = strtoul(v->mtu, &end, 10);
		if (*end || mtu < 68 || mtu > 65535)
			return fail(v->job, "an MTU is a number like 1500", "mtu=%s is none",
				    v->mtu);
	}
	if (!mtu || mtu == v->link.mtu)
		return 0;
	err = link_set_mtu(v->nl, v->link.index, mtu);
	/* What nobody asked for may fail. */
	if (err && v->mtu)
		return vif_fail(v, err, "choose a smaller mtu", "the link refuses that MTU");
	if (!err)
		v->link.mtu = mtu;
	return 0;
}

/* ---- hooks: other people's, sourced as Xen's scripts do it, with the same variables */
static int call_hooks(struct vif *v)
{
	static char script[] = "for f; do [ ! -x \"$f\" ] || . \"$f\"; done";
	char *argv[64] = { access("/bin/bash", X_OK) ? "sh" : "bash", "-e", "-c", script, "hooks" };
	unsigned int n = 5;
	char pattern[256];
	glob_t g;
	int rc;

	snprintf(pattern, sizeof(pattern), "%s/*.hook", place_hooks());
	if (glob(pattern, 0, NULL, &g))
		return 0;
	for (size_t i = 0; i < g.gl_pathc && n < 63; i++)
		argv[n++] = g.gl_pathv[i];
	setenv("command", v->job->command, 1);
	setenv("dev", v->name, 1);
	setenv("type_if", v->job->tap ? "tap" : "vif", 1);
	setenv("XENBUS_PATH", v->job->path, 1);
	setenv("bridge", v->bridge, 1);
	setenv("ip", v->ip ? v->ip : "", 1);
	rc = run_or_fail(v->job, "look at the hooks in vif-post.d", argv);
	globfree(&g);
	return rc;
}

/* ---- up */
static int connected(struct vif *v)
{
	char mtu[16], path[512];
	const char *front = store_read(v->job, "frontend");
	struct store_pair pairs[] = {
		{ "hotplug-status", "connected" },
		{ path, mtu },
	};
	bool tell_mtu = front && v->kind == &vif_bridge && v->link.mtu;

	if (v->job->tap)
		return 0;
	snprintf(path, sizeof(path), "%s/mtu", front ? front : "");
	snprintf(mtu, sizeof(mtu), "%u", v->link.mtu);
	return store_write(v->job, pairs, tell_mtu ? 2 : 1);
}

static int prepare(struct vif *v)
{
	bool new_mac = v->kind->switched && memcmp(v->link.mac, port_mac, sizeof(port_mac));
	int err = 0;

	/* One that is as it should be stays up. */
	if (v->link.flags & IFF_UP && (new_mac || strcmp(v->link.name, v->name)))
		err = link_up(v->nl, v->link.index, false);
	if (err)
		return vif_fail(v, err, NULL, "the link cannot be taken down");
	if (give_name(v))
		return -1;
	if (new_mac)
		err = link_set_mac(v->nl, v->link.index, port_mac);
	return err ? vif_fail(v, err, NULL, "the link refuses the MAC fe:ff:ff:ff:ff:ff") : 0;
}

static void vif_down(struct vif *v, bool name_back)
{
	if (v->link.index) {
		link_up(v->nl, v->link.index, false);
		if (name_back)
			link_rename(v->nl, v->link.index, v->born);
	}
	record_set(&v->record, "ifindex", NULL);
	record_set(&v->record, "name", NULL);
	record_set(&v->record, "script", NULL);
	record_save(v->job, &v->record);
}

static int vif_up(struct vif *v)
{
	int err;

	if (find_up(v))
		return -1;
	if (prepare(v) || v->kind->up(v))
		goto undo;
	err = link_up(v->nl, v->link.index, true);
	if (err) {
		vif_fail(v, err, NULL, "the link does not come up");
		goto undo;
	}
	if (call_hooks(v) || connected(v))
		goto undo;
	return 0;

undo:
	v->kind->down(v);
	vif_down(v, v->renamed);
	return -1;
}

/* ---- the job */
static int vif_run(struct vif *v)
{
	bool up = !strcmp(v->job->command, "online") || !strcmp(v->job->command, "add");
	char name[64];

	v->ip = vif_word(v, "ip");
	v->vlan = store_read(v->job, "vlan");
	v->mtu = store_read(v->job, "mtu");
	if (read_names(v))
		return -1;
	snprintf(name, sizeof(name), "vif-%u-%u%s", v->job->domid, v->job->devid,
		 v->job->tap ? "-emu" : "");
	if (record_take(v->job, &v->record, name))
		return -1;
	if (up)
		return vif_up(v);
	find_down(v);
	v->kind->down(v);
	vif_down(v, false);
	call_hooks(v);
	done(v->job, "%s is down", v->link.index ? v->link.name : v->name);
	return 0;
}

int vif_main(struct job *job)
{
	struct vif v = { .job = job, .record.fd = -1 };
	bool for_tap = !strcmp(job->command, "add") || !strcmp(job->command, "remove");
	int rc;

	/* The toolstack calls with every word for every kind of link. */
	if (for_tap != job->tap)
		return 0;
	if (strcmp(job->type, "vif"))
		return fail(job, "this script is for network cards", "%s is not a vif", job->path);
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i]->script, job->script))
			v.kind = kinds[i];
	v.nl = netlink_open();
	if (v.nl < 0)
		return fail(job, NULL, "no netlink socket: %s", strerror(errno));
	rc = vif_run(&v);
	record_drop(&v.record);
	close(v.nl);
	return rc;
}

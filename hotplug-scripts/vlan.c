/* SPDX-License-Identifier: GPL-2.0-only */
/* vlan.c: see vlan.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vlan.h"

static const char *add(struct vlan_set *set, unsigned long vid, char how)
{
	if (vid < 1 || vid > VLAN_MAX)
		return "a VLAN has a number from 1 to 4094";
	if (set->how[vid])
		return "a VLAN is named twice";
	if (how == 'p' && set->pvid)
		return "only one VLAN can have p";
	if (how == 'p')
		set->pvid = vid;
	set->how[vid] = how ? VLAN_UNTAGGED : VLAN_TAGGED;
	set->nr++;
	return NULL;
}

/* A number of at most five digits; false when there is none. */
static bool number(const char **p, unsigned long *n)
{
	size_t digits = strspn(*p, "0123456789");

	if (!digits || digits > 5)
		return false;
	*n = strtoul(*p, NULL, 10);
	*p += digits;
	return true;
}

static const char *term(const char **p, struct vlan_set *set)
{
	static const char wrong[] = "a VLAN is 10, 10-15 or 100+10x9, with p or u behind it";
	unsigned long vid, last, step = 1, count = 1;
	const char *err = NULL;
	char how = 0;

	if (!number(p, &vid))
		return wrong;
	if (**p == '-') {
		++*p;
		if (!number(p, &last) || last < vid)
			return wrong;
		count = last - vid + 1;
	} else if (**p == '+') {
		++*p;
		if (!number(p, &step) || *(*p)++ != 'x' || !number(p, &count) || !step || !count)
			return wrong;
	}
	if (**p == 'u' || (**p == 'p' && count == 1))
		how = *(*p)++;
	for (; !err && count; count--, vid += step)
		err = add(set, vid, how);
	return err;
}

/* Of one VLAN nothing needs to be said. */
static const char *choose_pvid(struct vlan_set *set)
{
	unsigned int vid = 1;

	if (set->pvid)
		return NULL;
	if (set->nr != 1)
		return "of several VLANs one needs p, for packets without a tag";
	while (!set->how[vid])
		vid++;
	set->how[vid] = VLAN_UNTAGGED;
	set->pvid = vid;
	return NULL;
}

const char *vlan_parse(const char *text, struct vlan_set *set)
{
	const char *err, *p = text;

	memset(set, 0, sizeof(*set));
	for (;;) {
		err = term(&p, set);
		if (err)
			return err;
		p += strspn(p, " \t\n");
		if (!*p)
			return choose_pvid(set);
		if (*p++ != '/')
			return "between VLANs there is a /";
	}
}

const char *vlan_parse_bridge(const char *text, char *bridge, size_t size, struct vlan_set *set)
{
	size_t n = strcspn(text, ".:");
	const char *err, *p = text + n;
	unsigned long vid;

	memset(set, 0, sizeof(*set));
	if (!n || n >= size)
		return "it is not a bridge's name";
	memcpy(bridge, text, n);
	bridge[n] = 0;
	while (*p) {
		char how = *p++ == '.' && !set->nr ? 'p' : 0;

		if (!number(&p, &vid) || (*p && *p != ':'))
			return "a bridge with VLANs is br0.10, br0:20:30 or br0.10:20:30";
		err = add(set, vid, how);
		if (err)
			return err;
	}
	return set->nr ? NULL : "it names no VLAN";
}

bool vlan_tagged(const struct vlan_set *set, char *text, size_t size)
{
	size_t used = 0;

	*text = 0;
	for (unsigned int vid = 1; vid <= VLAN_MAX; vid++) {
		if (set->how[vid] != VLAN_TAGGED)
			continue;
		used += snprintf(text + used, size - used, "%s%u", used ? "," : "", vid);
		if (used >= size)
			return false;
	}
	return true;
}

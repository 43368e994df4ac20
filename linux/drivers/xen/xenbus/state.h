/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.h: what the bus decides from what it reads in the store, as plain C: which device a path
 * belongs to, what a state key means, whether a device is to be made, and what it is called.
 *
 * Everything here looks at text that somebody else wrote; nothing is guessed: what is malformed is
 * Unknown or refused.
 */
#ifndef XB_STATE_H
#define XB_STATE_H

#include <xb/plain.h>

/* As in xen/interface/io/xenbus.h, which plain C cannot include. */
enum {
	XB_ST_UNKNOWN, XB_ST_INITIALISING, XB_ST_INIT_WAIT, XB_ST_INITIALISED, XB_ST_CONNECTED,
	XB_ST_CLOSING, XB_ST_CLOSED, XB_ST_RECONFIGURING, XB_ST_RECONFIGURED, XB_ST_NR
};

#define XB_BUS_ID_SIZE	64u		/* of a device's name, with its NUL */
#define XB_BUS_TYPE_SIZE 32u
#define XB_BUS_NODE_SIZE 128u
#define XB_DOMID_MAX	0x7fefu

/* device/TYPE/ID and backend/TYPE/DOMID/ID. */
#define XB_BUS_LEVELS(backend)	((backend) ? 4u : 3u)

struct xb_bus_path {
	unsigned int levels;		/* components, counted up to those of a device */
	bool deeper;			/* the path goes on inside the device's directory */
	char type[XB_BUS_TYPE_SIZE];	/* "" when the path ends before it */
	char node[XB_BUS_NODE_SIZE];	/* the path, cut to the device's directory */
	char id[XB_BUS_TYPE_SIZE];	/* last component of a device's directory, or "" */
};

/* Takes a path apart; -EINVAL: not below the bus's root, or nothing to make a device of. */
int xb_bus_path_parse(bool backend, const char *path, struct xb_bus_path *out);

/* The text of a state key: 1 ... 8, or Unknown. */
int xb_state_parse(const char *text, unsigned int len);

/*
 * Is a device to be made of a directory that has none? SCAN: we have just started, and the
 * directory may be that of a device which an earlier driver has left in any state.
 */
bool xb_state_wants_device(bool backend, int state, bool online, bool scan);

/* The device's name: vif-0, vbd-51712; vif-3-0. 0 or -ENAMETOOLONG. */
int xb_bus_device_name(bool backend, const struct xb_bus_path *p, unsigned int domid,
		       char name[XB_BUS_ID_SIZE]);

/* The peer's directory: absolute, or relative without dots; not too long; no strange bytes. */
bool xb_state_otherend_ok(const char *path);

/* cpu/N/availability: N, or -EINVAL for other paths. */
int xb_vcpu_of_path(const char *path);

/* memory/target: the balloon's target in pages; DIFF is what the two sides count differently. */
u64 xb_balloon_target(u64 target_kib, s64 diff_pages);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rawpeer.h: a peer that does what a script tells it, byte by byte.
 *
 * It binds to devices in place of a real driver, at either end, and negotiates nothing by itself.
 * A script shares or maps pages, writes any value anywhere in them, opens event channels, sends
 * events and changes the state, through one file per device:
 *
 *     echo "COMMAND; COMMAND..." >/sys/kernel/debug/rawpeer/DEVICE/cmd && cat .../cmd
 *
 *     area NAME PAGES [ro|rw [DOMAIN]] shares zeroed pages with the peer, or with another domain;
 *                                   answers their grants
 *     revoke NAME INDEX             takes one grant back; answers "ended" or "busy"
 *     map NAME GREF...              maps pages of the peer
 *     drop NAME                     frees or unmaps what is called NAME
 *     drop-all                      everything
 *     port NAME                     a new event channel for the peer; answers its port
 *     bind NAME PORT                binds the peer's port
 *     notify NAME [COUNT]           sends events; the answer says how many were received so far
 *     poke NAME OFF WIDTH VALUE [COUNT STRIDE STEP]
 *                                   writes WIDTH (8, 16, 32, 64) bits at byte OFF; with COUNT, so many
 *                                   times, each STRIDE bytes on and with STEP added to the value
 *     peek NAME OFF WIDTH           answers what is there
 *     flip NAME OFF WIDTH A B MS [COUNT STRIDE]
 *                                   writes A and B in turn as fast as it can, for MS milliseconds
 *     until NAME OFF WIDTH VALUE MS waits for that value; answers "is", or "closing" when the peer goes
 *                                   to Closing or Closed meanwhile, or what is there instead
 *     reach NAME OFF WIDTH VALUE MS waits for that value or an index beyond it
 *     state N                       switches our state
 *     key NAME TEXT [COUNT]         writes a key of our directory, COUNT times; "-" is the empty text
 *     rm NAME...                    removes keys of it
 *     peer NAME                     answers a key of the peer's directory
 *     await MS STATE...             waits for the peer's state to be one of these; answers it, or fails
 *
 * Commands in one line are done in turn until one fails; their answers are separated by spaces. The
 * write then fails, too, and the file holds the reason. Waiting is done here, since a shell's
 * processes are what takes time. Lock: one mutex per device; not held while flip runs.
 */
#ifndef RAWPEER_H
#define RAWPEER_H

#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <xb/area.h>
#include <xb/bus.h>
#include <xb/evtchn.h>

struct raw_thing {			/* memory or an event channel, by its name */
	struct list_head list;
	char name[16];
	bool pinned;			/* flip is at it */
	void *va;
	unsigned int nr;
	struct page **pages;		/* ours: granted */
	grant_ref_t *grefs;		/* 0: revoked */
	struct xb_area_map map;		/* the peer's */
	struct xb_evtchn ch;
};

struct raw_peer {
	struct xb_device *dev;
	struct mutex lock;		/* guards the rest */
	struct list_head things;
	struct dentry *dir;
	char answer[1024];
};

struct raw_thing *raw_find(struct raw_peer *p, const char *name);
struct raw_thing *raw_new(struct raw_peer *p, const char *name);
void raw_drop(struct raw_peer *p, struct raw_thing *t);
int raw_share(struct raw_peer *p, struct raw_thing *t, unsigned int nr, bool readonly, domid_t to);
int raw_command(struct raw_peer *p, char *line);
void raw_say(struct raw_peer *p, const char *fmt, ...) __printf(2, 3);

#endif

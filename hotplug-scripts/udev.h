/* SPDX-License-Identifier: GPL-2.0-only */
/* udev.h: what udev's rules call, and whether it is udev's to do. */
#ifndef UDEV_H
#define UDEV_H

#include "hotplug.h"

/* Decides: 1 and the script to call; 0: it is somebody else's, or there is nothing to do. */
int udev_main(struct job *job, char *script, size_t size);
/* Becomes the script; comes back only when that cannot be. */
int udev_call(struct job *job, char *script);

#endif

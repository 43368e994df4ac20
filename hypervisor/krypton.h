/* SPDX-License-Identifier: GPL-2.0-only */
/* Identity: the ABI that we speak and the name under which we speak it. */
#ifndef KRYPTON_H
#define KRYPTON_H

#define KRYPTON_VERSION "0.1"
#define XEN_ABI_MAJOR 4
#define XEN_ABI_MINOR 17
#define XEN_ABI_EXTRAVERSION ".krypton"

#endif

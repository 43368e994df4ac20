/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netif_ext.h: the private keys by which our netfront and netback agree on staged channels.
 *
 * Nothing here changes the published protocol: an end that does not know these keys is served by
 * the published rings. When both know them, a queue has two channels (chan.h) instead of two
 * rings.
 *
 *   backend writes     feature-staged-queues = "1"   the version of this protocol
 *                      max-staged-pages = "N"        pages of one channel that it is ready to map
 *   frontend writes, per queue (in queue-N/ with several queues, else in its directory), instead of
 *   tx-ring-ref and rx-ring-ref:
 *                      tx-staged-ref = "GREF"   directory (area.h) of the channel to the backend
 *                      rx-staged-ref = "GREF"   ... and of the one to the frontend
 *                      tx-staged-descs, rx-staged-descs = "N"   descriptors; the rest is the pool
 *   and, once for the device:
 *                      request-staged-queues = "1"
 *   Event channels, queues, features (sg, gso, checksums, multicast, control ring, hash, rate,
 *   carrier) are negotiated as ever. feature-xdp-headroom does not apply: a receiver has its own
 *   headroom.
 *
 * One event channel serves both directions of a queue unless event-channel-tx/-rx are given.
 */
#ifndef XB_NETIF_EXT_H
#define XB_NETIF_EXT_H

#define XB_STAGED_VERSION	1
#define XB_STAGED_MAX_PAGES	512u	/* what netback offers: 2 MiB a channel */
#define XB_STAGED_DESCS		512u	/* what netfront asks for */
#define XB_STAGED_POOL_KIB	1024u	/* ... with this pool (parameter staged_kib) */

#endif

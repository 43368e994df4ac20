/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blkif_ext.h: the one private extension of the block protocol: write zeroes.
 *
 *   backend writes     feature-krypton-write-zeroes = "1", and only if the disk can
 *   a request is       laid out as a discard request, with this operation; flag bit 0: may unmap
 *
 * Everything else that our ends use beyond Linux's (rings of 16 pages, 256 segments, fewer events)
 * is within the published protocol.
 */
#ifndef XB_BLKIF_EXT_H
#define XB_BLKIF_EXT_H

#define XB_BLKIF_OP_WRITE_ZEROES	0x4b
#define XB_BLKIF_ZEROES_UNMAP		0x01

#endif

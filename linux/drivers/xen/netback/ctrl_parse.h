/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctrl_parse.h: requests of the control ring: checked, then applied to a copy of the settings.
 */
#ifndef NB_CTRL_PARSE_H
#define NB_CTRL_PARSE_H

#include "hash.h"

/*
 * Step one, with the current settings: a status other than NB_CTRL_SUCCESS is the answer. Else
 * *bytes says how many bytes are to be copied from the start of the granted page data[0] (at most
 * NB_CTRL_BYTES_MAX; 0: none).
 */
#define NB_CTRL_BYTES_MAX	(NB_HASH_MAP_MAX * 4)
u32 nb_ctrl_check(const struct nb_hash *h, const struct nb_ctrl_req *req, u32 *bytes);
/* Does the request change the settings? */
bool nb_ctrl_changes(const struct nb_ctrl_req *req);
/*
 * Step two: the answer to REQ, which was found right; H, of which nobody else knows, is changed.
 * DATA is what was copied. Unless the answer is success, H is to be thrown away.
 */
void nb_ctrl_apply(struct nb_hash *h, const struct nb_ctrl_req *req, const void *data,
		   u32 nr_queues, struct nb_ctrl_rsp *rsp);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctrl_parse.c: the seven messages of the control ring. Plain C.
 *
 * Invariants: map_size <= NB_HASH_MAP_MAX; every entry of the map is below the number of queues;
 * offsets and counts are checked without a sum that could wrap.
 */
#include "ctrl_parse.h"

bool nb_ctrl_changes(const struct nb_ctrl_req *req)
{
	return req->type != NB_CTRL_GET_HASH_FLAGS && req->type != NB_CTRL_GET_HASH_MAPPING_SIZE;
}

static u32 check_mapping(const struct nb_hash *h, const struct nb_ctrl_req *req, u32 *bytes)
{
	u32 count = req->data[1], off = req->data[2];

	if (count > NB_HASH_MAP_MAX)
		return NB_CTRL_BUFFER_OVERFLOW;
	if (off > h->map_size || count > h->map_size - off)
		return NB_CTRL_INVALID_PARAMETER;
	*bytes = count * 4;
	return NB_CTRL_SUCCESS;
}

u32 nb_ctrl_check(const struct nb_hash *h, const struct nb_ctrl_req *req, u32 *bytes)
{
	*bytes = 0;
	switch (req->type) {
	case NB_CTRL_GET_HASH_FLAGS:
		return h->alg == NB_HASH_NONE ? NB_CTRL_NOT_SUPPORTED : NB_CTRL_SUCCESS;
	case NB_CTRL_SET_HASH_FLAGS:
		if (h->alg == NB_HASH_NONE || (req->data[0] & ~NB_HASH_FLAGS))
			return NB_CTRL_INVALID_PARAMETER;
		return NB_CTRL_SUCCESS;
	case NB_CTRL_SET_HASH_KEY:
		if (req->data[1] > NB_HASH_KEY_MAX)
			return NB_CTRL_BUFFER_OVERFLOW;
		*bytes = req->data[1];
		return NB_CTRL_SUCCESS;
	case NB_CTRL_GET_HASH_MAPPING_SIZE:
		return NB_CTRL_SUCCESS;
	case NB_CTRL_SET_HASH_MAPPING_SIZE:
		return req->data[0] > NB_HASH_MAP_MAX ? NB_CTRL_INVALID_PARAMETER : NB_CTRL_SUCCESS;
	case NB_CTRL_SET_HASH_MAPPING:
		return check_mapping(h, req, bytes);
	case NB_CTRL_SET_HASH_ALGORITHM:
		return req->data[0] > NB_HASH_TOEPLITZ ? NB_CTRL_INVALID_PARAMETER :
							 NB_CTRL_SUCCESS;
	default:
		return NB_CTRL_NOT_SUPPORTED;
	}
}

static u32 apply_mapping(struct nb_hash *h, const struct nb_ctrl_req *req, const void *data,
			 u32 nr_queues)
{
	u32 i, *map = h->map + req->data[2];

	memcpy(map, data, req->data[1] * 4);
	for (i = 0; i < req->data[1]; i++)
		if (map[i] >= nr_queues)
			return NB_CTRL_INVALID_PARAMETER;
	return NB_CTRL_SUCCESS;
}

void nb_ctrl_apply(struct nb_hash *h, const struct nb_ctrl_req *req, const void *data,
		   u32 nr_queues, struct nb_ctrl_rsp *rsp)
{
	switch (req->type) {
	case NB_CTRL_GET_HASH_FLAGS:
		rsp->data = NB_HASH_FLAGS;
		break;
	case NB_CTRL_SET_HASH_FLAGS:
		h->flags = req->data[0];
		break;
	case NB_CTRL_SET_HASH_KEY:
		memset(h->key, 0, sizeof(h->key));
		memcpy(h->key, data, req->data[1]);
		nb_hash_table(h);
		break;
	case NB_CTRL_GET_HASH_MAPPING_SIZE:
		rsp->data = NB_HASH_MAP_MAX;
		break;
	case NB_CTRL_SET_HASH_MAPPING_SIZE:
		memset(h->map, 0, sizeof(h->map));
		h->map_size = req->data[0];
		break;
	case NB_CTRL_SET_HASH_MAPPING:
		rsp->status = apply_mapping(h, req, data, nr_queues);
		break;
	case NB_CTRL_SET_HASH_ALGORITHM:
		h->alg = req->data[0];
		break;
	}
}

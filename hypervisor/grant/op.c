/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_grant_table_op: arrays of operations, worked on in batches.
 *
 * A batch is copied in as a whole, done, and copied back with the status of each
 * operation; a fault in between ends the call with -EFAULT. Between batches the
 * call may be preempted: pointer and count in the arguments then name the rest.
 * Owns nothing.
 */
#include "grant/private.h"
#include "core/hypercall.h"
#include "cpu/uaccess.h"

union batch {
	struct gnttab_map_grant_ref map[GRANT_BATCH];
	struct gnttab_unmap_grant_ref unmap[GRANT_BATCH];
	struct gnttab_unmap_and_replace replace[GRANT_BATCH];
	struct gnttab_copy copy[GRANT_BATCH];
	struct gnttab_transfer transfer[GRANT_BATCH];
	struct gnttab_swap_grant_ref swap[GRANT_BATCH];
};

static size_t op_size(unsigned cmd)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return sizeof(struct gnttab_map_grant_ref);
	case GNTTABOP_unmap_grant_ref:
		return sizeof(struct gnttab_unmap_grant_ref);
	case GNTTABOP_unmap_and_replace:
		return sizeof(struct gnttab_unmap_and_replace);
	case GNTTABOP_copy:
		return sizeof(struct gnttab_copy);
	case GNTTABOP_transfer:
		return sizeof(struct gnttab_transfer);
	default:
		return sizeof(struct gnttab_swap_grant_ref);
	}
}

static void do_batch(unsigned cmd, union batch *b, unsigned n, struct copy_state *copy)
{
	unsigned i;

	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		grant_map_batch(b->map, n);
		break;
	case GNTTABOP_unmap_grant_ref:
		grant_unmap_batch(b->unmap, n);
		break;
	case GNTTABOP_unmap_and_replace:
		grant_replace_batch(b->replace, n);
		break;
	case GNTTABOP_copy:
		grant_copy_batch(copy, b->copy, n);
		break;
	case GNTTABOP_transfer:
		/* Frames do not change hands through grants. */
		for (i = 0; i < n; i++)
			b->transfer[i].status = GNTST_general_error;
		break;
	default:
		grant_swap_batch(b->swap, n);
	}
}

static long run_batches(struct hc_args *a, unsigned cmd)
{
	u32 count = (u32)a->arg[2];
	struct copy_state copy;
	size_t size = op_size(cmd);
	union batch b;
	long rc = 0;

	/* Map and unmap come often, one at a time: they pay for none of this. */
	if (cmd == GNTTABOP_copy)
		copy = (struct copy_state){ .src.d = NULL };
	while (count) {
		void __guest *p = (void __guest *)a->arg[1];
		u32 n = min(count, GRANT_BATCH);

		if (copy_from_guest(&b, p, n * size)) {
			rc = -EFAULT;
			break;
		}
		do_batch(cmd, &b, n, &copy);
		if (copy_to_guest(p, &b, n * size)) {
			rc = -EFAULT;
			break;
		}
		count -= n;
		a->arg[1] += n * size;
		a->arg[2] = count;
		if (count && hypercall_preempt_check()) {
			rc = -ERESTART;
			break;
		}
	}
	if (cmd == GNTTABOP_copy)
		grant_copy_done(&copy);
	return rc;
}

static long single(unsigned cmd, void __guest *arg)
{
	switch (cmd) {
	case GNTTABOP_setup_table:
		return grant_setup_table(arg);
	case GNTTABOP_query_size:
		return grant_query_size(arg);
	case GNTTABOP_set_version:
		return grant_set_version(arg);
	case GNTTABOP_get_version:
		return grant_get_version(arg);
	default:
		return grant_get_status_frames(arg);
	}
}

long hc_grant_table_op(struct hc_args *a)
{
	unsigned cmd = (unsigned)a->arg[0];

	if ((s32)a->arg[2] < 0)
		return -EINVAL;
	if (!current_domain()->grant)
		return -ENODEV;
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
	case GNTTABOP_unmap_grant_ref:
	case GNTTABOP_unmap_and_replace:
	case GNTTABOP_copy:
	case GNTTABOP_transfer:
	case GNTTABOP_swap_grant_ref:
		return run_batches(a, cmd);
	case GNTTABOP_setup_table:
	case GNTTABOP_query_size:
	case GNTTABOP_set_version:
	case GNTTABOP_get_version:
	case GNTTABOP_get_status_frames:
		return (u32)a->arg[2] == 1 ? single(cmd, (void __guest *)a->arg[1]) : -EINVAL;
	/* Caches are coherent here. */
	case GNTTABOP_cache_flush:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}

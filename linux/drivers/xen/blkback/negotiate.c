/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * negotiate.c: from the frontend's keys to running rings, and back to nothing.
 *
 * INVARIANTS:
 *  - A key that is malformed or out of range is refused with its name; nothing is guessed.
 *  - Making rings is all or nothing; ending them is complete after any step of making them, and
 *    harmless when there are none.
 *  - A ring is attached where the shared responses end, so that a frontend that is connected
 *    already (the driver was replaced) has what it has asked for done once.
 * LOCK: vbd->lock is held throughout, but for the end of rings that were served. Rings appear and
 * disappear for readers of counters under vbd->stats_lock.
 */
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "internal.h"

static int read_connection(struct bb_vbd *vbd)
{
	struct xb_device *dev = vbd->dev;
	const char *peer = dev->otherend;
	unsigned int order;
	char *text;
	int err;

	text = xb_read(XB_NIL, peer, "protocol", NULL);
	err = bb_parse_protocol(IS_ERR(text) ? NULL : text, &vbd->abi);
	if (err) {
		xb_dev_fatal(dev, err, "unknown protocol %.32s", text);
		kfree(text);
		return err;
	}
	if (!IS_ERR(text))
		kfree(text);

	vbd->persistent = READ_ONCE(bb_feature_persistent) && READ_ONCE(bb_max_pgrants) > 0 &&
		xb_read_bool(peer, "feature-persistent", false);

	err = xb_read_uint(peer, "multi-queue-num-queues", 1, 1, bb_max_queues, &vbd->nr_rings);
	if (err) {
		vbd->nr_rings = 0;
		xb_dev_fatal(dev, err, "multi-queue-num-queues is not between 1 and %u",
			     bb_max_queues);
		return err;
	}
	/* Absent, that is a value that nobody can write: one page, under the name of old. */
	err = xb_read_uint(peer, "ring-page-order", BB_MAX_RING_ORDER + 1, 0, bb_max_ring_order,
			   &order);
	if (err) {
		vbd->nr_rings = 0;
		xb_dev_fatal(dev, err, "ring-page-order is not between 0 and %u",
			     bb_max_ring_order);
		return err;
	}
	vbd->multi_ref = order <= BB_MAX_RING_ORDER;
	vbd->ring_order = vbd->multi_ref ? order : 0;
	return 0;
}

static int read_refs(struct bb_vbd *vbd, const char *dir, grant_ref_t *ref, unsigned int *port)
{
	unsigned int i, n = 1u << vbd->ring_order;
	char name[16];
	int err;

	for (i = 0; i < n; i++) {
		if (vbd->multi_ref)
			snprintf(name, sizeof(name), "ring-ref%u", i);
		else
			strscpy(name, "ring-ref", sizeof(name));
		err = xb_need_uint(dir, name, 0, UINT_MAX, &ref[i]);
		/* With one page both names are in use. */
		if (err == -ENOENT && vbd->multi_ref && n == 1)
			err = xb_need_uint(dir, "ring-ref", 0, UINT_MAX, &ref[i]);
		if (err) {
			xb_dev_fatal(vbd->dev, err, "reading %s/%s", dir, name);
			return err;
		}
	}
	err = xb_need_uint(dir, "event-channel", 1, INT_MAX, port);
	if (err)
		xb_dev_fatal(vbd->dev, err, "reading %s/event-channel", dir);
	return err;
}

/* The shared ring as it is: where the responses end is where we begin. */
static int attach(struct bb_ring *ring)
{
	struct bb_vbd *vbd = ring->vbd;
	u32 prod;

	ring->abi = vbd->abi;
	ring->sring = ring->area.va;
	ring->slots = (u8 *)ring->area.va + sizeof(struct bb_sring);
	ring->slot_size = bb_slot_size(ring->abi);
	ring->nr_slots = bb_ring_slots(ring->abi, 1u << vbd->ring_order);
	ring->mask = ring->nr_slots - 1;
	ring->rsp_prod = READ_ONCE(ring->sring->rsp_prod);
	ring->rsp_pushed = ring->rsp_prod;
	ring->req_cons = ring->rsp_prod;
	prod = READ_ONCE(ring->sring->req_prod);
	if (bb_ring_avail(prod, ring->req_cons, ring->rsp_prod, ring->nr_slots) >= 0)
		return 0;
	xb_dev_fault(vbd->dev, "ring %u: %u requests and %u answers before it began", ring->index,
		     prod, ring->rsp_prod);
	return -EPROTO;
}

static int make_ring(struct bb_ring *ring)
{
	struct bb_vbd *vbd = ring->vbd;
	grant_ref_t ref[1u << BB_MAX_RING_ORDER];
	struct xb_device *dev = vbd->dev;
	unsigned int port;
	char *dir;
	int err;

	if (vbd->nr_rings == 1)
		dir = kstrdup(dev->otherend, GFP_KERNEL);
	else
		dir = kasprintf(GFP_KERNEL, "%s/queue-%u", dev->otherend, ring->index);
	if (!dir)
		return -ENOMEM;
	err = read_refs(vbd, dir, ref, &port);
	kfree(dir);
	if (err)
		return err;

	err = xb_area_map(dev, &ring->area, ref, 1u << vbd->ring_order);
	if (err) {
		xb_dev_fatal(dev, err, "mapping ring %u", ring->index);
		return err;
	}
	err = attach(ring);
	if (!err)
		err = bb_ring_init(ring);
	if (!err)
		err = xb_evtchn_bind(dev, &ring->evtchn, port, bb_ring_event, ring, "blkif-%s-%u",
				     dev_name(dev->dev), ring->index);
	if (err)
		xb_dev_fatal(dev, err, "ring %u, port %u", ring->index, port);
	return err;
}

/*
 * Reads the frontend's keys and makes its rings, not yet served. Whoever calls ends them on error.
 */
int bb_rings_make(struct bb_vbd *vbd)
{
	struct bb_ring *rings;
	unsigned int i;
	int err;

	err = read_connection(vbd);
	if (err)
		return err;
	rings = kvcalloc(vbd->nr_rings, sizeof(*rings), GFP_KERNEL);
	if (!rings) {
		vbd->nr_rings = 0;
		xb_dev_fatal(vbd->dev, -ENOMEM, "rings");
		return -ENOMEM;
	}
	for (i = 0; i < vbd->nr_rings; i++) {
		rings[i].vbd = vbd;
		rings[i].index = i;
	}
	mutex_lock(&vbd->stats_lock);
	vbd->rings = rings;
	mutex_unlock(&vbd->stats_lock);
	xb_dev_fault_clear(vbd->dev);
	vbd->report = 0;

	for (i = 0; i < vbd->nr_rings; i++) {
		err = make_ring(&rings[i]);
		if (err)
			return err;
	}
	return 0;
}

int bb_rings_start(struct bb_vbd *vbd)
{
	char name[TASK_COMM_LEN], *path;
	struct task_struct *task;
	unsigned int i;

	path = xb_read(XB_NIL, vbd->dev->nodename, "dev", NULL);
	bb_thread_name(name, sizeof(name), vbd->dev->otherend_id, IS_ERR(path) ? "vbd" : path);
	if (!IS_ERR(path))
		kfree(path);
	for (i = 0; i < vbd->nr_rings; i++) {
		task = kthread_create(bb_ring_thread, &vbd->rings[i], "%s-%u", name, i);
		if (IS_ERR(task)) {
			xb_dev_fatal(vbd->dev, PTR_ERR(task), "starting the thread of ring %u", i);
			return PTR_ERR(task);
		}
		/* Kept until nobody can wake it any more, whenever it ends. */
		get_task_struct(task);
		WRITE_ONCE(vbd->rings[i].task, task);
		wake_up_process(task);
	}
	return 0;
}

/* Has a thread looked at them, so that some of what they ask for may be on its way? */
bool bb_rings_served(const struct bb_vbd *vbd)
{
	return vbd->rings && vbd->rings[0].task;
}

void bb_rings_end(struct bb_vbd *vbd)
{
	struct bb_ring *rings = vbd->rings;
	unsigned int i;

	if (!rings)
		return;
	for (i = 0; i < vbd->nr_rings; i++) {
		if (rings[i].task)
			kthread_stop(rings[i].task);
		xb_evtchn_free(&rings[i].evtchn);
	}
	cancel_work_sync(&vbd->report_work);
	/*
	 * Completions that have handed over the last request may still be about to wake the thread.
	 */
	synchronize_rcu();

	mutex_lock(&vbd->stats_lock);
	for (i = 0; i < vbd->nr_rings; i++)
		bb_counters_fold(&vbd->past, &rings[i].n);
	vbd->rings = NULL;
	mutex_unlock(&vbd->stats_lock);

	for (i = 0; i < vbd->nr_rings; i++) {
		if (rings[i].task)
			put_task_struct(rings[i].task);
		xb_area_unmap(vbd->dev, &rings[i].area);
		bb_ring_exit(&rings[i]);
	}
	vbd->nr_rings = 0;
	kvfree(rings);
}

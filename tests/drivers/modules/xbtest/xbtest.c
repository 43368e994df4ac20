/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xbtest.c: a device that does nothing but share memory; for tests of areas and event channels.
 *
 * The frontend shares an area with a pattern, the backend maps it, checks the pattern, writes its
 * own and sends an event; the frontend checks that. What was found is logged as "xbtest: ..." and
 * is in the attribute "result" of each end. Parameter lie makes the frontend a hostile one. No
 * lock: the bus calls one function of a device at a time; the handler only schedules work.
 * Parameter watch sets a watch whose callback waits while hold is set, to try floods of events.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <xen/page.h>
#include <xb/area.h>
#include <xb/evtchn.h>

static unsigned int pages = 40;
module_param(pages, uint, 0644);
MODULE_PARM_DESC(pages, "pages of the shared area");
static unsigned int lie;
module_param(lie, uint, 0644);
MODULE_PARM_DESC(lie, "0 none, 1 a reference that was never granted, 2 one that is read-only, 3 count 0, "
		 "4 count too large, 5 freed while mapped");

static char *watch = "";
module_param(watch, charp, 0444);
MODULE_PARM_DESC(watch, "path to be watched by someone slow");
static bool hold;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "the slow one waits");
static unsigned int watch_events, watch_whole;
module_param(watch_events, uint, 0444);
MODULE_PARM_DESC(watch_events, "events that were delivered");
module_param(watch_whole, uint, 0444);
MODULE_PARM_DESC(watch_whole, "... for the watched path itself");

#define MARK_FRONT	0x46000000u
#define MARK_BACK	0x42000000u

struct end {
	struct xb_device *dev;
	struct xb_area area, dir;
	struct xb_area_map map;
	struct xb_evtchn ch;
	struct work_struct work;
	bool connected;
	char result[64];
};

static ssize_t result_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct end *e = xb_device_of(d)->priv;

	return sysfs_emit(buf, "%s\n", e->result);
}
static DEVICE_ATTR_RO(result);

static struct attribute *xbtest_attrs[] = { &dev_attr_result.attr, NULL };
ATTRIBUTE_GROUPS(xbtest);

static void say(struct end *e, const char *what, int err)
{
	scnprintf(e->result, sizeof(e->result), "%s %d", what, err);
	pr_info("xbtest: %s: %s %d\n", e->dev->nodename, what, err);
}

static void mark(void *va, unsigned int nr, u32 with)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		u32 *page = va + i * 4096ul;

		page[0] = with + i;
		page[1023] = ~(with + i);
	}
}

static int check(void *va, unsigned int nr, u32 with)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		u32 *page = va + i * 4096ul;

		if (page[0] != with + i || page[1023] != ~(with + i))
			return -EILSEQ;
	}
	return 0;
}

static irqreturn_t on_event(int irq, void *data)
{
	struct end *e = data;

	xb_evtchn_eoi(&e->ch, true);
	schedule_work(&e->work);
	return IRQ_HANDLED;
}

static void front_work(struct work_struct *work)
{
	struct end *e = container_of(work, struct end, work);

	say(e, "front saw", check(e->area.va, e->area.nr, MARK_BACK));
}

static void back_work(struct work_struct *work)
{
}

static struct end *end_new(struct xb_device *dev, work_func_t fn)
{
	struct end *e = kzalloc(sizeof(*e), GFP_KERNEL);

	if (e) {
		e->dev = dev;
		INIT_WORK(&e->work, fn);
		dev->priv = e;
	}
	return e;
}

static void do_lie(struct end *e)
{
	u32 *dir = e->dir.va;

	switch (lie) {
	case 1:
		dir[2 + pages / 2] = 0x7fffff;
		break;
	case 2:
		gnttab_end_foreign_access_ref(e->area.grefs[pages / 2]);
		gnttab_grant_foreign_access_ref(e->area.grefs[pages / 2], e->dev->otherend_id,
						xen_page_to_gfn(e->area.pages[pages / 2]), 1);
		break;
	case 3:
		dir[0] = 0;
		break;
	case 4:
		dir[0] = 0xffffffff;
		break;
	}
}

static int front_probe(struct xb_device *dev)
{
	struct end *e = end_new(dev, front_work);
	int err;

	if (!e)
		return -ENOMEM;
	err = xb_area_alloc(dev, &e->area, pages);
	if (!err)
		err = xb_area_publish(dev, &e->area, &e->dir);
	if (!err)
		err = xb_evtchn_alloc(dev, &e->ch, on_event, e, "xbtest-front");
	if (err) {
		say(e, "front probe", err);
		xb_area_free(dev, &e->dir);
		xb_area_free(dev, &e->area);
		kfree(e);
		return err;
	}
	mark(e->area.va, e->area.nr, MARK_FRONT);
	do_lie(e);
	xb_printf(XB_NIL, dev->nodename, "dir-ref", "%u", e->dir.grefs[0]);
	xb_printf(XB_NIL, dev->nodename, "event-channel", "%u", e->ch.port);
	xb_switch_state(dev, XenbusStateInitialised);
	return 0;
}

static void front_remove(struct xb_device *dev)
{
	struct end *e = dev->priv;

	xb_evtchn_free(&e->ch);
	cancel_work_sync(&e->work);
	xb_area_free(dev, &e->dir);
	xb_area_free(dev, &e->area);
	pr_info("xbtest: %s: removed\n", dev->nodename);
	kfree(e);
}

static void front_changed(struct xb_device *dev, enum xenbus_state state)
{
	struct end *e = dev->priv;

	pr_info("xbtest: %s: backend is %s\n", dev->nodename, xb_state_name(state));
	if (state == XenbusStateConnected) {
		xb_switch_state(dev, XenbusStateConnected);
		if (lie == 5) {
			flush_work(&e->work);
			xb_area_free(dev, &e->area);
		}
	}
	if (state == XenbusStateClosing || state == XenbusStateClosed)
		xb_frontend_closed(dev);
}

static int front_suspend(struct xb_device *dev)
{
	pr_info("xbtest: %s: suspend\n", dev->nodename);
	return 0;
}

static int front_resume(struct xb_device *dev)
{
	pr_info("xbtest: %s: resume, peer %u at %s\n", dev->nodename, dev->otherend_id,
		dev->otherend);
	front_remove(dev);
	return front_probe(dev);
}

static struct xb_driver front = {
	.name = "xbtest-front",
	.type = "xbtest",
	.side = XB_FRONTEND,
	.probe = front_probe,
	.remove = front_remove,
	.otherend_changed = front_changed,
	.suspend = front_suspend,
	.resume = front_resume,
	.groups = xbtest_groups,
};

static int back_probe(struct xb_device *dev)
{
	struct end *e = end_new(dev, back_work);

	if (!e)
		return -ENOMEM;
	return xb_switch_state(dev, XenbusStateInitWait);
}

static void back_disconnect(struct end *e)
{
	if (!e->connected)
		return;
	e->connected = false;
	xb_evtchn_free(&e->ch);
	cancel_work_sync(&e->work);
	xb_area_unmap(e->dev, &e->map);
}

static void back_connect(struct end *e)
{
	struct xb_device *dev = e->dev;
	unsigned int ref, port;
	int err;

	if (e->connected)
		return;
	err = xb_need_uint(dev->otherend, "dir-ref", 0, UINT_MAX, &ref);
	if (!err)
		err = xb_need_uint(dev->otherend, "event-channel", 1, UINT_MAX, &port);
	if (!err)
		err = xb_area_map_dir(dev, &e->map, ref, XB_AREA_MAX_PAGES);
	if (err) {
		say(e, "back map", err);
		xb_dev_fault(dev, "area %u of domain %u: %d", ref, dev->otherend_id, err);
		xb_dev_fatal(dev, err, "mapping the area");
		return;
	}
	err = xb_evtchn_bind(dev, &e->ch, port, on_event, e, "xbtest-back");
	if (err) {
		xb_area_unmap(dev, &e->map);
		say(e, "back bind", err);
		xb_dev_fatal(dev, err, "binding port %u", port);
		return;
	}
	e->connected = true;
	say(e, "back saw", check(e->map.va, e->map.nr, MARK_FRONT));
	mark(e->map.va, e->map.nr, MARK_BACK);
	xb_evtchn_notify(&e->ch);
	xb_switch_state(dev, XenbusStateConnected);
}

static void back_changed(struct xb_device *dev, enum xenbus_state state)
{
	struct end *e = dev->priv;

	pr_info("xbtest: %s: frontend is %s\n", dev->nodename, xb_state_name(state));
	switch (state) {
	case XenbusStateInitialising:
		if (dev->state == XenbusStateClosed)
			xb_switch_state(dev, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		back_connect(e);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		back_disconnect(e);
		xb_switch_state(dev, state);
		break;
	default:
		break;
	}
}

static void back_remove(struct xb_device *dev)
{
	struct end *e = dev->priv;

	back_disconnect(e);
	pr_info("xbtest: %s: removed\n", dev->nodename);
	kfree(e);
}

static struct xb_driver back = {
	.name = "xbtest-back",
	.type = "xbtest",
	.side = XB_BACKEND,
	.allow_rebind = true,
	.probe = back_probe,
	.remove = back_remove,
	.otherend_changed = back_changed,
	.groups = xbtest_groups,
};

static struct xb_watch slow;

static void slow_callback(struct xb_watch *w, const char *path)
{
	watch_events++;
	if (!strcmp(path, w->node))
		watch_whole++;
	while (READ_ONCE(hold))
		msleep(20);
}

static int __init xbtest_init(void)
{
	int err = xb_register_driver(&back);

	if (err)
		return err;
	err = xb_register_driver(&front);
	if (!err && *watch) {
		err = xb_watch_path(&slow, slow_callback, NULL, "%s", watch);
		if (err)
			xb_unregister_driver(&front);
	}
	if (err)
		xb_unregister_driver(&back);
	return err;
}

static void __exit xbtest_exit(void)
{
	WRITE_ONCE(hold, false);
	xb_unwatch_path(&slow);
	/* The backends first: pages that are still mapped would be freed ten a second. */
	xb_unregister_driver(&back);
	xb_unregister_driver(&front);
}

module_init(xbtest_init);
module_exit(xbtest_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("test of shared areas and event channels");
MODULE_ALIAS("xen:xbtest");
MODULE_ALIAS("xen-backend:xbtest");

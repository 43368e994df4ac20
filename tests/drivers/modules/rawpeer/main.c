/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: rawpeer's driver and its file in debugfs.
 *
 * Owns: one struct raw_peer per bound device, from probe to remove. The file is gone before the peer
 * is freed: debugfs waits for readers and writers.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "rawpeer.h"

static char *side = "front";
module_param(side, charp, 0444);
MODULE_PARM_DESC(side, "which end to be: front or back");

static struct dentry *root;

static ssize_t cmd_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct raw_peer *p = file_inode(file)->i_private;
	char *line;
	int err;

	if (len > 4000)
		return -E2BIG;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&p->lock);
	p->answer[0] = 0;
	err = raw_command(p, strim(line));
	if (err)
		raw_say(p, " error %d", err);
	mutex_unlock(&p->lock);
	kfree(line);
	return err ?: len;
}

static ssize_t cmd_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct raw_peer *p = file_inode(file)->i_private;
	ssize_t n;

	mutex_lock(&p->lock);
	n = simple_read_from_buffer(buf, len, pos, p->answer, strlen(p->answer));
	mutex_unlock(&p->lock);
	return n;
}

static const struct file_operations cmd_fops = {
	.owner = THIS_MODULE,
	.read = cmd_read,
	.write = cmd_write,
};

static int raw_probe(struct xb_device *dev)
{
	struct raw_peer *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->dev = dev;
	mutex_init(&p->lock);
	INIT_LIST_HEAD(&p->things);
	dev->priv = p;
	p->dir = debugfs_create_dir(dev_name(dev->dev), root);
	debugfs_create_file("cmd", 0600, p->dir, p, &cmd_fops);
	/* Closed: else loading the module waits, up to half a minute, for a device to connect. */
	if (dev->side == XB_FRONTEND)
		xb_switch_state(dev, XenbusStateClosed);
	else	/* What the toolstack waits for before it starts the guest. */
		xb_switch_state(dev, XenbusStateInitWait);
	dev_info(dev->dev, "rawpeer: bound, other end %s of domain %u\n", dev->otherend,
		 dev->otherend_id);
	return 0;
}

static void raw_remove(struct xb_device *dev)
{
	struct raw_peer *p = dev->priv;
	struct raw_thing *t, *next;

	debugfs_remove(p->dir);
	list_for_each_entry_safe(t, next, &p->things, list)
		raw_drop(p, t);
	kfree(p);
}

#define RAW_DRIVER(what) { \
	.name = "rawpeer-" what, \
	.type = what, \
	.probe = raw_probe, \
	.remove = raw_remove, \
	.not_essential = true, \
}

static struct xb_driver drivers[] = { RAW_DRIVER("vif"), RAW_DRIVER("vbd") };

static int __init rawpeer_init(void)
{
	int i, err = 0;

	root = debugfs_create_dir("rawpeer", NULL);
	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		drivers[i].side = strcmp(side, "back") ? XB_FRONTEND : XB_BACKEND;
		err = xb_register_driver(&drivers[i]);
		if (err)
			break;
	}
	if (!err)
		return 0;
	while (i--)
		xb_unregister_driver(&drivers[i]);
	debugfs_remove(root);
	return err;
}
module_init(rawpeer_init);

static void __exit rawpeer_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		xb_unregister_driver(&drivers[i]);
	debugfs_remove(root);
}
module_exit(rawpeer_exit);

MODULE_DESCRIPTION("Scriptable XenBus peer for tests: does what it is told, right or wrong");
MODULE_LICENSE("GPL");

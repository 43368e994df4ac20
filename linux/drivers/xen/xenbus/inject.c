/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inject.c: which call is to fail; see <xb/inject.h>. Not part of the modules that are installed.
 *
 * debugfs krypton/inject, read: "SITE CALLS FAILED", one a line, of every site that was reached.
 * Written: "SITE" makes each call there fail, "SITE N" those from the Nth on, "random SEED" one
 * of about eight anywhere, "off" none; "zero" forgets the counts.
 *
 * Owns the table of sites, by name, since a module that comes again is the same to it. LOCK: lock.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include "internal.h"

#define MAX_SITES	512u
#define MAX_NAME	48u

static struct {
	char name[MAX_NAME];
	unsigned long calls, failed;
} sites[MAX_SITES];
static unsigned int nr_sites;
static char armed[MAX_NAME];
static unsigned long from;	/* the armed one fails from this call on */
static unsigned long reached;	/* its calls so far */
static u32 random;			/* 0: none */
static DEFINE_SPINLOCK(lock);

static bool next_random(void)
{
	random ^= random << 13;
	random ^= random >> 17;
	random ^= random << 5;
	return !(random % 8);
}

bool xb_inject(const char *site)
{
	unsigned long flags;
	bool fails = false;
	unsigned int i;

	spin_lock_irqsave(&lock, flags);
	for (i = 0; i < nr_sites && strcmp(sites[i].name, site); i++)
		;
	if (i == nr_sites && i < MAX_SITES) {
		nr_sites++;
		strscpy(sites[i].name, site, MAX_NAME);
	}
	if (i < nr_sites) {
		sites[i].calls++;
		if (random)
			fails = next_random();
		else if (armed[0] && !strcmp(sites[i].name, armed))
			fails = ++reached >= from;
		sites[i].failed += fails;
	}
	spin_unlock_irqrestore(&lock, flags);
	return fails;
}
EXPORT_SYMBOL_GPL(xb_inject);

static int inject_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < READ_ONCE(nr_sites); i++)
		seq_printf(m, "%s %lu %lu\n", sites[i].name, READ_ONCE(sites[i].calls),
			   READ_ONCE(sites[i].failed));
	return 0;
}

static int inject_open(struct inode *inode, struct file *file)
{
	return single_open(file, inject_show, NULL);
}

static ssize_t inject_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char text[MAX_NAME + 16], name[MAX_NAME] = "";
	unsigned long n = 1, flags;
	unsigned int i;

	if (len >= sizeof(text) || copy_from_user(text, buf, len))
		return -EINVAL;
	text[len] = 0;
	if (sscanf(text, "%47s %lu", name, &n) < 1)
		return -EINVAL;
	spin_lock_irqsave(&lock, flags);
	if (!strcmp(name, "zero")) {
		for (i = 0; i < nr_sites; i++) {
			sites[i].calls = 0;
			sites[i].failed = 0;
		}
	} else {
		random = strcmp(name, "random") ? 0 : (u32)n * 2654435761u | 1;
		strscpy(armed, random || !strcmp(name, "off") ? "" : name, MAX_NAME);
		from = n;
		reached = 0;
	}
	spin_unlock_irqrestore(&lock, flags);
	return len;
}

static const struct file_operations inject_fops = {
	.owner = THIS_MODULE,
	.open = inject_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = inject_write,
};

void xb_inject_init(struct dentry *root)
{
	debugfs_create_file("inject", 0600, root, NULL, &inject_fops);
}

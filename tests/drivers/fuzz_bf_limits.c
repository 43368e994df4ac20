/* SPDX-License-Identifier: GPL-2.0-only */
/* SOURCES: linux/drivers/xen/blkfront/limits.c linux/drivers/xen/blkfront/naming.c */
/* fuzz_bf_limits.c: any numbers from a backend: what is accepted is what the block layer takes. */
#include <stdlib.h>
#include <blkfront/limits.h>
#include <blkfront/naming.h>
#include <blkfront/wire.h>

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_limits(const struct bf_limits *l)
{
	must(l->block >= 512 && l->block <= 4096 && !(l->block & (l->block - 1)));
	must(l->physical >= l->block && !(l->physical & (l->physical - 1)));
	must(l->sectors < 1ull << 54 && l->sectors % (l->block / 512) == 0);
	must(l->segs >= BF_DIRECT_SEGS && l->segs <= BF_MAX_SEGS);
	must(bf_ind_pages(l->segs) <= BF_MAX_IND_PAGES);
	must(!l->discard || (l->discard_granularity && !(l->discard_granularity % l->block)));
	must(!l->discard || l->discard_alignment < l->discard_granularity);
	must(l->discard || !l->discard_secure);
	must(l->bounce || !l->persistent);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct {
		u64 sectors, more;
		u32 n[8];
		u8 flag[8];
	} in = {};
	struct bf_offer o = {};
	struct bf_wish w = {};
	struct bf_limits l;
	struct bf_name name;
	const char *why;
	u32 irq, poll;
	u64 now;

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	o.sectors = in.sectors;
	o.sector_size = in.n[0];
	o.physical = in.n[1];
	o.info = in.n[2];
	o.max_segs = in.n[3];
	o.discard_granularity = in.n[4];
	o.discard_alignment = in.n[5];
	o.flush = in.flag[0] & 1;
	o.barrier = in.flag[1] & 1;
	o.discard = in.flag[2] & 1;
	o.discard_secure = in.flag[3] & 1;
	o.persistent = in.flag[4] & 1;
	w.max_segs = in.n[6];
	w.persistent = in.flag[5] & 1;
	w.untrusted = in.flag[6] & 1;
	if (!bf_limits_check(&o, &w, &l, &why)) {
		check_limits(&l);
		if (!bf_limits_resize(&l, in.more, &now))
			must(now <= in.more && now % (l.block / 512) == 0);
	} else {
		must(!!why);
	}
	bf_limits_rings(in.n[3], in.n[6], in.n[7], &irq, &poll);
	must(irq >= 1 && (irq + poll <= in.n[3] || irq + poll == 1));
	if (!bf_name_of(in.n[7], &name))
		must(name.minor + name.nr_minors <= 1u << 20 && strlen(name.text) < 16);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_grant: grants of the domain to itself: map, unmap, and copies out of one.
 */
#include "micro.h"

static struct gnttab_map_grant_ref map_op[8];
static struct gnttab_unmap_grant_ref unmap_op[8];
static struct gnttab_copy copy_op[8];
static u8 *target[8], *source;

static void map_ready(void)
{
	for (int i = 0; i < 8; i++)
		map_op[i] = (struct gnttab_map_grant_ref){
			.host_addr = (u64)target[i], .flags = GNTMAP_host_map,
			.ref = GRANT_FREE + i, .dom = own_domid,
		};
}

static void unmap_ready(int n)
{
	for (int i = 0; i < n; i++)
		unmap_op[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = (u64)target[i], .handle = map_op[i].handle,
		};
}

static long map(int n)
{
	return hc_grant_table_op(GNTTABOP_map_grant_ref, map_op, n);
}

static long unmap(int n)
{
	return hc_grant_table_op(GNTTABOP_unmap_grant_ref, unmap_op, n);
}

static void copy_ready(unsigned int len)
{
	for (int i = 0; i < 8; i++)
		copy_op[i] = (struct gnttab_copy){
			.source = { .u.ref = GRANT_FREE + i, .domid = DOMID_SELF },
			.dest = { .u.gmfn = va_mfn(source), .domid = DOMID_SELF, .offset = 0 },
			.len = len, .flags = GNTCOPY_source_gref,
		};
}

static long copy(int n)
{
	return hc_grant_table_op(GNTTABOP_copy, copy_op, n);
}

void bench_grant(void)
{
	grant_init();
	source = page_alloc();
	for (int i = 0; i < 8; i++) {
		target[i] = page_alloc();
		must(page_unmap(target[i]));
		grant_access(GRANT_FREE + i, page_alloc(), own_domid, 0);
	}
	map_ready();
	BENCH("grant_map", map_ready(), map(1), unmap_ready(1); unmap(1));
	BENCH("grant_unmap", map_ready(); map(1); unmap_ready(1), unmap(1), );
	expect(unmap_op[0].status, 0);
	BENCH("grant_map_8", map_ready(), map(8), unmap_ready(8); unmap(8));
	BENCH("grant_unmap_8", map_ready(); map(8); unmap_ready(8), unmap(8), );
	expect(map_op[7].status, 0);
	BENCH("grant_copy_64", copy_ready(64), copy(1), );
	BENCH("grant_copy_4096", copy_ready(4096), copy(1), );
	BENCH("grant_copy_8x64", copy_ready(64), copy(8), );
	expect(copy_op[7].status, 0);
}

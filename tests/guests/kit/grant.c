/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant.c: grant table set-up and short forms, see grant.h.
 */
#include "event.h"
#include "grant.h"

struct grant_entry_v1 *grants;
domid_t own_domid;

static void find_domid(void)
{
	struct evtchn_status st;
	long port = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);

	if (port < 0)
		must(port);
	must(evtchn_status(port, &st));
	own_domid = st.u.unbound.dom;
	must(evtchn_close(port));
}

void grant_init(void)
{
	static xen_pfn_t frame;
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };

	find_domid();
	set_xen_guest_handle(op.frame_list, &frame);
	must(hc_grant_table_op(GNTTABOP_setup_table, &op, 1));
	must(op.status);
	grants = page_alloc();
	must(hc_update_va_mapping((u64)grants, frame << PAGE_SHIFT | LEAF_RW, UVMF_INVL));
}

void grant_access(unsigned int ref, const void *page, domid_t to, u16 flags)
{
	grants[ref].frame = va_mfn(page);
	grants[ref].domid = to;
	barrier();
	WRITE_ONCE(grants[ref].flags, GTF_permit_access | flags);
}

long grant_map(u64 host, unsigned int ref, domid_t dom, u32 flags, struct gnttab_map_grant_ref *out)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = host, .flags = flags, .ref = ref, .dom = dom
	};
	long rc = hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);

	if (out)
		*out = op;
	return rc ? rc * 1000 : op.status;
}

long grant_unmap(u64 host, u64 bus, u32 handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = host,
					     .dev_bus_addr = bus,
					     .handle = handle };
	long rc = hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

	return rc ? rc * 1000 : op.status;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages through which guest and hypervisor talk: shared_info, one a domain,
 * and each vCPU's vcpu_info, which lies in shared_info for the first 32, in the
 * vCPU's own dummy for the others, and after VCPUOP_register_vcpu_info wherever
 * the guest wants it, once and for ever.
 *
 * v->info is never NULL. It is read without a lock; it changes under the
 * domain's hypercall_deadlock_lock, and when the domain dies.
 */
#include "core/domain.h"
#include "core/vcpu.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "time/time.h"

int shared_info_alloc(struct domain *d)
{
	struct shared_info *s = alloc_page();

	if (!s)
		return -ENOMEM;
	share_page_with_guest(s, d, true);
	d->shared_info = s;
	return 0;
}

void shared_info_release(struct domain *d)
{
	struct shared_info *s = d->shared_info;

	if (!s)
		return;
	WRITE_ONCE(d->shared_info, NULL);
	/* Takes the clock's lock: after it nobody writes the time into the old page. */
	time_update_wallclock(d);
	unshare_and_free_page(s);
}

void vcpu_info_init(struct vcpu *v)
{
	struct domain *d = v->domain;

	v->dummy_info.evtchn_upcall_mask = 1;
	if (v->id < XEN_LEGACY_MAX_VCPUS && d->shared_info)
		v->info = &d->shared_info->vcpu_info[v->id];
	else
		v->info = &v->dummy_info;
}

/*
 * An event that comes while we copy may set a bit in the old place only, so in
 * the new one everything is pending: the guest then looks at all of it.
 */
int vcpu_map_info(struct vcpu *v, u64 mfn, u32 offset)
{
	struct domain *d = v->domain;
	struct vcpu_info *new;
	struct page *pg;

	if (offset > PAGE_SIZE - sizeof(*new) || offset & (_Alignof(struct vcpu_info) - 1))
		return -ENXIO;
	if (v->info_page)
		return -EINVAL;
	if (v != current && !(READ_ONCE(v->pause_flags) & VPF_down))
		return -EINVAL;
	if (!mfn_valid(_mfn(mfn)))
		return -EINVAL;
	pg = mfn_to_page(_mfn(mfn));
	if (!page_get_writable(pg, d))
		return -EINVAL;

	new = (struct vcpu_info *)((char *)page_to_virt(pg) + offset);
	if (v->info == &v->dummy_info) {
		memset(new, 0, sizeof(*new));
		new->evtchn_upcall_mask = 1;
	} else {
		memcpy(new, v->info, sizeof(*new));
	}
	v->info_page = pg;
	__atomic_store_n(&v->info, new, __ATOMIC_SEQ_CST);
	WRITE_ONCE(new->evtchn_pending_sel, ~0ul);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(new->evtchn_upcall_pending, 1);
	time_update_vcpu(v, true);
	return 0;
}

/* v does not run and gets no more events. */
void vcpu_unmap_info(struct vcpu *v)
{
	struct page *pg = v->info_page;

	v->dummy_info.evtchn_upcall_mask = 1;
	__atomic_store_n(&v->info, &v->dummy_info, __ATOMIC_SEQ_CST);
	v->info_page = NULL;
	if (pg)
		page_put_writable(pg);
}

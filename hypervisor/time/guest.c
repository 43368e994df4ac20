/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock as guests see it: vcpu_time_info (in vcpu_info and in the secondary
 * area) and the wall clock in shared_info. Both are read without locks by their
 * guests: the version is odd while we write.
 *
 * The published pair (TSC, ns) of a CPU is renewed when older than a second, so
 * that guests which multiply in 64 bits do not overflow. Its ns is rounded up:
 * with a later pair a vCPU can then never read less than with the one before.
 *
 * Locks: wall_lock (LOCK_TIME) for the wall clock and for writing it into a
 * shared_info; a vCPU's time info is written by the CPU that runs it, or while
 * it does not run.
 */
#include "core/domain.h"
#include "cpu/cpu.h"
#include "cpu/uaccess.h"
#include "lib/string.h"
#include "time/time.h"

#define STAMP_MAX_AGE SECONDS(1)

static spinlock_t wall_lock = SPINLOCK_INIT(LOCK_TIME);
static u64 wall_base;			/* ns since 1970 at now_ns() == 0 */
static bool wall_known;

static void stamp_renew(struct pcpu *p)
{
	u64 tsc = rdtsc(), ns;

	if (p->time_stamp && tsc_to_ns(tsc - p->tsc_stamp) < STAMP_MAX_AGE)
		return;
	ns = tsc_to_ns(tsc - time_tsc_at(0)) + 1;
	p->tsc_stamp = tsc;
	p->time_stamp = ns;
}

static void fill_time(struct vcpu_time_info *t, const struct pcpu *p)
{
	t->tsc_timestamp = p->tsc_stamp;
	t->system_time = p->time_stamp;
	time_get_scale(&t->tsc_to_system_mul, &t->tsc_shift);
}

static bool update_info(struct vcpu *v, bool force)
{
	struct vcpu_time_info *t = &v->info->time;
	struct pcpu *p = this_cpu();
	u64 key;
	u32 version;

	stamp_renew(p);
	key = p->time_stamp ^ (u64)p->id << 56;
	if (!force && v->time_version_stamp == key)
		return false;
	v->time_version_stamp = key;
	/* The guest may have scribbled on it: make it odd, whatever it was. */
	version = READ_ONCE(t->version) | 1;
	WRITE_ONCE(t->version, version);
	barrier();
	fill_time(t, p);
	t->flags &= XEN_PVCLOCK_GUEST_STOPPED;
	barrier();
	WRITE_ONCE(t->version, version + 1);
	return true;
}

/* In the guest's memory, hence in three steps; an address that faults is the guest's loss. */
static void write_secondary(struct vcpu *v)
{
	struct vcpu_time_info __guest *area = v->time_guest;
	struct vcpu_time_info t;
	u32 version;

	memcpy(&t, &v->info->time, sizeof(t));
	if (copy_from_guest(&version, &area->version, sizeof(version)))
		return;
	version |= 1;
	t.version = version;
	if (copy_to_guest(&area->version, &version, sizeof(version)))
		return;
	barrier();
	if (copy_to_guest(area, &t, sizeof(t)))
		return;
	barrier();
	version++;
	(void)!copy_to_guest(&area->version, &version, sizeof(version));
}

void time_update_vcpu(struct vcpu *v, bool force)
{
	bool (*active)(const struct vcpu *) = v->domain->ops ? v->domain->ops->kernel_tables_active : NULL;
	u64 f = irq_save();

	if (update_info(v, force))
		v->time_pending = true;
	irq_restore(f);
	if (!v->time_guest) {
		v->time_pending = false;
	} else if (v->time_pending && v == current && (!active || active(v))) {
		v->time_pending = false;
		write_secondary(v);
	}
}

/* ---- wall clock ---- */

/* With wall_lock. The first use reads the battery clock. */
static void wall_init(void)
{
	if (!wall_known) {
		wall_base = SECONDS(cmos_read_clock()) - now_ns();
		wall_known = true;
	}
}

static void wall_write(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	u64 secs = wall_base / SECONDS(1) + (u64)d->time_offset;
	u32 version;

	if (!s)
		return;
	version = READ_ONCE(s->wc_version) | 1;
	WRITE_ONCE(s->wc_version, version);
	barrier();
	s->wc_sec = (u32)secs;
	s->xen_wc_sec_hi = (u32)(secs >> 32);
	s->wc_nsec = (u32)(wall_base % SECONDS(1));
	barrier();
	WRITE_ONCE(s->wc_version, version + 1);
}

void time_update_wallclock(struct domain *d)
{
	spin_lock(&wall_lock);
	wall_init();
	wall_write(d);
	spin_unlock(&wall_lock);
}

void time_set_wallclock(u64 secs, u32 nsecs, u64 system_time)
{
	u32 next = 0;

	spin_lock(&wall_lock);
	wall_base = SECONDS(secs) + nsecs - system_time;
	wall_known = true;
	spin_unlock(&wall_lock);
	while (next < DOMID_FIRST_RESERVED) {
		struct domain *d = domain_get_from((domid_t)next);

		if (!d)
			break;
		next = d->domain_id + 1u;
		time_update_wallclock(d);
		domain_put(d);
	}
}

void time_get_wallclock(u64 *secs, u32 *nsecs)
{
	u64 ns;

	spin_lock(&wall_lock);
	wall_init();
	ns = wall_base + now_ns();
	spin_unlock(&wall_lock);
	*secs = ns / SECONDS(1);
	*nsecs = (u32)(ns % SECONDS(1));
}

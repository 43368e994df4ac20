/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of pages: how a guest can own its page tables without owning the machine.
 *
 * A PV guest builds the tables that the processor walks. It may read them, and
 * change them only through us. What makes this safe is that every frame has a
 * type, and a type can change only while nobody uses the frame under it:
 *
 *   L1..L4   a table of that level; its 512 entries were checked
 *   seg_desc descriptors (GDT, LDT); each of the 512 was checked
 *   writable somebody may write to it: a guest mapping, a grant, ourselves
 *   none     neither of these: only read-only mappings, or nothing
 *
 * Invariants:
 *   I1  No frame in use as table or descriptor page is mapped writable by a
 *       guest, TLBs included.
 *   I2  The frame of every present entry of a validated table is referenced:
 *       a general reference for a read-only leaf, general and writable for a
 *       writable one, general and type level-1 from an entry above.
 *   I3  Root slots 256-271 hold our entries only.
 *   I4  A frame is freed at count 0 only and after every CPU that might map it
 *       flushed.
 *   I5  A frame that enters a domain is scrubbed.
 *   I6  No entry has reserved bits, PSE, or lacks US.
 *   I7  M2P and p2m are hints. No check relies on them.
 *   I8  A root loaded in a CPU's CR3 holds a type reference.
 *   I9  Counts never depend on memory that a guest can write.
 *   I10 Who changes entries of a table holds its lock (PGT_locked), whichever
 *       vCPU it belongs to.
 *
 * The type word. pg->type is changed by compare-and-swap only. With count 0 the
 * word is just the last type. With count > 0 a table is in one of four states:
 *
 *   validated                entries all hold references; gettable and puttable
 *   validated + locked       the same, somebody changes an entry
 *   locked                   being validated or undone; everybody else waits
 *   partial                  that work stopped midway: entries [0, pg->info) hold
 *                            references, entry pg->info too if partial_child is
 *                            set, the others do not. Nobody works on it.
 *
 * Getting. 0 -> 1 sets type, count and lock in one swap, and only then flushes:
 * flushing first would leave a gap in which a writable mapping may be made, used
 * and dropped. Whoever gets a partial page of the same type adds its count and
 * goes on with the validation itself. If a validation stops (preempted, or a bad
 * entry) the page becomes partial and *the getter keeps its count*: it holds a
 * half reference, which it must complete or put. A parent records it as its
 * partial_child; page_get_type(), the outermost, hands it to the page itself
 * (PGT_partial_self) after preemption, for the next getter to finish, and puts
 * it after an error.
 *
 * Putting. The last put takes the lock, drops the references of the entries, and
 * frees the type. If it is preempted, the page becomes partial and *the putter
 * keeps its count*: it puts again later. A parent records that as partial_child
 * too. So a partial page always has a count that somebody answers for, undoing a
 * failed validation is the same as putting a partial page, and no state needs to
 * know in which direction it was going. What an outermost putter cannot wait for
 * goes to v->old_guest_table, which each MMU hypercall finishes first.
 *
 * Type references go strictly downward (no linear tables), leaf mappings are not
 * type references of tables: so there are no cycles, and locks taken in the
 * order of levels cannot deadlock. Interrupt handlers never touch types.
 *
 * TLBs. The last put of a writable reference stamps the frame; before it becomes
 * a table, CPUs that ran the owner and have not flushed since, must; all CPUs, if
 * another domain had it writable (PGT_foreign): a grant's entry that its holder
 * overwrites drops the reference without a flush of his CPUs. Upward the
 * rule is: unhook, flush, drop. An upper-level entry that was present is
 * overwritten, then the owner's CPUs flush, then the old table's reference goes.
 * Thus a table with type count 0 is in nobody's paging-structure cache, and may
 * be made writable without more ado.
 */
#include "cpu/cpu.h"
#include "lib/bug.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "mm/tlb.h"
#include "pv/pv.h"
#include "pv/types.h"

static inline bool type_cas(struct page *pg, u64 *x, u64 nx)
{
	return __atomic_compare_exchange_n(&pg->type, x, nx, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* Who holds the page may be waiting for our TLB: answer even with interrupts off. */
static inline u64 wait_turn(struct page *pg)
{
	if (!irqs_enabled())
		tlb_handle_ipi();
	cpu_relax();
	return READ_ONCE(pg->type);
}

/* The reference that the caller holds on pg keeps the domain's struct alive. */
struct domain *page_owner(const struct page *pg)
{
	domid_t id = READ_ONCE(pg->owner);
	struct domain *d = current ? current_domain() : NULL;

	if (likely(d && d->domain_id == id))
		return d;
	d = domain_get(id);
	if (d)
		domain_put(d);
	return d;
}

static void flush_cache_of(const struct page *pg)
{
	const char *p = page_to_virt(pg);

	for (unsigned i = 0; i < PAGE_SIZE; i += 64)
		__asm__ __volatile__("clflush (%0)" :: "r"(p + i) : "memory");
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The validation that this CPU did under the lock ended with rc: publish the state. */
static int type_settle(struct page *pg, int rc, bool child)
{
	u64 x = READ_ONCE(pg->type), nx;
	bool drop;

	do {
		nx = x & ~(PGT_locked | PGT_partial | PGT_partial_child);
		nx |= !rc ? PGT_validated : PGT_partial | (child ? PGT_partial_child : 0);
		drop = rc != -ERESTART && (x & PGT_partial_self);
		if (drop)
			nx = (nx & ~PGT_partial_self) - 1;
	} while (!type_cas(pg, &x, nx));
	if (drop)
		page_put(pg);
	return rc;
}

/* Make a page valid on which the caller holds a count. */
int type_complete(struct page *pg, bool preemptible)
{
	u64 x = READ_ONCE(pg->type);
	bool child;
	int rc;

	for (;;) {
		if (likely(x & PGT_validated))
			return 0;
		if (x & PGT_locked) {
			x = wait_turn(pg);
			continue;
		}
		BUG_ON(!(x & PGT_partial));
		if (type_cas(pg, &x, (x & ~(PGT_partial | PGT_partial_child)) | PGT_locked))
			break;
	}
	child = x & PGT_partial_child;
	rc = table_validate(pg, x & PGT_type_mask, &child, preemptible);
	return type_settle(pg, rc, child);
}

static int type_first(struct page *pg, u64 old, u64 type, bool preemptible)
{
	bool child = false;
	int rc;

	if ((old & PGT_type_mask) != type) {
		struct domain *d = page_owner(pg);

		if (old & PGT_foreign)
			tlb_flush_for_page(pg, cpu_online_map);
		else if (d)
			tlb_flush_for_page(pg, READ_ONCE(d->dirty_cpus));
		if (unlikely(old & PGT_noncoherent))
			flush_cache_of(pg);
	}
	pg->info = 0;
	rc = table_validate(pg, type, &child, preemptible);
	return type_settle(pg, rc, child);
}

/*
 * One type reference. If it fails, *held says whether the caller has a half one.
 * Budget: 25 instructions for a page that has the type already.
 */
int type_get(struct page *pg, u64 type, bool preemptible, bool *held)
{
	u64 x = READ_ONCE(pg->type);
	int rc;

	*held = false;
	for (;;) {
		if (!(x & PGT_count_mask)) {
			if (!type_cas(pg, &x, type | PGT_locked | 1))
				continue;
			rc = type_first(pg, x, type, preemptible);
			break;
		}
		if ((x & PGT_type_mask) != type || (x & PGT_count_mask) == PGT_count_mask)
			return -EINVAL;
		if ((x & (PGT_locked | PGT_validated)) == PGT_locked) {
			x = wait_turn(pg);
			continue;
		}
		if (!type_cas(pg, &x, x + 1))
			continue;
		rc = type_complete(pg, preemptible);
		break;
	}
	*held = rc != 0;
	return rc;
}

int type_put(struct page *pg, bool preemptible)
{
	u64 x = READ_ONCE(pg->type), nx, type;
	bool child;
	int rc;

	for (;;) {
		BUG_ON(!(x & PGT_count_mask));
		if ((x & PGT_count_mask) > 1) {
			if (type_cas(pg, &x, x - 1))
				return 0;
			continue;
		}
		if (x & PGT_locked) {
			x = wait_turn(pg);
			continue;
		}
		nx = (x & ~(PGT_validated | PGT_partial | PGT_partial_child)) | PGT_locked;
		if (type_cas(pg, &x, nx))
			break;
	}
	type = x & PGT_type_mask;
	child = x & PGT_partial_child;
	BUG_ON(type == PGT_none || type == PGT_writable_page);
	if (x & PGT_validated)
		pg->info = PTES_PER_PAGE;
	rc = table_devalidate(pg, type, &child, preemptible);
	if (rc)
		return type_settle(pg, -ERESTART, child);
	pg->stamp = tlb_clock();
	__atomic_store_n(&pg->type, type, __ATOMIC_RELEASE);
	return 0;
}

/*
 * Used where nobody else can answer for a count on a partial page. The next
 * getter that validates it takes this reference along, else the teardown does.
 */
void page_keep_partial(struct page *pg)
{
	for (;;) {
		u64 x = READ_ONCE(pg->type);

		if ((x & PGT_count_mask) > 1 || (x & PGT_validated)) {
			if (!type_put(pg, true)) {
				page_put(pg);
				return;
			}
		} else if (x & PGT_locked) {
			wait_turn(pg);
		} else if (type_cas(pg, &x, x | PGT_partial_self)) {
			return;
		}
	}
}

int page_drop_partial(struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	do {
		if (!(x & PGT_partial_self))
			return 0;
	} while (!type_cas(pg, &x, x & ~PGT_partial_self));
	if (type_put(pg, true)) {
		page_keep_partial(pg);
		return -ERESTART;
	}
	page_put(pg);
	return 0;
}

/* v answers for the caller's type and general reference. */
static void put_later(struct vcpu *v, struct page *pg)
{
	if (v && !v->old_guest_table)
		v->old_guest_table = pg;
	else
		page_keep_partial(pg);
}

/* The half reference that a failed type_get() left; the caller keeps its general one. */
void type_abandon(struct page *pg, int rc)
{
	struct domain *d = page_owner(pg);

	if (!d || !page_get(pg, d)) {
		type_put(pg, false);
		return;
	}
	if (rc == -ERESTART)
		page_keep_partial(pg);
	else if (type_put(pg, true))
		put_later(current, pg);
	else
		page_put(pg);
}

int page_get_type(struct page *pg, u64 type, bool preemptible)
{
	bool held;
	int rc = type_get(pg, type, preemptible, &held);

	if (held)
		type_abandon(pg, rc);
	return rc;
}

int page_put_type(struct page *pg, bool preemptible)
{
	return type_put(pg, preemptible);
}

int page_get_and_type(struct page *pg, struct domain *d, u64 type, bool preemptible)
{
	int rc;

	if (!page_get(pg, d))
		return -EINVAL;
	rc = page_get_type(pg, type, preemptible);
	if (rc)
		page_put(pg);
	return rc;
}

void page_put_and_type(struct page *pg)
{
	type_put(pg, false);
	page_put(pg);
}

int page_put_and_type_preemptible(struct vcpu *v, struct page *pg)
{
	if (type_put(pg, true)) {
		put_later(v, pg);
		return -ERESTART;
	}
	page_put(pg);
	return 0;
}

int put_old_guest_table(struct vcpu *v)
{
	struct page *pg = v->old_guest_table;

	if (likely(!pg))
		return 0;
	if (type_put(pg, true))
		return -ERESTART;
	v->old_guest_table = NULL;
	page_put(pg);
	return 0;
}

int page_pin(struct page *pg, struct domain *d, u64 type)
{
	int rc = page_get_and_type(pg, d, type, true);
	u64 x;

	if (rc)
		return rc;
	x = READ_ONCE(pg->type);
	do {
		if (x & PGT_pinned) {
			page_put_and_type_preemptible(current, pg);
			return -EINVAL;
		}
	} while (!type_cas(pg, &x, x | PGT_pinned));
	/* The teardown looks for pins after it set is_dying: one of us sees the other. */
	if (READ_ONCE(d->is_dying) != DOMDYING_alive) {
		page_unpin(current, pg);
		return -EINVAL;
	}
	return 0;
}

int page_unpin(struct vcpu *v, struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	do {
		if (!(x & PGT_pinned))
			return -EINVAL;
	} while (!type_cas(pg, &x, x & ~PGT_pinned));
	return page_put_and_type_preemptible(v, pg);
}

bool page_lock(struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	for (;;) {
		unsigned level = pgt_level(x);

		if (!(x & PGT_validated) || level < 1 || level > 4)
			return false;
		if (x & PGT_locked)
			x = wait_turn(pg);
		else if (type_cas(pg, &x, x | PGT_locked))
			return true;
	}
}

void page_unlock(struct page *pg)
{
	u64 x = __atomic_fetch_and(&pg->type, ~PGT_locked, __ATOMIC_RELEASE);

	BUG_ON(!(x & PGT_locked));
}

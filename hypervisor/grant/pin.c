/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins: who uses a grant entry just now.
 *
 * The guest writes an entry {flags, domid, frame} into its shared table and may
 * change it at any time. So it is believed once: with the first pin, flags and
 * domid are checked and marked as in use by one compare-and-swap, then the frame
 * number is read once, and from then on only the active entry counts. A later
 * pin for writing repeats the check of the flags, never the reading of the frame.
 *
 * Invariants. While an active entry has pins, its frame was owned by the granter
 * and each pin of each kind holds a general reference on it, those for writing a
 * writable one too. GTF_reading is set while there is any pin, GTF_writing while
 * there is one for writing; that is information for the guest, nothing of ours
 * depends on it.
 *
 * Lock: the granter's table lock.
 */
#include "grant/private.h"
#include "lib/bug.h"

#define STATUS_TRIES 5

/* Flags and domain id of a v1 entry, as one word to swap. */
static inline u32 *status_word(grant_entry_v1_t *sha)
{
	_Static_assert(offsetof(grant_entry_v1_t, flags) == 0 &&
		       offsetof(grant_entry_v1_t, domid) == 2, "grant entry");
	return (u32 *)(void *)sha;
}

static int claim_status(grant_entry_v1_t *sha, domid_t by, bool readonly, bool map)
{
	u32 *word = status_word(sha), old = READ_ONCE(*word), new;
	u32 mask = GTF_type_mask | (map ? GTF_sub_page : 0);
	int i;

	for (i = 0; i < STATUS_TRIES; i++) {
		if ((old & mask) != GTF_permit_access || old >> 16 != by)
			return GNTST_general_error;
		if (!readonly && old & GTF_readonly)
			return GNTST_general_error;
		new = old | GTF_reading | (readonly ? 0 : GTF_writing);
		if (__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return GNTST_okay;
	}
	/* A guest that changes it so often does not want it to be used. */
	return GNTST_general_error;
}

/* Make the guest's flags say what the counts say. */
static void settle_status(struct grant_table *gt, u32 ref)
{
	struct active *act = active_entry(gt, ref);
	u16 clear = 0;

	if (gt->dead)
		return;
	if (!act->host_w && !act->dev_w)
		clear = GTF_writing;
	if (!active_pins(act))
		clear |= GTF_reading;
	if (clear)
		__atomic_fetch_and(&shared_entry(gt, ref)->flags, (u16)~clear, __ATOMIC_SEQ_CST);
}

static u8 *pin_counter(struct active *act, unsigned kind, bool readonly)
{
	if (kind == PIN_HOST)
		return readonly ? &act->host_r : &act->host_w;
	return readonly ? &act->dev_r : &act->dev_w;
}

static bool pins_full(struct active *act, unsigned kinds, bool readonly)
{
	return (kinds & PIN_HOST && *pin_counter(act, PIN_HOST, readonly) == PIN_MAX) ||
	       (kinds & PIN_DEV && *pin_counter(act, PIN_DEV, readonly) == PIN_MAX);
}

static int ref_frame(struct domain *rd, mfn_t mfn, bool readonly, struct page **pg)
{
	*pg = mfn_get(mfn, rd);
	if (!*pg)
		return GNTST_bad_page;
	if (readonly || page_get_type_writable(*pg))
		return GNTST_okay;
	page_put(*pg);
	return GNTST_general_error;
}

/* All references for the kinds, or none. */
static int ref_kinds(struct domain *rd, mfn_t mfn, unsigned kinds, bool readonly, struct page **pg)
{
	int rc = ref_frame(rd, mfn, readonly, pg);

	if (!rc && kinds == (PIN_HOST | PIN_DEV)) {
		rc = ref_frame(rd, mfn, readonly, pg);
		if (rc)
			grant_drop_refs(mfn_to_page(mfn), PIN_HOST, readonly);
	}
	return rc;
}

/* Hot. Budget: 90 instructions, 3 locked operations for a first pin to read. */
int grant_pin(struct domain *rd, domid_t by, u32 ref, unsigned kinds, bool readonly, bool map,
	      struct page **pg)
{
	struct grant_table *gt = rd->grant;
	grant_entry_v1_t *sha;
	struct active *act;
	mfn_t mfn;
	int rc;

	if (unlikely(!grant_ref_ok(gt, ref)))
		return GNTST_bad_gntref;
	act = active_entry(gt, ref);
	sha = shared_entry(gt, ref);
	if (active_pins(act) && (act->domid != by || pins_full(act, kinds, readonly)))
		return GNTST_general_error;
	if (!active_pins(act) || (!readonly && !act->host_w && !act->dev_w)) {
		rc = claim_status(sha, by, readonly, map);
		if (rc)
			return rc;
	}
	mfn = active_pins(act) ? act->mfn : _mfn(READ_ONCE(sha->frame));
	rc = ref_kinds(rd, mfn, kinds, readonly, pg);
	if (rc) {
		settle_status(gt, ref);
		return rc;
	}
	act->mfn = mfn;
	act->domid = by;
	if (kinds & PIN_HOST)
		++*pin_counter(act, PIN_HOST, readonly);
	if (kinds & PIN_DEV)
		++*pin_counter(act, PIN_DEV, readonly);
	return GNTST_okay;
}

static void unpin_kind(struct active *act, unsigned kind, bool readonly)
{
	u8 *n = pin_counter(act, kind, readonly);

	BUG_ON(!*n);
	--*n;
}

void grant_unpin(struct grant_table *gt, u32 ref, unsigned kinds, bool readonly)
{
	struct active *act = active_entry(gt, ref);

	if (kinds & PIN_HOST)
		unpin_kind(act, PIN_HOST, readonly);
	if (kinds & PIN_DEV)
		unpin_kind(act, PIN_DEV, readonly);
	settle_status(gt, ref);
}

static void drop_one(struct page *pg, bool readonly)
{
	if (readonly)
		page_put(pg);
	else
		page_put_writable(pg);
}

void grant_drop_refs(struct page *pg, unsigned kinds, bool readonly)
{
	if (kinds & PIN_HOST)
		drop_one(pg, readonly);
	if (kinds & PIN_DEV)
		drop_one(pg, readonly);
}

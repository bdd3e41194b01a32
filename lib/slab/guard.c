/* SPDX-License-Identifier: MIT */
/*
 * guard.c - see guard.h.  Pages are made to trap by MADV_GUARD_INSTALL, which
 * costs no mapping, or by protection where the kernel does not have it or a
 * filter refuses it.
 */
#include "slab/guard.h"

#include "base/annotate.h"
#include "os/meta.h"
#include "os/os.h"

#include <string.h>

struct hk_lock hk_guard_lock;
struct hk_guard_counts hk_guard_counts;
_Atomic uintptr_t hk_guard_base;
size_t hk_guard_span;

/*
 * What is written behind a block, at most so much, and all over a freed one
 * whose page stays open.
 */
#define PATTERN		0xd7
#define PATTERN_MAX	64u

/* Freed slots, first in first out: number + 1; 0: none. */
struct queue {
	uint32_t oldest, newest;
};

/* All under the lock. */
static struct hk_guard_slot *slots;
static size_t page;
static uint32_t used;		/* slots that ever had a block */
static struct queue closed;	/* whose page traps */
static struct queue waiting;	/* whose page is open */
static bool by_protection;
static bool at_start;		/* where the last block was in its page */
static bool refused;		/* there is no memory for slots */

/* ---- where things are ---- */

static uintptr_t base_of_slots(void)
{
	return atomic_load_explicit(&hk_guard_base, memory_order_relaxed);
}

static char *page_of(uint32_t i)
{
	return (char *)base_of_slots() + (2 * (size_t)i + 1) * page;
}

static char *end_of(const struct hk_guard_slot *slot)
{
	return slot->start + slot->size;
}

/* How far the pattern behind the block goes, in bytes. */
static size_t pattern_size(const struct hk_guard_slot *slot)
{
	size_t room = page - (((uintptr_t)slot->start & (page - 1)) +
			      slot->size);

	return hk_min(room, PATTERN_MAX);
}

/* Is there something else than the pattern? */
static bool written(const char *p, size_t n)
{
	const unsigned char *byte = (const unsigned char *)p;
	bool found = false;

	hk_note_open(p, n);
	for (size_t i = 0; i < n; i++)
		found |= byte[i] != PATTERN;
	hk_note_close(p, n);
	return found;
}

static bool spilled(const struct hk_guard_slot *slot)
{
	return written(end_of(slot), pattern_size(slot));
}

/* The block with what is behind it. */
static size_t whole(const struct hk_guard_slot *slot)
{
	return slot->size + pattern_size(slot);
}

/* ---- pages ---- */

/*
 * Returns whether open_page() can open it again: not where the advice is
 * refused and the page protected instead, which the advice does not undo.
 */
static bool close_page(void *p)
{
	if (by_protection)
		return !hk_os_forbid(p, page);
	if (!hk_os_guard(p, page))
		return true;
	hk_os_forbid(p, page);
	return false;
}

static int open_page(void *p)
{
	return by_protection ? hk_os_commit(p, page) : hk_os_unguard(p, page);
}

static bool make_slots(void)
{
	void *base;

	page = hk_os_page_size();
	slots = hk_meta_alloc(HK_GUARD_SLOTS * sizeof(*slots));
	if (!slots)
		return false;
	hk_guard_span = (2 * HK_GUARD_SLOTS + 1) * page;
	if (hk_os_map(NULL, hk_guard_span, &base))
		return false;
	/* Some emulators say yes to an advice that they do not know. */
	if (hk_os_guard(base, hk_guard_span) || hk_os_readable(base)) {
		by_protection = true;
		if (hk_os_forbid(base, hk_guard_span)) {
			hk_os_unmap(base, hk_guard_span);
			return false;
		}
	}
	atomic_store_explicit(&hk_guard_counts.reserved, hk_guard_span,
			      memory_order_relaxed);
	atomic_store_explicit(&hk_guard_base, (uintptr_t)base,
			      memory_order_release);
	return true;
}

/* ---- slots ---- */

/* The one that was freed first: number + 1. */
static uint32_t take(struct queue *queue)
{
	uint32_t i = queue->oldest;

	if (i) {
		queue->oldest = slots[i - 1].next;
		if (!queue->oldest)
			queue->newest = 0;
	}
	return i;
}

static void put(struct queue *queue, uint32_t i)
{
	slots[i - 1].next = 0;
	if (queue->newest)
		slots[queue->newest - 1].next = i;
	else
		queue->oldest = i;
	queue->newest = i;
}

static size_t pages_of(_Atomic size_t *bytes)
{
	return atomic_load_explicit(bytes, memory_order_relaxed) / page;
}

static void count(_Atomic size_t *bytes, bool more)
{
	atomic_fetch_add_explicit(bytes, more ? page : -page,
				  memory_order_relaxed);
}

size_t hk_guard_open(void)
{
	return pages_of(&hk_guard_counts.live) +
		pages_of(&hk_guard_counts.kept);
}

/*
 * A slot for a block, number + 1: one that traps, as long as not too many do
 * not; else one that is open, which asks the system for nothing.
 */
static uint32_t pop(size_t most)
{
	uint32_t i = 0;

	if (hk_guard_open() < most)
		i = used < HK_GUARD_SLOTS ? ++used : take(&closed);
	return i ? i : take(&waiting);
}

/* Every other block is at the start of its page; a block is never past it. */
static char *place(char *at, size_t n, size_t align)
{
	at_start = !at_start;
	if (at_start)
		return at;
	return (char *)((uintptr_t)(at + page - hk_max(n, 1)) & ~(align - 1));
}

static void fill(struct hk_guard_slot *slot, char *start, size_t n,
		 const void *frame)
{
	slot->state = HK_GUARD_LIVE;
	slot->size = (uint32_t)n;
	slot->start = start;
	slot->freed.thread = 0;
	hk_trace_take(&slot->allocated, frame);
	memset(end_of(slot), PATTERN, pattern_size(slot));
	hk_note_close(page_of((uint32_t)(slot - slots)), page);
}

/*
 * Makes the page of a slot ready for a block; false where the system refuses
 * or somebody wrote to the block that was freed.
 */
static bool ready(uint32_t i, struct hk_guard_slot *culprit)
{
	struct hk_guard_slot *slot = &slots[i - 1];

	if (slot->state != HK_GUARD_WAITING) {
		if (!open_page(page_of(i - 1)))
			return true;
		put(&closed, i);
		return false;
	}
	count(&hk_guard_counts.kept, false);
	if (!written(slot->start, whole(slot))) {
		hk_note_open(page_of(i - 1), page);
		memset(page_of(i - 1), 0, page);
		return true;
	}
	/* Nobody gets it any more. */
	*culprit = *slot;
	return false;
}

static void *alloc_locked(size_t n, size_t align, size_t most,
			  const void *frame, struct hk_guard_slot *culprit)
{
	uint32_t i;
	char *at;

	if (!slots && !refused)
		refused = !make_slots();
	if (refused || n > page || align > page)
		return NULL;
	i = pop(most);
	if (!i || !ready(i, culprit))
		return NULL;
	at = place(page_of(i - 1), n, align);
	fill(&slots[i - 1], at, n, frame);
	count(&hk_guard_counts.live, true);
	atomic_fetch_add_explicit(&hk_guard_counts.taken, 1,
				  memory_order_relaxed);
	return at;
}

void *hk_guard_alloc(size_t n, size_t align, size_t most, const void *frame,
		     struct hk_guard_slot *culprit)
{
	void *p;

	culprit->state = HK_GUARD_UNUSED;
	hk_lock(&hk_guard_lock, HK_RANK_GUARD);
	p = alloc_locked(n, align, most, frame, culprit);
	hk_unlock(&hk_guard_lock, HK_RANK_GUARD);
	return p;
}

/* ---- what an address is ---- */

static size_t distance(const struct hk_guard_slot *slot, const char *p)
{
	if (p < slot->start)
		return (size_t)(slot->start - p);
	return p < end_of(slot) ? 0 : (size_t)(p - end_of(slot)) + 1;
}

/* The slot whose block is nearest, or NULL. */
static struct hk_guard_slot *nearest(const char *p)
{
	size_t n = ((uintptr_t)p - base_of_slots()) / page;
	struct hk_guard_slot *best = NULL;

	/* A slot's page has an odd number, a guard slots on both sides. */
	for (size_t i = n ? (n - 1) / 2 : 0; i <= n / 2 && i < used; i++) {
		struct hk_guard_slot *slot = &slots[i];

		if (slot->state == HK_GUARD_UNUSED)
			continue;
		if (!best || distance(slot, p) < distance(best, p))
			best = slot;
	}
	return best;
}

static enum hk_guard_verdict judge(const struct hk_guard_slot *slot,
				   const char *p)
{
	if (slot->state == HK_GUARD_LIVE && p == slot->start)
		return spilled(slot) ? HK_GUARD_SPILLED : HK_GUARD_BLOCK;
	if (p < slot->start)
		return HK_GUARD_BEFORE;
	if (p >= end_of(slot) && p != slot->start)
		return HK_GUARD_PAST;
	return slot->state == HK_GUARD_LIVE ? HK_GUARD_INSIDE :
					      HK_GUARD_AFTER_FREE;
}

/* A thread that trapped may hold the lock itself, and ends anyway. */
static bool lock_for_a_look(void)
{
	for (int i = 0; i < 100000; i++) {
		if (hk_trylock(&hk_guard_lock, HK_RANK_GUARD))
			return true;
		hk_os_pause();
	}
	return false;
}

enum hk_guard_verdict hk_guard_look(const void *p, struct hk_guard_slot *slot)
{
	enum hk_guard_verdict verdict = HK_GUARD_NONE;
	struct hk_guard_slot *near;
	bool locked;

	if (!hk_guard_is(p))
		return HK_GUARD_NONE;
	locked = lock_for_a_look();
	near = nearest(p);
	if (near) {
		*slot = *near;
		verdict = judge(near, p);
	}
	if (locked)
		hk_unlock(&hk_guard_lock, HK_RANK_GUARD);
	return verdict;
}

/* ---- freeing ---- */

static void free_page(struct hk_guard_slot *slot, bool trap)
{
	uint32_t i = (uint32_t)(slot - slots);

	if (trap) {
		/* A page that stays open, or closed, is not used again. */
		if (close_page(page_of(i)))
			put(&closed, i + 1);
		return;
	}
	slot->state = HK_GUARD_WAITING;
	count(&hk_guard_counts.kept, true);
	hk_note_open(page_of(i), page);
	memset(slot->start, PATTERN, whole(slot));
	hk_note_close(page_of(i), page);
	put(&waiting, i + 1);
}

static bool free_locked(char *p, const void *frame, bool trap)
{
	struct hk_guard_slot *slot = nearest(p);

	if (!slot || slot->state != HK_GUARD_LIVE || slot->start != p)
		return false;
	slot->state = HK_GUARD_FREED;
	hk_trace_take(&slot->freed, frame);
	count(&hk_guard_counts.live, false);
	free_page(slot, trap);
	return true;
}

bool hk_guard_free(void *p, const void *frame, bool trap)
{
	bool freed;

	hk_lock(&hk_guard_lock, HK_RANK_GUARD);
	freed = free_locked(p, frame, trap);
	hk_unlock(&hk_guard_lock, HK_RANK_GUARD);
	return freed;
}

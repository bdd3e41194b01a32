/* SPDX-License-Identifier: MIT */
/*
 * seal.c - see seal.h.
 */
#include "api/seal.h"

#include "api/pattern.h"
#include "base/annotate.h"
#include "base/fatal.h"
#include "os/os.h"
#include "slab/class.h"
#include "slab/medium.h"
#include "superslab/arena.h"
#include "superslab/thp.h"

#include <string.h>

#define SEAL		sizeof(uint64_t)

/* A free block's first words are the heap's: its link and its mark. */
#define LINK		(2 * sizeof(uintptr_t))
#define LEAST		(LINK + SEAL + 1)

/* Longer ones are cleared by the system, a page at a time. */
#define CLEAR_MAX	HK_MIB

/*
 * Free blocks that are longer are not looked at again: their pages may be the
 * system's.
 */
#define SEARCH_MAX	(32 * HK_KIB)

#define QUARANTINE_MAX	(8 * HK_KIB)

/* ---- the seal ---- */

/*
 * What a block tells: how many bytes there are between the requested ones and
 * the seal, less than 32 KiB as no rounding of a size adds more; or that it
 * is free.
 */
#define FREED		0x8000u
#define BEYOND(seal)	((size_t)((seal) >> 48 & 0x7fff))

/* What all seals of a block have in common. */
static uint64_t root_of(const void *p)
{
	return hk_splitmix(hk_arena.link_key ^ (uintptr_t)p);
}

/*
 * Six bytes of hash, two with what the block tells.  All but one have their
 * highest bit set: neither a zero nor ASCII written over an end of it leaves
 * it as it was.
 */
static uint64_t seal_of(uint64_t root, size_t tells)
{
	uint64_t hash = root + tells * HK_SPLITMIX_STEP;

	return (hash >> 16) | 0x8000808080808080u | (uint64_t)tells << 48;
}

static bool is_live(uint64_t seal, uint64_t root)
{
	return seal == seal_of(root, BEYOND(seal));
}

static bool is_freed(uint64_t seal, uint64_t root)
{
	return seal == seal_of(root, FREED);
}

/*
 * The holder of the block behind reads it too, and memcheck is not told that
 * it may: what it would say is not heard instead.  Relaxed: see seal.h.
 */
static uint64_t load(const void *at)
{
	uint64_t word;

	hk_note_deaf();
	word = __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
	hk_note_hears();
	hk_note_open(&word, sizeof(word));
	return word;
}

static void store(void *at, uint64_t word)
{
	hk_note_deaf();
	__atomic_store_n((uint64_t *)at, word, __ATOMIC_RELAXED);
	hk_note_hears();
}

/* Becomes `to` if it is still `from`. */
static bool change(void *at, uint64_t from, uint64_t to)
{
	bool done;

	hk_note_deaf();
	done = __atomic_compare_exchange_n((uint64_t *)at, &from, to, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	hk_note_hears();
	return done;
}

/* ---- where things are in a block ---- */

static bool is_long(const struct hk_block_info *info)
{
	return info->kind == HK_KIND_RUN || info->kind == HK_KIND_HUGE;
}

static size_t guard_size(const struct hk_block_info *info)
{
	return is_long(info) ? hk_os_page_size() : 0;
}

/* Of the seal, counted from the start of the block. */
static size_t seal_at(const struct hk_block_info *info)
{
	return info->size - guard_size(info) - SEAL;
}

/* What no class serves is long, and has a guard page. */
size_t hk_seal_room(size_t n, size_t align)
{
	size_t room = hk_max(n + SEAL, LEAST);

	if (hk_likely(align <= 16 && room <= HK_MEDIUM_MAX))
		return room;
	if (align <= HK_PAGE && hk_class_aligned(room, align) < HK_CLASSES)
		return room;
	return room + hk_os_page_size();
}

bool hk_seal_fits(size_t n, const struct hk_block_info *info)
{
	return n <= seal_at(info);
}

/* A small slab has another one in front of all: hk_slab_skipped(). */
static bool is_first(const void *p, const struct hk_block_info *info)
{
	return info->kind == HK_KIND_MEDIUM &&
		!hk_medium_number(info->d, p);
}

/* Does a freed block wait? */
static bool waits(const struct hk_block_info *info)
{
	return !is_long(info) && info->size <= QUARANTINE_MAX;
}

bool hk_seal_avoids(const void *p, const struct hk_block_info *info)
{
	return waits(info) && is_first(p, info);
}

/* ---- looking ---- */

/* May the pages of free blocks of the slab go back to the system? */
static bool may_lose_seal(const struct hk_block_info *info)
{
	return info->size > HK_SHORT_MAX;
}

/* Is what stands before the block the end of another one, as it was left? */
static bool is_whole_before(const void *p, const struct hk_block_info *info)
{
	uint64_t seal, root;

	if (is_long(info) || is_first(p, info))
		return true;
	seal = load((const char *)p - SEAL);
	if (hk_unlikely(!seal))
		return may_lose_seal(info);
	root = root_of((const char *)p - info->size);
	/* One as often as the other: both, rather than a branch. */
	return (int)is_live(seal, root) | (int)is_freed(seal, root);
}

/* A block that was never used becomes a free one like the others. */
static void seal_before(char *p, const struct hk_block_info *info)
{
	if (!is_long(info) && !is_first(p, info) &&
	    hk_unlikely(!load(p - SEAL)))
		change(p - SEAL, 0, seal_of(root_of(p - info->size), FREED));
}

/* Looks at a block of the program, which has this seal. */
static enum hk_seal_verdict look(const char *p, uint64_t seal, uint64_t root,
				 const struct hk_block_info *info)
{
	size_t n = seal_at(info) - BEYOND(seal);

	if (hk_unlikely(!is_live(seal, root)))
		return is_freed(seal, root) ? HK_SEAL_FREED : HK_SEAL_OVERFLOW;
	if (!hk_pattern_is(p, n, seal_at(info)))
		return HK_SEAL_OVERFLOW;
	return is_whole_before(p, info) ? HK_SEAL_WHOLE : HK_SEAL_UNDERFLOW;
}

enum hk_seal_verdict hk_seal_look(const void *p, size_t *n,
				  const struct hk_block_info *info)
{
	size_t at = seal_at(info);
	uint64_t seal = load((const char *)p + at);
	enum hk_seal_verdict verdict = look(p, seal, root_of(p), info);

	*n = verdict == HK_SEAL_WHOLE ? at - BEYOND(seal) : 0;
	return verdict;
}

/*
 * What another thread that frees it leaves behind looks like damage.  On arm64
 * it may be seen before the seal is, and be called so.
 */
enum hk_seal_verdict hk_seal_break(void *p, const struct hk_block_info *info)
{
	char *at = (char *)p + seal_at(info);
	uint64_t seal = load(at), root = root_of(p);
	enum hk_seal_verdict verdict = look(p, seal, root, info);

	/* The compiler keeps the order, here and before the seal is changed. */
	atomic_signal_fence(memory_order_seq_cst);
	if (verdict != HK_SEAL_WHOLE)
		return is_freed(load(at), root) ? HK_SEAL_FREED : verdict;
	if (!change(at, seal, seal_of(root, FREED)))
		return HK_SEAL_FREED;
	atomic_signal_fence(memory_order_seq_cst);
	return HK_SEAL_WHOLE;
}

/* ---- closing ---- */

/*
 * A block that never was the program's has no seal; one whose pages went
 * back to the system has lost it.
 */
static bool is_as_left(const char *p, uint64_t root,
		       const struct hk_block_info *info)
{
	uint64_t seal = load(p + seal_at(info));

	if (seal && !is_freed(seal, root))
		return false;
	return info->size > SEARCH_MAX ||
		hk_is_zero(p + LINK, seal_at(info) - LINK);
}

enum hk_seal_verdict hk_seal_close(void *p, size_t n,
				   const struct hk_block_info *info)
{
	uint64_t root = root_of(p);

	if (is_long(info)) {
		size_t guard = guard_size(info);

		/* Without it the seal alone must do. */
		hk_os_guard((char *)p + info->size - guard, guard);
	} else if (!is_as_left(p, root, info)) {
		return HK_SEAL_STALE;
	} else {
		hk_note_zero(p, LINK);
		seal_before(p, info);
	}
	hk_pattern_set_zeroed(p, n, seal_at(info));
	store((char *)p + seal_at(info), seal_of(root, seal_at(info) - n));
	return HK_SEAL_WHOLE;
}

enum hk_seal_verdict hk_seal_again(void *p, size_t was, size_t n,
				   const struct hk_block_info *info)
{
	size_t at = seal_at(info), end = was + hk_pattern_size(was, at);
	size_t from = hk_min(was, n);
	uint64_t root = root_of(p);

	hk_note_zero((char *)p + from, end - from);
	hk_pattern_set(p, n, at);
	return change((char *)p + at, seal_of(root, at - was),
		      seal_of(root, at - n)) ? HK_SEAL_WHOLE : HK_SEAL_FREED;
}

/* ---- after the free ---- */

/* A long one: its guard page goes, and most of the others do. */
static bool clear_long(char *p, const struct hk_block_info *info)
{
	size_t guard = guard_size(info);
	int err;

	/* Its mapping goes as a whole. */
	if (info->kind == HK_KIND_HUGE)
		return true;
	err = hk_os_unguard(p + info->size - guard, guard);
	/* Where there are no guard pages, there is none. */
	if (err && !hk_os_readable(p + info->size - guard))
		return false;
	hk_note_open(p, info->size);
	if (info->size < CLEAR_MAX || hk_thp_discard(p, info->size))
		memset(p, 0, info->size);
	hk_note_close(p, info->size);
	return true;
}

bool hk_seal_clear(void *p, const struct hk_block_info *info)
{
	if (is_long(info))
		return clear_long(p, info);
	hk_note_zero(p, seal_at(info));
	return true;
}

/* Each heap has a sequence of its own. */
static size_t draw(struct hk_sealed *sealed)
{
	return hk_splitmix((hk_arena.mark_key ^ (uintptr_t)sealed) +
			   ++sealed->draws * HK_SPLITMIX_STEP) %
		HK_QUARANTINE;
}

/*
 * Changes places with a block in the quarantine, or none.  The one after it
 * is chosen already, and fetched meanwhile.
 */
static void *change_places(struct hk_sealed *sealed, void *p)
{
	void **place, *other;

	if (hk_unlikely(!sealed->draws))
		sealed->next = draw(sealed);
	place = &sealed->quarantine[sealed->next];
	other = *place;
	*place = p;
	sealed->next = draw(sealed);
	__builtin_prefetch(sealed->quarantine[sealed->next]);
	return other;
}

/* A block of a slab that is known to be one. */
static void describe(const void *p, struct hk_block_info *info)
{
	struct hk_desc *d = hk_desc_of(p);

	info->kind = HK_KIND_SMALL;
	if (d->class >= HK_SMALL_CLASSES) {
		info->kind = HK_KIND_MEDIUM;
		d -= d->back;
	}
	info->d = d;
	info->size = hk_class_size(d->class);
}

void *hk_seal_retire(struct hk_sealed *sealed, void *p,
		     struct hk_block_info *info, enum hk_seal_verdict *verdict)
{
	*verdict = HK_SEAL_WHOLE;
	if (!waits(info))
		return p;
	p = change_places(sealed, p);
	if (!p)
		return NULL;
	describe(p, info);
	/*
	 * All of it, though that is looked at once more when it is handed out:
	 * its slab may have others to hand out for as long as there are calls.
	 */
	if (hk_unlikely(!hk_is_zero(p, seal_at(info)) ||
			!is_freed(load((char *)p + seal_at(info)),
				  root_of(p))))
		*verdict = HK_SEAL_STALE;
	return p;
}

void hk_seal_fatal(enum hk_seal_verdict verdict, const void *p, size_t size)
{
	switch (verdict) {
	case HK_SEAL_OVERFLOW:
		hk_fatal_block("overflow", p, " (", size,
			       "-byte class, written behind its end)");
	case HK_SEAL_UNDERFLOW:
		hk_fatal_block("underflow", p, " (", size,
			       "-byte class, written before it)");
	case HK_SEAL_STALE:
		hk_fatal_block("use after free", p, " (", size,
			       "-byte class, written since it was freed)");
	case HK_SEAL_FREED:
	case HK_SEAL_WHOLE:
		break;
	}
	hk_fatal_double_free(p, size, 0);
}

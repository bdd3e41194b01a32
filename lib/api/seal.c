/* SPDX-License-Identifier: MIT */
/*
 * seal.c - see seal.h.
 */
#include "api/seal.h"

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

/* So far behind the requested bytes each byte is looked at. */
#define PATTERN_MAX	64u

/* Longer ones are cleared by the system, a page at a time. */
#define WIPE_MAX	HK_MIB

/*
 * Free blocks that are longer are not looked at again: their pages may be the
 * system's.
 */
#define SEARCH_MAX	(32 * HK_KIB)

#define QUARANTINE_MAX	(8 * HK_KIB)
#define PLACES		256u

/* All of it under the shared heap's lock. */
static void *quarantine[PLACES];
static uint64_t draws;

/* ---- the seal ---- */

/*
 * What a block tells: how many bytes there are between the requested ones and
 * the seal, less than 32 KiB as no rounding of a size adds more; or that it
 * is free.
 */
#define FREED		0x8000u
#define BEYOND(seal)	((size_t)((seal) >> 48 & 0x7fff))

/*
 * Six bytes of hash, two with what the block tells.  All but one have their
 * highest bit set: neither a zero nor ASCII written over an end of it leaves
 * it as it was.
 */
static uint64_t seal_of(const void *p, size_t tells)
{
	uint64_t hash = hk_splitmix(hk_arena.link_key ^ (uintptr_t)p ^
				    (uint64_t)tells << 48);

	return (hash >> 16) | 0x8000808080808080u | (uint64_t)tells << 48;
}

static unsigned char pattern(void)
{
	return (unsigned char)(hk_arena.mark_key >> 8) | 0x80;
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

static uint64_t load(const void *p)
{
	uint64_t word;

	hk_note_open(p, sizeof(word));
	memcpy(&word, p, sizeof(word));
	hk_note_close(p, sizeof(word));
	return word;
}

static void store(void *p, uint64_t word)
{
	hk_note_open(p, sizeof(word));
	memcpy(p, &word, sizeof(word));
	hk_note_close(p, sizeof(word));
}

/* What no class serves is long, and has a guard page. */
size_t hk_seal_room(size_t n, size_t align)
{
	size_t room = hk_max(n + SEAL, LEAST);

	if (align <= HK_PAGE && hk_class_aligned(room, align) < HK_CLASSES)
		return room;
	return room + hk_os_page_size();
}

bool hk_seal_fits(size_t n, const struct hk_block_info *info)
{
	return n <= seal_at(info);
}

static bool is_first(const void *p, const struct hk_block_info *info)
{
	if (info->kind == HK_KIND_SMALL)
		return (uintptr_t)p - info->size < info->d->start;
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

/* Is each of the `n` bytes this one? */
static bool is_all(const void *p, unsigned char byte, size_t n)
{
	const unsigned char *bytes = p;
	bool same;

	if (!n)
		return true;
	hk_note_open(p, n);
	/* Each is like the one before it: libc compares faster than a loop. */
	same = bytes[0] == byte && !memcmp(bytes, bytes + 1, n - 1);
	hk_note_close(p, n);
	return same;
}

static size_t pattern_size(size_t n, const struct hk_block_info *info)
{
	return hk_min(seal_at(info) - n, PATTERN_MAX);
}

/* May the pages of free blocks of the slab go back to the system? */
static bool may_lose_seal(const struct hk_block_info *info)
{
	return info->size > HK_SHORT_MAX;
}

/* Is what stands before the block the end of another one, as it was left? */
static bool is_whole_before(const void *p, const struct hk_block_info *info)
{
	const char *before = (const char *)p - info->size;
	uint64_t seal;

	if (is_long(info) || is_first(p, info))
		return true;
	seal = load((const char *)p - SEAL);
	if (!seal)
		return may_lose_seal(info);
	return seal == seal_of(before, BEYOND(seal)) ||
		seal == seal_of(before, FREED);
}

/* A block that was never used becomes a free one like the others. */
static void seal_before(char *p, const struct hk_block_info *info)
{
	if (!is_long(info) && !is_first(p, info) && !load(p - SEAL))
		store(p - SEAL, seal_of(p - info->size, FREED));
}

enum hk_seal_verdict hk_seal_look(const void *p, size_t *n,
				  const struct hk_block_info *info)
{
	size_t at = seal_at(info);
	uint64_t seal = load((const char *)p + at);

	*n = 0;
	if (seal == seal_of(p, FREED))
		return HK_SEAL_FREED;
	if (seal != seal_of(p, BEYOND(seal)))
		return HK_SEAL_OVERFLOW;
	*n = at - BEYOND(seal);
	if (!is_all((const char *)p + *n, pattern(), pattern_size(*n, info)))
		return HK_SEAL_OVERFLOW;
	return is_whole_before(p, info) ? HK_SEAL_WHOLE : HK_SEAL_UNDERFLOW;
}

/* ---- closing ---- */

static void set(char *p, size_t n, const struct hk_block_info *info)
{
	size_t behind = pattern_size(n, info);

	hk_note_open(p + n, behind);
	memset(p + n, pattern(), behind);
	hk_note_close(p + n, behind);
	store(p + seal_at(info), seal_of(p, seal_at(info) - n));
}

/*
 * A block that never was the program's has no seal; one whose pages went
 * back to the system has lost it.
 */
static bool is_as_left(const char *p, const struct hk_block_info *info)
{
	uint64_t seal = load(p + seal_at(info));

	if (seal && seal != seal_of(p, FREED))
		return false;
	return info->size > SEARCH_MAX ||
		is_all(p + LINK, 0, seal_at(info) - LINK);
}

enum hk_seal_verdict hk_seal_close(void *p, size_t n,
				   const struct hk_block_info *info)
{
	if (is_long(info)) {
		size_t guard = guard_size(info);

		/* Without it the seal alone must do. */
		hk_os_guard((char *)p + info->size - guard, guard);
	} else if (!is_as_left(p, info)) {
		return HK_SEAL_STALE;
	} else {
		hk_note_open(p, LINK);
		memset(p, 0, LINK);
		hk_note_close(p, LINK);
		seal_before(p, info);
	}
	set(p, n, info);
	return HK_SEAL_WHOLE;
}

void hk_seal_again(void *p, size_t was, size_t n,
		   const struct hk_block_info *info)
{
	size_t end = was + pattern_size(was, info);
	size_t from = hk_min(was, n);

	hk_note_open((char *)p + from, end - from);
	memset((char *)p + from, 0, end - from);
	set(p, n, info);
}

/* ---- after the free ---- */

/* False where the block must not be used again. */
static bool wipe(char *p, const struct hk_block_info *info)
{
	size_t guard = guard_size(info);
	int err;

	if (info->kind == HK_KIND_HUGE)
		return true;
	err = guard ? hk_os_unguard(p + info->size - guard, guard) : 0;
	/* Where there are no guard pages, there is none. */
	if (err && !hk_os_readable(p + info->size - guard))
		return false;
	hk_note_open(p, info->size);
	if (info->size < WIPE_MAX || hk_thp_discard(p, info->size))
		memset(p, 0, info->size);
	if (!guard)
		store(p + seal_at(info), seal_of(p, FREED));
	hk_note_close(p, info->size);
	return true;
}

/* Changes places with a block in the quarantine, or none. */
static void *change_places(void *p)
{
	uint64_t z = hk_splitmix(hk_arena.mark_key +
				 ++draws * HK_SPLITMIX_STEP);
	void **place = &quarantine[z % PLACES];
	void *other = *place;

	*place = p;
	return other;
}

void *hk_seal_retire(void *p, struct hk_block_info *info,
		     enum hk_seal_verdict *verdict)
{
	*verdict = HK_SEAL_WHOLE;
	if (!wipe(p, info))
		return NULL;
	if (!waits(info))
		return p;
	p = change_places(p);
	if (!p)
		return NULL;
	*verdict = HK_SEAL_STALE;
	info->size = hk_class_size(hk_desc_of(p)->class);
	/*
	 * Before it is located: a mark there would have lists searched, under
	 * the lock that is held.
	 */
	if (!is_all(p, 0, LINK))
		return p;
	hk_locate(p, "free", info);
	if (load((char *)p + seal_at(info)) == seal_of(p, FREED) &&
	    is_as_left(p, info))
		*verdict = HK_SEAL_WHOLE;
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

/* SPDX-License-Identifier: MIT */
/*
 * locate.c - see locate.h.  The plain cases are short; the verdicts, which
 * may take their time, are cold.
 */
#include "api/locate.h"

#include "api/libc_mode.h"
#include "api/sample.h"
#include "heap/heap.h"
#include "heap/remote.h"
#include "heap/share.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"

/* ---- verdicts ---- */

/* Whoever handles the signal may allocate: the shared heap is let go. */
static void start_invalid(struct hk_line *line, const char *call,
			  const void *p)
{
	if (hk_tls.in_shared)
		hk_share_leave();
	hk_fatal_start(line);
	hk_line_str(line, "invalid ");
	hk_line_str(line, call);
	hk_line_str(line, " of ");
	hk_line_ptr(line, p);
}

HK_NORETURN HK_COLD static void invalid(const char *call, const void *p,
					const char *why)
{
	struct hk_line line;

	start_invalid(&line, call, p);
	hk_line_str(&line, " (");
	hk_line_str(&line, why);
	hk_line_str(&line, ")");
	hk_fatal_end(&line);
}

HK_NORETURN HK_COLD static void interior(const char *call, const void *p,
					 size_t size, const void *start)
{
	struct hk_line line;

	start_invalid(&line, call, p);
	hk_line_str(&line, " (inside a ");
	hk_line_num(&line, size);
	hk_line_str(&line, "-byte block at ");
	hk_line_ptr(&line, start);
	hk_line_str(&line, ")");
	hk_fatal_end(&line);
}

void hk_fatal_block(const char *what, const void *p, const char *before,
		    uint64_t number, const char *behind)
{
	struct hk_line line;

	hk_fatal_start_of(&line, what, p);
	hk_line_str(&line, before);
	hk_line_num(&line, number);
	hk_line_str(&line, behind);
	hk_fatal_end(&line);
}

static const char *not_ours = "not from this allocator";
static const char *is_free = "memory that is free";

/* Dies where `d` is within a run, which may begin far before it. */
HK_COLD static void inside_run(const char *call, const void *p,
			       struct hk_desc *d)
{
	for (size_t back = 1; back < HK_RUN_MAX_UNITS &&
	     back < hk_desc_index(d); back++) {
		struct hk_desc *run = d - back;
		enum hk_state state = hk_desc_state(run);

		if (state == HK_NONE)
			continue;
		if (state == HK_RUN && run->units > back)
			interior(call, p, run->units * HK_UNIT,
				 hk_desc_start(run));
		if ((state == HK_FREE_CLEAN || state == HK_FREE_DIRTY ||
		     state == HK_RUN_CACHED) && run->units > back)
			invalid(call, p, is_free);
		return;
	}
}

HK_NORETURN HK_COLD static void not_a_start(const char *call, const void *p,
					    struct hk_desc *d)
{
	const char *start = hk_slab_block(d, p);

	if (start == p || hk_desc_of(start) != d ||
	    !hk_desc_is_start(d, start))
		invalid(call, p, is_free);
	interior(call, p, hk_class_size(d->class), start);
}

/* ---- the kinds ---- */

/* Has the heap, which is the calling thread's, a freed block `p`? */
static bool has_freed(struct hk_heap *heap, const struct hk_desc *d,
		      const void *p)
{
	if (d->class >= HK_SMALL_CLASSES)
		return hk_heap_medium_has(heap, d->class, p);
	return hk_desc_owner(d) == heap ? hk_list_has(d->freed, p) :
					  hk_remote_has(heap, d, p);
}

/* Lists of other threads' heaps cannot be searched. */
HK_COLD static const struct hk_heap *search(const struct hk_desc *d,
					    const void *p)
{
	struct hk_heap *shared;
	bool freed;

	if (hk_tls.heap->attached && has_freed(hk_tls.heap, d, p))
		return hk_tls.heap;
	shared = hk_share_enter_used();
	if (!shared)
		return NULL;
	freed = has_freed(shared, d, p);
	hk_share_leave();
	return freed ? shared : NULL;
}

/*
 * The heap that has the freed block, or NULL.  A mark is not proof; what is
 * proof is that a list has the block.
 */
static const struct hk_heap *who_freed(const struct hk_desc *d, const void *p)
{
	return hk_unlikely(hk_block_marked(p)) ? search(d, p) : NULL;
}

static void small(const char *call, const void *p, struct hk_desc *d,
		  struct hk_block_info *info)
{
	struct hk_heap *owner;

	if (!hk_desc_is_start(d, p))
		not_a_start(call, p, d);
	info->kind = HK_KIND_SMALL;
	info->size = hk_class_size(d->class);
	if (hk_likely(!who_freed(d, p)))
		return;
	owner = hk_desc_owner(d);
	hk_fatal_double_free(p, info->size, owner ? owner->id : 0);
}

static void medium(const char *call, const void *p, struct hk_desc *d,
		   struct hk_block_info *info)
{
	const struct hk_heap *heap;
	unsigned int number;
	const char *start;

	d -= d->back;
	number = hk_medium_number(d, p);
	info->kind = HK_KIND_MEDIUM;
	info->d = d;
	info->size = hk_class_size(d->class);
	start = hk_medium_block(d, number);
	if (!hk_medium_is(d, start))
		invalid(call, p, is_free);
	if (start != p)
		interior(call, p, info->size, start);
	if (hk_medium_avail(d, number))
		hk_fatal_double_free(p, info->size, 0);
	heap = who_freed(d, p);
	if (hk_unlikely(heap))
		hk_fatal_double_free(p, info->size, heap->id);
}

static void run(const char *call, const void *p, struct hk_desc *d,
		struct hk_block_info *info)
{
	size_t size = d->units * HK_UNIT;

	if (hk_desc_start(d) != p)
		interior(call, p, size, hk_desc_start(d));
	info->kind = HK_KIND_RUN;
	info->size = size;
}

static void outside(const char *call, const void *p,
		    struct hk_block_info *info)
{
	void *start;

	if (hk_guard_is(p)) {
		info->kind = HK_KIND_GUARD;
		info->size = hk_sample_size(p, call);
		return;
	}
	info->kind = HK_KIND_HUGE;
	info->size = hk_huge_size(p);
	if (info->size)
		return;
	start = hk_huge_around(p);
	if (start)
		interior(call, p, hk_huge_size(start), start);
	if (hk_desc_of(p))
		inside_run(call, p, hk_desc_of(p));
	if (!hk_libc_mode_on())
		invalid(call, p, not_ours);
	info->kind = HK_KIND_FOREIGN;
}

void hk_locate(const void *p, const char *call, struct hk_block_info *info)
{
	struct hk_desc *d = hk_desc_of(p);

	info->d = d;
	if (!d) {
		outside(call, p, info);
		return;
	}
	switch (hk_desc_state(d)) {
	case HK_SLAB_CURRENT:
	case HK_SLAB_USABLE:
	case HK_SLAB_FULL:
		small(call, p, d, info);
		return;
	case HK_MEDIUM:
	case HK_MEDIUM_PART:
		medium(call, p, d, info);
		return;
	case HK_RUN:
		run(call, p, d, info);
		return;
	case HK_RUN_CACHED:
		if (hk_desc_start(d) == p)
			hk_fatal_double_free(p, d->units * HK_UNIT, 0);
		invalid(call, p, is_free);
	case HK_NONE:
		/* In the window, but perhaps somebody else's mapping. */
		outside(call, p, info);
		return;
	case HK_FREE_CLEAN:
	case HK_FREE_DIRTY:
	case HK_FREE_TAIL:
	case HK_BUSY:
		invalid(call, p, is_free);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * trace.c - see trace.h.  Both processors have the same record where a frame
 * pointer leads:
 *
 *   frame --> | the caller's frame | where to return to |
 */
#include "os/trace.h"

#include "os/os.h"

struct record {
	uintptr_t frame;
	uintptr_t pc;
};

/* Longer than any frame of sane code: more is a register of another use. */
#define FRAME_MAX ((uintptr_t)256 << 10)

/* No code is in the first page, and nothing returns to 0. */
#define LEAST_PC HK_PAGE

/* The thread's number, so that it is not asked for each time; 0: not yet. */
static _Thread_local uint32_t self;

/*
 * Pages that could be read, by their numbers, high not among them.  Known for
 * one trace only: the stacks of coroutines come and go beside each other, and
 * a frame pointer that is none leads anywhere.
 */
struct pages {
	uintptr_t low, high;
};

static bool page_readable(struct pages *known, uintptr_t page)
{
	if (page >= known->low && page < known->high)
		return true;
	if (!hk_os_readable((const void *)(page << HK_PAGE_SHIFT)))
		return false;
	if (page == known->high) {
		known->high++;
	} else {
		known->low = page;
		known->high = page + 1;
	}
	return true;
}

static bool readable(struct pages *known, uintptr_t at)
{
	uintptr_t last = at + sizeof(struct record) - 1;

	return page_readable(known, at >> HK_PAGE_SHIFT) &&
		page_readable(known, last >> HK_PAGE_SHIFT);
}

/* A caller's frame is above, and not far. */
static bool follows(uintptr_t next, uintptr_t frame)
{
	return next > frame && next - frame <= FRAME_MAX &&
		!(next % sizeof(void *));
}

static void take(struct hk_trace *trace, const void *frame,
		 struct pages known)
{
	uintptr_t at = (uintptr_t)frame;

	if (!self)
		self = hk_os_tid();
	trace->thread = self;
	trace->n = 0;
	while (trace->n < HK_TRACE_FRAMES && readable(&known, at)) {
		const struct record *record = (const struct record *)at;

		if (record->pc < LEAST_PC)
			return;
		trace->pc[trace->n++] = record->pc;
		if (!follows(record->frame, at))
			return;
		at = record->frame;
	}
}

void hk_trace_take(struct hk_trace *trace, const void *frame)
{
	uintptr_t page = (uintptr_t)frame >> HK_PAGE_SHIFT;

	/* The thread stands on it. */
	take(trace, frame, (struct pages){ page, page + 1 });
}

void hk_trace_take_at(struct hk_trace *trace, const void *frame)
{
	take(trace, frame, (struct pages){ 0, 0 });
}

void hk_trace_fork_child(void)
{
	self = 0;
}

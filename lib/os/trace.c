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

/* Can the record be read?  Asked once for each page of the stack. */
static bool readable(uintptr_t at, uintptr_t *known)
{
	uintptr_t last = at + sizeof(struct record) - 1;

	if (last >> HK_PAGE_SHIFT == *known)
		return true;
	if (!hk_os_readable((const void *)at) ||
	    !hk_os_readable((const void *)last))
		return false;
	*known = last >> HK_PAGE_SHIFT;
	return true;
}

/* A caller's frame is above, and not far. */
static bool follows(uintptr_t next, uintptr_t frame)
{
	return next > frame && next - frame <= FRAME_MAX &&
		!(next % sizeof(void *));
}

void hk_trace_take(struct hk_trace *trace, const void *frame)
{
	uintptr_t at = (uintptr_t)frame;
	uintptr_t known = UINTPTR_MAX;	/* no page */

	trace->thread = hk_os_tid();
	trace->n = 0;
	while (trace->n < HK_TRACE_FRAMES && readable(at, &known)) {
		const struct record *record = (const struct record *)at;

		if (record->pc < LEAST_PC)
			return;
		trace->pc[trace->n++] = record->pc;
		if (!follows(record->frame, at))
			return;
		at = record->frame;
	}
}

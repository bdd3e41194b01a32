/* SPDX-License-Identifier: MIT */
/*
 * sample.h - which allocations get a block between guard pages (guard.h), and
 * what is said when such a block is misused.
 *
 * One in `guard` (an option) is to be, from the first one of a thread on, at
 * a distance that is drawn anew each time.  Only slow paths count: see
 * hk_tls.until_sample.  Blocks longer than a page are not sampled.  At most
 * a few are in a millisecond, and live at a time, for what it costs.
 */
#ifndef HK_SAMPLE_H
#define HK_SAMPLE_H

#include "heap/heap.h"
#include "os/os.h"
#include "slab/guard.h"

/* A slow path begins: is this allocation to be sampled? */
HK_INLINE bool hk_sample_due(void)
{
	return hk_unlikely(--hk_tls.until_sample <= 0);
}

/*
 * A sampled block, zeroed, or NULL: it is to be one like the others.  `frame`
 * as in os/trace.h.
 */
HK_COLD void *hk_sample(size_t n, size_t align, const void *frame);

/* Frees a block that hk_guard_is() is true for; dies of what is none. */
HK_COLD void hk_sample_free(void *p, const void *frame);

/*
 * The size in bytes of the live block at `p`, for which the same holds.  Dies
 * of everything else: "hakmem: fatal: invalid CALL ..." and who had it.
 */
HK_COLD size_t hk_sample_size(const void *p, const char *call);

/* Tells of a trap at `address`; false where it is no affair of ours. */
HK_COLD bool hk_sample_trapped(const void *address,
			       const struct hk_fault *fault);

#endif /* HK_SAMPLE_H */

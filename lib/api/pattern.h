/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - the bytes of a sealed block (seal.h) that are known: a pattern
 * behind those that were asked for, and zero in a free block.
 *
 *   p                  p + n              p + n + HK_PATTERN_MAX    p + end
 *   +------------------+------------------+-------------------------+-----
 *   | n bytes          | pattern          | zero                    | seal
 *   +------------------+------------------+-------------------------+-----
 *
 * `end` is a multiple of 8, `p` one of 16; what is beyond `end` is not touched,
 * as other threads may look at it.
 */
#ifndef HK_PATTERN_H
#define HK_PATTERN_H

#include "base/base.h"

/* So far behind the requested bytes each byte is looked at. */
#define HK_PATTERN_MAX	((size_t)64)

HK_INLINE size_t hk_pattern_size(size_t n, size_t end)
{
	return hk_min(end - n, HK_PATTERN_MAX);
}

/* Is it as it was set? */
bool hk_pattern_is(const char *p, size_t n, size_t end);

void hk_pattern_set(char *p, size_t n, size_t end);

/* The same, and faster, where all bytes are zero before. */
void hk_pattern_set_zeroed(char *p, size_t n, size_t end);

/* Are the `n` bytes at `p` zero?  A multiple of 8 of them. */
bool hk_is_zero(const void *p, size_t n);

#endif /* HK_PATTERN_H */
